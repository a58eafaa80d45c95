/* text - what models add around a program, seen and blanked without moving anything. */
#include "proc/worker/text.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* Replaces [from, to) by blanks; line ends stay. */
static void blank(char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (text[i] != '\n' && text[i] != '\r')
            text[i] = ' ';
    }
}

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.len && is_space(text.ptr[at]))
        at++;
    return at;
}

static size_t skip_line(struct str text, size_t at)
{
    while (at < text.len && text.ptr[at] != '\n')
        at++;
    return at;
}

/* Past white space and comments. */
static size_t skip_blank(struct str text, size_t at)
{
    for (;;) {
        at = skip_space(text, at);
        struct str rest = str_slice(text, at, text.len);
        if (str_starts(rest, STR("//"))) {
            at = skip_line(text, at);
        } else if (str_starts(rest, STR("/*"))) {
            size_t end = str_find(str_slice(rest, 2, rest.len), STR("*/"));
            if (end == SIZE_MAX)
                return at;
            at += end + 4;
        } else {
            return at;
        }
    }
}

static bool word_at(struct str text, size_t at, struct str word)
{
    return str_starts(str_slice(text, at, text.len), word) &&
           (at + word.len >= text.len || !is_word(text.ptr[at + word.len]));
}

/* A byte order mark, and a fence around everything. */
static void unwrap_fence(char *text, size_t len)
{
    struct str all = { text, len };
    if (str_starts(all, STR("\xef\xbb\xbf")))
        blank(text, 0, 3);
    size_t start = skip_space(all, 0);
    if (!str_starts(str_slice(all, start, len), STR("```")))
        return;
    size_t head = skip_line(all, start);
    size_t end = len;
    while (end > head && is_space(text[end - 1]))
        end--;
    size_t tail = end;
    while (tail > head && text[tail - 1] == '`')
        tail--;
    if (end - tail < 3 || (tail > 0 && text[tail - 1] != '\n' && !is_space(text[tail - 1])))
        return;
    blank(text, start, head);
    blank(text, tail, end);
}

/* `export default`; gives where the program goes on. */
static size_t unwrap_export(char *text, size_t len)
{
    struct str all = { text, len };
    size_t at = skip_blank(all, 0);
    if (!word_at(all, at, STR("export")))
        return at;
    size_t next = skip_space(all, at + 6);
    if (!word_at(all, next, STR("default")))
        return at;
    blank(text, at, next + 7);
    return skip_blank(all, next + 7);
}

/* A copy in which trailing semicolons, which belong to no expression, are blank. */
static struct str without_semicolon(struct arena *arena, struct str text)
{
    char *copy = arena_alloc_raw(arena, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    for (size_t len = text.len; len > 0 && (is_space(copy[len - 1]) || copy[len - 1] == ';'); len--)
        blank(copy, len - (copy[len - 1] == ';'), len);
    return (struct str){ copy, text.len };
}

/* async ..., function ..., (...) or name => */
static bool starts_wrapper(struct str text, size_t at)
{
    if (word_at(text, at, STR("async")) || word_at(text, at, STR("function")))
        return true;
    if (at < text.len && text.ptr[at] == '(')
        return true;
    size_t end = at;
    while (end < text.len && is_word(text.ptr[end]))
        end++;
    return end > at && str_starts(str_slice(text, skip_space(text, end), text.len), STR("=>"));
}

static bool has_generic(struct str text)
{
    bool open = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '<') {
            open = true;
        } else if (text.ptr[i] == '>' && open) {
            size_t next = skip_space(text, i + 1);
            if (next < text.len && (text.ptr[next] == '(' || text.ptr[next] == '`'))
                return true;
        }
    }
    return false;
}

struct worker__text worker__text_unwrap(struct arena *arena, struct str code)
{
    char *text = arena_alloc_raw(arena, code.len + 1);
    if (code.len > 0)
        memcpy(text, code.ptr, code.len);
    text[code.len] = 0;
    unwrap_fence(text, code.len);
    size_t start = unwrap_export(text, code.len);
    struct worker__text unwrapped = { .text = { text, code.len } };
    unwrapped.maybe_generic = has_generic(unwrapped.text);
    if (starts_wrapper(unwrapped.text, start))
        unwrapped.expression = without_semicolon(arena, unwrapped.text);
    return unwrapped;
}

/* Past a JSON string; at is behind its opening quote. */
static size_t skip_string(struct str json, size_t at)
{
    while (at < json.len && json.ptr[at] != '"')
        at += json.ptr[at] == '\\' ? 2 : 1;
    return at + 1;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_big(struct str digits)
{
    static const char max[] = "9007199254740991";
    size_t len = sizeof(max) - 1;
    return digits.len > len || (digits.len == len && memcmp(digits.ptr, max, len) > 0);
}

bool worker__text_has_big(struct str json)
{
    size_t at = 0;
    while (at < json.len) {
        char c = json.ptr[at];
        if (c == '"') {
            at = skip_string(json, at + 1);
        } else if (is_digit(c)) {
            size_t start = at;
            while (at < json.len && is_digit(json.ptr[at]))
                at++;
            bool integer = at == json.len ||
                           (json.ptr[at] != '.' && json.ptr[at] != 'e' && json.ptr[at] != 'E');
            if (integer && is_big(str_slice(json, start, at)))
                return true;
            /* A fraction or exponent is not looked at for itself. */
            while (at < json.len && (is_word(json.ptr[at]) || json.ptr[at] == '.' ||
                                     json.ptr[at] == '+' || json.ptr[at] == '-'))
                at++;
        } else {
            at++;
        }
    }
    return false;
}

struct str worker__text_line(struct str text, uint32_t line)
{
    for (uint32_t i = 1; text.ptr; i++) {
        struct str one = str_split(&text, '\n');
        if (i == line)
            return one;
    }
    return STR_NULL;
}
