/* Seals, remembers, opens. libsodium is used here and nowhere else. */
#include "proc/vault/vault.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONCE_LEN   crypto_secretbox_NONCEBYTES
#define MAC_LEN     crypto_secretbox_MACBYTES
#define RECORD_MAX  (VAULT_VALUE_MAX + 1024U)
#define PLAIN_HEAD  12U /* u64 source, u32 length of the name */
#define USE_KEY_MAX 512U
/* Of a reference and of a place, as they stand in a key. */
#define REFERENCE_MAX 64U
#define BOUND_MAX     320U

static_assert(crypto_secretbox_KEYBYTES == VAULT_KEY_LEN, "the file has one length of key");

/* One secret, as it lies in the file. */
struct vault_secret {
    struct str name; /* the reference, and behind a space the place it is bound to */
    uint64_t source;
    bool dropped;
    uint8_t nonce[NONCE_LEN];
    struct str box;
};

/* A grant is its text: what it is for. */
struct vault_grant {
    char key[USE_KEY_MAX];
    size_t len;
};

struct vault {
    uint8_t *keys; /* locked: seal, fingerprint */
    char *open;    /* locked: the plain record on its way out */
    size_t open_len;
    int folder; /* borrowed */
    int file;
    uint64_t end; /* of the file */
    struct arena *core;
    struct map secrets; /* source and name -> struct vault_secret */
    struct map grants;  /* its text -> struct vault_grant */
};

/* --- Files ------------------------------------------------------------------------------- */

static int read_all(int fd, uint64_t offset, void *bytes, size_t len, size_t *ret_got)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = pread(fd, (char *)bytes + got, len - got, (off_t)(offset + got));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return RAISE(-errno);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    *ret_got = got;
    return 0;
}

static int write_all(int fd, uint64_t offset, struct str bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t n = pwrite(fd, bytes.ptr + done, bytes.len - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return RAISE(-errno);
        done += (size_t)n;
    }
    return fdatasync(fd) < 0 ? RAISE(-errno) : 0;
}

/* Made under another name first: a key file is whole or not there. */
static int keys_make(int folder_fd, uint8_t *keys)
{
    int fd = openat(folder_fd, "key.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int r;

    if (fd < 0)
        return RAISE(-errno);
    randombytes_buf(keys, 2 * (size_t)VAULT_KEY_LEN);
    r = write_all(fd, 0, str_of((const char *)keys, 2 * (size_t)VAULT_KEY_LEN));
    (void)close(fd);
    if (r < 0)
        return TRACE(r);
    if (renameat(folder_fd, "key.new", folder_fd, "key") < 0 || fsync(folder_fd) < 0)
        return RAISE(-errno);
    return 0;
}

static int keys_load(int folder_fd, uint8_t *keys)
{
    int fd = openat(folder_fd, "key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat is;
    size_t got = 0;
    int r;

    if (fd < 0 && errno == ENOENT)
        return keys_make(folder_fd, keys);
    if (fd < 0)
        return RAISE(-errno);
    r = fstat(fd, &is) < 0 ? RAISE(-errno) : read_all(fd, 0, keys, 2 * (size_t)VAULT_KEY_LEN, &got);
    (void)close(fd);
    if (r < 0)
        return TRACE(r);
    if ((is.st_mode & 077) || is.st_uid != geteuid())
        return VAULT_EXPOSED;
    return got == 2 * (size_t)VAULT_KEY_LEN ? 0 : VAULT_DAMAGED;
}

/* --- Records ----------------------------------------------------------------------------- */

static size_t secret_key_print(char *key, struct str name, uint64_t source)
{
    int n = snprintf(key, USE_KEY_MAX, "%llu %.*s", (unsigned long long)source,
                     STR_ARG(str_slice(name, 0, REFERENCE_MAX + 1 + BOUND_MAX)));

    return (size_t)n;
}

/* Records from before places were bound have the reference alone. */
static size_t name_print(char *name, struct str reference, struct str bound)
{
    int n =
        snprintf(name, USE_KEY_MAX, "%.*s%s%.*s", STR_ARG(str_slice(reference, 0, REFERENCE_MAX)),
                 bound.len ? " " : "", STR_ARG(str_slice(bound, 0, BOUND_MAX)));

    return (size_t)n;
}

static struct vault_secret *secret_find(const struct vault *vault, const struct vault_name *what)
{
    char name[USE_KEY_MAX];
    char key[USE_KEY_MAX];
    struct str text = str_of(name, name_print(name, what->reference, what->bound));

    return map_find(&vault->secrets, str_of(key, secret_key_print(key, text, what->source)));
}

static void remember(struct vault *vault, const struct vault_secret *secret)
{
    struct vault_secret *kept = ARENA_NEW(vault->core, struct vault_secret);
    char key[USE_KEY_MAX];
    struct str name = str_of(key, secret_key_print(key, secret->name, secret->source));

    *kept = *secret;
    kept->name = str_copy(vault->core, secret->name);
    kept->box = str_copy(vault->core, secret->box);
    (void)map_put(&vault->secrets, str_copy(vault->core, name), kept);
}

/* The plain record: u64 source, u32 length, name, value. False: not sealed by us. */
static bool plain_open(struct vault *vault, struct vault_secret *secret, struct str *ret_value)
{
    uint64_t source;
    uint32_t len;

    if (secret->box.len < MAC_LEN + PLAIN_HEAD || secret->box.len > RECORD_MAX)
        return false;
    vault->open_len = secret->box.len - MAC_LEN;
    if (crypto_secretbox_open_easy((unsigned char *)vault->open,
                                   (const unsigned char *)secret->box.ptr, secret->box.len,
                                   secret->nonce, vault->keys) != 0)
        return false;
    memcpy(&source, vault->open, sizeof(source));
    memcpy(&len, vault->open + sizeof(source), sizeof(len));
    len = le32toh(len);
    if (len > vault->open_len - PLAIN_HEAD)
        return false;
    secret->source = le64toh(source);
    secret->name = str_of(vault->open + PLAIN_HEAD, len);
    *ret_value = str_of(vault->open + PLAIN_HEAD + len, vault->open_len - PLAIN_HEAD - len);
    return true;
}

/* 0, VAULT_DAMAGED, or VAULT_ABSENT at the end (also: a torn last record). */
static int record_read(struct vault *vault, char *bytes)
{
    struct vault_secret secret = { 0 };
    struct str value;
    uint32_t len;
    size_t got = 0;
    int r = read_all(vault->file, vault->end, &len, sizeof(len), &got);

    if (r < 0)
        return TRACE(r);
    len = le32toh(len);
    if (got < sizeof(len))
        return VAULT_ABSENT;
    if (len < NONCE_LEN || len > RECORD_MAX + NONCE_LEN)
        return VAULT_DAMAGED;
    r = read_all(vault->file, vault->end + sizeof(len), bytes, len, &got);
    if (r < 0)
        return TRACE(r);
    if (got < len)
        return VAULT_ABSENT;
    memcpy(secret.nonce, bytes, NONCE_LEN);
    secret.box = str_of(bytes + NONCE_LEN, len - NONCE_LEN);
    if (!plain_open(vault, &secret, &value))
        return VAULT_DAMAGED;
    remember(vault, &secret);
    vault_forget(vault);
    vault->end += sizeof(len) + len;
    return 0;
}

static int records_load(struct vault *vault, int folder_fd)
{
    char *bytes = heap_alloc(RECORD_MAX + NONCE_LEN);
    int r = 0;

    vault->file = openat(folder_fd, "sealed", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (vault->file < 0)
        r = RAISE(-errno);
    while (r == 0)
        r = record_read(vault, bytes);
    (void)heap_free(bytes);
    if (r == VAULT_ABSENT)
        r = ftruncate(vault->file, (off_t)vault->end) < 0 ? RAISE(-errno) : 0;
    return r;
}

/* --- The vault --------------------------------------------------------------------------- */

int vault_new(int folder_fd, struct vault **ret_vault)
{
    struct vault *vault = heap_alloc(sizeof(*vault));
    int r;

    CHECK(sodium_init() >= 0);
    *vault = (struct vault){ .folder = folder_fd, .file = -1, .core = arena_new(0) };
    vault->keys = sodium_malloc(2 * (size_t)VAULT_KEY_LEN);
    vault->open = sodium_malloc(RECORD_MAX);
    CHECK(vault->keys && vault->open);
    r = keys_load(folder_fd, vault->keys);
    if (r == 0)
        r = records_load(vault, folder_fd);
    if (r != 0) {
        vault_free(vault);
        return r < 0 ? TRACE(r) : r;
    }
    *ret_vault = vault;
    return 0;
}

struct vault *vault_free(struct vault *vault)
{
    struct map_entry *entry;
    size_t position = 0;

    if (!vault)
        return NULL;
    while ((entry = map_next(&vault->grants, &position)))
        heap_free(entry->value);
    map_fini(&vault->grants);
    map_fini(&vault->secrets);
    sodium_free(vault->keys); /* Clears first. */
    sodium_free(vault->open);
    if (vault->file >= 0)
        (void)close(vault->file);
    arena_free(vault->core);
    return heap_free(vault);
}

const uint8_t *vault_fingerprint_key(const struct vault *vault)
{
    return vault->keys + VAULT_KEY_LEN;
}

void vault_forget(struct vault *vault)
{
    sodium_memzero(vault->open, vault->open_len);
    vault->open_len = 0;
}

/* Into vault->open, then sealed into record. */
static void record_make(struct vault *vault, struct vault_secret *secret, struct str value,
                        struct buf *record)
{
    uint64_t source = htole64(secret->source);
    uint32_t name_len = htole32((uint32_t)secret->name.len);
    size_t len = PLAIN_HEAD + secret->name.len + value.len;
    uint32_t record_len = htole32((uint32_t)(NONCE_LEN + MAC_LEN + len));
    char *box;

    vault->open_len = len;
    memcpy(vault->open, &source, sizeof(source));
    memcpy(vault->open + sizeof(source), &name_len, sizeof(name_len));
    memcpy(vault->open + PLAIN_HEAD, secret->name.ptr, secret->name.len);
    memcpy(vault->open + PLAIN_HEAD + secret->name.len, value.ptr, value.len);
    randombytes_buf(secret->nonce, NONCE_LEN);
    buf_add(record, &record_len, sizeof(record_len));
    buf_add(record, secret->nonce, NONCE_LEN);
    box = buf_reserve(record, MAC_LEN + len);
    (void)crypto_secretbox_easy((unsigned char *)box, (const unsigned char *)vault->open, len,
                                secret->nonce, vault->keys);
    buf_commit(record, MAC_LEN + len);
    secret->box = str_of(box, MAC_LEN + len);
    vault_forget(vault);
}

int vault_seal(struct vault *vault, const struct vault_name *name, struct str value)
{
    struct vault_secret secret = { .source = name->source };
    BUF_CLEANUP struct buf record = BUF_INIT;
    char text[USE_KEY_MAX];
    int r;

    if (secret_find(vault, name))
        return 0;
    if (vault->secrets.count >= VAULT_SECRETS_MAX || value.len > VAULT_VALUE_MAX ||
        name->reference.len > REFERENCE_MAX || name->bound.len > BOUND_MAX)
        return VAULT_FULL;
    secret.name = str_of(text, name_print(text, name->reference, name->bound));
    record_make(vault, &secret, value, &record);
    r = write_all(vault->file, vault->end, buf_str(&record));
    if (r < 0)
        return TRACE(r);
    vault->end += record.len;
    remember(vault, &secret);
    return 0;
}

int vault_seal_said(struct vault *vault, const struct vault_name *name, struct str value)
{
    const struct map_entry *entry;
    size_t said = 0;
    int r;

    for (size_t at = 0; (entry = map_next(&vault->secrets, &at));)
        said += ((const struct vault_secret *)entry->value)->source == name->source;
    if (!secret_find(vault, name) &&
        (said >= VAULT_SAID_MAX || vault->secrets.count >= VAULT_ALL_SAID_MAX))
        return VAULT_FULL;
    r = vault_seal(vault, name, value);
    return r < 0 ? TRACE(r) : r;
}

static void record_add(struct buf *file, const struct vault_secret *secret)
{
    uint32_t len = htole32((uint32_t)(NONCE_LEN + secret->box.len));

    buf_add(file, &len, sizeof(len));
    buf_add(file, secret->nonce, NONCE_LEN);
    buf_add_str(file, secret->box);
}

/* Under another name first: the file is whole, with or without them. */
static int file_replace(struct vault *vault, struct str bytes)
{
    int fd = openat(vault->folder, "sealed.new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int r;

    if (fd < 0)
        return RAISE(-errno);
    r = write_all(fd, 0, bytes);
    if (r == 0 && (renameat(vault->folder, "sealed.new", vault->folder, "sealed") < 0 ||
                   fsync(vault->folder) < 0))
        r = RAISE(-errno);
    if (r < 0) {
        (void)close(fd);
        return TRACE(r);
    }
    (void)close(vault->file);
    vault->file = fd;
    vault->end = bytes.len;
    return 0;
}

static int file_rewrite(struct vault *vault)
{
    BUF_CLEANUP struct buf file = BUF_INIT;
    const struct map_entry *entry;

    for (size_t at = 0; (entry = map_next(&vault->secrets, &at));) {
        const struct vault_secret *secret = entry->value;

        if (!secret->dropped)
            record_add(&file, secret);
    }
    return file_replace(vault, buf_str(&file));
}

static void forget_dropped(struct vault *vault)
{
    const struct map_entry *entry;
    size_t at = 0;

    while ((entry = map_next(&vault->secrets, &at))) {
        const struct vault_secret *secret = entry->value;
        char key[USE_KEY_MAX];

        if (!secret->dropped)
            continue;
        (void)map_take(&vault->secrets,
                       str_of(key, secret_key_print(key, secret->name, secret->source)));
        at = 0; /* The map may have moved. */
    }
}

int vault_drop(struct vault *vault, const struct vault_name *name)
{
    struct vault_secret *only = name->reference.len ? secret_find(vault, name) : NULL;
    const struct map_entry *entry;
    bool some = only;
    int r;

    if (only)
        only->dropped = true;
    for (size_t at = 0; !name->reference.len && (entry = map_next(&vault->secrets, &at));) {
        struct vault_secret *secret = entry->value;

        secret->dropped = secret->source == name->source;
        some = some || secret->dropped;
    }
    if (!some)
        return 0;
    r = file_rewrite(vault);
    if (r < 0)
        return TRACE(r);
    forget_dropped(vault);
    return 0;
}

static size_t use_print(char *key, const struct vault_use *use)
{
    int n = snprintf(key, USE_KEY_MAX, "%llu %llu %u ", (unsigned long long)use->source,
                     (unsigned long long)use->execution, use->call);
    char name[USE_KEY_MAX];
    size_t len = name_print(name, use->reference, use->bound);

    memcpy(key + n, name, len);
    return (size_t)n + len;
}

int vault_grant(struct vault *vault, const struct vault_use *use)
{
    struct vault_grant *grant;

    if (vault->grants.count >= VAULT_GRANTS_MAX)
        return VAULT_FULL;
    grant = heap_alloc(sizeof(*grant));
    grant->len = use_print(grant->key, use);
    /* The key of an entry is the first grant's own text; the same grant again is nothing. */
    if (map_find(&vault->grants, str_of(grant->key, grant->len)))
        (void)heap_free(grant);
    else
        (void)map_put(&vault->grants, str_of(grant->key, grant->len), grant);
    return 0;
}

bool vault_granted(const struct vault *vault, const struct vault_use *use)
{
    char key[USE_KEY_MAX];

    return map_find(&vault->grants, str_of(key, use_print(key, use)));
}

int vault_open(struct vault *vault, const struct vault_use *use, struct str *ret_value)
{
    struct vault_secret *secret;
    struct vault_secret opened;
    struct vault_grant *grant;
    char key[USE_KEY_MAX];

    vault_forget(vault);
    grant = map_take(&vault->grants, str_of(key, use_print(key, use)));
    if (!grant)
        return VAULT_REFUSED;
    (void)heap_free(grant);
    secret = secret_find(vault, &(struct vault_name){ use->reference, use->bound, use->source });
    if (!secret && use->call == 0)
        secret = secret_find(vault, &(struct vault_name){ use->reference, STR_NULL, VAULT_GIVEN });
    if (!secret)
        return VAULT_ABSENT;
    opened = *secret;
    CHECK(plain_open(vault, &opened, ret_value));
    return 0;
}
