/* The result of tools/call, in the words of each version. */
#include "edge/mcp/internal.h"

#define MCP_CONSOLE_MAX 65536U /* bytes of console lines in an answer */

void mcp__server_info(struct buf *out, struct str version)
{
    buf_add_c(out, "{\"name\":\"writ\",\"title\":\"Writ\",\"version\":");
    buf_add_json(out, version);
    buf_add_char(out, '}');
}

void mcp__result_open(struct buf *out, enum mcp__version version)
{
    buf_add_c(out, version >= MCP__2026_07_28 ? "{\"resultType\":\"complete\"," : "{");
}

void mcp__result_close(struct buf *out, const struct mcp *mcp, enum mcp__version version,
                       struct str execution)
{
    bool modern = version >= MCP__2026_07_28;

    if (modern || execution.len > 0)
        buf_add_c(out, ",\"_meta\":{");
    if (modern) {
        buf_add_c(out, "\"io.modelcontextprotocol/serverInfo\":");
        mcp__server_info(out, mcp->config.version);
    }
    if (execution.len > 0) {
        buf_add_c(out, modern ? ",\"writ/execution\":" : "\"writ/execution\":");
        buf_add_json(out, execution);
    }
    buf_add_c(out, modern || execution.len > 0 ? "}}" : "}");
}

static void mcp_text_block(struct buf *out, struct str text)
{
    buf_add_c(out, "{\"type\":\"text\",\"text\":");
    buf_add_json(out, text);
    buf_add_char(out, '}');
}

static void mcp_console_block(struct buf *out, const struct mcp_outcome *outcome)
{
    BUF_CLEANUP struct buf text = BUF_INIT;
    size_t i;

    if (outcome->console_count == 0)
        return;
    buf_add_c(&text, "console:");
    for (i = 0; i < outcome->console_count && text.len < MCP_CONSOLE_MAX; i++) {
        buf_add_c(&text, "\n[");
        buf_add_str(&text, outcome->console[i].level);
        buf_add_c(&text, "] ");
        buf_add_str(&text, mcp__cut(outcome->console[i].text, MCP_CONSOLE_MAX));
    }
    if (i < outcome->console_count)
        buf_printf(&text, "\n(%zu more lines)", outcome->console_count - i);
    buf_add_char(out, ',');
    mcp_text_block(out, buf_str(&text));
}

/*
 * A string is shown as it is; it is JSON text already. Everything else is shown as JSON. This is
 * the only place where a value stands: with structuredContent a result would have it twice, since
 * that comes with the same as text ("Structured Content" in server/tools).
 */
static void mcp_value_block(struct buf *out, struct str result)
{
    if (result.len == 0) {
        mcp_text_block(out, STR("(the program returned nothing; use `return`)"));
    } else if (result.ptr[0] == '"') {
        buf_add_c(out, "{\"type\":\"text\",\"text\":");
        buf_add_str(out, result);
        buf_add_char(out, '}');
    } else {
        mcp_text_block(out, result);
    }
}

static void mcp_result_done(struct buf *out, enum mcp__version version,
                            const struct mcp_outcome *outcome)
{
    buf_add_c(out, "\"content\":[");
    mcp_value_block(out, outcome->result);
    mcp_console_block(out, outcome);
    for (size_t i = 0; i < outcome->files_count; i++)
        mcp__file_block(out, version, &outcome->files[i]);
    buf_add_char(out, ']');
}

static void mcp_error_text(struct buf *text, const struct mcp_outcome *outcome)
{
    const struct mcp_error *error = &outcome->error;

    buf_add_str(text, error->code);
    buf_add_c(text, ": ");
    buf_add_str(text, error->message);
    if (error->line > 0)
        buf_printf(text, " (line %u, column %u)", error->line, error->column);
    if (error->stack.len > 0) {
        buf_add_char(text, '\n');
        buf_add_str(text, mcp__cut(error->stack, MCP__MESSAGE_TEXT_MAX));
    }
    if (error->way_out.len > 0) {
        buf_add_char(text, '\n');
        buf_add_str(text, error->way_out);
    }
}

static void mcp_error_object(struct buf *out, const struct mcp_error *error)
{
    buf_add_c(out, "{\"code\":");
    buf_add_json(out, error->code);
    buf_add_c(out, ",\"message\":");
    buf_add_json(out, mcp__cut(error->message, MCP__MESSAGE_TEXT_MAX)); /* all of it is the text */
    buf_add_c(out, error->retryable ? ",\"retryable\":true" : ",\"retryable\":false");
    if (error->line > 0)
        buf_printf(out, ",\"line\":%u,\"column\":%u", error->line, error->column);
    if (error->data.len > 0) {
        buf_add_c(out, ",\"data\":");
        buf_add_str(out, error->data);
    }
    buf_add_char(out, '}');
}

static void mcp_result_failed(struct buf *out, enum mcp__version version,
                              const struct mcp_outcome *outcome)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    mcp_error_text(&text, outcome);
    buf_add_c(out, "\"content\":[");
    mcp_text_block(out, buf_str(&text));
    mcp_console_block(out, outcome);
    buf_add_c(out, "],\"isError\":true");
    if (version >= MCP__2025_06_18) {
        buf_add_c(out, ",\"structuredContent\":{\"error\":");
        mcp_error_object(out, &outcome->error);
        buf_add_char(out, '}');
    }
}

void mcp__result_outcome(struct buf *out, const struct mcp *mcp, enum mcp__version version,
                         const struct mcp_outcome *outcome)
{
    mcp__result_open(out, version);
    switch (outcome->state) {
    case MCP_DONE:
        mcp_result_done(out, version, outcome);
        break;
    case MCP_FAILED:
        mcp_result_failed(out, version, outcome);
        break;
    }
    mcp__result_close(out, mcp, version, outcome->execution);
}

static void mcp_waiting_text(struct buf *text, const struct mcp__call *call)
{
    struct str execution = mcp__call_execution(call);

    if (call->inputs.count > 0)
        buf_add_c(text, "WAITING for a person:");
    else
        buf_add_c(text, "WAITING: the program still runs.");
    for (size_t i = 0; i < call->inputs.count; i++) {
        buf_add_c(text, "\n- ");
        buf_add_str(text, call->inputs.at[i].title);
        buf_add_c(text, " (");
        buf_add_str(text, call->inputs.at[i].id);
        buf_add_char(text, ')');
    }
    buf_add_c(text, "\nExecution ");
    buf_add_str(text, execution);
    buf_add_c(text, " goes on by itself");
    if (call->inputs.count > 0)
        buf_add_c(text, " as soon as the person has answered (`writ inbox`)");
    buf_add_c(text, ". Nothing is lost: do not run the program again.");
    buf_add_c(text, " To wait for its result call `resume` with {\"execution\":\"");
    buf_add_str(text, execution);
    buf_add_c(text, "\"}.");
}

void mcp__result_waiting(struct buf *out, const struct mcp *mcp, const struct mcp__call *call)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    mcp_waiting_text(&text, call);
    mcp__result_open(out, call->version);
    buf_add_c(out, "\"content\":[");
    mcp_text_block(out, buf_str(&text));
    buf_add_char(out, ']');
    if (call->version >= MCP__2025_06_18) {
        buf_add_c(out, ",\"structuredContent\":{\"state\":\"waiting\",\"execution\":");
        buf_add_json(out, mcp__call_execution(call));
        buf_add_c(out, ",\"inputs\":[");
        for (size_t i = 0; i < call->inputs.count; i++) {
            buf_add_c(out, i > 0 ? ",{\"id\":" : "{\"id\":");
            buf_add_json(out, call->inputs.at[i].id);
            buf_add_c(out, ",\"title\":");
            buf_add_json(out, call->inputs.at[i].title);
            buf_add_char(out, '}');
        }
        buf_add_c(out, "]}");
    }
    mcp__result_close(out, mcp, call->version, mcp__call_execution(call));
}
