/*
 * map - a hash table from u64 or text to a pointer. Owned heap memory; it borrows keys and
 * values, which must outlive their entries. Iteration order is the order of insertion with
 * holes filled by nobody, so it is the same on every machine and in every replay.
 */
#ifndef WRIT_BASE_MAP_H
#define WRIT_BASE_MAP_H

#include "base/base.h"
#include "base/str.h"

struct map_entry {
    struct str key;  /* text maps */
    uint64_t number; /* number maps; hash of the key in text maps */
    void *value;     /* NULL: removed */
};

struct map {
    struct map_entry *entries; /* in order of insertion */
    size_t used;               /* entries, removed ones included */
    size_t count;              /* live entries */
    size_t entries_cap;
    uint32_t *slots; /* index + 1 into entries; 0 is free */
    size_t slots_cap;
};

#define MAP_INIT ((struct map){ 0 })

void map_fini(struct map *map);

/* Room for so many entries in all: until they are there, no put lays the table anew. */
void map_reserve(struct map *map, size_t count);

void *map_find(const struct map *map, struct str key);
void *map_find_u64(const struct map *map, uint64_t key);

/* Sets; a value of NULL is not allowed. Gives the value that was there before, or NULL. */
void *map_put(struct map *map, struct str key, void *value);
void *map_put_u64(struct map *map, uint64_t key, void *value);

/* Gives the removed value or NULL. */
void *map_take(struct map *map, struct str key);
void *map_take_u64(struct map *map, uint64_t key);

/*
 * The next live entry at or after *position, or NULL at the end; *position starts at 0.
 * The entry found may be taken during iteration; nothing may be put.
 */
struct map_entry *map_next(const struct map *map, size_t *position);

#endif
