/* Packets, and the pools that they and their bytes come from.
 *
 * Each thread keeps a short stack of free pieces of each class; what is too
 * much goes to a depot that all threads share, in bundles, and what is
 * missing comes from there, so the depot's lock is taken once in many
 * packets.  Sanitizers see every piece as an allocation of its own. */

#include "net/packet/packet.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/scan.h"

enum piece_class {
    CLASS_PACKET,   /* A struct packet. */
    CLASS_SMALL,    /* A buffer of PACKET_SMALL_SIZE and headroom. */
    CLASS_LARGE,    /* A buffer of PACKET_LARGE_SIZE and headroom. */
    CLASS_EXTERNAL, /* A struct packet_buffer alone. */
    N_CLASSES,
};

enum {
    LARGE_EXTRA = 256, /* What headers may add to a large packet. */
    BUFFER_HEADER = ROUND_UP(sizeof(struct packet_buffer), CACHE_LINE),
    SMALL_ROOM = PACKET_HEADROOM + PACKET_SMALL_SIZE,
    LARGE_ROOM = PACKET_HEADROOM + PACKET_LARGE_SIZE + LARGE_EXTRA,
};

static const struct {
    size_t size;     /* Bytes. */
    unsigned bundle; /* Pieces that move to or from the depot at once. */
} classes[N_CLASSES] = {
    [CLASS_PACKET] = { sizeof(struct packet), 64 },
    [CLASS_SMALL] = { BUFFER_HEADER + SMALL_ROOM, 64 },
    [CLASS_LARGE] = { BUFFER_HEADER + LARGE_ROOM, 8 },
    [CLASS_EXTERNAL] = { BUFFER_HEADER, 64 },
};

/* A free piece. */
struct piece {
    struct piece *next;
};

struct stack {
    struct piece *top;
    unsigned n;
};

struct pool {
    struct stack stacks[N_CLASSES];
    bool registered; /* The thread's end gives the pieces back. */
};

static struct stack depot[N_CLASSES];
static pthread_mutex_t depot_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t pool_once = PTHREAD_ONCE_INIT;
static pthread_key_t pool_key;
static __thread struct pool pool;

#if defined(__SANITIZE_ADDRESS__)
#define POOLED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOLED 0
#endif
#endif
#ifndef POOLED
#define POOLED 1
#endif

static void
stack_push(struct stack *stack, struct piece *piece)
{
    piece->next = stack->top;
    stack->top = piece;
    stack->n++;
}

static struct piece *
stack_pop(struct stack *stack)
{
    struct piece *piece = stack->top;
    if (LIKELY(piece != NULL)) {
        stack->top = piece->next;
        stack->n--;
    }
    return piece;
}

static void
stack_move(struct stack *dst, struct stack *src, unsigned n)
{
    struct piece *piece;
    while (n-- && (piece = stack_pop(src)) != NULL) {
        stack_push(dst, piece);
    }
}

static void
pool_flush(void *arg)
{
    struct pool *mine = arg;
    pthread_mutex_lock(&depot_mutex);
    for (int i = 0; i < N_CLASSES; i++) {
        stack_move(&depot[i], &mine->stacks[i], UINT32_MAX);
    }
    pthread_mutex_unlock(&depot_mutex);
    mine->registered = false;
}

static void
pool_init_once(void)
{
    if (pthread_key_create(&pool_key, pool_flush)) {
        abort();
    }
}

static NO_INLINE void *pool_refill(enum piece_class class)
{
    if (POOLED) {
        if (!pool.registered) {
            pthread_once(&pool_once, pool_init_once);
            pool.registered = !pthread_setspecific(pool_key, &pool);
        }
        pthread_mutex_lock(&depot_mutex);
        stack_move(&pool.stacks[class], &depot[class], classes[class].bundle);
        pthread_mutex_unlock(&depot_mutex);
        struct piece *piece = stack_pop(&pool.stacks[class]);
        if (piece) {
            return piece;
        }
    }
    return xmalloc_aligned(CACHE_LINE, classes[class].size);
}

static void *pool_get(enum piece_class class)
{
    struct piece *piece = stack_pop(&pool.stacks[class]);
    return LIKELY(piece != NULL) ? (void *) piece : pool_refill(class);
}

static void
pool_put(enum piece_class class, void *piece)
{
    if (!POOLED) {
        free(piece);
        return;
    }
    stack_push(&pool.stacks[class], piece);
    if (UNLIKELY(pool.stacks[class].n >= 2 * classes[class].bundle)) {
        pthread_mutex_lock(&depot_mutex);
        stack_move(&depot[class], &pool.stacks[class], classes[class].bundle);
        pthread_mutex_unlock(&depot_mutex);
    }
}

/* Gives 'p' a buffer of its own of at least 'room' bytes; 'data' is at its
 * start. */
static void
packet_attach_buffer(struct packet *p, size_t room)
{
    enum piece_class class;
    size_t actual;
    if (LIKELY(room <= SMALL_ROOM)) {
        class = CLASS_SMALL;
        actual = SMALL_ROOM;
    } else if (room <= LARGE_ROOM) {
        class = CLASS_LARGE;
        actual = LARGE_ROOM;
    } else {
        class = CLASS_EXTERNAL;
        actual = room;
    }
    struct packet_buffer *buffer = pool_get(class);
    buffer->n_refs = 1;
    buffer->size_class = class;
    buffer->release = NULL;
    if (UNLIKELY(class == CLASS_EXTERNAL)) {
        /* Frames this large come only from tools. */
        buffer->release = free;
        buffer->release_arg = xmalloc(room);
        p->base = buffer->release_arg;
    } else {
        p->base = (uint8_t *) buffer + BUFFER_HEADER;
    }
    p->buffer = buffer;
    p->data = p->base;
    p->end = p->base + actual;
}

static void
buffer_unref(struct packet_buffer *buffer)
{
    if (__atomic_load_n(&buffer->n_refs, __ATOMIC_ACQUIRE) != 1
        && __atomic_sub_fetch(&buffer->n_refs, 1, __ATOMIC_ACQ_REL)) {
        return;
    }
    if (buffer->release) {
        buffer->release(buffer->release_arg);
    }
    pool_put(buffer->size_class, buffer);
}

struct packet *
packet_create(size_t capacity)
{
    struct packet *p = pool_get(CLASS_PACKET);
    packet_attach_buffer(p, PACKET_HEADROOM + capacity);
    p->data += PACKET_HEADROOM;
    p->size = 0;
    packet_reset_metadata(p);
    return p;
}

struct packet *
packet_create_copy(const void *data, size_t size)
{
    struct packet *p = packet_create(size);
    packet_put_bytes(p, data, size);
    return p;
}

struct packet *
packet_create_external(void *data, size_t size, size_t headroom,
                       void (*release)(void *arg), void *arg)
{
    struct packet *p = pool_get(CLASS_PACKET);
    struct packet_buffer *buffer = pool_get(CLASS_EXTERNAL);
    buffer->n_refs = 1;
    buffer->size_class = CLASS_EXTERNAL;
    buffer->release = release;
    buffer->release_arg = arg;
    p->buffer = buffer;
    p->data = data;
    p->size = size;
    p->base = p->data - headroom;
    p->end = p->data + size;
    packet_reset_metadata(p);
    return p;
}

struct packet *
packet_create_hex(const char *hex)
{
    size_t max = strlen(hex) / 2 + 1;
    struct packet *p = packet_create(max);
    const char *end;
    size_t n = scan_hex_bytes(hex, packet_put(p, max), max, &end);
    packet_truncate(p, n);
    if (*end) {
        packet_free(p);
        return NULL;
    }
    return p;
}

struct packet *
packet_clone(struct packet *original)
{
    struct packet *p = pool_get(CLASS_PACKET);
    __atomic_add_fetch(&original->buffer->n_refs, 1, __ATOMIC_RELAXED);
    p->buffer = original->buffer;
    p->data = original->data;
    p->size = original->size;
    p->base = original->base;
    p->end = original->end;
    packet_copy_metadata(p, original);
    return p;
}

struct packet *
packet_copy(const struct packet *original)
{
    struct packet *p = packet_create_copy(original->data, original->size);
    packet_copy_metadata(p, original);
    return p;
}

void
packet_free(struct packet *p)
{
    if (p) {
        buffer_unref(p->buffer);
        pool_put(CLASS_PACKET, p);
    }
}

void
packet_clear_offsets(struct packet *p)
{
    p->l2_5_offset = p->l3_offset = p->l4_offset = PACKET_NO_OFFSET;
    p->l2_pad = 0;
}

enum {
    METADATA_START = offsetof(struct packet, in_port),
    METADATA_SIZE = offsetof(struct packet, base) - METADATA_START,
};

void
packet_reset_metadata(struct packet *p)
{
    memset((char *) p + METADATA_START, 0, METADATA_SIZE);
    p->in_port = UINT32_MAX;
    packet_clear_offsets(p);
    p->ct_conn = NULL;
}

void
packet_copy_metadata(struct packet *dst, const struct packet *src)
{
    memcpy((char *) dst + METADATA_START, (const char *) src + METADATA_START,
           METADATA_SIZE);
    dst->ct_conn = src->ct_conn;
    if (src->offloads & PACKET_HAS_CT) {
        dst->ct_mark = src->ct_mark;
        dst->ct_label = src->ct_label;
        dst->ct_tuple = src->ct_tuple;
    }
    if (src->offloads & PACKET_HAS_TUNNEL) {
        memcpy(dst->tunnel, src->tunnel, sizeof dst->tunnel);
    }
}

void
packet_make_room(struct packet *p, size_t headroom, size_t tailroom)
{
    struct packet_buffer *old = p->buffer;
    const uint8_t *data = p->data;
    packet_attach_buffer(p, headroom + p->size + tailroom);
    p->data += headroom;
    memcpy(p->data, data, p->size);
    buffer_unref(old);
}

void *
packet_put_zeros(struct packet *p, size_t n)
{
    return memset(packet_put(p, n), 0, n);
}

void
packet_put_bytes(struct packet *p, const void *bytes, size_t n)
{
    if (n) {
        memcpy(packet_put(p, n), bytes, n);
    }
}

static void
shift_offset(uint16_t *offset, int delta)
{
    if (*offset != PACKET_NO_OFFSET) {
        *offset += delta;
    }
}

void
packet_shift_offsets(struct packet *p, int delta)
{
    shift_offset(&p->l2_5_offset, delta);
    shift_offset(&p->l3_offset, delta);
    shift_offset(&p->l4_offset, delta);
    if (p->offloads & PACKET_L4_CSUM_PARTIAL) {
        p->csum_start += delta;
    }
}
