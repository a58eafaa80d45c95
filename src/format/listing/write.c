/* Writing: records first, with where their texts will be; then the texts in the same order. */
#include "format/listing/internal.h"

struct writing {
    struct buf *out;
    struct buf texts;
};

static void number_add(struct buf *out, uint32_t number)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        buf_add_char(out, (char)(number >> shift & 0xFF));
}

static void span_add(struct writing *writing, struct str text)
{
    number_add(writing->out, text.ptr ? (uint32_t)writing->texts.len : LISTING__NONE);
    number_add(writing->out, (uint32_t)text.len);
    buf_add_str(&writing->texts, text);
}

static void tool_add(struct writing *writing, const struct listing_tool *tool, uint32_t needs)
{
    span_add(writing, tool->name);
    span_add(writing, tool->path);
    span_add(writing, tool->title);
    span_add(writing, tool->description);
    span_add(writing, tool->input);
    span_add(writing, tool->output);
    span_add(writing, tool->hints);
    span_add(writing, tool->plan);
    number_add(writing->out, tool->effect);
    number_add(writing->out, needs);
    number_add(writing->out, tool->needs_count);
}

/* Bytes of all texts and records; of needs, how many. */
static uint64_t size_of(const struct listing_contents *contents, uint64_t *ret_needs)
{
    uint64_t size = LISTING__HEADER_LEN + contents->about.len;

    *ret_needs = 0;
    for (size_t i = 0; i < contents->tools_count; i++) {
        const struct listing_tool *tool = &contents->tools[i];

        size += LISTING__TOOL_LEN + tool->name.len + tool->path.len + tool->title.len +
                tool->description.len + tool->input.len + tool->output.len + tool->hints.len +
                tool->plan.len + 4U * (uint64_t)tool->needs_count;
        *ret_needs += tool->needs_count;
    }
    for (size_t i = 0; i < contents->defs_count; i++)
        size += LISTING__DEF_LEN + contents->defs[i].name.len + contents->defs[i].text.len;
    return size;
}

static void needs_add(struct buf *out, const struct listing_tool *tool)
{
    for (uint32_t i = 0; i < tool->needs_count; i++)
        number_add(out, tool->needs[i]);
}

int listing_write(const struct listing_contents *contents, struct buf *out, const char **ret_why)
{
    struct writing writing = { .out = out };
    uint64_t needs, size = size_of(contents, &needs);
    uint32_t needs_from = 0;

    *ret_why = "it is larger than a listing may be";
    if (contents->tools_count > LISTING_TOOLS_MAX || contents->defs_count > LISTING_DEFS_MAX ||
        needs > LISTING_NEEDS_MAX || size > LISTING_BYTES_MAX)
        return LISTING_MALFORMED;
    (void)buf_reserve(out, size);
    buf_add_c(out, LISTING__MAGIC);
    number_add(out, LISTING_FORMAT);
    number_add(out, (uint32_t)contents->tools_count);
    number_add(out, (uint32_t)contents->defs_count);
    number_add(out, (uint32_t)needs);
    span_add(&writing, contents->about);
    for (size_t i = 0; i < contents->tools_count; i++) {
        tool_add(&writing, &contents->tools[i], needs_from);
        needs_from += contents->tools[i].needs_count;
    }
    for (size_t i = 0; i < contents->defs_count; i++) {
        span_add(&writing, contents->defs[i].name);
        span_add(&writing, contents->defs[i].text);
    }
    for (size_t i = 0; i < contents->tools_count; i++)
        needs_add(out, &contents->tools[i]);
    buf_add_str(out, buf_str(&writing.texts));
    buf_fini(&writing.texts);
    return LISTING_SOUND;
}
