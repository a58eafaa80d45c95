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

#define CONCEPTS_MAX 16U
#define FORMS_MAX    40U
#define WORDS_MAX    40U
#define SAME         1.0F
#define SYNONYM      0.4F
#define MISSING      1.8F /* times a synonym where a source does not know the word itself */
#define ONESELF      0.4F /* mine: of whoever is authenticated */
#define LINE_MAX     200U /* bytes of a description in a result */

/* One way to say a concept. */
struct form {
    struct str stem;
    float share; /* times rarity */
};

struct concept {
    struct form forms[FORMS_MAX];
    size_t count;
    float weight; /* how much it says; 0: nobody knows it */
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
    float had;       /* weights of its concepts */
    float named;     /* how much the words of its name say that were asked for */
    uint8_t concept; /* + 1 */
};

struct search {
    const struct catalog *catalog;
    const struct catalog_query *query;
    struct arena *arena;
    struct concept concepts[CONCEPTS_MAX];
    size_t concepts_count;
    float weights; /* of all concepts */
    enum catalog__kind kind;
    struct str words[WORDS_MAX];
    size_t words_count;
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

static void synonyms_add(struct concept *concept, const struct catalog__speech *speech,
                         struct str stem, float own)
{
    struct catalog__groups groups = catalog__speech_groups(speech, stem);

    for (unsigned i = 0; i < groups.count; i++) {
        float share = catalog__speech_is_same(groups.at[i]) ? SAME : SYNONYM;
        struct str synonym;

        for (size_t j = 0; (synonym = catalog__speech_synonym(speech, groups.at[i], j)).ptr; j++)
            form_add(concept, synonym, share * own);
    }
}

static struct concept *concept_add(struct search *search, struct str word, float own)
{
    struct catalog__speech *speech = search->catalog->speech;
    struct str stem = str_copy(search->arena, catalog__speech_stem(speech, word));

    if (search->concepts_count == CONCEPTS_MAX || has_form(search, stem))
        return NULL;
    struct concept *concept = &search->concepts[search->concepts_count++];
    form_add(concept, stem, own);
    synonyms_add(concept, speech, stem, own);
    return concept;
}

static void words_split(struct search *search, struct str text)
{
    struct catalog__word word;
    size_t at = 0;

    while (search->words_count < WORDS_MAX && catalog__word_next(text, &at, &word))
        search->words[search->words_count++] = str_copy(search->arena, catalog__word_str(&word));
}

/* Two words that are one in a name: user group, usergroup. */
static void joined_add(struct search *search, struct concept *concept, size_t index)
{
    struct str both;

    if (!concept || index + 1 >= search->words_count || search->words[index].len < 3 ||
        search->words[index + 1].len < 3)
        return;
    both = str_printf(search->arena, "%.*s%.*s", STR_ARG(search->words[index]),
                      STR_ARG(search->words[index + 1]));
    both = catalog__speech_stem(search->catalog->speech, both);
    form_add(concept, str_copy(search->arena, both), 1);
}

static bool is_oneself(struct str word)
{
    return str_is(word, "my") || str_is(word, "me") || str_is(word, "mine") ||
           str_is(word, "myself");
}

/* Words that say nothing are left out, unless there are no others. */
static void query_read(struct search *search)
{
    struct str text = str_slice(search->query->text, 0, CATALOG_QUERY_MAX);

    words_split(search, text);
    search->kind = catalog__kind_of_wish(text);
    for (size_t i = 0; i < search->words_count; i++) {
        size_t particle = 0;
        struct str verb =
            catalog__speech_phrase(&search->words[i], search->words_count - i, &particle);

        if (verb.ptr) {
            search->words[i] = verb;
            search->words[i + particle] = STR("the");
            if (i == 0)
                search->kind = catalog__kind_of_word(verb);
        }
    }
    for (int all = 0; all < 2 && search->concepts_count == 0; all++) {
        for (size_t i = 0; i < search->words_count; i++) {
            struct str word = search->words[i];

            if (is_oneself(word))
                (void)concept_add(search, STR("authenticated"), ONESELF);
            if (all || !catalog__speech_is_empty_word(word))
                joined_add(search, concept_add(search, word, 1), i);
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
        (void)catalog__index_step(source->offered->index, SIZE_MAX);
        search->tools += source->offered->count;
    }
}

static const struct catalog__term *term_find(const struct catalog__source *source, struct str stem)
{
    return map_find(&source->offered->index->terms, stem);
}

static float form_rarity(const struct search *search, struct str stem)
{
    const struct catalog__source *source;
    size_t position = 0, with = 0;

    while ((source = source_next(search, &position))) {
        const struct catalog__term *term = term_find(source, stem);

        with += term ? term->count : 0;
    }
    return with > 0 ? catalog__index_rarity(search->tools, with) : 0;
}

/* Rare words count more; a concept says as much as its own word, or else its rarest synonym. */
static void forms_weigh(struct search *search)
{
    for (size_t i = 0; i < search->concepts_count; i++) {
        struct concept *concept = &search->concepts[i];

        for (size_t j = 0; j < concept->count; j++) {
            float rarity = form_rarity(search, concept->forms[j].stem);

            concept->forms[j].share *= rarity;
            if (j == 0 ||
                (concept->forms[0].share <= 0 && concept->forms[j].share > concept->weight))
            concept->weight = concept->forms[j].share;
        }
        search->weights += concept->weight;
    }
}

/* ---- one listing ---- */

static void post_count(struct tally *tally, const struct catalog__post *post, uint8_t concept,
                       float weight, float share)
{
    float score = post->impact * share;

    if (post->in_name)
        tally->named += share;
    if (tally->concept != concept) {
        tally->concept = concept;
        tally->had += weight;
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
        float share = 1;

        for (size_t j = 0; j < concept->count; j++) {
            const struct catalog__term *term = term_find(source, concept->forms[j].stem);
            const struct catalog__post *post;

            if (!term && j == 0)
                share = MISSING;
            if (!term)
                continue;
            post = &source->offered->index->posts[term->first];
            for (uint32_t k = 0; k < term->count; k++)
                post_count(&tallies[post[k].tool], &post[k], (uint8_t)(i + 1), concept->weight,
                           concept->forms[j].share * share);
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

/* How well what a tool does (column) is what is wanted (row). */
static const float kinds[CATALOG__KINDS][CATALOG__KINDS] = {
    /*                      none  list  get   search create update delete */
    [CATALOG__NO_KIND] = { 1.00F, 1.00F, 1.00F, 1.00F, 1.00F, 1.00F, 1.00F },
    [CATALOG__LIST] = { 0.85F, 1.30F, 1.05F, 1.05F, 0.55F, 0.50F, 0.45F },
    [CATALOG__GET] = { 0.85F, 1.05F, 1.20F, 0.95F, 0.55F, 0.50F, 0.45F },
    [CATALOG__SEARCH] = { 0.75F, 1.10F, 1.00F, 1.40F, 0.50F, 0.50F, 0.45F },
    [CATALOG__CREATE] = { 0.95F, 0.55F, 0.55F, 0.55F, 1.30F, 0.85F, 0.45F },
    [CATALOG__UPDATE] = { 0.95F, 0.55F, 0.55F, 0.55F, 0.85F, 1.30F, 0.45F },
    [CATALOG__ACT] = { 1.10F, 0.60F, 0.65F, 0.60F, 1.05F, 1.05F, 0.80F },
    [CATALOG__DELETE] = { 0.95F, 0.50F, 0.50F, 0.50F, 0.50F, 0.55F, 1.30F },
};

#define STALE 0.7F
#define OURS  1.6F /* the source was named */

static float score_of(const struct search *search, const struct catalog__facts *facts,
                      const struct tally *tally)
{
    float had = search->weights > 0 ? tally->had / search->weights : 0;
    float named = facts->name > 0 ? fminf(1, tally->named / facts->name) : 0;

    return tally->score * (0.4F + 0.6F * had) * (0.7F + 0.6F * named) *
           kinds[search->kind][facts->kind] * (facts->stale ? STALE : 1);
}

/* Is the name there in lower case, from this word on? GitHub was read as two words. */
static bool is_name(const struct search *search, size_t index, struct str name)
{
    size_t at = 0;

    for (; index < search->words_count && at < name.len; index++) {
        struct str word = search->words[index];

        for (size_t i = 0; i < word.len; i++, at++) {
            char c = at < name.len ? name.ptr[at] : ' ';

            if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != word.ptr[i])
                return false;
        }
    }
    return at == name.len;
}

static bool is_named(const struct search *search, const struct catalog__source *source)
{
    for (size_t i = 0; i < search->words_count; i++) {
        if (is_name(search, i, source->view.name))
            return true;
    }
    return false;
}

static void listing_look(struct search *search, const struct catalog__source *source)
{
    const struct catalog__listing *listing = source->offered;
    bool any = search->concepts_count == 0;
    float ours = is_named(search, source) ? OURS : 1;
    struct tally *tallies;

    tallies = any ? NULL : heap_alloc(sizeof(*tallies) * (listing->count + 1));
    if (!any) {
        memset(tallies, 0, sizeof(*tallies) * (listing->count + 1));
        listing_count(search, source, tallies);
    }
    for (size_t i = 0; i < listing->count; i++) {
        const struct catalog_tool *tool = &listing->tools[i];

        if (!any && tallies[i].concept == 0)
            continue;
        if (tool->waiting || (search->query->effect_given && tool->effect != search->query->effect))
            continue;
        float score = any ? 0 : ours * score_of(search, &listing->index->facts[i], &tallies[i]);
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
    if (text.len > 0)
        json_out_member_str(out, name, text);
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
    json_out_key(&json, "next");
    if (search->best_count > search->query->offset && search->best_count < search->total &&
        search->best_count < CATALOG_OFFSET_MAX)
        json_out_u64(&json, search->best_count);
    else
        json_out_null(&json);
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
