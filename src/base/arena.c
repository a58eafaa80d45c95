/* A list of blocks, each twice the last up to ARENA_BLOCK_MAX; a big request has its own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_REDZONE 16U
#else
#define ARENA_REDZONE 0U
#endif

#define ARENA_BLOCK_MIN 2048U
#define ARENA_BLOCK_MAX (256U * 1024U)

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct arena_block *blocks; /* newest first */
    char *at;
    char *end;
    size_t cap;
    size_t held; /* bytes in blocks */
    size_t used;
};

void *heap_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    CHECK(memory != NULL);
    return memory;
}

void *heap_resize(void *memory, size_t size)
{
    void *resized = realloc(memory, size ? size : 1);

    CHECK(resized != NULL);
    return resized;
}

void *heap_free(void *memory)
{
    free(memory);
    return NULL;
}

struct arena *arena_new(size_t cap)
{
    struct arena *arena = heap_alloc(sizeof(*arena));

    arena->cap = cap;
    return arena;
}

struct arena *arena_free(struct arena *arena)
{
    if (!arena)
        return NULL;
    for (struct arena_block *block = arena->blocks; block;) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
    free(arena);
    return NULL;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->blocks;

    /* The oldest block is the smallest: keep that one, so that one big turn is not held. */
    while (keep && keep->next) {
        struct arena_block *next = keep->next;

        free(keep);
        keep = next;
    }
    arena->blocks = keep;
    arena->used = 0;
    arena->held = keep ? keep->size : 0;
    arena->at = keep ? keep->bytes : NULL;
    arena->end = keep ? keep->bytes + keep->size : NULL;
}

static void arena_grow(struct arena *arena, size_t need)
{
    size_t size = arena->blocks ? arena->held : ARENA_BLOCK_MIN;
    struct arena_block *block;

    if (size > ARENA_BLOCK_MAX)
        size = ARENA_BLOCK_MAX;
    if (size < need)
        size = need;
    CHECK(arena->cap == 0 || arena->held + size <= arena->cap);
    block = malloc(sizeof(*block) + size);
    CHECK(block != NULL);
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->held += size;
    arena->at = block->bytes;
    arena->end = block->bytes + size;
}

void *arena_alloc_raw(struct arena *arena, size_t size)
{
    size_t need;
    void *memory;

    CHECK(size <= SIZE_MAX / 2);
    need = (size + ARENA_REDZONE + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (need > (size_t)(arena->end - arena->at) || !arena->at)
        arena_grow(arena, need);
    memory = arena->at;
    arena->at += need;
    arena->used += need;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *memory = arena_alloc_raw(arena, size);

    memset(memory, 0, size);
    return memory;
}

void *arena_alloc_array(struct arena *arena, size_t size, size_t count)
{
    size_t bytes;

    CHECK(!__builtin_mul_overflow(size, count, &bytes));
    return arena_alloc(arena, bytes);
}

size_t arena_used(const struct arena *arena)
{
    return arena->used;
}
