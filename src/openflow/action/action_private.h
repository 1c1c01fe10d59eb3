/* What the files of this module share. */

#pragma once

#include "openflow/action/action.h"

/* Instructions in the order in which a list keeps them: OpenFlow 1.3.5 §5.9.
 */
enum instruction {
    INSTRUCTION_METER,
    INSTRUCTION_APPLY,
    INSTRUCTION_CLEAR,
    INSTRUCTION_WRITE,
    INSTRUCTION_METADATA,
    INSTRUCTION_GOTO,
};

enum instruction action_instruction(const struct action *);

/* Adds an action that others are put into: returns its offset, for
 * actions_close(), which sets its size and returns it. */
size_t actions_open(struct actions *, enum action_type, size_t size);
void *actions_close(struct actions *, size_t offset);
void actions_append(struct actions *, const void *data, size_t size);
/* Whether all significant bits of the field are set. */
bool action_sets_whole(const struct action_set_field *);

/* action_warn.c: a "source" or "destination" that no packet of the flow has. */
void action_warn_end(const struct field *, const char *end);

/* action_format.c: the list nested in an action, or a whole one. */
void actions_format_list(const void *data, size_t size,
                         const struct actions_format *, struct str *);
/* action_learn_text.c */
void action_learn_format(const struct action_learn *,
                         const struct actions_format *, struct str *);
/* action_ct_text.c */
void action_ct_format(const struct action_ct *, const struct actions_format *,
                      struct str *);
void action_nat_format(const struct action_nat *, struct str *);
/* Added to the flags of lists inside others, once a level. */
#define ACTIONS_PARSE_NESTED 0x100

/* action_parse.c: appends what 'text', which it spoils, says. */
struct error *actions_parse_list(char *text, const struct actions_format *,
                                 unsigned int flags,
                                 struct actions *) WARN_UNUSED;
/* Appends a set_field of 'field'; 'mask' NULL is all bits. */
struct action_set_field *actions_add_set_field(struct actions *,
                                               const struct field *,
                                               const union field_value *value,
                                               const union field_value *mask);

struct reader;

/* action_learn_wire.c, action_ct_wire.c: bodies from behind the subtype on. */
enum ofperr action_learn_decode(struct reader *, bool learn2,
                                struct actions *) WARN_UNUSED;
void action_learn_encode(const struct action_learn *, struct writer *);
enum ofperr action_ct_decode(struct reader *, uint8_t version,
                             unsigned int depth, struct actions *) WARN_UNUSED;
enum ofperr action_nat_decode(struct reader *, struct actions *) WARN_UNUSED;
void action_ct_encode(const struct action_ct *, uint8_t version,
                      struct writer *);
void action_nat_encode(const struct action_nat *, struct writer *);
/* action_decode.c: actions until the reader's end, inside 'depth' others. */
enum ofperr actions_decode_list(struct reader *, uint8_t version,
                                unsigned int depth,
                                struct actions *) WARN_UNUSED;
/* action_encode.c */
void actions_encode_list(const void *data, size_t size, uint8_t version,
                         struct writer *);
/* Begins a Nicira action and returns its offset; ends it, padded to 8. */
size_t action_begin_nx(struct writer *, uint16_t subtype);
void action_end(struct writer *, size_t start);
