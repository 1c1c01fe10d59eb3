/* A compiled program: private to this module. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct odp_attr;

struct program_op {
    uint16_t type; /* enum odp_action_attr. */
    bool last;     /* The packets are not needed after it. */
    uint32_t arg;  /* First 32 bits of the payload. */
    const struct odp_attr *attr;
};

struct program {
    size_t n;
    struct program_op ops[];
};
