/* Lines out of a byte stream. */
#include "format/rpc/rpc.h"

void rpc_lines_init(struct rpc_lines *lines, size_t line_max)
{
    *lines = (struct rpc_lines){ .in = BUF_INIT, .line_max = line_max };
}

void rpc_lines_fini(struct rpc_lines *lines)
{
    buf_fini(&lines->in);
}

/* One long line must not hold its memory for as long as the conversation lasts. */
#define LINES_KEEP (1U << 20)

void rpc_lines_add(struct rpc_lines *lines, struct str bytes)
{
    if (lines->from == lines->in.len && lines->in.cap > LINES_KEEP) {
        buf_fini(&lines->in);
        lines->scanned = 0;
        lines->from = 0;
    }
    if (lines->from > 0) {
        buf_drop(&lines->in, lines->from);
        lines->scanned -= lines->from;
        lines->from = 0;
    }
    buf_add_str(&lines->in, bytes);
}

/* No newline in what is left: at most line_max bytes of it are kept. */
static int rpc_lines_wait(struct rpc_lines *lines)
{
    bool was_dropping = lines->dropping;

    lines->scanned = lines->in.len;
    if (!was_dropping && lines->in.len - lines->from <= lines->line_max)
        return RPC_LINE_MORE;
    lines->dropping = true;
    lines->from = lines->in.len;
    return was_dropping ? RPC_LINE_MORE : RPC_LINE_TOO_LONG;
}

int rpc_lines_next(struct rpc_lines *lines, struct str *ret_line)
{
    for (;;) {
        struct str ahead = str_slice(buf_str(&lines->in), lines->scanned, lines->in.len);
        size_t end = str_find_char(ahead, '\n');
        struct str line;

        if (end == SIZE_MAX)
            return rpc_lines_wait(lines);
        line = str_trim(str_slice(buf_str(&lines->in), lines->from, lines->scanned + end));
        lines->scanned += end + 1;
        lines->from = lines->scanned;
        if (lines->dropping) {
            lines->dropping = false;
            continue;
        }
        if (line.len > lines->line_max)
            return RPC_LINE_TOO_LONG;
        if (line.len > 0) {
            *ret_line = line;
            return RPC_LINE;
        }
    }
}
