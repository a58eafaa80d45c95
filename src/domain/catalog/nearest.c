/*
 * The addresses spelled most like one that is not there.
 *
 * Spelling is compared without case, _ and -, so readFile finds read_file. Lengths and letters,
 * kept with each tool, rule out most. Distances are those of Levenshtein, a whole column at a time
 * in one word (Myers 1999, in the form of Hyyro 2001). In a large catalog only what is very near
 * counts, so that the look stays short.
 */
#include "domain/catalog/internal.h"

#define SPELLING_MAX CATALOG__SPELLING_MAX
/* Above so many tools no more than so many letters may differ. */
#define MANY       2000U
#define MANY_LIMIT 3U

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

void catalog__spelling_note(struct str address, struct catalog__more *more)
{
    struct spelling spelling;

    spell(address, &spelling);
    more->letters = spelling.letters;
    more->spelling_len = (uint32_t)spelling.len;
}

struct wanted {
    struct spelling spelling;
    uint64_t at[256]; /* for each byte, where it stands in the spelling */
};

static void want(struct str address, struct wanted *ret)
{
    spell(address, &ret->spelling);
    memset(ret->at, 0, sizeof(ret->at));
    for (size_t i = 0; i < ret->spelling.len; i++)
        ret->at[(unsigned char)ret->spelling.text[i]] |= (uint64_t)1 << i;
}

/* Given up, with more than max, once what is left cannot bring it down to max any more. */
static unsigned distance(const struct wanted *wanted, const struct spelling *other, unsigned max)
{
    uint64_t more = ~(uint64_t)0, less = 0;
    size_t len = wanted->spelling.len;
    unsigned score = (unsigned)len;

    if (len == 0)
        return (unsigned)other->len;
    for (size_t i = 0; i < other->len; i++) {
        uint64_t equal = wanted->at[(unsigned char)other->text[i]];
        uint64_t across = (((equal & more) + more) ^ more) | equal;
        uint64_t up = less | ~(across | more), down = more & across;

        score += (unsigned)(up >> (len - 1) & 1);
        score -= (unsigned)(down >> (len - 1) & 1);
        equal |= less;
        up = up << 1 | 1;
        more = down << 1 | ~(equal | up);
        less = up & equal;
        if (score > max + (other->len - i - 1))
            return max + 1;
    }
    return score;
}

struct near {
    const struct catalog_tool *tool;
    unsigned distance;
};

struct nearest {
    struct near found[16];
    size_t count;
    size_t max;
    struct wanted wanted;
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

/* Each letter that only one has, and each byte that one is longer, is one step at least. */
static bool is_far(const struct nearest *nearest, const struct catalog__more *more, unsigned limit)
{
    const struct spelling *wanted = &nearest->wanted.spelling;
    size_t longer = wanted->len > more->spelling_len ? wanted->len - more->spelling_len
                                                     : more->spelling_len - wanted->len;

    return longer > limit ||
           (unsigned)__builtin_popcount(wanted->letters ^ more->letters) > 2 * limit;
}

/* extra is added to each distance: what is in another source is further away. */
static void source_look(struct nearest *nearest, const struct catalog_source *source,
                        unsigned extra)
{
    const struct catalog__more *mores = source->tools_count > 0 ? source->tools[0].more : NULL;

    for (size_t i = 0; i < source->tools_count && source->approved; i++) {
        const struct catalog_tool *tool = &source->tools[i];
        struct spelling spelling;

        if (nearest->limit < extra)
            return;
        if (is_far(nearest, &mores[i], nearest->limit - extra) || tool->waiting)
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
    size_t position = 0, tools = 0;

    if (nearest.max == 0)
        return 0;
    want(address, &nearest.wanted);
    nearest.limit = 2 + (unsigned)nearest.wanted.spelling.len / 8;
    while ((source = catalog_source_next(catalog, &position)))
        tools += source->tools_count;
    if (tools > MANY && nearest.limit > MANY_LIMIT)
        nearest.limit = MANY_LIMIT;
    position = 0;
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
