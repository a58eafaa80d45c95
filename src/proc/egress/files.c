/*
 * The bytes of artifacts that a call names, from the descriptors that came with it. They are those
 * that were named, or nothing is sent. Where a name says "$as": "base64", and where a tool of MCP
 * takes texts, they go as base64 in the arguments, where their names stood.
 */
#include "proc/egress/internal.h"

#include "base/base64.h"
#include "base/digest.h"
#include "domain/catalog/reference.h"
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

struct filling {
    const struct egress_call *call;
    struct arena *turn;
    struct out_openapi_artifact files[WIRE_FDS_MAX];
    struct str texts[WIRE_FDS_MAX]; /* of files: each is made once, for all of its places */
    size_t count;                   /* places */
};

/* WIRE_FDS_MAX: none of them. */
static size_t named(const struct filling *filling, struct str name)
{
    for (size_t i = 0; i < filling->call->send.files_count; i++)
        if (str_equal(filling->files[i].name, name))
            return i;
    return WIRE_FDS_MAX;
}

/* Before any text is made: all that are named came along, and together they can be sent. */
static bool can_fill(struct filling *filling, const struct json_value *args, bool said,
                     struct str *ret_fault)
{
    const struct json_value *at = NULL;
    uint64_t total = 0;

    while ((at = catalog_reference_next(args, said, at))) {
        struct str name = catalog_reference(at);
        size_t file = named(filling, name);

        if (file == WIRE_FDS_MAX) {
            *ret_fault = str_printf(filling->turn, "there is no artifact %.*s",
                                    STR_ARG(str_slice(name, 0, 80)));
            return false;
        }
        total += (filling->files[file].bytes.len + 2) / 3 * 4;
        filling->count++;
    }
    if (total <= OUT_HTTP_BODY_MAX)
        return true;
    *ret_fault = str_printf(filling->turn, "the %s has more than %u bytes",
                            filling->call->source->direct ? "body" : "message", OUT_HTTP_BODY_MAX);
    return false;
}

static void fill(struct filling *filling, const struct json_value *args, bool said, struct buf *out)
{
    const struct json_value *at = NULL;
    struct json_swap *swaps = ARENA_ARRAY(filling->turn, struct json_swap, filling->count + 1);
    size_t used = 0;

    while ((at = catalog_reference_next(args, said, at))) {
        size_t file = named(filling, catalog_reference(at));

        if (!filling->texts[file].ptr)
            filling->texts[file] = as_text(filling->turn, filling->files[file].bytes);
        swaps[used++] = (struct json_swap){ at, filling->texts[file] };
    }
    json_print_swapped(out, args, swaps, used);
}

bool egress__files_fill(const struct egress_call *call, struct arena *turn, struct str *ret_args,
                        struct str *ret_fault)
{
    struct filling filling = { .call = call, .turn = turn };
    BUF_CLEANUP struct buf args = BUF_INIT;
    struct json_error error;
    struct json_doc doc;
    bool said;

    *ret_args = call->send.args;
    if (call->send.files_count == 0 ||
        json_parse(turn, call->send.args, NULL, &error, &doc) != JSON_PARSED)
        return true;
    said = catalog_says_text(doc.root);
    if (!said && call->send.plan.len > 0)
        return true;
    if (!egress__files_read(call, turn, filling.files, ret_fault) ||
        !are_small(filling.files, call->send.files_count, turn, ret_fault) ||
        !can_fill(&filling, doc.root, said, ret_fault))
        return false;
    fill(&filling, doc.root, said, &args);
    *ret_args = str_copy(turn, buf_str(&args));
    return true;
}
