/* Sets of named bits as text: "syn|ack" when all bits count, "+syn-ack" when
 * some do. */

#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Which bits have which names. */
struct flag_names {
    const char *kind;         /* In errors: "TCP", "ct_state", "tunnel". */
    uint32_t allowed;         /* Bits that may be given. */
    const char *const *names; /* Of bit 0, 1, ...; NULL for none. */
    unsigned n_names;
};

extern const struct flag_names flag_names_tcp;
extern const struct flag_names flag_names_ct_state;
extern const struct flag_names flag_names_tunnel;

struct error *flags_parse(const struct flag_names *, const char *text,
                          uint32_t *flagsp, uint32_t *maskp) WARN_UNUSED;
/* "a|b"; "0" without any; bits without names in hex in brackets. */
void flags_format(const struct flag_names *, uint32_t flags, struct str *);
/* "+a-b" for the bits of 'mask'. */
void flags_format_masked(const struct flag_names *, uint32_t flags,
                         uint32_t mask, struct str *);
