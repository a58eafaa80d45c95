/*
 * Tools: a field of the query or mutation type is one. The plan has the operation as text, with
 * a variable for each argument, and where in it the selection stands.
 */
#include "format/graphql/internal.h"

#include <stdlib.h>

/* Indexes of definitions that all tools need together. */
#define USES_MAX 2000000U

struct tools {
    struct graphql__print print;
    struct str url;
    struct VEC(struct graphql_tool) list;
    size_t uses;
};

static bool is_destructive(struct str name)
{
    static const char *const words[] = { "delete", "remove", "destroy", "purge", "drop", "erase" };

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        size_t len = strlen(words[i]);

        if (str_starts(name, str_from(words[i])) &&
            (name.len == len || name.ptr[len] == '_' ||
             (name.ptr[len] >= 'A' && name.ptr[len] <= 'Z')))
            return true;
    }
    return false;
}

static bool has_arg(const struct graphql__field *field, struct str name)
{
    for (size_t i = 0; i < field->arg_count; i++)
        if (str_equal(field->args[i].name, name))
            return true;
    return false;
}

/* The argument that takes another selection: one that the field does not have itself. */
static struct str select_name(const struct graphql__field *field)
{
    return has_arg(field, STR("select")) ? STR("select_fields") : STR("select");
}

static struct str input_of(struct tools *tools, const struct graphql__field *field, bool selects)
{
    BUF_CLEANUP struct buf out = BUF_INIT;
    bool first = true;

    buf_add_c(&out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < field->arg_count; i++) {
        buf_add_c(&out, i ? "," : "");
        buf_add_json(&out, field->args[i].name);
        buf_add_char(&out, ':');
        graphql__input_print(&tools->print, &out, &field->args[i].type, field->args[i].description);
    }
    if (selects) {
        buf_add_c(&out, field->arg_count ? "," : "");
        buf_add_json(&out, select_name(field));
        buf_printf(
            &out,
            ":{\"type\":\"string\",\"maxLength\":%u,\"description\":\"A GraphQL selection set "
            "of %.*s, in place of the usual one\"}",
            GRAPHQL_SELECT_MAX, STR_ARG(field->type.name));
    }
    buf_add_c(&out, "},\"required\":[");
    for (size_t i = 0; i < field->arg_count; i++) {
        if (!graphql__ref_is_required(&field->args[i].type) || field->args[i].has_default)
            continue;
        buf_add_c(&out, first ? "" : ",");
        buf_add_json(&out, field->args[i].name);
        first = false;
    }
    buf_add_c(&out, "],\"additionalProperties\":false}");
    return str_copy(tools->print.model->arena, buf_str(&out));
}

/* A variable that need not be given must not be declared as one that must, whatever its place is.
 */
static void add_variable(struct buf *out, const struct graphql__arg *arg)
{
    buf_printf(out, "$%.*s:", STR_ARG(arg->name));
    graphql__ref_print(out, &arg->type);
    if (arg->has_default && graphql__ref_is_required(&arg->type))
        buf_cut(out, out->len - 1);
}

/* query($a:Int){field(a:$a)  and what is selected, and  } */
static void add_head(struct buf *out, const char *operation, const struct graphql__field *field)
{
    buf_add_c(out, operation);
    for (size_t i = 0; i < field->arg_count; i++) {
        buf_add_char(out, i ? ',' : '(');
        add_variable(out, &field->args[i]);
    }
    buf_add_c(out, field->arg_count ? "){" : "{");
    buf_add_str(out, field->name);
    for (size_t i = 0; i < field->arg_count; i++)
        buf_printf(out, "%s%.*s:$%.*s", i ? "," : "(", STR_ARG(field->args[i].name),
                   STR_ARG(field->args[i].name));
    buf_add_c(out, field->arg_count ? ")" : "");
}

static struct str plan_of(struct tools *tools, const char *operation,
                          const struct graphql__field *field, struct str selection)
{
    BUF_CLEANUP struct buf document = BUF_INIT;
    BUF_CLEANUP struct buf text = BUF_INIT;
    struct json_out out = json_out(&text);
    size_t from;

    add_head(&document, operation, field);
    from = document.len;
    buf_add_str(&document, selection);
    buf_add_char(&document, '}');
    json_out_object(&out);
    json_out_key(&out, "kind");
    json_out_str(&out, STR("graphql"));
    json_out_key(&out, "url");
    json_out_str(&out, tools->url);
    json_out_key(&out, "operation");
    json_out_str(&out, str_from(operation));
    json_out_key(&out, "document");
    json_out_str(&out, buf_str(&document));
    json_out_key(&out, "variables");
    json_out_array(&out);
    for (size_t i = 0; i < field->arg_count; i++)
        json_out_str(&out, field->args[i].name);
    json_out_end(&out);
    json_out_key(&out, "result");
    json_out_str(&out, field->name);
    if (selection.len) {
        json_out_key(&out, "select");
        json_out_object(&out);
        json_out_key(&out, "arg");
        json_out_str(&out, select_name(field));
        json_out_key(&out, "from");
        json_out_u64(&out, from);
        json_out_key(&out, "to");
        json_out_u64(&out, from + selection.len);
        json_out_end(&out);
    }
    json_out_end(&out);
    return str_copy(tools->print.model->arena, buf_str(&text));
}

/* A part of a path: a name that is too long is cut and marked. */
static struct str part_of(struct arena *arena, struct str name)
{
    uint64_t mark = 14695981039346656037ULL;

    if (name.len <= GRAPHQL_PART_MAX)
        return name;
    for (size_t i = 0; i < name.len; i++)
        mark = (mark ^ (uint8_t)name.ptr[i]) * 1099511628211ULL;
    return str_printf(arena, "%.*s_%06llx", (int)GRAPHQL_PART_MAX - 7, name.ptr,
                      (unsigned long long)(mark & 0xffffff));
}

static bool add_tool(struct tools *tools, const char *operation, const struct graphql__field *field)
{
    struct arena *arena = tools->print.model->arena;
    BUF_CLEANUP struct buf selection = BUF_INIT;
    BUF_CLEANUP struct buf schema = BUF_INIT;
    struct graphql_tool tool = { .description = field->description };
    bool writes = strcmp(operation, "mutation") == 0;

    if (tools->list.count == GRAPHQL_TOOLS_MAX)
        return graphql__refuse(tools->print.model, "limit", "it has more than %u operations",
                               GRAPHQL_TOOLS_MAX);
    VEC_CLEAR(&tools->print.uses);
    graphql__select_default(&tools->print, field, &selection, &schema);
    tool.name = str_printf(arena, "%s %.*s", operation, STR_ARG(field->name));
    tool.path = str_printf(arena, "%s.%.*s", operation, STR_ARG(part_of(arena, field->name)));
    tool.output = str_copy(arena, buf_str(&schema));
    tool.input = input_of(tools, field, selection.len > 0);
    tool.plan = plan_of(tools, operation, field, buf_str(&selection));
    if (writes)
        tool.effect = is_destructive(field->name) ? GRAPHQL_DESTRUCTIVE : GRAPHQL_WRITE;
    graphql__uses_close(&tools->print);
    tool.defs_count = tools->print.uses.count;
    if (tool.defs_count) {
        uint32_t *defs = ARENA_ARRAY(arena, uint32_t, tool.defs_count);

        memcpy(defs, tools->print.uses.at, tool.defs_count * sizeof(*defs));
        tool.defs = defs;
    }
    tools->uses += tool.defs_count;
    *VEC_PUSH(&tools->list) = tool;
    return tools->uses <= USES_MAX ||
           graphql__refuse(tools->print.model, "limit", "its types are too much entangled");
}

static bool add_tools(struct tools *tools, const char *operation, struct str root)
{
    const struct graphql__type *type = graphql__type_find(tools->print.model, root);

    for (size_t i = 0; type && i < type->field_count; i++)
        if (!add_tool(tools, operation, &type->fields[i]))
            return false;
    return true;
}

/* --- In order ---------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return str_compare(((const struct graphql_tool *)a)->path,
                       ((const struct graphql_tool *)b)->path);
}

struct renamed {
    struct graphql_def def;
    uint32_t was;
};

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct renamed *)a)->def.name,
                       ((const struct renamed *)b)->def.name);
}

/* Definitions by name; tools hear where theirs went. */
static const struct graphql_def *defs_sort(struct tools *tools)
{
    struct arena *arena = tools->print.model->arena;
    size_t count = tools->print.defs.count;
    struct renamed *renamed = ARENA_ARRAY(arena, struct renamed, count + 1);
    struct graphql_def *defs = ARENA_ARRAY(arena, struct graphql_def, count + 1);
    uint32_t *now = ARENA_ARRAY(arena, uint32_t, count + 1);

    for (size_t i = 0; i < count; i++)
        renamed[i] = (struct renamed){ tools->print.defs.at[i], (uint32_t)i };
    qsort(renamed, count, sizeof(*renamed), by_name);
    for (size_t i = 0; i < count; i++) {
        defs[i] = renamed[i].def;
        now[renamed[i].was] = (uint32_t)i;
    }
    for (size_t i = 0; i < tools->list.count; i++) {
        struct graphql_tool *tool = &tools->list.at[i];
        uint32_t *mine = (uint32_t *)(uintptr_t)tool->defs;

        for (size_t j = 0; j < tool->defs_count; j++)
            mine[j] = now[mine[j]];
        graphql__indexes_sort(mine, tool->defs_count);
    }
    return defs;
}

static void finish(struct tools *tools, struct graphql_result *ret_result)
{
    struct graphql_tool *list =
        ARENA_ARRAY(tools->print.model->arena, struct graphql_tool, tools->list.count + 1);

    ret_result->tools_count = 0;
    graphql__defs_print(&tools->print);
    ret_result->defs = defs_sort(tools);
    ret_result->defs_count = tools->print.defs.count;
    for (size_t i = 0; i < tools->list.count; i++)
        list[i] = tools->list.at[i];
    qsort(list, tools->list.count, sizeof(*list), by_path);
    ret_result->tools = list;
    for (size_t i = 0; i < tools->list.count; i++)
        if (i == 0 || !str_equal(list[i].path, list[i - 1].path))
            list[ret_result->tools_count++] = list[i];
}

/* A description, which is a text of one line or of many, before what it describes. */
static struct str without_description(struct str text)
{
    bool block = str_starts(text, STR("\"\"\""));
    struct str quote = block ? STR("\"\"\"") : STR("\"");
    struct str inner = str_slice(text, quote.len, text.len);
    size_t end = str_find(inner, quote);

    while (end != SIZE_MAX && end > 0 && inner.ptr[end - 1] == '\\') {
        size_t next = str_find(str_slice(inner, end + 1, inner.len), quote);

        end = next == SIZE_MAX ? SIZE_MAX : end + 1 + next;
    }
    return end == SIZE_MAX ? STR("") : str_trim(str_slice(inner, end + quote.len, inner.len));
}

/* The word that the text begins with, alone; what follows must be what SDL has there. */
static bool begins_with_word(struct str text, const char *word)
{
    struct str rest = str_slice(text, strlen(word), text.len);
    static const char after[] = " \t\r\n{@#";

    return str_starts(text, str_from(word)) && rest.len > 0 &&
           memchr(after, rest.ptr[0], sizeof(after) - 1);
}

static bool begins_with_definition(struct str text)
{
    static const char *const words[] = { "type", "schema", "directive", "interface", "scalar",
                                         "enum", "input",  "union",     "extend" };

    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (begins_with_word(text, words[i]))
            return true;
    }
    return false;
}

bool graphql_detect(struct str text)
{
    struct str start = str_trim(str_slice(text, 0, 65536));

    if (str_starts(start, STR("{")))
        return str_find(start, STR("\"__schema\"")) != SIZE_MAX;
    while (str_starts(start, STR("#"))) {
        (void)str_split(&start, '\n');
        start = str_trim(start);
    }
    if (str_starts(start, STR("\"")))
        start = without_description(start);
    return begins_with_definition(start);
}

static bool model_read(struct graphql__model *model, struct str text)
{
    struct json_error error;
    struct json_doc doc;

    if (!str_starts(str_trim(text), STR("{")))
        return graphql__read_sdl(model, text);
    if (json_parse(model->arena, text, NULL, &error, &doc) != JSON_PARSED)
        return graphql__refuse(model, "syntax", "line %zu: %s", error.line, error.sentence);
    return graphql__read_introspection(model, doc.root);
}

int graphql_compile(struct arena *arena, struct str text, struct str url, struct report *report,
                    struct graphql_result *ret_result)
{
    struct graphql__model model = { .arena = arena, .report = report };
    struct tools tools = { .print = { .model = &model }, .url = url };
    bool good = model_read(&model, text);

    if (good)
        graphql__unique(&model);
    good = good && add_tools(&tools, "query", model.query) &&
           add_tools(&tools, "mutation", model.mutation);
    if (good && !tools.list.count)
        good = graphql__refuse(&model, "empty", "it has neither queries nor mutations");
    if (good)
        finish(&tools, ret_result);
    VEC_FINI(&tools.list);
    VEC_FINI(&tools.print.defs);
    VEC_FINI(&tools.print.types);
    VEC_FINI(&tools.print.uses);
    map_fini(&model.types);
    return good ? GRAPHQL_COMPILED : GRAPHQL_REFUSED;
}
