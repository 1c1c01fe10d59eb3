/* Names of the switch's ports and tables. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/switch.h"
#include "openflow/message/table.h"
#include "sys/process/program.h"

bool
ofctl_prints_names(const struct ofctl *ofctl)
{
    return ofctl->use_names < 0 ? isatty(STDOUT_FILENO) : ofctl->use_names;
}

/* Visits ports in 'body'; false if the visitor wants no more. */
static bool
visit_ports(struct reader *body, uint8_t version, port_visitor *visit,
            void *aux)
{
    while (body->left) {
        struct port_info port;
        if (port_info_decode(body, version, &port)) {
            break;
        }
        if (!visit(aux, &port)) {
            return false;
        }
    }
    return true;
}

/* Until 1.2 ports are in the features, unless that reply is full. */
void
ofctl_for_each_port(struct ofctl *ofctl, const char *target,
                    port_visitor *visit, void *aux)
{
    struct vconn *v = ofctl_open(ofctl, target);
    uint8_t version = vconn_version(v);
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w,
                       version < OF13_VERSION ? MSG_FEATURES_REQUEST
                                              : MSG_PORT_DESC_STATS_REQUEST,
                       version, message_next_xid());
    if (version == OF15_VERSION) {
        put_be32(writer_grow(&w, 4), OFPP_NONE);
        writer_zeros(&w, 4);
        message_finish(&w, 0);
    }
    struct message m = ofctl_transact(v, &w);
    writer_uninit(&w);
    for (;;) {
        struct reader body = reader_init(m.body, m.body_size);
        struct switch_features features;
        if (m.type == MSG_FEATURES_REPLY
            && switch_features_decode(&m, &features, &body)) {
            break;
        }
        if ((m.type != MSG_FEATURES_REPLY
             && m.type != MSG_PORT_DESC_STATS_REPLY)
            || !visit_ports(&body, version, visit, aux) || !m.more) {
            break;
        }
        const uint8_t *data;
        size_t size;
        int error = vconn_recv_xid(v, m.xid, &data, &size);
        if (error || message_decode(data, size, &m)) {
            break;
        }
    }
    vconn_close(v);
}

static bool
add_port_name(void *ofctl_, const struct port_info *port)
{
    struct ofctl *ofctl = ofctl_;
    port_names_add(&ofctl->ports, port->port_no, port->name);
    return true;
}

void
ofctl_fetch_ports(struct ofctl *ofctl, const char *target)
{
    if (!ofctl->names.ports && ofctl->use_names) {
        ofctl_for_each_port(ofctl, target, add_port_name, ofctl);
        ofctl->names.ports = &ofctl->ports;
        if (ofctl_prints_names(ofctl)) {
            ofctl->shown.ports = &ofctl->ports;
        }
    }
}

/* From 1.3 on names are in the table features. */
static void
add_table_names(struct ofctl *ofctl, const struct message *m)
{
    struct reader r = reader_init(m->body, m->body_size);
    struct table_features f;
    struct table_stats stats;
    bool done = false;
    while (!(m->type == MSG_TABLE_STATS_REPLY
                 ? table_stats_decode(m, &r, &f, &stats, &done)
                 : table_features_decode(m, &r, &f, &done))
           && !done) {
        if (f.name[0]) {
            port_names_add(&ofctl->tables, f.table_id, f.name);
        }
    }
}

void
ofctl_fetch_tables(struct ofctl *ofctl, const char *target)
{
    if (ofctl->names.tables || !ofctl->use_names) {
        return;
    }
    struct vconn *v = ofctl_open(ofctl, target);
    uint8_t version = vconn_version(v);
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w,
                       version < OF13_VERSION
                           ? MSG_TABLE_STATS_REQUEST
                           : MSG_TABLE_FEATURES_STATS_REQUEST,
                       version, message_next_xid());
    struct message m = ofctl_transact(v, &w);
    writer_uninit(&w);
    for (;;) {
        if (m.type != MSG_TABLE_STATS_REPLY
            && m.type != MSG_TABLE_FEATURES_STATS_REPLY) {
            break;
        }
        add_table_names(ofctl, &m);
        const uint8_t *data;
        size_t size;
        if (!m.more || vconn_recv_xid(v, m.xid, &data, &size)
            || message_decode(data, size, &m)) {
            break;
        }
    }
    vconn_close(v);
    ofctl->names.tables = &ofctl->tables;
    if (ofctl_prints_names(ofctl)) {
        ofctl->shown.tables = &ofctl->tables;
    }
}

struct wanted_port {
    const char *name;
    uint32_t number;
    bool by_number;
    bool found;
    struct port_info *info;
};

static bool
look_at_port(void *wanted_, const struct port_info *port)
{
    struct wanted_port *wanted = wanted_;
    if (wanted->by_number ? port->port_no == wanted->number
                          : !strcmp(port->name, wanted->name)) {
        *wanted->info = *port;
        wanted->found = true;
    }
    return !wanted->found;
}

bool
ofctl_find_port(struct ofctl *ofctl, const char *target, const char *name,
                struct port_info *info)
{
    struct wanted_port wanted = { .name = name, .info = info };
    wanted.by_number = ofp_port_parse(name, NULL, &wanted.number);
    ofctl_for_each_port(ofctl, target, look_at_port, &wanted);
    return wanted.found;
}

uint32_t
ofctl_port_number(struct ofctl *ofctl, const char *target, const char *name)
{
    uint32_t number;
    struct port_info info;
    if (ofp_port_parse(name, NULL, &number)) {
        return number;
    }
    if (!ofctl_find_port(ofctl, target, name, &info)) {
        program_fatal(0, "%s: unknown port `%s'", target, name);
    }
    return info.port_no;
}
