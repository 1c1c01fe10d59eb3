/* Runtime commands of dummy devices. */

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/scan.h"
#include "datapath/netdev/netdev_private.h"
#include "datapath/odp/key.h"
#include "net/flow/compose.h"
#include "net/packet/headers.h"
#include "net/packet/packet.h"
#include "rpc/appctl/appctl.h"

static struct netdev *
find_dummy(const char *name)
{
    struct netdev *d = netdev_find(name);
    return d && dummy_is_dummy(d) ? d : NULL;
}

/* The packet that the text, hex or a key, names. */
static struct error *
make_packet(const char *text, size_t len, struct packet **pp)
{
    struct flow flow;

    *pp = packet_create_hex(text);
    if (*pp && (*pp)->size >= ETH_HEADER_LEN) {
        return NULL;
    }
    packet_free(*pp);
    *pp = NULL;
    struct error *error = odp_flow_parse(text, NULL, &flow, NULL);
    if (error) {
        return error;
    }
    *pp = packet_create(PACKET_SMALL_SIZE);
    if (!len) {
        packet_compose(*pp, &flow, NULL, 0);
        return NULL;
    }
    packet_compose(*pp, &flow, "", 0);
    size_t header = (*pp)->size;
    if (len < header) {
        packet_free(*pp);
        *pp = NULL;
        return error_create("too small packet len");
    } else if (len > header) {
        /* The payload makes up the length. */
        packet_compose(*pp, &flow, NULL, len - header);
    }
    return NULL;
}

static void
cmd_receive(struct appctl_conn *conn, int argc, const char *argv[],
            void *aux UNUSED)
{
    struct netdev *d = find_dummy(argv[1]);
    int first = 2;
    int qid = 0;

    if (!d) {
        appctl_reply_error(conn, "no such dummy netdev");
        return;
    }
    if (argc > first + 1 && !strcmp(argv[first], "--qid")) {
        if (!scan_int(argv[first + 1], 10, &qid) || qid < 0
            || qid >= d->n_rxq) {
            appctl_reply_error(conn, "bad rx queue id.");
            return;
        }
        first += 2;
    }
    struct netdev *held = netdev_ref(d);
    struct error *error = NULL;
    for (int i = first; i < argc && !error; i++) {
        struct packet *p;
        uint32_t len = 0;
        bool has_len = argc > i + 2 && !strcmp(argv[i + 1], "--len");
        if (has_len && !scan_u32(argv[i + 2], 10, &len)) {
            error = error_create("%s: bad length", argv[i + 2]);
            break;
        }
        error = make_packet(argv[i], MIN(len, 65535), &p);
        if (!error) {
            error = dummy_receive(held, qid, p);
        }
        i += has_len ? 2 : 0;
    }
    if (error) {
        appctl_reply_error(conn, error_text(error));
        error_destroy(error);
    } else {
        appctl_reply(conn, NULL);
    }
    netdev_close(held);
}

static void
cmd_set_admin_state(struct appctl_conn *conn, int argc, const char *argv[],
                    void *aux UNUSED)
{
    bool up = !strcasecmp(argv[argc - 1], "up");

    if (!up && strcasecmp(argv[argc - 1], "down")) {
        appctl_reply_error(conn, "Invalid Admin State");
        return;
    }
    if (argc > 2) {
        struct netdev *d = find_dummy(argv[1]);
        if (!d) {
            appctl_reply_error(conn, "Unknown Dummy Interface");
            return;
        }
        (void) dummy_set_admin_state(d, up);
    } else {
        size_t n;
        struct netdev **all = netdev_list(&n);
        for (size_t i = 0; i < n; i++) {
            if (dummy_is_dummy(all[i])) {
                (void) dummy_set_admin_state(all[i], up);
            }
        }
        free(all);
    }
    appctl_reply(conn, "OK");
}

static void
cmd_conn_state(struct appctl_conn *conn, int argc, const char *argv[],
               void *aux UNUSED)
{
    struct str s = STR_INITIALIZER;
    if (argc > 1) {
        struct netdev *d = find_dummy(argv[1]);
        str_putf(&s, "%s: %s\n", argv[1], d ? dummy_conn_state(d) : "unknown");
    } else {
        size_t n;
        struct netdev **all = netdev_list(&n);
        for (size_t i = 0; i < n; i++) {
            if (dummy_is_dummy(all[i])) {
                str_putf(&s, "%s: %s\n", all[i]->name,
                         dummy_conn_state(all[i]));
            }
        }
        free(all);
    }
    appctl_reply(conn, str_text(&s));
    str_uninit(&s);
}

static void
cmd_ip4addr(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
            void *aux UNUSED)
{
    struct netdev *d = find_dummy(argv[1]);
    be32 ip, mask;

    if (!d) {
        appctl_reply_error(conn, "Unknown Dummy Interface");
    } else if (!ip4_parse_masked(argv[2], &ip, &mask)) {
        char *text = xasprintf("%s: invalid IP address", argv[2]);
        appctl_reply_error(conn, text);
        free(text);
    } else {
        dummy_set_ip4(d, ip, mask);
        appctl_reply(conn, "OK");
    }
}

static void
cmd_ip6addr(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
            void *aux UNUSED)
{
    struct netdev *d = find_dummy(argv[1]);
    struct ip6_addr ip, mask;

    if (!d) {
        appctl_reply_error(conn, "Unknown Dummy Interface");
    } else if (!ip6_parse_masked(argv[2], &ip, &mask)) {
        char *text = xasprintf("%s: bad IPv6 address", argv[2]);
        appctl_reply_error(conn, text);
        free(text);
    } else {
        dummy_set_ip6(d, ip, mask);
        appctl_reply(conn, "OK");
    }
}

void
dummy_commands_register(void)
{
    appctl_register("netdev-dummy/receive",
                    "name [--qid queue_id] packet|flow [--len packet_len]", 2,
                    APPCTL_ANY, cmd_receive, NULL);
    appctl_register("netdev-dummy/set-admin-state", "[netdev] up|down", 1, 2,
                    cmd_set_admin_state, NULL);
    appctl_register("netdev-dummy/conn-state", "[netdev]", 0, 1,
                    cmd_conn_state, NULL);
    appctl_register("netdev-dummy/ip4addr", "[netdev] ipaddr/mask-prefix-len",
                    2, 2, cmd_ip4addr, NULL);
    appctl_register("netdev-dummy/ip6addr", "[netdev] ip6addr", 2, 2,
                    cmd_ip6addr, NULL);
}
