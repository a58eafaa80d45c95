/* Whatever parses prints, and what was printed parses to an equal value that prints the same. */
#include "format/json/json.h"

static const struct json_value *parse_fuzz_again(struct arena *arena, const struct buf *text)
{
    struct json_error error;
    struct json_doc doc;

    CHECK(json_parse(arena, buf_str(text), NULL, &error, &doc) == JSON_PARSED);
    return doc.root;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(0);
    BUF_CLEANUP struct buf plain = BUF_INIT;
    BUF_CLEANUP struct buf pretty = BUF_INIT;
    BUF_CLEANUP struct buf canonical = BUF_INIT;
    BUF_CLEANUP struct buf again = BUF_INIT;
    const struct json_value *value;
    struct json_error error;
    struct json_doc doc;

    if (json_parse(arena, str_of((const char *)data, size), NULL, &error, &doc) != JSON_PARSED) {
        CHECK(error.offset <= size && error.line >= 1 && error.column >= 1 && error.sentence[0]);
        return 0;
    }
    json_print(&plain, doc.root);
    value = parse_fuzz_again(arena, &plain);
    CHECK(json_equal(doc.root, value) && json_hash(doc.root) == json_hash(value));
    json_print_pretty(&pretty, doc.root);
    CHECK(json_equal(doc.root, parse_fuzz_again(arena, &pretty)));
    json_print_canonical(&canonical, doc.root);
    json_print_canonical(&again, value);
    CHECK(str_equal(buf_str(&canonical), buf_str(&again)));
    CHECK(json_equal(json_copy(arena, doc.root), value));
    return 0;
}
