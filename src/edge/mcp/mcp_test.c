/*
 * Conversations, told in conversations.cases: what a client and the daemon do, and every action
 * that follows, in order. `*` in an expectation stands for anything.
 *
 *     == title            a new machine; keys, connections and exchanges start at 1
 *     open C, line C TEXT, close C, long C
 *     http X METHOD name=value ... | BODY
 *     post X TEXT         POST with the session id that was last given out, if any
 *     modern X METHOD NAME TEXT   a request of 2026-07-28: TEXT are its params without _meta
 *     gone X, gone-all
 *     ended K done JSON | ended K failed CODE MESSAGE
 *     said KEY N LEVEL TEXT  a console line while it runs, and how many came before it
 *     console LEVEL TEXT  a console line of the next `ended`
 *     opened K INPUT KIND EXECUTION TITLE (KIND destructive: an approval to be given elsewhere),
 *     closed K INPUT, progress K TEXT, emitted K JSON
 *     tick MS             time passes
 *     <- ACTION           expected
 *
 * $SESSION and $STATE are the session id and requestState that were last given out; $META and
 * $FORMS the per-request fields of 2026-07-28, the second of a client that shows forms, and $MODEL
 * of one that has a model.
 */
#include "edge/mcp/admit.h"
#include "edge/mcp/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define META_HEAD "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
#define META_CAPS "\"io.modelcontextprotocol/clientCapabilities\":"

static const char meta_plain[] = META_HEAD META_CAPS "{}}";
static const char meta_forms[] = META_HEAD META_CAPS "{\"elicitation\":{}}}";
static const char meta_model[] = META_HEAD META_CAPS "{\"sampling\":{}}}";

struct story {
    struct mcp *mcp;
    struct arena *arena;
    struct mcp_actions actions;
    size_t matched; /* actions that were expected */
    int64_t now_ms;
    struct str session;
    struct str state;
    struct arena *kept;
    struct mcp_console console[4];
    size_t console_count;
    size_t line;
    struct str title;
};

/* ---- actions as text ---- */

static void print_client(struct buf *out, const struct mcp_client *client)
{
    buf_printf(out, " for %.*s %.*s%s", STR_ARG(client->principal), STR_ARG(client->protocol),
               client->elicits ? " forms" : "");
    if (client->samples)
        buf_printf(out, " model %u", client->samples);
}

static void print_respond(struct buf *out, const struct mcp_respond *respond)
{
    buf_printf(out, " %u", respond->status);
    for (size_t i = 0; i < respond->headers_count; i++)
        buf_printf(out, " %.*s=%.*s", STR_ARG(respond->headers[i].name),
                   STR_ARG(respond->headers[i].value));
    buf_printf(out, "%s | %.*s", respond->more ? " more" : "", STR_ARG(respond->body));
}

static void print_action(struct buf *out, const struct mcp_action *action)
{
    static const char *const names[] = { "write", "respond", "chunk",  "execute", "attach",
                                         "fetch", "answer",  "cancel", "detach",  "close" };
    bool keyed = action->kind >= MCP_EXECUTE && action->kind != MCP_CLOSE;

    buf_printf(out, "%s %llu", names[action->kind],
               (unsigned long long)(keyed ? action->key : action->to));
    switch (action->kind) {
    case MCP_WRITE:
        buf_printf(out, " %.*s", STR_ARG(str_trim(action->write.text)));
        break;
    case MCP_RESPOND:
        print_respond(out, &action->respond);
        break;
    case MCP_CHUNK:
        buf_printf(out, "%s | %.*s", action->chunk.last ? " last" : "",
                   STR_ARG(action->chunk.body));
        break;
    case MCP_EXECUTE:
        print_client(out, &action->execute.client);
        buf_printf(out, " code=%.*s input=%.*s key=%.*s", STR_ARG(action->execute.code),
                   STR_ARG(action->execute.input), STR_ARG(action->execute.idempotency_key));
        break;
    case MCP_ATTACH:
        print_client(out, &action->attach.client);
        buf_printf(out, " %.*s", STR_ARG(action->attach.execution));
        break;
    case MCP_FETCH:
        print_client(out, &action->fetch.client);
        break;
    case MCP_ANSWER:
        buf_printf(out, " %.*s %.*s %.*s %.*s", STR_ARG(action->answer.execution),
                   STR_ARG(action->answer.input), STR_ARG(action->answer.answer),
                   STR_ARG(action->answer.content));
        break;
    case MCP_CANCEL:
    case MCP_DETACH:
    case MCP_CLOSE:
        break;
    }
}

/* Line breaks of events are shown as \n. */
static struct str action_text(struct story *story, const struct mcp_action *action)
{
    struct buf raw BUF_CLEANUP = BUF_INIT;
    struct buf out BUF_CLEANUP = BUF_INIT;

    print_action(&raw, action);
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.ptr[i] == '\n')
            buf_add_c(&out, "\\n");
        else
            buf_add_char(&out, raw.ptr[i]);
    }
    return str_copy(story->kept, buf_str(&out));
}

/* '*' matches anything. */
static bool glob(struct str pattern, struct str text)
{
    size_t star = SIZE_MAX;
    size_t from = 0;
    size_t p = 0;
    size_t t = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* ---- the machine of a story ---- */

static void story_close(struct story *story)
{
    if (!story->mcp)
        return;
    story->mcp = mcp_free(story->mcp);
    mcp_actions_fini(&story->actions);
    story->arena = arena_free(story->arena);
    story->kept = arena_free(story->kept);
}

static void story_open(struct story *story, struct str title)
{
    struct mcp_config config = mcp_config_default();

    story_close(story);
    *story = (struct story){ .line = story->line, .title = title, .now_ms = 1000000 };
    memset(config.seal_key, 7, sizeof(config.seal_key));
    config.version = STR("1.2.3");
    config.code_bytes_max = 1000;
    story->mcp = mcp_new(&config);
    story->arena = arena_new(0);
    story->kept = arena_new(0);
    mcp_actions_init(&story->actions, story->arena);
}

static void remember(struct story *story, struct str text, const char *before, struct str *ret_kept)
{
    size_t at = str_find(text, str_from(before));
    size_t end;

    if (at == SIZE_MAX)
        return;
    at += strlen(before);
    for (end = at; end < text.len && !strchr("\" |", text.ptr[end]); end++)
        continue;
    *ret_kept = str_copy(story->kept, str_slice(text, at, end));
}

/* Every action must have been expected before something new happens. */
static void story_settle(struct story *story)
{
    if (story->matched < story->actions.list.count) {
        struct str text = action_text(story, &story->actions.list.at[story->matched]);

        fail_msg("line %zu: \"%.*s\": not expected: %.*s", story->line, STR_ARG(story->title),
                 STR_ARG(text));
    }
    VEC_CLEAR(&story->actions.list);
    arena_reset(story->arena);
    story->matched = 0;
}

static void story_expect(struct story *story, struct str pattern)
{
    struct str text;

    if (story->matched >= story->actions.list.count)
        fail_msg("line %zu: \"%.*s\": nothing more came; wanted: %.*s", story->line,
                 STR_ARG(story->title), STR_ARG(pattern));
    text = action_text(story, &story->actions.list.at[story->matched++]);
    if (!glob(pattern, text))
        fail_msg("line %zu: \"%.*s\":\n  wanted %.*s\n  got    %.*s", story->line,
                 STR_ARG(story->title), STR_ARG(pattern), STR_ARG(text));
    remember(story, text, "mcp-session-id=", &story->session);
    remember(story, text, "\"requestState\":\"", &story->state);
}

static struct str expand(struct story *story, struct str text)
{
    struct {
        struct str name;
        struct str value;
    } words[] = { { STR("$SESSION"), story->session },
                  { STR("$STATE"), story->state },
                  { STR("$META"), STR(meta_plain) },
                  { STR("$FORMS"), STR(meta_forms) },
                  { STR("$MODEL"), STR(meta_model) } };
    struct buf out BUF_CLEANUP = BUF_INIT;

    for (size_t i = 0; i < text.len;) {
        size_t w;

        for (w = 0; w < ARRAY_COUNT(words); w++) {
            if (str_starts(str_slice(text, i, text.len), words[w].name))
                break;
        }
        if (w == ARRAY_COUNT(words)) {
            buf_add_char(&out, text.ptr[i++]);
            continue;
        }
        buf_add_str(&out, words[w].value);
        i += words[w].name.len;
    }
    return str_copy(story->kept, buf_str(&out));
}

/* ---- the verbs ---- */

static uint64_t number(struct str *rest)
{
    uint64_t value = 0;

    assert_true(str_to_u64(str_split(rest, ' '), &value));
    return value;
}

struct headers {
    struct msg_header at[16];
    size_t count;
};

static void header_add(struct headers *headers, struct str name, struct str value)
{
    assert_true(headers->count < ARRAY_COUNT(headers->at));
    headers->at[headers->count++] = (struct msg_header){ name, value };
}

static void send_http(struct story *story, uint64_t exchange, struct msg_http_request *request)
{
    struct mcp_exchange sent = {
        .id = exchange, .request = request, .principal = STR("ann"), .now_ms = story->now_ms
    };

    request->path = STR("/mcp");
    mcp_http(story->mcp, &sent, &story->actions);
}

static void do_http(struct story *story, struct str rest)
{
    uint64_t exchange = number(&rest);
    struct msg_http_request request = { .method = str_split(&rest, ' ') };
    struct headers headers = { .count = 0 };
    struct str part;

    while (rest.ptr && !str_is(part = str_split(&rest, ' '), "|")) {
        struct str name = str_split(&part, '=');

        header_add(&headers, name, part);
    }
    request.headers = headers.at;
    request.headers_count = headers.count;
    request.body = rest;
    send_http(story, exchange, &request);
}

static void do_post(struct story *story, struct str rest)
{
    uint64_t exchange = number(&rest);
    struct headers headers = { .count = 0 };
    struct msg_http_request request = { .method = STR("POST"), .body = rest };

    header_add(&headers, STR("content-type"), STR("application/json; charset=utf-8"));
    header_add(&headers, STR("accept"), STR("application/json, text/event-stream"));
    if (story->session.ptr)
        header_add(&headers, STR("mcp-session-id"), story->session);
    request.headers = headers.at;
    request.headers_count = headers.count;
    send_http(story, exchange, &request);
}

static void do_modern(struct story *story, struct str rest)
{
    uint64_t exchange = number(&rest);
    struct str method = str_split(&rest, ' ');
    struct str name = str_split(&rest, ' ');
    struct headers headers = { .count = 0 };
    struct msg_http_request request = { .method = STR("POST") };

    header_add(&headers, STR("content-type"), STR("application/json"));
    header_add(&headers, STR("accept"), STR("application/json, text/event-stream"));
    header_add(&headers, STR("mcp-protocol-version"), STR("2026-07-28"));
    header_add(&headers, STR("mcp-method"), method);
    if (!str_is(name, "-"))
        header_add(&headers, STR("mcp-name"), name);
    request.headers = headers.at;
    request.headers_count = headers.count;
    request.body = str_printf(
        story->kept, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%.*s\",\"params\":{%.*s}}",
        (unsigned long long)exchange, STR_ARG(method), STR_ARG(rest));
    send_http(story, exchange, &request);
}

static void do_ended(struct story *story, struct str rest)
{
    uint64_t key = number(&rest);
    struct mcp_outcome outcome = { .execution = STR("exe_1"),
                                   .console = story->console,
                                   .console_count = story->console_count };

    if (str_is(str_split(&rest, ' '), "done")) {
        outcome.state = MCP_DONE;
        outcome.result = rest;
    } else {
        outcome.state = MCP_FAILED;
        outcome.error.code = str_split(&rest, ' ');
        outcome.error.message = rest;
        outcome.error.line = 3;
        outcome.error.column = 9;
    }
    (void)mcp_ended(story->mcp, key, &outcome, &story->actions);
    story->console_count = 0;
}

static void do_opened(struct story *story, struct str rest)
{
    uint64_t key = number(&rest);
    struct mcp_input input = { .id = str_split(&rest, ' '), .kind = str_split(&rest, ' ') };

    input.execution = str_split(&rest, ' ');
    if (str_is(input.kind, "destructive")) {
        input.kind = STR("approval");
        input.elsewhere = true;
    }
    input.title = rest;
    input.detail = STR("{\"id\":7}");
    if (str_is(input.kind, "form"))
        input.schema = STR("{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"number\"}}}");
    if (str_is(input.kind, "model"))
        input.schema = STR("{\"messages\":[],\"maxTokens\":9}");
    input.expires_ms = story->now_ms + 3600000;
    mcp_input_opened(story->mcp, key, &input, story->now_ms, &story->actions);
}

static void do_console(struct story *story, struct str rest)
{
    struct mcp_console *line = &story->console[story->console_count++];

    assert_true(story->console_count <= ARRAY_COUNT(story->console));
    line->level = str_split(&rest, ' ');
    line->text = rest;
}

static void do_said(struct story *story, uint64_t key, struct str rest)
{
    size_t before = (size_t)number(&rest);
    struct mcp_console line = { .level = str_split(&rest, ' ') };

    line.text = rest;
    mcp_console_line(story->mcp, key, before, &line, &story->actions);
}

static void do_other(struct story *story, struct str verb, struct str rest)
{
    uint64_t at;

    if (str_is(verb, "console")) {
        do_console(story, rest);
        return;
    }
    if (str_is(verb, "gone-all")) {
        mcp_gone_all(story->mcp, &story->actions);
        return;
    }
    at = number(&rest);
    if (str_is(verb, "open"))
        mcp_open(story->mcp, at, STR("ann"));
    else if (str_is(verb, "line"))
        mcp_line(story->mcp, at, rest, story->now_ms, &story->actions);
    else if (str_is(verb, "long"))
        mcp_line_too_long(story->mcp, at, &story->actions);
    else if (str_is(verb, "close"))
        mcp_close(story->mcp, at, &story->actions);
    else if (str_is(verb, "gone"))
        mcp_gone(story->mcp, at, &story->actions);
    else if (str_is(verb, "closed"))
        mcp_input_closed(story->mcp, at, rest, &story->actions);
    else if (str_is(verb, "progress"))
        mcp_progress(story->mcp, at, rest, &story->actions);
    else if (str_is(verb, "said"))
        do_said(story, at, rest);
    else if (str_is(verb, "emitted"))
        mcp_emitted(story->mcp, at, rest, &story->actions);
    else if (str_is(verb, "tick"))
        mcp_tick(story->mcp, story->now_ms += (int64_t)at, &story->actions);
    else
        fail_msg("line %zu: no verb %.*s", story->line, STR_ARG(verb));
}

static void story_do(struct story *story, struct str text)
{
    struct str rest = expand(story, text);
    struct str verb = str_split(&rest, ' ');

    story_settle(story);
    if (str_is(verb, "http"))
        do_http(story, rest);
    else if (str_is(verb, "post"))
        do_post(story, rest);
    else if (str_is(verb, "modern"))
        do_modern(story, rest);
    else if (str_is(verb, "ended"))
        do_ended(story, rest);
    else if (str_is(verb, "opened"))
        do_opened(story, rest);
    else
        do_other(story, verb, rest);
}

static void story_line(struct story *story, struct str line)
{
    story->line++;
    if (line.len == 0 || line.ptr[0] == '#')
        return;
    if (str_starts(line, STR("== "))) {
        if (story->mcp)
            story_settle(story);
        story_open(story, str_slice(line, 3, line.len));
    } else if (str_starts(line, STR("<- "))) {
        story_expect(story, expand(story, str_slice(line, 3, line.len)));
    } else {
        story_do(story, line);
    }
}

static struct buf cases_read(void)
{
    struct buf text = BUF_INIT;
    const char *path = getenv("MCP_CASES");
    FILE *file;
    size_t got;

    assert_non_null(path);
    file = fopen(path, "r");
    assert_non_null(file);
    while ((got = fread(buf_reserve(&text, 65536), 1, 65536, file)) > 0)
        buf_commit(&text, got);
    (void)fclose(file);
    return text;
}

static void test_conversations(void **state)
{
    struct story story = { 0 };
    struct buf text = cases_read();
    struct str rest = buf_str(&text);

    (void)state;
    while (rest.ptr)
        story_line(&story, str_split(&rest, '\n'));
    story_settle(&story);
    story_close(&story);
    buf_fini(&text);
}

/* ---- what the cases cannot say ---- */

static void test_description_is_small(void **state)
{
    struct story story = { 0 };
    struct str text;

    (void)state;
    story_open(&story, STR("size"));
    mcp_open(story.mcp, 1, STR("ann"));
    mcp_line(story.mcp, 1,
             STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                 "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"elicitation\":{}}}}"),
             0, &story.actions);
    mcp_line(story.mcp, 1, STR("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}"), 0,
             &story.actions);
    text = story.actions.list.at[1].write.text;
    assert_true(text.len < 3600); /* schema and all */
    story_close(&story);
}

static void test_sealed_state(void **state)
{
    struct story story = { 0 };
    struct mcp__state sealed = { .expires_ms = 5000, .execution = STR("exe_1") };
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct mcp__state opened;

    (void)state;
    story_open(&story, STR("seal"));
    struct mcp__turn turn = { .mcp = story.mcp, .now_ms = 4999, .actions = &story.actions };

    mcp__seal(&text, &story.mcp->config, STR("ann"), &sealed);
    assert_int_equal(mcp__unseal(&turn, buf_str(&text), STR("ann"), &opened), MCP__SEAL_GOOD);
    assert_true(str_is(opened.execution, "exe_1"));
    assert_int_equal(opened.expires_ms, 5000);
    assert_int_equal(mcp__unseal(&turn, buf_str(&text), STR("bob"), &opened), MCP__SEAL_BROKEN);
    assert_int_equal(mcp__unseal(&turn, STR(""), STR("ann"), &opened), MCP__SEAL_BROKEN);
    for (size_t i = 0; i < text.len; i++) { /* any character changed, or cut there */
        char was = text.ptr[i];

        text.ptr[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(mcp__unseal(&turn, buf_str(&text), STR("ann"), &opened), MCP__SEAL_BROKEN);
        text.ptr[i] = was;
        assert_int_equal(mcp__unseal(&turn, str_of(text.ptr, i), STR("ann"), &opened),
                         MCP__SEAL_BROKEN);
    }
    turn.now_ms = 5000;
    assert_int_equal(mcp__unseal(&turn, buf_str(&text), STR("ann"), &opened), MCP__SEAL_EXPIRED);
    story_close(&story);
}

/* RFC 4231, test cases 2 and 6. */
static void test_hmac(void **state)
{
    static const char two[] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    static const char six[] = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    struct str parts[2] = { STR("what do ya want "), STR("for nothing?") };
    struct str long_text = STR("Test Using Larger Than Block-Size Key - Hash Key First");
    struct digest digest = digest_hmac(STR("Jefe"), parts, 2);
    char key[131];
    char hex[DIGEST_HEX_LEN];

    (void)state;
    digest_hex(&digest, hex);
    assert_memory_equal(hex, two, DIGEST_HEX_LEN);
    memset(key, 0xaa, sizeof(key));
    digest = digest_hmac(str_of(key, sizeof(key)), &long_text, 1);
    digest_hex(&digest, hex);
    assert_memory_equal(hex, six, DIGEST_HEX_LEN);
}

static const struct {
    const char *host;
    const char *origin; /* NULL: none */
    const char *authorization;
    int answer;
} admissions[] = {
    { "127.0.0.1:4321", NULL, "Bearer secret", MCP_ADMIT },
    { "localhost:4321", NULL, "bearer  secret ", MCP_ADMIT },
    { "LocalHost:4321", "http://localhost:4321", "BEARER secret", MCP_ADMIT },
    { "[::1]:4321", "http://127.0.0.1:4321", "Bearer secret", MCP_ADMIT },
    { "localhost", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "localhost:80", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "localhost:4321x", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "localhost.evil.example:4321", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "evil.example:4321", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "127.0.0.1.evil.example", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "0x7f.0.0.1:4321", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "", NULL, "Bearer secret", MCP_ADMIT_HOST },
    { NULL, NULL, "Bearer secret", MCP_ADMIT_HOST },
    { "localhost:4321", "null", "Bearer secret", MCP_ADMIT_ORIGIN },
    { "localhost:4321", "", "Bearer secret", MCP_ADMIT_ORIGIN },
    { "localhost:4321", "http://localhost:4322", "Bearer secret", MCP_ADMIT_ORIGIN },
    { "localhost:4321", "https://localhost:4321", "Bearer secret", MCP_ADMIT_ORIGIN },
    { "localhost:4321", "http://evil.example", "Bearer secret", MCP_ADMIT_ORIGIN },
    { "localhost:4321", "http://localhost:4321@evil.example", "Bearer secret", MCP_ADMIT_ORIGIN },
    { "localhost:4321", NULL, NULL, MCP_ADMIT_TOKEN },
    { "localhost:4321", NULL, "", MCP_ADMIT_TOKEN },
    { "localhost:4321", NULL, "Bearer", MCP_ADMIT_TOKEN },
    { "localhost:4321", NULL, "Bearer ", MCP_ADMIT_TOKEN },
    { "localhost:4321", NULL, "Bearer secre", MCP_ADMIT_TOKEN },
    { "localhost:4321", NULL, "Bearer secretsecret", MCP_ADMIT_TOKEN },
    { "localhost:4321", NULL, "Basic secret", MCP_ADMIT_TOKEN },
};

static void test_admission(void **state)
{
    struct mcp_admission admission = { .port = 4321, .token = STR("secret") };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(admissions); i++) {
        struct headers headers = { .count = 0 };
        struct msg_http_request request = { .method = STR("POST") };
        int r;

        if (admissions[i].host)
            header_add(&headers, STR("Host"), str_from(admissions[i].host));
        if (admissions[i].origin)
            header_add(&headers, STR("ORIGIN"), str_from(admissions[i].origin));
        if (admissions[i].authorization)
            header_add(&headers, STR("authorization"), str_from(admissions[i].authorization));
        request.headers = headers.at;
        request.headers_count = headers.count;
        r = mcp_http_admit(&admission, &request);
        if (r != admissions[i].answer)
            fail_msg("%s %s %s: %d", admissions[i].host, admissions[i].origin,
                     admissions[i].authorization, r);
        header_add(&headers, STR("host"), STR("localhost:4321")); /* two of them */
        request.headers_count = headers.count;
        if (admissions[i].host)
            assert_int_equal(mcp_http_admit(&admission, &request), MCP_ADMIT_HOST);
    }
}

static void test_limits(void **state)
{
    struct story story = { 0 };
    struct buf text BUF_CLEANUP = BUF_INIT;

    (void)state;
    story_open(&story, STR("limits"));
    for (size_t i = 1; i <= MCP_SESSIONS_MAX + 5; i++) { /* HTTP sessions */
        struct headers headers = { .count = 0 };
        struct msg_http_request request = {
            .method = STR("POST"),
            .body = STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                        "\"protocolVersion\":\"2025-06-18\"}}"),
        };

        header_add(&headers, STR("content-type"), STR("application/json"));
        request.headers = headers.at;
        request.headers_count = 1;
        send_http(&story, i, &request);
        VEC_CLEAR(&story.actions.list);
    }
    assert_int_equal(mcp_figures(story.mcp).sessions, MCP_SESSIONS_MAX);

    mcp_open(story.mcp, 1, STR("ann"));
    mcp_line(story.mcp, 1,
             STR("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                 "\"protocolVersion\":\"2025-11-25\"}}"),
             0, &story.actions);
    for (unsigned int i = 1; i <= MCP_CALLS_MAX + 1; i++) { /* requests at once */
        VEC_CLEAR(&story.actions.list);
        buf_clear(&text);
        buf_printf(&text,
                   "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"tools/call\",\"params\":{"
                   "\"name\":\"execute\",\"arguments\":{\"code\":\"1\"}}}",
                   i);
        mcp_line(story.mcp, 1, buf_str(&text), 0, &story.actions);
        assert_int_equal(story.actions.list.count, 1);
        assert_int_equal(story.actions.list.at[0].kind,
                         i <= MCP_CALLS_MAX ? MCP_EXECUTE : MCP_WRITE);
    }
    assert_true(str_find(story.actions.list.at[0].write.text, STR("busy:")) != SIZE_MAX);
    story_close(&story);
}

static void test_large_answers_are_cut_into_frames(void **state)
{
    struct story story = { 0 };
    struct buf result BUF_CLEANUP = BUF_INIT;
    struct mcp_outcome outcome = { .state = MCP_DONE };
    size_t len = 0;

    (void)state;
    story_open(&story, STR("large"));
    do_modern(&story, expand(&story, STR("1 tools/call execute \"name\":\"execute\","
                                         "\"arguments\":{\"code\":\"1\"},$META")));
    VEC_CLEAR(&story.actions.list);
    buf_add_char(&result, '"');
    memset(buf_reserve(&result, 3 * MCP_PART_MAX), 'x', 3 * MCP_PART_MAX);
    buf_commit(&result, 3 * MCP_PART_MAX);
    buf_add_char(&result, '"');
    outcome.result = buf_str(&result);
    assert_true(mcp_ended(story.mcp, 1, &outcome, &story.actions));
    assert_int_equal(story.actions.list.count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct mcp_action *action = &story.actions.list.at[i];
        struct str body = i == 0 ? action->respond.body : action->chunk.body;

        assert_true(body.len <= MCP_PART_MAX);
        assert_true(i == 0 ? action->respond.more : action->chunk.last == (i == 3));
        len += body.len;
    }
    assert_true(len > 3 * MCP_PART_MAX);
    story_close(&story);
}

/* Says so much in a stream of its own; gives the status of taking it up after that event. */
static uint32_t say_and_resume(struct story *story, uint64_t exchange, size_t pieces,
                               const char *after)
{
    struct buf piece BUF_CLEANUP = BUF_INIT;
    struct buf text BUF_CLEANUP = BUF_INIT;
    uint64_t key;

    VEC_CLEAR(&story->actions.list);
    buf_printf(
        &text,
        "%llu {\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"execute\",\"arguments\":{\"code\":\"1\"},\"_meta\":{\"progressToken\":%llu}}}",
        (unsigned long long)exchange, (unsigned long long)exchange, (unsigned long long)exchange);
    do_post(story, buf_str(&text));
    assert_int_equal(story->actions.list.at[0].kind, MCP_EXECUTE);
    key = story->actions.list.at[0].key;
    for (size_t i = 0; i < 4096; i++)
        buf_add_char(&piece, 'x');
    for (size_t i = 0; i < pieces; i++)
        mcp_progress(story->mcp, key, buf_str(&piece), &story->actions);
    mcp_gone(story->mcp, exchange, &story->actions);
    VEC_CLEAR(&story->actions.list);
    arena_reset(story->arena);
    buf_clear(&text);
    buf_printf(&text, "%llu GET accept=text/event-stream mcp-session-id=%.*s last-event-id=%s | ",
               (unsigned long long)exchange + 1, STR_ARG(story->session), after);
    do_http(story, buf_str(&text));
    for (size_t i = 0; i < story->actions.list.count; i++)
        if (story->actions.list.at[i].kind == MCP_RESPOND)
            return story->actions.list.at[i].respond.status;
    return 0;
}

/* What is kept of streams has a limit: of each, and of all. */
static void test_streams_are_kept_up_to_a_limit(void **state)
{
    struct story story = { 0 };
    char after[32];

    (void)state;
    story_open(&story, STR("streams"));
    do_post(&story, STR("1 {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                        "\"protocolVersion\":\"2025-06-18\"}}"));
    story_expect(&story, STR("respond 1 200 *"));
    VEC_CLEAR(&story.actions.list);
    assert_int_equal(say_and_resume(&story, 10, 300, "1-5"), 400);
    assert_int_equal(say_and_resume(&story, 20, 300, "2-200"), 200);
    for (uint64_t i = 3; i < 30; i++) { /* The first lose what they kept to the last. */
        (void)snprintf(after, sizeof(after), "%llu-1", (unsigned long long)i);
        assert_int_equal(say_and_resume(&story, 10 * i, 230, after), 200);
    }
    assert_true(story.mcp->kept_bytes <= MCP_REPLAY_MAX);
    (void)snprintf(after, sizeof(after), "3-1");
    assert_int_equal(say_and_resume(&story, 1000, 1, after), 400);
    assert_int_equal(say_and_resume(&story, 1010, 1, "29-1"), 200);
    story_close(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversations),
        cmocka_unit_test(test_description_is_small),
        cmocka_unit_test(test_sealed_state),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_admission),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_streams_are_kept_up_to_a_limit),
        cmocka_unit_test(test_large_answers_are_cut_into_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
