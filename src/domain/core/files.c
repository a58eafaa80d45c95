/*
 * Artifacts that the arguments of a call name as bytes: {"$artifact": "<digest>"}.
 *
 *     received   each must have been given to a program of the same actor
 *     sent       the daemon hands egress a descriptor of each, beside the call
 *
 * Only where bytes can go out: the body of an OpenAPI operation that takes more than JSON, its
 * members, and the elements of those that are lists; and in arguments of a tool of MCP that fit
 * its schema only with texts in their places. And where one says "$as": "base64", whatever is
 * called. Anywhere else the member is data.
 */
#include "domain/core/files.h"

#include "domain/catalog/reference.h"
#include "domain/core/internal.h"

#include "format/json/swap.h"

struct found {
    struct core_files *files;
    struct msg_error *error;
    struct arena *turn;
    const struct json_value *args;
};

static const struct json_value *parsed(struct str text, struct arena *turn)
{
    struct json_error error;
    struct json_doc doc;

    return text.ptr && json_parse(turn, text, NULL, &error, &doc) == JSON_PARSED ? doc.root : NULL;
}

static bool takes_bytes(const struct json_value *body)
{
    struct json_iter iter = json_iter(json_get(body, "content"));
    const struct json_value *content;

    while ((content = json_next(&iter)))
        if (str_find(json_get_str(content, "type"), STR("json")) == SIZE_MAX)
            return true;
    return false;
}

static bool is_known(const struct core_files *files, const struct digest *digest)
{
    for (size_t i = 0; i < files->count; i++)
        if (digest_equal(&files->digests[i], digest))
            return true;
    return false;
}

/* Only what is said has a path: to make one is to walk over all that stands before it. */
static struct str path_to(struct found *found, const struct json_value *value)
{
    BUF_CLEANUP struct buf path = BUF_INIT;

    json_pointer_to(&path, found->args, value);
    return str_copy(found->turn, buf_str(&path));
}

static bool fails(struct found *found, const struct json_value *value, struct str sentence)
{
    *found->error =
        core__error("invalid", str_printf(found->turn, "%.*s: %.*s", STR_ARG(path_to(found, value)),
                                          STR_ARG(sentence)));
    return false;
}

/* True: it is one that is known, or one more that may be. */
static bool add(struct found *found, const struct json_value *reference)
{
    struct core_files *files = found->files;
    struct digest digest;

    if (!digest_parse(catalog_reference(reference), &digest))
        return fails(found, reference,
                     STR("an $artifact is named by 64 hexadecimal digits, as a result names it"));
    if (is_known(files, &digest))
        return true;
    if (files->count == CORE_FILES_MAX)
        return fails(found, reference,
                     str_printf(found->turn,
                                "more than %u artifacts in one call: give small ones as "
                                "{\"$base64\": ...}, or make several calls",
                                CORE_FILES_MAX));
    files->paths[files->count] = path_to(found, reference);
    files->digests[files->count++] = digest;
    return true;
}

static bool add_list(struct found *found, const struct json_value *list)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *item;

    while ((item = json_next(&iter)))
        if (catalog_reference(item).ptr && !add(found, item))
            return false;
    return true;
}

static bool add_members(struct found *found, const struct json_value *body)
{
    struct json_iter iter = json_iter(body);
    const struct json_value *member;

    while ((member = json_next(&iter)))
        if (json_is_array(member) ? !add_list(found, member)
                                  : catalog_reference(member).ptr && !add(found, member))
            return false;
    return true;
}

/* Each that says how it goes is a whole reference, and says it as it can be. */
static bool add_said(struct found *found)
{
    const struct json_value *at = NULL;

    while ((at = json_next_with_both(found->args, "$artifact", "$as", at))) {
        const struct json_value *as = json_get(at, "$as");

        if (!str_is(json_is_string(as) ? json_str(as) : STR(""), "base64"))
            return fails(found, at,
                         str_printf(found->turn, "$as can be \"base64\", and is %.*s",
                                    STR_ARG(str_slice(json_text(found->turn, as), 0, 40))));
        if (!add(found, at))
            return false;
    }
    return true;
}

static bool add_all(struct found *found)
{
    const struct json_value *at = NULL;

    while ((at = catalog_reference_next(found->args, false, at)))
        if (!add(found, at))
            return false;
    return true;
}

bool core_files(struct core *core, const struct core_files_of *of, struct core_files *ret_files,
                struct msg_error *ret_error)
{
    struct found found = { .files = ret_files, .error = ret_error, .turn = of->turn };
    const struct catalog_tool *tool = of->tool;
    const struct json_value *plan, *value;
    struct str arg;

    *ret_files = (struct core_files){ .count = 0 };
    if (str_find(of->args, STR("$artifact")) == SIZE_MAX || core_is_own(tool->address))
        return true;
    found.args = parsed(of->args, of->turn);
    if (!add_said(&found))
        return false;
    if (!tool->plan.ptr)
        return !core__args_are_texts(core, tool, of->args, of->turn) || add_all(&found);
    plan = json_get(parsed(tool->plan, of->turn), "body");
    arg = json_get_str(plan, "arg");
    value = arg.ptr ? json_find(found.args, arg) : NULL;
    if (!value || !takes_bytes(plan))
        return true;
    if (catalog_reference(value).ptr)
        return add(&found, value);
    return add_members(&found, json_is_object(value) ? value : NULL);
}

struct msg_error core__files_problem(struct core_turn *turn, const struct execution *execution,
                                     const struct call *call, const struct catalog_tool *tool)
{
    struct arena *arena = turn->update->turn;
    struct msg_error error = { .code = STR_NULL };
    struct core_files files;

    if (!tool ||
        !core_files(turn->core,
                    &(struct core_files_of){ .tool = tool, .args = call->args, .turn = arena },
                    &files, &error))
        return error;
    for (size_t i = 0; i < files.count; i++) {
        char name[DIGEST_HEX_LEN];

        digest_hex(&files.digests[i], name);
        if (core_result_is_of(turn->core, str_of(name, sizeof(name)), execution->who.actor))
            continue;
        return core__error(
            "invalid",
            str_printf(arena,
                       "%.*s: no artifact of this name was given to a program of yours, or it was "
                       "long ago: repeat the call that gave it, or give the bytes as "
                       "{\"$base64\": ...}",
                       STR_ARG(files.paths[i])));
    }
    return error;
}

void core__files_hint(struct core_turn *turn, const struct execution *execution,
                      const struct call *call, struct msg_error *error)
{
    struct arena *arena = turn->update->turn;
    BUF_CLEANUP struct buf path = BUF_INIT;
    const struct catalog_tool *tool = NULL;
    const struct json_value *args, *at;
    struct core_files files;
    struct msg_error none;

    if (!str_is(error->code, "upstream") || str_find(call->args, STR("$artifact")) == SIZE_MAX)
        return;
    (void)core__tool_find(turn, call->address, &tool);
    args = parsed(call->args, arena);
    at = json_next_with(args, "$artifact", NULL);
    if (!tool || !at ||
        !core_result_is_of(turn->core, json_get_str(at, "$artifact"), execution->who.actor) ||
        !core_files(turn->core,
                    &(struct core_files_of){ .tool = tool, .args = call->args, .turn = arena },
                    &files, &none) ||
        files.count > 0)
        return;
    json_pointer_to(&path, args, at);
    error->message =
        str_printf(arena, "%.*s\n%.*s went as data: for its bytes as base64 add `$as: \"base64\"`",
                   STR_ARG(error->message), STR_ARG(buf_str(&path)));
}
