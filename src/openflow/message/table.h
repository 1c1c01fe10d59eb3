/* Flow tables in messages: what a table can do, how it is configured, and what
 * it counted.  OpenFlow 1.1 and 1.2 put the features into table statistics;
 * from 1.3 on they are a multipart of their own. */

#pragma once

#include "base/bitmap.h"
#include "net/flow/field.h"
#include "openflow/message/message.h"

/* Kinds of actions that features name, in the order in which they print. */
enum table_action {
    TABLE_ACTION_OUTPUT,
    TABLE_ACTION_GROUP,
    TABLE_ACTION_SET_FIELD,
    TABLE_ACTION_SET_VLAN_VID,
    TABLE_ACTION_SET_VLAN_PCP,
    TABLE_ACTION_STRIP_VLAN,
    TABLE_ACTION_PUSH_VLAN,
    TABLE_ACTION_MOD_DL_SRC,
    TABLE_ACTION_MOD_DL_DST,
    TABLE_ACTION_MOD_NW_SRC,
    TABLE_ACTION_MOD_NW_DST,
    TABLE_ACTION_MOD_NW_TOS,
    TABLE_ACTION_MOD_NW_ECN,
    TABLE_ACTION_MOD_NW_TTL,
    TABLE_ACTION_MOD_TP_SRC,
    TABLE_ACTION_MOD_TP_DST,
    TABLE_ACTION_DEC_TTL,
    TABLE_ACTION_SET_MPLS_LABEL,
    TABLE_ACTION_SET_MPLS_TC,
    TABLE_ACTION_SET_MPLS_TTL,
    TABLE_ACTION_DEC_MPLS_TTL,
    TABLE_ACTION_PUSH_MPLS,
    TABLE_ACTION_POP_MPLS,
    TABLE_ACTION_SET_QUEUE,
    N_TABLE_ACTIONS
};

/* Bits of instructions: 1 << type of OpenFlow 1.1 and later. */
enum {
    TABLE_GOTO_TABLE = 1 << 1,
    TABLE_WRITE_METADATA = 1 << 2,
    TABLE_WRITE_ACTIONS = 1 << 3,
    TABLE_APPLY_ACTIONS = 1 << 4,
    TABLE_CLEAR_ACTIONS = 1 << 5,
    TABLE_METER = 1 << 6, /* 1.3 and 1.4. */
};

/* Values of OFPTC11_TABLE_MISS_*; from 1.3 on there is no choice. */
enum table_miss {
    TABLE_MISS_CONTROLLER = 0,
    TABLE_MISS_CONTINUE = 1,
    TABLE_MISS_DROP = 2,
    TABLE_MISS_MASK = 3,
};

/* Configuration and capability bits of OpenFlow 1.4 and later. */
enum {
    TABLE_EVICTION = 1 << 2,
    TABLE_VACANCY_EVENTS = 1 << 3,
};

/* Flags of eviction: OpenFlow 1.4 §7.3.4.2. */
enum {
    TABLE_EVICT_OTHER = 1 << 0,
    TABLE_EVICT_IMPORTANCE = 1 << 1,
    TABLE_EVICT_LIFETIME = 1 << 2,
};

struct table_actions {
    uint32_t actions; /* Bits by enum table_action. */
    BITMAP_DECLARE(set_fields, N_FIELDS);
};

/* What flows can do, or the table-miss flow. */
struct table_instructions {
    BITMAP_DECLARE(next, 256); /* Tables that goto_table may name. */
    uint32_t instructions;     /* TABLE_GOTO_TABLE, ... */
    struct table_actions write, apply;
};

/* What a request of OpenFlow 1.5 wants of the tables in it. */
enum table_command {
    TABLE_REPLACE = 0,
    TABLE_MODIFY = 1,
    TABLE_ENABLE = 2,
    TABLE_DISABLE = 3,
};

struct table_features {
    uint8_t table_id;
    uint8_t command; /* enum table_command; 1.5. */
    char name[33];
    uint64_t metadata_match, metadata_write; /* Bits that work. */
    uint32_t miss;                           /* enum table_miss; 1.1, 1.2. */
    uint32_t capabilities;                   /* TABLE_EVICTION, ...; 1.4+. */
    uint32_t max_entries;
    struct table_instructions other, on_miss;
    BITMAP_DECLARE(match, N_FIELDS);    /* May be matched, */
    BITMAP_DECLARE(mask, N_FIELDS);     /* under any mask, */
    BITMAP_DECLARE(wildcard, N_FIELDS); /* or left out. */
};

/* Counters of a table. */
struct table_stats {
    uint32_t n_active;
    uint64_t n_lookup, n_matched;
};

/* Appends an entry of a table statistics reply.  'features' says whose table
 * it is, and before 1.3 more. */
void table_stats_encode(const struct table_features *,
                        const struct table_stats *,
                        struct message_multipart *);
/* Takes one; '*donep' if there is none left. */
enum ofperr table_stats_decode(const struct message *, struct reader *body,
                               struct table_features *, struct table_stats *,
                               bool *donep) WARN_UNUSED;

/* The same for entries of table features, OpenFlow 1.3+. */
void table_features_encode(const struct table_features *,
                           struct message_multipart *);
enum ofperr table_features_decode(const struct message *, struct reader *body,
                                  struct table_features *,
                                  bool *donep) WARN_UNUSED;

/* How a table is configured: table_mod, table_desc, table_status. */
struct table_config {
    uint8_t table_id;
    uint32_t config; /* 1.1 to 1.3: enum table_miss; 1.4+: TABLE_EVICTION... */
    bool has_eviction_flags;
    uint32_t eviction_flags;                   /* TABLE_EVICT_*. */
    uint8_t vacancy_down, vacancy_up, vacancy; /* Per cent. */
};

void table_mod_encode(const struct table_config *, uint8_t version,
                      uint32_t xid, struct writer *);
enum ofperr table_mod_decode(const struct message *,
                             struct table_config *) WARN_UNUSED;
void table_desc_encode(const struct table_config *,
                       struct message_multipart *);
enum ofperr table_desc_decode(struct reader *body, struct table_config *,
                              bool *donep) WARN_UNUSED;

/* Text.  Tables like the one before print as dittos: the state of that. */
struct table_printer {
    uint8_t version;
    bool has_stats;                 /* Of a table statistics reply. */
    const struct port_names *names; /* Of tables; NULL: only the messages'. */
    bool has_previous;
    struct table_features previous;
    struct table_stats previous_stats;
    int first_ditto; /* -1: none. */
};

void table_printer_init(struct table_printer *, uint8_t version,
                        bool has_stats, const struct port_names *names);
/* 'stats' is NULL if the printer has none. */
void table_printer_add(struct table_printer *, const struct table_features *,
                       const struct table_stats *, struct str *);
void table_printer_finish(struct table_printer *, struct str *);
/* Kinds of actions, a space before each. */
void table_actions_format(uint32_t actions, struct str *);
