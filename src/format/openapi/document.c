/*
 * Documents and references.
 *
 * A document is parsed as JSON where it begins like JSON, else as YAML. Its $ref texts are looked
 * at once, in the order of the array of values, for documents that are still needed. What a $ref
 * names is looked up once for each text and remembered.
 */
#include "base/uri.h"
#include "format/openapi/internal.h"
#include "format/yaml/yaml.h"

#define REF_HOPS_MAX 32U
/* References within references that a pointer leads through. */
#define FOLLOWING_MAX 8U

struct openapi *openapi_new(const struct openapi_options *options)
{
    struct openapi *run = heap_alloc(sizeof(*run));

    run->arena = arena_new(0);
    if (options)
        run->options = *options;
    run->budget = OPENAPI_GROWTH_MIN;
    return run;
}

static void defs_free(struct openapi *run)
{
    struct map_entry *entry;
    size_t position = 0;

    while ((entry = map_next(&run->defs, &position))) {
        struct openapi__def *def = entry->value;

        VEC_FINI(&def->users);
    }
    map_fini(&run->defs);
    map_fini(&run->names);
    VEC_FINI(&run->faces);
}

struct openapi *openapi_free(struct openapi *run)
{
    if (!run)
        return NULL;
    for (size_t i = 0; i < run->docs.count; i++)
        map_fini(&run->docs.at[i]->refs);
    VEC_FINI(&run->docs);
    VEC_FINI(&run->tools);
    VEC_FINI(&run->needs);
    defs_free(run);
    map_fini(&run->notes);
    map_fini(&run->patterns);
    map_fini(&run->paths);
    (void)arena_free(run->arena);
    return heap_free(run);
}

static struct str without_mark(struct str text)
{
    return str_starts(text, STR("\xEF\xBB\xBF")) ? str_slice(text, 3, text.len) : text;
}

static bool begins_as_json(struct str text)
{
    struct str trimmed = str_trim(text);

    return trimmed.len > 0 && (trimmed.ptr[0] == '{' || trimmed.ptr[0] == '[');
}

static void json_refuse(struct openapi *run, const struct openapi__doc *doc,
                        const struct json_error *error)
{
    openapi__error(run, NULL, "syntax", "%.*s:%zu:%zu: this is no JSON: %s", STR_ARG(doc->uri),
                   error->line, error->column, error->sentence);
}

static bool json_read(struct openapi *run, struct openapi__doc *doc, struct str text)
{
    struct json_error error;

    if (json_parse(run->arena, text, NULL, &error, &doc->json) == JSON_PARSED)
        return true;
    json_refuse(run, doc, &error);
    return false;
}

/* What a sign-in page or a wrong address gives; as YAML it would be one long text. */
static bool begins_as_page(struct str text)
{
    struct str trimmed = str_trim(text);

    return trimmed.len > 0 && trimmed.ptr[0] == '<';
}

static bool page_refuse(struct openapi *run, const struct openapi__doc *doc)
{
    openapi__error(run, NULL, "syntax",
                   "%.*s: this is a page (HTML or XML), not a document in JSON or YAML",
                   STR_ARG(doc->uri));
    return false;
}

/* YAML has braces too, with less in them to get wrong: comments, a comma at the end, bare keys. */
static bool braces_read(struct openapi *run, struct openapi__doc *doc, struct str text)
{
    struct arena *scratch CLEANUP(arena_free) = arena_new(0);
    struct json_error json_error;
    struct yaml_error error;
    struct str json;

    if (json_parse(run->arena, text, NULL, &json_error, &doc->json) == JSON_PARSED)
        return true;
    if (yaml_to_json(text, scratch, &error, &json) != YAML_READ ||
        json_parse(run->arena, json, NULL, &(struct json_error){ 0 }, &doc->json) != JSON_PARSED) {
        json_refuse(run, doc, &json_error);
        return false;
    }
    doc->yaml = true;
    return true;
}

static bool yaml_read(struct openapi *run, struct openapi__doc *doc, struct str text)
{
    struct arena *scratch CLEANUP(arena_free) = arena_new(0);
    struct yaml_error error;
    struct str json;

    doc->yaml = true;
    if (yaml_to_json(text, scratch, &error, &json) == YAML_READ)
        return json_read(run, doc, json);
    openapi__error(run, NULL, "syntax", "%.*s:%zu:%zu: this is no YAML: %s", STR_ARG(doc->uri),
                   error.line, error.column, error.sentence);
    return false;
}

static struct openapi__doc *doc_find(const struct openapi *run, struct str uri)
{
    for (size_t i = 0; i < run->docs.count; i++) {
        if (str_equal(run->docs.at[i]->uri, uri))
            return run->docs.at[i];
    }
    return NULL;
}

static struct openapi__doc *doc_new(struct openapi *run, struct str uri)
{
    struct openapi__doc *doc = ARENA_NEW(run->arena, struct openapi__doc);

    doc->uri = str_copy(run->arena, uri);
    *VEC_PUSH(&run->docs) = doc;
    return doc;
}

static void want(struct openapi *run, const struct openapi__doc *from, struct str reference)
{
    struct str fragment;
    struct str target = uri_split(reference, &fragment);

    if (target.len == 0)
        return;
    struct str uri = uri_resolve(run->arena, from->uri, target);
    if (doc_find(run, uri))
        return;
    struct openapi__doc *doc = doc_new(run, uri);
    doc->wanted = run->docs.count <= OPENAPI_DOCUMENTS_MAX;
    doc->lacking = !doc->wanted;
}

/* The values of a document lie in one array: a key is followed by its value. */
static void refs_want(struct openapi *run, const struct openapi__doc *doc)
{
    const struct json_value *end = doc->json.root + doc->json.count;

    for (const struct json_value *at = doc->json.root; at + 1 < end; at++) {
        struct str text = json_str(at);

        if (text.len == 4 && memcmp(text.ptr, "$ref", 4) == 0 && json_is_string(at + 1)) {
            struct str reference = json_str(at + 1);

            if (reference.len > 0 && reference.ptr[0] != '#')
                want(run, doc, reference);
        }
    }
}

void openapi_add(struct openapi *run, struct str uri, struct str text)
{
    struct openapi__doc *doc = doc_find(run, uri);
    bool read;

    if (!doc)
        doc = doc_new(run, uri);
    doc->text = without_mark(text);
    doc->wanted = false;
    run->budget += text.len * OPENAPI_GROWTH_MAX;
    if (begins_as_page(doc->text))
        read = page_refuse(run, doc);
    else if (begins_as_json(doc->text))
        read = braces_read(run, doc, doc->text);
    else
        read = yaml_read(run, doc, doc->text);
    doc->lacking = !read;
    if (doc == run->docs.at[0]) {
        run->broken = !read;
        run->root = read ? doc->json.root : NULL;
    }
    if (read)
        refs_want(run, doc);
}

void openapi_lacks(struct openapi *run, struct str uri)
{
    struct openapi__doc *doc = doc_find(run, uri);

    if (!doc)
        return;
    doc->wanted = false;
    doc->lacking = true;
}

bool openapi_wants(struct openapi *run, struct str *ret_uri)
{
    for (size_t i = 0; !run->broken && i < run->docs.count; i++) {
        if (!run->docs.at[i]->wanted)
            continue;
        *ret_uri = run->docs.at[i]->uri;
        return true;
    }
    return false;
}

const struct openapi__doc *openapi__doc_of(const struct openapi *run,
                                           const struct json_value *value)
{
    for (size_t i = 0; i < run->docs.count; i++) {
        const struct json_doc *json = &run->docs.at[i]->json;

        if (json->root && value >= json->root && value < json->root + json->count)
            return run->docs.at[i];
    }
    return run->docs.at[0];
}

/* "#name": a schema with that $anchor. */
static const struct json_value *anchor_find(const struct openapi__doc *doc, struct str name)
{
    const struct json_value *end = doc->json.root + doc->json.count;

    for (const struct json_value *at = doc->json.root; at < end; at++) {
        if (json_is_object(at) && (str_equal(json_get_str(at, "$anchor"), name) ||
                                   str_equal(json_get_str(at, "$dynamicAnchor"), name)))
            return at;
    }
    return NULL;
}

/*
 * Part by part, where one of them is itself a reference: "#/paths/~1a/get" of an item that is
 * elsewhere. The specification has no such thing; tools that people write for follow it.
 */
static const struct json_value *pointer_follow(struct openapi *run, const struct json_value *root,
                                               struct str pointer)
{
    const struct json_value *at = root;
    struct str rest = pointer;

    if (pointer.len == 0 || run->following >= FOLLOWING_MAX)
        return NULL;
    (void)str_split(&rest, '/');
    run->following++;
    while (rest.ptr && at) {
        struct str part = str_split(&rest, '/');
        struct str token = str_of(part.ptr - 1, part.len + 1); /* with its '/' */
        const struct json_value *next = json_pointer(at, token);

        at = next ? next : json_pointer(openapi__peek(run, at), token);
    }
    run->following--;
    return at;
}

static const struct json_value *fragment_find(struct openapi *run, const struct openapi__doc *doc,
                                              struct str fragment)
{
    struct str pointer = uri_decode(run->arena, fragment);
    const struct json_value *found;

    if (doc->lacking || !doc->json.root)
        return NULL;
    if (pointer.len > 0 && pointer.ptr[0] != '/')
        return anchor_find(doc, pointer);
    found = json_pointer(doc->json.root, pointer);
    if (!found)
        found = json_pointer(doc->json.root, fragment);
    return found ? found : pointer_follow(run, doc->json.root, pointer);
}

static const struct json_value *target_find(struct openapi *run, const struct openapi__doc *from,
                                            struct str reference)
{
    struct str fragment;
    struct str uri = uri_split(reference, &fragment);
    const struct openapi__doc *doc = from;

    if (uri.len > 0)
        doc = doc_find(run, uri_resolve(run->arena, from->uri, uri));
    return doc ? fragment_find(run, doc, fragment) : NULL;
}

static struct str reference_of(const struct json_value *value)
{
    struct str reference = json_get_str(value, "$ref");

    return reference.ptr ? reference : json_get_str(value, "$dynamicRef");
}

const struct json_value *openapi__lookup(struct openapi *run, const struct openapi__doc *from,
                                         struct str reference)
{
    static const struct json_value nothing;
    struct openapi__doc *doc = (struct openapi__doc *)(uintptr_t)from;
    const struct json_value *found = map_find(&doc->refs, reference);

    if (!found) {
        found = target_find(run, doc, reference);
        (void)map_put(&doc->refs, reference, (void *)(uintptr_t)(found ? found : &nothing));
    }
    return found == &nothing ? NULL : found;
}

const struct json_value *openapi__target(struct openapi *run, const struct json_value *value)
{
    struct str reference = reference_of(value);

    return reference.ptr ? openapi__lookup(run, openapi__doc_of(run, value), reference) : NULL;
}

const struct json_value *openapi__peek(struct openapi *run, const struct json_value *value)
{
    for (unsigned hop = 0; value && hop < REF_HOPS_MAX; hop++) {
        if (!json_is_object(value) || !reference_of(value).ptr)
            return value;
        value = openapi__target(run, value);
    }
    return NULL;
}

const struct json_value *openapi__resolve(struct openapi *run, const struct json_value *value)
{
    const struct json_value *found = openapi__peek(run, value);

    if (value && !found)
        openapi__error(run, value, "reference", "\"$ref\": \"%.*s\" leads to nothing",
                       STR_ARG(reference_of(value)));
    return found;
}

const struct json_value *openapi__member(struct openapi *run, const struct json_value *object,
                                         const char *name)
{
    const struct json_value *value = json_get(object, name);

    return value ? openapi__resolve(run, value) : NULL;
}

/* Does a line of YAML, or a first member of what is written in braces, begin with that key? */
static bool has_key(struct str text, const char *key)
{
    struct str rest = text, name = str_from(key);

    for (;;) {
        size_t at = str_find(rest, name);
        char before = 0, after = 0;

        if (at == SIZE_MAX)
            return false;
        if (at > 0)
            before = rest.ptr[at - 1];
        if (at + name.len < rest.len)
            after = rest.ptr[at + name.len];
        if (before == after && (before == '"' || before == '\'')) { /* quoted */
            before = at > 1 ? rest.ptr[at - 2] : 0;
            after = at + name.len + 1 < rest.len ? rest.ptr[at + name.len + 1] : 0;
        }
        if ((before == 0 || before == '\n' || before == '{') && after == ':')
            return true;
        rest = str_slice(rest, at + name.len, rest.len);
    }
}

bool openapi_detect(struct str text)
{
    struct str whole = without_mark(text);
    struct str head = str_slice(whole, 0, 65536);

    if (begins_as_page(head))
        return false;
    if (begins_as_json(head) && (str_find(whole, STR("\"openapi\"")) != SIZE_MAX ||
                                 str_find(whole, STR("\"swagger\"")) != SIZE_MAX))
        return true;
    return has_key(head, "openapi") || has_key(head, "swagger");
}
