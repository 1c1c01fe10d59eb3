/* Layouts of protocol headers as they are on the wire.
 *
 * All members are bytes or big-endian integers with the alignment of bytes,
 * so that a header can lie anywhere in a packet. */

#pragma once

#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"
#include "net/packet/addr.h"
#include "net/packet/nsh.h"

/* Ethertypes, host order. */
enum {
    ETH_TYPE_MIN = 0x600, /* Below it is an IEEE 802.3 length. */
    ETH_TYPE_IP = 0x0800,
    ETH_TYPE_ARP = 0x0806,
    ETH_TYPE_TEB = 0x6558, /* Transparent Ethernet bridging. */
    ETH_TYPE_RARP = 0x8035,
    ETH_TYPE_VLAN_8021Q = 0x8100,
    ETH_TYPE_IPV6 = 0x86dd,
    ETH_TYPE_LACP = 0x8809,
    ETH_TYPE_MPLS = 0x8847,
    ETH_TYPE_MPLS_MCAST = 0x8848,
    ETH_TYPE_VLAN_8021AD = 0x88a8,
    ETH_TYPE_ERSPAN1 = 0x88be,
    ETH_TYPE_LLDP = 0x88cc,
    ETH_TYPE_CFM = 0x8902,
    ETH_TYPE_NSH = 0x894f,
    ETH_TYPE_ERSPAN2 = 0x22eb,
};

enum {
    ETH_HEADER_LEN = 14,
    ETH_MIN_FRAME = 60, /* Without the frame check sequence. */
    VLAN_HEADER_LEN = 4,
    LLC_SNAP_HEADER_LEN = 8,
    MPLS_LSE_LEN = 4,
    ARP_ETH_HEADER_LEN = 28,
    IP4_HEADER_LEN = 20,
    IP6_HEADER_LEN = 40,
    TCP_HEADER_LEN = 20,
    UDP_HEADER_LEN = 8,
    SCTP_HEADER_LEN = 12,
    ICMP4_HEADER_LEN = 8,
    ICMP6_HEADER_LEN = 4,
    IGMP_HEADER_LEN = 8,
};

struct eth_header {
    struct eth_addr dst;
    struct eth_addr src;
    be16_u type;
};

static_assert(sizeof(struct eth_header) == ETH_HEADER_LEN, "IEEE 802.3");

/* Follows the MAC addresses; IEEE 802.1Q §9.6. */
struct vlan_header {
    be16_u tci;
    be16_u next_type;
};

static_assert(sizeof(struct vlan_header) == VLAN_HEADER_LEN, "802.1Q");

#define VLAN_VID_MASK  0x0fff
#define VLAN_PCP_MASK  0xe000
#define VLAN_PCP_SHIFT 13

/* IEEE 802.2 logical link control with SNAP. */
struct llc_snap_header {
    uint8_t dsap; /* 0xaa */
    uint8_t ssap; /* 0xaa */
    uint8_t control;
    uint8_t oui[3];
    be16_u type;
};

static_assert(sizeof(struct llc_snap_header) == LLC_SNAP_HEADER_LEN, "802.2");

/* RFC 3032: label 20, traffic class 3, bottom of stack 1, TTL 8 bits. */
#define MPLS_LABEL_MASK  0xfffff000u
#define MPLS_LABEL_SHIFT 12
#define MPLS_TC_MASK     0x00000e00u
#define MPLS_TC_SHIFT    9
#define MPLS_BOS_MASK    0x00000100u
#define MPLS_BOS_SHIFT   8
#define MPLS_TTL_MASK    0x000000ffu

/* RFC 826 for Ethernet and IPv4. */
struct arp_eth_header {
    be16_u hw_type;    /* 1 */
    be16_u proto_type; /* 0x0800 */
    uint8_t hw_len;    /* 6 */
    uint8_t proto_len; /* 4 */
    be16_u op;
    struct eth_addr sha;
    be32_u spa;
    struct eth_addr tha;
    be32_u tpa;
};

static_assert(sizeof(struct arp_eth_header) == ARP_ETH_HEADER_LEN, "RFC 826");

enum {
    ARP_OP_REQUEST = 1,
    ARP_OP_REPLY = 2,
};

/* IP protocol numbers. */
enum {
    IP_PROTO_HOPOPTS = 0,
    IP_PROTO_ICMP = 1,
    IP_PROTO_IGMP = 2,
    IP_PROTO_TCP = 6,
    IP_PROTO_UDP = 17,
    IP_PROTO_ROUTING = 43,
    IP_PROTO_FRAGMENT = 44,
    IP_PROTO_GRE = 47,
    IP_PROTO_ESP = 50,
    IP_PROTO_AH = 51,
    IP_PROTO_ICMPV6 = 58,
    IP_PROTO_NONE = 59,
    IP_PROTO_DSTOPTS = 60,
    IP_PROTO_SCTP = 132,
    IP_PROTO_MOBILITY = 135,
    IP_PROTO_HIP = 139,
    IP_PROTO_SHIM6 = 140,
};

/* RFC 791. */
struct ip4_header {
    uint8_t version_ihl;
    uint8_t tos;
    be16_u total_len;
    be16_u id;
    be16_u frag_off;
    uint8_t ttl;
    uint8_t proto;
    be16_u csum;
    be32_u src;
    be32_u dst;
};

static_assert(sizeof(struct ip4_header) == IP4_HEADER_LEN, "RFC 791");

#define IP4_FRAG_DF       0x4000
#define IP4_FRAG_MF       0x2000
#define IP4_FRAG_OFF_MASK 0x1fff
#define IP_DSCP_MASK      0xfc
#define IP_ECN_MASK       0x03
#define IP_ECN_CE         3

static inline size_t
ip4_header_len(const struct ip4_header *ip)
{
    return (ip->version_ihl & 0xf) * 4;
}

/* RFC 8200. */
struct ip6_header {
    be32_u version_class_label;
    be16_u payload_len;
    uint8_t next_header;
    uint8_t hop_limit;
    struct ip6_addr src;
    struct ip6_addr dst;
};

static_assert(sizeof(struct ip6_header) == IP6_HEADER_LEN, "RFC 8200");

#define IP6_LABEL_MASK 0x000fffffu

/* Hop-by-hop, routing and destination options; also AH, with length in other
 * units. */
struct ip6_ext_header {
    uint8_t next_header;
    uint8_t len; /* 8-byte units without the first; AH: 4-byte units - 2. */
};

/* RFC 8200 §4.5. */
struct ip6_frag_header {
    uint8_t next_header;
    uint8_t reserved;
    be16_u off_flags;
    be32_u id;
};

static_assert(sizeof(struct ip6_frag_header) == 8, "RFC 8200");

#define IP6_FRAG_OFF_MASK 0xfff8
#define IP6_FRAG_MF       0x0001

/* RFC 9293. */
struct tcp_header {
    be16_u src;
    be16_u dst;
    be32_u seq;
    be32_u ack;
    be16_u off_flags; /* 4 bits of header length in words, 12 of flags. */
    be16_u window;
    be16_u csum;
    be16_u urgent;
};

static_assert(sizeof(struct tcp_header) == TCP_HEADER_LEN, "RFC 9293");

#define TCP_FLAGS_MASK 0x0fff

enum {
    TCP_FIN = 0x001,
    TCP_SYN = 0x002,
    TCP_RST = 0x004,
    TCP_PSH = 0x008,
    TCP_ACK = 0x010,
    TCP_URG = 0x020,
    TCP_ECE = 0x040,
    TCP_CWR = 0x080,
    TCP_NS = 0x100,
};

static inline size_t
tcp_header_len(const struct tcp_header *tcp)
{
    return (be16_to_host(tcp->off_flags) >> 12) * 4;
}

/* RFC 768. */
struct udp_header {
    be16_u src;
    be16_u dst;
    be16_u len;
    be16_u csum;
};

static_assert(sizeof(struct udp_header) == UDP_HEADER_LEN, "RFC 768");

/* RFC 9260. */
struct sctp_header {
    be16_u src;
    be16_u dst;
    be32_u tag;
    be32_u csum; /* CRC-32C, little-endian bytes. */
};

static_assert(sizeof(struct sctp_header) == SCTP_HEADER_LEN, "RFC 9260");

/* RFC 792. */
struct icmp4_header {
    uint8_t type;
    uint8_t code;
    be16_u csum;
    be16_u id; /* Of echo. */
    be16_u seq;
};

static_assert(sizeof(struct icmp4_header) == ICMP4_HEADER_LEN, "RFC 792");

enum {
    ICMP4_ECHO_REPLY = 0,
    ICMP4_DST_UNREACH = 3,
    ICMP4_ECHO_REQUEST = 8,
    ICMP4_TIME_EXCEEDED = 11,
};

/* RFC 2236, and the first 8 bytes of RFC 3376. */
struct igmp_header {
    uint8_t type;
    uint8_t code;
    be16_u csum;
    be32_u group;
};

static_assert(sizeof(struct igmp_header) == IGMP_HEADER_LEN, "RFC 2236");

/* RFC 4443. */
struct icmp6_header {
    uint8_t type;
    uint8_t code;
    be16_u csum;
};

static_assert(sizeof(struct icmp6_header) == ICMP6_HEADER_LEN, "RFC 4443");

enum {
    ICMP6_DST_UNREACH = 1,
    ICMP6_ECHO_REQUEST = 128,
    ICMP6_ECHO_REPLY = 129,
    ICMP6_MLD_QUERY = 130,
    ICMP6_MLD_REPORT = 131,
    ICMP6_MLD_DONE = 132,
    ICMP6_ND_ROUTER_SOLICIT = 133,
    ICMP6_ND_ROUTER_ADVERT = 134,
    ICMP6_ND_SOLICIT = 135,
    ICMP6_ND_ADVERT = 136,
    ICMP6_MLD2_REPORT = 143,
};

/* Neighbor solicitation and advertisement: RFC 4861 §4.3, §4.4. */
struct nd_header {
    struct icmp6_header icmp;
    be32_u reserved; /* Flags in the high bits of an advertisement. */
    struct ip6_addr target;
};

static_assert(sizeof(struct nd_header) == 24, "RFC 4861");

/* RFC 4861 §4.6.1. */
struct nd_lla_option {
    uint8_t type;
    uint8_t len; /* In 8-byte units, this header included: 1. */
    struct eth_addr mac;
};

static_assert(sizeof(struct nd_lla_option) == 8, "RFC 4861");

enum {
    ND_OPT_SOURCE_LLA = 1,
    ND_OPT_TARGET_LLA = 2,
};

/* RFC 7348. */
struct vxlan_header {
    be32_u flags;
    be32_u vni; /* In the high 24 bits. */
};

static_assert(sizeof(struct vxlan_header) == 8, "RFC 7348");

/* RFC 2784, RFC 2890. */
struct gre_header {
    be16_u flags;
    be16_u protocol;
};

static_assert(sizeof(struct gre_header) == 4, "RFC 2784");

/* RFC 8926. */
struct geneve_header {
    uint8_t ver_opt_len; /* Length in 4-byte units. */
    uint8_t flags;
    be16_u protocol;
    be32_u vni; /* In the high 24 bits. */
};

static_assert(sizeof(struct geneve_header) == 8, "RFC 8926");

static inline bool
eth_type_is_vlan(be16 type)
{
    return type == BE16_CONST(ETH_TYPE_VLAN_8021Q)
           || type == BE16_CONST(ETH_TYPE_VLAN_8021AD);
}

static inline bool
eth_type_is_mpls(be16 type)
{
    return type == BE16_CONST(ETH_TYPE_MPLS)
           || type == BE16_CONST(ETH_TYPE_MPLS_MCAST);
}
