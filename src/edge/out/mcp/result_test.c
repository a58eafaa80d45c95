/* The one convention: what comes from the server, and the value it becomes. */
#include "edge/out/mcp/test.h"

#include "model/limit.h"

/* What one zero byte, and none, are named. */
#define ZERO  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define REFERENCE(name, type, size)                                                                \
    "{\"$artifact\":\"" name "\",\"type\":\"" type "\",\"size\":" size "}"

static void every_kind_of_content_has_its_value(void **state)
{
    static const struct {
        const char *result;
        const char *value;
    } rows[] = {
        { "{\"content\":[]}", "null" },
        { "{}", "null" },
        { "{\"content\":[{\"type\":\"text\",\"text\":\"\"}]}", "\"\"" },
        { "{\"content\":[{\"type\":\"text\",\"text\":\"{\\\"a\\\":1}\"}]}", "\"{\\\"a\\\":1}\"" },
        { "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"structuredContent\":{\"a\":1}}",
          "{\"a\":1}" },
        { "{\"content\":[],\"structuredContent\":{\"id\":12345678901234567890123}}",
          "{\"id\":12345678901234567890123}" },
        { "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}",
          "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]" },
        { "{\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"AA==\","
          "\"annotations\":{\"priority\":1}}]}",
          "[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":" REFERENCE(ZERO, "image/png",
                                                                                "1") "}]" },
        { "{\"content\":[{\"type\":\"audio\",\"mimeType\":\"audio/wav\",\"data\":\"AA==\"}]}",
          "[{\"type\":\"audio\",\"mimeType\":\"audio/wav\",\"data\":" REFERENCE(ZERO, "audio/wav",
                                                                                "1") "}]" },
        { "{\"content\":[{\"type\":\"image\",\"data\":\"\"},{\"type\":\"image\",\"data\":7}]}",
          "[{\"type\":\"image\",\"data\":" REFERENCE(EMPTY, "application/octet-stream",
                                                     "0") "},{\"type\":\"image\",\"data\":7}]" },
        { "{\"content\":[{\"type\":\"image\",\"data\":\"A\\r\\nA=\\n=\\n\"}]}",
          "[{\"type\":\"image\",\"data\":" REFERENCE(ZERO, "application/octet-stream", "1") "}]" },
        { "{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///a\",\"mimeType\":"
          "\"text/plain\",\"text\":\"t\",\"_meta\":{}}}]}",
          "[{\"type\":\"resource\",\"uri\":\"file:///a\",\"mimeType\":\"text/plain\","
          "\"text\":\"t\"}]" },
        { "{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"u\",\"blob\":\"AA==\"}}]}",
          "[{\"type\":\"resource\",\"uri\":\"u\",\"data\":" REFERENCE(
              ZERO, "application/octet-stream", "1") "}]" },
        { "{\"content\":[{\"type\":\"resource_link\",\"uri\":\"u\",\"name\":\"n\",\"size\":3}]}",
          "[{\"type\":\"resource_link\",\"uri\":\"u\",\"name\":\"n\",\"size\":3}]" },
        { "{\"content\":[{\"type\":\"hologram\",\"depth\":3}]}",
          "[{\"type\":\"hologram\",\"depth\":3}]" },
        { "{\"content\":[7,{\"type\":\"text\"}]}", "[7,{\"type\":\"text\"}]" },
    };
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct out_mcp_event event;
        char line[1024];

        assert_int_equal(call(session, i + 1, 1000), 0);
        (void)taken_out(session);
        (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%zu,\"result\":%s}", i + 4,
                       rows[i].result);
        say(session, line);
        event = expect(session, OUT_MCP_OUTCOME);
        assert_int_equal(event.status, MSG_OUTCOME_STATUS_ANSWERED);
        assert_text(event.value, rows[i].value);
    }
}

static void an_error_result_fails_with_its_texts(void **state)
{
    static const struct {
        const char *result;
        const char *text;
        const char *data;
    } rows[] = {
        { "{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"no\"}]}", "no", NULL },
        { "{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\"},"
          "{\"type\":\"text\",\"text\":\"b\"}],\"structuredContent\":{\"code\":7}}",
          "a\nb", "{\"code\":7}" },
        { "{\"isError\":true}", "the tool failed without a message", NULL },
        { "{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\","
          "\"mimeType\":\"image/png\",\"data\":\"aGk=\"}]}",
          "a",
          "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\",\"mimeType\":\"image/"
          "png\",\"data\":"
          "{\"$artifact\":\"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4\","
          "\"type\":\"image/png\",\"size\":2}}]" },
        { "{\"isError\":true,\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\","
          "\"data\":\"?!\"}]}",
          "a", NULL },
    };
    CLEANUP(out_mcp_free) struct out_mcp *session = connected_session();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct out_mcp_event event;
        char line[1024];

        assert_int_equal(call(session, i + 1, 1000), 0);
        (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%zu,\"result\":%s}", i + 4,
                       rows[i].result);
        say(session, line);
        event = expect(session, OUT_MCP_OUTCOME);
        assert_int_equal(event.status, MSG_OUTCOME_STATUS_FAILED);
        assert_text(event.code, "upstream");
        assert_text(event.text, rows[i].text);
        assert_true(str_equal(event.data, str_from(rows[i].data)));
    }
}

/* What the session asked last is answered with that. */
static void answer(struct out_mcp *session, const char *result)
{
    static char line[1 << 17];
    const char *asked = strstr(taken_out(session), "\"id\":");

    assert_non_null(asked);
    (void)snprintf(line, sizeof(line), "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":%s}",
                   (int)strspn(asked + 5, "0123456789"), asked + 5, result);
    say(session, line);
}

static struct out_mcp_event answered(struct out_mcp *session, const char *tool, const char *result)
{
    static uint64_t handle;

    handle++;

    const struct out_mcp_call one = { .handle = handle,
                                      .tool = str_from(tool),
                                      .timeout_ms = 1000 };

    assert_int_equal(out_mcp_call(session, &one, now_ms), OUT_MCP_ACCEPTED);
    answer(session, result);
    return expect(session, OUT_MCP_OUTCOME);
}

/* With resources and prompts beside its tools. */
static struct out_mcp *whole_session(void)
{
    struct out_mcp *session = new_session();

    answer(session, "{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{},"
                    "\"resources\":{},\"prompts\":{}},\"serverInfo\":{\"name\":\"s\","
                    "\"version\":\"1\"}}");
    expect_nothing(session);
    answer(session, "{\"tools\":[{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\"}}]}");
    (void)expect(session, OUT_MCP_TOOLS);
    return session;
}

static void bytes_come_beside_the_value_that_names_them(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = whole_session();
    struct out_mcp_event event =
        answered(session, "t",
                 "{\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"AAEC\"},"
                 "{\"type\":\"text\",\"text\":\"and\"},"
                 "{\"type\":\"resource\",\"resource\":{\"uri\":\"u\",\"blob\":\"_-8\"}}]}");

    (void)state;
    assert_int_equal(event.blob_count, 2);
    assert_true(str_equal(event.blobs[0].bytes, str_of("\0\1\2", 3)));
    assert_text(event.blobs[0].type, "image/png");
    assert_true(str_equal(event.blobs[1].bytes, str_of("\xff\xef", 2)));
    for (size_t i = 0; i < event.blob_count; i++) {
        const struct out_mcp_blob *blob = &event.blobs[i];
        BUF_CLEANUP struct buf reference = BUF_INIT;
        struct digest name = digest_of(blob->bytes);

        out_mcp_blob_print(&reference, blob);
        assert_true(digest_equal(&name, &blob->name));
        assert_true(
            str_equal(str_slice(event.value, blob->at, blob->at + blob->len), buf_str(&reference)));
    }
    event =
        answered(session, "t", "{\"structuredContent\":{\"type\":\"image\",\"data\":\"AA==\"}}");
    assert_int_equal(event.blob_count, 0);
    assert_text(event.value, "{\"type\":\"image\",\"data\":\"AA==\"}");
}

static void resources_and_prompts_are_as_mcp_has_them(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = whole_session();
    struct out_mcp_event event =
        answered(session, "$resources.read",
                 "{\"contents\":[{\"uri\":\"u\",\"text\":\"t\"},{\"uri\":\"v\",\"mimeType\":"
                 "\"image/png\",\"blob\":\"AA==\"}],\"ttlMs\":0}");

    (void)state;
    assert_text(event.value,
                "{\"contents\":[{\"uri\":\"u\",\"text\":\"t\"},{\"uri\":\"v\","
                "\"mimeType\":\"image/png\",\"blob\":" REFERENCE(ZERO, "image/png", "1") "}]}");
    assert_int_equal(event.blob_count, 1);
    event =
        answered(session, "$prompts.get",
                 "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"audio\",\"mimeType\":"
                 "\"audio/wav\",\"data\":\"AA==\"}},{\"role\":\"user\",\"content\":{\"type\":"
                 "\"resource\",\"resource\":{\"uri\":\"u\",\"blob\":\"AA==\"}}}]}");
    assert_text(event.value,
                "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"audio\",\"mimeType\":"
                "\"audio/wav\",\"data\":" REFERENCE(
                    ZERO, "audio/wav",
                    "1") "}},{\"role\":\"user\","
                         "\"content\":{\"type\":\"resource\",\"resource\":{\"uri\":\"u\","
                         "\"blob\":" REFERENCE(ZERO, "application/octet-stream", "1") "}}}]}");
    assert_int_equal(event.blob_count, 2);
}

static const char *many_images(unsigned int count)
{
    static char text[1 << 16];
    size_t len = (size_t)snprintf(text, sizeof(text), "{\"content\":[");

    for (unsigned int i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "%s{\"type\":\"image\",\"data\":\"AA==\"}", i ? "," : "");
    (void)snprintf(text + len, sizeof(text) - len, "]}");
    return text;
}

static void bytes_that_cannot_be_had_spoil_the_answer_at_their_place(void **state)
{
    CLEANUP(out_mcp_free) struct out_mcp *session = whole_session();
    struct out_mcp_event event =
        answered(session, "t",
                 "{\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"image\","
                 "\"data\":\"no%base64\"}]}");

    (void)state;
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_UNREADABLE);
    assert_text(event.code, "upstream");
    assert_text(event.text, "its answer cannot be read: /content/1/data is no base64");
    event = answered(session, "$resources.read", "{\"contents\":[{\"uri\":\"u\",\"blob\":\"A\"}]}");
    assert_text(event.text, "its answer cannot be read: /contents/0/blob is no base64");
    event = answered(session, "t", many_images(LIMIT_VALUE_BLOBS));
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_ANSWERED);
    assert_int_equal(event.blob_count, LIMIT_VALUE_BLOBS);
    event = answered(session, "t", many_images(LIMIT_VALUE_BLOBS + 1));
    assert_int_equal(event.status, MSG_OUTCOME_STATUS_UNREADABLE);
    assert_text(event.code, "limit");
    assert_text(event.text, "its answer cannot be read: /content/64/data is one too many: 64 "
                            "binary parts are allowed");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_content_has_its_value),
        cmocka_unit_test(an_error_result_fails_with_its_texts),
        cmocka_unit_test(bytes_come_beside_the_value_that_names_them),
        cmocka_unit_test(resources_and_prompts_are_as_mcp_has_them),
        cmocka_unit_test(bytes_that_cannot_be_had_spoil_the_answer_at_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
