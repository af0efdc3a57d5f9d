/* vec: an array in an arena that grows by doubling. struct { T *at; size_t n, cap; } */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include "base/arena.h"
#define VEC(...)         \
    struct {             \
        __VA_ARGS__ *at; \
        size_t n, cap;   \
    }
/* Appends a value; old storage stays in the arena until it is freed. */
#define vec_add(a, v, ...)                                                                \
    do {                                                                                  \
        if ((v)->n == (v)->cap) {                                                         \
            size_t cap_ = (v)->cap ? (v)->cap * 2 : 8;                                    \
            void *at_ = arena_alloc((a), cap_ * sizeof *(v)->at);                         \
            if ((v)->n)                                                                   \
                memcpy(at_, (v)->at, (v)->n * sizeof *(v)->at);                           \
            (v)->at = at_;                                                                \
            (v)->cap = cap_;                                                              \
        }                                                                                 \
        (v)->at[(v)->n++] = __VA_ARGS__;                                                  \
    } while (0)
#endif
