/*
 * What a person gives a source to be let in: `writ sources auth`.
 *
 *     who asks is a person -> the record has a reference -> the vault has the value, bound to the
 *     source and to where its requests go -> egress opens the source again with it
 *
 * The value is in our memory for this one turn, and in no record, answer or error. What a source
 * was given for one place is not sent with it once its requests go to another.
 */
#include "base/uri.h"
#include "proc/daemon/internal.h"

#define SCHEMES_MAX 32U
/* The header of sources that have no document to name one. */
#define HEADER "Authorization"

static bool has_document(const struct catalog_source *source)
{
    return source->kind == MSG_SOURCE_KIND_OPENAPI;
}

/* --- Which scheme ------------------------------------------------------------------------ */

static struct str names_of(struct daemon *daemon, const struct catalog_scheme *schemes,
                           size_t count)
{
    struct str names = STR("");

    for (size_t i = 0; i < count; i++)
        names = str_printf(daemon->turn, "%.*s%s%.*s", STR_ARG(names), i ? ", " : "",
                           STR_ARG(schemes[i].scheme));
    return names;
}

/* The one that its document names. False: why is in ret_scheme. */
static bool scheme_of_document(struct daemon *daemon, const struct catalog_source *source,
                               struct str asked, struct str *ret_scheme)
{
    struct catalog_scheme schemes[SCHEMES_MAX];
    size_t count = catalog_schemes(source, daemon->turn, schemes, SCHEMES_MAX);

    *ret_scheme = !asked.ptr && count > 0 ? schemes[0].scheme : asked;
    if (!asked.ptr && count == 1)
        return true;
    for (size_t i = 0; asked.ptr && i < count; i++)
        if (str_equal(schemes[i].scheme, asked))
            return true;
    /* One that it has lost meanwhile can still be taken away. */
    if (asked.ptr && catalog_credential_find(source, asked))
        return true;
    if (count == 0)
        *ret_scheme =
            str_printf(daemon->turn, "%.*s asks for no credential", STR_ARG(source->name));
    else
        *ret_scheme = str_printf(daemon->turn,
                                 asked.ptr ? "%.*s has no such scheme; it has: %.*s"
                                           : "say for which scheme of %.*s it is: %.*s",
                                 STR_ARG(source->name), STR_ARG(names_of(daemon, schemes, count)));
    return false;
}

static bool scheme_of(struct daemon *daemon, const struct catalog_source *source, struct str asked,
                      struct str *ret_scheme)
{
    if (source->kind == MSG_SOURCE_KIND_MCP_STDIO) {
        *ret_scheme = STR("a command is given its secrets in its environment: remove the source, "
                          "and add it again with --secret-env");
        return false;
    }
    if (has_document(source) && source->version == 0) {
        *ret_scheme = STR("its document has not been read; see `writ sources show`");
        return false;
    }
    if (has_document(source))
        return scheme_of_document(daemon, source, asked, ret_scheme);
    *ret_scheme = asked.ptr ? asked : STR(HEADER);
    if (api_header_is_fit(*ret_scheme, STR("x")))
        return true;
    *ret_scheme = STR("for this source it is the name of a header");
    return false;
}

static const char *const kinds[] = { "Bearer ", "Basic ", "Token ", "Digest ", "ApiKey " };

/* A token alone is a bearer's; whoever types the kind before it means that. */
static bool wants_bearer(const struct catalog_source *source, struct str scheme, struct str value)
{
    if (has_document(source) || scheme.len != strlen(HEADER) ||
        strncasecmp(scheme.ptr, HEADER, scheme.len) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        if (value.len > strlen(kinds[i]) && strncasecmp(value.ptr, kinds[i], strlen(kinds[i])) == 0)
            return false;
    return true;
}

/* --- The vault --------------------------------------------------------------------------- */

static void seal(struct daemon *daemon, const struct msg_vault_seal *what)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;

    msg_vault_seal_encode(what, &payload);
    daemon__send(&daemon->vault, MSG_VAULT_SEAL, 0, buf_str(&payload));
    explicit_bzero(payload.ptr, payload.len);
}

static bool is_used(const struct catalog_source *source, struct str reference, struct str bound)
{
    for (size_t i = 0; i < source->credentials_count; i++)
        if (str_find(source->credentials[i].value, reference) != SIZE_MAX &&
            str_equal(source->credentials[i].bound, bound))
            return true;
    return false;
}

/* What was there before is forgotten, if nothing else of its source is the same. */
static void drop(struct daemon *daemon, const struct catalog_source *source, struct str value,
                 struct str bound)
{
    struct secret_span span;
    size_t at = 0;

    while (bound.len && secret_reference_next(value, &at, &span)) {
        BUF_CLEANUP struct buf payload = BUF_INIT;
        const struct msg_vault_drop one = { .reference =
                                                str_slice(value, span.from + 2, span.to - 2),
                                            .bound = bound,
                                            .source = source->source };

        if (is_used(source, one.reference, bound))
            continue;
        msg_vault_drop_encode(&one, &payload);
        daemon__send(&daemon->vault, MSG_VAULT_DROP, 0, buf_str(&payload));
    }
}

void daemon__given_forget(struct daemon *daemon, uint64_t source)
{
    const struct msg_vault_drop all = { .source = source };
    BUF_CLEANUP struct buf payload = BUF_INIT;

    msg_vault_drop_encode(&all, &payload);
    daemon__send(&daemon->vault, MSG_VAULT_DROP, 0, buf_str(&payload));
}

/* --- Giving ------------------------------------------------------------------------------ */

static void give(struct daemon *daemon, struct daemon_request *request,
                 const struct catalog_source *source, const struct api_source_auth *auth,
                 struct event_source_credential *credential)
{
    struct command command = { .type = COMMAND_SOURCE_CREDENTIAL, .token = request->number };
    const struct catalog_credential *before = catalog_credential_find(source, credential->scheme);
    struct str was = before ? str_copy(daemon->turn, before->value) : STR_NULL;
    struct str was_bound = before ? str_copy(daemon->turn, before->bound) : STR_NULL;
    struct msg_vault_seal kept = { .value = auth->value,
                                   .bound = credential->bound,
                                   .source = source->source };
    char reference[SECRET_REFERENCE_LEN];

    if (auth->value.ptr) {
        secret_reference(daemon->door.key, auth->value, reference);
        kept.reference = str_of(reference, SECRET_REFERENCE_LEN);
        credential->value =
            str_printf(daemon->turn, "%s{{%.*s}}",
                       wants_bearer(source, credential->scheme, auth->value) ? "Bearer " : "",
                       (int)SECRET_REFERENCE_LEN, reference);
    }
    command.as.source_credential = *credential;
    daemon__step(daemon, &command);
    before = catalog_credential_find(source, credential->scheme);
    if (before ? !str_equal(before->value, credential->value) : auth->value.ptr != NULL)
        return; /* Whoever asked was no person. */
    if (auth->value.ptr)
        seal(daemon, &kept);
    drop(daemon, source, was, was_bound);
}

void daemon__api_auth(struct daemon *daemon, struct daemon_request *request,
                      const struct api_source_auth *auth)
{
    const struct catalog_source *source = daemon__api_source_named(daemon, request, auth->name);
    struct event_source_credential credential = { .who = request->who };

    if (!source)
        return;
    if (!scheme_of(daemon, source, auth->scheme, &credential.scheme)) {
        daemon__api_fail_code(daemon, request, "invalid", credential.scheme);
        return;
    }
    credential.source = source->source;
    credential.bound = uri_origin(daemon->turn, daemon__source_url(daemon, source));
    if (auth->value.ptr && !credential.bound.ptr) {
        daemon__api_fail_code(
            daemon, request, "invalid",
            STR("where its requests go is not known; add it again with --base-url"));
        return;
    }
    if (!auth->value.ptr && !catalog_credential_find(source, credential.scheme)) {
        daemon__api_fail_code(
            daemon, request, "invalid",
            str_printf(daemon->turn, "it was given nothing for %.*s", STR_ARG(credential.scheme)));
        return;
    }
    request->source = source->source;
    /* A session says by itself whether it is let in now. */
    request->wait = auth->value.ptr && !has_document(source) &&
                    source->kind != MSG_SOURCE_KIND_GRAPHQL &&
                    (source->state == MSG_SOURCE_STATE_AUTH_REQUIRED ||
                     source->state == MSG_SOURCE_STATE_ERROR);
    request->until_ms = daemon->now_ms + 30000;
    give(daemon, request, source, auth, &credential);
}

/* --- With the source ---------------------------------------------------------------------- */

/* A secret is one for good: its record has a reference, and its child the value. */
static struct str variable_keep(struct daemon *daemon, struct str variable, bool asked)
{
    struct str value = variable;
    struct str name = str_split(&value, '=');
    struct str reference;

    if (!asked && !secret_variable_is(name, value))
        return variable;
    reference = daemon__door_give(daemon, value);
    return str_printf(daemon->turn, "%.*s=%.*s", STR_ARG(name), STR_ARG(reference));
}

struct str *daemon__given_variables(struct daemon *daemon, const struct api_source_add *add,
                                    size_t *ret_count)
{
    struct str *kept =
        ARENA_ARRAY(daemon->turn, struct str, add->env.count + add->secret_env.count + 1);
    size_t count = 0;

    for (size_t i = 0; i < add->env.count; i++)
        kept[count++] = variable_keep(daemon, add->env.at[i], false);
    for (size_t i = 0; i < add->secret_env.count; i++)
        kept[count++] = variable_keep(daemon, add->secret_env.at[i], true);
    *ret_count = count;
    return kept;
}

/* --- Using ------------------------------------------------------------------------------- */

void daemon__given_open(struct daemon *daemon, const struct catalog_source *source,
                        struct msg_source_open *open)
{
    struct str origin = uri_origin(daemon->turn, open->url);

    open->headers = ARENA_ARRAY(daemon->turn, struct msg_given, source->credentials_count + 1);
    for (size_t i = 0; i < source->credentials_count; i++) {
        const struct catalog_credential *one = &source->credentials[i];
        struct msg_given *given = &open->headers[open->headers_count];

        if (one->bound.ptr && !str_equal(one->bound, origin))
            continue;
        /* A scheme of its document is no header: getting the document is another matter. */
        if (one->bound.ptr && has_document(source) && open->kind != source->kind)
            continue;
        *given = (struct msg_given){ one->scheme, one->value, one->bound };
        daemon__vault_grants(
            daemon, one->value,
            &(struct msg_vault_grant){ .source = source->source, .bound = one->bound });
        open->headers_count++;
    }
    open->allow = ARENA_ARRAY(daemon->turn, struct str, source->allow_count + 1);
    for (size_t i = 0; i < source->allow_count; i++)
        open->allow[open->allow_count++] = source->allow[i];
}

void daemon__given_use(struct daemon *daemon, uint64_t handle)
{
    const struct catalog_source *source = catalog_source_find(core_catalog(daemon->core), handle);
    struct daemon_source *held = daemon__source_find(daemon, handle);
    bool lazy = source && (has_document(source) || source->kind == MSG_SOURCE_KIND_GRAPHQL);

    if (!source || (lazy && !held->open))
        return;
    held->open = false;
    daemon__source_start(daemon, handle);
}

/* --- Showing ----------------------------------------------------------------------------- */

static struct str meaning(struct daemon *daemon, const struct catalog_scheme *scheme)
{
    if (scheme->http.len)
        return str_printf(daemon->turn, "http %.*s", STR_ARG(scheme->http));
    if (scheme->in.len)
        return str_printf(daemon->turn, "%.*s in %.*s %.*s", STR_ARG(scheme->type),
                          STR_ARG(scheme->in), STR_ARG(scheme->name));
    return scheme->type;
}

static struct api_scheme scheme_show(struct daemon *daemon, const struct catalog_source *source,
                                     const struct catalog_scheme *scheme)
{
    const struct catalog_credential *given = catalog_credential_find(source, scheme->scheme);

    return (struct api_scheme){ .scheme = scheme->scheme,
                                .means = meaning(daemon, scheme),
                                .bound = given ? given->bound : STR_NULL,
                                .given = given };
}

static bool is_among(const struct api_scheme *shown, size_t count, struct str scheme)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(shown[i].scheme, scheme))
            return true;
    return false;
}

void daemon__view_schemes(struct daemon *daemon, const struct catalog_source *source,
                          struct api_source *view)
{
    const char *other = has_document(source) ? "not asked for any more" : "header";
    struct catalog_scheme schemes[SCHEMES_MAX];
    size_t count = catalog_schemes(source, daemon->turn, schemes, SCHEMES_MAX);
    struct api_scheme *shown =
        ARENA_ARRAY(daemon->turn, struct api_scheme, count + source->credentials_count + 1);
    size_t used = 0;

    if (source->kind == MSG_SOURCE_KIND_MCP_STDIO)
        return;
    for (size_t i = 0; i < count; i++)
        shown[used++] = scheme_show(daemon, source, &schemes[i]);
    for (size_t i = 0; i < source->credentials_count; i++) {
        const struct catalog_scheme one = { .scheme = source->credentials[i].scheme,
                                            .type = str_from(other) };

        if (!is_among(shown, used, one.scheme))
            shown[used++] = scheme_show(daemon, source, &one);
    }
    if (!has_document(source) && !catalog_credential_find(source, STR(HEADER)))
        shown[used++] =
            scheme_show(daemon, source,
                        &(struct catalog_scheme){ .scheme = STR(HEADER), .type = STR("header") });
    view->schemes = shown;
    view->schemes_count = used;
}
