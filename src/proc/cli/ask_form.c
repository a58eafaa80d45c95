/*
 * A form that a source asks a person to fill, field by field. What is typed becomes a value of the
 * field's type; an empty line leaves the field out, and its default, if it has one, holds. Whether
 * it fits is the daemon's to say.
 */
#include "proc/cli/ask.h"

static void ask_option(struct buf *out, const struct json_value *option, const char *separator)
{
    const struct json_value *constant = json_get(option, "const");

    buf_add_c(out, separator);
    text_add_clean(out, json_str(constant ? constant : option), false);
    if (json_get_str(option, "title").len) {
        buf_add_c(out, " = ");
        text_add_clean(out, json_get_str(option, "title"), false);
    }
}

static const struct json_value *ask_choices(const struct json_value *field)
{
    static const char *const members[] = { "enum", "oneOf", "anyOf" };

    for (size_t i = 0; i < ARRAY_COUNT(members); i++)
        if (json_is_array(json_get(field, members[i])))
            return json_get(field, members[i]);
    return NULL;
}

static bool ask_is_many(const struct json_value *field)
{
    return str_is(json_get_str(field, "type"), "array");
}

/* "  Name (one of a, b; default a): " */
static struct str ask_field_question(struct cli *cli, struct str name,
                                     const struct json_value *field, bool required)
{
    const struct json_value *choices =
        ask_choices(ask_is_many(field) ? json_get(field, "items") : field);
    struct json_iter iter = json_iter(choices);
    const struct json_value *option;
    BUF_CLEANUP struct buf out = BUF_INIT;
    bool first = true;

    buf_add_c(&out, "    ");
    text_add_clean(&out, name, false);
    if (json_get_str(field, "title").len) {
        buf_add_c(&out, ", ");
        text_add_clean(&out, json_get_str(field, "title"), false);
    }
    buf_add_c(&out, " (");
    if (choices)
        buf_add_c(&out, ask_is_many(field) ? "some of " : "one of ");
    else
        text_add_clean(&out, json_get_str(field, "type"), false);
    while ((option = json_next(&iter))) {
        ask_option(&out, option, first ? "" : ", ");
        first = false;
    }
    if (json_get(field, "default")) {
        buf_add_c(&out, "; nothing: ");
        text_add_clean(&out, json_text(cli->arena, json_get(field, "default")), false);
    } else if (!required) {
        buf_add_c(&out, "; may be left out");
    }
    buf_add_c(&out, "): ");
    return str_copy(cli->arena, buf_str(&out));
}

/* "a, b" */
static void ask_add_many(struct buf *out, struct str typed)
{
    struct str rest = typed;
    bool first = true;

    buf_add_char(out, '[');
    while (rest.ptr) {
        struct str one = str_trim(str_split(&rest, ','));

        if (!one.len)
            continue;
        buf_add_c(out, first ? "" : ",");
        buf_add_json(out, one);
        first = false;
    }
    buf_add_char(out, ']');
}

static void ask_add_value(struct cli *cli, struct buf *out, const struct json_value *field,
                          struct str typed)
{
    struct str type = json_get_str(field, "type");
    struct json_error error;
    struct json_doc doc;

    if (str_is(type, "boolean") && (str_is(typed, "y") || str_is(typed, "yes")))
        buf_add_c(out, "true");
    else if (str_is(type, "boolean") && (str_is(typed, "n") || str_is(typed, "no")))
        buf_add_c(out, "false");
    else if (ask_is_many(field))
        ask_add_many(out, typed);
    else if (!str_is(type, "string") &&
             json_parse(cli->arena, typed, NULL, &error, &doc) == JSON_PARSED)
        buf_add_str(out, typed);
    else
        buf_add_json(out, typed);
}

static bool ask_is_required(const struct json_value *schema, struct str name)
{
    struct json_iter iter = json_iter(json_get(schema, "required"));
    const struct json_value *one;

    while ((one = json_next(&iter)))
        if (str_equal(json_str(one), name))
            return true;
    return false;
}

bool ask_form(struct cli *cli, const struct json_value *input, struct str *ret_value)
{
    const struct json_value *schema = json_get(json_get(input, "detail"), "schema");
    struct json_iter iter = json_iter(json_get(schema, "properties"));
    const struct json_value *field;
    BUF_CLEANUP struct buf out = BUF_INIT;

    buf_add_char(&out, '{');
    while ((field = json_next(&iter))) {
        struct str question =
            ask_field_question(cli, iter.key, field, ask_is_required(schema, iter.key));
        struct str typed;

        if (!cli_ask(cli, str_c(cli->arena, question), &typed))
            return false;
        if (!typed.len)
            continue;
        buf_add_c(&out, out.len > 1 ? "," : "");
        buf_add_json(&out, iter.key);
        buf_add_char(&out, ':');
        ask_add_value(cli, &out, field, typed);
    }
    buf_add_char(&out, '}');
    *ret_value = str_copy(cli->arena, buf_str(&out));
    return true;
}
