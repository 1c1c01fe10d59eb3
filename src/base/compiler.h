/* Attributes and small macros that every file may use. */

#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#define ARRAY_SIZE(a)      (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(x, y) (((x) + (y) -1) / (y))
#define ROUND_UP(x, y)     (DIV_ROUND_UP(x, y) * (y))
#define ROUND_DOWN(x, y)   ((x) / (y) * (y))
#define MIN(a, b)          ((a) < (b) ? (a) : (b))
#define MAX(a, b)          ((a) > (b) ? (a) : (b))
#define IS_POW2(x)         ((x) && !((x) & ((x) -1)))
#define STRINGIFY(x)       STRINGIFY2(x)
#define STRINGIFY2(x)      #x

/* The object of type 'type' whose member 'member' is at 'pointer'. */
#define CONTAINER_OF(pointer, type, member) \
    ((type *) (void *) ((char *) (pointer) -offsetof(type, member)))

#define WARN_UNUSED         __attribute__((warn_unused_result))
#define PRINTF_FORMAT(f, a) __attribute__((format(printf, f, a)))
#define STRFTIME_FORMAT(f)  __attribute__((format(strftime, f, 0)))
#define NORETURN            __attribute__((noreturn))
#define UNUSED              __attribute__((unused))
#define MALLOC_LIKE         __attribute__((malloc))
#define ALWAYS_INLINE       inline __attribute__((always_inline))
#define NO_INLINE           __attribute__((noinline))
#define PACKED              __attribute__((packed))
#define ALIGNED(n)          __attribute__((aligned(n)))
#define CONSTRUCTOR         __attribute__((constructor))
#define FALLTHROUGH         __attribute__((fallthrough))
#define LIKELY(x)           __builtin_expect(!!(x), 1)
#define UNLIKELY(x)         __builtin_expect(!!(x), 0)
#define PREFETCH(p)         __builtin_prefetch(p)
#define PREFETCH_WRITE(p)   __builtin_prefetch(p, 1)
#define CACHE_LINE          64

/* Calls 'fn' with the address of the variable when it goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Marks a place that no execution can reach. */
#define NOT_REACHED() abort()

/* An assertion that is too expensive for release builds. */
#ifdef OVS_DEBUG
#define debug_assert(x) assert(x)
#else
#define debug_assert(x) ((void) sizeof(!(x)))
#endif

/* Returns the pointer in '*p' and leaves NULL in its place: hands over what a
 * CLEANUP variable owns. */
#define steal_ptr(p)                        \
    ({                                      \
        __typeof__(*(p)) steal_tmp_ = *(p); \
        *(p) = NULL;                        \
        steal_tmp_;                         \
    })

/* clang's thread-safety annotations. */
#ifdef __clang__
#define LOCKABLE __attribute__((capability("mutex")))
/* Clang before 20 cannot name a later or earlier member in C: for readers. */
#define GUARDED_BY(x)
#define REQUIRES(...)      __attribute__((requires_capability(__VA_ARGS__)))
#define EXCLUDES(...)      __attribute__((locks_excluded(__VA_ARGS__)))
#define ACQUIRES(...)      __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASES(...)      __attribute__((release_capability(__VA_ARGS__)))
#define TRY_ACQUIRES(...)  __attribute__((try_acquire_capability(__VA_ARGS__)))
#define NO_THREAD_ANALYSIS __attribute__((no_thread_safety_analysis))
#else
#define LOCKABLE
#define GUARDED_BY(x)
#define REQUIRES(...)
#define EXCLUDES(...)
#define ACQUIRES(...)
#define RELEASES(...)
#define TRY_ACQUIRES(...)
#define NO_THREAD_ANALYSIS
#endif
