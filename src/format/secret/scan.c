/*
 * Finds shapes. Every shape is noticed by the last three bytes of its prefix: three loads and two
 * ANDs say for each position whether any shape may end its prefix there (one position in 400 of
 * ordinary text); only then the table is read. The body follows. A run of one alphabet is walked
 * once, however many prefixes stand in it.
 */
#include "format/secret/internal.h"
#include "format/secret/shapes.h"

enum secret_class {
    SECRET_ALNUM,
    SECRET_WORD,
    SECRET_DASHED,
    SECRET_DOTTED,
    SECRET_HEX,
    SECRET_UPPER,
    SECRET_BASE64,
    SECRET_PATH
};

enum secret_flag { START = 1, EXACT = 2, DIGIT = 4, KEYLIKE = 8, BODY = 16 };

struct secret_shape {
    const char *name;
    const char *prefix;
    size_t prefix_len;
    size_t body_min;
    size_t body_max;
    enum secret_class class;
    unsigned flags;
};

#define SECRET_SHAPE(name, prefix, class, min, max, flags)                                         \
    { #name, prefix, sizeof(prefix) - 1, min, max, SECRET_##class, (unsigned)(flags) },
static const struct secret_shape secret_shapes[] = { SECRET_SHAPES(SECRET_SHAPE) };
#undef SECRET_SHAPE

/*
 * Eight groups of triggers, one bit each. Chosen by search for few false positives on prose, JSON
 * and code; a test proves that every prefix of the table passes.
 */
static const uint8_t secret_first[256] = {
    ['0'] = 0x80, ['2'] = 0x80, ['A'] = 0x08, ['B'] = 0x10, ['C'] = 0x40, ['I'] = 0x12,
    ['K'] = 0x01, ['P'] = 0x04, ['S'] = 0x88, ['T'] = 0x08, ['Y'] = 0x20, ['a'] = 0x2a,
    ['b'] = 0x04, ['c'] = 0x44, ['d'] = 0x04, ['e'] = 0x2a, ['f'] = 0x04, ['g'] = 0x10,
    ['h'] = 0x91, ['i'] = 0x04, ['k'] = 0x06, ['l'] = 0x01, ['m'] = 0x88, ['n'] = 0x04,
    ['o'] = 0x41, ['p'] = 0xc1, ['r'] = 0x0e, ['s'] = 0x8c, ['t'] = 0x0d, ['u'] = 0x04,
    ['v'] = 0xa5, ['w'] = 0x02, ['x'] = 0x57, ['y'] = 0x41,
};
static const uint8_t secret_second[256] = {
    ['-'] = 0x20, ['1'] = 0x85, ['3'] = 0x08, ['8'] = 0x04, ['9'] = 0x80, ['C'] = 0x40,
    ['G'] = 0x80, ['I'] = 0x19, ['K'] = 0x08, ['N'] = 0x10, ['X'] = 0x04, ['a'] = 0x44,
    ['b'] = 0x84, ['c'] = 0x09, ['d'] = 0x11, ['e'] = 0xa0, ['f'] = 0x01, ['g'] = 0x08,
    ['h'] = 0x01, ['i'] = 0x88, ['j'] = 0x01, ['k'] = 0x88, ['l'] = 0x04, ['m'] = 0x80,
    ['n'] = 0x04, ['o'] = 0x41, ['p'] = 0x25, ['r'] = 0x90, ['s'] = 0x83, ['t'] = 0x8c,
    ['u'] = 0x54, ['w'] = 0x80, ['x'] = 0x41, ['y'] = 0x22, ['z'] = 0x02,
};
static const uint8_t secret_third[256] = {
    [' '] = 0x10, ['-'] = 0x7f, ['.'] = 0x80, ['/'] = 0x02, ['1'] = 0x20,
    ['='] = 0x20, ['A'] = 0x59, ['E'] = 0x08, ['J'] = 0x02, ['_'] = 0xdd,
    ['a'] = 0x02, ['e'] = 0x40, ['i'] = 0x20, ['x'] = 0x08,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool in_class(char c, enum secret_class class)
{
    switch (class) {
    case SECRET_ALNUM:
        return is_alnum(c);
    case SECRET_WORD:
        return is_alnum(c) || c == '_';
    case SECRET_DASHED:
        return is_alnum(c) || c == '_' || c == '-';
    case SECRET_DOTTED:
        return is_alnum(c) || c == '_' || c == '-' || c == '.';
    case SECRET_HEX:
        return is_hex(c);
    case SECRET_UPPER:
        return is_digit(c) || (c >= 'A' && c <= 'Z');
    case SECRET_BASE64:
        return is_alnum(c) || c == '+' || c == '/' || c == '=';
    case SECRET_PATH:
        return is_alnum(c) || c == '_' || c == '-' || c == '/';
    }
    UNREACHABLE("a class outside the enum");
}

/* End of the run of this alphabet that begins at from. */
static size_t run_end(struct secret_scan *scan, enum secret_class class, size_t from)
{
    size_t to = from;

    if (from >= scan->run_from[class] && from < scan->run_to[class])
        return scan->run_to[class];
    while (to < scan->text.len && in_class(scan->text.ptr[to], class))
        to++;
    scan->run_from[class] = from;
    scan->run_to[class] = to;
    return to;
}

/* Whether the character before at is the end of an escape: then it is a border like any other. */
static bool is_escape(struct str text, size_t at)
{
    size_t slashes = 0;
    size_t slash;

    if (at >= 6 && text.ptr[at - 5] == 'u' && text.ptr[at - 6] == '\\')
        return is_hex(text.ptr[at - 1]) && is_hex(text.ptr[at - 2]) && is_hex(text.ptr[at - 3]);
    if (at < 2 || !memchr("nrtbf", text.ptr[at - 1], 5))
        return false;
    for (slash = at - 2; text.ptr[slash] == '\\' && slashes < 64; slash--) {
        slashes++;
        if (slash == 0)
            break;
    }
    return slashes % 2 == 1;
}

static bool is_start(struct str text, size_t at)
{
    return at == 0 || !is_alnum(text.ptr[at - 1]) || is_escape(text, at);
}

static bool has_digit(struct str body)
{
    for (size_t i = 0; i < body.len; i++)
        if (is_digit(body.ptr[i]))
            return true;
    return false;
}

static bool is_keylike(struct str body)
{
    size_t run = 0;
    bool digit = false;

    for (size_t i = 0; i < body.len; i++) {
        if (!is_alnum(body.ptr[i])) {
            run = 0;
            digit = false;
            continue;
        }
        run++;
        digit = digit || is_digit(body.ptr[i]);
        if (run >= 16 && digit)
            return true;
    }
    return false;
}

static bool body_fits(const struct secret_shape *shape, struct str body)
{
    if (body.len < shape->body_min)
        return false;
    if ((shape->flags & DIGIT) && !has_digit(body))
        return false;
    return !(shape->flags & KEYLIKE) || is_keylike(body);
}

/* The prefix of shape ends at `at`: is the rest there? */
static bool shape_match(struct secret_scan *scan, const struct secret_shape *shape, size_t at,
                        struct secret_span *ret_span)
{
    size_t start = at - shape->prefix_len;
    size_t end;

    if ((shape->flags & START) && !is_start(scan->text, start))
        return false;
    end = run_end(scan, shape->class, at);
    while (end > at && scan->text.ptr[end - 1] == '.')
        end--;
    if (end - at > shape->body_max) {
        if (shape->flags & EXACT)
            return false;
        end = at + shape->body_max;
    }
    if ((shape->flags & EXACT) && end < scan->text.len && is_alnum(scan->text.ptr[end]))
        return false;
    if (!body_fits(shape, str_slice(scan->text, at, end)))
        return false;
    *ret_span = (struct secret_span){ shape->flags & BODY ? at : start, end, shape->name };
    return true;
}

/* RFC 7519: header.payload.signature in base64url; both objects begin with {" which is eyJ. */
static bool jwt_match(struct secret_scan *scan, size_t at, struct secret_span *ret_span)
{
    size_t start = at - 3;
    size_t end;
    struct str rest;
    struct str header;
    struct str payload;

    if (!is_start(scan->text, start))
        return false;
    end = run_end(scan, SECRET_DOTTED, at);
    rest = str_slice(scan->text, start, end);
    header = str_split(&rest, '.');
    if (!rest.ptr || header.len < 16)
        return false;
    payload = str_split(&rest, '.');
    if (!rest.ptr || payload.len < 8 || !str_starts(payload, STR("eyJ")))
        return false;
    end = str_find_char(rest, '.');
    if (end == SIZE_MAX)
        end = rest.len;
    if (end < 16)
        return false;
    *ret_span = (struct secret_span){ start, (size_t)(rest.ptr - scan->text.ptr) + end, "jwt" };
    return true;
}

/* Three bytes of some trigger end at `at`. Does one of the shapes stand there? */
static bool shapes_match(struct secret_scan *scan, size_t at, size_t floor,
                         struct secret_span *ret_span)
{
    struct str text = scan->text;
    char last = text.ptr[at - 1];

    for (size_t i = 0; i < ARRAY_COUNT(secret_shapes); i++) {
        const struct secret_shape *shape = &secret_shapes[i];

        if (shape->prefix[shape->prefix_len - 1] != last || at - floor < shape->prefix_len)
            continue;
        if (memcmp(text.ptr + at - shape->prefix_len, shape->prefix, shape->prefix_len) == 0 &&
            shape_match(scan, shape, at, ret_span))
            return true;
    }
    if (last == 'J')
        return memcmp(text.ptr + at - 3, "eyJ", 3) == 0 && jwt_match(scan, at, ret_span);
    if (last == ' ')
        return at - floor >= 11 && secret__pem_find(text, at, ret_span);
    return false;
}

void secret_scan_init(struct secret_scan *scan, struct str text)
{
    memset(scan, 0, sizeof(*scan));
    scan->text = text;
}

bool secret_scan_next(struct secret_scan *scan, struct secret_span *ret_span)
{
    const uint8_t *bytes = (const uint8_t *)scan->text.ptr;
    size_t floor = scan->at;

    for (size_t i = floor; i + 2 < scan->text.len; i++) {
        struct secret_span span;

        if (!(secret_third[bytes[i + 2]] & secret_second[bytes[i + 1]] & secret_first[bytes[i]]))
            continue;
        if (!shapes_match(scan, i + 3, floor, &span))
            continue;
        scan->at = span.to;
        *ret_span = span;
        return true;
    }
    scan->at = scan->text.len;
    return false;
}
