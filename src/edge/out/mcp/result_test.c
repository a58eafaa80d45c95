/* The one convention: what comes from the server, and the value it becomes. */
#include "edge/out/mcp/test.h"

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
          "[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"AA==\"}]" },
        { "{\"content\":[{\"type\":\"audio\",\"mimeType\":\"audio/wav\",\"data\":\"AA==\"}]}",
          "[{\"type\":\"audio\",\"mimeType\":\"audio/wav\",\"data\":\"AA==\"}]" },
        { "{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///a\",\"mimeType\":"
          "\"text/plain\",\"text\":\"t\",\"_meta\":{}}}]}",
          "[{\"type\":\"resource\",\"uri\":\"file:///a\",\"mimeType\":\"text/plain\","
          "\"text\":\"t\"}]" },
        { "{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"u\",\"blob\":\"AA==\"}}]}",
          "[{\"type\":\"resource\",\"uri\":\"u\",\"data\":\"AA==\"}]" },
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_content_has_its_value),
        cmocka_unit_test(an_error_result_fails_with_its_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
