/* Numbers of actions and fields in the bit maps and lists of table features,
 * by version. */

#pragma once

#include "openflow/message/table.h"

struct table_action_row {
    const char *name;
    int8_t of10, of11, of12; /* Type in the version, 1.2 and later; -1. */
};

extern const struct table_action_row table_action_rows[N_TABLE_ACTIONS];

/* Bits by the version's action types, to and from ours. */
uint32_t table_actions_to_wire(uint32_t actions, uint8_t version);
uint32_t table_actions_from_wire(uint32_t types, uint8_t version);

/* Bits of fields before 1.3: wildcards of 1.0, OFPFMF11_*, and OXM numbers of
 * 1.2. */
uint64_t table_fields_to_wire(const unsigned long *fields, uint8_t version);
void table_fields_from_wire(uint64_t bits, uint8_t version,
                            unsigned long *fields);
