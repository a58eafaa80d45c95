/* SHA-256 by libcrypto's low-level interface: it has no allocation and no fetch on the way. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

struct digest digest_of(struct str bytes)
{
    return digest_of_parts(&bytes, 1);
}

struct digest digest_of_parts(const struct str *parts, size_t count)
{
    struct digest digest;
    SHA256_CTX context;

    (void)SHA256_Init(&context);
    for (size_t i = 0; i < count; i++)
        (void)SHA256_Update(&context, parts[i].ptr, parts[i].len);
    (void)SHA256_Final(digest.bytes, &context);
    return digest;
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct digest_sum), "a sum has room for its state");

void digest_sum_init(struct digest_sum *sum)
{
    (void)SHA256_Init((void *)sum->state);
}

void digest_sum_add(struct digest_sum *sum, struct str bytes)
{
    (void)SHA256_Update((void *)sum->state, bytes.ptr, bytes.len);
}

struct digest digest_sum_get(const struct digest_sum *sum)
{
    struct digest_sum last = *sum;
    struct digest digest;

    (void)SHA256_Final(digest.bytes, (void *)last.state);
    return digest;
}

#define DIGEST_BLOCK 64U

struct digest digest_hmac(struct str key, const struct str *parts, size_t count)
{
    struct str inner[DIGEST_HMAC_PARTS_MAX + 1];
    struct str outer[2];
    struct digest hashed;
    char pad[DIGEST_BLOCK] = { 0 };

    CHECK(count <= DIGEST_HMAC_PARTS_MAX);
    if (key.len > DIGEST_BLOCK) {
        hashed = digest_of(key);
        key = str_of((const char *)hashed.bytes, DIGEST_LEN);
    }
    memcpy(pad, key.ptr, key.len);
    for (size_t i = 0; i < DIGEST_BLOCK; i++)
        pad[i] = (char)(pad[i] ^ 0x36);
    inner[0] = str_of(pad, DIGEST_BLOCK);
    memcpy(inner + 1, parts, count * sizeof(*parts));
    hashed = digest_of_parts(inner, count + 1);
    for (size_t i = 0; i < DIGEST_BLOCK; i++)
        pad[i] = (char)(pad[i] ^ 0x36 ^ 0x5c);
    outer[0] = str_of(pad, DIGEST_BLOCK);
    outer[1] = str_of((const char *)hashed.bytes, DIGEST_LEN);
    hashed = digest_of_parts(outer, 2);
    OPENSSL_cleanse(pad, sizeof(pad));
    return hashed;
}

void digest_hex(const struct digest *digest, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_LEN; i++) {
        text[2 * i] = digits[digest->bytes[i] >> 4];
        text[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
}

static int digest_nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool digest_parse(struct str text, struct digest *ret_digest)
{
    struct digest digest;

    if (text.len != DIGEST_HEX_LEN)
        return false;
    for (size_t i = 0; i < DIGEST_LEN; i++) {
        int high = digest_nibble(text.ptr[2 * i]);
        int low = digest_nibble(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        digest.bytes[i] = (uint8_t)(high * 16 + low);
    }
    *ret_digest = digest;
    return true;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_LEN) == 0;
}
