/*
 * digest - SHA-256 and its text. The one door to libcrypto.
 */
#ifndef WRIT_BASE_DIGEST_H
#define WRIT_BASE_DIGEST_H

#include "base/base.h"
#include "base/str.h"

#define DIGEST_LEN     32U
#define DIGEST_HEX_LEN 64U

struct digest {
    uint8_t bytes[DIGEST_LEN];
};

struct digest digest_of(struct str bytes);
/* Of the parts one after another. */
struct digest digest_of_parts(const struct str *parts, size_t count);

/* Of what comes piece by piece. */
struct digest_sum {
    uint32_t state[28]; /* libcrypto's */
};
void digest_sum_init(struct digest_sum *sum);
void digest_sum_add(struct digest_sum *sum, struct str bytes);
struct digest digest_sum_get(const struct digest_sum *sum);

/* HMAC-SHA-256 (RFC 2104) of the parts one after another, at most DIGEST_HMAC_PARTS_MAX. */
#define DIGEST_HMAC_PARTS_MAX 7U
struct digest digest_hmac(struct str key, const struct str *parts, size_t count);

/* Lower-case hexadecimal, DIGEST_HEX_LEN characters, no NUL. */
void digest_hex(const struct digest *digest, char *text);
/* False if text is not 64 hexadecimal digits. */
bool digest_parse(struct str text, struct digest *ret_digest);
bool digest_equal(const struct digest *a, const struct digest *b);

#endif
