/*
 * vec - an array that grows, of any type. Owned heap memory.
 *
 *     struct thing_vec VEC(struct thing);      a struct { struct thing *at; size_t count, cap; }
 *     *VEC_PUSH(&things) = (struct thing){ ... };
 *     VEC_FINI(&things);
 *
 * Easy to get wrong: a pointer into a vec is gone with the next push.
 */
#ifndef WRIT_BASE_VEC_H
#define WRIT_BASE_VEC_H

#include "base/arena.h"
#include "base/base.h"

#define VEC(type)                                                                                  \
    {                                                                                              \
        type *at;                                                                                  \
        size_t count;                                                                              \
        size_t cap;                                                                                \
    }

/* Room for one more at the end; gives its address, zeroed. */
#define VEC_PUSH(vec)                                                                              \
    ((vec)->at = vec_grow((vec)->at, &(vec)->count, &(vec)->cap, sizeof(*(vec)->at)),              \
     &(vec)->at[(vec)->count - 1])
#define VEC_CLEAR(vec) ((void)((vec)->count = 0))
#define VEC_FINI(vec)                                                                              \
    ((void)heap_free((vec)->at), (void)((vec)->at = NULL), (void)((vec)->count = 0),               \
     (void)((vec)->cap = 0))

static inline void *vec_grow(void *at, size_t *count, size_t *cap, size_t size)
{
    if (*count == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        at = heap_resize(at, *cap * size);
    }
    memset((char *)at + *count * size, 0, size);
    (*count)++;
    return at;
}

#endif
