/*
 * A tool as TypeScript: what it takes, what it gives, and the types that these need.
 *
 *     tools.fs.read_file(args: {
 *       path: string;
 *       head?: number;
 *     }): Promise<{
 *       content: string;
 *     }>;
 *
 * Schemas are walked with a stack of pieces, texts and types still to be written, so neither their
 * nesting nor a cycle of references can exhaust anything: what is deeper than DEPTH_MAX or beyond
 * SIZE_MAX is `unknown`, what is one of too many members or alternatives is counted, and a last
 * line says that something was left out. Members that are required are never left out. Every text
 * of the source passes through comment_add or literal_add; both drop what nobody sees and break
 * what would end a comment, a string or a fence around it.
 */
#include "base/vec.h"
#include "domain/catalog/internal.h"
#include "format/json/json.h"

#define DEPTH_MAX   12U
#define SIZE_MAX_TS (16U * 1024U)
#define ENUM_MAX    40U
#define MEMBERS_MAX 120U  /* of one object; required ones come on top */
#define CHOICES_MAX 40U   /* of one union */
#define NAMED_MAX   120U  /* definitions */
#define NOTE_MAX    240U  /* bytes of a member's description */
#define TEXT_MAX    2000U /* bytes of the tool's */

struct piece {
    struct str text;                 /* written as it is, where schema is NULL */
    const struct json_value *schema; /* a type */
    const struct json_value *root;   /* of its document, for references */
    unsigned depth;
    unsigned indent; /* objects around it */
    bool tight;      /* a union needs brackets here */
};

struct piece_vec VEC(struct piece);

/* A definition that something referred to. */
struct named {
    const struct json_value *schema;
    const struct json_value *root;
    struct str name;
};

struct named_vec VEC(struct named);

struct writer {
    struct arena *arena;
    struct buf *out;
    struct piece_vec stack; /* the next piece last */
    struct piece_vec next;  /* what one step adds, in order */
    struct named_vec named;
    size_t size;     /* of all texts, also those still to be written */
    size_t left_out; /* types and members */
};

/* ---- texts ---- */

static void code_add(struct buf *out, struct str text, size_t from, size_t to)
{
    buf_add(out, text.ptr + from, to - from);
}

/* In a comment, at most max bytes. lines: line ends stay, each line begins with a star. */
static void comment_add(struct buf *out, struct str text, size_t max, bool lines)
{
    size_t at = 0, start = out->len;
    bool gap = false, line = false;

    text = str_trim(text);
    while (at < text.len) {
        size_t from = at;
        uint32_t c = catalog__code_next(text, &at);

        if (out->len - start > max) {
            buf_add_c(out, "...");
            return;
        }
        if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            line |= lines && c == '\n';
            gap = true;
            continue;
        }
        if (catalog__code_is_unseen(c))
            continue;
        if (gap)
            buf_add_c(out, line ? "\n * " : " ");
        gap = line = false;
        if (c == '/' && out->len > 0 && out->ptr[out->len - 1] == '*')
            buf_add_char(out, '\\');
        if (c == '`')
            buf_add_char(out, '\'');
        else
            code_add(out, text, from, at);
    }
}

/* As a string of TypeScript, which JSON is but for what nobody sees and the back tick. */
static void literal_add(struct buf *out, struct str text)
{
    struct buf json BUF_CLEANUP = BUF_INIT;
    size_t at = 0;

    buf_add_json(&json, text);
    while (at < json.len) {
        size_t from = at;
        uint32_t c = catalog__code_next(buf_str(&json), &at);

        if (c == '`' || (c > 0x7F && catalog__code_is_unseen(c)))
            buf_printf(out, c > 0xFFFF ? "\\u{%X}" : "\\u%04X", c);
        else
            code_add(out, buf_str(&json), from, at);
    }
}

static bool is_identifier(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
              (i > 0 && c >= '0' && c <= '9')))
            return false;
    }
    return name.len > 0 && name.len <= 128;
}

static void key_add(struct buf *out, struct str key)
{
    if (is_identifier(key))
        buf_add_str(out, key);
    else
        literal_add(out, key);
}

static struct str kept(struct writer *writer, struct buf *text)
{
    struct str copy = str_copy(writer->arena, buf_str(text));

    buf_clear(text);
    return copy;
}

/* ---- pieces ---- */

static bool is_full(const struct writer *writer)
{
    return writer->size > SIZE_MAX_TS;
}

static void text_next(struct writer *writer, struct str text)
{
    writer->size += text.len;
    *VEC_PUSH(&writer->next) = (struct piece){ .text = text };
}

static void type_next(struct writer *writer, const struct piece *of,
                      const struct json_value *schema, bool tight)
{
    if (!schema)
        text_next(writer, STR("unknown"));
    else
        *VEC_PUSH(&writer->next) = (struct piece){ .schema = schema,
                                                   .root = of->root,
                                                   .depth = of->depth + 1,
                                                   .indent = of->indent,
                                                   .tight = tight };
}

static void indent_add(struct buf *out, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        buf_add_c(out, "  ");
}

static const struct json_value *member(const struct json_value *schema, const char *name,
                                       enum json_type type)
{
    const struct json_value *value = json_get(schema, name);

    return json_type(value) == type ? value : NULL;
}

/* ---- names ---- */

static bool is_taken(const struct writer *writer, struct str name)
{
    for (size_t i = 0; i < writer->named.count; i++) {
        if (str_equal(writer->named.at[i].name, name))
            return true;
    }
    return false;
}

/* From the last part of a reference: #/$defs/user-list is UserList. */
static struct str name_make(struct writer *writer, struct str reference)
{
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct catalog__word word;
    struct str rest = reference, last = reference;
    size_t at = 0;

    while (rest.ptr)
        last = str_split(&rest, '/');
    while (text.len < 64 && catalog__word_next(last, &at, &word)) {
        for (size_t i = 0; i < word.len && (unsigned char)word.text[i] < 0x80; i++) {
            char c = word.text[i];

            buf_add_char(&text, i == 0 && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
        }
    }
    if (text.len == 0 || (text.ptr[0] >= '0' && text.ptr[0] <= '9')) {
        buf_clear(&text);
        buf_add_c(&text, "Type");
    }
    struct str base = kept(writer, &text), name = base;
    for (unsigned n = 2; is_taken(writer, name); n++)
        name = str_printf(writer->arena, "%.*s%u", STR_ARG(base), n);
    return name;
}

static struct str reference_name(struct writer *writer, const struct piece *of,
                                 struct str reference)
{
    const struct json_value *schema = NULL;

    if (reference.len > 0 && reference.ptr[0] == '#')
        schema = json_pointer(of->root, str_slice(reference, 1, reference.len));
    if (!schema)
        return STR("unknown");
    for (size_t i = 0; i < writer->named.count; i++) {
        if (writer->named.at[i].schema == schema)
            return writer->named.at[i].name;
    }
    if (writer->named.count >= NAMED_MAX || is_full(writer)) {
        writer->left_out++;
        return STR("unknown");
    }
    struct str name = name_make(writer, reference);
    *VEC_PUSH(&writer->named) = (struct named){ .schema = schema, .root = of->root, .name = name };
    return name;
}

/* ---- types ---- */

static void literal_next(struct writer *writer, const struct json_value *value)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (json_is_string(value))
        literal_add(&text, json_str(value));
    else if (json_is_array(value) || json_is_object(value))
        buf_add_c(&text, "unknown");
    else
        json_print(&text, value);
    text_next(writer, kept(writer, &text));
}

static void enum_next(struct writer *writer, const struct piece *of,
                      const struct json_value *values)
{
    struct json_iter iter = json_iter(values);
    const struct json_value *value;
    size_t count = 0;

    if (of->tight)
        text_next(writer, STR("("));
    while ((value = json_next(&iter)) && count < ENUM_MAX) {
        if (count++ > 0)
            text_next(writer, STR(" | "));
        literal_next(writer, value);
    }
    if (value)
        text_next(writer, json_is_string(value) ? STR(" | string") : STR(" | unknown"));
    if (count == 0)
        text_next(writer, STR("never"));
    if (of->tight)
        text_next(writer, STR(")"));
}

static bool is_required(const struct json_value *schema, struct str key)
{
    struct json_iter iter = json_iter(member(schema, "required", JSON_ARRAY));
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        if (str_equal(json_str(value), key))
            return true;
    }
    return false;
}

/* The comment and the name of a member. */
static struct str member_head(struct writer *writer, const struct piece *of, struct str key,
                              const struct json_value *value)
{
    struct str note = json_get_str(value, "description");
    const struct json_value *fallback = json_get(value, "default");
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct buf json BUF_CLEANUP = BUF_INIT;

    if (note.len > 0 || fallback) {
        indent_add(&text, of->indent + 1);
        buf_add_c(&text, "/** ");
        comment_add(&text, note, NOTE_MAX, false);
        if (fallback) {
            json_print(&json, fallback);
            buf_add_c(&text, note.len > 0 ? " (default: " : "Default: ");
            comment_add(&text, buf_str(&json), NOTE_MAX, false);
            buf_add_c(&text, note.len > 0 ? ")" : "");
        }
        buf_add_c(&text, " */\n");
    }
    indent_add(&text, of->indent + 1);
    key_add(&text, key);
    if (!is_required(of->schema, key))
        buf_add_char(&text, '?');
    buf_add_c(&text, ": ");
    return kept(writer, &text);
}

/* How many members were left out, in the place where they would stand. */
static void members_left_out(struct writer *writer, const struct piece *of, size_t count)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (count == 0)
        return;
    writer->left_out += count;
    indent_add(&text, of->indent + 1);
    buf_printf(&text, "/* %zu more */\n", count);
    text_next(writer, kept(writer, &text));
}

static void object_next(struct writer *writer, const struct piece *of)
{
    const struct json_value *properties = member(of->schema, "properties", JSON_OBJECT);
    const struct json_value *rest = json_get(of->schema, "additionalProperties");
    const struct json_value *value;
    struct json_iter iter = json_iter(properties);
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct piece inner = *of;

    if (json_count(properties) == 0) {
        if (json_is_false(rest)) {
            text_next(writer, STR("{}"));
            return;
        }
        text_next(writer, STR("Record<string, "));
        type_next(writer, of, json_is_object(rest) ? rest : NULL, false);
        text_next(writer, STR(">"));
        return;
    }
    inner.indent++;
    text_next(writer, STR("{\n"));
    size_t count = 0, left_out = 0;
    while ((value = json_next(&iter))) {
        if ((count++ >= MEMBERS_MAX || is_full(writer)) && !is_required(of->schema, iter.key)) {
            left_out++;
            continue;
        }
        text_next(writer, member_head(writer, of, iter.key, value));
        type_next(writer, &inner, value, false);
        text_next(writer, STR(";\n"));
    }
    members_left_out(writer, of, left_out);
    if (json_is_object(rest) || json_is_true(rest)) {
        indent_add(&text, of->indent + 1);
        buf_add_c(&text, "[key: string]: unknown;\n");
    }
    indent_add(&text, of->indent);
    buf_add_char(&text, '}');
    text_next(writer, kept(writer, &text));
}

static void array_next(struct writer *writer, const struct piece *of)
{
    const struct json_value *items = json_get(of->schema, "items");
    const struct json_value *prefix = member(of->schema, "prefixItems", JSON_ARRAY);
    const struct json_value *value;

    if (json_is_array(items)) {
        prefix = items;
        items = json_get(of->schema, "additionalItems");
    }
    if (!prefix) {
        type_next(writer, of, items, true);
        text_next(writer, STR("[]"));
        return;
    }
    struct json_iter iter = json_iter(prefix);
    text_next(writer, STR("["));
    for (size_t i = 0; (value = json_next(&iter)); i++) {
        if (i > 0)
            text_next(writer, STR(", "));
        type_next(writer, of, value, false);
    }
    if (!json_is_false(items)) {
        text_next(writer, STR(", ..."));
        type_next(writer, of, items, true);
        text_next(writer, STR("[]"));
    }
    text_next(writer, STR("]"));
}

static void simple_next(struct writer *writer, const struct piece *of, struct str type)
{
    if (str_is(type, "object"))
        object_next(writer, of);
    else if (str_is(type, "array"))
        array_next(writer, of);
    else if (str_is(type, "integer") || str_is(type, "number"))
        text_next(writer, STR("number"));
    else if (str_is(type, "string"))
        text_next(writer, STR("string"));
    else if (str_is(type, "boolean"))
        text_next(writer, STR("boolean"));
    else if (str_is(type, "null"))
        text_next(writer, STR("null"));
    else
        text_next(writer, STR("unknown"));
}

/* ---- alternatives ---- */

static const struct json_value *discriminator_of(const struct piece *of)
{
    const struct json_value *value = json_get(of->schema, "x-discriminator");

    return value ? value : json_get(of->schema, "discriminator");
}

/* Whether a text of the mapping means that alternative: its index, or what it refers to. */
static bool is_meant(const struct json_value *meaning, const struct json_value *alternative,
                     size_t index)
{
    struct str reference = json_get_str(alternative, "$ref");

    if (json_is_string(meaning))
        return reference.ptr && str_equal(json_str(meaning), reference);
    return json_u64_or(meaning, UINT64_MAX) == index;
}

/* { petType: "cat" } & , before the alternative that "cat" names. */
static void told_next(struct writer *writer, const struct piece *of,
                      const struct json_value *alternative, size_t index)
{
    const struct json_value *discriminator = discriminator_of(of), *value;
    struct str name = json_get_str(discriminator, "propertyName");
    struct json_iter iter = json_iter(member(discriminator, "mapping", JSON_OBJECT));
    struct buf text BUF_CLEANUP = BUF_INIT;
    size_t count = 0;

    while (name.len > 0 && (value = json_next(&iter)) && count < ENUM_MAX) {
        if (!is_meant(value, alternative, index))
            continue;
        if (count++ > 0) {
            buf_add_c(&text, " | ");
        } else {
            buf_add_c(&text, "{ ");
            key_add(&text, name);
            buf_add_c(&text, ": ");
        }
        literal_add(&text, iter.key);
    }
    if (count == 0)
        return;
    buf_add_c(&text, " } & ");
    text_next(writer, kept(writer, &text));
}

/* What tells alternatives apart, as a comment in front of them where it is not said in each. */
static void discriminator_next(struct writer *writer, const struct piece *of)
{
    const struct json_value *value = discriminator_of(of);
    struct str name = json_get_str(value, "propertyName");
    struct buf text BUF_CLEANUP = BUF_INIT;

    if (name.len == 0 || json_count(member(value, "mapping", JSON_OBJECT)) > 0)
        return;
    buf_add_c(&text, "/* by ");
    comment_add(&text, name, 64, false);
    buf_add_c(&text, " */ ");
    text_next(writer, kept(writer, &text));
}

/* Alternatives, or parts that all hold: one after the other with a sign between them. */
static void several_next(struct writer *writer, const struct piece *of,
                         const struct json_value *list, struct str sign)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *value;
    size_t count = 0, all = json_count(list);
    bool choice = str_is(sign, " | ");
    bool brackets = of->tight && all > 1;

    if (brackets)
        text_next(writer, STR("("));
    if (choice)
        discriminator_next(writer, of);
    while ((value = json_next(&iter)) && (!choice || count < CHOICES_MAX)) {
        if (count > 0)
            text_next(writer, sign);
        if (choice)
            told_next(writer, of, value, count);
        count++;
        type_next(writer, of, value, true);
    }
    if (value) {
        writer->left_out += all - count;
        text_next(writer, STR(" | unknown"));
    }
    if (brackets)
        text_next(writer, STR(")"));
}

static void types_next(struct writer *writer, const struct piece *of,
                       const struct json_value *types)
{
    struct json_iter iter = json_iter(types);
    const struct json_value *value;
    size_t count = 0;

    if (of->tight)
        text_next(writer, STR("("));
    while ((value = json_next(&iter)) && count < 8) {
        if (count++ > 0)
            text_next(writer, STR(" | "));
        simple_next(writer, of, json_str(value));
    }
    if (count == 0)
        text_next(writer, STR("unknown"));
    if (of->tight)
        text_next(writer, STR(")"));
}

/* What is left when no word combines types. */
static void plain_next(struct writer *writer, const struct piece *of)
{
    const struct json_value *type = json_get(of->schema, "type");
    bool nullable = json_is_true(json_get(of->schema, "nullable"));

    if (nullable && of->tight)
        text_next(writer, STR("("));
    if (json_is_array(type))
        types_next(writer, of, type);
    else if (json_is_string(type))
        simple_next(writer, of, json_str(type));
    else if (member(of->schema, "properties", JSON_OBJECT))
        object_next(writer, of);
    else if (json_get(of->schema, "items") || json_get(of->schema, "prefixItems"))
        array_next(writer, of);
    else
        text_next(writer, STR("unknown"));
    if (nullable)
        text_next(writer, of->tight ? STR(" | null)") : STR(" | null"));
}

/*
 * Members of its own, all of allOf, one of oneOf, one of anyOf: all that is there holds together.
 * Alternatives that say nothing but which members are required say nothing about types.
 */
static bool says_types(const struct json_value *list)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *value;

    while ((value = json_next(&iter))) {
        if (!json_is_object(value) || !json_get(value, "required") || json_count(value) > 1)
            return true;
    }
    return false;
}

static void combined_next(struct writer *writer, const struct piece *of)
{
    static const char *const words[] = { "allOf", "oneOf", "anyOf" };
    const struct json_value *schema = of->schema, *lists[ARRAY_COUNT(words)];
    bool own = json_count(member(schema, "properties", JSON_OBJECT)) > 0;
    struct piece tight = *of;
    size_t parts = own;

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        lists[i] = member(schema, words[i], JSON_ARRAY);
        if (!says_types(lists[i]))
            lists[i] = NULL;
        parts += lists[i] != NULL;
    }
    if (parts == own) {
        plain_next(writer, of);
        return;
    }
    tight.tight |= parts > 1;
    if (parts > 1 && of->tight)
        text_next(writer, STR("("));
    if (own)
        object_next(writer, of);
    for (size_t i = 0, said = own; i < ARRAY_COUNT(words); i++) {
        if (!lists[i])
            continue;
        if (said++ > 0)
            text_next(writer, STR(" & "));
        several_next(writer, &tight, lists[i], i == 0 ? STR(" & ") : STR(" | "));
    }
    if (parts > 1 && of->tight)
        text_next(writer, STR(")"));
}

static bool is_small(const struct json_value *schema)
{
    struct str type = json_get_str(schema, "type");

    return type.len > 0 && !str_is(type, "object") && !str_is(type, "array") &&
           !json_get(schema, "enum") && !json_get(schema, "anyOf") && !json_get(schema, "oneOf") &&
           !json_get(schema, "allOf") && !json_get(schema, "const");
}

static void type_step(struct writer *writer, const struct piece *of)
{
    const struct json_value *schema = of->schema, *value;

    if (json_is_false(schema)) {
        text_next(writer, STR("never"));
        return;
    }
    if (!json_is_object(schema) ||
        ((of->depth > DEPTH_MAX || is_full(writer)) && !is_small(schema))) {
        writer->left_out += json_count(schema) > 0;
        text_next(writer, STR("unknown"));
        return;
    }
    if ((value = member(schema, "$ref", JSON_STRING)))
        text_next(writer, reference_name(writer, of, json_str(value)));
    else if ((value = json_get(schema, "const")))
        literal_next(writer, value);
    else if ((value = member(schema, "enum", JSON_ARRAY)))
        enum_next(writer, of, value);
    else
        combined_next(writer, of);
}

/* Writes one type and everything in it. */
static void type_write(struct writer *writer, const struct json_value *schema,
                       const struct json_value *root)
{
    VEC_CLEAR(&writer->stack);
    *VEC_PUSH(&writer->stack) = (struct piece){ .schema = schema, .root = root };
    while (writer->stack.count > 0) {
        struct piece piece = writer->stack.at[--writer->stack.count];

        if (!piece.schema) {
            buf_add_str(writer->out, piece.text);
            continue;
        }
        VEC_CLEAR(&writer->next);
        type_step(writer, &piece);
        for (size_t i = writer->next.count; i > 0; i--)
            *VEC_PUSH(&writer->stack) = writer->next.at[i - 1];
    }
}

/* ---- the tool ---- */

static const struct json_value *schema_read(struct writer *writer, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    if (text.len == 0 || json_parse(writer->arena, text, NULL, &error, &doc) != JSON_PARSED)
        return NULL;
    return doc.root;
}

static void head_write(struct writer *writer, const struct catalog_tool *tool)
{
    struct str description = tool->description.len > 0 ? tool->description : tool->title;

    buf_add_c(writer->out, "/**\n * ");
    comment_add(writer->out, description, TEXT_MAX, true);
    if (description.len > 0)
        buf_add_c(writer->out, "\n * ");
    buf_add_c(writer->out, "Effect: ");
    buf_add_str(writer->out, event_effect_name(tool->effect));
    buf_add_c(writer->out, "\n */\n");
}

/* tools.fs.read, tools["my-docs"].read */
static void address_write(struct writer *writer, struct str address)
{
    struct str rest = address;

    buf_add_c(writer->out, "tools");
    while (rest.ptr) {
        struct str part = str_split(&rest, '.');

        if (is_identifier(part)) {
            buf_add_char(writer->out, '.');
            buf_add_str(writer->out, part);
        } else {
            buf_add_char(writer->out, '[');
            literal_add(writer->out, part);
            buf_add_char(writer->out, ']');
        }
    }
}

static void args_write(struct writer *writer, const struct json_value *input)
{
    bool needed = json_count(member(input, "required", JSON_ARRAY)) > 0 ||
                  (json_is_object(input) && !json_get(input, "properties") &&
                   (json_get(input, "$ref") || json_get(input, "anyOf") ||
                    json_get(input, "oneOf") || json_get(input, "allOf")));
    bool none = !input || (json_is_object(input) && !needed &&
                           json_count(json_get(input, "properties")) == 0 &&
                           !json_is_object(json_get(input, "additionalProperties")));

    if (none) {
        buf_add_c(writer->out, "args?: {}");
        return;
    }
    buf_add_c(writer->out, needed ? "args: " : "args?: ");
    type_write(writer, input, input);
}

static void named_write(struct writer *writer, struct named named)
{
    struct str note = json_get_str(named.schema, "description");

    buf_add_c(writer->out, "\n");
    if (note.len > 0) {
        buf_add_c(writer->out, "/** ");
        comment_add(writer->out, note, NOTE_MAX, false);
        buf_add_c(writer->out, " */\n");
    }
    buf_add_c(writer->out, "type ");
    buf_add_str(writer->out, named.name);
    buf_add_c(writer->out, " = ");
    type_write(writer, named.schema, named.root);
    buf_add_c(writer->out, ";\n");
}

/* With the definitions that it needs. */
static const struct json_value *schema_of(struct writer *writer, const struct catalog_tool *tool,
                                          bool output)
{
    struct buf text BUF_CLEANUP = BUF_INIT;

    catalog_schema_print(tool, output, &text);
    return schema_read(writer, str_copy(writer->arena, buf_str(&text)));
}

void catalog_describe(const struct catalog_tool *tool, struct buf *out)
{
    struct arena *arena CLEANUP(arena_free) = arena_new(0);
    struct buf text BUF_CLEANUP = BUF_INIT;
    struct writer writer = { .arena = arena, .out = &text };
    const struct json_value *input = schema_of(&writer, tool, false);
    const struct json_value *output = schema_of(&writer, tool, true);

    head_write(&writer, tool);
    address_write(&writer, tool->address);
    buf_add_char(&text, '(');
    args_write(&writer, input);
    buf_add_c(&text, "): Promise<");
    if (output)
        type_write(&writer, output, output);
    else
        buf_add_c(&text, "unknown");
    buf_add_c(&text, ">;\n");
    /* Writing one may name another. */
    for (size_t i = 0; i < writer.named.count; i++)
        named_write(&writer, writer.named.at[i]);
    if (writer.left_out > 0)
        buf_printf(&text, "\n/* Left out for its size: %zu more types and members. */\n",
                   writer.left_out);
    buf_add_str(out, buf_str(&text));
    VEC_FINI(&writer.stack);
    VEC_FINI(&writer.next);
    VEC_FINI(&writer.named);
}
