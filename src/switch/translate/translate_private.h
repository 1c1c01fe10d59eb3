/* The translation in progress, shared by the files of this module.
 *
 * Files: translate.c (entry, tables, results), input.c (what comes in and
 * VLANs), normal.c (the learning switch), output.c (ports, patches,
 * controllers), actions.c (one case per OpenFlow action), group.c, learn.c,
 * effect.c, freezing.c (packets that go round); trace_node.c and trace.c tell
 * it. */

#pragma once

#include "base/vec.h"
#include "net/flow/field.h"
#include "net/flow/mask.h"
#include "switch/pipeline/pipeline.h"
#include "switch/translate/freeze.h"
#include "switch/translate/trace_node.h"
#include "switch/translate/translate.h"

struct action_bundle;
struct action_learn;
struct action_multipath;

/* Where a list of actions comes from. */
enum action_list_kind {
    ACTION_LIST_RULE, /* Also: what a controller sent. */
    ACTION_LIST_SET,  /* The action set. */
    ACTION_LIST_BUCKET,
};

struct translator {
    const struct translate_request *request;
    struct translation *out;
    const struct forwarding *fw;
    const struct forwarding_bridge *bridge; /* Where the flow is now. */
    classifier_version version;             /* Of the bridge's tables. */

    struct flow flow;       /* As the pipeline sees it now. */
    struct flow base;       /* As the datapath actions so far made it. */
    struct flow_mask *mask; /* What was looked at: out->looked. */
    struct flow start;      /* What came in. */

    const struct rule *rule; /* Whose actions are executed; NULL: none. */
    uint8_t table_id;        /* Its table. */
    be64 cookie;             /* Of it; all ones without one. */

    unsigned int depth;             /* Resubmits back that we are in. */
    unsigned int n_resubmits;       /* Ever. */
    bool exit;                      /* Nothing more is executed. */
    unsigned int n_liveness_checks; /* Of groups, ever. */
    bool look_only;                 /* Rules are found, not executed. */
    bool freezing;                  /* Lists freeze what is left of them... */
    bool freeze_again;              /* ... the action that asked included. */
    uint32_t freeze_alg; /* ODP_HASH_*: what the datapath does first. */
    uint32_t freeze_basis;
    struct writer rest;         /* As FROZEN_REST. */
    struct writer stack;        /* Values pushed: bytes, then a size byte. */
    struct actions *action_set; /* As written; NULL: empty. */
    uint32_t orig_skb_priority; /* For pop_queue. */
    bool ip_written;            /* Some action wrote an IP header's field. */
    bool was_packet_out;        /* Began with given actions. */
    struct trace_list *trace;   /* Where nodes go now; NULL: no trace. */
};

/* A frame's VLAN tags, outermost first. */
struct xvlan_tag {
    uint16_t tpid; /* 0: none. */
    uint16_t vid;
    uint8_t pcp;
};

struct xvlan {
    struct xvlan_tag tags[FLOW_MAX_VLANS];
};

/* translate.c */
/* Stops with 'error'. */
void translator_fail(struct translator *, enum translate_error);
/* Looks 'table_id' up and executes what is found; 'in_port' is put into the
 * flow for the lookup.  'may_packet_in': a miss may go to the controllers. */
void translator_run_table(struct translator *, uint32_t in_port,
                          uint8_t table_id, bool may_packet_in);
/* Whether one more resubmit is within bounds; reports if not. */
bool translator_may_recurse(struct translator *);
/* Adds a report of 'type' if there is a trace. */
void translator_report(struct translator *, enum trace_type,
                       const char *format, ...) PRINTF_FORMAT(3, 4);
/* Adds a report that has others below it, and goes there; returns where the
 * reports went before. */
struct trace_list *translator_enter(struct translator *, enum trace_type,
                                    const char *format, ...)
    PRINTF_FORMAT(3, 4);
/* Reports go below the bridge that the flow is in now. */
void translator_enter_bridge(struct translator *);
/* For ports in reports; NULL: numbers. */
const struct port_names *translator_names(const struct translator *);
/* As reports show a list of actions. */
void translator_format_actions(const struct translator *, const void *data,
                               size_t size, struct str *);
struct translate_effect *translator_add_effect(struct translator *,
                                               enum translate_effect_type);
/* The effect added last is filled in: it happens now, if effects do. */
void translator_effect_done(struct translator *);
void translator_depend_on_mac(struct translator *, uint16_t vlan,
                              struct eth_addr mac);

/* input.c */
void xvlan_from_flow(const struct flow *, struct xvlan *);
void xvlan_to_flow(const struct xvlan *, struct flow *);
bool xvlan_input_ok(struct translator *, const struct forwarding_bundle *,
                    uint16_t vid);
void xvlan_input(const struct forwarding_bundle *, const struct xvlan *in,
                 struct xvlan *xvlan);
void xvlan_output(const struct forwarding_bundle *, const struct xvlan *,
                  struct xvlan *out);
bool xvlan_in_bundle(const struct forwarding_bundle *, const struct xvlan *);
/* The bundle of port 'in_port', reported if there is none. */
const struct forwarding_bundle *
translator_in_bundle(struct translator *, uint32_t in_port,
                     const struct forwarding_port **portp);

/* normal.c */
void translator_normal(struct translator *);

/* output.c */
/* Sends to one port of the bridge, whatever port the packet came in on. */
void translator_output_port(struct translator *, uint32_t ofport);
/* The action "output": reserved ports too. */
void translator_output(struct translator *, uint32_t ofport, uint32_t max_len,
                       bool may_packet_in);
/* Sends to all ports, or those that take part in flooding. */
void translator_flood(struct translator *, bool all);
/* Counts the flow's packets; NULL is legal. */
void translator_credit(struct translator *, struct rule_counters *);
/* Writes the header changes so far as datapath actions. */
void translator_commit(struct translator *);

struct controller_action {
    uint16_t max_len;
    uint16_t controller_id;
    uint8_t reason;
    const uint8_t *userdata;
    size_t userdata_size;
    bool continuation;
};

void translator_controller(struct translator *,
                           const struct controller_action *);

/* actions.c */
void translator_actions(struct translator *, const struct actions *);
void translator_action_list(struct translator *, const void *data, size_t size,
                            enum action_list_kind);

/* action_set.c */
/* Executes the action set in its order: OpenFlow 1.3.5 §5.10. */
void translator_execute_action_set(struct translator *);
void translator_drop_action_set(struct translator *);
void translator_write_actions(struct translator *, const void *data,
                              size_t size);
void translator_clear_actions(struct translator *);
/* The field actset_output follows what the set would output to. */
void translator_action_set_changed(struct translator *);

/* freezing.c */
/* Where the flow is and what it carries: what a packet-in, or the packet when
 * it is back, knows.  The parts are empty. */
void translator_init_frozen(const struct translator *, struct frozen_state *);
/* The state's number, for whom the result keeps it; 0 if nobody freezes. */
uint32_t translator_keep_frozen(struct translator *,
                                const struct frozen_state *);
/* Has the datapath hash the packet and send it round, beginning with the
 * action that is being executed. */
void translator_freeze_for_hash(struct translator *, bool symmetric,
                                uint32_t basis);
/* Adds a list that was not executed. */
void translator_freeze_list(struct translator *, const void *data, size_t size,
                            enum action_list_kind);
/* If something is being frozen: writes what the datapath does. */
void translator_finish_freezing(struct translator *);
/* The tables are done with the packet: executes the action set, or freezes it
 * with the rest. */
void translator_end_pipeline(struct translator *);
/* Nothing is frozen after all. */
void translator_drop_frozen(struct translator *);
/* Finds the state, which is to be uninited in any case, and the bridge. */
bool translator_find_frozen(struct translator *,
                            struct frozen_state *) WARN_UNUSED;
void translator_thaw(struct translator *, const struct frozen_state *);

/* group.c */
void translator_group(struct translator *, uint32_t id);

/* select.c */
/* Whether the port can send. */
bool translator_port_is_live(const struct translator *, uint32_t ofport);
/* Of all that tells connections apart, the same in both directions. */
uint32_t translator_hash_symmetric_l4(struct translator *, uint32_t basis);
void translator_multipath(struct translator *,
                          const struct action_multipath *);
/* The member chosen, or OFPP_NONE; stores it if the action has a place. */
uint32_t translator_bundle(struct translator *, const struct action_bundle *);

/* learn.c */
void translator_learn(struct translator *, const struct action_learn *);

/* write.c */
void translator_look(struct translator *, const struct field *,
                     const union field_value *bits);
void translator_look_subfield(struct translator *, const struct subfield *);
/* False if the packet lacks the field. */
bool translator_set_field(struct translator *, const struct field *,
                          const union field_value *value,
                          const union field_value *mask);
void translator_set_subfield(struct translator *, const struct subfield *,
                             const union field_value *value);
void translator_report_subfield(struct translator *, const struct subfield *);
/* Sets the bits 'mask' of the outermost tag; without a tag only if 'push'. */
void translator_set_vlan(struct translator *, uint16_t bits, uint16_t mask,
                         bool push);
void translator_push_vlan(struct translator *, uint16_t ethertype);
void translator_pop_vlan(struct translator *);
bool translator_dec_ttl(struct translator *);
