/*
 * Numbers. What was written is what counts: a double stands for its shortest decimal, so 0.3 is
 * three tenths; and whole numbers are compared digit for digit, never through a double.
 */
#include "format/json/internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <yyjson.h>

/* Doubles from here on are whole and beyond 64 bits. */
#define NUMBER_U64_END 18446744073709551616.0
/* Whole numbers below this are doubles. */
#define NUMBER_EXACT_END (UINT64_C(1) << 53)

size_t json__real_print(double real, char text[JSON__REAL_LEN_MAX])
{
    char room[1024];
    yyjson_val value = { .tag = JSON__REAL, .uni.f64 = real };
    yyjson_alc alc;
    size_t len;
    char *printed;

    CHECK(yyjson_alc_pool_init(&alc, room, sizeof(room)));
    printed = yyjson_val_write_opts(&value, YYJSON_WRITE_NOFLAG, &alc, &len, NULL);
    CHECK(printed != NULL && len < JSON__REAL_LEN_MAX);
    memcpy(text, printed, len);
    return len;
}

bool json__whole(const struct json_value *number, bool *ret_negative, uint64_t *ret_magnitude)
{
    uint64_t tag = number->tag & JSON__TAG_MASK;
    double real = number->of.real;

    if (tag == JSON__UINT) {
        *ret_negative = false;
        *ret_magnitude = number->of.u64;
        return true;
    }
    if (tag == JSON__SINT) {
        *ret_negative = number->of.i64 < 0;
        *ret_magnitude = number->of.i64 < 0 ? 0 - number->of.u64 : number->of.u64;
        return true;
    }
    if (tag != JSON__REAL || !(fabs(real) < NUMBER_U64_END) || floor(real) < real)
        return false;
    *ret_negative = real < 0;
    *ret_magnitude = (uint64_t)fabs(real);
    return true;
}

bool json_to_u64(const struct json_value *value, uint64_t *ret_number)
{
    uint64_t magnitude;
    bool negative;

    if (!json_is_number(value) || !json__whole(value, &negative, &magnitude) || negative)
        return false;
    *ret_number = magnitude;
    return true;
}

bool json_to_i64(const struct json_value *value, int64_t *ret_number)
{
    uint64_t magnitude;
    bool negative;

    if (!json_is_number(value) || !json__whole(value, &negative, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1U : 0U))
        return false;
    *ret_number = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool json_to_double(const struct json_value *value, double *ret_number)
{
    uint64_t tag = value ? value->tag & JSON__TAG_MASK : 0;
    double real;

    if (!json_is_number(value))
        return false;
    if (tag == JSON__UINT)
        real = (double)value->of.u64;
    else if (tag == JSON__SINT)
        real = (double)value->of.i64;
    else if (tag == JSON__REAL)
        real = value->of.real;
    else
        real = strtod(value->of.text, NULL);
    if (!isfinite(real))
        return false;
    *ret_number = real;
    return true;
}

uint64_t json_u64_or(const struct json_value *value, uint64_t fallback)
{
    (void)json_to_u64(value, &fallback);
    return fallback;
}

int64_t json_i64_or(const struct json_value *value, int64_t fallback)
{
    (void)json_to_i64(value, &fallback);
    return fallback;
}

/* The exponent of a number as text; beyond JSON__POINT_MAX it is that. */
static int64_t number_exponent(struct str digits)
{
    bool negative = digits.len && digits.ptr[0] == '-';
    int64_t exponent = 0;

    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            continue;
        exponent = exponent * 10 + (digits.ptr[i] - '0');
        if (exponent > JSON__POINT_MAX)
            exponent = JSON__POINT_MAX;
    }
    return negative ? -exponent : exponent;
}

/* Takes a number's text apart; the decimal looks into it. */
static void number_take_apart(struct str text, struct json__decimal *ret_decimal)
{
    size_t e =
        str_find_char(text, 'e') != SIZE_MAX ? str_find_char(text, 'e') : str_find_char(text, 'E');
    struct str mantissa = str_slice(text, 0, e);
    size_t point;

    ret_decimal->negative = mantissa.len && mantissa.ptr[0] == '-';
    if (ret_decimal->negative)
        mantissa = str_slice(mantissa, 1, mantissa.len);
    point = str_find_char(mantissa, '.');
    if (point == SIZE_MAX)
        point = mantissa.len;
    ret_decimal->point = (int64_t)point;
    if (e != SIZE_MAX)
        ret_decimal->point += number_exponent(str_slice(text, e + 1, text.len));
    while (mantissa.len && (mantissa.ptr[0] == '0' || mantissa.ptr[0] == '.')) {
        ret_decimal->point -= mantissa.ptr[0] == '0';
        mantissa = str_slice(mantissa, 1, mantissa.len);
    }
    while (mantissa.len &&
           (mantissa.ptr[mantissa.len - 1] == '0' || mantissa.ptr[mantissa.len - 1] == '.'))
        mantissa.len--;
    ret_decimal->text = mantissa;
    ret_decimal->count = mantissa.len - (str_find_char(mantissa, '.') != SIZE_MAX);
    if (mantissa.len == 0) {
        ret_decimal->point = 0;
        ret_decimal->negative = false;
    }
}

void json__decimal_of(const struct json_value *number, struct json__decimal *ret_decimal)
{
    uint64_t magnitude;
    bool negative;
    size_t at = sizeof(ret_decimal->own);

    if ((number->tag & JSON__KIND_MASK) == JSON__RAW) {
        number_take_apart(json_digits(number), ret_decimal);
        return;
    }
    if ((number->tag & JSON__TAG_MASK) == JSON__REAL) {
        size_t len = json__real_print(number->of.real, ret_decimal->own);

        number_take_apart(str_of(ret_decimal->own, len), ret_decimal);
        return;
    }
    CHECK(json__whole(number, &negative, &magnitude));
    do {
        ret_decimal->own[--at] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude);
    number_take_apart(str_of(ret_decimal->own + at, sizeof(ret_decimal->own) - at), ret_decimal);
    ret_decimal->negative = negative;
}

/* Order of the sizes, whatever the signs. */
static int number_compare_size(const struct json__decimal *a, const struct json__decimal *b)
{
    size_t i = 0;
    size_t j = 0;

    if (a->count == 0 || b->count == 0)
        return (a->count != 0) - (b->count != 0);
    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    for (; i < a->text.len && j < b->text.len; i++, j++) {
        i += a->text.ptr[i] == '.';
        j += b->text.ptr[j] == '.';
        if (a->text.ptr[i] != b->text.ptr[j])
            return a->text.ptr[i] < b->text.ptr[j] ? -1 : 1;
    }
    return (i < a->text.len) - (j < b->text.len);
}

static int number_compare_exact(const struct json_value *a, const struct json_value *b)
{
    struct json__decimal left;
    struct json__decimal right;
    int order;

    json__decimal_of(a, &left);
    json__decimal_of(b, &right);
    if (left.negative != right.negative)
        return left.negative ? -1 : 1;
    order = number_compare_size(&left, &right);
    return left.negative ? -order : order;
}

/* Below 2^53 in size: as a double it is what it is. */
static bool number_is_small(const struct json_value *number)
{
    uint64_t tag = number->tag & JSON__TAG_MASK;

    if (tag == JSON__UINT)
        return number->of.u64 < NUMBER_EXACT_END;
    if (tag == JSON__SINT)
        return number->of.i64 > -(int64_t)NUMBER_EXACT_END;
    return tag == JSON__REAL && fabs(number->of.real) < (double)NUMBER_EXACT_END;
}

static double number_small(const struct json_value *number)
{
    uint64_t tag = number->tag & JSON__TAG_MASK;

    if (tag == JSON__REAL)
        return number->of.real;
    return tag == JSON__UINT ? (double)number->of.u64 : (double)number->of.i64;
}

int json_number_compare(const struct json_value *a, const struct json_value *b)
{
    uint64_t left = a->tag & JSON__TAG_MASK;
    uint64_t right = b->tag & JSON__TAG_MASK;

    if (left == JSON__UINT && right == JSON__UINT)
        return (a->of.u64 > b->of.u64) - (a->of.u64 < b->of.u64);
    if (left == JSON__SINT && right == JSON__SINT)
        return (a->of.i64 > b->of.i64) - (a->of.i64 < b->of.i64);
    if (left == JSON__REAL && right == JSON__REAL)
        return (a->of.real > b->of.real) - (a->of.real < b->of.real);
    if (number_is_small(a) && number_is_small(b)) {
        double x = number_small(a);
        double y = number_small(b);

        return (x > y) - (x < y);
    }
    return number_compare_exact(a, b);
}

bool json_is_integer(const struct json_value *value)
{
    struct json__decimal decimal;
    uint64_t tag = value ? value->tag & JSON__TAG_MASK : 0;

    if (!json_is_number(value))
        return false;
    if (tag == JSON__UINT || tag == JSON__SINT)
        return true;
    if (tag == JSON__REAL)
        return floor(value->of.real) >= value->of.real;
    json__decimal_of(value, &decimal);
    return decimal.point >= (int64_t)decimal.count;
}

bool json_is_plain_integer(const struct json_value *value)
{
    struct str digits = json_digits(value);
    uint64_t tag = value ? value->tag & JSON__TAG_MASK : 0;

    if (digits.ptr)
        return str_find_char(digits, '.') == SIZE_MAX && str_find_char(digits, 'e') == SIZE_MAX &&
               str_find_char(digits, 'E') == SIZE_MAX;
    return json_is_number(value) && tag != JSON__REAL;
}

/* The digits of a decimal of at most 19 as one number. */
static uint64_t number_digits(const struct json__decimal *decimal)
{
    uint64_t digits = 0;

    for (size_t i = 0; i < decimal->text.len; i++)
        if (decimal->text.ptr[i] != '.')
            digits = digits * 10 + (uint64_t)(decimal->text.ptr[i] - '0');
    return digits;
}

bool json_divisor_fits(const struct json_value *divisor)
{
    struct json__decimal decimal;

    if (!json_is_number(divisor))
        return false;
    json__decimal_of(divisor, &decimal);
    return !decimal.negative && decimal.count > 0 && decimal.count <= 18;
}

/* x * ten to the power, modulo. */
static uint64_t number_shift_modulo(uint64_t x, int64_t power, uint64_t modulus)
{
    __uint128_t result = x % modulus;
    __uint128_t base = 10 % modulus;

    for (; power > 0; power >>= 1) {
        if (power & 1)
            result = result * base % modulus;
        base = base * base % modulus;
    }
    return (uint64_t)result;
}

/*
 * number = N * 10^n and divisor = D * 10^d with N and D whole and not multiples of ten. If n < d
 * the divisor has a factor ten that N lacks; else N * 10^(n-d) must be a multiple of D.
 */
bool json_number_divides(const struct json_value *number, const struct json_value *divisor)
{
    struct json__decimal dividend;
    struct json__decimal by;
    uint64_t modulus;
    uint64_t rest = 0;
    int64_t shift;

    if ((number->tag & JSON__TAG_MASK) == JSON__UINT &&
        (divisor->tag & JSON__TAG_MASK) == JSON__UINT)
        return number->of.u64 % divisor->of.u64 == 0;
    json__decimal_of(number, &dividend);
    json__decimal_of(divisor, &by);
    CHECK(by.count > 0 && by.count <= 18);
    if (dividend.count == 0)
        return true;
    shift = (dividend.point - (int64_t)dividend.count) - (by.point - (int64_t)by.count);
    if (shift < 0)
        return false;
    modulus = number_digits(&by);
    CHECK(modulus != 0);
    for (size_t i = 0; i < dividend.text.len; i++)
        if (dividend.text.ptr[i] != '.')
            rest = (uint64_t)(((__uint128_t)rest * 10 + (__uint128_t)(dividend.text.ptr[i] - '0')) %
                              modulus);
    return number_shift_modulo(rest, shift, modulus) == 0;
}

void json__number_print(struct buf *out, const struct json_value *number)
{
    uint64_t tag = number->tag & JSON__TAG_MASK;
    char text[JSON__REAL_LEN_MAX];

    if (tag == JSON__UINT)
        buf_add_u64(out, number->of.u64);
    else if (tag == JSON__SINT)
        buf_add_i64(out, number->of.i64);
    else if (tag == JSON__REAL)
        buf_add(out, text, json__real_print(number->of.real, text));
    else
        buf_add_str(out, json_digits(number));
}

/* Count digits of the decimal from the position; zeros beyond its end. */
static void number_add_digits(struct buf *out, const struct json__decimal *decimal, size_t from,
                              size_t count)
{
    size_t position = 0;

    for (size_t i = 0; i < decimal->text.len && count; i++) {
        if (decimal->text.ptr[i] == '.')
            continue;
        if (position++ < from)
            continue;
        buf_add_char(out, decimal->text.ptr[i]);
        count--;
    }
    while (count--)
        buf_add_char(out, '0');
}

/* True where all digits of a whole number are written out; RFC 8785 where it is a double. */
static bool number_is_written_out(const struct json__decimal *decimal)
{
    int64_t count = (int64_t)decimal->count;

    return decimal->point >= count &&
           (decimal->point <= 21 || (count > 17 && decimal->point <= count + 1024));
}

/*
 * ECMA-262 Number::toString on the exact decimal. Whole numbers that no double's shortest
 * decimal can name (over 17 digits) are written out however long they are.
 */
void json__number_print_canonical(struct buf *out, const struct json_value *number)
{
    struct json__decimal decimal;

    json__decimal_of(number, &decimal);
    if (decimal.count == 0) {
        buf_add_char(out, '0');
        return;
    }
    if (decimal.negative)
        buf_add_char(out, '-');
    if (number_is_written_out(&decimal)) {
        number_add_digits(out, &decimal, 0, (size_t)decimal.point);
    } else if (decimal.point > 0 && decimal.point <= 21) {
        number_add_digits(out, &decimal, 0, (size_t)decimal.point);
        buf_add_char(out, '.');
        number_add_digits(out, &decimal, (size_t)decimal.point,
                          decimal.count - (size_t)decimal.point);
    } else if (decimal.point > -6 && decimal.point <= 0) {
        buf_add(out, "0.000000", 2 + (size_t)-decimal.point);
        number_add_digits(out, &decimal, 0, decimal.count);
    } else {
        number_add_digits(out, &decimal, 0, 1);
        if (decimal.count > 1)
            buf_add_char(out, '.');
        number_add_digits(out, &decimal, 1, decimal.count - 1);
        buf_add_c(out, decimal.point > 0 ? "e+" : "e");
        buf_add_i64(out, decimal.point - 1);
    }
}
