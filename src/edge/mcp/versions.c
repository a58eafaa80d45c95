/* Which protocol versions there are, and what a client says it can do. */
#include "edge/mcp/internal.h"

static const struct str mcp_versions[] = {
    [MCP__NONE] = { "", 0 },
    [MCP__2024_11_05] = { "2024-11-05", 10 },
    [MCP__2025_03_26] = { "2025-03-26", 10 },
    [MCP__2025_06_18] = { "2025-06-18", 10 },
    [MCP__2025_11_25] = { "2025-11-25", 10 },
    [MCP__2026_07_28] = { "2026-07-28", 10 },
};

enum mcp__version mcp__version_parse(struct str text)
{
    for (size_t i = MCP__2024_11_05; i < ARRAY_COUNT(mcp_versions); i++) {
        if (str_equal(text, mcp_versions[i]))
            return (enum mcp__version)i;
    }
    return MCP__NONE;
}

struct str mcp__version_text(enum mcp__version version)
{
    return mcp_versions[version];
}

void mcp__versions_json(struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = ARRAY_COUNT(mcp_versions) - 1; i >= MCP__2024_11_05; i--) {
        buf_add_json(out, mcp_versions[i]);
        if (i > MCP__2024_11_05)
            buf_add_char(out, ',');
    }
    buf_add_char(out, ']');
}

void mcp__version_data(struct buf *out, struct str requested)
{
    buf_add_c(out, "{\"supported\":");
    mcp__versions_json(out);
    buf_add_c(out, ",\"requested\":");
    buf_add_json(out, mcp__cut(requested, 64));
    buf_add_char(out, '}');
}

struct str mcp__cut(struct str text, size_t len)
{
    if (text.len <= len)
        return text;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_of(text.ptr, len);
}

/* An empty elicitation capability means forms (2025-11-25, client/elicitation). */
bool mcp__elicits(const struct json_value *capabilities)
{
    const struct json_value *elicitation = json_get(capabilities, "elicitation");

    if (!json_is_object(elicitation))
        return false;
    return json_is_object(json_get(elicitation, "form")) || !json_get(elicitation, "url");
}

uint32_t mcp__samples(const struct json_value *capabilities)
{
    const struct json_value *sampling = json_get(capabilities, "sampling");

    if (!json_is_object(sampling))
        return 0;
    return json_is_object(json_get(sampling, "tools")) ? 2 : 1;
}
