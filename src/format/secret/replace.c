/* Puts references in the place of secrets, and finds references again. */
#include "format/secret/secret.h"

#include "base/digest.h"

#define REFERENCE_OPEN  "{{secret:"
#define REFERENCE_CLOSE "}}"

/* HMAC (RFC 2104) with SHA-256: nobody without the key can test a guess against an id. */
static struct digest fingerprint(const uint8_t key[SECRET_KEY_LEN], struct str value)
{
    char inner[64];
    char outer[64];
    struct digest digest;

    memset(inner, 0x36, sizeof(inner));
    memset(outer, 0x5c, sizeof(outer));
    for (size_t i = 0; i < SECRET_KEY_LEN; i++) {
        inner[i] = (char)(inner[i] ^ (char)key[i]);
        outer[i] = (char)(outer[i] ^ (char)key[i]);
    }
    digest = digest_of_parts((struct str[]){ { inner, sizeof(inner) }, value }, 2);
    return digest_of_parts(
        (struct str[]){ { outer, sizeof(outer) }, { (const char *)digest.bytes, DIGEST_LEN } }, 2);
}

void secret_reference(const uint8_t key[SECRET_KEY_LEN], struct str value, char *text)
{
    struct digest digest = fingerprint(key, value);
    char hex[DIGEST_HEX_LEN];

    digest_hex(&digest, hex);
    memcpy(text, "secret:", 7);
    memcpy(text + 7, hex, SECRET_ID_LEN);
}

/* The text of a string literal's part. Only line ends, tabs and slashes are escaped in a shape. */
static struct str decode(struct arena *arena, struct str text)
{
    char *out = arena_alloc_raw(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (c == '\\' && i + 1 < text.len) {
            c = text.ptr[++i];
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return str_of(out, len);
}

size_t secret_replace(const struct secret_door *door, struct str text, struct arena *arena,
                      struct buf *out, struct secret_found_list *found)
{
    struct secret_scan scan;
    struct secret_span span;
    size_t done = 0;
    size_t count = 0;

    secret_scan_init(&scan, text);
    while (secret_scan_next(&scan, &span)) {
        struct str part = str_slice(text, span.from, span.to);
        struct secret_found *one = VEC_PUSH(found);

        one->value = door->kind == SECRET_JSON ? decode(arena, part) : str_copy(arena, part);
        secret_reference(door->key, one->value, one->reference);
        buf_add_str(out, str_slice(text, done, span.from));
        buf_add_c(out, "{{");
        buf_add(out, one->reference, SECRET_REFERENCE_LEN);
        buf_add_c(out, REFERENCE_CLOSE);
        done = span.to;
        count++;
    }
    if (count)
        buf_add_str(out, str_slice(text, done, text.len));
    return count;
}

static bool is_id(const char *text)
{
    for (size_t i = 0; i < SECRET_ID_LEN; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    return true;
}

bool secret_reference_next(struct str text, size_t *at, struct secret_span *ret_span)
{
    const size_t open_len = sizeof(REFERENCE_OPEN) - 1;
    const size_t len = open_len + SECRET_ID_LEN + 2;

    while (*at + len <= text.len) {
        size_t found = str_find(str_slice(text, *at, text.len), STR(REFERENCE_OPEN));
        size_t start;

        if (found == SIZE_MAX || *at + found + len > text.len)
            break;
        start = *at + found;
        if (is_id(text.ptr + start + open_len) &&
            memcmp(text.ptr + start + len - 2, REFERENCE_CLOSE, 2) == 0) {
            *at = start + len;
            *ret_span = (struct secret_span){ start, start + len, "reference" };
            return true;
        }
        *at = start + open_len;
    }
    *at = text.len;
    return false;
}
