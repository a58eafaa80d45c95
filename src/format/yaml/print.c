/* A graph to JSON text, with a stack of its own and a budget. */
#include "format/yaml/internal.h"

struct level {
    const struct yaml__entry *next;
    bool is_map;
    bool first;
};

struct printing {
    struct level stack[YAML_DEPTH_MAX];
    size_t depth;
    struct buf *out;
};

/* False where it is nested too deep. */
static bool node_begin(struct printing *printing, const struct yaml__node *node)
{
    if (node->kind == YAML__SCALAR) {
        buf_add_str(printing->out, node->text);
        return true;
    }
    if (printing->depth == YAML_DEPTH_MAX)
        return false;
    buf_add_char(printing->out, node->kind == YAML__MAP ? '{' : '[');
    printing->stack[printing->depth++] =
        (struct level){ .next = node->first, .is_map = node->kind == YAML__MAP, .first = true };
    return true;
}

bool yaml__print(const struct yaml__node *root, size_t max, struct buf *out)
{
    struct printing printing = { .out = out };

    if (!node_begin(&printing, root))
        return false;
    while (printing.depth > 0) {
        struct level *level = &printing.stack[printing.depth - 1];
        const struct yaml__entry *entry = level->next;

        if (out->len > max)
            return false;
        if (!entry) {
            buf_add_char(out, level->is_map ? '}' : ']');
            printing.depth--;
            continue;
        }
        level->next = entry->next;
        if (!level->first)
            buf_add_char(out, ',');
        level->first = false;
        if (level->is_map) {
            buf_add_json(out, entry->key);
            buf_add_char(out, ':');
        }
        if (!node_begin(&printing, entry->value))
            return false;
    }
    return out->len <= max;
}
