/*
 * The daemon, the keeper and the vault of a real egress-net, before the service of net.mjs:
 * net EGRESS_NET PORT. Calls of sources without a session become requests, and answers outcomes.
 */
#include "base/arena.h"
#include "base/digest.h"
#include "model/msg.h"
#include "sys/clock.h"
#include "sys/link.h"
#include "sys/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum peer { KEEPER, DAEMON, VAULT, PEERS };

static struct loop *loop;
static struct link *links[PEERS];
static struct loop_ready readies[PEERS];
static struct arena *arena;
static const char *port;
static uint32_t call_number;
static int last_fd = -1;

#define EXPECT(condition) ((condition) ? (void)0 : wrong(__LINE__, #condition))

static NORETURN void wrong(int line, const char *what)
{
    (void)printf("FAILED: net.c:%d: %s\n", line, what);
    exit(1);
}

static int pair_open(enum peer peer)
{
    int fds[2];

    EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    readies[peer].kind = (int)peer;
    EXPECT(link_new(loop, fds[0], &readies[peer], &links[peer]) == 0);
    return fds[1];
}

static pid_t egress_start(const char *path)
{
    int theirs = pair_open(KEEPER);
    pid_t pid = fork();

    EXPECT(pid >= 0);
    if (pid == 0) {
        if (dup2(theirs, 3) == 3)
            (void)execl(path, "writ-egress-net", (char *)NULL);
        _exit(127);
    }
    (void)close(theirs);
    return pid;
}

static void send_frame(enum peer peer, uint16_t type, struct buf *payload, int fd)
{
    const struct wire_frame frame = { .type = type, .payload = buf_str(payload) };

    EXPECT(fd < 0 ? link_send(links[peer], &frame) == 0
                  : link_send_fds(links[peer], &frame, &fd, 1) == 0);
    if (fd >= 0)
        (void)close(fd);
    buf_clear(payload);
}

static void introduce(enum msg_process_kind kind, enum peer peer)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const struct msg_process_started started = { .kind = kind, .pid = 1, .number = 1 };
    int theirs = pair_open(peer);

    msg_process_started_encode(&started, &payload);
    send_frame(KEEPER, MSG_PROCESS_STARTED, &payload, theirs);
}

/* The next frame of this type for us; the vault's questions are answered on the way. */
static bool await(uint16_t type, int64_t ms, struct wire_frame *ret_frame)
{
    int64_t until_ns = clock_mono_ns() + ms * 1000000;

    for (;;) {
        int64_t left_ms = (until_ns - clock_mono_ns()) / 1000000;

        for (int peer = 0; peer < PEERS; peer++)
            while (links[peer] && link_next(links[peer], ret_frame) == LINK_FRAME) {
                last_fd = peer == DAEMON ? link_fd_take(links[peer], 0) : -1;
                if (ret_frame->type == type)
                    return true;
            }
        if (left_ms <= 0)
            return false;
        EXPECT(loop_run_once(loop, left_ms) == 0);
        while (loop_next(loop))
            continue;
    }
}

/* --- Sources and calls ------------------------------------------------------------------- */

struct given {
    uint64_t id;
    enum msg_source_kind kind;
    const char *scheme;
    const char *value;
};

static void source_open(const struct given *given)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct msg_given header = { .name = str_from(given->scheme), .value = str_from(given->value) };
    struct str allow[] = { STR("127.0.0.1"), STR("localhost") };
    const struct msg_source_open open = {
        .source = given->id,
        .name = STR("service"),
        .kind = given->kind,
        .url = str_printf(arena, "http://127.0.0.1:%s/v1", port),
        .headers = &header,
        .headers_count = given->scheme ? 1 : 0,
        .allow = allow,
        .allow_count = ARRAY_COUNT(allow),
    };

    msg_source_open_encode(&open, &payload);
    send_frame(DAEMON, MSG_SOURCE_OPEN, &payload, -1);
}

struct asked {
    uint64_t source;
    const char *plan; /* what comes after its server */
    const char *args;
    bool writes;
    int64_t timeout_ms;
};

static void call_send(const struct asked *asked)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    const uint8_t entropy[10] = { 1 };
    const struct msg_call_send send = {
        .execution = 5,
        .call = ++call_number,
        .attempt = 1,
        .source = asked->source,
        .tool = STR("GET /"),
        .args = str_from(asked->args),
        .plan = str_printf(arena, "{\"server\":\"http://127.0.0.1:%s/v1\",%s}", port, asked->plan),
        .key = STR("0123456789abcdef"),
        .writ = id_make(1, entropy),
        .reads = !asked->writes,
        .timeout_ms = asked->timeout_ms ? asked->timeout_ms : 5000,
    };

    msg_call_send_encode(&send, &payload);
    send_frame(DAEMON, MSG_CALL_SEND, &payload, -1);
}

static struct msg_call_outcome outcome(void)
{
    struct msg_call_outcome got = { 0 };
    struct wire_frame frame;

    EXPECT(await(MSG_CALL_OUTCOME, 8000, &frame));
    EXPECT(msg_call_outcome_decode(frame.payload, arena, &got));
    EXPECT(got.call == call_number);
    return got;
}

static struct msg_call_outcome ask(const struct asked *asked)
{
    call_send(asked);
    return outcome();
}

static void expect_text(int line, struct str got, const char *wanted)
{
    if (str_is(got, wanted))
        return;
    (void)printf("FAILED: net.c:%d: wanted %s\n   got %.*s\n", line, wanted, STR_ARG(got));
    exit(1);
}

#define TEXT(got, wanted) expect_text(__LINE__, got, wanted)

/* --- What is told ------------------------------------------------------------------------ */

#define KEYED                                                                                      \
    "\"security\":[[{\"scheme\":\"k\",\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-Key\"}]]"
#define GET "\"kind\":\"openapi\",\"method\":\"GET\",\"accept\":[\"application/json\"],"

static void a_call_is_a_request(void)
{
    struct msg_call_outcome got = ask(&(struct asked){
        .source = 1,
        .plan = GET
        "\"path\":\"/things/{id}\",\"params\":[{\"arg\":\"id\",\"name\":\"id\",\"in\":\"path\"},"
        "{\"arg\":\"q\",\"name\":\"q\",\"in\":\"query\",\"style\":\"deepObject\"}]," KEYED,
        .args = "{\"id\":\"a b\",\"q\":{\"min\":1}}",
    });

    EXPECT(got.status == MSG_OUTCOME_STATUS_ANSWERED && got.sent == MSG_SENT_YES && !got.retry);
    TEXT(got.value,
         "{\"id\":7,\"url\":\"/v1/things/a%20b?q%5Bmin%5D=1\",\"key\":\"a key\",\"agent\":"
         "\"writ/" WRIT_VERSION "\"}");
    TEXT(got.meta,
         "{\"status\":200,\"headers\":{\"link\":\"<https://x/?page=2>; rel=\\\"next\\\"\","
         "\"etag\":\"\\\"e\\\"\"},\"links\":{\"next\":\"https://x/?page=2\"}}");
}

static void a_write_has_a_body_and_a_key(void)
{
    struct msg_call_outcome got = ask(&(struct asked){
        .source = 1,
        .plan = "\"kind\":\"openapi\",\"method\":\"POST\",\"path\":\"/things\",\"idempotency\":"
                "\"Idempotency-Key\",\"body\":{\"arg\":\"body\",\"content\":[{\"type\":"
                "\"application/json\"}]}",
        .args = "{\"body\":{\"n\":12345678901234567890}}",
        .writes = true,
    });

    EXPECT(got.status == MSG_OUTCOME_STATUS_ANSWERED);
    TEXT(got.value,
         "{\"method\":\"POST\",\"type\":\"application/json\",\"key\":\"0123456789abcdef\","
         "\"text\":\"{\\\"n\\\":12345678901234567890}\"}");
    TEXT(got.meta, "{\"status\":201}");
}

static void what_fails_says_how(void)
{
    struct msg_call_outcome got =
        ask(&(struct asked){ .source = 1, .plan = GET "\"path\":\"/missing\"", .args = "{}" });

    EXPECT(got.status == MSG_OUTCOME_STATUS_FAILED && str_is(got.error.code, "upstream"));
    TEXT(got.error.message, "HTTP 404 Not Found: no such thing");
    got = ask(&(struct asked){ .source = 1, .plan = GET "\"path\":\"/busy\"", .args = "{}" });
    EXPECT(str_is(got.error.code, "busy") && got.retry && got.retry_ms == 1000);
    got = ask(&(struct asked){
        .source = 1,
        .plan = "\"kind\":\"openapi\",\"method\":\"POST\",\"path\":\"/busy\"",
        .args = "{}",
        .writes = true,
    });
    EXPECT(str_is(got.error.code, "busy") && !got.retry);
    got = ask(&(struct asked){ .source = 1, .plan = GET "\"path\":\"/page\"", .args = "{}" });
    EXPECT(got.status == MSG_OUTCOME_STATUS_UNREADABLE);
}

/* Nothing leaves of a call that no request can be made of. */
static void what_cannot_be_made_is_not_sent(void)
{
    struct msg_call_outcome got = ask(&(struct asked){
        .source = 1,
        .plan = GET
        "\"path\":\"/things/{id}\",\"params\":[{\"arg\":\"id\",\"name\":\"id\",\"in\":\"path\"}]",
        .args = "{\"id\":\"..\"}",
    });

    EXPECT(got.status == MSG_OUTCOME_STATUS_FAILED && got.sent == MSG_SENT_NO);
    EXPECT(str_is(got.error.code, "invalid"));
    got = ask(&(struct asked){
        .source = 1,
        .plan = GET
        "\"path\":\"/seen\",\"security\":[[{\"scheme\":\"other\",\"type\":\"http\",\"http\":"
        "\"bearer\"}]]",
        .args = "{}",
    });
    EXPECT(got.sent == MSG_SENT_NO && str_is(got.error.code, "auth_required"));
    got = ask(&(struct asked){ .source = 1, .plan = "\"kind\":\"graphql\"", .args = "{}" });
    EXPECT(got.sent == MSG_SENT_NO && str_is(got.error.code, "invalid"));
}

static void bytes_come_beside_the_value_that_names_them(void)
{
    struct msg_call_outcome got =
        ask(&(struct asked){ .source = 1, .plan = GET "\"path\":\"/bytes\"", .args = "{}" });
    char bytes[16];
    struct digest digest;
    ssize_t len = last_fd >= 0 ? read(last_fd, bytes, sizeof(bytes)) : -1;

    EXPECT(got.status == MSG_OUTCOME_STATUS_ANSWERED && len == 5);
    EXPECT(str_starts(got.value, STR("{\"$artifact\":\"")));
    digest = digest_of(str_of(bytes, 5));
    EXPECT(got.blobs_count == 1 && got.blobs[0].size == 5);
    EXPECT(got.blobs_count == 1 && digest_equal(&digest, &got.blobs[0].digest));
    (void)close(last_fd);
}

static void secrets_stay_at_the_door(void)
{
    struct msg_call_outcome got =
        ask(&(struct asked){ .source = 1, .plan = GET "\"path\":\"/token\"", .args = "{}" });

    EXPECT(got.secrets == 1 && str_starts(got.value, STR("{\"token\":\"{{secret:")));
}

static void a_credential_does_not_follow_to_another_origin(void)
{
    struct msg_call_outcome got =
        ask(&(struct asked){ .source = 1, .plan = GET "\"path\":\"/away\"," KEYED, .args = "{}" });

    TEXT(got.value, "{\"key\":null}");
    got =
        ask(&(struct asked){ .source = 1, .plan = GET "\"path\":\"/seen\"," KEYED, .args = "{}" });
    TEXT(got.value, "{\"key\":\"a key\"}");
}

static void what_has_no_answer_says_what_was_sent(void)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    struct msg_call_cancel cancel = { .execution = 5, .reason = STR("enough") };
    struct msg_source_close close_it = { .source = 1, .reason = STR("over") };
    const struct asked never = { .source = 1, .plan = GET "\"path\":\"/never\"", .args = "{}" };
    struct asked brief = never;
    struct msg_call_outcome got;
    struct wire_frame frame;

    brief.timeout_ms = 200;
    got = ask(&brief);
    EXPECT(got.status == MSG_OUTCOME_STATUS_TIMEOUT && got.sent == MSG_SENT_MAYBE);
    call_send(&never);
    EXPECT(!await(MSG_CALL_OUTCOME, 100, &frame));
    cancel.call = call_number;
    msg_call_cancel_encode(&cancel, &payload);
    send_frame(DAEMON, MSG_CALL_CANCEL, &payload, -1);
    got = outcome();
    EXPECT(got.status == MSG_OUTCOME_STATUS_CANCELLED && got.sent == MSG_SENT_MAYBE);
    call_send(&never);
    EXPECT(!await(MSG_CALL_OUTCOME, 100, &frame));
    msg_source_close_encode(&close_it, &payload);
    send_frame(DAEMON, MSG_SOURCE_CLOSE, &payload, -1);
    got = outcome();
    EXPECT(got.status == MSG_OUTCOME_STATUS_UNREACHABLE && got.sent == MSG_SENT_MAYBE);
}

static void graphql_is_a_post(void)
{
    static const char plan[] =
        "\"kind\":\"graphql\",\"operation\":\"query\",\"document\":"
        "\"query($id:ID!){user(id:$id){id}}\",\"variables\":[\"id\"],\"result\":"
        "\"user\",\"select\":{\"arg\":\"select\",\"from\":27,\"to\":31},\"url\":"
        "\"http://127.0.0.1:";
    const char *whole = str_printf(arena, "%s%s%s", plan, port, "/graphql\"").ptr;
    struct msg_call_outcome got = ask(&(struct asked){
        .source = 2, .plan = whole, .args = "{\"id\":\"a\",\"select\":\"name\"}" });

    TEXT(got.value,
         "{\"id\":\"a\",\"query\":\"query($id:ID!){user(id:$id){name}}\",\"who\":\"Bearer t\"}");
    got = ask(&(struct asked){ .source = 2, .plan = whole, .args = "{\"id\":\"none\"}" });
    EXPECT(got.status == MSG_OUTCOME_STATUS_FAILED && str_is(got.error.message, "nobody"));
}

/* Added over the service itself: one call after another. */
static void what_a_call_costs(void)
{
    const struct asked seen = { .source = 1,
                                .plan = GET "\"path\":\"/seen\"," KEYED,
                                .args = "{}" };
    int64_t started_ns = clock_mono_ns();

    for (int i = 0; i < 500; i++)
        (void)ask(&seen);
    (void)printf("# a call through egress-net, service included: %lld us\n",
                 (long long)((clock_mono_ns() - started_ns) / 500000));
}

int main(int argc, char **argv)
{
    BUF_CLEANUP struct buf payload = BUF_INIT;
    char key[32] = "thirty-two bytes of a secret key";
    const struct msg_vault_key vault_key = { .key = str_of(key, sizeof(key)) };
    pid_t pid;
    int status;

    CHECK(argc == 3);
    arena = arena_new(0);
    port = argv[2];
    EXPECT(loop_new(&loop) == 0);
    pid = egress_start(argv[1]);
    introduce(MSG_PROCESS_KIND_DAEMON, DAEMON);
    introduce(MSG_PROCESS_KIND_VAULT, VAULT);
    msg_vault_key_encode(&vault_key, &payload);
    send_frame(VAULT, MSG_VAULT_KEY, &payload, -1);
    source_open(&(struct given){ 1, MSG_SOURCE_KIND_OPENAPI, "k", "a key" });
    source_open(&(struct given){ 2, MSG_SOURCE_KIND_GRAPHQL, "Authorization", "Bearer t" });
    a_call_is_a_request();
    a_write_has_a_body_and_a_key();
    what_fails_says_how();
    what_cannot_be_made_is_not_sent();
    bytes_come_beside_the_value_that_names_them();
    secrets_stay_at_the_door();
    a_credential_does_not_follow_to_another_origin();
    graphql_is_a_post();
    what_a_call_costs();
    what_has_no_answer_says_what_was_sent();
    for (int peer = 0; peer < PEERS; peer++)
        links[peer] = link_free(links[peer]);
    EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    loop_free(loop);
    arena_free(arena);
    return 0;
}
