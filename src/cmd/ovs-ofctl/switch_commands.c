/* Commands about the switch and its ports. */

#include <stdlib.h>
#include <string.h>

#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/switch.h"
#include "sys/process/program.h"

/* Sends a request without body and prints the reply. */
static struct message
show_one(struct ofctl *ofctl, struct vconn *v, enum message_type type)
{
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, type, vconn_version(v), message_next_xid());
    struct message m = ofctl_transact(v, &w);
    writer_uninit(&w);
    ofctl_print_message(ofctl, m.data, m.size, stdout);
    return m;
}

static void
put_port_desc_request(struct writer *w, uint8_t version, uint32_t port)
{
    message_put_simple(w, MSG_PORT_DESC_STATS_REQUEST, version,
                       message_next_xid());
    if (version >= OF15_VERSION) {
        writer_u32(w, port);
        writer_zeros(w, 4);
        message_finish(w, 0);
    }
}

/* Before 1.3 a full reply (of maximum length) does not name all ports. */
static bool
may_lack_ports(const struct message *m)
{
    size_t entry = m->version == OF10_VERSION ? 48 : 64;
    return m->version >= OF13_VERSION || m->size > MESSAGE_MAX_SIZE - entry;
}

void
ofctl_show(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    struct message m = show_one(ofctl, v, MSG_FEATURES_REQUEST);
    if (m.type == MSG_FEATURES_REPLY && may_lack_ports(&m)) {
        struct writer w = WRITER_INITIALIZER;
        put_port_desc_request(&w, vconn_version(v), OFPP_NONE);
        ofctl_dump(ofctl, v, &w);
        writer_uninit(&w);
    }
    vconn_close(v);
    ofctl_dump_trivial(ofctl, argv[0], MSG_GET_CONFIG_REQUEST);
}

void
ofctl_dump_desc(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    ofctl_dump_trivial(ofctl, argv[0], MSG_DESC_STATS_REQUEST);
}

void
ofctl_dump_ports(struct ofctl *ofctl, int argc, char *argv[])
{
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    uint32_t port =
        argc > 1 ? ofctl_port_number(ofctl, argv[0], argv[1]) : OFPP_NONE;
    if (ofctl_prints_names(ofctl)) {
        ofctl_fetch_ports(ofctl, argv[0]);
    }
    struct writer w = WRITER_INITIALIZER;
    port_stats_request_encode(port, vconn_version(v), message_next_xid(), &w);
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
    vconn_close(v);
}

void
ofctl_dump_ports_desc(struct ofctl *ofctl, int argc, char *argv[])
{
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    uint32_t port =
        argc > 1 ? ofctl_port_number(ofctl, argv[0], argv[1]) : OFPP_NONE;
    struct writer w = WRITER_INITIALIZER;
    put_port_desc_request(&w, vconn_version(v), port);
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
    vconn_close(v);
}

static const struct {
    const char *name;
    uint32_t bit;
    bool set;
} port_actions[] = {
    { "up", PORT_DOWN, false },
    { "down", PORT_DOWN, true },
    { "no-stp", PORT_NO_STP, true },
    { "stp", PORT_NO_STP, false },
    { "no-receive", PORT_NO_RECV, true },
    { "receive", PORT_NO_RECV, false },
    { "no-receive-stp", PORT_NO_RECV_STP, true },
    { "receive-stp", PORT_NO_RECV_STP, false },
    { "no-flood", PORT_NO_FLOOD, true },
    { "flood", PORT_NO_FLOOD, false },
    { "no-forward", PORT_NO_FWD, true },
    { "forward", PORT_NO_FWD, false },
    { "no-packet-in", PORT_NO_PACKET_IN, true },
    { "packet-in", PORT_NO_PACKET_IN, false },
};

void
ofctl_mod_port(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct port_info port;
    if (!ofctl_find_port(ofctl, argv[0], argv[1], &port)) {
        program_fatal(0, "%s: couldn't find port `%s'", argv[0], argv[1]);
    }
    struct port_mod mod = { .port_no = port.port_no, .hw_addr = port.hw_addr };
    for (size_t i = 0; i < ARRAY_SIZE(port_actions); i++) {
        if (!strcasecmp(argv[2], port_actions[i].name)) {
            mod.mask = port_actions[i].bit;
            mod.config = port_actions[i].set ? mod.mask : 0;
        }
    }
    if (!mod.mask) {
        program_fatal(0, "unknown mod-port command '%s'", argv[2]);
    }
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    struct writer w = WRITER_INITIALIZER;
    port_mod_encode(&mod, vconn_version(v), message_next_xid(), &w);
    ofctl_send_checked(v, &w);
    writer_uninit(&w);
    vconn_close(v);
}

/* Fragments. */

static const char *const frag_names[] = {
    [SWITCH_FRAG_NORMAL] = "normal",
    [SWITCH_FRAG_DROP] = "drop",
    [SWITCH_FRAG_REASM] = "reassemble",
    [SWITCH_FRAG_NX_MATCH] = "nx-match",
};

static struct switch_config
get_config(struct vconn *v)
{
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, MSG_GET_CONFIG_REQUEST, vconn_version(v),
                       message_next_xid());
    struct message m = ofctl_transact(v, &w);
    writer_uninit(&w);
    struct switch_config config;
    if (m.type != MSG_GET_CONFIG_REPLY || switch_config_decode(&m, &config)) {
        program_fatal(0, "%s: bad reply to config request", vconn_name(v));
    }
    return config;
}

void
ofctl_get_frags(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    puts(frag_names[get_config(v).flags & SWITCH_FRAG_MASK]);
    vconn_close(v);
}

void
ofctl_set_frags(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    unsigned int mode = 0;
    while (mode < ARRAY_SIZE(frag_names)
           && strcasecmp(argv[1], frag_names[mode])) {
        mode++;
    }
    if (mode == ARRAY_SIZE(frag_names)) {
        program_fatal(0, "%s: unknown fragment handling mode", argv[1]);
    }
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    struct switch_config config = get_config(v);
    if ((config.flags & SWITCH_FRAG_MASK) != mode) {
        config.flags =
            (uint16_t) ((config.flags & ~(unsigned int) SWITCH_FRAG_MASK)
                        | mode);
        struct writer w = WRITER_INITIALIZER;
        switch_config_encode(&config, MSG_SET_CONFIG, vconn_version(v),
                             message_next_xid(), &w);
        enum ofperr error = ofctl_send_asking(v, &w);
        writer_uninit(&w);
        if (error || (get_config(v).flags & SWITCH_FRAG_MASK) != mode) {
            program_fatal(0,
                          "%s: setting fragment handling mode failed (this "
                          "switch probably doesn't support mode \"%s\")",
                          argv[0], frag_names[mode]);
        }
    }
    vconn_close(v);
}
