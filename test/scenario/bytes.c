/*
 * Values that are long, and bytes, on their way through egress: what does not go inline goes in a
 * descriptor, as in proc/egress. Here too is what is counted of each wire.
 */
#include "world.h"

#include "base/base64.h"
#include "format/json/json.h"
#include "format/json/swap.h"
#include "model/limit.h"

struct str world_image(struct arena *arena, uint64_t len)
{
    char *bytes = arena_alloc_raw(arena, (size_t)len + 8);
    uint32_t state = (uint32_t)len;

    for (size_t i = 0; i < len; i++) {
        state = state * 1103515245U + 12345U;
        bytes[i] = (char)(state >> 16);
    }
    memcpy(bytes, "\x89PNG\r\n\x1a\n", 8);
    return str_of(bytes, (size_t)len);
}

struct str world_filled(struct arena *arena, uint64_t len)
{
    struct str bytes = world_image(arena, len);
    struct buf text BUF_CLEANUP = BUF_INIT;

    buf_add_c(&text, "{\"fill\":\"");
    for (size_t i = 0; i < bytes.len && text.len + 2 < len; i++)
        buf_add_char(&text, (char)('a' + (unsigned char)bytes.ptr[i] % 26));
    buf_add_c(&text, "\"}");
    return str_copy(arena, buf_str(&text));
}

void world_crossed(struct world *world, enum world_wire wire, size_t len)
{
    world->crossed[wire] += len;
}

/* One descriptor for all of it: the value if it is long, then each thing that it names once. */
static int parts_open(struct world *world, struct msg_call_outcome *outcome,
                      const struct out_mcp_event *event)
{
    struct buf parts BUF_CLEANUP = BUF_INIT;

    if (outcome->value.len > LIMIT_VALUE_INLINE_BYTES) {
        buf_add_str(&parts, outcome->value);
        outcome->artifact = digest_of(outcome->value);
        outcome->size = outcome->value.len;
        outcome->value = STR_NULL;
    }
    outcome->blobs = ARENA_ARRAY(world->arena, struct msg_blob, event->blob_count + 1);
    for (size_t i = 0; i < event->blob_count; i++) {
        const struct out_mcp_blob *blob = &event->blobs[i];

        outcome->blobs[outcome->blobs_count++] =
            (struct msg_blob){ .digest = blob->name, .size = blob->bytes.len };
        buf_add_str(&parts, blob->bytes);
    }
    world_crossed(world, WIRE_EGRESS_DAEMON, parts.len);
    return parts.len ? sim_memfd(buf_str(&parts)) : -1;
}

void world_outcome_send(struct world *world, struct msg_call_outcome *outcome,
                        const struct out_mcp_event *event)
{
    int fd = parts_open(world, outcome, event);
    struct buf payload BUF_CLEANUP = BUF_INIT;
    struct wire_frame frame = { .type = MSG_CALL_OUTCOME, .id = outcome->execution };

    msg_call_outcome_encode(outcome, &payload);
    frame.payload = buf_str(&payload);
    world_crossed(world, WIRE_EGRESS_DAEMON, payload.len);
    if (world->egress && fd >= 0)
        (void)!link_send_fds(world->egress, &frame, &fd, 1);
    else if (world->egress)
        (void)!link_send(world->egress, &frame);
    if (fd >= 0)
        link_fd_close(fd);
    world->activity++;
}

static struct str file_taken(struct world *world, size_t index)
{
    struct buf bytes BUF_CLEANUP = BUF_INIT;
    struct buf text BUF_CLEANUP = BUF_INIT;
    int fd = link_fd_take(world->egress, index);

    if (fd < 0) {
        world_fail(world, "a descriptor of a call's artifact is not there");
        return STR("");
    }
    sim_memfd_get(fd, &bytes);
    link_fd_close(fd);
    world_crossed(world, WIRE_DAEMON_EGRESS, bytes.len);
    base64_encode(&text, buf_str(&bytes));
    return str_copy(world->arena, buf_str(&text));
}

struct str world_args_fill(struct world *world, const struct msg_call_send *send)
{
    struct swaps VEC(struct json_swap) swaps = { 0 };
    struct buf args BUF_CLEANUP = BUF_INIT;
    const struct json_value *at = NULL;
    struct json_error error;
    struct json_doc doc;
    bool said;

    if (send->files_count == 0 ||
        json_parse(world->arena, send->args, NULL, &error, &doc) != JSON_PARSED)
        return send->args;
    said = json_next_with_both(doc.root, "$artifact", "$as", NULL) != NULL;
    for (size_t i = 0; i < send->files_count; i++) {
        struct str text = file_taken(world, i);
        char name[DIGEST_HEX_LEN];

        digest_hex(&send->files[i], name);
        while ((at = json_next_with(doc.root, "$artifact", at)))
            if (str_equal(json_get_str(at, "$artifact"), str_of(name, sizeof(name))) &&
                (!said || json_get(at, "$as")))
                *VEC_PUSH(&swaps) = (struct json_swap){ at, text };
    }
    json_print_swapped(&args, doc.root, swaps.at, swaps.count);
    VEC_FINI(&swaps);
    return str_copy(world->arena, buf_str(&args));
}
