/* Numbers of actions and instructions on the wire, and what the files that
 * encode and decode share. */

#pragma once

#include "base/reader.h"
#include "base/writer.h"
#include "openflow/action/action_private.h"

enum {
    OFPAT_EXPERIMENTER = 0xffff,
    NX_VENDOR = 0x00002320,
    ONF_VENDOR = 0x4f4e4600,
};

/* Instructions: OpenFlow 1.3.5 §7.2.4. */
enum {
    OFPIT_GOTO_TABLE = 1,
    OFPIT_WRITE_METADATA = 2,
    OFPIT_WRITE_ACTIONS = 3,
    OFPIT_APPLY_ACTIONS = 4,
    OFPIT_CLEAR_ACTIONS = 5,
    OFPIT_METER = 6,
    OFPIT_EXPERIMENTER = 0xffff,
};

/* Subtypes of Nicira's actions. */
enum {
    NXAST_RESUBMIT = 1,
    NXAST_SET_TUNNEL = 2,
    NXAST_SET_QUEUE = 4,
    NXAST_POP_QUEUE = 5,
    NXAST_REG_MOVE = 6,
    NXAST_REG_LOAD = 7,
    NXAST_NOTE = 8,
    NXAST_SET_TUNNEL64 = 9,
    NXAST_RESUBMIT_TABLE = 14,
    NXAST_OUTPUT_REG = 15,
    NXAST_LEARN = 16,
    NXAST_EXIT = 17,
    NXAST_DEC_TTL = 18,
    NXAST_FIN_TIMEOUT = 19,
    NXAST_CONTROLLER = 20,
    NXAST_DEC_TTL_CNT_IDS = 21,
    NXAST_WRITE_METADATA = 22,
    NXAST_PUSH_MPLS = 23,
    NXAST_POP_MPLS = 24,
    NXAST_SET_MPLS_TTL = 25,
    NXAST_DEC_MPLS_TTL = 26,
    NXAST_STACK_PUSH = 27,
    NXAST_STACK_POP = 28,
    NXAST_SET_MPLS_LABEL = 30,
    NXAST_SET_MPLS_TC = 31,
    NXAST_OUTPUT_REG2 = 32,
    NXAST_REG_LOAD2 = 33,
    NXAST_CONJUNCTION = 34,
    NXAST_CT = 35,
    NXAST_NAT = 36,
    NXAST_CONTROLLER2 = 37,
    NXAST_OUTPUT_TRUNC = 39,
    NXAST_GROUP = 40,
    NXAST_CLONE = 42,
    NXAST_CT_CLEAR = 43,
    NXAST_RESUBMIT_TABLE_CT = 44,
    NXAST_LEARN2 = 45,
    NXAST_DEC_NSH_TTL = 48,
    NXAST_CHECK_PKT_LARGER = 49,
    NXAST_DELETE_FIELD = 50,
};

/* Begins a standard action or instruction and returns its offset. */
size_t action_begin(struct writer *, uint16_t type);

/* action_field_wire.c */
void action_put_set_field(const struct action_set_field *, uint8_t version,
                          struct writer *);
void action_put_subfields(const struct action *, uint8_t version,
                          struct writer *);
/* The 32-bit header of a field; 0 if it needs more. */
uint32_t action_header32(const struct field *);
enum ofperr action_field_from_header32(uint32_t header,
                                       const struct field **) WARN_UNUSED;
/* Standard set_field (25) or copy_field (28), from behind the first 4 bytes.
 */
enum ofperr action_set_field_decode(struct reader *, uint8_t version,
                                    struct actions *) WARN_UNUSED;
enum ofperr action_copy_field_decode(struct reader *,
                                     struct actions *) WARN_UNUSED;
/* Nicira's on fields, by subtype. */
enum ofperr action_field_decode(struct reader *, uint16_t subtype,
                                struct actions *) WARN_UNUSED;
/* A subfield of 'start' and 'n_bits', checked. */
enum ofperr action_subfield_make(const struct field *, unsigned int start,
                                 unsigned int n_bits,
                                 struct subfield *) WARN_UNUSED;
