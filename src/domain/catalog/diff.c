/*
 * What is offered against what was approved, in parts: each is made in a turn, however many tools
 * there are.
 *
 * The parts go through the tools that are offered, then through the pins for those that are gone.
 */
#include "domain/catalog/internal.h"
#include "format/json/out.h"

#define SHADOWS_MAX 8U   /* said of one tool */
#define BRIEF_MAX   200U /* bytes of a description that a list shows */

static void field_print(struct json_out *out, const char *name, struct str before, struct str after,
                        bool is_json)
{
    if (str_equal(before, after) && !before.ptr == !after.ptr)
        return;
    json_out_object(out);
    json_out_member_str(out, "field", str_from(name));
    if (is_json)
        json_out_member_raw(out, "before", before);
    else
        json_out_member_str(out, "before", before);
    if (is_json)
        json_out_member_raw(out, "after", after);
    else
        json_out_member_str(out, "after", after);
    json_out_end(out);
}

static void definition_print(struct json_out *out, struct listing_def before,
                             struct listing_def after)
{
    if (str_equal(before.text, after.text))
        return;
    json_out_object(out);
    json_out_member_str(
        out, "field",
        str_from("definition")); /* what several tools may share, and what it is called */
    json_out_member_str(out, "name", after.name.ptr ? after.name : before.name);
    json_out_member_raw(out, "before", before.text);
    json_out_member_raw(out, "after", after.text);
    json_out_end(out);
}

/* Definitions that the tool needs, before and now: both lists are in the order of their names. */
static void definitions_print(struct json_out *out, const struct catalog_tool *before,
                              const struct catalog_tool *after)
{
    static const struct listing_def none;
    struct listing_tool old = { 0 }, new = { 0 };
    uint32_t i = 0, j = 0;

    if (before->listing)
        old = listing_tool_at(before->listing, before->index);
    if (after->listing)
        new = listing_tool_at(after->listing, after->index);
    while (i < old.needs_count || j < new.needs_count) {
        struct listing_def one = none, two = none;
        int order;

        if (i < old.needs_count)
            one = listing_need(before->listing, &old, i);
        if (j < new.needs_count)
            two = listing_need(after->listing, &new, j);
        order = !one.name.ptr ? 1 : !two.name.ptr ? -1 : str_compare(one.name, two.name);
        definition_print(out, order <= 0 ? one : none, order >= 0 ? two : none);
        i += order <= 0;
        j += order >= 0;
    }
}

static void fields_print(struct json_out *out, const struct catalog_tool *before,
                         const struct catalog_tool *after)
{
    json_out_key(out, "fields");
    json_out_array(out);
    field_print(out, "title", before->title, after->title, false);
    field_print(out, "description", before->description, after->description, false);
    field_print(out, "input", before->input, after->input, true);
    field_print(out, "output", before->output, after->output, true);
    field_print(out, "hints", before->hints, after->hints, true);
    field_print(out, "plan", before->plan, after->plan, true);
    definitions_print(out, before, after);
    field_print(out, "effect", event_effect_name(before->effect), event_effect_name(after->effect),
                false);
    json_out_end(out);
}

static void finding_print(struct json_out *out, const struct catalog_finding *finding)
{
    json_out_object(out);
    json_out_member_str(out, "rule", finding->rule);
    json_out_member_str(out, "sentence", finding->sentence);
    json_out_end(out);
}

static void findings_print(struct json_out *out, const struct catalog *catalog,
                           const struct catalog_tool *tool)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct catalog_finding *findings, shadows[SHADOWS_MAX];
    size_t count = catalog_findings(tool, arena, &findings);
    size_t more = catalog_shadows(catalog, tool, arena, shadows, SHADOWS_MAX);

    json_out_key(out, "findings");
    json_out_array(out);
    for (size_t i = 0; i < count; i++)
        finding_print(out, &findings[i]);
    for (size_t i = 0; i < more; i++)
        finding_print(out, &shadows[i]);
    json_out_end(out);
}

/* Many documents say in a title what a tool does, and no more. */
static struct str said_of(const struct catalog_tool *tool)
{
    return str_trim(tool->description).len > 0 ? tool->description : tool->title;
}

static void new_print(struct json_out *out, const struct catalog_tool *tool)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    json_out_member_str(out, "description", said_of(tool));
    catalog_describe(tool, &text);
    json_out_member_str(out, "typescript", buf_str(&text));
}

/* What a list has room for. */
static void line_print(struct json_out *out, struct str text)
{
    struct str rest = str_trim(text);
    struct str line = str_split(&rest, '\n');
    size_t len = line.len < BRIEF_MAX ? line.len : BRIEF_MAX;

    while (len > 0 && len < line.len && ((unsigned char)line.ptr[len] & 0xC0) == 0x80)
        len--;
    if (len > 0)
        json_out_member_str(out, "description", str_slice(line, 0, len));
}

/* What it is, and what it is made of. */
static void body_print(struct json_out *out, const struct catalog_tool *before,
                       const struct catalog_tool *after, bool brief)
{
    if (brief)
        line_print(out, said_of(after ? after : before));
    else if (!before)
        new_print(out, after);
    else if (after)
        fields_print(out, before, after);
}

struct printing {
    struct json_out *out;
    const struct catalog *catalog;
    bool brief;
};

static void change_print(const struct printing *printing, const struct catalog_tool *before,
                         const struct catalog_tool *after)
{
    struct json_out *out = printing->out;
    const struct catalog_tool *shown = after ? after : before;

    CHECK(shown);
    json_out_object(out);
    json_out_member_str(out, "address", shown->address);
    json_out_member_str(out, "name", shown->name);
    json_out_member_str(out, "change", str_from(!before ? "new" : after ? "changed" : "gone"));
    json_out_member_str(out, "effect", event_effect_name(shown->effect));
    if (shown->rejected) {
        json_out_key(out, "rejected");
        json_out_bool(out, true);
    }
    body_print(out, before, after, printing->brief);
    if (after)
        findings_print(out, printing->catalog, after);
    json_out_end(out);
}

/* The tool offered or pinned at that place of the sequence, where it differs. */
static bool change_at(const struct catalog_source *source, size_t at,
                      const struct catalog_tool **ret_before, const struct catalog_tool **ret_after)
{
    *ret_before = *ret_after = NULL;
    if (at < source->tools_count) {
        if (!source->tools[at].waiting)
            return false;
        *ret_after = &source->tools[at];
        *ret_before = catalog_pin(source, source->tools[at].name);
        return true;
    }
    *ret_before = &source->pins[at - source->tools_count];
    return !catalog_offered(source, (*ret_before)->name);
}

static size_t changes_print(const struct printing *printing, const struct catalog_source *source,
                            size_t from)
{
    size_t end = source->tools_count + source->pins_count, shown = 0, at = from;
    const struct catalog_tool *before, *after;

    for (; at < end && at - from < CATALOG_DIFF_LOOKS_MAX && shown < CATALOG_DIFF_SHOWN_MAX; at++) {
        if (!change_at(source, at, &before, &after))
            continue;
        change_print(printing, before, after);
        shown++;
        if (printing->out->buf->len > CATALOG_DIFF_BYTES_MAX)
            return at + 1;
    }
    return at;
}

/* The one tool that was asked for. */
static void one_print(const struct printing *printing, const struct catalog_source *source,
                      struct str address)
{
    const struct catalog_tool *tool = catalog_offered_as(source, address);

    if (tool && tool->waiting)
        change_print(printing, catalog_pin(source, tool->name), tool);
    for (size_t i = 0; !tool && i < source->pins_count; i++) {
        const struct catalog_tool *pin = &source->pins[i];

        if (str_equal(pin->address, address) || str_equal(pin->path, address) ||
            str_equal(pin->name, address)) {
            change_print(printing, pin, NULL);
            return;
        }
    }
}

void catalog_print_diff(const struct catalog *catalog, const struct catalog_source *source,
                        const struct catalog_diff *diff, struct buf *out)
{
    struct json_out json = json_out(out);
    const struct printing printing = { &json, catalog, diff->brief };
    size_t end = source->tools_count + source->pins_count, next = end;
    char hex[DIGEST_HEX_LEN];

    digest_hex(&source->digest, hex);
    json_out_object(&json);
    json_out_member_str(&json, "source", source->name);
    json_out_member_u64(&json, "version", source->version);
    json_out_member_str(&json, "digest", str_of(hex, sizeof(hex)));
    if (source->approved)
        json_out_member_u64(&json, "approved_version", source->approved_version);
    json_out_key(&json, "changes");
    json_out_array(&json);
    if (diff->tool.ptr)
        one_print(&printing, source, diff->tool);
    else
        next = changes_print(&printing, source, diff->from);
    json_out_end(&json);
    json_out_key(&json, "next");
    if (next < end)
        json_out_u64(&json, next);
    else
        json_out_raw(&json, STR("null"));
    json_out_end(&json);
}
