/*
 * The bytes of artifacts that a call names, from the descriptors that came with it. They are those
 * that were named, or nothing is sent. Where a name says "$as": "base64", and where a tool of MCP
 * takes texts, they go as base64 in the arguments, where their names stood.
 */
#include "proc/egress/internal.h"

#include "base/base64.h"
#include "base/digest.h"
#include "edge/out/openapi/openapi.h"
#include "format/json/swap.h"

#include <errno.h>
#include <unistd.h>

/* All of it, in the turn. False: it is longer than an artifact that was a result, or unreadable. */
static bool file_read(struct arena *turn, int fd, struct str *ret_bytes)
{
    BUF_CLEANUP struct buf bytes = BUF_INIT;
    ssize_t got;

    while ((got = pread(fd, buf_reserve(&bytes, 65536), 65536, (off_t)bytes.len)) != 0) {
        if (got < 0 && errno != EINTR)
            return false;
        buf_commit(&bytes, got > 0 ? (size_t)got : 0);
        if (bytes.len > LIMIT_VALUE_BYTES)
            return false;
    }
    *ret_bytes = bytes.len ? str_copy(turn, buf_str(&bytes)) : STR("");
    return true;
}

bool egress__files_read(const struct egress_call *call, struct arena *turn,
                        struct out_openapi_artifact *ret_list, struct str *ret_fault)
{
    for (size_t i = 0; i < call->send.files_count; i++) {
        char *name = arena_alloc(turn, DIGEST_HEX_LEN);
        struct digest digest;

        digest_hex(&call->send.files[i], name);
        ret_list[i].name = str_of(name, DIGEST_HEX_LEN);
        if (file_read(turn, call->files[i], &ret_list[i].bytes)) {
            digest = digest_of(ret_list[i].bytes);
            if (digest_equal(&digest, &call->send.files[i]))
                continue;
        }
        *ret_fault = str_printf(turn,
                                "the artifact %.*s is not what it was when it was kept: repeat the "
                                "call that gave it, or give the bytes as {\"$base64\": ...}",
                                STR_ARG(ret_list[i].name));
        return false;
    }
    return true;
}

static const struct out_openapi_artifact *named(const struct out_openapi_artifact *files,
                                                size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(files[i].name, name))
            return &files[i];
    return NULL;
}

static struct str as_text(struct arena *turn, struct str bytes)
{
    BUF_CLEANUP struct buf text = BUF_INIT;

    base64_encode(&text, bytes);
    return str_copy(turn, buf_str(&text));
}

static bool are_small(const struct out_openapi_artifact *files, size_t count, struct arena *turn,
                      struct str *ret_fault)
{
    uint64_t total = 0;

    for (size_t i = 0; i < count; i++)
        total += files[i].bytes.len;
    if (total <= LIMIT_VALUE_BYTES)
        return true;
    *ret_fault = str_printf(turn,
                            "the artifacts in its arguments have %llu bytes together; %u are "
                            "allowed, for they go to its source as text: make several calls",
                            (unsigned long long)total, (unsigned)LIMIT_VALUE_BYTES);
    return false;
}

bool egress__files_fill(const struct egress_call *call, struct arena *turn, struct str *ret_args,
                        struct str *ret_fault)
{
    struct out_openapi_artifact files[WIRE_FDS_MAX];
    size_t count = call->send.files_count;
    const struct json_value *at = NULL;
    BUF_CLEANUP struct buf args = BUF_INIT;
    struct json_swap *swaps;
    struct json_error error;
    struct json_doc doc;
    size_t used = 0, most = 0;
    bool said;

    *ret_args = call->send.args;
    if (count == 0 || json_parse(turn, call->send.args, NULL, &error, &doc) != JSON_PARSED)
        return true;
    said = json_next_with_both(doc.root, "$artifact", "$as", NULL) != NULL;
    if (!said && call->send.plan.len > 0)
        return true;
    if (!egress__files_read(call, turn, files, ret_fault) ||
        !are_small(files, count, turn, ret_fault))
        return false;
    while ((at = json_next_with(doc.root, "$artifact", at)))
        most++;
    swaps = ARENA_ARRAY(turn, struct json_swap, most + 1);
    while ((at = json_next_with(doc.root, "$artifact", at))) {
        const struct out_openapi_artifact *file =
            named(files, count, json_get_str(at, "$artifact"));

        if (file && (!said || json_get(at, "$as")))
            swaps[used++] = (struct json_swap){ at, as_text(turn, file->bytes) };
    }
    json_print_swapped(&args, doc.root, swaps, used);
    *ret_args = str_copy(turn, buf_str(&args));
    return true;
}
