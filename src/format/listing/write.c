/* Writing: records first, with where their texts are; the texts lie behind them in the same order.
 */
#include "format/listing/internal.h"

/* All of it has its place before the first byte is written. */
struct writing {
    char *record; /* where the next one goes */
    char *texts;  /* of all */
    size_t texts_len;
};

static void number_add(struct writing *writing, uint32_t number)
{
    for (unsigned shift = 0; shift < 32; shift += 8)
        *writing->record++ = (char)(number >> shift & 0xFF);
}

static void span_add(struct writing *writing, struct str text)
{
    number_add(writing, text.ptr ? (uint32_t)writing->texts_len : LISTING__NONE);
    number_add(writing, (uint32_t)text.len);
    if (text.ptr && text.len > 0)
        memcpy(writing->texts + writing->texts_len, text.ptr, text.len);
    writing->texts_len += text.len;
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
    number_add(writing, tool->effect);
    number_add(writing, needs);
    number_add(writing, tool->needs_count);
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

/* Everything but the texts, whose length is known then. */
static size_t records_size(const struct listing_contents *contents, uint64_t needs)
{
    return LISTING__HEADER_LEN + contents->tools_count * LISTING__TOOL_LEN +
           contents->defs_count * LISTING__DEF_LEN + (size_t)needs * 4;
}

static void contents_add(struct writing *writing, const struct listing_contents *contents,
                         uint32_t needs)
{
    uint32_t needs_from = 0;

    memcpy(writing->record, LISTING__MAGIC, LISTING__MAGIC_LEN);
    writing->record += LISTING__MAGIC_LEN;
    number_add(writing, LISTING_FORMAT);
    number_add(writing, (uint32_t)contents->tools_count);
    number_add(writing, (uint32_t)contents->defs_count);
    number_add(writing, needs);
    span_add(writing, contents->about);
    for (size_t i = 0; i < contents->tools_count; i++) {
        tool_add(writing, &contents->tools[i], needs_from);
        needs_from += contents->tools[i].needs_count;
    }
    for (size_t i = 0; i < contents->defs_count; i++) {
        span_add(writing, contents->defs[i].name);
        span_add(writing, contents->defs[i].text);
    }
    for (size_t i = 0; i < contents->tools_count; i++) {
        for (uint32_t j = 0; j < contents->tools[i].needs_count; j++)
            number_add(writing, contents->tools[i].needs[j]);
    }
}

int listing_write(const struct listing_contents *contents, struct buf *out, const char **ret_why)
{
    struct writing writing;
    uint64_t needs, size = size_of(contents, &needs);

    *ret_why = "it is larger than a listing may be";
    if (contents->tools_count > LISTING_TOOLS_MAX || contents->defs_count > LISTING_DEFS_MAX ||
        needs > LISTING_NEEDS_MAX || size > LISTING_BYTES_MAX)
        return LISTING_MALFORMED;
    writing.record = buf_reserve(out, size);
    writing.texts = writing.record + records_size(contents, needs);
    writing.texts_len = 0;
    contents_add(&writing, contents, (uint32_t)needs);
    CHECK(writing.texts + writing.texts_len == out->ptr + out->len + size);
    buf_commit(out, size);
    return LISTING_SOUND;
}
