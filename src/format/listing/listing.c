/*
 * Reading. The check walks each part once: the header's counts against the length, each record's
 * spans against the texts, orders, UTF-8 of all texts at once.
 */
#include "format/listing/internal.h"

#include "base/arena.h"

static uint32_t number_at(struct str bytes, size_t at)
{
    const unsigned char *p = (const unsigned char *)bytes.ptr + at;

    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t defs_at(const struct listing *listing)
{
    return LISTING__HEADER_LEN + (size_t)listing->tools_count * LISTING__TOOL_LEN;
}

static size_t needs_at(const struct listing *listing)
{
    return defs_at(listing) + (size_t)listing->defs_count * LISTING__DEF_LEN;
}

static size_t texts_at(const struct listing *listing)
{
    return needs_at(listing) + (size_t)listing->needs_count * 4;
}

static struct str texts_of(const struct listing *listing)
{
    return str_slice(listing->bytes, texts_at(listing), listing->bytes.len);
}

/* A span is an offset into the texts and a length; LISTING__NONE is no text. */
static struct str span_at(const struct listing *listing, size_t at)
{
    uint32_t offset = number_at(listing->bytes, at), len = number_at(listing->bytes, at + 4);

    if (offset == LISTING__NONE)
        return STR_NULL;
    return str_of(listing->bytes.ptr + texts_at(listing) + offset, len);
}

struct str listing_about(const struct listing *listing)
{
    return span_at(listing, 24);
}

struct listing_tool listing_tool_at(const struct listing *listing, size_t index)
{
    size_t at = LISTING__HEADER_LEN + index * LISTING__TOOL_LEN;

    CHECK(index < listing->tools_count);
    return (struct listing_tool){
        .name = span_at(listing, at),
        .path = span_at(listing, at + 8),
        .title = span_at(listing, at + 16),
        .description = span_at(listing, at + 24),
        .input = span_at(listing, at + 32),
        .output = span_at(listing, at + 40),
        .hints = span_at(listing, at + 48),
        .plan = span_at(listing, at + 56),
        .effect = (enum listing_effect)number_at(listing->bytes, at + 64),
        .needs_at = number_at(listing->bytes, at + 68),
        .needs_count = number_at(listing->bytes, at + 72),
    };
}

struct listing_def listing_def_at(const struct listing *listing, size_t index)
{
    size_t at = defs_at(listing) + index * LISTING__DEF_LEN;

    CHECK(index < listing->defs_count);
    return (struct listing_def){ span_at(listing, at), span_at(listing, at + 8) };
}

static uint32_t need_at(const struct listing *listing, const struct listing_tool *tool,
                        size_t index)
{
    return number_at(listing->bytes, needs_at(listing) + ((size_t)tool->needs_at + index) * 4);
}

uint32_t listing_need_index(const struct listing *listing, const struct listing_tool *tool,
                            size_t index)
{
    CHECK(index < tool->needs_count);
    return need_at(listing, tool, index);
}

struct listing_def listing_need(const struct listing *listing, const struct listing_tool *tool,
                                size_t index)
{
    return listing_def_at(listing, listing_need_index(listing, tool, index));
}

/* ---- the check ---- */

static bool header_read(struct listing *listing)
{
    struct str bytes = listing->bytes;

    if (bytes.len < LISTING__HEADER_LEN || bytes.len > LISTING_BYTES_MAX ||
        memcmp(bytes.ptr, LISTING__MAGIC, 8) != 0 || number_at(bytes, 8) != LISTING_FORMAT)
        return false;
    listing->tools_count = number_at(bytes, 12);
    listing->defs_count = number_at(bytes, 16);
    listing->needs_count = number_at(bytes, 20);
    return listing->tools_count <= LISTING_TOOLS_MAX && listing->defs_count <= LISTING_DEFS_MAX &&
           listing->needs_count <= LISTING_NEEDS_MAX && texts_at(listing) <= bytes.len;
}

/* Inside the texts, and between two characters. */
static bool span_ok(const struct listing *listing, size_t at)
{
    struct str texts = texts_of(listing);
    uint64_t offset = number_at(listing->bytes, at), len = number_at(listing->bytes, at + 4);

    if (offset == LISTING__NONE)
        return len == 0;
    if (offset + len > texts.len)
        return false;
    return (offset == texts.len || ((unsigned char)texts.ptr[offset] & 0xC0) != 0x80) &&
           (offset + len == texts.len || ((unsigned char)texts.ptr[offset + len] & 0xC0) != 0x80);
}

static bool spans_ok(const struct listing *listing, size_t at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!span_ok(listing, at + i * 8))
            return false;
    }
    return true;
}

static bool needs_ok(const struct listing *listing, const struct listing_tool *tool)
{
    uint32_t before = 0;

    if ((uint64_t)tool->needs_at + tool->needs_count > listing->needs_count)
        return false;
    for (uint32_t i = 0; i < tool->needs_count; i++) {
        uint32_t need = need_at(listing, tool, i);

        if (need >= listing->defs_count || (i > 0 && need <= before))
            return false;
        before = need;
    }
    return true;
}

static bool tool_ok(const struct listing *listing, size_t index, struct str before)
{
    struct listing_tool tool;

    if (!spans_ok(listing, LISTING__HEADER_LEN + index * LISTING__TOOL_LEN, 8))
        return false;
    tool = listing_tool_at(listing, index);
    return tool.name.len > 0 && tool.path.len > 0 && tool.path.len <= LISTING_PATH_MAX &&
           (unsigned)tool.effect <= LISTING_DESTRUCTIVE &&
           (index == 0 || str_compare(before, tool.path) < 0) && needs_ok(listing, &tool);
}

/* Each tool's needs come after those of the one before: together they are not over the count. */
static bool tools_ok(const struct listing *listing)
{
    struct str before = STR_NULL;
    uint64_t needs = 0;

    for (size_t i = 0; i < listing->tools_count; i++) {
        if (!tool_ok(listing, i, before))
            return false;
        struct listing_tool tool = listing_tool_at(listing, i);
        if (tool.needs_at != needs)
            return false;
        needs += tool.needs_count;
        before = tool.path;
    }
    return needs == listing->needs_count;
}

static bool defs_ok(const struct listing *listing)
{
    struct str before = STR_NULL;

    for (size_t i = 0; i < listing->defs_count; i++) {
        if (!spans_ok(listing, defs_at(listing) + i * LISTING__DEF_LEN, 2))
            return false;
        struct listing_def def = listing_def_at(listing, i);
        if (def.name.len == 0 || def.text.len == 0 || (i > 0 && str_compare(before, def.name) >= 0))
            return false;
        before = def.name;
    }
    return true;
}

int listing_open(struct str bytes, struct listing *ret_listing, const char **ret_why)
{
    struct listing listing = { .bytes = bytes };

    *ret_why = "its header is none";
    if (!header_read(&listing))
        return LISTING_MALFORMED;
    *ret_why = "its texts are no UTF-8";
    if (!str_is_utf8(texts_of(&listing)) || !span_ok(&listing, 24))
        return LISTING_MALFORMED;
    *ret_why = "a definition is out of place";
    if (!defs_ok(&listing))
        return LISTING_MALFORMED;
    *ret_why = "a tool is out of place";
    if (!tools_ok(&listing))
        return LISTING_MALFORMED;
    *ret_listing = listing;
    return LISTING_SOUND;
}

/* ---- what is made of it ---- */

/* A text is told apart from none, and from its neighbours, by its length before it. */
static void text_add(struct buf *out, struct str text)
{
    buf_printf(out, "%s%zu:", text.ptr ? "" : "-", text.len);
    buf_add_str(out, text);
}

void listing_digests(const struct listing *listing, struct digest *ret_digests)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct digest *defs = heap_alloc((listing->defs_count + 1) * sizeof(*defs));

    for (size_t i = 0; i < listing->defs_count; i++) {
        struct listing_def def = listing_def_at(listing, i);

        buf_clear(&text);
        text_add(&text, def.name);
        text_add(&text, def.text);
        defs[i] = digest_of(buf_str(&text));
    }
    for (size_t i = 0; i < listing->tools_count; i++) {
        struct listing_tool tool = listing_tool_at(listing, i);
        const struct str texts[] = { tool.name,  tool.path,   tool.title, tool.description,
                                     tool.input, tool.output, tool.hints, tool.plan };

        buf_clear(&text);
        for (size_t j = 0; j < ARRAY_COUNT(texts); j++)
            text_add(&text, texts[j]);
        buf_add_char(&text, (char)('0' + tool.effect));
        for (size_t j = 0; j < tool.needs_count; j++)
            buf_add(&text, defs[need_at(listing, &tool, j)].bytes, DIGEST_LEN);
        ret_digests[i] = digest_of(buf_str(&text));
    }
    (void)heap_free(defs);
}

void listing_schema_print(const struct listing *listing, const struct listing_tool *tool,
                          struct str schema, struct buf *out)
{
    if (!schema.ptr)
        return;
    if (tool->needs_count == 0 || schema.len < 2 || schema.ptr[0] != '{') {
        buf_add_str(out, schema);
        return;
    }
    buf_add_c(out, "{\"$defs\":{");
    for (size_t i = 0; i < tool->needs_count; i++) {
        struct listing_def def = listing_need(listing, tool, i);

        if (i > 0)
            buf_add_char(out, ',');
        buf_add_json(out, def.name);
        buf_add_char(out, ':');
        buf_add_str(out, def.text);
    }
    buf_add_char(out, '}');
    if (schema.len > 2)
        buf_add_char(out, ',');
    buf_add_str(out, str_slice(schema, 1, schema.len));
}
