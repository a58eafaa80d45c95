/*
 * The addresses spelled most like one that is not there.
 *
 * Spelling is compared without case, _ and -, so readFile finds read_file. Distances are those of
 * Levenshtein, given up as soon as they exceed what still counts as near; before that the letters
 * that one has and the other lacks are counted, which is one instruction and rules out most.
 */
#include "domain/catalog/internal.h"

#define SPELLING_MAX 96U

struct spelling {
    char text[SPELLING_MAX];
    size_t len;
    uint32_t letters;
};

static void spell(struct str text, struct spelling *ret)
{
    ret->len = 0;
    ret->letters = 0;
    for (size_t i = 0; i < text.len && ret->len < SPELLING_MAX; i++) {
        char c = text.ptr[i];

        if (c == '_' || c == '-')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c >= 'a' && c <= 'z')
            ret->letters |= 1U << (c - 'a');
        ret->text[ret->len++] = c;
    }
}

/* More than max is max + 1. */
static unsigned distance(const struct spelling *a, const struct spelling *b, unsigned max)
{
    unsigned row[SPELLING_MAX + 1];

    if ((a->len > b->len ? a->len - b->len : b->len - a->len) > max)
        return max + 1;
    for (size_t j = 0; j <= b->len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a->len; i++) {
        unsigned diagonal = row[0], best = row[0] = (unsigned)i;

        for (size_t j = 1; j <= b->len; j++) {
            unsigned cost = diagonal + (a->text[i - 1] != b->text[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < cost)
                cost = row[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            row[j] = cost;
            best = cost < best ? cost : best;
        }
        if (best > max)
            return max + 1;
    }
    return row[b->len];
}

struct near {
    const struct catalog_tool *tool;
    unsigned distance;
};

struct nearest {
    struct near found[16];
    size_t count;
    size_t max;
    struct spelling wanted;
    unsigned limit;
};

static bool is_nearer(const struct near *a, const struct near *b)
{
    if (a->distance != b->distance)
        return a->distance < b->distance;
    return str_compare(a->tool->address, b->tool->address) < 0;
}

static void keep(struct nearest *nearest, struct near near)
{
    size_t at = nearest->count;

    if (at == nearest->max && !is_nearer(&near, &nearest->found[at - 1]))
        return;
    if (at == nearest->max)
        at--;
    else
        nearest->count++;
    while (at > 0 && is_nearer(&near, &nearest->found[at - 1])) {
        nearest->found[at] = nearest->found[at - 1];
        at--;
    }
    nearest->found[at] = near;
    if (nearest->count == nearest->max)
        nearest->limit = nearest->found[nearest->count - 1].distance;
}

/* extra is added to each distance: what is in another source is further away. */
static void source_look(struct nearest *nearest, const struct catalog_source *source,
                        unsigned extra)
{
    for (size_t i = 0; i < source->tools_count && source->approved; i++) {
        const struct catalog_tool *tool = &source->tools[i];
        struct spelling spelling;

        if (tool->waiting || nearest->limit < extra)
            continue;
        unsigned apart =
            (unsigned)__builtin_popcount(nearest->wanted.letters ^ tool->more->letters);
        if (apart > 2 * (nearest->limit - extra))
            continue;
        spell(tool->address, &spelling);
        unsigned far = distance(&nearest->wanted, &spelling, nearest->limit - extra) + extra;
        if (far <= nearest->limit)
            keep(nearest, (struct near){ tool, far });
    }
}

size_t catalog_nearest(const struct catalog *catalog, struct str address, struct str *ret_names,
                       size_t max)
{
    struct nearest nearest = { .max = max < 16 ? max : 16 };
    struct str rest = address;
    const struct catalog_source *same = catalog_source_named(catalog, str_split(&rest, '.'));
    const struct catalog_source *source;
    size_t position = 0;

    if (nearest.max == 0)
        return 0;
    spell(address, &nearest.wanted);
    nearest.limit = 2 + (unsigned)nearest.wanted.len / 8;
    if (same)
        source_look(&nearest, same, 0);
    while ((source = catalog_source_next(catalog, &position))) {
        if (source != same)
            source_look(&nearest, source, 1);
    }
    for (size_t i = 0; i < nearest.count; i++)
        ret_names[i] = nearest.found[i].tool->address;
    return nearest.count;
}
