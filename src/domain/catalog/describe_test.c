#include "domain/catalog/test.h"

static void describes(const struct catalog_tool *tool, const char *expected)
{
    struct buf out BUF_CLEANUP = BUF_INIT;

    catalog_describe(tool, &out);
    buf_add_char(&out, 0);
    assert_string_equal(out.ptr, expected);
}

static void args_are(const char *input, const char *expected)
{
    struct catalog_tool tool = { .address = STR("s.t"), .input = str_from(input) };
    struct buf out BUF_CLEANUP = BUF_INIT;

    buf_add_c(&out, "/**\n * Effect: read\n */\ntools.s.t(");
    buf_add_c(&out, expected);
    buf_add_char(&out, 0);
    describes(&tool, out.ptr);
}

static void a_tool_reads_as_a_function(void **state UNUSED)
{
    struct catalog_tool tool = {
        .address = STR("my-docs.read_file"),
        .description = STR("Read a file.\n\nSecond line."),
        .effect = EVENT_EFFECT_WRITE,
        .input = STR("{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\","
                     "\"description\":\"Where.\"},\"head\":{\"type\":\"integer\",\"default\":5},"
                     "\"a-b\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},"
                     "\"required\":[\"path\"]}"),
        .output = STR("{\"type\":\"object\",\"properties\":{\"content\":{\"type\":\"string\"}},"
                      "\"required\":[\"content\"]}"),
    };

    describes(&tool, "/**\n * Read a file.\n * Second line.\n * Effect: write\n */\n"
                     "tools[\"my-docs\"].read_file(args: {\n"
                     "  /** Where. */\n"
                     "  path: string;\n"
                     "  /** Default: 5 */\n"
                     "  head?: number;\n"
                     "  \"a-b\"?: string[];\n"
                     "}): Promise<{\n"
                     "  content: string;\n"
                     "}>;\n");
}

static void schemas_become_types(void **state UNUSED)
{
    args_are("true", "args?: unknown): Promise<unknown>;\n");
    args_are("{\"type\":\"object\"}", "args?: {}): Promise<unknown>;\n");
    args_are("{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[\"x\",1,null]},"
             "\"b\":{\"const\":true},\"c\":{\"type\":[\"string\",\"null\"]},"
             "\"d\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":"
             "{\"type\":[\"number\",\"null\"]}}]},\"e\":{\"type\":\"object\","
             "\"additionalProperties\":{\"type\":\"number\"}},\"f\":{\"prefixItems\":"
             "[{\"type\":\"string\"}],\"items\":false},\"g\":{},\"h\":false}}",
             "args?: {\n"
             "  a?: \"x\" | 1 | null;\n"
             "  b?: true;\n"
             "  c?: string | null;\n"
             "  d?: string | (number | null)[];\n"
             "  e?: Record<string, number>;\n"
             "  f?: [string];\n"
             "  g?: unknown;\n"
             "  h?: never;\n"
             "}): Promise<unknown>;\n");
    args_are("{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}},"
             "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"number\"}]}]}",
             "args: {\n  a?: string;\n} & (string | number)): Promise<unknown>;\n");
}

static void members_stand_under_each_other(void **state UNUSED)
{
    args_are("{\"properties\":{\"a\":{\"type\":\"array\",\"description\":\"Of\",\"default\":[],"
             "\"items\":{\"properties\":{\"b\":{\"properties\":{\"c\":{\"type\":\"null\"}}}}}}}}",
             "args?: {\n"
             "  /** Of (default: []) */\n"
             "  a?: {\n"
             "    b?: {\n"
             "      c?: null;\n"
             "    };\n"
             "  }[];\n"
             "}): Promise<unknown>;\n");
}

static void references_are_named_once(void **state UNUSED)
{
    args_are("{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/tree-node\"},"
             "\"b\":{\"$ref\":\"#/$defs/tree-node\"},\"c\":{\"$ref\":\"http://x/y\"}},"
             "\"$defs\":{\"tree-node\":{\"type\":\"object\",\"properties\":{\"next\":"
             "{\"$ref\":\"#/$defs/tree-node\"}}},\"unused\":{\"type\":\"string\"}}}",
             "args?: {\n  a?: TreeNode;\n  b?: TreeNode;\n  c?: unknown;\n}): Promise<unknown>;\n"
             "\ntype TreeNode = {\n  next?: TreeNode;\n};\n");
}

static void what_holds_together_is_said_together(void **state UNUSED)
{
    args_are(
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}},\"allOf\":[{\"$ref\":"
        "\"#/$defs/base\"}],\"oneOf\":[{\"$ref\":\"#/$defs/cat\"},{\"$ref\":\"#/$defs/dog\"}],"
        "\"x-discriminator\":{\"propertyName\":\"ki*/nd\"},\"required\":[\"a\"],\"$defs\":{"
        "\"base\":{\"description\":\"What all have. */\",\"properties\":{\"id\":{\"type\":"
        "\"integer\"}}},\"cat\":{\"properties\":{\"meow\":{\"type\":\"boolean\"}}},"
        "\"dog\":{\"allOf\":[{\"$ref\":\"#/$defs/base\"},{\"$ref\":\"#/$defs/dog\"}]}}}",
        "args: {\n  a: string;\n} & Base & (/* by ki*\\/nd */ Cat | Dog)): Promise<unknown>;\n"
        "\n/** What all have. *\\/ */\ntype Base = {\n  id?: number;\n};\n"
        "\ntype Cat = {\n  meow?: boolean;\n};\n\ntype Dog = Base & Dog;\n");
    args_are("{\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"string\"}},\"anyOf\":["
             "{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}",
             "args?: {\n  a?: string;\n  b?: string;\n}): Promise<unknown>;\n");
}

#define PETS                                                                                       \
    "\"$defs\":{\"Cat\":{\"properties\":{\"k\":{\"type\":\"string\"}},\"required\":[\"k\"]},"      \
    "\"Dog\":{\"properties\":{\"k\":{\"type\":\"string\"}},\"required\":[\"k\"]}}"
#define TYPES "\ntype Cat = {\n  k: string;\n};\n\ntype Dog = {\n  k: string;\n};\n"
static void a_union_is_told_apart_by_a_literal(void **state UNUSED)
{
    args_are("{\"oneOf\":[{\"$ref\":\"#/$defs/Cat\"},{\"$ref\":\"#/$defs/Dog\"},{\"type\":"
             "\"null\"}],\"x-discriminator\":{\"propertyName\":\"the k\",\"mapping\":{\"cat\":0,"
             "\"*/\":1,\"kitten\":0}}," PETS "}",
             "args: { \"the k\": \"cat\" | \"kitten\" } & Cat | { \"the k\": \"*/\" } & Dog | null"
             "): Promise<unknown>;\n" TYPES);
    /* As servers of MCP write it. */
    args_are("{\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"anyOf\":[{\"$ref\":\"#/$defs/"
             "Cat\"},"
             "{\"$ref\":\"#/$defs/"
             "Dog\"}],\"discriminator\":{\"propertyName\":\"k\",\"mapping\":{\"dog\":"
             "\"#/$defs/Dog\",\"cat\":\"#/$defs/Cat\"}}}}}," PETS "}",
             "args?: {\n  a?: ({ k: \"cat\" } & Cat | { k: \"dog\" } & Dog)[];\n"
             "}): Promise<unknown>;\n" TYPES);
}

static void what_is_left_out_is_said(void **state UNUSED)
{
    struct buf wide BUF_CLEANUP = BUF_INIT, out BUF_CLEANUP = BUF_INIT;
    struct catalog_tool tool = { .address = STR("s.t") };

    buf_add_c(&wide, "{\"properties\":{");
    for (int i = 0; i < 5000; i++)
        buf_printf(&wide, "%s\"p%d\":{\"description\":\"%0200d\",\"type\":\"string\"}",
                   i ? "," : "", i, 0);
    buf_add_c(&wide, "},\"required\":[\"p4999\"]}");
    tool.input = buf_str(&wide);
    catalog_describe(&tool, &out);
    assert_true(out.len < 40000);
    assert_true(str_find(buf_str(&out), STR("  p4999: string;\n")) != SIZE_MAX);
    assert_true(str_find(buf_str(&out), STR(" more */\n})")) != SIZE_MAX);
    assert_true(str_ends(buf_str(&out), STR(" more types and members. */\n")));
    tool.input = STR("{\"properties\":{\"a\":{\"type\":\"string\"}}}");
    buf_clear(&out);
    catalog_describe(&tool, &out);
    assert_true(str_find(buf_str(&out), STR("Left out")) == SIZE_MAX);
}

static void nothing_breaks_out(void **state UNUSED)
{
    struct catalog_tool tool = {
        .address = STR("s.t"),
        .description = STR("end */ alert() /* ``` fence\r\n\x1b[2J* / *\xe2\x80\x8b/ \xe2\x80\xae"),
        .input = STR("{\"properties\":{\"x\\n*/`\\u202e\":{\"type\":\"string\","
                     "\"description\":\"*/\\n*\\n/\"},\"y\":{\"enum\":[\"`\\\"*/\\n\"]}}}"),
    };

    describes(&tool, "/**\n * end *\\/ alert() /* ''' fence\n * [2J* / *\\/\n * Effect: read\n */\n"
                     "tools.s.t(args?: {\n"
                     "  /** *\\/ * / */\n"
                     "  \"x\\n*/\\u0060\\u202E\"?: string;\n"
                     "  y?: \"\\u0060\\\"*/\\n\";\n"
                     "}): Promise<unknown>;\n");
}

static void depth_and_size_have_ends(void **state UNUSED)
{
    struct buf deep BUF_CLEANUP = BUF_INIT, wide BUF_CLEANUP = BUF_INIT, out BUF_CLEANUP = BUF_INIT;

    for (int i = 0; i < 100; i++)
        buf_add_c(&deep, "{\"properties\":{\"a\":");
    buf_add_c(&deep, "{}");
    for (int i = 0; i < 100; i++)
        buf_add_c(&deep, "}}");
    struct catalog_tool tool = { .address = STR("s.t"), .input = buf_str(&deep) };
    catalog_describe(&tool, &out);
    assert_true(out.len < 2000);
    buf_add_c(&wide, "{\"$defs\":{");
    for (int i = 0; i < 500; i++)
        buf_printf(&wide,
                   "%s\"d%d\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/d%d\"},\"text\":"
                   "{\"type\":\"string\"}}}",
                   i ? "," : "", i, (i + 1) % 500);
    buf_add_c(&wide, "},\"properties\":{\"a\":{\"$ref\":\"#/$defs/d0\"}}}");
    tool.input = buf_str(&wide);
    buf_clear(&out);
    catalog_describe(&tool, &out);
    assert_true(out.len < 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tool_reads_as_a_function),
        cmocka_unit_test(schemas_become_types),
        cmocka_unit_test(members_stand_under_each_other),
        cmocka_unit_test(references_are_named_once),
        cmocka_unit_test(what_holds_together_is_said_together),
        cmocka_unit_test(a_union_is_told_apart_by_a_literal),
        cmocka_unit_test(what_is_left_out_is_said),
        cmocka_unit_test(nothing_breaks_out),
        cmocka_unit_test(depth_and_size_have_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
