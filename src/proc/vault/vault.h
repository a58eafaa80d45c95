/*
 * proc/vault - the only process that keeps secrets. Nothing leaves it but to egress, once a call,
 * when the daemon's grant and egress's request agree on reference, source, execution and call.
 *
 * Two files in vault/ of the data folder, both 0600:
 *
 *     key      32 bytes that seal, 32 bytes for fingerprints
 *     sealed   records, appended and synced: u32 length, 24 bytes nonce, secretbox
 *
 * Sealed values stay sealed in memory; one is opened only on its way out, in locked memory. A
 * torn last record is cut off. Any other record that does not open ends the process: somebody
 * else wrote there.
 */
#ifndef WRIT_PROC_VAULT_VAULT_H
#define WRIT_PROC_VAULT_VAULT_H

#include "base/base.h"
#include "base/str.h"

#include <stdbool.h>

struct vault;

#define VAULT_KEY_LEN     32U
#define VAULT_VALUE_MAX   65536U
#define VAULT_SECRETS_MAX 10000U
/* Of those, of what sources say by themselves: of one, and of all. The rest is for people. */
#define VAULT_SAID_MAX     500U
#define VAULT_ALL_SAID_MAX 9000U
#define VAULT_GRANTS_MAX   10000U

/* The source of what a person gave: only an environment may have it. */
#define VAULT_GIVEN 0U

enum vault_answer {
    VAULT_ABSENT = 1,  /* there is no secret of that reference */
    VAULT_REFUSED = 2, /* no grant, or it is another source's */
    VAULT_FULL = 3,    /* a limit: not kept */
    VAULT_DAMAGED = 4, /* a file is not what it was */
    VAULT_EXPOSED = 5, /* others may read the key, or it is theirs */
};

/* folder_fd: the open folder vault/ (borrowed until vault_free). 0, VAULT_DAMAGED or VAULT_EXPOSED.
 */
MUST int vault_new(int folder_fd, struct vault **ret_vault);
struct vault *vault_free(struct vault *vault);
CLEANUP_DEFINE(struct vault, vault_free)

/* The key of fingerprints: VAULT_KEY_LEN bytes. */
const uint8_t *vault_fingerprint_key(const struct vault *vault);

/* What a secret is known by: another source's, or one for another place, is another one. */
struct vault_name {
    struct str reference;
    struct str bound; /* scheme://host:port; null: wherever its source is */
    uint64_t source;
};

/* Keeps a value, durable when it returns. Again is nothing. 0 or VAULT_FULL. */
MUST int vault_seal(struct vault *vault, const struct vault_name *name, struct str value);

/*
 * The same for what a source said: one that says very many leaves room for others and for what
 * people give. 0 or VAULT_FULL.
 */
MUST int vault_seal_said(struct vault *vault, const struct vault_name *name, struct str value);

/*
 * Forgets it; without a reference, all of that source. The file is written anew without it, and
 * is durable when this returns.
 */
MUST int vault_drop(struct vault *vault, const struct vault_name *name);

/* One use of one secret by one call; call 0: by the source itself, or its child's environment. */
struct vault_use {
    struct str reference;
    struct str bound;
    uint64_t source;
    uint64_t execution;
    uint32_t call;
};

/* 0, or VAULT_FULL. */
MUST int vault_grant(struct vault *vault, const struct vault_use *use);

/* There is a grant for this use. */
bool vault_granted(const struct vault *vault, const struct vault_use *use);

/*
 * Takes the grant and opens. 0, VAULT_ABSENT, VAULT_REFUSED. The value is in locked memory until
 * the next call of any of these; vault_forget clears it sooner.
 */
MUST int vault_open(struct vault *vault, const struct vault_use *use, struct str *ret_value);
void vault_forget(struct vault *vault);

#endif
