/*
 * Names become parts of addresses.
 *
 * A path is parts of letters, digits, _ and $, joined by dots, none beginning with a digit: what
 * a program can write after `tools.`. Dots, slashes and colons of a name separate parts; any
 * other byte becomes _. A few words that mean something to every JavaScript object get a _ at
 * their end.
 */
#include "base/digest.h"
#include "domain/catalog/internal.h"

static const char *const object_words[] = {
    "then",     "catch",   "finally",   "constructor",    "prototype", "toJSON",
    "toString", "valueOf", "__proto__", "hasOwnProperty", "inspect",   "isPrototypeOf",
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_separator(char c)
{
    return c == '.' || c == '/' || c == ':';
}

static bool is_object_word(struct str part)
{
    for (size_t i = 0; i < ARRAY_COUNT(object_words); i++) {
        if (str_is(part, object_words[i]))
            return true;
    }
    return false;
}

static void part_add(struct buf *out, struct str part)
{
    if (part.len == 0)
        return;
    if (out->len > 0)
        buf_add_char(out, '.');
    if (is_digit(part.ptr[0]))
        buf_add_char(out, '_');
    for (size_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];

        buf_add_char(out, is_letter(c) || is_digit(c) || c == '_' || c == '$' ? c : '_');
    }
    if (is_object_word(part))
        buf_add_char(out, '_');
}

static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.ptr[i] >= 0x80 || (unsigned char)name.ptr[i] < ' ')
            return false;
    }
    return true;
}

struct str catalog__path_make(struct str name, struct arena *arena, bool *ret_lossy)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    size_t from = 0;

    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && !is_separator(name.ptr[i]))
            continue;
        part_add(&out, str_slice(name, from, i));
        from = i + 1;
    }
    *ret_lossy = !is_plain(name) || out.len == 0 || out.len > CATALOG_PATH_MAX;
    if (out.len == 0)
        buf_add_char(&out, '_');
    if (out.len > CATALOG_PATH_MAX)
        buf_cut(&out, CATALOG_PATH_MAX);
    while (out.ptr[out.len - 1] == '.')
        buf_cut(&out, out.len - 1);
    return str_copy(arena, buf_str(&out));
}

struct str catalog__address_make(struct arena *arena, struct str name, struct str path)
{
    char *text = arena_alloc_raw(arena, name.len + 1 + path.len + 1);

    memcpy(text, name.ptr, name.len);
    text[name.len] = '.';
    memcpy(text + name.len + 1, path.ptr, path.len);
    text[name.len + 1 + path.len] = '\0';
    return str_of(text, name.len + 1 + path.len);
}

struct str catalog__path_mark(struct str path, struct str name, unsigned try, struct arena *arena)
{
    struct digest digest = digest_of(name);
    struct str kept = str_slice(path, 0, CATALOG_PATH_MAX - 32);
    char hex[DIGEST_HEX_LEN];

    digest_hex(&digest, hex);
    if (try == 0)
        return str_printf(arena, "%.*s_%.4s", STR_ARG(kept), hex);
    return str_printf(arena, "%.*s_%.12s_%u", STR_ARG(kept), hex, try);
}

/* ---- names of sources ---- */

/* Writ's own, those of its tools, and those that mean something to every object. */
static const char *const reserved_names[] = {
    "writ",    "tools",  "search",  "describe", "sources", "source", "discover", "execute",
    "resume",  "inputs", "results", "policy",   "inbox",   "log",    "audit",    "emit",
    "default", "all",    "name",    "length",   "apply",   "call",   "bind",
};

#define FULL_MAX (CATALOG_NAME_MAX + 1 + CATALOG_CONNECTION_MAX)

/* Letters, digits and an @ alone, lower case: what two names may not share. */
static struct str folded(struct str name, char *text)
{
    size_t len = 0;

    for (size_t i = 0; i < name.len && i < FULL_MAX; i++) {
        char c = name.ptr[i];

        if (c == '_' || c == '-')
            continue;
        text[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return str_of(text, len);
}

static bool is_word(struct str name, size_t max)
{
    if (name.len == 0 || name.len > max || !is_letter(name.ptr[0]))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!is_letter(c) && !is_digit(c) && c != '_' && c != '-')
            return false;
    }
    return true;
}

static bool is_reserved(struct str name, struct str fold)
{
    char text[FULL_MAX];

    for (size_t i = 0; i < ARRAY_COUNT(reserved_names); i++) {
        if (str_is(fold, reserved_names[i]))
            return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(object_words); i++) {
        if (str_is(name, object_words[i]) ||
            str_equal(fold, folded(str_from(object_words[i]), text)))
            return true;
    }
    return false;
}

/* Nobody was ever offered anything of it. */
static bool has_failed(const struct catalog_source *source)
{
    return source->version == 0 && (source->state == MSG_SOURCE_STATE_ERROR ||
                                    source->state == MSG_SOURCE_STATE_AUTH_REQUIRED);
}

enum catalog_name_answer catalog_name_check(const struct catalog *catalog, struct str name)
{
    char text[FULL_MAX], other[FULL_MAX];
    const struct catalog_source *source;
    struct str connection = name;
    struct str first = str_split(&connection, '@');
    size_t position = 0;

    if (!is_word(first, CATALOG_NAME_MAX) ||
        (connection.ptr && !is_word(connection, CATALOG_CONNECTION_MAX)))
        return CATALOG_NAME_MALFORMED;
    if (connection.ptr && !catalog_source_named(catalog, first))
        return CATALOG_NAME_UNSOURCED;
    struct str fold = folded(name, text);
    if (is_reserved(name, fold))
        return CATALOG_NAME_RESERVED;
    while ((source = catalog_source_next(catalog, &position))) {
        if (str_equal(fold, folded(source->name, other)))
            return has_failed(source) && str_equal(name, source->name) ? CATALOG_NAME_FAILED
                                                                       : CATALOG_NAME_TAKEN;
    }
    return CATALOG_NAME_FREE;
}

/* ---- further connections ---- */

const struct catalog_source *catalog_first_of(const struct catalog *catalog, struct str name)
{
    struct str connection = name;
    struct str first = str_split(&connection, '@');

    return connection.ptr ? catalog_source_named(catalog, first) : NULL;
}

const struct catalog_source *catalog_connection_next(const struct catalog *catalog,
                                                     const struct catalog_source *source,
                                                     size_t *position)
{
    const struct catalog_source *next;

    while ((next = catalog_source_next(catalog, position)))
        if (next->name.len > source->name.len && str_starts(next->name, source->name) &&
            next->name.ptr[source->name.len] == '@')
            return next;
    return NULL;
}
