/*
 * The inverted index of one listing, made in steps: tools are counted, then each term gets its
 * place, then the counts become posts in that place.
 *
 * Each tool's words are counted where they stand: in its path most, in its title and the first
 * sentence of its description, in the names of its parameters, and little in the rest. What a word
 * counts in a tool is BM25's share without the rarity of the word, which search adds, since that
 * spans all listings.
 */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/json/json.h"

#include <math.h>
#include <stdlib.h>

#define WEIGHT_PATH     3.0F
#define WEIGHT_JOINED   3.0F /* two words of a name, written as one */
#define WEIGHT_TITLE    2.0F
#define WEIGHT_FIRST    1.5F
#define WEIGHT_REST     0.4F
#define WEIGHT_PARAM    0.7F
#define WEIGHT_PARAM_IS 0.2F

/* BM25: how fast repetition stops to count, and how much length takes away. */
#define K1 1.2F
#define B  0.6F

#define TEXT_MAX         1600U /* bytes of a description that are looked at */
#define PARAM_MAX        160U  /* of a parameter's */
#define PARAMS_MAX       64U
#define PARAM_VALUES_MAX 8

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

/* They lie in blocks: a long array would be copied whenever it grows, and freed all at once. */
#define COUNTS_BLOCK 4096U

struct counts {
    struct count_blocks VEC(struct count *) blocks;
    size_t count;
};

struct catalog__builder {
    const struct catalog__listing *listing;
    struct catalog__index *index;
    struct catalog__speech *speech;
    struct map words; /* as written to struct term: each is stemmed once */
    struct arena *work;
    struct arena *scratch; /* one tool */
    struct counts counts;
    uint32_t tool;
    uint32_t tool_first; /* its first count */
    float *lengths;
    float length_sum;
    uint32_t terms;
    /* After the tools: terms get their places. */
    bool placing;
    bool placed;
    size_t position; /* in the index's terms */
    uint32_t first;
    uint32_t *next; /* of each term: where its next post goes */
    float *rarity;
    size_t posted; /* counts that became posts */
};

static struct term *term_of(struct catalog__builder *builder, struct str word)
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

static struct count *count_at(const struct catalog__builder *builder, size_t index)
{
    CHECK(index < builder->counts.count);
    return &builder->counts.blocks.at[index / COUNTS_BLOCK][index % COUNTS_BLOCK];
}

static void count_add(struct catalog__builder *builder, const struct count *count)
{
    size_t index = builder->counts.count++;

    if (index % COUNTS_BLOCK == 0)
        *VEC_PUSH(&builder->counts.blocks) = heap_resize(NULL, COUNTS_BLOCK * sizeof(*count));
    *count_at(builder, index) = *count;
}

static void word_count(struct catalog__builder *builder, struct str word, float weight,
                       bool in_name)
{
    struct term *term = term_of(builder, word);

    if (term->empty && !in_name)
        return;
    builder->lengths[builder->tool] += weight;
    if (term->post_last > builder->tool_first) {
        struct count *count = count_at(builder, term->post_last - 1);

        count->weight += weight;
        count->in_name |= in_name;
        return;
    }
    count_add(builder, &(struct count){ .term = term->number,
                                        .tool = builder->tool,
                                        .weight = weight,
                                        .in_name = in_name });
    term->post_last = (uint32_t)builder->counts.count;
    term->public.count++;
}

static void text_count(struct catalog__builder *builder, struct str text, float weight,
                       bool in_name)
{
    struct catalog__word word;
    size_t at = 0;

    while (catalog__word_next(text, &at, &word))
        word_count(builder, catalog__word_str(&word), weight, in_name);
}

/* People write configmap where a name has ConfigMap. */
static void name_count(struct catalog__builder *builder, struct str path)
{
    struct catalog__word word, before = { .len = 0 };
    size_t at = 0;

    while (catalog__word_next(path, &at, &word)) {
        char both[sizeof(word.text) * 2];

        word_count(builder, catalog__word_str(&word), WEIGHT_PATH, true);
        if (before.len > 2 && word.len > 2) {
            memcpy(both, before.text, before.len);
            memcpy(both + before.len, word.text, word.len);
            word_count(builder, str_of(both, before.len + word.len), WEIGHT_JOINED, false);
        }
        before = word;
    }
}

/* Without HTML tags, the targets of links, and paragraphs that are notices (> ...). */
static struct str prose(struct catalog__builder *builder, struct str text)
{
    struct buf out BUF_CLEANUP = BUF_INIT;
    bool line = true, notice = false, tag = false;

    for (size_t i = 0; i < text.len && out.len < TEXT_MAX; i++) {
        char c = text.ptr[i];

        if (line && c == '>')
            notice = true;
        if (c == '\n' && (i + 1 >= text.len || text.ptr[i + 1] != '>'))
            notice = false;
        line = c == '\n';
        if (c == '<' || (c == '(' && i > 0 && text.ptr[i - 1] == ']'))
            tag = true;
        if (!notice && !tag)
            buf_add_char(&out, c);
        if (tag && (c == '>' || c == ')' || c == '\n')) {
            tag = false;
            buf_add_char(&out, ' ');
        }
    }
    return str_trim(str_copy(builder->scratch, buf_str(&out)));
}

static void description_count(struct catalog__builder *builder, struct str head)
{
    size_t end = str_find(head, STR(". "));
    size_t line = str_find_char(head, '\n');

    if (line < end)
        end = line;
    text_count(builder, str_slice(head, 0, end), WEIGHT_FIRST, false);
    if (end != SIZE_MAX)
        text_count(builder, str_slice(head, end, head.len), WEIGHT_REST, false);
}

/* A reference to a definition of the same schema leads there; any other to nothing. */
static const struct json_value *followed(const struct json_value *root,
                                         const struct json_value *schema)
{
    struct str reference = json_get_str(schema, "$ref");

    if (reference.len == 0 || reference.ptr[0] != '#')
        return schema;
    return json_pointer(root, str_slice(reference, 1, reference.len));
}

static void values_count(struct catalog__builder *builder, const struct json_value *schema)
{
    struct json_iter iter = json_iter(json_get(schema, "enum"));
    const struct json_value *value;

    for (int i = 0; i < PARAM_VALUES_MAX && (value = json_next(&iter)); i++)
        text_count(builder, json_str(value), WEIGHT_PARAM_IS, false);
}

/* Names of parameters and what is said of them; of the body also its members'. */
static void params_count(struct catalog__builder *builder, struct str schema)
{
    struct json_error error;
    struct json_doc doc;

    if (schema.len == 0 || json_parse(builder->scratch, schema, NULL, &error, &doc) != JSON_PARSED)
        return;
    struct json_iter iters[2] = { json_iter(json_get(doc.root, "properties")) };
    const struct json_value *value;
    unsigned depth = 0, count = 0;
    for (;;) {
        value = json_next(&iters[depth]);
        if (!value && depth-- == 0)
            return;
        if (!value)
            continue;
        if (count++ > PARAMS_MAX)
            return;
        struct str key = iters[depth].key;
        const struct json_value *is = followed(doc.root, value);
        struct str note = json_get_str(value, "description");
        if (depth == 0 && str_is(key, "body") && json_get(is, "properties")) {
            iters[++depth] = json_iter(json_get(is, "properties"));
            continue;
        }
        text_count(builder, key, WEIGHT_PARAM, false);
        text_count(builder, str_slice(note, 0, PARAM_MAX), WEIGHT_PARAM_IS, false);
        values_count(builder, is);
    }
}

/* Words of a name or of the first sentence that speak against a tool where others do the same. */
static bool is_stale(const struct catalog_tool *tool, struct str description)
{
    static const char *const words[] = { "alpha",      "beta",  "legacy", "stubbed",
                                         "deprecated", "watch", "sandbox" };
    struct catalog__word word;
    size_t at = 0;
    struct str name = tool->path;

    if (str_find(description, STR("eprecated")) < 240 || str_find(name, STR("TestHelpers")) < 16 ||
        str_find(tool->description, STR("losing down")) < 120)
        return true;
    while (catalog__word_next(name, &at, &word)) {
        for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
            if (str_starts(catalog__word_str(&word), str_from(words[i])) ||
                (word.text[0] == 'v' && str_find(catalog__word_str(&word), STR("alpha")) < 8) ||
                (word.text[0] == 'v' && str_find(catalog__word_str(&word), STR("beta")) < 8))
                return true;
        }
    }
    return false;
}

static void tool_count(struct catalog__builder *builder, const struct catalog_tool *tool)
{
    struct catalog__facts *facts = &builder->index->facts[builder->tool];

    arena_reset(builder->scratch);
    struct str description = prose(builder, str_slice(tool->description, 0, 2 * TEXT_MAX));
    builder->tool_first = (uint32_t)builder->counts.count;
    name_count(builder, tool->path);
    text_count(builder, tool->title, WEIGHT_TITLE, false);
    description_count(builder, description);
    params_count(builder, tool->input);
    facts->kind = (uint8_t)catalog__kind_of_tool(tool, description);
    facts->stale = is_stale(tool, description);
    builder->length_sum += builder->lengths[builder->tool];
    builder->tool++;
}

float catalog__index_rarity(size_t all, size_t with)
{
    return logf(1 + ((float)(all - with) + 0.5F) / ((float)with + 0.5F));
}

/* ---- in steps ---- */

/* What one step is worth: some tools' words, or more of what is quicker. */
#define STEP_BYTES 4096U
#define STEP_TERMS 64U
#define STEP_POSTS 256U

static void places_begin(struct catalog__builder *builder)
{
    struct catalog__index *index = builder->index;

    builder->placing = true;
    builder->next = ARENA_ARRAY(builder->work, uint32_t, builder->terms);
    builder->rarity = ARENA_ARRAY(builder->work, float, builder->terms);
    /* Each is written once: clearing them before would be a long step. */
    index->posts =
        arena_alloc_raw(index->arena, (builder->counts.count + 1) * sizeof(struct catalog__post));
}

/* False when each term has its place. */
static bool term_place(struct catalog__builder *builder)
{
    struct map_entry *entry = map_next(&builder->index->terms, &builder->position);
    struct term *term = entry ? entry->value : NULL;

    if (!term)
        return false;
    term->public.first = builder->next[term->number] = builder->first;
    builder->rarity[term->number] =
        catalog__index_rarity(builder->index->tools, term->public.count);
    builder->first += term->public.count;
    return true;
}

/* Sorted by term, with each tool's length taken into account. */
static void count_post(struct catalog__builder *builder)
{
    struct catalog__index *index = builder->index;
    const struct count *count = count_at(builder, builder->posted++);
    float average = builder->length_sum / (float)(index->tools ? index->tools : 1);
    float norm = K1 * (1 - B + B * builder->lengths[count->tool] / average);

    index->posts[builder->next[count->term]++] = (struct catalog__post){
        .impact = count->weight * (K1 + 1) / (count->weight + norm),
        .tool = count->tool & 0x7fffffffU,
        .in_name = count->in_name,
    };
    if (count->in_name)
        index->facts[count->tool].name += builder->rarity[count->term];
    if (builder->posted % COUNTS_BLOCK == 0) {
        struct count **block = &builder->counts.blocks.at[builder->posted / COUNTS_BLOCK - 1];

        *block = heap_free(*block);
    }
}

static struct catalog__builder *builder_free(struct catalog__builder *builder)
{
    if (!builder)
        return NULL;
    builder->lengths = heap_free(builder->lengths);
    map_fini(&builder->words);
    for (size_t i = 0; i < builder->counts.blocks.count; i++)
        (void)heap_free(builder->counts.blocks.at[i]);
    VEC_FINI(&builder->counts.blocks);
    (void)arena_free(builder->work);
    (void)arena_free(builder->scratch);
    return heap_free(builder);
}

/* How many steps a tool is worth. */
static size_t tool_steps(const struct catalog_tool *tool)
{
    return 1 + (tool->input.len + tool->description.len) / STEP_BYTES;
}

/* Each of these gives the steps that are left. */
static size_t tools_step(struct catalog__builder *builder, size_t steps)
{
    while (steps > 0 && builder->tool < builder->index->tools) {
        const struct catalog_tool *tool = &builder->listing->tools[builder->tool];
        size_t cost = tool_steps(tool);

        tool_count(builder, tool);
        steps -= cost < steps ? cost : steps;
    }
    return steps;
}

static size_t places_step(struct catalog__builder *builder, size_t steps)
{
    if (steps > 0 && !builder->placing)
        places_begin(builder);
    for (; steps > 0 && !builder->placed; steps--) {
        for (size_t i = 0; i < STEP_TERMS && !builder->placed; i++)
            builder->placed = !term_place(builder);
    }
    return steps;
}

static size_t posts_step(struct catalog__builder *builder, size_t steps)
{
    for (; steps > 0 && builder->posted < builder->counts.count; steps--) {
        for (size_t i = 0; i < STEP_POSTS && builder->posted < builder->counts.count; i++)
            count_post(builder);
    }
    return steps;
}

bool catalog__index_step(struct catalog__index *index, size_t steps)
{
    struct catalog__builder *builder = index->builder;

    if (!builder)
        return true;
    steps = tools_step(builder, steps);
    steps = places_step(builder, steps);
    (void)posts_step(builder, steps);
    if (!builder->placed || builder->posted < builder->counts.count)
        return false;
    index->builder = builder_free(builder);
    return true;
}

struct catalog__index *catalog__index_new(const struct catalog__listing *listing,
                                          struct catalog__speech *speech)
{
    struct arena *arena = arena_new(0);
    struct catalog__index *index = ARENA_NEW(arena, struct catalog__index);
    struct catalog__builder *builder = heap_alloc(sizeof(*builder));

    *builder = (struct catalog__builder){ .listing = listing,
                                          .index = index,
                                          .speech = speech,
                                          .work = arena_new(0),
                                          .scratch = arena_new(0) };
    index->arena = arena;
    index->builder = builder;
    index->tools = listing->count;
    index->facts = ARENA_ARRAY(arena, struct catalog__facts, listing->count);
    map_reserve(&builder->words, listing->count);
    map_reserve(&index->terms, listing->count);
    builder->lengths = heap_alloc(sizeof(float) * (listing->count + 1));
    for (size_t i = 0; i < listing->count; i++)
        builder->lengths[i] = 0;
    return index;
}

struct catalog__index *catalog__index_free(struct catalog__index *index)
{
    if (!index)
        return NULL;
    index->builder = builder_free(index->builder);
    map_fini(&index->terms);
    (void)arena_free(index->arena); /* it lies in it */
    return NULL;
}

/* ---- the catalog's own work ---- */

bool catalog_work_is_due(const struct catalog *catalog)
{
    return catalog->unindexed;
}

void catalog_work(struct catalog *catalog, size_t steps)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&catalog->sources, &position))) {
        const struct catalog__source *source = entry->value;
        struct catalog__listing *listing = source->offered;

        if (!source->view.approved || !listing || (listing->index && !listing->index->builder))
            continue;
        if (!listing->index)
            listing->index = catalog__index_new(listing, catalog->speech);
        (void)catalog__index_step(listing->index, steps);
        return;
    }
    catalog->unindexed = false;
}
