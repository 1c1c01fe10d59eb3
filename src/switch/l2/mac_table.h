/* The MAC learning table of a bridge: (VLAN, MAC address) to port.
 *
 * IEEE 802.1D-2004 §7.8, §7.9: an entry is made or renewed by each frame from
 * a station and ages out when none comes.  Static entries stay.  When the
 * table is full, the oldest entry of the port that has most makes room, so
 * that one port cannot push out the stations of the others.
 *
 * A port is a number that the bridge chooses and that means one bundle for as
 * long as the bridge has it.
 *
 * Threads: any; the table has a lock of its own.  Times are clock_msec(),
 * passed by the caller. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "net/packet/addr.h"

struct mac_table;

enum {
    MAC_TABLE_DEFAULT_MAX = 8192,
    MAC_TABLE_MIN_MAX = 10,
    MAC_TABLE_MAX_MAX = 1000000,
    MAC_TABLE_DEFAULT_AGE_S = 300,
    MAC_TABLE_MIN_AGE_S = 15,
    MAC_TABLE_MAX_AGE_S = 3600,
    /* How long a gratuitous ARP packet protects an entry from being moved by
     * copies that bond members reflect. */
    MAC_TABLE_GRATUITOUS_LOCK_MS = 5000,
};

#define MAC_TABLE_NO_PORT UINT32_MAX

/* What a lookup tells. */
struct mac_table_entry {
    uint32_t port;
    bool is_static;
    long long used_ms;              /* Last frame of the station. */
    long long gratuitous_locked_ms; /* Protected until then; 0: is not. */
};

/* A frame from a station. */
struct mac_table_frame {
    struct eth_addr mac;
    uint16_t vlan;
    uint32_t port;
    bool gratuitous; /* A gratuitous ARP packet. */
    bool on_bond;    /* 'port' has several members. */
};

struct mac_table_stats {
    uint64_t n_entries;
    uint64_t max_entries;
    uint64_t n_static;
    uint64_t n_learned; /* Totals since the last clear. */
    uint64_t n_expired;
    uint64_t n_evicted;
    uint64_t n_moved;
};

/* Told after the table's lock is released, by the thread that changed it. */
struct mac_table_observer {
    /* Where (vlan, mac) leads to has changed. */
    void (*changed)(void *aux, struct mac_table *, uint16_t vlan,
                    struct eth_addr mac);
    /* Everything may have changed. */
    void (*flushed)(void *aux, struct mac_table *);
    void *aux;
};

struct mac_table *mac_table_create(void);
/* NULL is legal. */
void mac_table_destroy(struct mac_table *);
/* Copies 'observer', NULL for none. */
void mac_table_set_observer(struct mac_table *,
                            const struct mac_table_observer *);
/* Clamps to the limits above. */
void mac_table_set_max_entries(struct mac_table *, size_t max);
void mac_table_set_age(struct mac_table *, unsigned int seconds);
/* Never learns on the VLANs of 'flood_vlans', 4096 bits or NULL; copied. */
void mac_table_set_flood_vlans(struct mac_table *,
                               const unsigned long *flood_vlans);

/* Where (vlan, mac) is; false if unknown. */
bool mac_table_find(const struct mac_table *, uint16_t vlan,
                    struct eth_addr mac, struct mac_table_entry *) WARN_UNUSED;
/* Whether learning from 'frame' would change what a later lookup of its
 * station gives; an entry that merely gets younger does not count. */
bool mac_table_would_change(const struct mac_table *,
                            const struct mac_table_frame *, long long now_ms);
/* Learns from 'frame'; true if the entry is new or was moved. */
bool mac_table_learn(struct mac_table *, const struct mac_table_frame *,
                     long long now_ms);

/* Makes a static entry.  Returns the port of the static entry that was there
 * before, or MAC_TABLE_NO_PORT. */
uint32_t mac_table_add_static(struct mac_table *, uint16_t vlan,
                              struct eth_addr mac, uint32_t port,
                              long long now_ms);
/* False if there is no such static entry. */
bool mac_table_delete_static(struct mac_table *, uint16_t vlan,
                             struct eth_addr mac) WARN_UNUSED;
/* Goes up when the entries of 'port' are flushed. */
uint64_t mac_table_generation(const struct mac_table *, uint32_t port);
/* Forgets all learned entries. */
void mac_table_flush(struct mac_table *);
/* Forgets all entries of 'port', static ones too: the port is going away. */
void mac_table_flush_port(struct mac_table *, uint32_t port);
/* Drops what is too old; returns when to call again, LLONG_MAX if nothing can
 * age. */
long long mac_table_expire(struct mac_table *, long long now_ms);

void mac_table_get_stats(const struct mac_table *, struct mac_table_stats *);
void mac_table_clear_stats(struct mac_table *);

/* Appends "LOCAL" or a number for 'port'. */
typedef void mac_table_port_formatter(void *aux, uint32_t port, struct str *);

/* What "fdb/show" prints, the header line included. */
void mac_table_format(const struct mac_table *, long long now_ms,
                      mac_table_port_formatter *, void *aux, struct str *);
/* What "fdb/stats-show" prints for 'bridge'. */
void mac_table_format_stats(const struct mac_table *, const char *bridge,
                            struct str *);
