/* packet-out. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "net/flow/field.h"
#include "sys/process/program.h"

enum { ETHERNET_HEADER_SIZE = 14 };

static struct error *
set_in_port(struct packet_out *po, uint32_t port)
{
    union field_value value = { .be32 = be32_from_host(port) };
    return field_set_match(field_from_id(FIELD_IN_PORT_OXM), &value, NULL,
                           &po->metadata);
}

static struct error *
parse_packet(const char *text, struct writer *bytes)
{
    const char *end;
    size_t max = strlen(text) / 2 + 1;
    size_t n = scan_hex_bytes(text, writer_grow(bytes, max), max, &end);
    writer_truncate(bytes, n);
    if (*end) {
        return error_create("packet: Trailing garbage in packet data");
    } else if (n < ETHERNET_HEADER_SIZE) {
        return error_create("packet: Packet data too short for Ethernet");
    }
    return NULL;
}

/* One key of the text; "actions" is not among them. */
static struct error *
parse_key(struct ofctl *ofctl, const char *key, const char *value,
          struct packet_out *po, struct writer *bytes)
{
    uint32_t port;
    if (!*value) {
        return error_create("field %s missing value", key);
    } else if (!strcmp(key, "in_port")) {
        return ofp_port_parse(value, ofctl->names.ports, &port)
                   ? set_in_port(po, port)
                   : error_create("%s is not a valid OpenFlow port", value);
    } else if (!strcmp(key, "packet")) {
        writer_clear(bytes);
        return parse_packet(value, bytes);
    }
    return match_parse_key(&po->metadata, key, value, ofctl->names.ports);
}

/* Cuts the actions off and returns them, or NULL. */
static char *
cut_actions(char *text)
{
    char *p = strstr(text, "action");
    char *equals = p ? strchr(p, '=') : NULL;
    if (!equals) {
        return NULL;
    }
    *p = '\0';
    return equals + 1;
}

struct error *
ofctl_parse_packet_out(struct ofctl *ofctl, const char *text,
                       struct packet_out *po, struct writer *bytes)
{
    *po = (struct packet_out){ .buffer_id = UINT32_MAX };
    actions_init(&po->actions);
    match_init_any(&po->metadata);
    struct error *error = set_in_port(po, OFPP_CONTROLLER);
    char *copy = xstrdup(text);
    char *actions = cut_actions(copy);
    char *rest = copy;
    char *key, *value;
    while (!error && scan_key_value(&rest, &key, &value, NULL)) {
        error = parse_key(ofctl, key, value, po, bytes);
    }
    if (!error && !bytes->size) {
        error = error_create("must specify packet");
    }
    if (!error && actions) {
        error = actions_parse(actions, &ofctl->names, 0, &po->actions);
    }
    free(copy);
    po->packet = bytes->data;
    po->packet_size = bytes->size;
    return error;
}

/* The older form: in_port actions packet... */
static struct error *
parse_old_form(struct ofctl *ofctl, char *argv[], struct packet_out *po)
{
    uint32_t port;
    if (!ofp_port_parse(argv[0], ofctl->names.ports, &port)) {
        return error_create("%s is not a valid OpenFlow port", argv[0]);
    }
    struct error *error = set_in_port(po, port);
    return error ? error
                 : actions_parse(argv[1], &ofctl->names, 0, &po->actions);
}

static void
send_packet(struct vconn *v, const struct packet_out *po)
{
    struct writer w = WRITER_INITIALIZER;
    packet_out_encode(po, vconn_version(v), message_next_xid(), &w);
    ofctl_send_checked(v, &w);
    writer_uninit(&w);
}

/* Sends the packets argv[2]... */
static void
send_old_form(struct ofctl *ofctl, int argc, char *argv[])
{
    struct packet_out po = { .buffer_id = UINT32_MAX };
    actions_init(&po.actions);
    match_init_any(&po.metadata);
    struct error *error = parse_old_form(ofctl, argv + 1, &po);
    if (error) {
        program_fatal_error(error);
    }
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    for (int i = 3; i < argc; i++) {
        struct writer bytes = WRITER_INITIALIZER;
        error = parse_packet(argv[i], &bytes);
        if (error) {
            const char *text = error_text(error);
            program_fatal(0, "%s", text + strlen("packet: "));
        }
        po.packet = bytes.data;
        po.packet_size = bytes.size;
        send_packet(v, &po);
        writer_uninit(&bytes);
    }
    packet_out_uninit(&po);
    vconn_close(v);
}

void
ofctl_packet_out(struct ofctl *ofctl, int argc, char *argv[])
{
    ofctl_fetch_tables(ofctl, argv[0]);
    ofctl_fetch_ports(ofctl, argv[0]);
    if (argc > 3) {
        send_old_form(ofctl, argc, argv);
        return;
    } else if (argc == 3) {
        program_fatal(0, "Too many arguments");
    }
    struct packet_out po;
    struct writer bytes = WRITER_INITIALIZER;
    struct error *error = ofctl_parse_packet_out(ofctl, argv[1], &po, &bytes);
    if (error) {
        program_fatal_error(error);
    }
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    send_packet(v, &po);
    packet_out_uninit(&po);
    writer_uninit(&bytes);
    vconn_close(v);
}
