/* What an image is by its first bytes, and what a client hears of an artifact that it asks for. */
#include "edge/mcp/mcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define NAME "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void images_by_their_first_bytes(void **state)
{
    const struct {
        struct str bytes;
        const char *type; /* NULL: it is none */
    } rows[] = {
        { STR("\x89PNG\r\n\x1a\n...."), "image/png" },
        { STR("\xff\xd8\xff\xdb"), "image/jpeg" },
        { STR("GIF87a"), "image/gif" },
        { STR("GIF89a\1"), "image/gif" },
        { STR("RIFF\1\2\3\4WEBPVP8 "), "image/webp" },
        { STR("RIFF\1\2\3\4WAVEfmt "), NULL },
        { STR("RIFF"), NULL },
        { STR("\x89PNG\n\x1a\n"), NULL },
        { STR("<svg xmlns="), NULL },
        { STR("GIF"), NULL },
        { STR(""), NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct str type = mcp_image_type(rows[i].bytes);

        assert_true(rows[i].type ? str_is(type, rows[i].type) : !type.ptr);
    }
}

/* What a client of this version hears. */
static struct str heard(struct arena *arena, const char *version, enum mcp_fetched_answer answer,
                        const struct mcp_file *file)
{
    struct mcp_config config = mcp_config_default();
    struct mcp_actions actions;
    struct mcp *mcp;
    struct str said;

    config.version = STR("1");
    mcp = mcp_new(&config);
    mcp_actions_init(&actions, arena);
    mcp_open(mcp, 1, STR("ann"));
    mcp_line(mcp, 1,
             str_printf(arena,
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                        "\"protocolVersion\":\"%s\"}}",
                        version),
             0, &actions);
    VEC_CLEAR(&actions.list);
    mcp_line(mcp, 1,
             STR("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"resources/read\",\"params\":{\"uri\":"
                 "\"writ://artifact/" NAME "\"}}"),
             0, &actions);
    assert_int_equal(actions.list.count, 1);
    assert_int_equal(actions.list.at[0].kind, MCP_FETCH);
    assert_true(str_is(actions.list.at[0].fetch.client.principal, "ann"));
    mcp_fetched(mcp, actions.list.at[0].key, answer, file, &actions);
    mcp_fetched(mcp, actions.list.at[0].key, answer, file, &actions); /* It is over: nothing. */
    assert_int_equal(actions.list.count, 2);
    assert_int_equal(actions.list.at[1].kind, MCP_WRITE);
    said = str_copy(arena, actions.list.at[1].write.text);
    assert_int_equal(mcp_figures(mcp).calls, 0);
    (void)mcp_free(mcp);
    mcp_actions_fini(&actions);
    return said;
}

static bool says(struct str text, const char *what)
{
    return str_find(text, str_from(what)) != SIZE_MAX;
}

static void what_is_asked_for(void **state)
{
    struct arena *arena = arena_new(0);
    struct mcp_file file = { .size = 9000000, .bytes = STR("\x89PNG\r\n\x1a\n\xff") };
    struct str text;

    (void)state;
    assert_true(digest_parse(STR(NAME), &file.name));
    text = heard(arena, "2025-11-25", MCP_FETCHED, &file);
    assert_true(says(text, "{\"uri\":\"writ://artifact/" NAME "\",\"mimeType\":\"image/png\","
                           "\"blob\":\"iVBORw0KGgr/\"}"));
    file.bytes = STR("\xff\xfe");
    assert_true(says(heard(arena, "2025-11-25", MCP_FETCHED, &file),
                     "\"mimeType\":\"application/octet-stream\",\"blob\":\"//4=\""));
    file.bytes = STR("{\"a\":1}");
    text = heard(arena, "2024-11-05", MCP_FETCHED, &file);
    assert_true(says(text, "\"text\":\"{\\\"a\\\":1}\"") && !says(text, "mimeType"));
    text = heard(arena, "2025-11-25", MCP_FETCHED_NONE, &file);
    assert_true(says(text, "\"code\":-32002") && says(text, "\"uri\":\"writ://artifact/" NAME));
    text = heard(arena, "2025-11-25", MCP_FETCHED_LARGE, &file);
    assert_true(says(text, "\"code\":-32603") && says(text, "9000000 bytes") &&
                says(text, "tools.writ.results.read"));
    text = heard(arena, "2025-11-25", MCP_FETCHED_BUSY, &file);
    assert_true(says(text, "\"code\":-32603") && says(text, "ask again"));
    (void)arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_by_their_first_bytes),
        cmocka_unit_test(what_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
