/* Datapath actions: a buffer of attributes, made by the functions below.
 * An empty buffer drops. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/be.h"
#include "base/error.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/writer.h"
#include "datapath/odp/attr.h"
#include "datapath/odp/key.h"
#include "net/flow/flow.h"

/* Reasons of the drop action and its counters. */
#define ODP_DROP_REASONS                                                  \
    R(OK, "OK", of_pipeline)                                              \
    R(BRIDGE_NOT_FOUND, "Bridge not found", bridge_not_found)             \
    R(RECURSION_TOO_DEEP, "Recursion too deep", recursion_too_deep)       \
    R(TOO_MANY_RESUBMITS, "Too many resubmits", too_many_resubmit)        \
    R(STACK_TOO_DEEP, "Stack too deep", stack_too_deep)                   \
    R(NO_RECIRCULATION_CONTEXT, "No recirculation context",               \
      no_recirculation_context)                                           \
    R(RECIRCULATION_CONFLICT, "Recirculation conflict",                   \
      recirculation_conflict)                                             \
    R(TOO_MANY_MPLS_LABELS, "Too many MPLS labels", too_many_mpls_labels) \
    R(INVALID_TUNNEL_METADATA, "Invalid tunnel metadata",                 \
      invalid_tunnel_metadata)                                            \
    R(UNSUPPORTED_PACKET_TYPE, "Unsupported packet type",                 \
      unsupported_packet_type)                                            \
    R(CONGESTION_DROP, "Congestion Drop", congestion)                     \
    R(FORWARDING_DISABLED, "Forwarding is disabled", forwarding_disabled) \
    R(TUNNEL_ROUTING_FAILED, "Native tunnel routing failed",              \
      tunnel_routing_failed)                                              \
    R(TUNNEL_OUTPUT_NO_ETHERNET,                                          \
      "Tunnel output device lacks Ethernet address",                      \
      tunnel_output_no_ethernet)                                          \
    R(TUNNEL_NEIGH_CACHE_MISS, "Tunnel neighbor cache miss",              \
      tunnel_neigh_cache_miss)                                            \
    R(TUNNEL_HEADER_BUILD_FAILED, "Native tunnel header build failed",    \
      tunnel_header_build_failed)

enum odp_drop_reason {

#define R(NAME, TEXT, COUNTER) ODP_DROP_##NAME,
    ODP_DROP_REASONS
#undef R
        ODP_N_DROP_REASONS,
};

/* What a userspace action is for. */
enum odp_cookie_type {
    ODP_COOKIE_NONE,
    ODP_COOKIE_SFLOW,
    ODP_COOKIE_SLOW_PATH,
    ODP_COOKIE_FLOW_SAMPLE,
    ODP_COOKIE_IPFIX,
    ODP_COOKIE_CONTROLLER,
};

/* The userdata of the switch's own userspace actions: host order unless be*.
 */
struct odp_cookie {
    uint16_t type;       /* enum odp_cookie_type. */
    uint16_t of_in_port; /* OpenFlow 1.0 number. */
    struct uuid bridge;  /* Of the bridge that made it. */

    union {
        struct {
            be16 vlan_tci;
            uint16_t pad;
            uint32_t output;
        } sflow;

        struct {
            uint16_t unused;
            uint16_t pad;
            uint32_t reasons; /* Bits: cfm, bfd, lacp, stp, lldp, action,
                               * match. */
        } slow_path;

        struct {
            uint16_t probability;
            uint16_t pad;
            uint32_t collector_set_id;
            uint32_t obs_domain_id;
            uint32_t obs_point_id;
            uint32_t output_port;
            uint32_t direction; /* 0, 1 ingress, 2 egress. */
        } flow_sample;

        struct {
            uint32_t output_port;
        } ipfix;

        struct {
            uint8_t dont_send;
            uint8_t continuation;
            uint16_t reason;
            uint32_t recirc_id;
            be32 rule_cookie[2]; /* 64 bits. */
            uint16_t controller_id;
            uint16_t max_len;
        } controller;

        uint8_t bytes[28];
    } u;
};

static_assert(sizeof(struct odp_cookie) == 48, "userdata of 48 bytes");

void odp_put_output(struct writer *, uint32_t port);
/* 'egress_port' ODP_PORT_NONE: none. */
void odp_put_userspace(struct writer *, uint32_t pid, const void *userdata,
                       size_t userdata_size, uint32_t egress_port);
void odp_put_push_vlan(struct writer *, be16 tpid, be16 tci);
void odp_put_pop_vlan(struct writer *);
void odp_put_push_mpls(struct writer *, be32 lse, be16 ethertype);
void odp_put_pop_mpls(struct writer *, be16 ethertype);
void odp_put_push_eth(struct writer *, struct eth_addr dst,
                      struct eth_addr src);
void odp_put_pop_eth(struct writer *);
void odp_put_recirc(struct writer *, uint32_t id);
void odp_put_hash(struct writer *, uint32_t alg, uint32_t basis);
void odp_put_trunc(struct writer *, uint32_t max_len);
void odp_put_meter(struct writer *, uint32_t id);
void odp_put_drop(struct writer *, enum odp_drop_reason);
void odp_put_ct_clear(struct writer *);
/* Nested lists: the result goes to odp_end_nested(). */
size_t odp_begin_clone(struct writer *);
/* Two levels: '*innerp' is ended first. */
size_t odp_begin_sample(struct writer *, uint32_t probability, size_t *innerp);
/* Sets one key attribute; with 'mask' only those bits.  Payloads of 'size'
 * bytes. */
void odp_put_set(struct writer *, enum odp_key_attr, const void *value,
                 const void *mask, size_t size);
/* Sets the tunnel of what is output next. */
void odp_put_set_tunnel(struct writer *, const struct flow_tunnel *);

/* Checks untrusted actions: sizes, nesting (at most 16), order. */
struct error *odp_actions_check(const uint8_t *, size_t size) WARN_UNUSED;

/* Appends the text of the actions; "drop" if there are none. */
void odp_actions_format(const uint8_t *, size_t size, const struct odp_names *,
                        struct str *);
/* Appends the actions that the text names. */
struct error *odp_actions_parse(const char *, const struct odp_names *,
                                struct writer *) WARN_UNUSED;

/* Text of a reason and name of its coverage counter. */
const char *odp_drop_reason_text(enum odp_drop_reason);
