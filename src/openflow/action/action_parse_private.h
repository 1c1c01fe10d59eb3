/* What the files that parse actions share. */

#pragma once

#include "openflow/action/action_private.h"

/* An action list being parsed. */
struct parse {
    const struct actions_format *options; /* Names, or NULL. */
    unsigned int flags;                   /* ACTIONS_PARSE_*. */
    struct actions *out;                  /* Appended to. */
    const char *name;                     /* Of the present action. */
    char delimiter; /* Between name and argument: '(', ':', '=' or 0. */
    char *rest;     /* Text behind the present action. */
};

/* action_parse.c */
struct error *parse_number(const char *, uint64_t *) WARN_UNUSED;
/* "invalid NAME \"TEXT\"" if it is no number up to 'max'. */
struct error *parse_bounded(const char *, const char *name, uint64_t max,
                            uint64_t *) WARN_UNUSED;
/* "TEXT: WHAT to unknown port" */
struct error *parse_port(const char *, const char *what, const struct parse *,
                         uint32_t *portp) WARN_UNUSED;
struct error *parse_table(const char *, const struct parse *,
                          uint8_t *tablep) WARN_UNUSED;

/* Flags for the list inside the present action. */
static inline unsigned int
parse_nested_flags(const struct parse *p)
{
    return (p->flags & ~(unsigned int) ACTIONS_PARSE_INSTRUCTIONS)
           + ACTIONS_PARSE_NESTED;
}

/* One per action that takes arguments: appends it to 'out'.  They may write
 * into 'arg'. */
struct error *parse_output(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_controller(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_enqueue(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_set_field(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_load(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_move(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_push(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_pop(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_dec_ttl(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_fin_timeout(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_resubmit(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_learn(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_conjunction(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_note(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_ct(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_nat(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_clone(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_check_pkt_larger(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_delete_field(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_write_actions(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_write_metadata(struct parse *, char *arg) WARN_UNUSED;
struct error *parse_goto_table(struct parse *, char *arg) WARN_UNUSED;
/* An action that is not there yet. */
struct error *parse_not_yet(struct parse *, char *arg) WARN_UNUSED;
