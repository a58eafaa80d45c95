/*
 * Credentials: the first alternative for which all are there. A source that also lets anybody in
 * gets them all the same where they are there.
 */
#include "edge/out/openapi/internal.h"

#include "base/base64.h"

#include <strings.h>

static struct str credential_find(const struct out_openapi__build *build, struct str scheme)
{
    for (size_t i = 0; i < build->call->credential_count; i++)
        if (str_equal(build->call->credentials[i].scheme, scheme) &&
            build->call->credentials[i].value.len)
            return build->call->credentials[i].value;
    return STR_NULL;
}

/* Schemes that need more than a value: a challenge, or a certificate. */
static bool is_beyond_us(const struct json_value *scheme)
{
    static const char *const schemes[] = { "digest", "hoba",        "mutual",        "negotiate",
                                           "ntlm",   "scram-sha-1", "scram-sha-256", "vapid" };
    struct str type = json_get_str(scheme, "type");
    struct str http = json_get_str(scheme, "http");

    for (size_t i = 0; i < ARRAY_COUNT(schemes); i++)
        if (str_is(type, "http") && http.len == strlen(schemes[i]) &&
            strncasecmp(http.ptr, schemes[i], http.len) == 0)
            return true;
    return !str_is(type, "http") && !str_is(type, "apiKey") && !str_is(type, "oauth2") &&
           !str_is(type, "openIdConnect");
}

/* --- One credential ---------------------------------------------------------------------- */

static bool set_authorization(struct out_openapi__build *build, const char *scheme,
                              struct str value)
{
    return out_openapi__header_set(build, STR("Authorization"),
                                   str_printf(build->turn, "%s %.*s", scheme, STR_ARG(value)));
}

/* RFC 7617. A key without a colon is a name without a password, as those who use keys mean it. */
static bool add_basic(struct out_openapi__build *build, struct str value)
{
    BUF_CLEANUP struct buf pair = BUF_INIT;
    BUF_CLEANUP struct buf text = BUF_INIT;
    bool good;

    buf_add_str(&pair, value);
    if (str_find_char(value, ':') == SIZE_MAX)
        buf_add_char(&pair, ':');
    base64_encode(&text, buf_str(&pair));
    good = set_authorization(build, "Basic", buf_str(&text));
    memset(pair.ptr, 0, pair.len);
    return good;
}

static bool add_http(struct out_openapi__build *build, struct str scheme, struct str value)
{
    const char *name = str_c(build->turn, scheme);

    if (strcasecmp(name, "basic") == 0)
        return add_basic(build, value);
    return set_authorization(
        build, !scheme.len || strcasecmp(name, "bearer") == 0 ? "Bearer" : name, value);
}

static bool cookie_is_safe(struct str value)
{
    return out_http_value_is_safe(value) && str_find_char(value, ';') == SIZE_MAX;
}

/* A credential stands in place of an argument of its name. */
static void query_drop(struct out_openapi__build *build, struct str start)
{
    struct str rest = str_copy(build->turn, buf_str(&build->query));

    buf_clear(&build->query);
    while (rest.ptr) {
        struct str piece = str_split(&rest, '&');

        if (!piece.len || str_starts(piece, start))
            continue;
        out_openapi__join(&build->query, "&");
        buf_add_str(&build->query, piece);
    }
}

static void add_query_key(struct out_openapi__build *build, struct str name, struct str value)
{
    BUF_CLEANUP struct buf piece = BUF_INIT;

    out_openapi__encode(&piece, name, OUT_OPENAPI__NAME);
    buf_add_char(&piece, '=');
    query_drop(build, buf_str(&piece));
    out_openapi__join(&build->query, "&");
    buf_add_str(&build->query, buf_str(&piece));
    out_openapi__encode(&build->query, value, OUT_OPENAPI__PLAIN);
}

static bool add_key(struct out_openapi__build *build, const struct json_value *scheme,
                    struct str value)
{
    struct str in = json_get_str(scheme, "in");
    struct str name = json_get_str(scheme, "name");

    if (str_is(in, "header"))
        return out_openapi__header_set(build, name, value);
    if (str_is(in, "query")) {
        add_query_key(build, name, value);
        return true;
    }
    if (!out_http_name_is_token(name) || !cookie_is_safe(value))
        return out_openapi__invalid(build, "the credential \"%.*s\" cannot stand in a cookie",
                                    STR_ARG(json_get_str(scheme, "scheme")));
    build->secret_cookies = true;
    out_openapi__join(&build->cookies, "; ");
    buf_add_str(&build->cookies, name);
    buf_add_char(&build->cookies, '=');
    buf_add_str(&build->cookies, value);
    return true;
}

static bool is_bearer(const struct json_value *scheme)
{
    struct str type = json_get_str(scheme, "type");
    struct str http = json_get_str(scheme, "http");

    if (str_is(type, "http"))
        return !http.len || (http.len == 6 && strncasecmp(http.ptr, "bearer", 6) == 0);
    return str_is(type, "oauth2") || str_is(type, "openIdConnect");
}

/* Its own; of schemes that are one token in one header together, that of any of them. */
static struct str value_of(const struct out_openapi__build *build,
                           const struct json_value *alternative, const struct json_value *scheme)
{
    struct str value = credential_find(build, json_get_str(scheme, "scheme"));
    struct json_iter iter = json_iter(alternative);
    const struct json_value *other;

    while (!value.len && is_bearer(scheme) && (other = json_next(&iter)))
        if (is_bearer(other))
            value = credential_find(build, json_get_str(other, "scheme"));
    return value;
}

static bool add_credential(struct out_openapi__build *build, const struct json_value *alternative,
                           const struct json_value *scheme)
{
    struct str type = json_get_str(scheme, "type");
    struct str value = value_of(build, alternative, scheme);

    if (!out_http_value_is_safe(value))
        return out_openapi__invalid(build,
                                    "the credential \"%.*s\" has a line break or another "
                                    "control character",
                                    STR_ARG(json_get_str(scheme, "scheme")));
    if (str_is(type, "apiKey"))
        return add_key(build, scheme, value);
    if (str_is(type, "http"))
        return add_http(build, json_get_str(scheme, "http"), value);
    return set_authorization(build, "Bearer", value);
}

/* --- Which alternative ------------------------------------------------------------------- */

static struct str header_of(const struct json_value *scheme)
{
    if (!str_is(json_get_str(scheme, "type"), "apiKey"))
        return STR("Authorization");
    return str_is(json_get_str(scheme, "in"), "header") ? json_get_str(scheme, "name") : STR_NULL;
}

/* The header that two of its credentials would be, of which a request has one; null: none. */
static struct str clash_of(const struct json_value *alternative)
{
    struct json_iter iter = json_iter(alternative);
    const struct json_value *scheme, *other;

    while ((scheme = json_next(&iter))) {
        struct str header = header_of(scheme);

        for (struct json_iter rest = iter; header.len && (other = json_next(&rest));) {
            struct str name = header_of(other);

            if (is_bearer(scheme) && is_bearer(other))
                continue;
            if (name.len == header.len && strncasecmp(name.ptr, header.ptr, name.len) == 0)
                return header;
        }
    }
    return STR_NULL;
}

static bool is_there(const struct out_openapi__build *build, const struct json_value *alternative)
{
    struct json_iter iter = json_iter(alternative);
    const struct json_value *scheme;

    if (clash_of(alternative).ptr)
        return false;
    while ((scheme = json_next(&iter)))
        if (is_beyond_us(scheme) || !value_of(build, alternative, scheme).len)
            return false;
    return true;
}

static void name_missing(const struct out_openapi__build *build,
                         const struct json_value *alternative, struct buf *text)
{
    struct json_iter iter = json_iter(alternative);
    const struct json_value *scheme;
    struct str clash = clash_of(alternative);
    bool first = true;

    while ((scheme = json_next(&iter))) {
        struct str name = json_get_str(scheme, "scheme");

        if (!clash.ptr && !is_beyond_us(scheme) && value_of(build, alternative, scheme).len)
            continue;
        buf_printf(text, "%s\"%.*s\" (%.*s%s%.*s%s)", first ? "" : " and ", STR_ARG(name),
                   STR_ARG(json_get_str(scheme, "type")),
                   json_get_str(scheme, "http").len ? " " : "",
                   STR_ARG(json_get_str(scheme, "http")),
                   is_beyond_us(scheme) ? ", which Writ cannot give" : "");
        first = false;
    }
    if (clash.ptr)
        buf_printf(text, ", of which a request can carry only one: each is its header %.*s",
                   STR_ARG(clash));
}

/* What a person types, for the first alternative that can be given. */
static bool add_way_out(const struct out_openapi__build *build,
                        const struct json_value *alternative, struct buf *text)
{
    struct str source = build->call->source.len ? build->call->source : STR("NAME");
    struct json_iter iter = json_iter(alternative);
    const struct json_value *scheme;
    bool first = true, bearer = false;

    for (struct json_iter all = iter; (scheme = json_next(&all));)
        if (is_beyond_us(scheme))
            return false;
    if (clash_of(alternative).ptr)
        return false;
    while ((scheme = json_next(&iter))) {
        struct str name = json_get_str(scheme, "scheme");

        if (value_of(build, alternative, scheme).len || (bearer && is_bearer(scheme)))
            continue;
        bearer = bearer || is_bearer(scheme);
        buf_printf(text, "%s`writ sources auth %.*s %.*s`", first ? ": " : " and ", STR_ARG(source),
                   STR_ARG(name));
        first = false;
    }
    return true;
}

static bool auth_required(struct out_openapi__build *build, const struct json_value *security)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_iter iter = json_iter(security);
    const struct json_value *alternative;
    bool first = true;

    buf_add_c(&text, "it needs the credential ");
    while ((alternative = json_next(&iter))) {
        buf_add_c(&text, first ? "" : ", or ");
        name_missing(build, alternative, &text);
        first = false;
    }
    for (iter = json_iter(security); (alternative = json_next(&iter));)
        if (add_way_out(build, alternative, &text))
            break;
    build->answer = OUT_OPENAPI_AUTH_REQUIRED;
    build->text = str_copy(build->turn, buf_str(&text));
    return false;
}

bool out_openapi__security(struct out_openapi__build *build)
{
    const struct json_value *security = json_get(build->call->plan, "security");
    struct json_iter iter = json_iter(security);
    const struct json_value *alternative;
    bool anybody = json_count(security) == 0;

    while ((alternative = json_next(&iter))) {
        struct json_iter schemes = json_iter(alternative);
        const struct json_value *scheme;

        if (!json_count(alternative)) {
            anybody = true;
            continue;
        }
        if (!is_there(build, alternative))
            continue;
        build->secret = true;
        while ((scheme = json_next(&schemes)))
            if (!add_credential(build, alternative, scheme))
                return false;
        build->secret = false;
        return true;
    }
    return anybody || auth_required(build, security);
}
