/* Netlink attributes of datapath keys and actions: numbers and encoding.
 *
 * An attribute is a host-order u16 length (header included), a host-order
 * u16 type, the payload and padding to 4 bytes. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/writer.h"

/* OVS_KEY_ATTR_*. */
enum odp_key_attr {
    ODP_KEY_ENCAP = 1,
    ODP_KEY_PRIORITY = 2,
    ODP_KEY_IN_PORT = 3,
    ODP_KEY_ETHERNET = 4,
    ODP_KEY_VLAN = 5,
    ODP_KEY_ETHERTYPE = 6,
    ODP_KEY_IPV4 = 7,
    ODP_KEY_IPV6 = 8,
    ODP_KEY_TCP = 9,
    ODP_KEY_UDP = 10,
    ODP_KEY_ICMP = 11,
    ODP_KEY_ICMPV6 = 12,
    ODP_KEY_ARP = 13,
    ODP_KEY_ND = 14,
    ODP_KEY_SKB_MARK = 15,
    ODP_KEY_TUNNEL = 16,
    ODP_KEY_SCTP = 17,
    ODP_KEY_TCP_FLAGS = 18,
    ODP_KEY_DP_HASH = 19,
    ODP_KEY_RECIRC_ID = 20,
    ODP_KEY_MPLS = 21,
    ODP_KEY_CT_STATE = 22,
    ODP_KEY_CT_ZONE = 23,
    ODP_KEY_CT_MARK = 24,
    ODP_KEY_CT_LABEL = 25,
    ODP_KEY_CT_TUPLE4 = 26,
    ODP_KEY_CT_TUPLE6 = 27,
    ODP_KEY_NSH = 28,
    ODP_KEY_PACKET_TYPE = 29,
    ODP_KEY_ND_EXT = 30,
    ODP_KEY_MAX = 30,
};

/* OVS_ACTION_ATTR_*. */
enum odp_action_attr {
    ODP_ACTION_OUTPUT = 1,
    ODP_ACTION_USERSPACE = 2,
    ODP_ACTION_SET = 3,
    ODP_ACTION_PUSH_VLAN = 4,
    ODP_ACTION_POP_VLAN = 5,
    ODP_ACTION_SAMPLE = 6,
    ODP_ACTION_RECIRC = 7,
    ODP_ACTION_HASH = 8,
    ODP_ACTION_PUSH_MPLS = 9,
    ODP_ACTION_POP_MPLS = 10,
    ODP_ACTION_SET_MASKED = 11,
    ODP_ACTION_CT = 12,
    ODP_ACTION_TRUNC = 13,
    ODP_ACTION_PUSH_ETH = 14,
    ODP_ACTION_POP_ETH = 15,
    ODP_ACTION_CT_CLEAR = 16,
    ODP_ACTION_PUSH_NSH = 17,
    ODP_ACTION_POP_NSH = 18,
    ODP_ACTION_METER = 19,
    ODP_ACTION_CLONE = 20,
    ODP_ACTION_CHECK_PKT_LEN = 21,
    ODP_ACTION_ADD_MPLS = 22,
    ODP_ACTION_DEC_TTL = 23,
    ODP_ACTION_DROP = 24,
    ODP_ACTION_PSAMPLE = 25,
    ODP_ACTION_TUNNEL_PUSH = 26,
    ODP_ACTION_TUNNEL_POP = 27,
    ODP_ACTION_LB_OUTPUT = 28,
    ODP_ACTION_MAX = 28,
};

/* Members of nested attributes. */
enum {
    ODP_USERSPACE_PID = 1,
    ODP_USERSPACE_USERDATA = 2,
    ODP_USERSPACE_EGRESS_TUN_PORT = 3,
    ODP_USERSPACE_ACTIONS = 4
};

enum { ODP_SAMPLE_PROBABILITY = 1, ODP_SAMPLE_ACTIONS = 2 };

enum {
    ODP_CHECK_PKT_LEN = 1,
    ODP_CHECK_PKT_LEN_GREATER = 2,
    ODP_CHECK_PKT_LEN_LESS_EQUAL = 3
};

enum { ODP_HASH_L4 = 0, ODP_HASH_SYM_L4 = 1 };

enum { ODP_NSH_BASE = 1, ODP_NSH_MD1 = 2, ODP_NSH_MD2 = 3 };

enum { ODP_DEC_TTL_ACTION = 1 };

enum { ODP_PSAMPLE_GROUP = 1, ODP_PSAMPLE_COOKIE = 2 };

enum {
    ODP_CT_COMMIT = 1,
    ODP_CT_ZONE = 2,
    ODP_CT_MARK = 3,
    ODP_CT_LABELS = 4,
    ODP_CT_HELPER = 5,
    ODP_CT_NAT = 6,
    ODP_CT_FORCE_COMMIT = 7,
    ODP_CT_EVENTMASK = 8,
    ODP_CT_TIMEOUT = 9
};

enum {
    ODP_NAT_SRC = 1,
    ODP_NAT_DST = 2,
    ODP_NAT_IP_MIN = 3,
    ODP_NAT_IP_MAX = 4,
    ODP_NAT_PROTO_MIN = 5,
    ODP_NAT_PROTO_MAX = 6,
    ODP_NAT_PERSISTENT = 7,
    ODP_NAT_PROTO_HASH = 8,
    ODP_NAT_PROTO_RANDOM = 9
};

enum {
    ODP_TUNNEL_ID = 0,
    ODP_TUNNEL_IPV4_SRC = 1,
    ODP_TUNNEL_IPV4_DST = 2,
    ODP_TUNNEL_TOS = 3,
    ODP_TUNNEL_TTL = 4,
    ODP_TUNNEL_DONT_FRAGMENT = 5,
    ODP_TUNNEL_CSUM = 6,
    ODP_TUNNEL_OAM = 7,
    ODP_TUNNEL_GENEVE_OPTS = 8,
    ODP_TUNNEL_TP_SRC = 9,
    ODP_TUNNEL_TP_DST = 10,
    ODP_TUNNEL_VXLAN_OPTS = 11,
    ODP_TUNNEL_IPV6_SRC = 12,
    ODP_TUNNEL_IPV6_DST = 13,
    ODP_TUNNEL_PAD = 14,
    ODP_TUNNEL_ERSPAN_OPTS = 15,
    ODP_TUNNEL_GTPU_OPTS = 16
};

/* struct ovs_key_ipv4.frag. */
enum { ODP_FRAG_NONE = 0, ODP_FRAG_FIRST = 1, ODP_FRAG_LATER = 2 };

struct odp_attr {
    uint16_t len; /* With this header, without padding. */
    uint16_t type;
};

static_assert(sizeof(struct odp_attr) == 4, "netlink");

static inline const void *
odp_attr_data(const struct odp_attr *a)
{
    return a + 1;
}

static inline size_t
odp_attr_size(const struct odp_attr *a)
{
    return a->len - sizeof *a;
}

/* The payload as a host-order integer; its size must be checked before. */
uint32_t odp_attr_u32(const struct odp_attr *);
uint16_t odp_attr_u16(const struct odp_attr *);

/* The attribute at '*datap', which then passes it; NULL at the end and, with
 * '*sizep' left above 0, where the bytes are no attribute. */
const struct odp_attr *odp_attr_next(const void **datap, size_t *sizep);

/* Appends an attribute. */
void odp_put_attr(struct writer *, uint16_t type, const void *, size_t size);
void odp_put_u32(struct writer *, uint16_t type, uint32_t);
void odp_put_u16(struct writer *, uint16_t type, uint16_t);
void odp_put_flag(struct writer *, uint16_t type);
/* Begins a nested attribute; the result goes to odp_end_nested(). */
size_t odp_begin_nested(struct writer *, uint16_t type);
void odp_end_nested(struct writer *, size_t start);
/* Takes a nested attribute back, with all in it. */
void odp_cancel_nested(struct writer *, size_t start);

/* A walk over attributes. */
struct odp_walk {
    const void *data; /* Next attribute. */
    size_t size;      /* Bytes left. */
};

#define ODP_FOR_EACH(attr, bytes, n_bytes)                   \
    for (struct odp_walk odp_walk_ = { (bytes), (n_bytes) }; \
         ((attr) = odp_attr_next(&odp_walk_.data, &odp_walk_.size)) != NULL;)
