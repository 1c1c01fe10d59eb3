/* The kernel's part of the shortcut: two programs on each port's device.
 *
 * "look" is the filter of the packet socket by which the switch receives: the
 * kernel runs it first.  A packet whose flow has a slot is counted, kept from
 * the socket and noted for "run", at the device's tc ingress, which the same
 * packet meets next on the same CPU.  What is not simple or not known goes to
 * the socket as ever.  So each packet is forwarded by exactly one of the
 * kernel and the switch, and without the switch's socket by none. */

/* The first one makes the types that the others use. */
/* clang-format off */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
/* clang-format on */

#include "datapath/shortcut/layout.h"

enum {
    ALL = 0x40000, /* The filter's answer to keep a packet whole. */
    DEI = 0x1000,
    IPV4_LEN = 20,
    IPV6_LEN = 40,
    TCP_LEN = 20,
    UDP_LEN = 8,
    /* FIN, SYN, RST, URG: the switch wants to see the packet. */
    TCP_SPECIAL = 0x27,
    TCP_FLAGS = 0x0fff,
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, SHORTCUT_MAX_SLOTS);
    /* What is deleted is not reused while a program may look at it. */
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct shortcut_key);
    __type(value, __u32);
} flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct shortcut_masks);
} masks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, SHORTCUT_MAX_SLOTS);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct shortcut_slot);
} slots SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct shortcut_pending);
} pending SEC(".maps");

/* What follows an IP header of which 'left' bytes are at 'offset'. */
static __always_inline int
read_l4(struct __sk_buff *skb, __u32 offset, __u32 left,
        struct shortcut_key *key)
{
    __u8 l4[14];

    if (key->nw_proto == IPPROTO_UDP) {
        if (left < UDP_LEN || bpf_skb_load_bytes(skb, offset, l4, 4)) {
            return 0;
        }
    } else if (key->nw_proto == IPPROTO_TCP) {
        if (left < TCP_LEN || bpf_skb_load_bytes(skb, offset, l4, 14)) {
            return 0;
        }
        __u32 len = (l4[12] >> 4) * 4;
        if (len < TCP_LEN || len > left || l4[13] & TCP_SPECIAL) {
            return 0;
        }
        key->tcp_flags = *(__u16 *) (l4 + 12) & bpf_htons(TCP_FLAGS);
    } else {
        return 0;
    }
    key->tp_src = *(__u16 *) l4;
    key->tp_dst = *(__u16 *) (l4 + 2);
    return 1;
}

static __always_inline int
read_ip4(struct __sk_buff *skb, struct shortcut_key *key)
{
    __u32 ip[IPV4_LEN / 4];

    if (bpf_skb_load_bytes(skb, ETH_HLEN, ip, sizeof ip)) {
        return 0;
    }
    const __u8 *bytes = (const __u8 *) ip;
    __u32 total = bpf_ntohl(ip[0]) & 0xffff;
    /* Options, more fragments or an offset, a length that cannot be. */
    if (bytes[0] != 0x45 || ip[1] & bpf_htonl(0x3fff) || total < IPV4_LEN
        || ETH_HLEN + total > skb->len) {
        return 0;
    }
    key->nw_tos = bytes[1];
    key->nw_ttl = bytes[8];
    key->nw_proto = bytes[9];
    key->nw[0] = ip[3];
    key->nw[1] = ip[4];
    return read_l4(skb, ETH_HLEN + IPV4_LEN, total - IPV4_LEN, key);
}

static __always_inline int
read_ip6(struct __sk_buff *skb, struct shortcut_key *key)
{
    __u32 ip[IPV6_LEN / 4];

    if (bpf_skb_load_bytes(skb, ETH_HLEN, ip, sizeof ip)) {
        return 0;
    }
    const __u8 *bytes = (const __u8 *) ip;
    __u32 first = bpf_ntohl(ip[0]);
    __u32 left = bpf_ntohl(ip[1]) >> 16;
    if (first >> 28 != 6 || ETH_HLEN + IPV6_LEN + left > skb->len) {
        return 0;
    }
    key->nw_tos = first >> 20;
    key->nw_proto = bytes[6];
    key->nw_ttl = bytes[7];
    __builtin_memcpy(key->nw, ip + 2, sizeof key->nw);
    return read_l4(skb, ETH_HLEN + IPV6_LEN, left, key);
}

/* Zero if the packet is not simple. */
static __always_inline int
read_key(struct __sk_buff *skb, struct shortcut_key *key)
{
    if (bpf_skb_load_bytes(skb, 0, key->dl_dst, ETH_HLEN)) {
        return 0;
    }
    key->ifindex = skb->ifindex;
    if (skb->vlan_present) {
        if (skb->vlan_tci & DEI) {
            return 0;
        }
        key->vlan_tci = bpf_htons(skb->vlan_tci | DEI);
        key->vlan_tpid = skb->vlan_proto;
    }
    switch (key->dl_type) {
    case bpf_htons(ETH_P_IP):
        return read_ip4(skb, key);
    case bpf_htons(ETH_P_IPV6):
        return read_ip6(skb, key);
    default:
        return 0;
    }
}

static __always_inline __u32
find_slot(const struct shortcut_masks *m, const struct shortcut_key *key)
{
    const __u64 *words = (const __u64 *) key;
    __u32 active = m->active;

#pragma unroll
    for (__u32 i = 0; i < SHORTCUT_MAX_MASKS; i++) {
        if (active & 1 << i) {
            __u64 masked[SHORTCUT_KEY_WORDS];
            for (int k = 0; k < SHORTCUT_KEY_WORDS; k++) {
                masked[k] = words[k] & m->words[i][k];
            }
            ((struct shortcut_key *) masked)->mask = i;
            __u32 *slot = bpf_map_lookup_elem(&flows, masked);
            if (slot) {
                return *slot;
            }
        }
    }
    return 0;
}

SEC("socket")

int
look(struct __sk_buff *skb)
{
    struct shortcut_key key = { 0 };
    __u32 zero = 0;
    struct shortcut_masks *m = bpf_map_lookup_elem(&masks, &zero);
    struct shortcut_pending *p = bpf_map_lookup_elem(&pending, &zero);

    if (!m || !p || !m->active) {
        return ALL;
    }
    if (p->slot) {
        p->slot = 0;
        if (p->ifindex == skb->ifindex) {
            __sync_fetch_and_add(&m->unserved, 1);
            if (m->unserved > SHORTCUT_MAX_UNSERVED) {
                m->active = 0;
                return ALL;
            }
        }
    }
    if (!read_key(skb, &key)) {
        return ALL;
    }
    __u32 slot = find_slot(m, &key);
    struct shortcut_slot *s = slot ? bpf_map_lookup_elem(&slots, &slot) : NULL;
    if (!s) {
        return ALL;
    }
    __sync_fetch_and_add(&s->n_packets, 1);
    __sync_fetch_and_add(&s->n_bytes, skb->len + (key.vlan_tci ? 4 : 0));
    s->used_ns = bpf_ktime_get_coarse_ns();
    __u32 flags = bpf_ntohs(key.tcp_flags);
    if (flags & ~s->tcp_flags) {
        s->tcp_flags |= flags;
    }
    p->slot = slot;
    p->ifindex = key.ifindex;
    return 0;
}

SEC("tc")

int
run(struct __sk_buff *skb)
{
    __u32 zero = 0;
    struct shortcut_pending *p = bpf_map_lookup_elem(&pending, &zero);

    if (!p || !p->slot || p->ifindex != skb->ifindex) {
        return TC_ACT_UNSPEC;
    }
    __u32 slot = p->slot;
    p->slot = 0;
    struct shortcut_slot *s = bpf_map_lookup_elem(&slots, &slot);
    if (!s) {
        return TC_ACT_SHOT;
    }
#pragma unroll
    for (__u32 i = 0; i < SHORTCUT_MAX_OPS; i++) {
        const struct shortcut_op *op = &s->ops[i];
        if (i >= s->n_ops) {
            break;
        }
        if (op->type == SHORTCUT_OUTPUT) {
            if (op->last) {
                return bpf_redirect(op->ifindex, 0);
            }
            bpf_clone_redirect(skb, op->ifindex, 0);
        } else if (op->type == SHORTCUT_PUSH_VLAN) {
            bpf_skb_vlan_push(skb, op->tpid, op->tci);
        } else if (op->type == SHORTCUT_POP_VLAN) {
            bpf_skb_vlan_pop(skb);
        } else {
            __u32 offset = op->type == SHORTCUT_SET_DST ? 0 : ETH_ALEN;
            bpf_skb_store_bytes(skb, offset, op->mac, ETH_ALEN, 0);
        }
    }
    return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Apache-2.0";
