/*
 * Finding a tool by what it is for.
 *
 * The words of a query become concepts: a stem with its synonyms, which count less. Each listing
 * is looked through with an index of its own; how rare a word is, is counted over all of them. A
 * tool gets for each concept the best of its forms (BM25), more where it has all concepts, and more
 * where they are all there is in its name.
 */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/json/out.h"

#include <math.h>

#define CONCEPTS_MAX   16U
#define FORMS_MAX      24U
#define SYNONYM        0.45F
#define SYNONYM_NEARBY 0.3F /* of a word that is in many groups */
#define LINE_MAX       200U /* bytes of a description in a result */

/* One way to say a concept. */
struct form {
    struct str stem;
    float share; /* times rarity */
};

struct concept {
    struct form forms[FORMS_MAX];
    size_t count;
};

struct hit {
    const struct catalog_source *source;
    const struct catalog_tool *tool;
    float score;
};

/* What one tool has gathered. */
struct tally {
    float score;
    float current;   /* of the concept that is being looked at */
    uint8_t concept; /* + 1 */
    uint8_t concepts;
    uint8_t in_name;
};

struct search {
    const struct catalog *catalog;
    const struct catalog_query *query;
    struct arena *arena;
    struct concept concepts[CONCEPTS_MAX];
    size_t concepts_count;
    size_t tools;     /* in all listings */
    struct hit *best; /* the first of all, best first */
    size_t best_count;
    size_t best_max;
    size_t total;
};

/* ---- the query ---- */

static bool has_form(const struct search *search, struct str stem)
{
    for (size_t i = 0; i < search->concepts_count; i++) {
        if (str_equal(search->concepts[i].forms[0].stem, stem))
            return true;
    }
    return false;
}

static void form_add(struct concept *concept, struct str stem, float share)
{
    for (size_t i = 0; i < concept->count; i++) {
        if (str_equal(concept->forms[i].stem, stem))
            return;
    }
    if (concept->count < FORMS_MAX)
    concept->forms[concept->count++] = (struct form){ stem, share };
}

static void concept_add(struct search *search, struct str word)
{
    struct catalog__speech *speech = search->catalog->speech;
    struct str stem = str_copy(search->arena, catalog__speech_stem(speech, word));
    struct str synonym;

    if (search->concepts_count == CONCEPTS_MAX || has_form(search, stem))
        return;
    struct concept *concept = &search->concepts[search->concepts_count++];
    uint64_t groups = catalog__speech_groups(speech, stem);
    float share = __builtin_popcountll(groups) > 1 ? SYNONYM_NEARBY : SYNONYM;
    form_add(concept, stem, 1);
    for (unsigned group = 0; group < 64; group++) {
        for (size_t i = 0; groups & (uint64_t)1 << group; i++) {
            synonym = catalog__speech_synonym(speech, group, i);
            if (!synonym.ptr)
                break;
            form_add(concept, synonym, share);
        }
    }
}

/* Words that say nothing are left out, unless there are no others. */
static void query_read(struct search *search)
{
    struct str text = str_slice(search->query->text, 0, CATALOG_QUERY_MAX);

    for (int all = 0; all < 2 && search->concepts_count == 0; all++) {
        struct catalog__word word;
        size_t at = 0;

        while (catalog__word_next(text, &at, &word)) {
            struct str letters = catalog__word_str(&word);

            if (all || !catalog__speech_is_empty_word(letters))
                concept_add(search, letters);
        }
    }
}

/* ---- what is looked through ---- */

static struct catalog__source *source_next(const struct search *search, size_t *position)
{
    struct map_entry *entry;

    while ((entry = map_next(&search->catalog->sources, position))) {
        struct catalog__source *source = entry->value;

        if (source->view.approved && source->offered &&
            (!search->query->source.ptr || str_equal(source->view.name, search->query->source)))
            return source;
    }
    return NULL;
}

static void indexes_make(struct search *search)
{
    struct catalog__source *source;
    size_t position = 0;

    while ((source = source_next(search, &position))) {
        if (!source->offered->index)
            source->offered->index = catalog__index_new(source->offered, search->catalog->speech);
        search->tools += source->offered->count;
    }
}

static const struct catalog__term *term_find(const struct catalog__source *source, struct str stem)
{
    return map_find(&source->offered->index->terms, stem);
}

/* How much a form counts: rare words count more (BM25's inverse document frequency). */
static void forms_weigh(struct search *search)
{
    for (size_t i = 0; i < search->concepts_count; i++) {
        struct concept *concept = &search->concepts[i];

        for (size_t j = 0; j < concept->count; j++) {
            const struct catalog__source *source;
            size_t position = 0, with = 0;

            while ((source = source_next(search, &position))) {
                const struct catalog__term *term = term_find(source, concept->forms[j].stem);

                with += term ? term->count : 0;
            }
            float without = (float)(search->tools - with) + 0.5F;
            concept->forms[j].share *= logf(1 + without / ((float)with + 0.5F));
        }
    }
}

/* ---- one listing ---- */

static void post_count(struct tally *tally, const struct catalog__post *post, uint8_t concept,
                       float share)
{
    float score = post->impact * share;

    if (tally->concept != concept) {
        tally->concept = concept;
        tally->concepts++;
        tally->in_name = (uint8_t)(tally->in_name + post->in_name);
        tally->current = score;
        tally->score += score;
    } else if (score > tally->current) {
        tally->score += score - tally->current;
        tally->current = score;
    }
}

static void listing_count(const struct search *search, const struct catalog__source *source,
                          struct tally *tallies)
{
    for (size_t i = 0; i < search->concepts_count; i++) {
        const struct concept *concept = &search->concepts[i];

        for (size_t j = 0; j < concept->count; j++) {
            const struct catalog__term *term = term_find(source, concept->forms[j].stem);
            const struct catalog__post *post;

            if (!term)
                continue;
            post = &source->offered->index->posts[term->first];
            for (uint32_t k = 0; k < term->count; k++)
                post_count(&tallies[post[k].tool], &post[k], (uint8_t)(i + 1),
                           concept->forms[j].share);
        }
    }
}

static bool is_better(const struct hit *a, const struct hit *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    return str_compare(a->tool->address, b->tool->address) < 0;
}

static void hit_keep(struct search *search, struct hit hit)
{
    size_t at = search->best_count;

    search->total++;
    if (search->best_max == 0 ||
        (at == search->best_max && !is_better(&hit, &search->best[at - 1])))
        return;
    if (at == search->best_max)
        at--;
    else
        search->best_count++;
    while (at > 0 && is_better(&hit, &search->best[at - 1])) {
        search->best[at] = search->best[at - 1];
        at--;
    }
    search->best[at] = hit;
}

static float score_of(const struct search *search, const struct catalog__index *index, size_t tool,
                      const struct tally *tally)
{
    float all = (float)search->concepts_count, names = (float)index->name_words[tool];
    float had = (float)tally->concepts / all;
    float named = names > 0 ? fminf(1, (float)tally->in_name / names) : 0;

    return tally->score * (0.4F + 0.6F * had) * (0.75F + 0.5F * named);
}

static void listing_look(struct search *search, const struct catalog__source *source)
{
    const struct catalog__listing *listing = source->offered;
    bool any = search->concepts_count == 0;
    struct tally *tallies;

    tallies = any ? NULL : heap_alloc(sizeof(*tallies) * (listing->count + 1));
    if (!any) {
        memset(tallies, 0, sizeof(*tallies) * (listing->count + 1));
        listing_count(search, source, tallies);
    }
    for (size_t i = 0; i < listing->count; i++) {
        const struct catalog_tool *tool = &listing->tools[i];

        if (!any && tallies[i].concepts == 0)
            continue;
        if (tool->waiting || (search->query->effect_given && tool->effect != search->query->effect))
            continue;
        float score = any ? 0 : score_of(search, listing->index, i, &tallies[i]);
        hit_keep(search, (struct hit){ &source->view, tool, score });
    }
    (void)heap_free(tallies);
}

/* ---- the answer ---- */

/* The first line without what nobody sees. */
static struct str line_of(struct arena *arena, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    size_t at = 0;

    text = str_trim(text);
    while (at < text.len && text.ptr[at] != '\n') {
        size_t from = at;
        uint32_t c = catalog__code_next(text, &at);

        if (out.len > LINE_MAX) {
            buf_add_c(&out, "...");
            break;
        }
        if (!catalog__code_is_unseen(c))
            buf_add(&out, text.ptr + from, at - from);
    }
    return str_copy(arena, buf_str(&out));
}

static void member_print(struct json_out *out, const char *name, struct str text)
{
    if (text.len == 0)
        return;
    json_out_key(out, name);
    json_out_str(out, text);
}

static void hit_print(struct json_out *out, struct arena *arena, const struct hit *hit)
{
    json_out_object(out);
    member_print(out, "address", hit->tool->address);
    member_print(out, "title", line_of(arena, hit->tool->title));
    member_print(out, "description", line_of(arena, hit->tool->description));
    member_print(out, "effect", event_effect_name(hit->tool->effect));
    if (hit->source->state != MSG_SOURCE_STATE_CONNECTED)
        member_print(out, "unavailable", msg_source_state_name(hit->source->state));
    if (hit->score > 0) {
        json_out_key(out, "score");
        json_out_raw(out, str_printf(arena, "%.2f", (double)hit->score));
    }
    json_out_end(out);
}

static void answer_print(const struct search *search, struct buf *out)
{
    struct json_out json = json_out(out);

    json_out_object(&json);
    json_out_key(&json, "items");
    json_out_array(&json);
    for (size_t i = search->query->offset; i < search->best_count; i++)
        hit_print(&json, search->arena, &search->best[i]);
    json_out_end(&json);
    json_out_key(&json, "total");
    json_out_u64(&json, search->total);
    json_out_end(&json);
}

void catalog_search(const struct catalog *catalog, const struct catalog_query *query,
                    struct buf *out)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct search *search = ARENA_NEW(arena, struct search);
    size_t limit = query->limit == 0 ? 10 : query->limit;
    const struct catalog__source *source;
    size_t position = 0;

    *search = (struct search){ .catalog = catalog, .query = query, .arena = arena };
    if (limit > CATALOG_LIMIT_MAX)
        limit = CATALOG_LIMIT_MAX;
    search->best_max = query->offset < CATALOG_OFFSET_MAX ? query->offset + limit : 0;
    search->best = ARENA_ARRAY(arena, struct hit, search->best_max + 1);
    query_read(search);
    indexes_make(search);
    forms_weigh(search);
    while ((source = source_next(search, &position)))
        listing_look(search, source);
    answer_print(search, out);
}
