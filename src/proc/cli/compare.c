/*
 * Values are compared member by member, in the order of a queue: nothing recurses on the depth of
 * what a stranger wrote. Lists of texts and numbers are compared as sets, other lists by position.
 */
#include "proc/cli/compare.h"
#include "base/vec.h"
#include "format/json/json.h"
#include "proc/cli/text.h"

#define COMPARE_NODES_MAX   100000U
#define COMPARE_VALUE_BYTES 160U /* of a value that is shown */
#define COMPARE_AROUND      48U  /* bytes of what is equal, before and after a change */

struct pair {
    struct str path;
    const struct json_value *before; /* NULL: added */
    const struct json_value *after;  /* NULL: taken away */
};

struct walk {
    const struct compare *compare;
    struct pairs VEC(struct pair) queue;
    size_t lines;
    size_t left_out;
};

static void line_show(const struct compare *compare, char mark, struct str text)
{
    BUF_CLEANUP struct buf line = BUF_INIT;

    buf_printf(&line, "%c ", mark);
    text_add_clean(&line, text, false);
    buf_add_c(compare->out, "    ");
    if (compare->color)
        text_add_color(compare->out, buf_str(&line), mark == '-' ? TEXT_RED : TEXT_GREEN);
    else
        buf_add_str(compare->out, buf_str(&line));
    buf_add_char(compare->out, '\n');
}

/* Not inside of a character. */
static size_t cut_back(struct str text, size_t at)
{
    while (at > 0 && at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static struct str part_of(struct arena *arena, struct str text, size_t head, size_t tail)
{
    size_t from = head > COMPARE_AROUND ? cut_back(text, head - COMPARE_AROUND) : 0;
    size_t to = tail > COMPARE_AROUND ? cut_back(text, text.len - tail + COMPARE_AROUND) : text.len;

    return str_printf(arena, "%s%.*s%s", from ? "..." : "", STR_ARG(str_slice(text, from, to)),
                      to < text.len ? "..." : "");
}

static size_t head_of(struct str a, struct str b)
{
    size_t len = 0;

    while (len < a.len && len < b.len && a.ptr[len] == b.ptr[len])
        len++;
    return len;
}

static size_t tail_of(struct str a, struct str b, size_t head)
{
    size_t len = 0;

    while (len < a.len - head && len < b.len - head &&
           a.ptr[a.len - 1 - len] == b.ptr[b.len - 1 - len])
        len++;
    return len;
}

/* One line that became another. */
static void change_show(const struct compare *compare, struct str before, struct str after)
{
    size_t head = head_of(before, after), tail = tail_of(before, after, head);

    line_show(compare, '-', part_of(compare->arena, before, head, tail));
    line_show(compare, '+', part_of(compare->arena, after, head, tail));
}

static size_t lines_split(struct arena *arena, struct str text, struct str **ret_lines)
{
    size_t count = 0, max = 1;

    for (size_t i = 0; i < text.len; i++)
        max += text.ptr[i] == '\n';
    *ret_lines = ARENA_ARRAY(arena, struct str, max);
    while (text.ptr)
        (*ret_lines)[count++] = str_split(&text, '\n');
    return count;
}

void compare_text(const struct compare *compare, struct str before, struct str after)
{
    struct str *old, *new;
    size_t old_count = before.ptr ? lines_split(compare->arena, before, &old) : 0;
    size_t new_count = after.ptr ? lines_split(compare->arena, after, &new) : 0;
    size_t head = 0, tail = 0;

    while (head < old_count && head < new_count && str_equal(old[head], new[head]))
        head++;
    while (tail < old_count - head && tail < new_count - head &&
           str_equal(old[old_count - 1 - tail], new[new_count - 1 - tail]))
        tail++;
    if (old_count - tail == head + 1 && new_count - tail == head + 1) {
        change_show(compare, old[head], new[head]);
        return;
    }
    for (size_t i = head; i < old_count - tail; i++)
        line_show(compare, '-', old[i]);
    for (size_t i = head; i < new_count - tail; i++)
        line_show(compare, '+', new[i]);
}

/* ---- values ---- */

static struct str value_text(struct walk *walk, const struct json_value *value)
{
    struct arena *arena = walk->compare->arena;
    struct str text = json_text(arena, value);
    size_t cut = cut_back(text, COMPARE_VALUE_BYTES);

    return text.len <= COMPARE_VALUE_BYTES ? text
                                           : str_printf(arena, "%.*s... (%zu bytes)",
                                                        STR_ARG(str_slice(text, 0, cut)), text.len);
}

static void pair_show(struct walk *walk, const struct pair *pair)
{
    struct arena *arena = walk->compare->arena;
    struct str path = pair->path.len > 0 ? pair->path : STR("/");

    if (walk->lines >= COMPARE_LINES_MAX) {
        walk->left_out++;
        return;
    }
    walk->lines += pair->before && pair->after ? 2 : 1;
    if (pair->before)
        line_show(walk->compare, '-',
                  str_printf(arena, "%.*s: %.*s", STR_ARG(path),
                             STR_ARG(value_text(walk, pair->before))));
    if (pair->after)
        line_show(
            walk->compare, '+',
            str_printf(arena, "%.*s: %.*s", STR_ARG(path), STR_ARG(value_text(walk, pair->after))));
}

static void pair_add(struct walk *walk, struct pair pair)
{
    if (walk->queue.count < COMPARE_NODES_MAX)
        *VEC_PUSH(&walk->queue) = pair;
    else
        walk->left_out++;
}

static struct str path_of(struct walk *walk, struct str path, struct str key)
{
    return str_printf(walk->compare->arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(key));
}

static void objects_compare(struct walk *walk, const struct pair *pair)
{
    struct json_iter iter = json_iter(pair->before);
    const struct json_value *value;

    while ((value = json_next(&iter)))
        pair_add(walk, (struct pair){ path_of(walk, pair->path, iter.key), value,
                                      json_find(pair->after, iter.key) });
    iter = json_iter(pair->after);
    while ((value = json_next(&iter))) {
        if (!json_find(pair->before, iter.key))
            pair_add(walk, (struct pair){ path_of(walk, pair->path, iter.key), NULL, value });
    }
}

static bool is_plain(const struct json_value *list)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        if (json_is_object(value) || json_is_array(value))
            return false;
    }
    return true;
}

static bool has(const struct json_value *list, const struct json_value *wanted)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        if (json_equal(value, wanted))
            return true;
    }
    return false;
}

static void sets_compare(struct walk *walk, const struct pair *pair)
{
    struct json_iter iter = json_iter(pair->before);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        if (!has(pair->after, value))
            pair_show(walk, &(struct pair){ pair->path, value, NULL });
    }
    iter = json_iter(pair->after);
    while ((value = json_next(&iter))) {
        if (!has(pair->before, value))
            pair_show(walk, &(struct pair){ pair->path, NULL, value });
    }
}

static void lists_compare(struct walk *walk, const struct pair *pair)
{
    size_t old = json_count(pair->before), new = json_count(pair->after);
    struct json_iter befores = json_iter(pair->before), afters = json_iter(pair->after);

    if (is_plain(pair->before) && is_plain(pair->after)) {
        sets_compare(walk, pair);
        return;
    }
    for (size_t i = 0; i < old || i < new; i++)
        pair_add(walk,
                 (struct pair){
                     str_printf(walk->compare->arena, "%.*s/%zu", STR_ARG(pair->path), i),
                     i < old ? json_next(&befores) : NULL, i < new ? json_next(&afters) : NULL });
}

void compare_json(const struct compare *compare, const struct json_value *before,
                  const struct json_value *after)
{
    struct walk walk = { .compare = compare };

    pair_add(&walk, (struct pair){ STR(""), before, after });
    for (size_t i = 0; i < walk.queue.count; i++) {
        struct pair pair = walk.queue.at[i];

        if (!pair.before || !pair.after)
            pair_show(&walk, &pair);
        else if (json_equal(pair.before, pair.after))
            continue;
        else if (json_is_object(pair.before) && json_is_object(pair.after))
            objects_compare(&walk, &pair);
        else if (json_is_array(pair.before) && json_is_array(pair.after))
            lists_compare(&walk, &pair);
        else
            pair_show(&walk, &pair);
    }
    if (walk.left_out > 0)
        buf_printf(compare->out, "    ... and %zu more; --json has all\n", walk.left_out);
    VEC_FINI(&walk.queue);
}
