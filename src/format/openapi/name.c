/*
 * Names: of tools and of definitions.
 *
 * A path is an operationId in parts, or made of the tag and "verb_rest_by_parameter". Parts are
 * what a program can write after `tools.`. Who comes later under a path that is taken gets a
 * mark made from its own method and path, so it keeps it however many come before it.
 */
#include "base/digest.h"
#include "format/openapi/internal.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Words that mean something to every JavaScript object. */
static bool is_object_word(struct str part)
{
    static const char *const words[] = {
        "then",     "catch",   "finally",   "constructor",    "prototype", "toJSON",
        "toString", "valueOf", "__proto__", "hasOwnProperty", "inspect",   "isPrototypeOf",
    };

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (str_is(part, words[i]))
            return true;
    }
    return false;
}

/* Shortened to max bytes, with a mark of what it was. */
static struct str shortened(struct openapi *run, struct str text, struct str whole, size_t max)
{
    struct digest digest = digest_of(whole);
    char hex[DIGEST_HEX_LEN];

    digest_hex(&digest, hex);
    return str_printf(run->arena, "%.*s_%.6s", STR_ARG(str_slice(text, 0, max - 7)), hex);
}

static void part_add(struct openapi *run, struct buf *out, struct str part)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (part.len == 0)
        return;
    if (is_digit(part.ptr[0]))
        buf_add_char(&text, '_');
    for (size_t i = 0; i < part.len && text.len < 2 * OPENAPI_PATH_MAX; i++) {
        char c = part.ptr[i];

        buf_add_char(&text, is_letter(c) || is_digit(c) || c == '_' || c == '$' ? c : '_');
    }
    if (is_object_word(part))
        buf_add_char(&text, '_');
    if (out->len > 0)
        buf_add_char(out, '.');
    if (text.len > OPENAPI_PART_MAX)
        buf_add_str(out, shortened(run, buf_str(&text), part, OPENAPI_PART_MAX));
    else
        buf_add_str(out, buf_str(&text));
}

static void id_add(struct openapi *run, struct buf *out, struct str id)
{
    size_t from = 0;

    for (size_t i = 0; i <= id.len && out->len <= OPENAPI_PATH_MAX; i++) {
        if (i < id.len && id.ptr[i] != '.' && id.ptr[i] != '/' && id.ptr[i] != ':')
            continue;
        part_add(run, out, str_slice(id, from, i));
        from = i + 1;
    }
}

static bool is_version(struct str part)
{
    return part.len >= 2 && part.len <= 4 && (part.ptr[0] == 'v' || part.ptr[0] == 'V') &&
           is_digit(part.ptr[1]);
}

/* "/users/{id}" and "get" are users.get_users_by_id. */
static void made_add(struct openapi *run, struct buf *out,
                     const struct openapi__operation *operation)
{
    struct buf rest BUF_CLEANUP = BUF_INIT;
    struct str path = operation->path;
    struct str group = json_str(json_at(json_get(operation->value, "tags"), 0));

    buf_add_c(&rest, operation->method);
    while (path.ptr) {
        struct str part = str_split(&path, '/');

        if (part.len == 0 || is_version(part))
            continue;
        if (part.ptr[0] == '{')
            buf_add_c(&rest, "_by_");
        else
            buf_add_char(&rest, '_');
        if (part.ptr[0] == '{')
            part = str_slice(part, 1, part.len - (part.ptr[part.len - 1] == '}'));
        else if (!group.ptr)
            group = part;
        for (size_t i = 0; i < part.len; i++)
            buf_add_char(&rest,
                         is_letter(part.ptr[i]) || is_digit(part.ptr[i]) ? part.ptr[i] : '_');
    }
    if (group.len > 0)
        part_add(run, out, group);
    part_add(run, out, buf_str(&rest));
}

static bool path_take(struct openapi *run, struct str path, struct str name)
{
    if (map_find(&run->paths, path))
        return false;
    (void)map_put(&run->paths, path, (void *)(uintptr_t)name.ptr);
    return true;
}

struct str openapi__path_make(struct openapi *run, const struct openapi__operation *operation,
                              struct str name)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct str id = str_trim(json_get_str(operation->value, "operationId"));
    struct str path;

    id_add(run, &out, id);
    if (out.len == 0)
        made_add(run, &out, operation);
    path = out.len > OPENAPI_PATH_MAX
               ? shortened(run, buf_str(&out), id.len > 0 ? id : name, OPENAPI_PATH_MAX)
               : str_copy(run->arena, buf_str(&out));
    if (path_take(run, path, name))
        return path;
    if (id.len > 0)
        openapi__note(run, operation->value, "operationId",
                      "an operationId is there twice; the later ones get a mark");
    for (unsigned try = 0;; try++) {
        struct str whole = try == 0 ? name : str_printf(run->arena, "%.*s %u", STR_ARG(name), try);
        struct str kept = str_slice(path, 0, OPENAPI_PATH_MAX - 8);
        struct str marked = shortened(run, kept, whole, kept.len + 7);

        if (path_take(run, marked, name))
            return marked;
    }
}

struct str openapi__def_name(struct openapi *run, struct str wish)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct str name;

    for (size_t i = 0; i < wish.len && out.len < OPENAPI_PART_MAX; i++) {
        char c = wish.ptr[i];

        if (c == '~' && i + 1 < wish.len)
            i++;
        buf_add_char(&out, is_letter(c) || is_digit(c) || c == '-' || c == '.' ? c : '_');
    }
    name = str_copy(run->arena, buf_str(&out));
    /* How many have the name: the next one's number. */
    uint32_t *count = map_find(&run->names, name);
    if (!count) {
        count = ARENA_NEW(run->arena, uint32_t);
        (void)map_put(&run->names, name, count);
    }
    struct str given = name;
    while (++*count > 1) {
        given = str_printf(run->arena, "%.*s_%u", STR_ARG(name), *count);
        if (!map_find(&run->names, given))
            break;
    }
    if (*count > 1)
        (void)map_put(&run->names, given, ARENA_NEW(run->arena, uint32_t));
    return given;
}
