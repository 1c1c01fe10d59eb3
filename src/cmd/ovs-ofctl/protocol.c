/* Which way flows travel: OpenFlow 1.0, its extensions, or later ones. */

#include <stdlib.h>

#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/flow_text.h"
#include "sys/process/program.h"

enum flow_protocol
ofctl_choose_protocol(const struct ofctl *ofctl, unsigned int usable)
{
    for (int i = 0; i < N_FLOW_PROTOCOLS; i++) {
        if (ofctl->protocols & usable & 1u << i) {
            return (enum flow_protocol) i;
        }
    }
    char *allowed = flow_protocols_to_string(ofctl->protocols);
    char *wanted = flow_protocols_to_string(usable);
    program_fatal(0,
                  "none of the usable flow formats (%s) is among the allowed "
                  "flow formats (%s)",
                  wanted, allowed);
}

/* Tells the switch which protocol comes, if that needs to be told; false if
 * it does not know it. */
static bool
set_protocol(struct vconn *v, enum flow_protocol protocol)
{
    struct writer w = WRITER_INITIALIZER;
    bool ok = true;
    if (protocol == FLOW_PROTOCOL_NXM || protocol == FLOW_PROTOCOL_NXM_TID) {
        message_begin(&w, MSG_RAW_NXT_SET_FLOW_FORMAT, OF10_VERSION,
                      message_next_xid());
        writer_u32(&w, 2); /* NXM. */
        message_finish(&w, 0);
        ok = !ofctl_send_asking(v, &w);
    }
    if (ok
        && (protocol == FLOW_PROTOCOL_OF10_TID
            || protocol == FLOW_PROTOCOL_NXM_TID)) {
        message_begin(&w, MSG_RAW_NXT_FLOW_MOD_TABLE_ID, OF10_VERSION,
                      message_next_xid());
        writer_u8(&w, 1);
        writer_zeros(&w, 7);
        message_finish(&w, 0);
        ok = !ofctl_send_asking(v, &w);
    }
    writer_uninit(&w);
    return ok;
}

/* The set of protocols of the connection's version. */
static unsigned int
of_version(const struct vconn *v)
{
    unsigned int set = 0;
    for (int i = 0; i < N_FLOW_PROTOCOLS; i++) {
        if (flow_protocol_version((enum flow_protocol) i)
            == vconn_version(v)) {
            set |= 1u << i;
        }
    }
    return set;
}

/* Tries those of 'usable' in the order of 'order'. */
static struct vconn *
open_with(struct ofctl *ofctl, const char *target, unsigned int usable,
          const enum flow_protocol *order, enum flow_protocol *protocolp)
{
    if (!(usable & ofctl->protocols)) {
        (void) ofctl_choose_protocol(ofctl, usable);
    }
    struct vconn *v = ofctl_open(ofctl, target);
    unsigned int set = usable & ofctl->protocols & of_version(v);
    for (int i = 0; i < N_FLOW_PROTOCOLS; i++) {
        if (set & 1u << order[i] && set_protocol(v, order[i])) {
            *protocolp = order[i];
            return v;
        }
    }
    char *text = flow_protocols_to_string(usable & ofctl->protocols);
    program_fatal(0,
                  "switch does not support any of the usable flow "
                  "formats (%s)",
                  text);
}

struct vconn *
ofctl_open_for_flow_mod(struct ofctl *ofctl, const char *target,
                        unsigned int usable, enum flow_protocol *protocolp)
{
    static const enum flow_protocol order[N_FLOW_PROTOCOLS] = {
        FLOW_PROTOCOL_OF10,    FLOW_PROTOCOL_OF10_TID, FLOW_PROTOCOL_NXM,
        FLOW_PROTOCOL_NXM_TID, FLOW_PROTOCOL_OF11,     FLOW_PROTOCOL_OF12,
        FLOW_PROTOCOL_OF13,    FLOW_PROTOCOL_OF14,     FLOW_PROTOCOL_OF15,
    };

    return open_with(ofctl, target, usable, order, protocolp);
}

struct vconn *
ofctl_open_for_dump(struct ofctl *ofctl, const char *target,
                    unsigned int usable, enum flow_protocol *protocolp)
{
    /* The richest ones first: no flow is left out. */
    static const enum flow_protocol order[N_FLOW_PROTOCOLS] = {
        FLOW_PROTOCOL_OF15,    FLOW_PROTOCOL_OF14, FLOW_PROTOCOL_OF13,
        FLOW_PROTOCOL_OF12,    FLOW_PROTOCOL_OF11, FLOW_PROTOCOL_NXM,
        FLOW_PROTOCOL_NXM_TID, FLOW_PROTOCOL_OF10, FLOW_PROTOCOL_OF10_TID,
    };

    /* Requests carry the table whether or not flow_mods do. */
    if (usable & 1u << FLOW_PROTOCOL_NXM_TID) {
        usable |= 1u << FLOW_PROTOCOL_NXM;
    }
    if (usable & 1u << FLOW_PROTOCOL_OF10_TID) {
        usable |= 1u << FLOW_PROTOCOL_OF10;
    }
    return open_with(ofctl, target, usable, order, protocolp);
}
