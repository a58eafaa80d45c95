/*
 * Variables of an environment that are secrets by what they are called, or by what they look
 * like. Here a mistake costs little: the value reaches the child all the same, and only the record
 * is without it.
 */
#include "format/secret/secret.h"

#include <strings.h>

/* A value so short is guessed as soon as found. */
#define RANDOM_MIN 20U

static bool word_is(struct str word, const char *name)
{
    return word.len == strlen(name) && strncasecmp(word.ptr, name, word.len) == 0;
}

/* The last word says what it is: API_KEY is one, KEY_FILE is the name of a file. */
static bool name_says_so(struct str name)
{
    static const char *const words[] = { "token",      "key",          "secret", "password",
                                         "passwd",     "passphrase",   "pass",   "pat",
                                         "credential", "credentials",  "auth",   "apikey",
                                         "cookie",     "authorization" };
    size_t at = name.len;

    while (at > 0 && name.ptr[at - 1] != '_')
        at--;
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        size_t len = strlen(words[i]);

        if (word_is(str_slice(name, at, name.len), words[i]))
            return true;
        /* PGPASSWORD, GITHUBTOKEN; a short word ends too many others. */
        if (len > 4 && name.len > len &&
            word_is(str_slice(name, name.len - len, name.len), words[i]))
            return true;
    }
    return false;
}

/* scheme://user:password@host */
static bool has_password(struct str value)
{
    size_t start = str_find(value, STR("://"));
    struct str rest = start == SIZE_MAX ? STR_NULL : str_slice(value, start + 3, value.len);
    size_t end = str_find_char(rest, '/');
    struct str authority = str_slice(rest, 0, end);
    size_t at = str_find_char(authority, '@');
    size_t colon = str_find_char(authority, ':');

    return at != SIZE_MAX && colon < at && colon + 1 < at;
}

/* One run of letters and digits, in both cases, of which few are twice: nobody writes that. */
static bool is_random(struct str value)
{
    bool seen[128] = { false };
    size_t digits = 0, lower = 0, upper = 0, different = 0;

    if (value.len < RANDOM_MIN)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];

        if (c >= 128 || (c != '-' && c != '_' && c != '+' && c != '=' && c != '.' &&
                         !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z')))
            return false;
        digits += c >= '0' && c <= '9';
        lower += c >= 'a' && c <= 'z';
        upper += c >= 'A' && c <= 'Z';
        different += !seen[c];
        seen[c] = true;
    }
    return digits >= 3 && lower >= 3 && upper >= 3 && different >= 12;
}

bool secret_variable_is(struct str name, struct str value)
{
    return value.len > 0 && (name_says_so(name) || has_password(value) || is_random(value));
}
