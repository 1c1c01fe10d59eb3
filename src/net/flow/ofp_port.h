/* OpenFlow port numbers and their text.  32 bits as in OpenFlow 1.1 and
 * later; the reserved ones of OpenFlow 1.0 are mapped at the wire. */

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/strmap.h"

/* OpenFlow 1.3.5 §7.2.1.2. */
enum {
    OFPP_MAX = 0xffffff00,
    OFPP_UNSET = 0xfffffff7,
    OFPP_IN_PORT = 0xfffffff8,
    OFPP_TABLE = 0xfffffff9,
    OFPP_NORMAL = 0xfffffffa,
    OFPP_FLOOD = 0xfffffffb,
    OFPP_ALL = 0xfffffffc,
    OFPP_CONTROLLER = 0xfffffffd,
    OFPP_LOCAL = 0xfffffffe,
    OFPP_NONE = 0xffffffff, /* OFPP_ANY since 1.1. */
    OFPP10_MAX = 0xff00,    /* First reserved number of OpenFlow 1.0. */
};

/* Names of the ports of one switch, both ways; used by texts with names. */
struct port_names {
    struct strmap by_name; /* To (void *) number. */
    struct hmap by_number;
};

void port_names_init(struct port_names *);
void port_names_uninit(struct port_names *);
/* A name that several ports share is forgotten both ways. */
void port_names_add(struct port_names *, uint32_t port, const char *name);
/* NULL if there is none; 'names' may be NULL. */
const char *port_names_find(const struct port_names *, uint32_t port);
bool port_names_lookup(const struct port_names *, const char *name,
                       uint32_t *portp);

/* A number, a reserved name in any case, or a name of 'names' (may be NULL;
 * names that are not words can be in double quotes). */
bool ofp_port_parse(const char *, const struct port_names *,
                    uint32_t *portp) WARN_UNUSED;
void ofp_port_format(uint32_t port, const struct port_names *, struct str *);

/* Whether the number, of 1.1 and later, is one that ports can have here. */
static inline bool
ofp_port_is_valid(uint32_t port)
{
    return port < OFPP10_MAX || port >= OFPP_MAX;
}

/* OpenFlow 1.0's 16-bit number to ours and back. */
uint32_t ofp_port_from_of10(uint16_t of10);
uint16_t ofp_port_to_of10(uint32_t port);
