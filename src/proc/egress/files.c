/*
 * The bytes of artifacts that a call names, from the descriptors that came with it. They are those
 * that were named, or nothing is sent.
 */
#include "proc/egress/net.h"

#include "base/digest.h"
#include "edge/out/openapi/openapi.h"

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
