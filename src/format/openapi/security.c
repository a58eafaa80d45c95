/* Who one must be: the alternatives of an operation, and the schemes of the document. */
#include "format/openapi/internal.h"

#define ALTERNATIVES_MAX 32U

static const struct json_value *schemes_of(const struct openapi *run)
{
    if (run->version == OPENAPI__20)
        return json_get(run->root, "securityDefinitions");
    return json_get(json_get(run->root, "components"), "securitySchemes");
}

static const struct json_value *scheme_find(struct openapi *run, struct str name)
{
    const struct json_value *scheme = json_find(schemes_of(run), name);

    return scheme ? openapi__peek(run, scheme) : NULL;
}

static void text_member(struct json_out *out, const char *name, struct str text)
{
    json_out_key(out, name);
    json_out_str(out, text);
}

/* The kind of a scheme, in the words of OpenAPI 3. */
static void kind_print(struct json_out *out, const struct json_value *scheme)
{
    struct str type = json_get_str(scheme, "type");

    if (str_is(type, "basic")) {
        text_member(out, "type", STR("http"));
        text_member(out, "http", STR("basic"));
    } else if (str_is(type, "apiKey")) {
        text_member(out, "type", type);
        text_member(out, "in", json_get_str(scheme, "in"));
        text_member(out, "name", json_get_str(scheme, "name"));
    } else if (str_is(type, "http")) {
        text_member(out, "type", type);
        text_member(out, "http", json_get_str(scheme, "scheme"));
    } else {
        text_member(out, "type", type);
    }
}

static bool alternative_known(struct openapi *run, const struct json_value *alternative)
{
    struct json_iter iter = json_iter(alternative);

    while (json_next(&iter)) {
        if (!json_get_str(scheme_find(run, iter.key), "type").ptr) {
            openapi__note(run, alternative, "security",
                          "the security scheme \"%.*s\" is declared nowhere; it is left out",
                          STR_ARG(iter.key));
            return false;
        }
    }
    return true;
}

static void alternative_print(struct openapi *run, struct json_out *out,
                              const struct json_value *alternative)
{
    struct json_iter iter = json_iter(alternative);
    const struct json_value *scopes;

    json_out_array(out);
    while ((scopes = json_next(&iter))) {
        json_out_object(out);
        text_member(out, "scheme", iter.key);
        kind_print(out, scheme_find(run, iter.key));
        if (json_is_array(scopes) && json_count(scopes) > 0) {
            json_out_key(out, "scopes");
            json_out_value(out, scopes);
        }
        json_out_end(out);
    }
    json_out_end(out);
}

void openapi__security(struct openapi *run, const struct openapi__operation *operation,
                       struct json_out *plan)
{
    const struct json_value *security = json_get(operation->value, "security");
    struct json_iter iter;
    const struct json_value *each;
    size_t count = 0;

    if (!json_is_array(security))
        security = json_get(run->root, "security");
    iter = json_iter(security);
    json_out_key(plan, "security");
    json_out_array(plan);
    while (json_is_array(security) && (each = json_next(&iter)) && count++ < ALTERNATIVES_MAX) {
        if (json_is_object(each) && alternative_known(run, each))
            alternative_print(run, plan, each);
    }
    json_out_end(plan);
}

void openapi__schemes(struct openapi *run, struct json_out *about)
{
    struct json_iter iter = json_iter(schemes_of(run));
    const struct json_value *each;
    size_t count = 0;

    json_out_key(about, "security");
    json_out_object(about);
    while (iter.members && (each = json_next(&iter)) && count++ < ALTERNATIVES_MAX) {
        const struct json_value *scheme = openapi__peek(run, each);

        if (!json_is_object(scheme))
            continue;
        json_out_key_str(about, iter.key);
        json_out_object(about);
        kind_print(about, scheme);
        if (json_get(scheme, "flows")) {
            json_out_key(about, "flows");
            json_out_value(about, json_get(scheme, "flows"));
        }
        if (json_get_str(scheme, "openIdConnectUrl").ptr)
            text_member(about, "openid", json_get_str(scheme, "openIdConnectUrl"));
        json_out_end(about);
    }
    json_out_end(about);
}
