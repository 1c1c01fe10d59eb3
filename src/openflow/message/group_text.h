/* Groups as text: "group_id=1,type=select,bucket=weight:5,output:1". */

#pragma once

#include "openflow/message/group.h"

/* 'command' -1: the text's first word may name it.  '*usablep' is the set of
 * enum flow_protocol bits that can express the group.  Initializes 'gm' in any
 * case; the caller uninits its 'desc'. */
struct error *group_mod_parse(const char *text, int command,
                              const struct actions_format *,
                              struct group_mod *gm,
                              unsigned int *usablep) WARN_UNUSED;
/* "group_id=1,type=...,bucket=..."; 'with_ids': numbers of buckets, too. */
void group_desc_format(const struct group_desc *,
                       const struct actions_format *, bool with_ids,
                       struct str *);
/* "ADD group_id=..." */
void group_mod_format(const struct group_mod *, const struct actions_format *,
                      bool with_ids, struct str *);
/* A number, "all" or "any". */
bool group_id_parse(const char *, uint32_t *idp) WARN_UNUSED;
