/* Names to slots: what an object's members are looked up in. */
#include "format/schema/internal.h"

/* Longer runs of neighbours than this make the table hash whole names. */
#define TABLE_PROBES_MAX 8U

static inline struct schema__ends table_ends(struct str key)
{
    struct schema__ends ends = { 0 };
    uint32_t low;
    uint32_t high;

    if (key.len >= 8) {
        memcpy(&ends.first, key.ptr, 8);
        memcpy(&ends.last, key.ptr + key.len - 8, 8);
    } else if (key.len >= 4) {
        memcpy(&low, key.ptr, 4);
        memcpy(&high, key.ptr + key.len - 4, 4);
        ends.first = low | (uint64_t)high << 32;
    } else if (key.len) {
        ends.first = (unsigned char)key.ptr[0] |
                     (uint64_t)(unsigned char)key.ptr[key.len / 2] << 8 |
                     (uint64_t)(unsigned char)key.ptr[key.len - 1] << 16;
    }
    return ends;
}

static uint32_t table_hash_full(struct str key)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < key.len; i++) {
        hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3U;
        hash ^= hash >> 29;
    }
    return (uint32_t)((hash * 0xff51afd7ed558ccdU) >> 32);
}

static inline uint32_t table_hash(const struct schema__table *table, struct str key,
                                  struct schema__ends ends)
{
    uint64_t hash = ends.first ^ (ends.last * 0x9e3779b97f4a7c15U) ^ key.len;

    return table->full ? table_hash_full(key) : (uint32_t)((hash * 0xff51afd7ed558ccdU) >> 32);
}

/* Gives the longest run of occupied slots that a key had to pass. */
static uint32_t table_fill(struct schema__table *table, const struct schema__table_key *keys,
                           size_t count)
{
    uint32_t worst = 0;

    memset(table->slots, 0, ((size_t)table->mask + 1) * sizeof(*table->slots));
    for (size_t i = 0; i < count; i++) {
        struct schema__ends ends = table_ends(keys[i].key);
        uint32_t hash = table_hash(table, keys[i].key, ends);
        uint32_t probes = 0;
        uint32_t at = hash & table->mask;

        for (; table->slots[at].key.ptr; at = (at + 1) & table->mask)
            probes++;
        table->slots[at] = (struct schema__slot){ .key = keys[i].key,
                                                  .ends = ends,
                                                  .hash = hash,
                                                  .declared = keys[i].declared,
                                                  .required = keys[i].required,
                                                  .node = keys[i].node };
        worst = probes > worst ? probes : worst;
    }
    return worst;
}

struct schema__table *schema__table_new(struct arena *arena, const struct schema__table_key *keys,
                                        size_t count)
{
    struct schema__table *table = ARENA_NEW(arena, struct schema__table);
    uint32_t size = 4;

    CHECK(count < UINT32_MAX / 4);
    while (size < count * 2)
        size *= 2;
    table->mask = size - 1;
    table->count = (uint32_t)count;
    table->slots = ARENA_ARRAY(arena, struct schema__slot, size);
    if (table_fill(table, keys, count) > TABLE_PROBES_MAX) {
        table->full = true;
        (void)table_fill(table, keys, count);
    }
    return table;
}

const struct schema__slot *schema__table_find(const struct schema__table *table, struct str key)
{
    struct schema__ends ends = table_ends(key);
    uint32_t hash = table_hash(table, key, ends);

    for (uint32_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        const struct schema__slot *slot = &table->slots[at];

        if (!slot->key.ptr)
            return NULL;
        if (slot->hash == hash && slot->key.len == key.len && slot->ends.first == ends.first &&
            slot->ends.last == ends.last &&
            (key.len <= TABLE__ENDS_MAX || memcmp(slot->key.ptr, key.ptr, key.len) == 0))
            return slot;
    }
}
