/* Readers: one member of a body or one parameter of a query into its field. */
#include "edge/api/internal.h"

#include <string.h>

static void read_complain(struct api__request *request, const char *key, const char *wanted)
{
    const struct json_value *value = json_get(request->body, key);
    struct str path = str_printf(request->arena, "/%s", key);

    report_add(request->report, path, "type", "%s must be %s; this is %s", key, wanted,
               json_type_name(json_type(value)));
}

void api__text(struct api__request *request, const char *key, struct str *ret_value)
{
    const struct json_value *value = json_get(request->body, key);

    if (!value || json_is_null(value))
        return;
    if (!json_is_string(value)) {
        read_complain(request, key, "a text");
        return;
    }
    *ret_value = json_str(value);
}

void api__text_required(struct api__request *request, const char *key, struct str *ret_value)
{
    const struct json_value *value = json_get(request->body, key);

    if (!value) {
        struct str path = str_printf(request->arena, "/%s", key);

        report_add(request->report, path, "required", "%s is missing", key);
        return;
    }
    if (!json_is_string(value) || json_str(value).len == 0) {
        read_complain(request, key, "a text that is not empty");
        return;
    }
    *ret_value = json_str(value);
}

void api__bool(struct api__request *request, const char *key, bool *ret_value)
{
    const struct json_value *value = json_get(request->body, key);

    if (!value)
        return;
    if (!json_is_bool(value)) {
        read_complain(request, key, "true or false");
        return;
    }
    *ret_value = json_is_true(value);
}

void api__ms(struct api__request *request, const char *key, int64_t *ret_value)
{
    const struct json_value *value = json_get(request->body, key);
    int64_t number;

    if (!value)
        return;
    if (!json_to_i64(value, &number) || number < 0 || number > API_WAIT_MS_MAX) {
        report_add(request->report, str_printf(request->arena, "/%s", key), "range",
                   "%s must be a number of milliseconds from 0 to %d", key, API_WAIT_MS_MAX);
        return;
    }
    *ret_value = number;
}

void api__json(struct api__request *request, const char *key, struct str *ret_value)
{
    const struct json_value *value = json_get(request->body, key);

    if (value)
        *ret_value = json_text(request->arena, value);
}

/* A word goes to execve: it must be text without NUL. */
static bool read_word(struct api__request *request, const char *key, struct str word)
{
    if (word.ptr && str_find_char(word, '\0') == SIZE_MAX)
        return true;
    report_add(request->report, str_printf(request->arena, "/%s", key), "type",
               "%s must hold texts without NUL only", key);
    return false;
}

void api__words(struct api__request *request, const char *key, struct api_words *ret_words)
{
    const struct json_value *value = json_get(request->body, key);
    struct json_iter iter = json_iter(value);
    struct api_words words = { NULL, 0 };
    const struct json_value *word;

    if (!json_is_array(value) || json_count(value) == 0 || json_count(value) > API_WORDS_MAX) {
        report_add(request->report, str_printf(request->arena, "/%s", key), "type",
                   "%s must be a list of 1 to %u texts", key, API_WORDS_MAX);
        return;
    }
    words.at = ARENA_ARRAY(request->arena, struct str, json_count(value));
    while ((word = json_next(&iter))) {
        if (!read_word(request, key, json_str(word)))
            return;
        words.at[words.count++] = json_str(word);
    }
    *ret_words = words;
}

void api__words_if(struct api__request *request, const char *key, struct api_words *ret_words)
{
    const struct json_value *value = json_get(request->body, key);

    if (value && !(json_is_array(value) && json_count(value) == 0))
        api__words(request, key, ret_words);
}

bool api_header_is_fit(struct str name, struct str value)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= 0x20 || (unsigned char)name.ptr[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", name.ptr[i]))
            return false;
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.ptr[i] < 0x20 && value.ptr[i] != '\t') || value.ptr[i] == 0x7f)
            return false;
    return name.len > 0 && value.len > 0;
}

/* An object whose members become words; NULL: there is none, or it was complained of. */
static const struct json_value *read_members(struct api__request *request, const char *key,
                                             const char *what, struct api_words *ret_words)
{
    const struct json_value *object = json_get(request->body, key);

    if (!object)
        return NULL;
    if (!json_is_object(object) || json_count(object) > API_WORDS_MAX) {
        read_complain(request, key, what);
        return NULL;
    }
    *ret_words =
        (struct api_words){ ARENA_ARRAY(request->arena, struct str, json_count(object)), 0 };
    return object;
}

void api__headers(struct api__request *request, const char *key, struct api_words *ret_words)
{
    struct api_words words;
    const struct json_value *object =
        read_members(request, key, "an object of texts by name", &words);
    struct json_iter iter = json_iter(object);
    const struct json_value *value;

    if (!object)
        return;
    while ((value = json_next(&iter))) {
        if (!api_header_is_fit(iter.key, json_str(value))) {
            report_add(request->report, str_printf(request->arena, "/%s", key), "header",
                       "%.*s is no header with a value of one line", STR_ARG(iter.key));
            return;
        }
        words.at[words.count++] =
            str_printf(request->arena, "%.*s: %.*s", STR_ARG(iter.key), STR_ARG(json_str(value)));
    }
    *ret_words = words;
}

bool api__is_effect(struct str word)
{
    return str_is(word, "read") || str_is(word, "write") || str_is(word, "destructive");
}

void api__effects(struct api__request *request, const char *key, struct api_words *ret_words)
{
    struct api_words words;
    const struct json_value *object =
        read_members(request, key, "an object of effect classes by address", &words);
    struct json_iter iter = json_iter(object);
    const struct json_value *value;

    if (!object)
        return;
    while ((value = json_next(&iter))) {
        struct str effect = json_str(value);

        if (!api__is_effect(effect)) {
            report_add(request->report, str_printf(request->arena, "/%s", key), "enum",
                       "the effect of %.*s must be read, write or destructive", STR_ARG(iter.key));
            return;
        }
        words.at[words.count++] =
            str_printf(request->arena, "%.*s=%.*s", STR_ARG(iter.key), STR_ARG(effect));
    }
    *ret_words = words;
}

static bool read_variable_name(struct str name)
{
    if (name.len == 0 || (name.ptr[0] >= '0' && name.ptr[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    }
    return true;
}

void api__variables(struct api__request *request, const char *key, struct api_words *ret_words)
{
    const struct json_value *object = json_get(request->body, key);
    struct json_iter iter = json_iter(object);
    struct api_words words = { NULL, 0 };
    const struct json_value *value;

    if (!object)
        return;
    if (!json_is_object(object) || json_count(object) > API_WORDS_MAX) {
        read_complain(request, key, "an object of texts by name");
        return;
    }
    words.at = ARENA_ARRAY(request->arena, struct str, json_count(object));
    while ((value = json_next(&iter))) {
        if (!read_variable_name(iter.key)) {
            report_add(request->report, str_printf(request->arena, "/%s", key), "name",
                       "%.*s is no name of an environment variable", STR_ARG(iter.key));
            return;
        }
        if (!read_word(request, key, json_str(value)))
            return;
        words.at[words.count++] =
            str_printf(request->arena, "%.*s=%.*s", STR_ARG(iter.key), STR_ARG(json_str(value)));
    }
    *ret_words = words;
}

struct str api__query(const struct api__request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++)
        if (str_is(request->query_names[i], name))
            return request->query_values[i];
    return STR_NULL;
}

void api__query_bool(struct api__request *request, const char *name, bool *ret_value)
{
    struct str value = api__query(request, name);

    if (!value.ptr)
        return;
    if (str_is(value, "true") || value.len == 0)
        *ret_value = true;
    else if (str_is(value, "false"))
        *ret_value = false;
    else
        report_add(request->report, str_printf(request->arena, "?%s", name), "type",
                   "%s must be true or false; this is %.*s", name, STR_ARG(value));
}

void api__query_number(struct api__request *request, const char *name, uint64_t max,
                       uint64_t *ret_value)
{
    struct str value = api__query(request, name);
    uint64_t number;

    if (!value.ptr)
        return;
    if (str_to_u64(value, &number) && number <= max)
        *ret_value = number;
    else
        report_add(request->report, str_printf(request->arena, "?%s", name), "range",
                   "%s must be a number from 0 to %llu; this is %.*s", name,
                   (unsigned long long)max, STR_ARG(value));
}
