/* Packets in memory: one line of metadata, headroom, bytes.
 *
 * A packet comes from its thread's pool and goes back to the pool of the
 * thread that frees it; none of this calls malloc() once pools are warm.  A
 * clone shares the bytes of its original until one of them is to be written:
 * whoever writes calls packet_unshare() first (the push, pull and put
 * functions that add bytes do it themselves).  Bytes may also lie in memory
 * that is not the pool's (rings, user memory), with a function that takes
 * them back.
 *
 * A packet belongs to one thread at a time; only the count of shares is
 * atomic. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/be.h"
#include "base/compiler.h"
#include "net/packet/addr.h"

enum {
    PACKET_HEADROOM = 128,      /* Bytes in front of a new packet's data. */
    PACKET_SMALL_SIZE = 2048,   /* Data of a buffer of the small pool. */
    PACKET_LARGE_SIZE = 65536,  /* Data of a buffer of the large pool. */
    PACKET_TUNNEL_SIZE = 384,   /* Room for a struct flow_tunnel. */
    PACKET_BATCH_MAX = 32,      /* Packets of a batch. */
    PACKET_NO_OFFSET = 0xffff,  /* There is no such layer. */
    PACKET_MAX_OFFSET = 0xfffe, /* Headers are within the first 64 KiB. */
};

/* struct packet.offloads. */
enum {
    PACKET_L4_CSUM_PARTIAL = 1 << 0, /* csum_start, csum_offset: to fill. */
    PACKET_L3_CSUM_GOOD = 1 << 1,    /* IPv4 header checksum verified. */
    PACKET_L3_CSUM_BAD = 1 << 2,
    PACKET_L4_CSUM_GOOD = 1 << 3, /* L4 checksum verified. */
    PACKET_L4_CSUM_BAD = 1 << 4,
    PACKET_HASH_VALID = 1 << 5,    /* 'hash' is of this packet's flow. */
    PACKET_HAS_TUNNEL = 1 << 6,    /* 'tunnel' is valid. */
    PACKET_HAS_CT = 1 << 7,        /* ct_mark to ct_tp_dst are valid. */
    PACKET_L3_CSUM_DEFER = 1 << 8, /* IPv4 header checksum is to fill. */
};

enum packet_gso {
    PACKET_GSO_NONE,
    PACKET_GSO_TCP4,
    PACKET_GSO_TCP6,
    PACKET_GSO_UDP, /* USO: datagrams of gso_size bytes. */
};

/* The original direction's tuple of a tracked connection. */
struct packet_ct_tuple {
    bool ipv6;
    uint8_t proto;
    be16 src_port;
    be16 dst_port;
    struct ip6_addr src; /* IPv4: in the first 4 bytes. */
    struct ip6_addr dst;
};

/* Bytes that one packet or several use; memory and header are one allocation
 * unless the memory is external. */
struct packet_buffer {
    struct packet_buffer *next; /* In a pool. */
    uint32_t n_refs;            /* Packets that use it; atomic. */
    uint32_t size_class;        /* The pool's. */
    void (*release)(void *arg); /* External memory's, or NULL. */
    void *release_arg;
};

struct packet {
    /* The hot line. */
    uint8_t *data;      /* First byte of the packet. */
    uint32_t size;      /* Bytes there. */
    uint32_t in_port;   /* Datapath port. */
    uint32_t recirc_id; /* 0 at first. */
    uint32_t hash;      /* Of the flow, if PACKET_HASH_VALID. */
    uint32_t dp_hash;   /* By the hash action; 0: none. */
    uint32_t skb_priority;
    uint32_t pkt_mark;
    uint32_t packet_type; /* PACKET_TYPE_* (net/flow/flow.h). */
    uint16_t l2_5_offset; /* MPLS, from 'data', or PACKET_NO_OFFSET. */
    uint16_t l3_offset;
    uint16_t l4_offset;
    uint16_t offloads;    /* PACKET_*. */
    uint16_t csum_start;  /* From 'data'. */
    uint16_t csum_offset; /* From csum_start. */
    uint16_t gso_size;    /* L4 payload of a segment. */
    uint8_t gso_type;     /* enum packet_gso. */
    uint8_t ct_state;     /* CT_STATE_*. */
    be16 vlan_tci;        /* Tag that the device took off, with VLAN_CFI; */
    be16 vlan_tpid;       /* 0: none.  packet_put_vlan() puts it back. */
    uint16_t ct_zone;
    uint16_t l2_pad; /* Bytes behind the IP packet. */

    /* The cold lines. */
    uint8_t *base; /* First byte that may be used, headroom included. */
    uint8_t *end;  /* Behind the last byte that may be used. */
    struct packet_buffer *buffer;
    struct packet *next; /* In a pool, or the user's. */
    uint32_t ct_mark;
    uint32_t pad2;
    struct u128 ct_label;
    struct packet_ct_tuple ct_tuple;
    void *ct_conn; /* Conntrack's own, within one pass. */
    uint64_t tunnel[PACKET_TUNNEL_SIZE / 8]; /* A struct flow_tunnel. */
} ALIGNED(CACHE_LINE);

static_assert(offsetof(struct packet, base) == 64, "one line of metadata");

/* A new packet of no bytes with PACKET_HEADROOM in front and room for
 * 'capacity' (at most 64 KiB plus 256). */
struct packet *packet_create(size_t capacity) WARN_UNUSED;
/* A new packet with a copy of the bytes. */
struct packet *packet_create_copy(const void *data, size_t size) WARN_UNUSED;
/* A new packet over memory of someone else, which may be written from
 * 'headroom' bytes before 'data' on.  'release' (may be NULL) is called with
 * 'arg', by any thread, when no packet uses the memory any more. */
struct packet *packet_create_external(void *data, size_t size, size_t headroom,
                                      void (*release)(void *arg),
                                      void *arg) WARN_UNUSED;
/* The bytes that hex digits (and spaces, colons, dots) name; NULL if the text
 * is not of that form. */
struct packet *packet_create_hex(const char *hex) WARN_UNUSED;
/* Another packet with the same metadata that shares the bytes. */
struct packet *packet_clone(struct packet *) WARN_UNUSED;
/* A deep copy. */
struct packet *packet_copy(const struct packet *) WARN_UNUSED;
/* NULL is legal. */
void packet_free(struct packet *);
/* Forgets metadata, offsets and offloads; keeps the bytes. */
void packet_reset_metadata(struct packet *);
/* Copies metadata, offsets and offloads, not the bytes. */
void packet_copy_metadata(struct packet *dst, const struct packet *src);

/* Makes the bytes this packet's alone, with at least so much room. */
void packet_make_room(struct packet *, size_t headroom, size_t tailroom);

static inline bool
packet_is_shared(const struct packet *p)
{
    return __atomic_load_n(&p->buffer->n_refs, __ATOMIC_ACQUIRE) != 1;
}

/* To be called before bytes are written. */
static inline void
packet_unshare(struct packet *p)
{
    if (UNLIKELY(packet_is_shared(p))) {
        packet_make_room(p, PACKET_HEADROOM, 0);
    }
}

static inline size_t
packet_headroom(const struct packet *p)
{
    return p->data - p->base;
}

static inline size_t
packet_tailroom(const struct packet *p)
{
    return p->end - (p->data + p->size);
}

/* Adds 'n' uninitialized bytes behind and returns their address. */
static inline void *
packet_put(struct packet *p, size_t n)
{
    if (UNLIKELY(packet_is_shared(p) || packet_tailroom(p) < n)) {
        packet_make_room(p, packet_headroom(p), n);
    }
    void *bytes = p->data + p->size;
    p->size += n;
    return bytes;
}

void *packet_put_zeros(struct packet *, size_t n);
void packet_put_bytes(struct packet *, const void *, size_t n);

/* Adds 'n' uninitialized bytes in front and returns their address.  Offsets
 * are the caller's concern: packet_shift_offsets(). */
static inline void *
packet_push(struct packet *p, size_t n)
{
    if (UNLIKELY(packet_is_shared(p) || packet_headroom(p) < n)) {
        packet_make_room(p, PACKET_HEADROOM + n, 0);
    }
    p->data -= n;
    p->size += n;
    return p->data;
}

/* Takes 'n' bytes off the front. */
static inline void
packet_pull(struct packet *p, size_t n)
{
    debug_assert(n <= p->size);
    p->data += n;
    p->size -= n;
}

/* Cuts to 'size' bytes; does nothing if it is shorter. */
static inline void
packet_truncate(struct packet *p, size_t size)
{
    if (size < p->size) {
        p->size = size;
    }
}

/* Moves layer offsets that are set, and csum_start, by 'delta' bytes. */
void packet_shift_offsets(struct packet *, int delta);
void packet_clear_offsets(struct packet *);

static inline void *
packet_at(const struct packet *p, size_t offset)
{
    return p->data + offset;
}

static inline void *
packet_l2_5(const struct packet *p)
{
    return p->l2_5_offset != PACKET_NO_OFFSET ? p->data + p->l2_5_offset
                                              : NULL;
}

static inline void *
packet_l3(const struct packet *p)
{
    return p->l3_offset != PACKET_NO_OFFSET ? p->data + p->l3_offset : NULL;
}

static inline void *
packet_l4(const struct packet *p)
{
    return p->l4_offset != PACKET_NO_OFFSET ? p->data + p->l4_offset : NULL;
}

/* Bytes of L3 on, without the link layer's padding. */
static inline size_t
packet_l3_size(const struct packet *p)
{
    return p->l3_offset != PACKET_NO_OFFSET
               ? p->size - p->l3_offset - p->l2_pad
               : 0;
}

static inline size_t
packet_l4_size(const struct packet *p)
{
    return p->l4_offset != PACKET_NO_OFFSET
               ? p->size - p->l4_offset - p->l2_pad
               : 0;
}

struct packet_batch {
    size_t n;
    bool truncated; /* Some packet is to be cut when it is sent. */
    struct packet *packets[PACKET_BATCH_MAX];
};

static inline void
packet_batch_init(struct packet_batch *batch)
{
    batch->n = 0;
    batch->truncated = false;
}

static inline void
packet_batch_init_packet(struct packet_batch *batch, struct packet *p)
{
    batch->n = 1;
    batch->truncated = false;
    batch->packets[0] = p;
}

static inline bool
packet_batch_is_full(const struct packet_batch *batch)
{
    return batch->n >= PACKET_BATCH_MAX;
}

/* The batch must not be full. */
static inline void
packet_batch_add(struct packet_batch *batch, struct packet *p)
{
    batch->packets[batch->n++] = p;
}

/* Frees the packets; leaves an empty batch. */
void packet_batch_free(struct packet_batch *);
/* Clones by reference. */
void packet_batch_clone(struct packet_batch *dst, struct packet_batch *src);

#define BATCH_FOR_EACH(iter, batch)                                         \
    for (size_t batch_i_ = 0;                                               \
         batch_i_ < (batch)->n && ((iter) = (batch)->packets[batch_i_], 1); \
         batch_i_++)

/* Link-layer edits.  They keep offsets right and unshare by themselves. */

/* Adds an outermost VLAN tag. */
void packet_push_vlan(struct packet *, be16 tpid, be16 tci);
/* Takes the outermost VLAN tag off; false if there is none. */
bool packet_pop_vlan(struct packet *);
/* Sets the outermost tag's TCI without touching the CFI bit; false if there
 * is none. */
bool packet_set_vlan_tci(struct packet *, be16 tci);
/* Puts a tag that a device delivered apart (vlan_tci) into the bytes. */
void packet_put_vlan(struct packet *);
/* Puts an MPLS header in front of L3 (or of the MPLS headers there) and sets
 * the Ethertype. */
void packet_push_mpls(struct packet *, be16 ethertype, be32 lse);
/* Takes the outermost MPLS header off, 'ethertype' is that of what follows;
 * false if there is none. */
bool packet_pop_mpls(struct packet *, be16 ethertype);
bool packet_set_mpls_lse(struct packet *, be32 lse);
/* Puts an Ethernet header in front of an L3 packet. */
void packet_push_eth(struct packet *, struct eth_addr dst, struct eth_addr src,
                     be16 type);
/* Takes the Ethernet header and VLAN tags off; packet_type is then that of
 * what follows. */
bool packet_pop_eth(struct packet *);
