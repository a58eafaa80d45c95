/*
 * Any text from a client, over stdio and over HTTP, in every version; then what the daemon would
 * do. The first bytes choose; the text is what is left. After each input nothing may be lost:
 * every EXECUTE is answered, and the machine is empty in the end.
 */
#include "edge/mcp/admit.h"
#include "edge/mcp/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mcp *machine_new(void)
{
    struct mcp_config config = mcp_config_default();

    config.version = STR("1");
    return mcp_new(&config);
}

/* Opens an input of every call that was started, lets time pass, then ends them all. */
static void daemon_acts(struct mcp *mcp, struct mcp_actions *actions)
{
    struct mcp_outcome outcome = { .state = MCP_DONE,
                                   .execution = STR("exe_1"),
                                   .result = STR("{\"a\":1}") };
    struct mcp_input input = { .id = STR("inp_1"),
                               .execution = STR("exe_1"),
                               .kind = STR("approval"),
                               .title = STR("t"),
                               .detail = STR("d") };
    struct mcp_file file = { .type = STR("a/b"), .bytes = STR("GIF89a\xff") };
    size_t count = actions->list.count;

    outcome.files = &file;
    outcome.files_count = count % 2;
    for (size_t i = 0; i < count; i++) {
        uint64_t key = actions->list.at[i].key;

        if (actions->list.at[i].kind == MCP_FETCH) {
            mcp_fetched(mcp, key, (enum mcp_fetched_answer)(i % 4), &file, actions);
            continue;
        }
        mcp_progress(mcp, key, STR("p"), actions);
        if (i % 2 == 0)
            mcp_input_opened(mcp, key, &input, 10, actions);
        mcp_tick(mcp, 20, actions);
        (void)mcp_ended(mcp, key, &outcome, actions);
    }
}

static void over_stdio(struct mcp *mcp, struct mcp_actions *actions, struct str text)
{
    static const char *const hello[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":"
        "{\"protocolVersion\":\"2025-03-26\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":"
        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"elicitation\":{}}}}",
    };

    mcp_open(mcp, 1, STR("ann"));
    if (text.len > 0 && text.ptr[0] % 4 != 0)
        mcp_line(mcp, 1, str_from(hello[text.ptr[0] & 1]), 0, actions);
    while (text.len > 0) {
        struct str line = str_split(&text, '\n');

        VEC_CLEAR(&actions->list);
        mcp_line(mcp, 1, line, 1, actions);
        daemon_acts(mcp, actions);
    }
    mcp_close(mcp, 1, actions);
}

/* Headers up to an empty line, then the body. */
static void over_http(struct mcp *mcp, struct mcp_actions *actions, struct str text)
{
    struct msg_header headers[8];
    struct msg_http_request request = { .method = STR("POST"),
                                        .path = STR("/mcp"),
                                        .headers = headers };
    struct mcp_exchange exchange = { .id = 1, .request = &request, .principal = STR("ann") };
    struct mcp_admission admission = { .port = 80, .token = STR("secret") };

    headers[request.headers_count++] =
        (struct msg_header){ STR("content-type"), STR("application/json") };
    while (text.ptr && request.headers_count < ARRAY_COUNT(headers)) {
        struct str line = str_split(&text, '\n');
        struct str name = str_split(&line, ':');

        if (name.len == 0)
            break;
        headers[request.headers_count++] = (struct msg_header){ name, line };
    }
    request.body = text;
    if (mcp_http_admit(&admission, &request) == MCP_ADMIT_HOST)
        mcp_http_refuse(MCP_ADMIT_HOST, 2, actions);
    mcp_http(mcp, &exchange, actions);
    daemon_acts(mcp, actions);
    mcp_gone(mcp, 1, actions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *turn = arena_new(0);
    struct mcp *mcp = machine_new();
    struct mcp_actions actions;

    mcp_actions_init(&actions, turn);
    if (size > 0 && data[0] == '!')
        over_http(mcp, &actions, str_of((const char *)data + 1, size - 1));
    else
        over_stdio(mcp, &actions, str_of((const char *)data, size));
    CHECK(mcp_figures(mcp).calls == 0 && mcp_figures(mcp).connections == 0);
    (void)mcp_free(mcp);
    mcp_actions_fini(&actions);
    (void)arena_free(turn);
    return 0;
}
