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

#include "domain/core/internal.h"

#include "format/json/swap.h"

struct found {
    struct core_files *files;
    struct msg_error *error;
    struct arena *turn;
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

static bool fails(struct found *found, struct str sentence)
{
    *found->error = core__error("invalid", sentence);
    return false;
}

/* True: it is none, or one more that may be. */
static bool add(struct found *found, struct str path, const struct json_value *value)
{
    struct str name = json_get_str(value, "$artifact");
    struct core_files *files = found->files;
    struct digest digest;

    if (!name.ptr || json_is_string(json_get(value, "$base64")))
        return true;
    if (!digest_parse(name, &digest))
        return fails(found, str_printf(found->turn,
                                       "%.*s: an $artifact is named by 64 hexadecimal digits, as a "
                                       "result names it",
                                       STR_ARG(path)));
    if (is_known(files, &digest))
        return true;
    if (files->count == CORE_FILES_MAX)
        return fails(found, str_printf(found->turn,
                                       "%.*s: more than %u artifacts in one call: give small ones "
                                       "as {\"$base64\": ...}, or make several calls",
                                       STR_ARG(path), CORE_FILES_MAX));
    files->paths[files->count] = path;
    files->digests[files->count++] = digest;
    return true;
}

static struct str path_of(struct found *found, struct str above, struct str key)
{
    struct buf path BUF_CLEANUP = BUF_INIT;

    buf_add_str(&path, above);
    json_pointer_add(&path, key);
    return str_copy(found->turn, buf_str(&path));
}

static bool add_list(struct found *found, struct str path, const struct json_value *list)
{
    struct json_iter iter = json_iter(list);
    const struct json_value *item;

    for (size_t i = 0; (item = json_next(&iter)); i++)
        if (json_get(item, "$artifact") &&
            !add(found, str_printf(found->turn, "%.*s/%zu", STR_ARG(path), i), item))
            return false;
    return true;
}

static bool add_members(struct found *found, struct str path, const struct json_value *body)
{
    struct json_iter iter = json_iter(body);
    const struct json_value *member;

    while ((member = json_next(&iter))) {
        struct str at;

        if (!json_is_array(member) && !json_get(member, "$artifact"))
            continue;
        at = path_of(found, path, iter.key);
        if (json_is_array(member) ? !add_list(found, at, member) : !add(found, at, member))
            return false;
    }
    return true;
}

static bool is_base64(struct found *found, struct str path, const struct json_value *as)
{
    if (!as || str_is(json_is_string(as) ? json_str(as) : STR(""), "base64"))
        return true;
    return fails(found,
                 str_printf(found->turn, "%.*s: $as can be \"base64\", and is %.*s", STR_ARG(path),
                            STR_ARG(str_slice(json_text(found->turn, as), 0, 40))));
}

/* said: only those that say it. */
static bool files_of_texts(struct found *found, const struct json_value *root, bool said)
{
    const struct json_value *at = NULL;

    while ((at = json_next_with(root, "$artifact", at))) {
        const struct json_value *as = json_get(at, "$as");
        BUF_CLEANUP struct buf text = BUF_INIT;
        struct str path;

        if (said && !as)
            continue;
        json_pointer_to(&text, root, at);
        path = str_copy(found->turn, buf_str(&text));
        if (!is_base64(found, path, as) || !add(found, path, at))
            return false;
    }
    return true;
}

bool core_files(struct core *core, const struct core_files_of *of, struct core_files *ret_files,
                struct msg_error *ret_error)
{
    struct found found = { .files = ret_files, .error = ret_error, .turn = of->turn };
    const struct catalog_tool *tool = of->tool;
    const struct json_value *args, *plan, *value;
    struct str arg, path;

    *ret_files = (struct core_files){ .count = 0 };
    if (str_find(of->args, STR("$artifact")) == SIZE_MAX || core_is_own(tool->address))
        return true;
    args = parsed(of->args, of->turn);
    if (core__says_text(args) && !files_of_texts(&found, args, true))
        return false;
    if (!tool->plan.ptr)
        return !core__args_are_texts(core, tool, of->args, of->turn) ||
               files_of_texts(&found, args, false);
    plan = json_get(parsed(tool->plan, of->turn), "body");
    arg = json_get_str(plan, "arg");
    value = arg.ptr ? json_find(args, arg) : NULL;
    if (!value || !takes_bytes(plan))
        return true;
    path = path_of(&found, STR(""), arg);
    if (json_is_object(value) && json_get(value, "$artifact"))
        return add(&found, path, value);
    return add_members(&found, path, json_is_object(value) ? value : NULL);
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
