/* Ports of the datapath.  Main thread. */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "datapath/forward/forward_private.h"
#include "sys/log/log.h"

LOG_MODULE(dpif_netdev_port);

/* Simulation: "br0" is 100, "p7" is 7 where that is free. */
static uint32_t
number_by_name(const struct forward *f, const char *name)
{
    enum { BRIDGES_START = 100 };

    uint32_t start = strncmp(name, "br", 2) ? 0 : BRIDGES_START;
    const char *p = name;
    while (*p && !isdigit((unsigned char) *p)) {
        p++;
    }
    if (*p) {
        uint64_t x = 0;
        for (; isdigit((unsigned char) *p) && x <= FORWARD_MAX_PORT; p++) {
            x = x * 10 + (*p - '0');
        }
        x += start;
        if (x > 0 && x <= FORWARD_MAX_PORT && !f->by_number[x]) {
            return x;
        }
    }
    return ODP_PORT_NONE;
}

static uint32_t
choose_number(const struct forward *f, const char *name)
{
    uint32_t number = f->is_dummy ? number_by_name(f, name) : ODP_PORT_NONE;
    for (uint32_t i = 1; number == ODP_PORT_NONE && i <= FORWARD_MAX_PORT;
         i++) {
        if (!f->by_number[i]) {
            number = i;
        }
    }
    return number;
}

static void
on_pushed(void *f_, struct netdev *netdev, int qid UNUSED, struct packet *p)
{
    struct forward *f = f_;
    struct context c;
    struct packet_batch batch;

    for (uint32_t i = 0; i <= FORWARD_MAX_PORT; i++) {
        struct forward_port *port = f->by_number[i];
        if (port && port->netdev == netdev) {
            context_init(&c, f, NULL);
            packet_batch_init_packet(&batch, p);
            context_receive(&c, &batch, port);
            context_flush(&c);
            return;
        }
    }
    packet_free(p);
}

static struct error *
open_queues(struct forward_port *port)
{
    int n = port->netdev->queue_kind == NETDEV_QUEUES_KERNEL ? 1 : 0;
    port->rxqs = xcalloc(MAX(n, 1), sizeof *port->rxqs);
    for (int i = 0; i < n; i++) {
        int error = netdev_rxq_open(port->netdev, i, &port->rxqs[i]);
        if (error) {
            return error_create("%s: cannot receive: %s", port->netdev->name,
                                strerror(error));
        }
        port->n_rxqs++;
    }
    return NULL;
}

static void
port_free(struct forward_port *port)
{
    for (size_t i = 0; i < port->n_rxqs; i++) {
        netdev_rxq_close(port->rxqs[i]);
    }
    netdev_close(port->netdev);
    free(port->rxqs);
    free(port->type);
    free(port);
}

struct error *
forward_port_add(struct datapath *dp, struct netdev *netdev, uint32_t *numberp)
{
    struct forward *f = forward_cast(dp);
    uint32_t number = *numberp;

    if (forward_port_find(dp, netdev->name, NULL)) {
        return error_create("%s: %s", netdev->name, strerror(EEXIST));
    }
    if (number != ODP_PORT_NONE
        && (number > FORWARD_MAX_PORT || f->by_number[number])) {
        return error_create("%s: port number %u: %s", netdev->name, number,
                            strerror(EBUSY));
    }
    if (number == ODP_PORT_NONE) {
        number = choose_number(f, netdev->name);
    }
    if (number == ODP_PORT_NONE) {
        return error_create("%s: %s", netdev->name, strerror(EFBIG));
    }
    struct forward_port *port = xzalloc(sizeof *port);
    port->number = number;
    port->netdev = netdev_ref(netdev);
    port->type = xstrdup(netdev_type(netdev));
    struct error *error = open_queues(port);
    if (error) {
        port_free(port);
        return error;
    }
    if (!strcmp(port->type, "system") && port->n_rxqs == 1) {
        port->ifindex = MAX(netdev_get_ifindex(netdev), 0);
    }
    __atomic_store_n(&f->by_number[number], port, __ATOMIC_RELEASE);
    f->n_ports++;
    if (netdev->queue_kind == NETDEV_QUEUES_PUSHED) {
        netdev_set_pushed(netdev, on_pushed, f);
    } else if (port->n_rxqs) {
        workers_start(f);
        workers_park(f);
        for (size_t i = 0; i < port->n_rxqs; i++) {
            worker_add_queue(f, port, port->rxqs[i]);
        }
        workers_unpark(f);
    }
    *numberp = number;
    return NULL;
}

struct error *
forward_port_delete(struct datapath *dp, uint32_t number)
{
    struct forward *f = forward_cast(dp);
    struct forward_port *port =
        number <= FORWARD_MAX_PORT ? f->by_number[number] : NULL;

    if (!port) {
        return error_create("port %u: %s", number, strerror(ENOENT));
    }
    __atomic_store_n(&f->by_number[number], NULL, __ATOMIC_RELEASE);
    f->n_ports--;
    if (port->netdev->queue_kind == NETDEV_QUEUES_PUSHED) {
        netdev_set_pushed(port->netdev, NULL, NULL);
    }
    promote_remove_port(f, port);
    workers_park(f);
    workers_remove_port(f, port);
    workers_unpark(f);
    /* Nobody may be about to send to it. */
    rcu_offline();
    rcu_synchronize();
    rcu_online();
    port_free(port);
    return NULL;
}

static void
describe(const struct forward_port *port, struct datapath_port *out)
{
    out->number = port->number;
    out->name = xstrdup(port->netdev->name);
    out->type = xstrdup(port->type);
}

bool
forward_port_find(const struct datapath *dp, const char *name,
                  struct datapath_port *out)
{
    const struct forward *f = forward_cast(dp);
    size_t left = f->n_ports;
    for (uint32_t i = 0; i <= FORWARD_MAX_PORT && left; i++) {
        const struct forward_port *port = f->by_number[i];
        left -= port != NULL;
        if (port && !strcmp(port->netdev->name, name)) {
            if (out) {
                describe(port, out);
            }
            return true;
        }
    }
    return false;
}

size_t
forward_port_list(const struct datapath *dp, struct datapath_port **portsp)
{
    const struct forward *f = forward_cast(dp);
    struct datapath_port *ports = xcalloc(f->n_ports + 1, sizeof *ports);
    size_t n = 0;
    for (uint32_t i = 0; i <= FORWARD_MAX_PORT && n < f->n_ports; i++) {
        if (f->by_number[i]) {
            describe(f->by_number[i], &ports[n++]);
        }
    }
    *portsp = ports;
    return n;
}
