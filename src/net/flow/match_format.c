/* Matches as text, in the order and forms that users' scripts know. */

#include <inttypes.h>
#include <string.h>

#include "net/flow/field.h"
#include "net/flow/flags.h"
#include "net/flow/match.h"
#include "net/flow/ofp_port.h"
#include "net/packet/headers.h"

/* What is being printed. */
struct printer {
    const struct match *match;
    const struct flow *flow;
    const struct flow *mask;
    const struct port_names *names;
    struct str *s;
    be16 dl_type;     /* Of what follows L2, 0 if not known. */
    bool type_named;  /* A protocol word has told dl_type, */
    bool proto_named; /* ... and nw_proto. */
};

/* The default priority, which is not printed. */
enum { DEFAULT_PRIORITY = 32768 };

/* "name=VALUE," in the field's own form, if any bit of it is matched. */
static void
put_field(struct printer *p, enum field_id id, const char *name)
{
    const struct field *f = field_from_id(id);
    union field_value value, mask;
    field_get_match(f, p->match, &value, &mask);
    if (!field_is_zero(&mask, f->n_bytes)) {
        str_putf(p->s, "%s=", name ? name : f->name);
        field_format(f, &value, &mask, p->names, p->s);
        str_put_char(p->s, ',');
    }
}

/* Decimal if exact, else hex with mask. */
static void
put_port(struct printer *p, const char *name, be16 value, be16 mask)
{
    if (mask == BE16_MAX) {
        str_putf(p->s, "%s=%u,", name, be16_to_host(value));
    } else if (mask) {
        str_putf(p->s, "%s=0x%x/0x%x,", name, be16_to_host(value),
                 be16_to_host(mask));
    }
}

/* Hex, with mask unless exact. */
static void
put_hex32(struct printer *p, const char *name, uint32_t value, uint32_t mask)
{
    if (mask) {
        str_putf(p->s, "%s=%#x", name, value);
        if (mask != UINT32_MAX) {
            str_putf(p->s, "/%#x", mask);
        }
        str_put_char(p->s, ',');
    }
}

static void
put_ct(struct printer *p)
{
    const struct flow *mask = p->mask;
    put_field(p, FIELD_CT_STATE, NULL);
    if (mask->ct_zone) {
        str_putf(p->s, "ct_zone=%u,", p->flow->ct_zone);
    }
    put_field(p, FIELD_CT_MARK, NULL);
    put_field(p, FIELD_CT_LABEL, NULL);
    put_field(p, FIELD_CT_NW_SRC, NULL);
    put_field(p, FIELD_CT_IPV6_SRC, NULL);
    put_field(p, FIELD_CT_NW_DST, NULL);
    put_field(p, FIELD_CT_IPV6_DST, NULL);
    put_field(p, FIELD_CT_NW_PROTO, NULL);
    put_port(p, "ct_tp_src", p->flow->ct_tp_src, mask->ct_tp_src);
    put_port(p, "ct_tp_dst", p->flow->ct_tp_dst, mask->ct_tp_dst);
}

static void
put_packet_type(struct printer *p)
{
    p->dl_type = p->mask->dl_type == BE16_MAX ? p->flow->dl_type : 0;
    if (p->mask->packet_type != UINT32_MAX) {
        return;
    }
    uint32_t type = p->flow->packet_type;
    if (type == PACKET_TYPE_ETHERNET) {
        str_put(p->s, "eth,");
        return;
    }
    str_putf(p->s, "packet_type=(%u,%#x),", type >> 16, type & UINT16_MAX);
    if (type >> 16 == 1) {
        p->dl_type = be16_from_host(type);
    }
}

/* The words that name an Ethertype and a protocol together. */
static const struct {
    uint16_t dl_type;
    uint8_t nw_proto; /* 0: any. */
    const char *name;
} words[] = {
    { ETH_TYPE_IP, IP_PROTO_ICMP, "icmp" },
    { ETH_TYPE_IP, IP_PROTO_TCP, "tcp" },
    { ETH_TYPE_IP, IP_PROTO_UDP, "udp" },
    { ETH_TYPE_IP, IP_PROTO_SCTP, "sctp" },
    { ETH_TYPE_IP, 0, "ip" },
    { ETH_TYPE_IPV6, IP_PROTO_ICMPV6, "icmp6" },
    { ETH_TYPE_IPV6, IP_PROTO_TCP, "tcp6" },
    { ETH_TYPE_IPV6, IP_PROTO_UDP, "udp6" },
    { ETH_TYPE_IPV6, IP_PROTO_SCTP, "sctp6" },
    { ETH_TYPE_IPV6, 0, "ipv6" },
    { ETH_TYPE_ARP, 0, "arp" },
    { ETH_TYPE_RARP, 0, "rarp" },
    { ETH_TYPE_MPLS, 0, "mpls" },
    { ETH_TYPE_MPLS_MCAST, 0, "mplsm" },
};

static void
put_word(struct printer *p)
{
    if (p->mask->dl_type != BE16_MAX) {
        return;
    }
    uint8_t proto = p->mask->nw_proto == UINT8_MAX ? p->flow->nw_proto : 0;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (be16_from_host(words[i].dl_type) == p->flow->dl_type
            && (!words[i].nw_proto || words[i].nw_proto == proto)) {
            str_putf(p->s, "%s,", words[i].name);
            p->type_named = true;
            p->proto_named = words[i].nw_proto != 0;
            return;
        }
    }
}

static void
put_tunnel(struct printer *p)
{
    const struct flow_tunnel *tun = &p->flow->tunnel;
    const struct flow_tunnel *mask = &p->mask->tunnel;
    put_field(p, FIELD_TUN_ID, NULL);
    put_field(p, FIELD_TUN_SRC, NULL);
    put_field(p, FIELD_TUN_DST, NULL);
    put_field(p, FIELD_TUN_IPV6_SRC, NULL);
    put_field(p, FIELD_TUN_IPV6_DST, NULL);
    put_port(p, "tun_gbp_id", tun->gbp_id, mask->gbp_id);
    if (mask->gbp_flags) {
        str_putf(p->s, "tun_gbp_flags=%#x,", tun->gbp_flags);
    }
    if (mask->ip_tos) {
        str_putf(p->s, "tun_tos=%#x,", tun->ip_tos);
    }
    if (mask->ip_ttl) {
        str_putf(p->s, "tun_ttl=%u,", tun->ip_ttl);
    }
    if (mask->erspan_ver) {
        str_putf(p->s, "tun_erspan_ver=%u,", tun->erspan_ver);
    }
    if (mask->erspan_idx && tun->erspan_ver == 1) {
        str_putf(p->s, "tun_erspan_idx=%#x,", tun->erspan_idx);
    }
    if (mask->erspan_dir && tun->erspan_ver == 2) {
        str_putf(p->s, "tun_erspan_dir=%u,", tun->erspan_dir);
    }
    if (mask->erspan_hwid && tun->erspan_ver == 2) {
        str_putf(p->s, "tun_erspan_hwid=%#x,", tun->erspan_hwid);
    }
    if (mask->gtpu_flags) {
        str_putf(p->s, "gtpu_flags=%#x,", tun->gtpu_flags);
    }
    if (mask->gtpu_msgtype) {
        str_putf(p->s, "gtpu_msgtype=%u,", tun->gtpu_msgtype);
    }
    if (mask->flags) {
        str_put(p->s, "tun_flags=");
        if (mask->flags == UINT16_MAX) {
            flags_format(&flag_names_tunnel, tun->flags, p->s);
        } else {
            flags_format_masked(&flag_names_tunnel, tun->flags, mask->flags,
                                p->s);
        }
        str_put_char(p->s, ',');
    }
}

static void
put_tun_metadata(struct printer *p)
{
    uint64_t present = p->mask->tunnel.metadata_present;
    for (; present; present &= present - 1) {
        const struct field *f =
            field_from_id(FIELD_TUN_METADATA0 + __builtin_ctzll(present));
        union field_value value, mask;
        unsigned len = p->match->tun_layout.len[f->index];
        field_get_match(f, p->match, &value, &mask);
        str_put(p->s, f->name);
        if (!(p->flow->tunnel.metadata_present >> f->index & 1)) {
            str_put(p->s, "=NP");
        } else if (!field_is_zero(&mask, f->n_bytes)) {
            /* The bytes in front of the option are not there: exact if its
             * own are. */
            union field_value own = { .bytes = { 0 } };
            memcpy(own.bytes, mask.bytes + f->n_bytes - len, len);
            memset(mask.bytes, field_is_all_ones(&own, len) ? 0xff : 0,
                   f->n_bytes - len);
            str_put_char(p->s, '=');
            field_format(f, &value, &mask, p->names, p->s);
        }
        str_put_char(p->s, ',');
    }
}

static void
put_vlan(struct printer *p, int i)
{
    const unsigned vid_bits = VLAN_VID_MASK | VLAN_CFI;
    const unsigned pcp_bits = VLAN_PCP_MASK | VLAN_CFI;
    unsigned tci = be16_to_host(p->flow->vlans[i].tci);
    unsigned mask = be16_to_host(p->mask->vlans[i].tci);
    char suffix[2] = { i ? '0' + i : '\0', '\0' };
    if (!mask) {
        return;
    }
    bool vid = (mask & vid_bits) == vid_bits;
    bool pcp = (mask & pcp_bits) == pcp_bits;
    unsigned whole = (vid ? vid_bits : 0) | (pcp ? pcp_bits : 0);
    if (tci & VLAN_CFI && whole == mask) {
        if (vid) {
            str_putf(p->s, "dl_vlan%s=%u,", suffix, tci & VLAN_VID_MASK);
        }
        if (pcp) {
            str_putf(p->s, "dl_vlan_pcp%s=%u,", suffix, tci >> VLAN_PCP_SHIFT);
        }
    } else if (mask == UINT16_MAX) {
        str_putf(p->s, "vlan_tci%s=0x%04x,", suffix, tci);
    } else {
        str_putf(p->s, "vlan_tci%s=0x%04x/0x%04x,", suffix, tci, mask);
    }
}

static void
put_l2(struct printer *p)
{
    for (int i = 0; i < FLOW_MAX_VLANS; i++) {
        put_vlan(p, i);
    }
    put_field(p, FIELD_ETH_SRC, "dl_src");
    put_field(p, FIELD_ETH_DST, "dl_dst");
    if (!p->type_named && p->mask->dl_type) {
        str_putf(p->s, "dl_type=0x%04x,", be16_to_host(p->flow->dl_type));
    }
}

/* Hex with mask unless exact; "0x0" for zero. */
static void
put_nsh_hex(struct printer *p, const char *name, uint32_t value, uint32_t mask,
            uint32_t all)
{
    if (mask) {
        str_putf(p->s, "%s=0x%x", name, value);
        if (mask != all) {
            str_putf(p->s, "/0x%x", mask);
        }
        str_put_char(p->s, ',');
    }
}

static void
put_nsh(struct printer *p)
{
    const struct flow_nsh *nsh = &p->flow->nsh, *mask = &p->mask->nsh;
    if (mask->flags && mask->flags != UINT8_MAX) {
        str_putf(p->s, "nsh_flags=0x%02x/0x%02x,", nsh->flags, mask->flags);
    } else {
        put_field(p, FIELD_NSH_FLAGS, NULL);
    }
    put_field(p, FIELD_NSH_TTL, NULL);
    put_field(p, FIELD_NSH_MDTYPE, NULL);
    put_field(p, FIELD_NSH_NP, NULL);
    put_nsh_hex(p, "nsh_spi", be32_to_host(nsh->path_hdr) >> 8,
                be32_to_host(mask->path_hdr) >> 8, 0xffffff);
    put_field(p, FIELD_NSH_SI, NULL);
    for (int i = 0; i < 4; i++) {
        const char name[] = { 'n', 's', 'h', '_', 'c', '1' + i, '\0' };
        put_nsh_hex(p, name, be32_to_host(nsh->context[i]),
                    be32_to_host(mask->context[i]), UINT32_MAX);
    }
}

static bool
is_arp(const struct printer *p)
{
    return p->dl_type == BE16_CONST(ETH_TYPE_ARP)
           || p->dl_type == BE16_CONST(ETH_TYPE_RARP);
}

static void
put_l3_addresses(struct printer *p)
{
    if (p->dl_type == BE16_CONST(ETH_TYPE_IPV6)) {
        put_field(p, FIELD_IPV6_SRC, NULL);
        put_field(p, FIELD_IPV6_DST, NULL);
        uint32_t mask = be32_to_host(p->mask->ipv6_label);
        if (mask) {
            str_putf(p->s, "ipv6_label=0x%05x",
                     be32_to_host(p->flow->ipv6_label));
            if ((mask & IP6_LABEL_MASK) != IP6_LABEL_MASK) {
                str_putf(p->s, "/0x%05x", mask);
            }
            str_put_char(p->s, ',');
        }
    } else if (is_arp(p)) {
        put_field(p, FIELD_ARP_SPA, NULL);
        put_field(p, FIELD_ARP_TPA, NULL);
    } else if (p->dl_type == BE16_CONST(ETH_TYPE_NSH)) {
        put_nsh(p);
    } else {
        put_field(p, FIELD_IPV4_SRC, "nw_src");
        put_field(p, FIELD_IPV4_DST, "nw_dst");
    }
}

static void
put_l3(struct printer *p)
{
    put_l3_addresses(p);
    if (!p->proto_named && p->mask->nw_proto) {
        str_putf(p->s, "%s=%u,", is_arp(p) ? "arp_op" : "nw_proto",
                 p->flow->nw_proto);
    }
    if (is_arp(p)) {
        put_field(p, FIELD_ARP_SHA, NULL);
        put_field(p, FIELD_ARP_THA, NULL);
    }
    if (p->mask->nw_tos & IP_DSCP_MASK) {
        str_putf(p->s, "nw_tos=%u,", p->flow->nw_tos & IP_DSCP_MASK);
    }
    if (p->mask->nw_tos & IP_ECN_MASK) {
        str_putf(p->s, "nw_ecn=%u,", p->flow->nw_tos & IP_ECN_MASK);
    }
    if (p->mask->nw_ttl) {
        str_putf(p->s, "nw_ttl=%u,", p->flow->nw_ttl);
    }
    put_field(p, FIELD_MPLS_LABEL, NULL);
    put_field(p, FIELD_MPLS_TC, NULL);
    put_field(p, FIELD_MPLS_TTL, NULL);
    put_field(p, FIELD_MPLS_BOS, NULL);
    for (int i = 1; i < FLOW_MAX_MPLS; i++) {
        uint32_t mask = be32_to_host(p->mask->mpls_lse[i]);
        uint32_t lse = be32_to_host(p->flow->mpls_lse[i]);
        if (mask == UINT32_MAX) {
            str_putf(p->s, "mpls_lse%d=%u,", i, lse);
        } else if (mask) {
            str_putf(p->s, "mpls_lse%d=0x%x/0x%x,", i, lse, mask);
        }
    }
    put_field(p, FIELD_IP_FRAG, "nw_frag");
}

static void
put_l4(struct printer *p)
{
    const struct flow *flow = p->flow, *mask = p->mask;
    bool ip4 = p->dl_type == BE16_CONST(ETH_TYPE_IP);
    bool ip6 = p->dl_type == BE16_CONST(ETH_TYPE_IPV6);
    uint8_t proto = mask->nw_proto == UINT8_MAX ? flow->nw_proto : 0;
    bool icmp6 = ip6 && proto == IP_PROTO_ICMPV6;
    bool icmp = icmp6 || (ip4 && proto == IP_PROTO_ICMP);
    put_port(p, icmp ? "icmp_type" : "tp_src", flow->tp_src, mask->tp_src);
    put_port(p, icmp ? "icmp_code" : "tp_dst", flow->tp_dst, mask->tp_dst);
    if (icmp6) {
        put_field(p, FIELD_ND_TARGET, NULL);
        put_field(p, FIELD_ND_SLL, NULL);
        put_field(p, FIELD_ND_TLL, NULL);
        if (mask->igmp_group) {
            str_putf(p->s, "nd_reserved=%u,", be32_to_host(flow->igmp_group));
        }
        if (mask->tcp_flags) {
            str_putf(p->s, "nd_options_type=%u,",
                     be16_to_host(flow->tcp_flags));
        }
    }
    if ((ip4 || ip6) && proto == IP_PROTO_TCP) {
        put_field(p, FIELD_TCP_FLAGS, NULL);
    }
}

void
match_format(const struct match *match, int priority,
             const struct port_names *names, struct str *s)
{
    struct printer p = { .match = match,
                         .flow = &match->flow,
                         .mask = &match->mask.bits,
                         .names = names,
                         .s = s };
    size_t start = s->len;
    if (priority != DEFAULT_PRIORITY && priority != INT32_MIN) {
        str_putf(s, "priority=%d,", priority);
    }
    put_field(&p, FIELD_PKT_MARK, NULL);
    put_hex32(&p, "recirc_id", p.flow->recirc_id, p.mask->recirc_id);
    put_field(&p, FIELD_DP_HASH, NULL);
    if (p.mask->conj_id) {
        str_putf(s, "conj_id=%u,", p.flow->conj_id);
    }
    if (p.mask->skb_priority) {
        str_putf(s, "skb_priority=%#x,", p.flow->skb_priority);
    }
    put_field(&p, FIELD_ACTSET_OUTPUT, NULL);
    put_ct(&p);
    put_packet_type(&p);
    put_word(&p);
    for (int i = 0; i < FLOW_N_REGS; i++) {
        if (p.mask->regs[i]) {
            char name[8] = "reg";
            name[3] = i < 10 ? '0' + i : '0' + i / 10;
            name[4] = i < 10 ? '\0' : '0' + i % 10;
            name[5] = '\0';
            put_hex32(&p, name, p.flow->regs[i], p.mask->regs[i]);
        }
    }
    put_tunnel(&p);
    put_tun_metadata(&p);
    put_field(&p, FIELD_METADATA, NULL);
    put_field(&p, FIELD_IN_PORT_OXM, "in_port");
    put_l2(&p);
    put_l3(&p);
    put_l4(&p);
    if (s->len > start && str_last(s) == ',') {
        str_truncate(s, s->len - 1);
    }
}

char *
match_to_string(const struct match *m, int priority,
                const struct port_names *names)
{
    struct str s = STR_INITIALIZER;
    match_format(m, priority, names, &s);
    str_put(&s, "");
    return str_steal(&s);
}
