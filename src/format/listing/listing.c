/*
 * Reading. The check walks each part once, in steps: the header's counts against the length, UTF-8
 * of all texts, each record's spans against them, orders.
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

/* How many of what one step is worth. */
#define STEP_BYTES 16384U
#define STEP_COUNT 32U
#define STEP_NEEDS 1024U

enum check_part {
    CHECK_HEADER,
    CHECK_TEXTS,
    CHECK_DEFS,
    CHECK_TOOLS,
    CHECK_DONE,
};

/* Pieces of the texts end between two characters, so that all are UTF-8 where each is. */
static bool texts_step(struct listing_check *check, size_t *steps)
{
    struct str texts = texts_of(&check->listing);

    check->why = "its texts are no UTF-8";
    if (check->at == 0 && !span_ok(&check->listing, 24))
        return false;
    for (; *steps > 0 && check->at < texts.len; --*steps) {
        size_t to = str_utf8_cut(texts, check->at + STEP_BYTES);

        if (!str_is_utf8(str_slice(texts, check->at, to)))
            return false;
        check->at = to;
    }
    return true;
}

static bool def_ok(struct listing_check *check)
{
    struct listing *listing = &check->listing;
    struct listing_def def;

    if (!spans_ok(listing, defs_at(listing) + check->at * LISTING__DEF_LEN, 2))
        return false;
    def = listing_def_at(listing, check->at);
    if (def.name.len == 0 || def.text.len == 0 ||
        (check->at > 0 && str_compare(check->before, def.name) >= 0))
        return false;
    check->before = def.name;
    return true;
}

static bool defs_step(struct listing_check *check, size_t *steps)
{
    check->why = "a definition is out of place";
    for (; *steps > 0 && check->at < check->listing.defs_count; --*steps) {
        for (size_t i = 0; i < STEP_COUNT && check->at < check->listing.defs_count; i++) {
            if (!def_ok(check))
                return false;
            check->at++;
        }
    }
    return true;
}

/* Each tool's needs come after those of the one before: together they are not over the count. */
static bool tools_step(struct listing_check *check, size_t *steps)
{
    size_t left = *steps * STEP_COUNT, cost = 0;

    check->why = "a tool is out of place";
    for (; cost < left && check->at < check->listing.tools_count; check->at++) {
        struct listing_tool tool;

        if (!tool_ok(&check->listing, check->at, check->before))
            return false;
        tool = listing_tool_at(&check->listing, check->at);
        if (tool.needs_at != check->needs)
            return false;
        check->needs += tool.needs_count;
        check->before = tool.path;
        cost += 1 + tool.needs_count / (STEP_NEEDS / STEP_COUNT);
    }
    *steps = cost < left ? (left - cost) / STEP_COUNT : 0;
    return check->at < check->listing.tools_count || check->needs == check->listing.needs_count;
}

static size_t part_len(const struct listing_check *check)
{
    switch ((enum check_part)check->part) {
    case CHECK_TEXTS:
        return texts_of(&check->listing).len;
    case CHECK_DEFS:
        return check->listing.defs_count;
    case CHECK_TOOLS:
        return check->listing.tools_count;
    case CHECK_HEADER:
    case CHECK_DONE:
        break;
    }
    return 0;
}

static bool part_step(struct listing_check *check, size_t *steps)
{
    switch ((enum check_part)check->part) {
    case CHECK_HEADER:
        check->why = "its header is none";
        return header_read(&check->listing);
    case CHECK_TEXTS:
        return texts_step(check, steps);
    case CHECK_DEFS:
        return defs_step(check, steps);
    case CHECK_TOOLS:
        return tools_step(check, steps);
    case CHECK_DONE:
        break;
    }
    return true;
}

void listing_check_init(struct listing_check *check, struct str bytes)
{
    *check = (struct listing_check){ .listing = { .bytes = bytes } };
}

int listing_check_step(struct listing_check *check, size_t steps)
{
    while (check->part < CHECK_DONE) {
        if (!part_step(check, &steps))
            return LISTING_MALFORMED;
        if (check->at < part_len(check))
            return LISTING_UNCHECKED;
        check->part++;
        check->at = 0;
        check->before = STR_NULL;
    }
    return LISTING_SOUND;
}

int listing_open(struct str bytes, struct listing *ret_listing, const char **ret_why)
{
    struct listing_check check;

    listing_check_init(&check, bytes);
    if (listing_check_step(&check, SIZE_MAX / STEP_COUNT) != LISTING_SOUND) {
        *ret_why = check.why;
        return LISTING_MALFORMED;
    }
    *ret_listing = check.listing;
    return LISTING_SOUND;
}

/* ---- what is made of it ---- */

/* A text is told apart from none, and from its neighbours, by its length before it. */
static void text_add(struct buf *out, struct str text)
{
    if (!text.ptr)
        buf_add_char(out, '-');
    buf_add_u64(out, text.len);
    buf_add_char(out, ':');
    buf_add_str(out, text);
}

struct digest listing_def_digest(const struct listing *listing, size_t index, struct buf *scratch)
{
    struct listing_def def = listing_def_at(listing, index);

    buf_clear(scratch);
    text_add(scratch, def.name);
    text_add(scratch, def.text);
    return digest_of(buf_str(scratch));
}

struct digest listing_tool_digest(const struct listing *listing, size_t index,
                                  const struct digest *defs, struct buf *scratch)
{
    struct listing_tool tool = listing_tool_at(listing, index);
    const struct str texts[] = { tool.name,  tool.path,   tool.title, tool.description,
                                 tool.input, tool.output, tool.hints, tool.plan };

    buf_clear(scratch);
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        text_add(scratch, texts[i]);
    buf_add_char(scratch, (char)('0' + tool.effect));
    for (size_t i = 0; i < tool.needs_count; i++)
        buf_add(scratch, defs[need_at(listing, &tool, i)].bytes, DIGEST_LEN);
    return digest_of(buf_str(scratch));
}

void listing_digests(const struct listing *listing, struct digest *ret_digests)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct digest *defs = heap_alloc((listing->defs_count + 1) * sizeof(*defs));

    for (size_t i = 0; i < listing->defs_count; i++)
        defs[i] = listing_def_digest(listing, i, &text);
    for (size_t i = 0; i < listing->tools_count; i++)
        ret_digests[i] = listing_tool_digest(listing, i, defs, &text);
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
