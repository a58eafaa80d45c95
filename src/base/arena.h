/*
 * arena - memory with one lifetime.
 *
 * Everything allocated from an arena is gone when it is reset or freed; nothing is freed alone.
 * Allocation does not fail: at the arena's cap the process ends (the cap is against our own
 * mistakes; what a stranger can make grow is counted and refused before it gets here).
 * Memory is zeroed and aligned for any type.
 */
#ifndef WRIT_BASE_ARENA_H
#define WRIT_BASE_ARENA_H

#include "base/base.h"
#include "base/str.h"

struct arena;

/* cap: bytes at which the process ends; 0 is no cap. */
struct arena *arena_new(size_t cap);
struct arena *arena_free(struct arena *arena);
CLEANUP_DEFINE(struct arena, arena_free)

/* Forgets everything, keeps the first block. */
void arena_reset(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size);
/* As arena_alloc, not zeroed. */
void *arena_alloc_raw(struct arena *arena, size_t size);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_array((arena), sizeof(type), (count)))

void *arena_alloc_array(struct arena *arena, size_t size, size_t count);

/* Plain heap for things with a life of their own; ends the process rather than fail. */
void *heap_alloc(size_t size);
void *heap_resize(void *memory, size_t size);
void *heap_free(void *memory);

#endif
