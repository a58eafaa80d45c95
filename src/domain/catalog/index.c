/*
 * The inverted index of one listing.
 *
 * Each tool's words are counted where they stand: in its path most, in its title and the first
 * sentence of its description, in the names of its parameters, and little in the rest. What a word
 * counts in a tool is BM25's share without the rarity of the word, which search adds, since that
 * spans all listings.
 */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/json/json.h"

#include <stdlib.h>

#define WEIGHT_PATH     3.0F
#define WEIGHT_SOURCE   1.0F
#define WEIGHT_TITLE    2.0F
#define WEIGHT_FIRST    1.5F
#define WEIGHT_REST     0.4F
#define WEIGHT_PARAM    0.7F
#define WEIGHT_PARAM_IS 0.2F

/* BM25: how fast repetition stops to count, and how much length takes away. */
#define K1 1.2F
#define B  0.6F

#define TEXT_MAX  2000U /* bytes of a description that are looked at */
#define PARAM_MAX 240U  /* of a parameter's */

struct term {
    struct catalog__term public;
    uint32_t number;
    uint32_t post_last; /* + 1, in counts of the builder */
    bool empty;         /* says nothing outside a name */
};

struct count {
    uint32_t term;
    uint32_t tool;
    float weight;
    bool in_name;
};

struct count_vec VEC(struct count);

struct builder {
    struct catalog__index *index;
    struct catalog__speech *speech;
    struct map words; /* as written to struct term: each is stemmed once */
    struct arena *work;
    struct arena *scratch; /* one tool */
    struct count_vec counts;
    uint32_t tool;
    uint32_t tool_first; /* its first count */
    float *lengths;
    float length_sum;
    uint32_t terms;
};

static struct term *term_of(struct builder *builder, struct str word)
{
    struct term *term = map_find(&builder->words, word);

    if (term)
        return term;
    struct str stem = catalog__speech_stem(builder->speech, word);
    term = map_find(&builder->index->terms, stem);
    if (!term) {
        term = ARENA_NEW(builder->index->arena, struct term);
        term->public.text = str_copy(builder->index->arena, stem);
        term->number = builder->terms++;
        term->empty = catalog__speech_is_empty_word(word);
        (void)map_put(&builder->index->terms, term->public.text, term);
    }
    (void)map_put(&builder->words, str_copy(builder->work, word), term);
    return term;
}

static void word_count(struct builder *builder, struct str word, float weight, bool in_name)
{
    struct term *term = term_of(builder, word);

    if (term->empty && !in_name)
        return;
    builder->lengths[builder->tool] += weight;
    if (term->post_last > builder->tool_first) {
        CHECK(builder->counts.count >= term->post_last && builder->counts.at);
        struct count *count = &builder->counts.at[term->post_last - 1];

        count->weight += weight;
        count->in_name |= in_name;
        return;
    }
    *VEC_PUSH(&builder->counts) = (struct count){
        .term = term->number, .tool = builder->tool, .weight = weight, .in_name = in_name
    };
    term->post_last = (uint32_t)builder->counts.count;
    term->public.count++;
    if (in_name && builder->index->name_words[builder->tool] < UINT8_MAX)
        builder->index->name_words[builder->tool]++;
}

static void text_count(struct builder *builder, struct str text, float weight, bool in_name)
{
    struct catalog__word word;
    size_t at = 0;

    while (catalog__word_next(text, &at, &word))
        word_count(builder, catalog__word_str(&word), weight, in_name);
}

static void description_count(struct builder *builder, struct str text)
{
    struct str head = str_slice(text, 0, TEXT_MAX);
    size_t end = str_find(head, STR(". "));
    size_t line = str_find_char(head, '\n');

    if (line < end)
        end = line;
    text_count(builder, str_slice(head, 0, end), WEIGHT_FIRST, false);
    if (end != SIZE_MAX)
        text_count(builder, str_slice(head, end, head.len), WEIGHT_REST, false);
}

static void params_count(struct builder *builder, struct str schema)
{
    struct json_error error;
    struct json_doc doc;

    arena_reset(builder->scratch);
    if (schema.len == 0 || json_parse(builder->scratch, schema, NULL, &error, &doc) != JSON_PARSED)
        return;
    struct json_iter iter = json_iter(json_get(doc.root, "properties"));
    const struct json_value *value;
    while ((value = json_next(&iter))) {
        struct str note = str_slice(json_get_str(value, "description"), 0, PARAM_MAX);

        text_count(builder, iter.key, WEIGHT_PARAM, false);
        text_count(builder, note, WEIGHT_PARAM_IS, false);
    }
}

static void tool_count(struct builder *builder, const struct catalog_tool *tool)
{
    struct str source = str_slice(tool->address, 0, tool->address.len - tool->path.len);

    builder->tool_first = (uint32_t)builder->counts.count;
    text_count(builder, tool->path, WEIGHT_PATH, true);
    text_count(builder, source, WEIGHT_SOURCE, false);
    text_count(builder, tool->title, WEIGHT_TITLE, false);
    description_count(builder, tool->description);
    params_count(builder, tool->input);
    builder->length_sum += builder->lengths[builder->tool];
    builder->tool++;
}

/* Sorted by term, with each tool's length taken into account. */
static void posts_make(struct builder *builder)
{
    struct catalog__index *index = builder->index;
    float average = builder->length_sum / (float)(index->tools ? index->tools : 1);
    uint32_t *next = ARENA_ARRAY(builder->work, uint32_t, builder->terms);
    struct map_entry *entry;
    size_t position = 0;
    uint32_t first = 0;

    index->posts = ARENA_ARRAY(index->arena, struct catalog__post, builder->counts.count);
    while ((entry = map_next(&index->terms, &position))) {
        struct term *term = entry->value;

        term->public.first = next[term->number] = first;
        first += term->public.count;
    }
    for (size_t i = 0; i < builder->counts.count; i++) {
        const struct count *count = &builder->counts.at[i];
        float norm = K1 * (1 - B + B * builder->lengths[count->tool] / average);

        index->posts[next[count->term]++] = (struct catalog__post){
            .impact = count->weight * (K1 + 1) / (count->weight + norm),
            .tool = count->tool & 0x7fffffffU,
            .in_name = count->in_name,
        };
    }
}

struct catalog__index *catalog__index_new(const struct catalog__listing *listing,
                                          struct catalog__speech *speech)
{
    struct arena *arena = arena_new(0);
    struct arena *work CLEANUP(arena_free) = arena_new(0);
    struct catalog__index *index = ARENA_NEW(arena, struct catalog__index);
    struct arena *scratch CLEANUP(arena_free) = arena_new(0);
    struct builder builder = { .index = index, .speech = speech, .work = work, .scratch = scratch };

    index->arena = arena;
    index->tools = listing->count;
    index->name_words = ARENA_ARRAY(arena, uint8_t, listing->count);
    builder.lengths = heap_alloc(sizeof(float) * (listing->count + 1));
    for (size_t i = 0; i < listing->count; i++)
        builder.lengths[i] = 0;
    for (size_t i = 0; i < listing->count; i++)
        tool_count(&builder, &listing->tools[i]);
    posts_make(&builder);
    builder.lengths = heap_free(builder.lengths);
    map_fini(&builder.words);
    VEC_FINI(&builder.counts);
    return index;
}

struct catalog__index *catalog__index_free(struct catalog__index *index)
{
    if (!index)
        return NULL;
    map_fini(&index->terms);
    (void)arena_free(index->arena); /* it lies in it */
    return NULL;
}
