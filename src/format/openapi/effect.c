/*
 * What an operation does to the world: its method says it, and its words may make it stricter.
 *
 * Looked at are the first and the last word of the last fixed part of its address, and the first
 * word of the last part of its operationId: POST /users/{id}/delete and POST /chat.delete destroy,
 * GET /jobs/run-now does not only read, POST /search stays a write. Verbs that are nouns as well
 * (release, tag, order) say nothing.
 */
#include "format/openapi/internal.h"

#define WORD_MAX 32U

static const char *const destroying[] = {
    "delete", "remove", "destroy",   "purge",    "erase",       "wipe",
    "revoke", "drop",   "terminate", "truncate", "deprovision", "uninstall",
};

static const char *const writing[] = {
    "create",    "update",  "upsert", "insert",     "add",       "send",        "publish",
    "submit",    "execute", "exec",   "invoke",     "install",   "enable",      "disable",
    "approve",   "deploy",  "assign", "unassign",   "subscribe", "unsubscribe", "register",
    "grant",     "trigger", "cancel", "restart",    "reboot",    "activate",    "deactivate",
    "attach",    "detach",  "logout", "signout",    "refund",    "pay",         "charge",
    "transfer",  "unlock",  "rotate", "reject",     "dismiss",   "invite",      "archive",
    "unarchive", "rename",  "reset",  "regenerate", "run",       "modify",      "edit",
    "write",     "save",    "move",   "put",        "start",     "stop",        "set",
};

struct word {
    char text[WORD_MAX];
    size_t len;
};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

/* The next word at *at: letters, and a capital after a small one begins another. */
static bool word_next(struct str text, size_t *at, struct word *ret_word)
{
    ret_word->len = 0;
    while (*at < text.len && !is_letter(text.ptr[*at]))
        (*at)++;
    while (*at < text.len && is_letter(text.ptr[*at])) {
        char c = text.ptr[*at];

        if (ret_word->len > 0 && is_upper(c) && !is_upper(text.ptr[*at - 1]))
            break;
        if (ret_word->len < WORD_MAX)
            ret_word->text[ret_word->len++] = is_upper(c) ? (char)(c - 'A' + 'a') : c;
        (*at)++;
    }
    return ret_word->len > 0;
}

static bool is_one(const struct word *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(str_of(word->text, word->len), words[i]))
            return true;
    }
    return false;
}

static enum openapi_effect word_effect(const struct word *word)
{
    if (is_one(word, destroying, ARRAY_COUNT(destroying)))
        return OPENAPI_DESTRUCTIVE;
    return is_one(word, writing, ARRAY_COUNT(writing)) ? OPENAPI_WRITE : OPENAPI_READ;
}

static enum openapi_effect stricter(enum openapi_effect a, enum openapi_effect b)
{
    return a > b ? a : b;
}

/* The last part of an address that is no parameter. */
static struct str part_last(struct str path)
{
    struct str last = STR("");

    while (path.ptr) {
        struct str part = str_split(&path, '/');

        if (part.len > 0 && str_find_char(part, '{') == SIZE_MAX)
            last = part;
    }
    return last;
}

static enum openapi_effect path_effect(struct str path)
{
    struct word word = { .len = 0 };
    struct str part = part_last(path);
    enum openapi_effect effect = OPENAPI_READ;
    size_t at = 0, count = 0;

    while (word_next(part, &at, &word)) {
        struct word after;
        size_t ahead = at;

        if (count++ == 0 || !word_next(part, &ahead, &after))
            effect = stricter(effect, word_effect(&word));
    }
    return effect;
}

/* issues/remove-label, deleteUser, chat.delete. */
static enum openapi_effect name_effect(struct str name)
{
    struct word word;
    size_t from = 0, at = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '/' || name.ptr[i] == '.' || name.ptr[i] == ':')
            from = i + 1;
    }
    return word_next(str_slice(name, from, name.len), &at, &word) ? word_effect(&word)
                                                                  : OPENAPI_READ;
}

static enum openapi_effect method_effect(const char *method)
{
    if (strcmp(method, "delete") == 0)
        return OPENAPI_DESTRUCTIVE;
    if (strcmp(method, "post") == 0 || strcmp(method, "put") == 0 || strcmp(method, "patch") == 0)
        return OPENAPI_WRITE;
    return OPENAPI_READ;
}

enum openapi_effect openapi__effect(const char *method, struct str path, struct str name)
{
    return stricter(method_effect(method), stricter(path_effect(path), name_effect(name)));
}
