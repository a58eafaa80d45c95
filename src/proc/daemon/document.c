/*
 * Requests about sources that are documents: to read one again, to give what it refers to, and
 * to add a source where no person asks.
 */
#include "format/json/out.h"
#include "proc/daemon/internal.h"
#include "proc/daemon/own.h"

/* As long as what is read, and what it refers to, may take. */
#define DOCUMENT_WAIT_MS 90000

static bool is_person(const struct daemon_request *request)
{
    return str_starts(request->who.actor, STR("person:")) && request->who.verified;
}

/* Why this document is not taken for the source; null: it is. */
static struct str not_taken(struct daemon *daemon, const struct daemon_request *request,
                            const struct catalog_source *source)
{
    if (!is_person(request))
        return STR("only a person gives a document; do it in a terminal of your own");
    if (daemon->given_fd < 0)
        return STR("a document comes as a descriptor over the local socket");
    if (!daemon__is_document(source) || str_starts(source->url, STR("http")))
        return STR("its tools come from no file: without one it is asked, or fetched, again");
    if (daemon__compile_has(daemon, source->source))
        return STR("its document is being read; try again when that has ended");
    return STR_NULL;
}

static void read_again(struct daemon *daemon, struct daemon_request *request,
                       const struct catalog_source *source, struct str uri)
{
    struct str why = not_taken(daemon, request, source);
    const struct daemon_given given = { .fd = daemon->given_fd, .uri = uri, .kind = source->kind };

    if (why.ptr) {
        daemon__api_fail_code(daemon, request, is_person(request) ? "invalid" : "refused", why);
        return;
    }
    daemon->given_fd = -1;
    daemon__source_find(daemon, source->source)->unread = false;
    daemon__compile_give(daemon, source, &given);
    daemon__compile_source(daemon, source->source);
}

void daemon__api_source_refresh(struct daemon *daemon, struct daemon_request *request,
                                const struct api_source_refresh *refresh)
{
    const struct catalog_source *source =
        daemon__source_read(daemon, daemon__api_source_named(daemon, request, refresh->name));

    if (!source)
        return;
    request->source = source->source;
    request->wait = true;
    request->further = refresh->further;
    request->until_ms = daemon->now_ms + DOCUMENT_WAIT_MS;
    if (refresh->document.ptr)
        read_again(daemon, request, source, refresh->document);
    else if (daemon__is_document(source) && !str_starts(source->url, STR("http")))
        daemon__api_fail_code(daemon, request, "invalid",
                              STR("its document is a file: `writ sources refresh NAME [FILE]`, in "
                                  "a terminal of your own, reads it again"));
    else
        daemon__source_refresh(daemon, source->source);
}

void daemon__api_source_document(struct daemon *daemon, struct daemon_request *request,
                                 const struct api_source_document *given)
{
    const struct catalog_source *source =
        daemon__source_read(daemon, daemon__api_source_named(daemon, request, given->name));

    if (!source)
        return;
    if (!is_person(request)) {
        daemon__api_fail_code(daemon, request, "refused",
                              STR("only a person gives a document; do it in a terminal of your "
                                  "own"));
        return;
    }
    if (!daemon__compile_document(daemon, source->source, given->uri, daemon->given_fd)) {
        daemon__api_fail_code(daemon, request, "conflict",
                              STR("this document is not waited for (any more)"));
        return;
    }
    daemon__api_respond(daemon, request, 200, STR("{}"), false);
}

/* A further connection has the plans of the first; where its requests go may be its own. */
struct str daemon__plan(struct daemon *daemon, const struct catalog_source *source, struct str plan)
{
    const char *place = source->kind == MSG_SOURCE_KIND_GRAPHQL ? "url" : "server";
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct json_out out = json_out(&text);
    const struct json_value *value;
    struct json_error error;
    struct json_iter iter;
    struct json_doc doc;

    if (!plan.ptr || !source->base_url.len ||
        !catalog_first_of(core_catalog(daemon->core), source->name) ||
        json_parse(daemon->turn, plan, NULL, &error, &doc) != JSON_PARSED)
        return plan;
    iter = json_iter(doc.root);
    json_out_object(&out);
    while ((value = json_next(&iter))) {
        json_out_key_str(&out, iter.key);
        if (str_is(iter.key, place))
            json_out_str(&out, source->base_url);
        else
            json_out_value(&out, value);
    }
    json_out_end(&out);
    return str_copy(daemon->turn, buf_str(&text));
}

bool daemon__api_wants(struct daemon *daemon, uint64_t source, struct str uri)
{
    struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&daemon->requests, &at));) {
        struct daemon_request *request = entry->value;
        struct buf text BUF_CLEANUP = BUF_INIT;

        if (!request->further || request->source != source || !is_person(request))
            continue;
        buf_add_c(&text, "{\"wants\":");
        buf_add_json(&text, uri);
        buf_add_char(&text, '}');
        daemon__api_respond(daemon, request, 200, buf_str(&text), true);
        return true;
    }
    return false;
}

/* ---- for whoever is no person ---- */

static void put_words(struct json_out *out, const char *name, const struct api_words *words)
{
    if (words->count == 0)
        return;
    json_out_key(out, name);
    json_out_array(out);
    for (size_t i = 0; i < words->count; i++)
        json_out_str(out, words->at[i]);
    json_out_end(out);
}

static void put_env(struct json_out *out, const struct api_words *env)
{
    if (env->count == 0)
        return;
    json_out_key(out, "env");
    json_out_object(out);
    for (size_t i = 0; i < env->count; i++) {
        struct str value = env->at[i];
        struct str name = str_split(&value, '=');

        json_out_key_str(out, name);
        json_out_str(out, value);
    }
    json_out_end(out);
}

void daemon__api_source_ask(struct daemon *daemon, struct daemon_request *request,
                            const struct api_source_add *add)
{
    struct api_execution_start start = { .code = STR("return await tools.writ.sources.add(input)"),
                                         .wait = add->wait };
    struct buf input BUF_CLEANUP = BUF_INIT;
    struct json_out out = json_out(&input);

    if (add->folder.ptr) {
        daemon__api_fail_code(daemon, request, "refused",
                              STR("only a person says in which folder a command runs; add it in a "
                                  "terminal of your own"));
        return;
    }
    if (add->headers.count + add->secret_env.count > 0) {
        daemon__api_fail_code(daemon, request, "refused",
                              STR("only a person gives a source what it is to be sent as a "
                                  "secret; add it in a terminal of your own"));
        return;
    }
    json_out_object(&out);
    json_out_member_str(&out, "name", add->name);
    json_out_member_str(&out, "url", add->url);
    json_out_member_str(&out, "document", add->document);
    put_words(&out, "command", &add->command);
    put_env(&out, &add->env);
    json_out_member_str(&out, "kind", add->kind);
    json_out_member_str(&out, "baseUrl", add->base_url);
    if (add->partial) {
        json_out_key(&out, "partial");
        json_out_bool(&out, true);
    }
    put_words(&out, "allowHost", &add->allow);
    json_out_end(&out);
    start.input = buf_str(&input);
    request->kind = API_EXECUTION_START;
    daemon__api_execute(daemon, request, &start);
}
