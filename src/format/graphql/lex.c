/* Words of GraphQL (October 2021, section 2.1): spaces, commas and comments mean nothing. */
#include "format/graphql/internal.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_ignored(struct str text, size_t at)
{
    while (at < text.len) {
        char c = text.ptr[at];

        if (c == '#') {
            while (at < text.len && text.ptr[at] != '\n' && text.ptr[at] != '\r')
                at++;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',') {
            at++;
        } else if (str_starts(str_slice(text, at, text.len), STR("\xef\xbb\xbf"))) {
            at += 3;
        } else {
            break;
        }
    }
    return at;
}

static size_t name_end(struct str text, size_t at)
{
    while (at < text.len && (is_letter(text.ptr[at]) || is_digit(text.ptr[at])))
        at++;
    return at;
}

static size_t digits_end(struct str text, size_t at)
{
    while (at < text.len && is_digit(text.ptr[at]))
        at++;
    return at;
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?, or 0 where it is none. */
static size_t number_end(struct str text, size_t from)
{
    size_t at = from + (text.ptr[from] == '-');
    size_t end = digits_end(text, at);

    if (end == at || (text.ptr[at] == '0' && end > at + 1))
        return 0;
    if (end < text.len && text.ptr[end] == '.') {
        at = end + 1;
        end = digits_end(text, at);
        if (end == at)
            return 0;
    }
    if (end < text.len && (text.ptr[end] == 'e' || text.ptr[end] == 'E')) {
        at = end + 1;
        at += at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-');
        end = digits_end(text, at);
        if (end == at)
            return 0;
    }
    return end < text.len && (is_letter(text.ptr[end]) || text.ptr[end] == '.') ? 0 : end;
}

/* Behind the closing quotes, or 0. */
static size_t block_end(struct str text, size_t at)
{
    for (at += 3; at + 2 < text.len; at++) {
        if (memcmp(text.ptr + at, "\"\"\"", 3) == 0)
            return at + 3;
        if (text.ptr[at] == '\\' && at + 3 < text.len &&
            memcmp(text.ptr + at + 1, "\"\"\"", 3) == 0)
            at += 3;
    }
    return 0;
}

static size_t string_end(struct str text, size_t at)
{
    if (at + 2 < text.len && memcmp(text.ptr + at, "\"\"\"", 3) == 0)
        return block_end(text, at);
    for (at++; at < text.len; at++) {
        unsigned char c = (unsigned char)text.ptr[at];

        if (c == '"')
            return at + 1;
        if (c < ' ' && c != '\t')
            return 0;
        if (c == '\\' && (at + 1 >= text.len || !strchr("\"\\/bfnrtu", text.ptr[at + 1]) ||
                          text.ptr[at + 1] == '\0'))
            return 0;
        at += c == '\\';
    }
    return 0;
}

void graphql__lex_next(struct graphql__lex *lex)
{
    struct str text = lex->text;
    size_t from = skip_ignored(text, lex->at);
    size_t end = from + 1;
    char c = from < text.len ? text.ptr[from] : '\0';

    lex->token = GRAPHQL__PUNCTUATOR;
    if (from >= text.len) {
        lex->token = GRAPHQL__END;
        end = from;
    } else if (is_letter(c)) {
        lex->token = GRAPHQL__NAME;
        end = name_end(text, from);
    } else if (is_digit(c) || c == '-') {
        lex->token = GRAPHQL__NUMBER;
        end = number_end(text, from);
    } else if (c == '"') {
        lex->token = GRAPHQL__STRING;
        end = string_end(text, from);
    } else if (str_starts(str_slice(text, from, text.len), STR("..."))) {
        lex->token = GRAPHQL__SPREAD;
        end = from + 3;
    } else if (c == '\0' || !strchr("!$&()[]{}:=@|", c)) {
        end = 0;
    }
    if (end == 0) {
        lex->token = GRAPHQL__BAD;
        end = text.len;
    }
    lex->word = str_slice(text, from, end);
    lex->at = end;
}

bool graphql__lex_is(const struct graphql__lex *lex, char punctuator)
{
    return lex->token == GRAPHQL__PUNCTUATOR && lex->word.ptr[0] == punctuator;
}

/* Of descriptions: escapes beyond the plain ones stay as they are. */
struct str graphql__lex_string(struct arena *arena, struct str word)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    bool block = str_starts(word, STR("\"\"\"")) && word.len >= 6;
    struct str inside = block ? str_slice(word, 3, word.len - 3) : str_slice(word, 1, word.len - 1);

    if (block)
        return str_copy(arena, str_trim(inside));
    for (size_t i = 0; i < inside.len; i++) {
        char c = inside.ptr[i];

        if (c == '\\' && i + 1 < inside.len && strchr("\"\\/nt", inside.ptr[i + 1])) {
            c = inside.ptr[++i];
            c = (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c);
        }
        buf_add_char(&out, c);
    }
    return str_copy(arena, buf_str(&out));
}
