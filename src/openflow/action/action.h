/* OpenFlow actions and instructions in memory.
 *
 * A list is one flat buffer of structs that begin with struct action; each is
 * 8-byte aligned and knows its size.  Lists inside actions (clone, ct, write
 * actions) follow their struct.  Instructions are kept in the same list, in
 * the order meter, apply (the plain actions), clear, write, metadata, goto.
 * Buffers have no padding that is not zero: lists are equal if their bytes
 * are. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "base/writer.h"
#include "net/flow/field.h"
#include "openflow/wire/ofperr.h"

struct match;
struct port_names;

enum action_type {

#define ACTION(ENUM, STRUCT, NAME, SET) ACTION_##ENUM,
#include "openflow/action/action.def"
#undef ACTION
    N_ACTION_TYPES
};

/* How it came, so that it goes back the same way; 0: the version's default. */
enum action_form {
    ACTION_FORM_DEFAULT,
    ACTION_FORM_LOAD,      /* SET_FIELD: NXAST_REG_LOAD and LOAD2. */
    ACTION_FORM_SET_FIELD, /* SET_FIELD: OXM. */
    ACTION_FORM_PUSH_IF,   /* SET_VLAN_*: pushes a tag if there is none. */
    ACTION_FORM_SHORT,     /* The shorter of two forms. */
    ACTION_FORM_LONG,      /* The longer: NXAST_SET_TUNNEL64, CONTROLLER2,
                            * RESUBMIT_TABLE. */
    ACTION_FORM_UDP,       /* SET_L4_*: in 1.2+ of UDP or SCTP, not TCP. */
    ACTION_FORM_SCTP,
};

struct action {
    uint16_t type; /* enum action_type. */
    uint16_t form; /* enum action_form. */
    uint32_t size; /* Of the whole, nested lists included; 8 | size. */
};

/* Actions without arguments: strip_vlan, dec_mpls_ttl, dec_nsh_ttl, pop_queue,
 * exit, ct_clear, clear_actions, debug_recirc, debug_slow. */
struct action_null {
    struct action action;
};

struct action_output {
    struct action action;
    uint32_t port;
    uint16_t max_len; /* CONTROLLER: bytes to send. */
    uint16_t pad;
};

struct action_controller {
    struct action action;
    uint32_t meter_id; /* 0: none. */
    uint16_t max_len;
    uint16_t controller_id;
    uint8_t reason; /* OFPR_*. */
    uint8_t pause;
    uint16_t userdata_len;
    uint32_t pad;
    uint8_t userdata[];
};

struct action_enqueue {
    struct action action;
    uint32_t port;
    uint32_t queue;
};

struct action_output_reg {
    struct action action;
    struct subfield src;
    uint16_t max_len;
};

struct action_output_trunc {
    struct action action;
    uint32_t port;
    uint32_t max_len;
};

/* group, set_queue, set_mpls_label, meter, mod_*: one number, host order. */
struct action_number {
    struct action action;
    uint64_t value;
};

struct action_mac {
    struct action action;
    struct eth_addr mac;
    uint16_t pad;
};

struct action_ipv4 {
    struct action action;
    be32 ip;
    uint32_t pad;
};

/* push_vlan, push_mpls, pop_mpls. */
struct action_ethertype {
    struct action action;
    be16 ethertype;
    uint16_t pad[3];
};

struct action_set_field {
    struct action action;
    const struct field *field;
    uint8_t value_size; /* Of each of the two that follow. */
    uint8_t pad[7];
    uint8_t bytes[]; /* Value, mask; network order. */
};

struct action_move {
    struct action action;
    struct subfield src;
    struct subfield dst;
};

/* push, pop. */
struct action_stack {
    struct action action;
    struct subfield subfield;
};

struct action_dec_ttl {
    struct action action;
    uint32_t n_controllers; /* 0: the plain form, controller 0. */
    uint16_t ids[];
};

struct action_fin_timeout {
    struct action action;
    uint16_t idle;
    uint16_t hard;
    uint32_t pad;
};

struct action_resubmit {
    struct action action;
    uint32_t in_port; /* OFPP_IN_PORT: unchanged. */
    uint8_t table_id; /* 255: the current one. */
    uint8_t with_ct;  /* Conntrack's tuple in place of the packet's. */
    uint16_t pad;
};

enum action_learn_src { LEARN_SRC_FIELD, LEARN_SRC_IMMEDIATE };

enum action_learn_dst { LEARN_DST_MATCH, LEARN_DST_LOAD, LEARN_DST_OUTPUT };

struct action_learn_spec {
    struct subfield src; /* LEARN_SRC_FIELD. */
    struct subfield dst; /* Not of LEARN_DST_OUTPUT. */
    uint16_t src_type;   /* enum action_learn_src. */
    uint16_t dst_type;   /* enum action_learn_dst. */
    uint16_t n_bits;
    uint16_t pad;
    union field_value value; /* LEARN_SRC_IMMEDIATE, right-aligned in its
                              * first DIV_ROUND_UP(n_bits, 8) bytes. */
};

enum {
    LEARN_SEND_FLOW_REM = 1 << 0,
    LEARN_DELETE_LEARNED = 1 << 1,
    LEARN_WRITE_RESULT = 1 << 2,
};

struct action_learn {
    struct action action;
    uint16_t idle_timeout;
    uint16_t hard_timeout;
    uint16_t priority;
    uint8_t table_id;
    uint8_t flags;
    be64 cookie;
    uint16_t fin_idle_timeout;
    uint16_t fin_hard_timeout;
    uint32_t limit; /* Learned flows at most; 0: any number. */
    struct subfield result_dst;
    uint32_t n_specs;
    uint32_t pad;
    struct action_learn_spec specs[];
};

struct action_conjunction {
    struct action action;
    uint8_t clause; /* From 0. */
    uint8_t n_clauses;
    uint16_t pad;
    uint32_t id;
};

struct action_note {
    struct action action;
    uint32_t len;
    uint8_t bytes[];
};

struct action_sample {
    struct action action;
    uint16_t probability;
    uint8_t direction; /* 0 default, 1 ingress, 2 egress. */
    uint8_t pad;
    uint32_t collector_set_id;
    uint32_t obs_domain_imm;
    uint32_t obs_point_imm;
    struct subfield obs_domain_src; /* With a field: instead of _imm. */
    struct subfield obs_point_src;
    uint32_t sampling_port; /* OFPP_NONE: none. */
    uint32_t pad2;
};

/* What follows the struct is a list. */
struct action_nested {
    struct action action; /* CLONE, WRITE_ACTIONS. */
    uint8_t actions[];
};

enum {
    CT_COMMIT = 1 << 0,
    CT_FORCE = 1 << 1,
    CT_NO_RECIRC = 255,
};

struct action_ct {
    struct action action;
    uint16_t flags;       /* CT_COMMIT, CT_FORCE. */
    uint16_t zone;        /* Without zone_src. */
    uint16_t alg;         /* Port of the helper: 21, 69, or 0. */
    uint8_t recirc_table; /* CT_NO_RECIRC: none. */
    uint8_t pad;
    struct subfield zone_src;
    uint8_t actions[]; /* NAT first, then set_field, move. */
};

enum {
    NAT_SRC = 1 << 0,
    NAT_DST = 1 << 1,
    NAT_PERSISTENT = 1 << 2,
    NAT_PROTO_HASH = 1 << 3,
    NAT_PROTO_RANDOM = 1 << 4,
};

struct action_nat {
    struct action action;
    uint16_t flags;
    uint8_t family; /* 0, 4 or 6. */
    uint8_t pad;
    uint16_t port_min, port_max;
    struct ip6_addr min, max; /* IPv4 in the first four bytes. */
};

struct action_write_metadata {
    struct action action;
    be64 metadata;
    be64 mask;
};

struct action_goto_table {
    struct action action;
    uint8_t table_id;
    uint8_t pad[7];
};

struct action_check_pkt_larger {
    struct action action;
    struct subfield dst;
    uint16_t pkt_len;
};

struct action_delete_field {
    struct action action;
    const struct field *field;
};

/* Hash over fields of the packet: NX_HASH_FIELDS_*. */
struct action_multipath {
    struct action action;
    uint16_t fields;
    uint16_t basis;
    uint16_t algorithm;
    uint16_t max_link; /* Number of links minus 1. */
    uint32_t arg;
    struct subfield dst;
};

struct action_bundle {
    struct action action;
    uint16_t algorithm; /* 0 active_backup, 1 hrw. */
    uint16_t fields;
    uint16_t basis;
    uint16_t n_members;
    struct subfield dst; /* bundle_load. */
    uint32_t members[];
};

/* A list.  Whoever has the struct owns 'data'. */
struct actions {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

#define ACTIONS_INITIALIZER \
    {                       \
        NULL, 0, 0          \
    }

void actions_init(struct actions *);
void actions_uninit(struct actions *);
void actions_clear(struct actions *);
struct actions *actions_clone(const struct actions *);
/* Of a list on the heap; NULL is legal. */
void actions_destroy(struct actions *);
bool actions_equal(const struct actions *, const struct actions *);
uint32_t actions_hash(const struct actions *, uint32_t basis);
/* Appends a zeroed action of 'size' bytes (rounded up); valid until the next
 * one is added. */
void *actions_add(struct actions *, enum action_type, size_t size);

static inline const struct action *
action_next(const struct action *a)
{
    return (const struct action *) ((const uint8_t *) a + a->size);
}

/* 'a' over 'size' bytes of a list: all of it, or what is nested.  'data' of an
 * empty list may be NULL. */
#define ACTION_FOR_EACH(a, data, size)                         \
    for (a = (const struct action *) (data);                   \
         (uintptr_t) a - (uintptr_t) (data) < (size_t) (size); \
         a = action_next(a))
#define ACTIONS_FOR_EACH(a, list) \
    ACTION_FOR_EACH(a, (list)->data, (list)->size)
/* The list nested in 'p', a pointer to a struct with member 'actions'. */
#define ACTION_NESTED_SIZE(p) \
    ((p)->action.size - offsetof(__typeof__(*(p)), actions))

/* Whether some action sends to it, nested ones included. */
bool actions_output_to_port(const struct actions *, uint32_t port);
bool actions_output_to_group(const struct actions *,
                             uint32_t group); /* UINT32_MAX: any. */
/* The meter instruction's number, or 0. */
uint32_t actions_meter(const struct actions *);

/* Text of the action, "output" ... */
const char *action_name(enum action_type);
/* A table by number or name; 'names' may be NULL. */
bool table_id_parse(const char *text, const struct port_names *names,
                    uint8_t *tablep) WARN_UNUSED;
/* The list inside 'a', if it has one. */
bool action_nested(const struct action *, const uint8_t **datap,
                   size_t *sizep);

struct actions_format {
    const struct port_names *ports;  /* Or NULL. */
    const struct port_names *tables; /* Or NULL: numbers. */
};

/* "drop" for an empty list.  'options' may be NULL. */
void actions_format(const struct actions *, const struct actions_format *,
                    struct str *);

enum {
    ACTIONS_PARSE_INSTRUCTIONS = 1 << 0, /* goto_table, meter, ... may be. */
    ACTIONS_PARSE_IN_GROUP = 1 << 1,
};

/* Parses "output:1,..." and checks what can be without a match. */
struct error *actions_parse(const char *text, const struct actions_format *,
                            unsigned int flags, struct actions *) WARN_UNUSED;

/* Wire: actions only, or (1.1+) instructions. 'out' gets nothing on error. */
enum ofperr actions_decode(const void *data, size_t size, uint8_t version,
                           struct actions *out) WARN_UNUSED;
enum ofperr instructions_decode(const void *data, size_t size, uint8_t version,
                                struct actions *out) WARN_UNUSED;
void actions_encode(const struct actions *, uint8_t version, struct writer *);
/* In 1.0 the instructions turn into actions or vanish. */
void instructions_encode(const struct actions *, uint8_t version,
                         struct writer *);
