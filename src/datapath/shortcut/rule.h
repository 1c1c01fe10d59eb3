/* From a datapath flow to what the shortcut's programs understand. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "datapath/shortcut/layout.h"
#include "net/flow/mask.h"

struct shortcut_rule {
    struct shortcut_key key; /* Masked. */
    struct shortcut_key mask;
    struct shortcut_op ops[SHORTCUT_MAX_OPS];
    uint32_t n_ops; /* 0: drop. */
};

/* Which of the datapath's ports are devices of the kernel. */
struct shortcut_ports {
    /* Index of the device that is behind a port, or 0. */
    uint32_t (*ifindex_of)(const void *aux, uint32_t port);
    const void *aux;
};

/* Fills 'rule'.  NULL, or why the flow is not for the shortcut: static. */
const char *shortcut_rule_init(struct shortcut_rule *, const struct flow *key,
                               const struct flow_mask *,
                               const uint8_t *actions, size_t size,
                               const struct shortcut_ports *);
