/*
 * A daemon for tests of the other parts: it is started by the real keeper as "daemon", plays one
 * scenario after another with the real egress and vault and servers of test/mcp-servers, and
 * writes "ok NAME" or what went wrong to result in its data folder. Under any other name it is a
 * process that waits for the end of descriptor 3.
 */
#include "base/arena.h"
#include "base/digest.h"
#include "domain/catalog/catalog.h"
#include "format/json/json.h"
#include "model/msg.h"
#include "sys/clock.h"
#include "sys/link.h"
#include "sys/loop.h"
#include "sys/paths.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum peer {
    KEEPER,
    EGRESS,
    VAULT,
    COMPILE,
    OTHER,
    PEERS,
};

static struct loop *loop;
static struct link *links[PEERS];
static struct loop_ready readies[PEERS];
static int32_t pids[PEERS];
static struct arena *arena;
static FILE *result;
static const char *scenario;
static char servers[512];
static uint32_t call_number;
static int last_fd = -1;
static size_t last_len; /* of the payload */
static struct digest data_definition;

static NORETURN void wrong(const char *format, ...) PRINTF_LIKE(1, 2);

static void wrong(const char *format, ...)
{
    va_list args;

    (void)fprintf(result, "FAILED %s: ", scenario);
    va_start(args, format);
    (void)vfprintf(result, format, args);
    va_end(args);
    (void)fprintf(result, "\n");
    (void)fclose(result);
    for (;;)
        (void)pause();
}

#define EXPECT(condition) ((condition) ? (void)0 : wrong("line %d: %s", __LINE__, #condition))

static void on_started(const struct wire_frame *frame)
{
    struct msg_process_started started;
    enum peer peer;
    int fd = link_fd_take(links[KEEPER], 0);

    EXPECT(msg_process_started_decode(frame->payload, arena, &started));
    EXPECT(fd >= 0);
    peer = started.kind == MSG_PROCESS_KIND_EGRESS    ? EGRESS
           : started.kind == MSG_PROCESS_KIND_VAULT   ? VAULT
           : started.kind == MSG_PROCESS_KIND_COMPILE ? COMPILE
                                                      : OTHER;
    pids[peer] = (int32_t)started.pid;
    if (peer == OTHER)
        return; /* It keeps its end; so do we. */
    links[peer] = link_free(links[peer]);
    readies[peer].kind = (int)peer;
    EXPECT(link_new(loop, fd, &readies[peer], &links[peer]) == 0);
}

static bool frame_next(struct wire_frame *ret_frame)
{
    for (int peer = 0; peer < PEERS; peer++) {
        int r = links[peer] ? link_next(links[peer], ret_frame) : LINK_NONE;

        if (r == LINK_CLOSED || r == LINK_BROKEN) {
            EXPECT(peer != KEEPER);
            links[peer] = link_free(links[peer]);
            continue;
        }
        if (r != LINK_FRAME)
            continue;
        last_fd = peer == EGRESS ? link_fd_take(links[peer], 0) : -1;
        last_len = ret_frame->payload.len;
        if (ret_frame->type == MSG_PROCESS_STARTED) {
            on_started(ret_frame);
            return frame_next(ret_frame);
        }
        if (ret_frame->type == MSG_SHUTDOWN)
            exit(0);
        return true;
    }
    return false;
}

/* The next frame of this type; others are passed over. False: not within the time. */
static bool await(uint16_t type, int64_t ms, struct wire_frame *ret_frame)
{
    int64_t until_ns = clock_mono_ns() + ms * 1000000;

    for (;;) {
        int64_t left_ms;

        while (frame_next(ret_frame))
            if (ret_frame->type == type)
                return true;
        left_ms = (until_ns - clock_mono_ns()) / 1000000;
        if (left_ms <= 0)
            return false;
        EXPECT(loop_run_once(loop, left_ms) == 0);
        while (loop_next(loop))
            continue;
    }
}

static void send_frame(enum peer peer, uint16_t type, struct buf *payload)
{
    const struct wire_frame frame = { .type = type, .payload = buf_str(payload) };

    EXPECT(links[peer]);
    EXPECT(link_send(links[peer], &frame) == 0);
    buf_clear(payload);
}

/* --- Sources and calls ------------------------------------------------------------------- */

static void child_start(uint64_t id, const char *program, const char *server)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct msg_child_start start = { .child = id, .argv_count = server ? 2 : 1, .env_count = 1 };

    start.argv = ARENA_ARRAY(arena, struct str, 2);
    start.env = ARENA_ARRAY(arena, struct str, 1);
    start.argv[0] = str_from(program);
    if (server)
        start.argv[1] = str_printf(arena, "%s/%s.mjs", servers, server);
    start.env[0] = STR("GIVEN=yes");
    msg_child_start_encode(&start, &payload);
    send_frame(KEEPER, MSG_CHILD_START, &payload);
}

static void source_open(uint64_t id, const char *name)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_source_open open = { .source = id, .name = str_from(name) };

    msg_source_open_encode(&open, &payload);
    send_frame(EGRESS, MSG_SOURCE_OPEN, &payload);
}

static void begin(uint64_t id, const char *server)
{
    source_open(id, server);
    child_start(id, "node", server);
}

static struct msg_source_report report(uint64_t id, enum msg_source_state state)
{
    struct msg_source_report got = { 0 };
    struct wire_frame frame;

    while (got.source != id) {
        if (!await(MSG_SOURCE_REPORT, 8000, &frame))
            wrong("no report of source %llu", (unsigned long long)id);
        EXPECT(msg_source_report_decode(frame.payload, arena, &got));
    }
    if (got.state != state)
        wrong("source is %d: %.*s", (int)got.state, STR_ARG(got.reason));
    return got;
}

static struct msg_source_report connected(uint64_t id, const char *server)
{
    begin(id, server);
    return report(id, MSG_SOURCE_STATE_CONNECTED);
}

static uint32_t ask_for(uint64_t id, const char *tool, const char *args, int64_t timeout_ms)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const uint8_t entropy[10] = { 1 };
    const struct msg_call_send send = { .execution = 5,
                                        .call = ++call_number,
                                        .attempt = 1,
                                        .source = id,
                                        .tool = str_from(tool),
                                        .args = str_from(args),
                                        .writ = id_make(1, entropy),
                                        .timeout_ms = timeout_ms };

    msg_call_send_encode(&send, &payload);
    send_frame(EGRESS, MSG_CALL_SEND, &payload);
    return call_number;
}

static struct msg_call_outcome outcome(uint32_t call)
{
    struct msg_call_outcome got = { 0 };
    struct wire_frame frame;

    if (!await(MSG_CALL_OUTCOME, 8000, &frame))
        wrong("no outcome of call %u", call);
    EXPECT(msg_call_outcome_decode(frame.payload, arena, &got));
    if (got.call != call)
        wrong("outcome of call %u, not %u", got.call, call);
    return got;
}

static struct str answer(uint64_t id, const char *tool, const char *args)
{
    struct msg_call_outcome got = outcome(ask_for(id, tool, args, 5000));

    if (got.status != MSG_OUTCOME_STATUS_ANSWERED)
        wrong("%s: status %d, %.*s", tool, (int)got.status, STR_ARG(got.error.message));
    EXPECT(got.sent == MSG_SENT_YES);
    return str_copy(arena, got.value);
}

static void grant(uint64_t id, uint32_t call, struct str reference)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_vault_grant msg = {
        .reference = reference, .source = id, .execution = 5, .call = call
    };

    msg_vault_grant_encode(&msg, &payload);
    send_frame(VAULT, MSG_VAULT_GRANT, &payload);
}

static struct json_doc parsed(struct str text)
{
    struct json_doc doc;
    struct json_error error;

    EXPECT(json_parse(arena, text, NULL, &error, &doc) == JSON_PARSED);
    return doc;
}

static void stop(uint64_t id)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_child_stop msg = { .child = id };

    msg_child_stop_encode(&msg, &payload);
    send_frame(KEEPER, MSG_CHILD_STOP, &payload);
}

/* --- Scenarios --------------------------------------------------------------------------- */

static void answers_come_back(void)
{
    struct msg_source_report got = connected(1, "echo");
    struct msg_call_outcome failed;

    EXPECT(got.listed && got.tools_count == 6);
    EXPECT(str_is(got.server, "test 1") && str_is(got.protocol, "2026-07-28"));
    EXPECT(str_is(got.tools[0].name, "echo") && str_is(got.tools[1].name, "data"));
    data_definition = catalog_definition_digest(&got.tools[1], arena);
    EXPECT(str_is(answer(1, "echo", "{\"a\":[1,\"\\u00e9\"]}"), "\"{\\\"a\\\":[1,\\\"é\\\"]}\""));
    EXPECT(str_is(answer(1, "data", "{\"a\":1}"), "{\"a\":1}"));
    failed = outcome(ask_for(1, "fail", "{}", 5000));
    EXPECT(failed.status == MSG_OUTCOME_STATUS_FAILED && failed.sent == MSG_SENT_YES);
    EXPECT(str_is(failed.error.code, "upstream") && str_is(failed.error.message, "no such thing"));
}

static void many_calls_are_in_flight_at_once(void)
{
    bool seen[201] = { 0 };
    uint32_t first = call_number + 1;
    struct wire_frame frame;

    for (int i = 0; i < 200; i++)
        (void)ask_for(1, "echo", "{}", 5000);
    for (int i = 0; i < 200; i++) {
        struct msg_call_outcome got;

        EXPECT(await(MSG_CALL_OUTCOME, 8000, &frame));
        EXPECT(msg_call_outcome_decode(frame.payload, arena, &got));
        EXPECT(got.call >= first && got.call < first + 200 && !seen[got.call - first]);
        seen[got.call - first] = true;
    }
}

static void large_values_come_in_a_descriptor(void)
{
    struct msg_call_outcome got = outcome(ask_for(1, "large", "{\"bytes\":100000}", 5000));
    char *bytes = arena_alloc(arena, 200000);
    struct digest digest;
    ssize_t len;

    EXPECT(got.status == MSG_OUTCOME_STATUS_ANSWERED && !got.value.ptr && got.size == 100002);
    EXPECT(last_fd >= 0 && last_len < 1000); /* It is there, and not here as well. */
    len = read(last_fd, bytes, 200000);
    EXPECT(len == 100002);
    EXPECT(write(last_fd, "x", 1) < 0);
    digest = digest_of(str_of(bytes, (size_t)len));
    EXPECT(digest_equal(&digest, &got.artifact));
    (void)close(last_fd);
    got = outcome(ask_for(1, "large", "{\"bytes\":9000000}", 8000));
    EXPECT(got.status == MSG_OUTCOME_STATUS_UNREADABLE && str_is(got.error.code, "limit"));
    EXPECT(got.sent == MSG_SENT_YES);
}

static void a_child_has_a_clean_environment(void)
{
    struct str env = answer(1, "env", "{}");
    const struct json_value *root = parsed(env).root;

    EXPECT(str_is(json_get_str(root, "GIVEN"), "yes"));
    EXPECT(json_get(root, "PATH") && json_get(root, "HOME") && json_get(root, "LANG"));
    EXPECT(!json_get(root, "WRIT_HOME") && !json_get(root, "CANARY"));
}

static void nothing_goes_out_without_a_writ(void)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_call_send send = {
        .execution = 5, .call = ++call_number, .source = 1, .tool = STR("echo"), .args = STR("{}")
    };
    struct msg_call_outcome got;

    msg_call_send_encode(&send, &payload);
    send_frame(EGRESS, MSG_CALL_SEND, &payload);
    got = outcome(call_number);
    EXPECT(got.sent == MSG_SENT_NO && str_is(got.error.code, "refused"));
    got = outcome(ask_for(77, "echo", "{}", 1000));
    EXPECT(got.sent == MSG_SENT_NO && str_is(got.error.code, "unreachable"));
}

/* Approved at one definition, offered at another: by list_changed or by a restart. */
static void what_changed_since_it_was_approved_is_not_called(void)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const uint8_t entropy[10] = { 1 };
    struct msg_call_send send = { .execution = 5,
                                  .call = ++call_number,
                                  .source = 1,
                                  .tool = STR("data"),
                                  .args = STR("{}"),
                                  .writ = id_make(1, entropy),
                                  .definition = digest_of(STR("another")),
                                  .timeout_ms = 1000 };
    struct msg_call_outcome got;

    msg_call_send_encode(&send, &payload);
    send_frame(EGRESS, MSG_CALL_SEND, &payload);
    got = outcome(call_number);
    EXPECT(got.sent == MSG_SENT_NO && str_is(got.error.code, "refused"));
    send.call = ++call_number;
    send.definition = data_definition;
    msg_call_send_encode(&send, &payload);
    send_frame(EGRESS, MSG_CALL_SEND, &payload);
    EXPECT(outcome(call_number).status == MSG_OUTCOME_STATUS_ANSWERED);
}

static void a_call_waits_for_its_source(void)
{
    uint32_t call;

    begin(2, "slow");
    call = ask_for(2, "sleep", "{\"ms\":1}", 5000);
    EXPECT(outcome(call).status == MSG_OUTCOME_STATUS_ANSWERED);
}

static void progress_and_cancel_and_timeout(void)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct msg_call_progress progress;
    struct msg_call_cancel cancel = { .execution = 5, .reason = STR("enough") };
    struct msg_call_outcome got;
    struct wire_frame frame;
    uint32_t call = ask_for(2, "sleep", "{\"ms\":600,\"steps\":3}", 400);

    EXPECT(await(MSG_CALL_PROGRESS, 3000, &frame));
    EXPECT(msg_call_progress_decode(frame.payload, arena, &progress));
    EXPECT(progress.call == call && str_is(progress.progress, "1") && str_is(progress.total, "3"));
    got = outcome(call); /* 600 ms under a timeout of 400: each step put it off. */
    EXPECT(got.status == MSG_OUTCOME_STATUS_ANSWERED);
    cancel.call = ask_for(2, "sleep", "{\"ms\":60000}", 60000);
    EXPECT(!await(MSG_CALL_OUTCOME, 100, &frame));
    msg_call_cancel_encode(&cancel, &payload);
    send_frame(EGRESS, MSG_CALL_CANCEL, &payload);
    got = outcome(cancel.call);
    EXPECT(got.status == MSG_OUTCOME_STATUS_CANCELLED && got.sent == MSG_SENT_MAYBE);
    got = outcome(ask_for(2, "sleep", "{\"ms\":60000}", 150));
    EXPECT(got.status == MSG_OUTCOME_STATUS_TIMEOUT && got.sent == MSG_SENT_MAYBE);
}

static void a_crash_in_a_call_is_told_and_healed(void)
{
    struct msg_source_report said;
    struct msg_call_outcome got;

    (void)connected(3, "crash");
    got = outcome(ask_for(3, "crash", "{\"code\":7}", 5000));
    EXPECT(got.status == MSG_OUTCOME_STATUS_UNREACHABLE && got.sent == MSG_SENT_MAYBE);
    said = report(3, MSG_SOURCE_STATE_ERROR);
    EXPECT(str_is(said.reason, "it ended by itself with exit code 7"));
    EXPECT(str_find(said.stderr, STR("out of luck, token {{secret:")) != SIZE_MAX);
    EXPECT(str_find(said.stderr, STR("ghp_")) == SIZE_MAX);
    (void)connected(3, "crash");
    EXPECT(str_is(answer(3, "fine", "{}"), "\"fine\""));
}

static void a_flood_of_changes_is_one_list(void)
{
    struct msg_source_report got = connected(4, "flood");

    EXPECT(got.tools_count == 1);
    EXPECT(str_is(answer(4, "flood", "{}"), "\"flooded\""));
    got = report(4, MSG_SOURCE_STATE_CONNECTED);
    EXPECT(got.listed && got.tools_count == 2);
    EXPECT(str_is(answer(4, "late", "{}"), "\"late\""));
}

static void garbage_is_passed_over(void)
{
    (void)connected(5, "garbage");
    EXPECT(str_is(answer(5, "noise", "{}"), "\"through the noise\""));
}

static void an_answer_that_cannot_be_read_does_not_wait_for_its_timeout(void)
{
    struct msg_call_outcome got = outcome(ask_for(5, "half", "{}", 60000));

    EXPECT(got.status == MSG_OUTCOME_STATUS_UNREADABLE && got.sent == MSG_SENT_YES);
    EXPECT(str_is(answer(5, "noise", "{}"), "\"through the noise\""));
}

static void who_ends_at_an_unknown_question_is_greeted_the_older_way(void)
{
    EXPECT(str_is(connected(12, "strict").protocol, "2025-06-18"));
    EXPECT(str_is(answer(12, "fine", "{}"), "\"fine\""));
}

static void a_program_that_is_not_there_says_so(void)
{
    struct msg_source_report said;

    source_open(6, "nothing");
    child_start(6, "no-such-program", NULL);
    said = report(6, MSG_SOURCE_STATE_ERROR);
    EXPECT(str_is(said.reason, "cannot start no-such-program: No such file or directory"));
    EXPECT(outcome(ask_for(6, "x", "{}", 300)).sent == MSG_SENT_NO);
}

static void no_grandchild_survives(void)
{
    struct json_doc doc;
    struct wire_frame frame;
    struct str value;

    (void)connected(7, "grandchild");
    value = answer(7, "spawn", "{}");
    doc = parsed(value);
    for (size_t i = 0; i < 2; i++)
        EXPECT(kill((pid_t)json_u64_or(json_at(json_get(doc.root, "pids"), i), 0), 0) == 0);
    stop(7);
    EXPECT(await(MSG_CHILD_ENDED, 8000, &frame));
    for (int tries = 0; tries < 100; tries++) {
        bool alive = false;

        for (size_t i = 0; i < 2; i++)
            if (kill((pid_t)json_u64_or(json_at(json_get(doc.root, "pids"), i), 0), 0) == 0)
                alive = true;
        if (!alive)
            return;
        (void)usleep(20000);
    }
    wrong("a grandchild lives");
}

static void secrets_stay_at_the_door(void)
{
    struct msg_source_report got = connected(8, "secret");
    struct msg_call_outcome leaked;
    struct msg_call_outcome refused;
    const struct json_value *root;
    struct str token;
    struct str pem;
    uint32_t call;

    EXPECT(str_starts(got.tools[0].description, STR("use it with {{secret:")));
    leaked = outcome(ask_for(8, "leak", "{}", 5000));
    EXPECT(leaked.secrets == 2 && str_find(leaked.value, STR("sk-live")) == SIZE_MAX);
    EXPECT(str_find(leaked.value, STR("BEGIN")) == SIZE_MAX);
    root = parsed(leaked.value).root;
    token = json_get_str(root, "token");
    pem = json_get_str(root, "key");
    EXPECT(str_starts(token, STR("{{secret:")) && str_starts(pem, STR("{{secret:")));
    call = call_number + 1;
    grant(8, call, str_slice(token, 2, token.len - 2));
    grant(8, call, str_slice(pem, 2, pem.len - 2));
    EXPECT(str_is(answer(8, "check",
                         str_printf(arena, "{\"token\":\"%.*s\",\"pem\":\"%.*s\"}", STR_ARG(token),
                                    STR_ARG(pem))
                             .ptr),
                  "\"it is mine\""));
    /* To another source, granted or not, it stays closed. */
    call = call_number + 1;
    grant(1, call, str_slice(token, 2, token.len - 2));
    refused = outcome(
        ask_for(1, "echo", str_printf(arena, "{\"t\":\"%.*s\"}", STR_ARG(token)).ptr, 5000));
    EXPECT(refused.sent == MSG_SENT_NO && str_is(refused.error.code, "refused"));
    /* Without a grant too; and what the server says back is replaced again. */
    call = call_number + 1;
    grant(8, call, str_slice(token, 2, token.len - 2));
    EXPECT(str_equal(
        str_trim(answer(8, "other", str_printf(arena, "{\"token\":\"%.*s\"}", STR_ARG(token)).ptr)),
        str_printf(arena, "\"%.*s\"", STR_ARG(token))));
}

static void child_start_with(uint64_t id, const char *server, struct str env)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct str argv[] = { STR("node"), str_printf(arena, "%s/%s.mjs", servers, server) };
    const struct msg_child_start start = {
        .child = id, .argv = argv, .argv_count = 2, .env = &env, .env_count = 1
    };

    msg_child_start_encode(&start, &payload);
    send_frame(KEEPER, MSG_CHILD_START, &payload);
}

/* Given with a source: sealed, granted for its child, and nowhere else in clear. */
static void a_secret_of_an_environment_is_opened_for_the_child(void)
{
    static const char reference[] = "secret:0123456789abcdef01234567";
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_vault_seal seal = { .reference = str_from(reference),
                                         .value = STR("sk-live-planted0123456789") };
    const struct msg_vault_grant given = { .reference = str_from(reference), .source = 10 };
    struct str env = str_printf(arena, "TOKEN={{%s}}", reference);
    struct msg_source_report said;

    msg_vault_seal_encode(&seal, &payload);
    send_frame(VAULT, MSG_VAULT_SEAL, &payload);
    msg_vault_grant_encode(&given, &payload);
    send_frame(VAULT, MSG_VAULT_GRANT, &payload);
    source_open(10, "secret");
    child_start_with(10, "secret", env);
    (void)report(10, MSG_SOURCE_STATE_CONNECTED);
    EXPECT(str_is(answer(10, "environment", "{}"), "\"it is mine\""));
    /* A second start without a second grant. */
    source_open(11, "secret");
    child_start_with(11, "secret", env);
    said = report(11, MSG_SOURCE_STATE_ERROR);
    EXPECT(str_find(said.reason, STR("stays closed")) != SIZE_MAX);
}

static void egress_is_started_again(void)
{
    struct wire_frame frame;
    int32_t before = pids[EGRESS];

    EXPECT(kill(before, SIGKILL) == 0);
    EXPECT(await(MSG_PROCESS_ENDED, 5000, &frame));
    for (int i = 0; i < 100 && (pids[EGRESS] == before || !links[EGRESS] || !links[VAULT]); i++)
        (void)await(MSG_HELLO, 50, &frame);
    EXPECT(pids[EGRESS] != before && links[EGRESS] && links[VAULT]);
    (void)connected(9, "echo");
    EXPECT(str_is(answer(9, "data", "{}"), "{}"));
    EXPECT(kill(pids[VAULT], SIGKILL) == 0);
    EXPECT(await(MSG_PROCESS_ENDED, 5000, &frame));
    EXPECT(str_is(answer(9, "data", "{}"), "{}"));
}

static int shorter(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static struct msg_process_ended ended_process(enum msg_process_kind kind)
{
    struct msg_process_ended got = { 0 };
    struct wire_frame frame;

    do {
        EXPECT(await(MSG_PROCESS_ENDED, 8000, &frame));
        EXPECT(msg_process_ended_decode(frame.payload, arena, &got));
    } while (got.kind != kind);
    return got;
}

static void want(enum msg_process_kind kind)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_process_want msg = { .kind = kind };

    msg_process_want_encode(&msg, &payload);
    send_frame(KEEPER, MSG_PROCESS_WANT, &payload);
}

static void await_compile(int32_t other_than)
{
    struct wire_frame frame;

    for (int i = 0; i < 400 && (!links[COMPILE] || pids[COMPILE] == other_than); i++)
        EXPECT(!await(MSG_HELLO, 20, &frame));
    EXPECT(links[COMPILE] && pids[COMPILE] != other_than);
}

/* Started when asked, once; not again by itself; again when asked while it ended. */
static void what_is_needed_for_a_while_is_started_when_asked(void)
{
    struct wire_frame frame;
    int32_t first;

    EXPECT(!links[COMPILE]);
    want(MSG_PROCESS_KIND_COMPILE);
    await_compile(0);
    first = pids[COMPILE];
    EXPECT(kill(first, SIGKILL) == 0);
    EXPECT(ended_process(MSG_PROCESS_KIND_COMPILE).pid == first);
    EXPECT(!await(MSG_PROCESS_STARTED, 300, &frame) && pids[COMPILE] == first);
    want(MSG_PROCESS_KIND_COMPILE);
    await_compile(first);
    first = pids[COMPILE];
    want(MSG_PROCESS_KIND_COMPILE); /* It is there: as soon as that one has ended. */
    EXPECT(!await(MSG_PROCESS_STARTED, 300, &frame) && pids[COMPILE] == first);
    EXPECT(kill(first, SIGKILL) == 0);
    await_compile(first);
}

static void a_part_that_is_missing_is_told(void)
{
    struct msg_process_ended got;

    want(MSG_PROCESS_KIND_EGRESS_NET);
    got = ended_process(MSG_PROCESS_KIND_EGRESS_NET);
    EXPECT(got.pid == 0 && got.status == 127 << 8);
}

static void a_call_costs(void)
{
    static int64_t times_ns[2000];

    for (size_t i = 0; i < ARRAY_COUNT(times_ns); i++) {
        times_ns[i] = -clock_mono_ns();
        (void)answer(9, "data", "{}");
        times_ns[i] += clock_mono_ns();
    }
    qsort(times_ns, ARRAY_COUNT(times_ns), sizeof(times_ns[0]), shorter);
    (void)fprintf(result, "# a call through egress, server included: p50 %lld us, p99 %lld us\n",
                  (long long)times_ns[ARRAY_COUNT(times_ns) / 2] / 1000,
                  (long long)times_ns[ARRAY_COUNT(times_ns) * 99 / 100] / 1000);
}

static const struct {
    const char *name;
    void (*play)(void);
} scenarios[] = {
#define PLAY(name)                                                                                 \
    {                                                                                              \
#name, name                                                                                \
    }
    PLAY(answers_come_back),
    PLAY(many_calls_are_in_flight_at_once),
    PLAY(large_values_come_in_a_descriptor),
    PLAY(a_child_has_a_clean_environment),
    PLAY(nothing_goes_out_without_a_writ),
    PLAY(what_changed_since_it_was_approved_is_not_called),
    PLAY(a_call_waits_for_its_source),
    PLAY(progress_and_cancel_and_timeout),
    PLAY(a_crash_in_a_call_is_told_and_healed),
    PLAY(a_flood_of_changes_is_one_list),
    PLAY(garbage_is_passed_over),
    PLAY(an_answer_that_cannot_be_read_does_not_wait_for_its_timeout),
    PLAY(who_ends_at_an_unknown_question_is_greeted_the_older_way),
    PLAY(a_program_that_is_not_there_says_so),
    PLAY(no_grandchild_survives),
    PLAY(secrets_stay_at_the_door),
    PLAY(a_secret_of_an_environment_is_opened_for_the_child),
    PLAY(egress_is_started_again),
    PLAY(what_is_needed_for_a_while_is_started_when_asked),
    PLAY(a_part_that_is_missing_is_told),
    PLAY(a_call_costs),
#undef PLAY
};

/* Waits for the end of its link, as web and workers do. */
static int be_idle(void)
{
    char byte;

    while (read(3, &byte, 1) > 0)
        continue;
    return 0;
}

static void say_ready(void)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_daemon_ready ready = { .socket = STR("none") };

    msg_daemon_ready_encode(&ready, &payload);
    send_frame(KEEPER, MSG_DAEMON_READY, &payload);
}

int main(int argc, char **argv)
{
    const char *home = paths_env("WRIT_HOME");
    struct wire_frame frame;
    char path[512];
    FILE *file;

    if (argc < 1 || strcmp(argv[0], "writ-daemon") != 0)
        return be_idle();
    arena = arena_new(0);
    (void)snprintf(path, sizeof(path), "%s/result", home ? home : ".");
    result = fopen(path, "a");
    (void)snprintf(path, sizeof(path), "%s/servers", home ? home : ".");
    file = fopen(path, "r");
    scenario = "start";
    EXPECT(result && file && fgets(servers, sizeof(servers), file));
    EXPECT(loop_new(&loop) == 0);
    readies[KEEPER].kind = KEEPER;
    EXPECT(link_new(loop, 3, &readies[KEEPER], &links[KEEPER]) == 0);
    say_ready();
    while (!links[EGRESS] || !links[VAULT])
        EXPECT(!await(MSG_HELLO, 20, &frame));
    for (size_t i = 0; i < ARRAY_COUNT(scenarios); i++) {
        scenario = scenarios[i].name;
        scenarios[i].play();
        (void)fprintf(result, "ok %s\n", scenario);
        (void)fflush(result);
    }
    (void)fprintf(result, "done\n");
    (void)fclose(result);
    for (;;)
        (void)await(MSG_HELLO, 60000, &frame);
}
