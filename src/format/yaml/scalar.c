/* YAML 1.2.2, section 10.3.2: what a plain scalar is. */
#include "format/yaml/internal.h"

static bool is_any(struct str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(text, words[i]))
            return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct str yaml__quoted(struct str raw, struct arena *arena)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    buf_add_json(&out, raw);
    return str_copy(arena, buf_str(&out));
}

static int digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

/* 0o17 and 0x1F. Null where it is none, or is beyond 64 bits. */
static struct str based_number(struct str raw, struct arena *arena)
{
    if (raw.len < 3 || raw.ptr[0] != '0' || (raw.ptr[1] != 'o' && raw.ptr[1] != 'x'))
        return STR_NULL;
    unsigned base = raw.ptr[1] == 'o' ? 8 : 16;
    uint64_t value = 0;
    for (size_t i = 2; i < raw.len; i++) {
        int digit = digit_value(raw.ptr[i]);

        if (digit >= (int)base || value > (UINT64_MAX - (uint64_t)digit) / base)
            return STR_NULL;
        value = value * base + (uint64_t)digit;
    }
    return str_printf(arena, "%llu", (unsigned long long)value);
}

static size_t digits_skip(struct str raw, size_t at)
{
    while (at < raw.len && is_digit(raw.ptr[at]))
        at++;
    return at;
}

/* The parts of [-+]? digits ( . digits )? ( [eE] [-+]? digits )?, in which digits may lack. */
struct number {
    bool negative;
    struct str whole;
    struct str fraction;
    struct str exponent; /* with its sign */
    bool dot;
};

static bool number_read(struct str raw, struct number *ret)
{
    struct number number = { 0 };
    size_t at = 0, from;

    if (at < raw.len && (raw.ptr[at] == '-' || raw.ptr[at] == '+'))
        number.negative = raw.ptr[at++] == '-';
    from = at;
    at = digits_skip(raw, at);
    number.whole = str_slice(raw, from, at);
    if (at < raw.len && raw.ptr[at] == '.') {
        number.dot = true;
        from = ++at;
        at = digits_skip(raw, at);
        number.fraction = str_slice(raw, from, at);
    }
    if (number.whole.len + number.fraction.len == 0)
        return false;
    if (at < raw.len && (raw.ptr[at] == 'e' || raw.ptr[at] == 'E')) {
        from = ++at;
        if (at < raw.len && (raw.ptr[at] == '-' || raw.ptr[at] == '+'))
            at++;
        if (digits_skip(raw, at) == at)
            return false;
        at = digits_skip(raw, at);
        number.exponent = str_slice(raw, from, at);
    }
    *ret = number;
    return at == raw.len;
}

/* In JSON's spelling: no plus, no leading zeros, a digit on both sides of the dot. */
static struct str number_print(const struct number *number, struct arena *arena)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    struct str whole = number->whole;

    while (whole.len > 1 && whole.ptr[0] == '0')
        whole = str_slice(whole, 1, whole.len);
    if (number->negative)
        buf_add_char(&out, '-');
    buf_add_str(&out, whole.len > 0 ? whole : STR("0"));
    if (number->dot) {
        buf_add_char(&out, '.');
        buf_add_str(&out, number->fraction.len > 0 ? number->fraction : STR("0"));
    }
    if (number->exponent.len > 0) {
        buf_add_char(&out, 'e');
        buf_add_str(&out, number->exponent);
    }
    return str_copy(arena, buf_str(&out));
}

struct str yaml__scalar(struct str raw, struct arena *arena, bool *ret_is_text)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    static const char *const trues[] = { "true", "True", "TRUE" };
    static const char *const falses[] = { "false", "False", "FALSE" };
    struct number number;

    *ret_is_text = false;
    if (is_any(raw, nulls, ARRAY_COUNT(nulls)))
        return STR("null");
    if (is_any(raw, trues, ARRAY_COUNT(trues)))
        return STR("true");
    if (is_any(raw, falses, ARRAY_COUNT(falses)))
        return STR("false");
    struct str based = based_number(raw, arena);
    if (based.ptr)
        return based;
    if (number_read(raw, &number))
        return number_print(&number, arena);
    *ret_is_text = true;
    return yaml__quoted(raw, arena);
}
