/* Open addressing over an insertion-ordered array of entries. */
#include "base/map.h"

#include "base/arena.h"

#define MAP_SLOTS_MIN 16U

static uint64_t map_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9U;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

static uint64_t map_hash(struct str key)
{
    uint64_t hash = 0xcbf29ce484222325U ^ key.len;
    size_t i = 0;

    for (; i + 8 <= key.len; i += 8) {
        uint64_t word;

        memcpy(&word, key.ptr + i, 8);
        hash = map_mix(hash ^ word);
    }
    for (; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3U;
    return map_mix(hash);
}

void map_fini(struct map *map)
{
    (void)heap_free(map->entries);
    (void)heap_free(map->slots);
    *map = MAP_INIT;
}

static bool map_same(const struct map_entry *entry, struct str key, uint64_t number)
{
    return entry->number == number && str_equal(entry->key, key);
}

/* The slot that holds the key, or SIZE_MAX. Removed entries keep their slots until a rebuild. */
static size_t map_slot_find(const struct map *map, struct str key, uint64_t number)
{
    size_t mask = map->slots_cap - 1;

    if (map->slots_cap == 0)
        return SIZE_MAX;
    for (size_t slot = map_mix(number) & mask; map->slots[slot]; slot = (slot + 1) & mask) {
        const struct map_entry *entry = &map->entries[map->slots[slot] - 1];

        if (entry->value && map_same(entry, key, number))
            return slot;
    }
    return SIZE_MAX;
}

static void map_slot_add(struct map *map, size_t index)
{
    size_t mask = map->slots_cap - 1;
    size_t slot = map_mix(map->entries[index].number) & mask;

    while (map->slots[slot])
        slot = (slot + 1) & mask;
    map->slots[slot] = (uint32_t)(index + 1);
}

/* Drops removed entries, makes room for that many in all, and lays the slots anew. */
static void map_rebuild(struct map *map, size_t count)
{
    size_t cap = MAP_SLOTS_MIN;
    size_t kept = 0;

    for (size_t i = 0; i < map->used; i++)
        if (map->entries[i].value)
            map->entries[kept++] = map->entries[i];
    map->used = kept;
    while (cap < (kept + 1) * 2 || cap / 2 < count)
        cap *= 2;
    CHECK(cap <= UINT32_MAX);
    map->slots = heap_resize(map->slots, cap * sizeof(*map->slots));
    memset(map->slots, 0, cap * sizeof(*map->slots));
    map->slots_cap = cap;
    map->entries_cap = cap / 2;
    map->entries = heap_resize(map->entries, map->entries_cap * sizeof(*map->entries));
    for (size_t i = 0; i < map->used; i++)
        map_slot_add(map, i);
}

void map_reserve(struct map *map, size_t count)
{
    if (count > map->entries_cap)
        map_rebuild(map, count);
}

static void *map_put_entry(struct map *map, struct str key, uint64_t number, void *value)
{
    size_t slot = map_slot_find(map, key, number);

    CHECK(value != NULL);
    if (slot != SIZE_MAX) {
        struct map_entry *entry = &map->entries[map->slots[slot] - 1];
        void *before = entry->value;

        entry->key = key;
        entry->value = value;
        return before;
    }
    if (map->used == map->entries_cap)
        map_rebuild(map, (map->count + 1) * 2);
    map->entries[map->used] = (struct map_entry){ .key = key, .number = number, .value = value };
    map_slot_add(map, map->used);
    map->used++;
    map->count++;
    return NULL;
}

static void *map_take_entry(struct map *map, struct str key, uint64_t number)
{
    size_t slot = map_slot_find(map, key, number);
    struct map_entry *entry;
    void *value;

    if (slot == SIZE_MAX)
        return NULL;
    entry = &map->entries[map->slots[slot] - 1];
    value = entry->value;
    entry->value = NULL;
    entry->key = STR_NULL;
    map->count--;
    return value;
}

static void *map_find_entry(const struct map *map, struct str key, uint64_t number)
{
    size_t slot = map_slot_find(map, key, number);

    return slot == SIZE_MAX ? NULL : map->entries[map->slots[slot] - 1].value;
}

void *map_find(const struct map *map, struct str key)
{
    return map_find_entry(map, key, map_hash(key));
}

void *map_find_u64(const struct map *map, uint64_t key)
{
    return map_find_entry(map, STR_NULL, key);
}

void *map_put(struct map *map, struct str key, void *value)
{
    return map_put_entry(map, key, map_hash(key), value);
}

void *map_put_u64(struct map *map, uint64_t key, void *value)
{
    return map_put_entry(map, STR_NULL, key, value);
}

void *map_take(struct map *map, struct str key)
{
    return map_take_entry(map, key, map_hash(key));
}

void *map_take_u64(struct map *map, uint64_t key)
{
    return map_take_entry(map, STR_NULL, key);
}

struct map_entry *map_next(const struct map *map, size_t *position)
{
    while (*position < map->used) {
        struct map_entry *entry = &map->entries[(*position)++];

        if (entry->value)
            return entry;
    }
    return NULL;
}
