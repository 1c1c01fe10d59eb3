/* The flow key: all that the pipeline can know of a packet, in one flat
 * struct, and masks over it.
 *
 * A struct flow is read in three ways: by name in C, by row of the field
 * table (field.h), and as FLOW_WORDS 64-bit words for hashing, comparing and
 * masking (mask.h).  Absent headers are zero.  There is no padding that is
 * not named, so two flows are equal exactly if their bytes are.
 *
 * The order of the parts serves staged lookup: what changes least comes
 * first (metadata, then L2, L3, L4), and the datapath's part is contiguous
 * (FLOW_DATAPATH_START to the end), since the pipeline's registers exist
 * only while translating. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"
#include "net/packet/addr.h"

enum {
    FLOW_N_REGS = 32,
    FLOW_MAX_VLANS = 2,
    FLOW_MAX_MPLS = 3,
    TUN_METADATA_SIZE = 256,  /* Bytes for all tun_metadata fields. */
    TUN_METADATA_N_OPTS = 64, /* tun_metadata0 to tun_metadata63. */
};

/* flow.nw_frag. */
enum {
    FLOW_NW_FRAG_ANY = 1 << 0,   /* The packet is an IP fragment. */
    FLOW_NW_FRAG_LATER = 1 << 1, /* ... with nonzero offset. */
    FLOW_NW_FRAG_MASK = 3,
};

/* flow.tunnel.flags: what OpenFlow calls tun_flags, then ours. */
enum {
    FLOW_TNL_F_OAM = 1 << 0,
    FLOW_TNL_F_DONT_FRAGMENT = 1 << 1,
    FLOW_TNL_F_CSUM = 1 << 2,
    FLOW_TNL_F_KEY = 1 << 3,
    FLOW_TNL_PUB_F_MASK = FLOW_TNL_F_OAM,
};

/* flow.ct_state: the numbers of OpenFlow and of the datapath are the same. */
enum {
    CT_STATE_NEW = 0x01,
    CT_STATE_EST = 0x02,
    CT_STATE_REL = 0x04,
    CT_STATE_RPL = 0x08,
    CT_STATE_INV = 0x10,
    CT_STATE_TRK = 0x20,
    CT_STATE_SNAT = 0x40,
    CT_STATE_DNAT = 0x80,
};

/* flow.packet_type: 16 bits of namespace, 16 of type (OpenFlow 1.5 §7.2.3.11).
 */
#define PACKET_TYPE_ETHERNET 0x00000000
#define PACKET_TYPE_IPV4     0x00010800
#define PACKET_TYPE_IPV6     0x000186dd
#define PACKET_TYPE_NSH      0x0001894f

/* flow.dl_type of a frame with an 802.3 length and no SNAP Ethertype. */
#define FLOW_DL_TYPE_NONE 0x05ff

/* flow.vlans[].tci: set in every VLAN header that is there. */
#define VLAN_CFI 0x1000

/* The outer headers of a packet that came in through a tunnel, or what
 * set_field wrote for one that goes out. */
struct flow_tunnel {
    be32 ip_src; /* 0 with IPv6. */
    be32 ip_dst; /* 0 without a tunnel, and with IPv6. */
    struct ip6_addr ipv6_src;
    struct ip6_addr ipv6_dst;
    be64 tun_id;
    uint16_t flags; /* FLOW_TNL_F_*. */
    uint8_t ip_tos;
    uint8_t ip_ttl;
    be16 tp_src;
    be16 tp_dst;
    be16 gbp_id;
    uint8_t gbp_flags;
    uint8_t erspan_ver;
    uint32_t erspan_idx; /* Host order. */
    uint8_t erspan_dir;
    uint8_t erspan_hwid;
    uint8_t gtpu_flags;
    uint8_t gtpu_msgtype;
    uint8_t pad[4];
    uint64_t metadata_present; /* Bit i: tun_metadata<i> has a value. */
    uint8_t metadata[TUN_METADATA_SIZE];
};

/* A VLAN tag, outermost first in flow.vlans[]. */
struct flow_vlan {
    be16 tpid; /* 0 if there is no tag. */
    be16 tci;  /* VLAN_CFI set if there is a tag. */
};

struct flow_nsh {
    uint8_t flags;
    uint8_t ttl;
    uint8_t mdtype;
    uint8_t np;
    be32 path_hdr; /* SPI in the high 24 bits, SI in the low 8. */
    be32 context[4];
};

struct flow {
    /* The pipeline's own state: never part of a datapath flow. */
    be64 metadata;
    uint32_t regs[FLOW_N_REGS]; /* Host order. */
    uint32_t conj_id;           /* Set while conjunctions are resolved. */
    uint32_t actset_output;     /* OpenFlow port in the action set. */

    /* Tunnel. */
    struct flow_tunnel tunnel;

    /* Metadata of the packet.  Host order but where be* says. */
    uint32_t recirc_id;
    uint32_t dp_hash;
    uint32_t skb_priority;
    uint32_t pkt_mark;
    uint32_t in_port;     /* OpenFlow port in the switch, datapath port in the
                           * datapath. */
    uint32_t packet_type; /* PACKET_TYPE_*. */
    uint32_t ct_mark;
    uint16_t ct_zone;
    uint8_t ct_state; /* CT_STATE_*. */
    uint8_t ct_nw_proto;
    struct u128 ct_label;
    be32 ct_nw_src; /* Original direction's tuple. */
    be32 ct_nw_dst;
    struct ip6_addr ct_ipv6_src;
    struct ip6_addr ct_ipv6_dst;
    be16 ct_tp_src;
    be16 ct_tp_dst;
    uint8_t pad1[4];

    /* L2. */
    struct eth_addr dl_dst;
    struct eth_addr dl_src;
    be16 dl_type;
    uint8_t pad2[2];
    struct flow_vlan vlans[FLOW_MAX_VLANS];
    be32 mpls_lse[FLOW_MAX_MPLS + 1]; /* Outermost first; the last is 0. */

    /* L3. */
    be32 nw_src; /* ARP: sender's protocol address. */
    be32 nw_dst; /* ARP: target's protocol address. */
    struct ip6_addr ipv6_src;
    struct ip6_addr ipv6_dst;
    be32 ipv6_label;
    uint8_t nw_frag;  /* FLOW_NW_FRAG_*. */
    uint8_t nw_tos;   /* DSCP and ECN. */
    uint8_t nw_ttl;   /* TTL or hop limit. */
    uint8_t nw_proto; /* ARP: low 8 bits of the opcode. */
    struct flow_nsh nsh;

    /* L4. */
    struct ip6_addr nd_target;
    struct eth_addr arp_sha; /* ARP, or ND source link-layer address. */
    struct eth_addr arp_tha; /* ARP, or ND target link-layer address. */
    be16 tcp_flags;          /* 12 bits; ND: option types. */
    uint8_t pad3[2];
    be32 igmp_group; /* IGMP group address; ND: reserved field. */
    be16 tp_src;     /* ICMP: type. */
    be16 tp_dst;     /* ICMP: code. */
};

#define FLOW_WORDS        (sizeof(struct flow) / 8)
#define FLOW_WORD(member) (offsetof(struct flow, member) / 8)
/* First word of what a datapath flow may hold: tunnel, then the rest. */
#define FLOW_DATAPATH_START FLOW_WORD(tunnel)
/* First word of what an untunnelled packet may set. */
#define FLOW_PACKET_START FLOW_WORD(recirc_id)
/* Where the stages of a lookup end: metadata, L2, L3, L4. */
#define FLOW_STAGE_METADATA FLOW_WORD(dl_dst)
#define FLOW_STAGE_L2       FLOW_WORD(nw_src)
#define FLOW_STAGE_L3       FLOW_WORD(nd_target)
#define FLOW_STAGE_L4       FLOW_WORDS

static_assert(sizeof(struct flow) % 8 == 0, "flows are whole words");
static_assert(offsetof(struct flow, tunnel) % 8 == 0, "aligned");
static_assert(offsetof(struct flow, recirc_id) % 8 == 0, "aligned");
static_assert(offsetof(struct flow, dl_dst) % 8 == 0, "aligned");
static_assert(offsetof(struct flow, nw_src) % 8 == 0, "aligned");
static_assert(offsetof(struct flow, nd_target) % 8 == 0, "aligned");

/* One bit in every bit of the flow that was looked at. */
struct flow_mask {
    struct flow bits;
};

static inline const uint64_t *
flow_words(const struct flow *flow)
{
    return (const uint64_t *) flow;
}

static inline uint64_t *
flow_words_mutable(struct flow *flow)
{
    return (uint64_t *) flow;
}

static inline bool
flow_is_ip(const struct flow *flow)
{
    return flow->dl_type == BE16_CONST(0x0800)
           || flow->dl_type == BE16_CONST(0x86dd);
}

static inline bool
flow_has_tunnel(const struct flow *flow)
{
    return flow->tunnel.ip_dst || !ip6_is_zero(&flow->tunnel.ipv6_dst);
}
