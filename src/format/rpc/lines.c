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

/* A piece of a line that is too long. True: it is to be reported now. */
static bool rpc_lines_drop(struct rpc_lines *lines, struct str piece, bool ends)
{
    if (!lines->dropping) {
        lines->glance = (struct rpc_glance){ 0 };
        lines->told = false;
        lines->dropped = 0;
    }
    lines->dropping = !ends;
    lines->dropped = ends ? 0 : lines->dropped + piece.len;
    if (lines->told)
        return false;
    rpc_glance_add(&lines->glance, piece);
    lines->told = ends || rpc_glance_id(&lines->glance).ptr;
    return lines->told;
}

/* No newline in what is left: at most line_max bytes of it are kept. */
static int rpc_lines_wait(struct rpc_lines *lines)
{
    struct str left = str_slice(buf_str(&lines->in), lines->from, lines->in.len);

    lines->scanned = lines->in.len;
    if (!lines->dropping && left.len <= lines->line_max)
        return RPC_LINE_MORE;
    lines->from = lines->in.len;
    return rpc_lines_drop(lines, left, false) ? RPC_LINE_TOO_LONG : RPC_LINE_MORE;
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
        if (lines->dropping || line.len > lines->line_max) {
            if (rpc_lines_drop(lines, line, true))
                return RPC_LINE_TOO_LONG;
            continue;
        }
        if (line.len > 0) {
            *ret_line = line;
            return RPC_LINE;
        }
        lines->blank += end + 1;
    }
}
