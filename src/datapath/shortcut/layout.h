/* The maps that the kernel's program and we share. */

#pragma once

#include <linux/types.h>

enum {
    SHORTCUT_MAX_MASKS = 8,
    SHORTCUT_MAX_SLOTS = 8192, /* Slot 0 stays free: none. */
    SHORTCUT_MAX_OPS = 8,
    SHORTCUT_KEY_WORDS = 9,
    SHORTCUT_MAX_UNSERVED = 8, /* More: somebody removed the program. */
};

/* What the program reads of a packet: Ethernet, at most one VLAN tag, IPv4 or
 * IPv6 without options and extensions, TCP or UDP.  Network order but where
 * it says host. */
struct shortcut_key {
    __u32 ifindex; /* Host order. */
    __u32 mask;    /* Number of the mask, host order; 0 in masks. */
    __u8 dl_dst[6];
    __u8 dl_src[6];
    __u16 dl_type;
    __u16 vlan_tci; /* With bit 12 if there is a tag. */
    __u16 vlan_tpid;
    __u8 nw_proto;
    __u8 nw_tos;
    __u8 nw_ttl;
    __u8 pad1;
    __u16 tcp_flags;
    __u16 tp_src;
    __u16 tp_dst;
    __u32 nw[8]; /* Source and destination, of IPv4 in the first two. */
    __u32 pad2;
};

/* Map "masks", one entry. */
struct shortcut_masks {
    __u32 active;   /* Bit per mask; 0: the program does nothing. */
    __u32 unserved; /* Packets that were taken and never came to the second
                     * program; one may be on its way when a device is
                     * detached. */
    __u64 words[SHORTCUT_MAX_MASKS][SHORTCUT_KEY_WORDS];
};

enum shortcut_op_type {
    SHORTCUT_OUTPUT,
    SHORTCUT_PUSH_VLAN,
    SHORTCUT_POP_VLAN,
    SHORTCUT_SET_DST,
    SHORTCUT_SET_SRC,
};

struct shortcut_op {
    __u8 type;
    __u8 last; /* The packet is not needed after it. */

    union {
        __u8 mac[6];

        struct {
            __u16 tpid; /* Network order. */
            __u16 tci;  /* Host order. */
        };

        struct {
            __u16 pad;
            __u32 ifindex;
        } __attribute__((packed));
    };
};

/* Map "slots", one entry for each flow: what it does and has done. */
struct shortcut_slot {
    __u64 n_packets;
    __u64 n_bytes;
    __u64 used_ns; /* CLOCK_MONOTONIC. */
    __u32 tcp_flags;
    __u32 n_ops;
    struct shortcut_op ops[SHORTCUT_MAX_OPS];
};

/* Map "pending", one entry on each CPU: from the first program to the
 * second. */
struct shortcut_pending {
    __u32 slot;
    __u32 ifindex;
};
