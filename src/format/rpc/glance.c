/* Whose answer a text is that cannot be read: the members at its first level, and no more. */
#include "format/rpc/rpc.h"

/* A name or an id begins, at the first level. */
static void glance_token(struct rpc_glance *glance)
{
    glance->token_len = 0;
}

static void glance_add(struct rpc_glance *glance, char c)
{
    if (glance->depth == 1 && glance->token_len < sizeof(glance->token))
        glance->token[glance->token_len++] = c;
}

static void glance_name(struct rpc_glance *glance)
{
    struct str name = str_of(glance->token, glance->token_len);

    glance->at_id = str_is(name, "id");
    glance->calls = glance->calls || str_is(name, "method");
    glance->answers = glance->answers || str_is(name, "result") || str_is(name, "error");
}

/* The first id counts: what comes later may be anything. */
static void glance_value(struct rpc_glance *glance)
{
    if (glance->depth != 1 || !glance->in_value || !glance->at_id || glance->token_len == 0)
        return;
    if (glance->id_len == 0 && glance->token_len < sizeof(glance->token)) {
        memcpy(glance->id, glance->token, glance->token_len);
        glance->id_len = glance->token_len;
    }
    glance->at_id = false;
}

static void glance_in_string(struct rpc_glance *glance, char c)
{
    if (glance->escaped)
        glance->escaped = false;
    else if (c == '\\')
        glance->escaped = true;
    else if (c == '"')
        glance->in_string = false;
    if (glance->in_string)
        glance_add(glance, c);
    else if (glance->depth == 1 && !glance->in_value)
        glance_name(glance);
    else
        glance_value(glance);
}

static void glance_mark(struct rpc_glance *glance, char c)
{
    switch (c) {
    case '"':
        glance->in_string = true;
        glance_token(glance);
        return;
    case '{':
    case '[':
        glance->depth++;
        return;
    case '}':
    case ']':
        glance_value(glance);
        glance->depth -= glance->depth > 0;
        return;
    case ':':
    case ',':
        if (glance->depth != 1)
            return;
        glance_value(glance);
        glance->in_value = c == ':';
        glance_token(glance);
        return;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return;
    default:
        glance_add(glance, c);
    }
}

void rpc_glance_add(struct rpc_glance *glance, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (glance->in_string)
            glance_in_string(glance, text.ptr[i]);
        else
            glance_mark(glance, text.ptr[i]);
    }
}

struct str rpc_glance_id(const struct rpc_glance *glance)
{
    return glance->id_len ? str_of(glance->id, glance->id_len) : STR_NULL;
}
