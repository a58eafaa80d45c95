/*
 * A client sees of an artifact what its programs were given: an actor has what
 * tools.writ.results.read would read for it, and nothing else.
 */
#include "proc/daemon/shown.h"

#include "domain/core/files.h"
#include "format/json/swap.h"
#include "proc/daemon/internal.h"

/* What goes over HTTP waits in the link to `web`, with everybody else's. */
static size_t daemon_room(const struct daemon *daemon, struct str actor)
{
    size_t queued = daemon->web.link ? link_queued(daemon->web.link) : 0;

    if (str_starts(actor, STR("token:")) && queued + 2 * LIMIT_ANSWER_FILE_BYTES > LINK_QUEUED_MAX)
        return 0;
    return LIMIT_ANSWER_FILE_BYTES;
}

static bool daemon_file_read(struct daemon *daemon, struct mcp_file *file)
{
    return log_artifact_copy(daemon->disk, &file->name, daemon->turn, file->size, &file->bytes) ==
           0;
}

static bool daemon_is_image(struct daemon *daemon, const struct digest *name)
{
    BUF_CLEANUP struct buf head = BUF_INIT;

    return log_artifact_read(daemon->disk, name, 0, MCP_IMAGE_HEAD_LEN, &head) == 0 &&
           mcp_image_type(buf_str(&head)).ptr;
}

static bool is_among(const struct mcp_file *files, size_t count, const struct digest *name)
{
    for (size_t i = 0; i < count; i++)
        if (digest_equal(&files[i].name, name))
            return true;
    return false;
}

/* A value says {"$artifact", "type", "size"} of it; what it says besides its name is shown as said.
 */
static bool daemon_shows(struct daemon *daemon, const struct json_value *said, struct str actor,
                         struct mcp_file *ret_file)
{
    struct str name = json_get_str(said, "$artifact");

    *ret_file = (struct mcp_file){ .type = json_get_str(said, "type") };
    return core_result_is_of(daemon->core, name, actor) && digest_parse(name, &ret_file->name) &&
           log_artifact_size(daemon->disk, &ret_file->name, &ret_file->size) == 0;
}

void daemon__shown(struct daemon *daemon, const struct execution *execution, struct str actor,
                   struct mcp_outcome *outcome)
{
    size_t room = daemon_room(daemon, actor), count = 0;
    const struct json_value *at = NULL;
    struct json_error error;
    struct mcp_file *files;
    struct json_doc doc;

    if (str_find(execution->result, STR("\"$artifact\"")) == SIZE_MAX ||
        json_parse(daemon->turn, execution->result, NULL, &error, &doc) != JSON_PARSED)
        return;
    files = ARENA_ARRAY(daemon->turn, struct mcp_file, MCP_FILES_MAX);
    while (count < MCP_FILES_MAX && (at = json_next_with(doc.root, "$artifact", at))) {
        struct mcp_file *file = &files[count];

        if (!daemon_shows(daemon, at, actor, file) || is_among(files, count, &file->name))
            continue;
        if (file->size <= room && daemon_is_image(daemon, &file->name) &&
            daemon_file_read(daemon, file))
            room -= file->bytes.len;
        count++;
    }
    outcome->files = files;
    outcome->files_count = count;
}

void daemon__fetch(struct daemon *daemon, struct str actor, const struct mcp_action *action)
{
    struct mcp_file file = { .name = action->fetch.name };
    enum mcp_fetched_answer answer = MCP_FETCHED;
    size_t room = daemon_room(daemon, actor);
    char name[DIGEST_HEX_LEN];

    digest_hex(&file.name, name);
    if (!core_result_is_of(daemon->core, str_of(name, sizeof(name)), actor) ||
        log_artifact_size(daemon->disk, &file.name, &file.size) != 0)
        answer = MCP_FETCHED_NONE;
    else if (file.size > LIMIT_ANSWER_FILE_BYTES)
        answer = MCP_FETCHED_LARGE;
    else if (file.size > room)
        answer = MCP_FETCHED_BUSY;
    else if (!daemon_file_read(daemon, &file))
        answer = MCP_FETCHED_NONE;
    mcp_fetched(daemon->mcp, action->key, answer, &file, &daemon->actions);
}
