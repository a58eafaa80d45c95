/*
 * One pass over the document: headers, assignments, values. What lies below the table asked for is
 * kept as it comes, and printed by name at the end. Values are written as JSON while they are read;
 * lists and inline tables with a stack of what will close them, so nesting exhausts nothing.
 */
#include "format/toml/toml.h"

#include "base/vec.h"

struct names {
    struct str at[TOML_NAMES_MAX];
    size_t count;
};

/* table.name.key = value, or table.name.sub.key = value; whole: table.name = value. */
struct taken {
    struct str name;
    bool whole;     /* what stands for it where it has no key */
    struct str sub; /* null: none */
    struct str key;
    struct str value; /* JSON */
};

struct reader {
    struct str text;
    size_t at;
    struct arena *arena;
    const char *wrong; /* the first thing that was */
    struct taken_vec VEC(struct taken) taken;
};

static char peek(const struct reader *reader)
{
    return reader->at < reader->text.len ? reader->text.ptr[reader->at] : 0;
}

static bool is_at(const struct reader *reader, const char *word)
{
    return str_starts(str_slice(reader->text, reader->at, reader->text.len), str_from(word));
}

static bool fails(struct reader *reader, const char *sentence)
{
    if (!reader->wrong)
        reader->wrong = sentence;
    return false;
}

static void blanks_skip(struct reader *reader)
{
    while (peek(reader) == ' ' || peek(reader) == '\t')
        reader->at++;
}

/* Blanks, line ends and comments. */
static void gap_skip(struct reader *reader)
{
    for (char c; (c = peek(reader)) == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '#';) {
        if (c != '#') {
            reader->at++;
            continue;
        }
        while (reader->at < reader->text.len && peek(reader) != '\n')
            reader->at++;
    }
}

/* ---- strings ---- */

static void code_add(struct buf *out, uint32_t c)
{
    char bytes[4];

    buf_add(out, bytes, str_utf8_write(bytes, c));
}

static bool hex_read(struct reader *reader, size_t digits, struct buf *out)
{
    uint32_t c = 0;

    for (size_t i = 0; i < digits; i++) {
        char d = peek(reader);

        if (d >= '0' && d <= '9')
            c = c << 4 | (uint32_t)(d - '0');
        else if ((d | 32) >= 'a' && (d | 32) <= 'f')
            c = c << 4 | (uint32_t)((d | 32) - 'a' + 10);
        else
            return fails(reader, "an escape has too few hexadecimal digits");
        reader->at++;
    }
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return fails(reader, "an escape is no character");
    code_add(out, c);
    return true;
}

static bool escape_read(struct reader *reader, bool lines, struct buf *out)
{
    static const char letters[] = "btnfre\"\\";
    static const char means[] = "\b\t\n\f\r\x1b\"\\";
    char c = peek(reader);
    const char *found = c ? strchr(letters, c) : NULL;

    if (lines && (c == '\n' || c == '\r' || c == ' ' || c == '\t')) {
        while ((c = peek(reader)) == '\n' || c == '\r' || c == ' ' || c == '\t')
            reader->at++;
        return true;
    }
    reader->at++;
    if (found)
        buf_add_char(out, means[found - letters]);
    else if (c == 'u' || c == 'U')
        return hex_read(reader, c == 'u' ? 4 : 8, out);
    else
        return fails(reader, "an unknown escape");
    return true;
}

/* quote: " or ', once or three times; reader stands on it. */
static bool string_read(struct reader *reader, struct str *ret_text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    char quote = peek(reader);
    const char *three = quote == '"' ? "\"\"\"" : "'''";
    bool lines = is_at(reader, three);

    reader->at += lines ? 3 : 1;
    if (lines && is_at(reader, "\r\n"))
        reader->at += 2;
    else if (lines && peek(reader) == '\n')
        reader->at++;
    for (;;) {
        char c = peek(reader);

        if (reader->at >= reader->text.len || (!lines && c == '\n'))
            return fails(reader, "a string has no end");
        if (lines ? is_at(reader, three) : c == quote)
            break;
        reader->at++;
        if (c != '\\' || quote == '\'')
            buf_add_char(&out, c);
        else if (!escape_read(reader, lines, &out))
            return false;
    }
    reader->at += lines ? 3 : 1;
    /* Up to two quotes may stand before the three that end it. */
    for (int i = 0; lines && i < 2 && peek(reader) == quote; i++, reader->at++)
        buf_add_char(&out, quote);
    *ret_text = str_copy(reader->arena, buf_str(&out));
    return str_is_utf8(*ret_text) ? true : fails(reader, "a string is no UTF-8 text");
}

/* ---- keys ---- */

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool key_read(struct reader *reader, struct names *names)
{
    for (;;) {
        struct str name;
        size_t from;

        blanks_skip(reader);
        from = reader->at;
        if (peek(reader) == '"' || peek(reader) == '\'') {
            if (!string_read(reader, &name))
                return false;
        } else {
            while (is_bare(peek(reader)))
                reader->at++;
            name = str_slice(reader->text, from, reader->at);
            if (name.len == 0)
                return fails(reader, "a key is expected");
        }
        if (names->count == TOML_NAMES_MAX)
            return fails(reader, "a key has too many parts");
        names->at[names->count++] = name;
        blanks_skip(reader);
        if (peek(reader) != '.')
            return true;
        reader->at++;
    }
}

/* ---- values ---- */

/* A number with a point, an exponent or another base; inf, nan; a date, a time, or both. */
static bool is_other(struct str word)
{
    if (!strchr("+-.0123456789in", word.ptr[0]))
        return false;
    for (size_t i = 1; i < word.len; i++) {
        char c = word.ptr[i];

        if (c == ' ' && (i + 1 == word.len || word.ptr[i + 1] < '0' || word.ptr[i + 1] > '2'))
            return false;
        if (c != ' ' && !is_bare(c) && c != '.' && c != ':' && c != '+')
            return false;
    }
    return true;
}

/* A number, a date, true or false: up to what ends it. */
static bool word_read(struct reader *reader, struct buf *out)
{
    size_t from = reader->at;
    bool whole = true;

    while (reader->at < reader->text.len && !strchr(",]}#\r\n", peek(reader)))
        reader->at++;
    struct str word = str_trim(str_slice(reader->text, from, reader->at));
    if (word.len == 0)
        return fails(reader, "a value is expected");
    for (size_t i = 0; i < word.len; i++)
        whole &= (word.ptr[i] >= '0' && word.ptr[i] <= '9') || (i == 0 && word.ptr[i] == '-');
    whole &=
        word.len < 18 && word.ptr[word.len - 1] != '-' && (word.len == 1 || word.ptr[0] != '0');
    if (word.ptr[0] == '-' && word.len > 1 && word.ptr[1] == '0')
        whole = false;
    if (whole || str_is(word, "true") || str_is(word, "false")) {
        buf_add_str(out, word);
        return true;
    }
    if (!is_other(word))
        return fails(reader, "a value is no string, number, date, list or table");
    buf_add_json(out, word);
    return true;
}

static bool scalar_read(struct reader *reader, struct buf *out)
{
    struct str text;

    if (peek(reader) != '"' && peek(reader) != '\'')
        return word_read(reader, out);
    if (!string_read(reader, &text))
        return false;
    buf_add_json(out, text);
    return true;
}

/* The key of an inline table's member, and its =. Parts of a dotted one are joined. */
static bool inline_key(struct reader *reader, struct buf *out)
{
    struct buf name BUF_CLEANUP = BUF_INIT;
    struct names names = { .count = 0 };

    if (!key_read(reader, &names))
        return false;
    if (peek(reader) != '=')
        return fails(reader, "= is expected");
    reader->at++;
    for (size_t i = 0; i < names.count; i++) {
        if (i > 0)
            buf_add_char(&name, '.');
        buf_add_str(&name, names.at[i]);
    }
    buf_add_json(out, buf_str(&name));
    buf_add_char(out, ':');
    return true;
}

/* Lists and inline tables with a stack of what will close them. */
static bool value_read(struct reader *reader, struct buf *out)
{
    char open[TOML_DEPTH_MAX] = "";
    size_t depth = 0;

    for (bool first = true;;) {
        if (depth > 0)
            gap_skip(reader);
        char c = peek(reader), closes = depth > 0 ? open[depth - 1] : 0;

        if (depth > 0 && c == closes) {
            reader->at++;
            buf_add_char(out, c);
            depth--;
            first = false;
        } else {
            if (depth > 0 && !first)
                buf_add_char(out, ',');
            if (depth > 0 && closes == '}' && !inline_key(reader, out))
                return false;
            blanks_skip(reader);
            c = peek(reader);
            first = c == '[' || c == '{';
            if (first && depth == TOML_DEPTH_MAX)
                return fails(reader, "a value is nested too deeply");
            if (first) {
                reader->at++;
                buf_add_char(out, c);
                open[depth++] = c == '[' ? ']' : '}';
                continue;
            }
            if (!scalar_read(reader, out))
                return false;
        }
        if (depth == 0)
            return true;
        gap_skip(reader);
        if (peek(reader) == ',')
            reader->at++;
        else if (peek(reader) != open[depth - 1])
            return fails(reader, "a list or table has no end");
    }
}

/* ---- the document ---- */

static bool line_ends(struct reader *reader)
{
    blanks_skip(reader);
    char c = peek(reader);

    if (reader->at >= reader->text.len || c == '\n' || c == '\r' || c == '#')
        return true;
    return fails(reader, "something stands behind a value");
}

static bool header_read(struct reader *reader, struct names *table)
{
    bool list = is_at(reader, "[[");

    table->count = 0;
    reader->at += list ? 2 : 1;
    if (!key_read(reader, table))
        return false;
    if (!is_at(reader, list ? "]]" : "]"))
        return fails(reader, "the name of a table has no end");
    reader->at += list ? 2 : 1;
    if (list)
        *table = (struct names){ .at = { STR("[[]]") }, .count = 1 };
    return line_ends(reader);
}

static void take(struct reader *reader, struct str table, const struct names *path,
                 struct str value)
{
    struct taken taken = { .value = value };

    if (path->count < 2 || path->count > 4 || !str_equal(path->at[0], table) ||
        reader->taken.count >= TOML_TABLE_MAX)
        return;
    taken.name = path->at[1];
    taken.whole = path->count == 2;
    taken.sub = path->count == 4 ? path->at[2] : STR_NULL;
    taken.key = taken.whole ? STR_NULL : path->at[path->count - 1];
    *VEC_PUSH(&reader->taken) = taken;
}

/* What the path names holds what is asked for: an inline table there has assignments in it. */
static bool is_above(const struct names *path, struct str table)
{
    return path->count <= 2 && str_equal(path->at[0], table);
}

static bool plain_take(struct reader *reader, struct str table, const struct names *path)
{
    struct buf value BUF_CLEANUP = BUF_INIT;

    if (path->count == 1 && str_equal(path->at[0], table))
        return fails(reader, "it is to be a table");
    if (!value_read(reader, &value))
        return false;
    take(reader, table, path, str_copy(reader->arena, buf_str(&value)));
    return true;
}

/* Up to the =, and the blanks behind it. */
static bool path_read(struct reader *reader, struct names *path)
{
    if (!key_read(reader, path))
        return false;
    if (peek(reader) != '=')
        return fails(reader, "= is expected");
    reader->at++;
    blanks_skip(reader);
    return true;
}

static bool assignment_read(struct reader *reader, struct str table, const struct names *in)
{
    struct names open[3] = { *in }; /* where it stands, and in which inline tables there */
    size_t depth = 0;

    for (;;) {
        struct names path = open[depth];

        if (depth > 0)
            gap_skip(reader);
        if (depth > 0 && peek(reader) == '}') {
            reader->at++;
            depth--;
        } else if (!path_read(reader, &path)) {
            return false;
        } else if (peek(reader) == '{' && is_above(&path, table)) {
            take(reader, table, &path, STR("{}"));
            reader->at++;
            open[++depth] = path;
            continue;
        } else if (!plain_take(reader, table, &path)) {
            return false;
        }
        if (depth == 0)
            return line_ends(reader);
        gap_skip(reader);
        if (peek(reader) == ',')
            reader->at++;
        else if (peek(reader) != '}')
            return fails(reader, "a list or table has no end");
    }
}

static bool same_place(const struct taken *a, const struct taken *b)
{
    return str_equal(a->name, b->name) && a->sub.ptr == NULL && b->sub.ptr == NULL
               ? str_equal(a->key, b->key)
               : str_equal(a->name, b->name) && a->sub.ptr && b->sub.ptr &&
                     str_equal(a->sub, b->sub) && str_equal(a->key, b->key);
}

/* What is there twice counts once: the first. */
static bool came_before(const struct reader *reader, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (!reader->taken.at[i].whole &&
            same_place(&reader->taken.at[i], &reader->taken.at[index]))
            return true;
    }
    return false;
}

static void member_print(struct buf *out, size_t *count, struct str key, struct str value)
{
    if ((*count)++ > 0)
        buf_add_char(out, ',');
    buf_add_json(out, key);
    buf_add_char(out, ':');
    buf_add_str(out, value);
}

static bool sub_came_before(const struct reader *reader, size_t index)
{
    const struct taken *taken = &reader->taken.at[index];

    for (size_t i = 0; i < index; i++) {
        const struct taken *other = &reader->taken.at[i];

        if (!other->whole && str_equal(other->name, taken->name) &&
            ((other->sub.ptr && str_equal(other->sub, taken->sub)) ||
             (!other->sub.ptr && str_equal(other->key, taken->sub))))
            return true;
    }
    return false;
}

static void sub_print(const struct reader *reader, size_t index, struct buf *out, size_t *count)
{
    const struct taken *taken = &reader->taken.at[index];
    struct buf object BUF_CLEANUP = BUF_INIT;
    size_t members = 0;

    buf_add_char(&object, '{');
    for (size_t i = index; i < reader->taken.count; i++) {
        const struct taken *other = &reader->taken.at[i];

        if (other->sub.ptr && str_equal(other->name, taken->name) &&
            str_equal(other->sub, taken->sub) && !came_before(reader, i))
            member_print(&object, &members, other->key, other->value);
    }
    buf_add_char(&object, '}');
    member_print(out, count, taken->sub, buf_str(&object));
}

static void taken_print(const struct reader *reader, struct buf *out)
{
    size_t tables = 0;

    buf_add_char(out, '{');
    for (size_t i = 0; i < reader->taken.count; i++) {
        struct buf object BUF_CLEANUP = BUF_INIT;
        size_t members = 0;
        bool before = false;

        for (size_t j = 0; j < i; j++)
            before |= str_equal(reader->taken.at[j].name, reader->taken.at[i].name);
        if (before)
            continue;
        buf_add_char(&object, '{');
        for (size_t j = i; j < reader->taken.count; j++) {
            const struct taken *taken = &reader->taken.at[j];

            if (taken->whole || !str_equal(taken->name, reader->taken.at[i].name))
                continue;
            if (taken->sub.ptr && !sub_came_before(reader, j))
                sub_print(reader, j, &object, &members);
            else if (!taken->sub.ptr && !came_before(reader, j))
                member_print(&object, &members, taken->key, taken->value);
        }
        buf_add_char(&object, '}');
        member_print(out, &tables, reader->taken.at[i].name,
                     members > 0 ? buf_str(&object) : reader->taken.at[i].value);
    }
    buf_add_char(out, '}');
}

static bool document_read(struct reader *reader, struct str table)
{
    struct names in = { .count = 0 };

    if (reader->text.len > TOML_BYTES_MAX)
        return fails(reader, "it is too long");
    for (;;) {
        gap_skip(reader);
        if (reader->at >= reader->text.len)
            return true;
        if (peek(reader) == '[' ? !header_read(reader, &in) : !assignment_read(reader, table, &in))
            return false;
    }
}

int toml_table_print(struct str text, struct str table, struct arena *arena, struct buf *out,
                     struct toml_error *ret_error)
{
    struct reader reader = { .text = text, .arena = arena };
    bool read = document_read(&reader, table);

    if (read) {
        taken_print(&reader, out);
    } else {
        ret_error->line = 1;
        ret_error->sentence = reader.wrong;
        for (size_t i = 0; i < reader.at && i < text.len; i++)
            ret_error->line += text.ptr[i] == '\n';
    }
    VEC_FINI(&reader.taken);
    return read ? TOML_READ : TOML_MALFORMED;
}
