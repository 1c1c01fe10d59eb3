/* Dummy devices: simulation of ports.  Nothing is attached to them: packets
 * come by runtime command and, sent, go to capture files if asked for.
 *
 * All of it happens in the main thread, so that a command's effects are there
 * when it replies. */

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "datapath/netdev/netdev_private.h"
#include "net/packet/checksum.h"
#include "net/packet/packet.h"
#include "net/packet/pcap.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(netdev_dummy);

enum {
    MAX_QUEUES = 32, /* With counters of their own. */
};

struct netdev_dummy {
    struct netdev up;
    struct eth_addr mac;
    int mtu;
    unsigned flags;
    int ifindex;
    int n_txq;
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;

    struct queue_stats {
        uint64_t packets, bytes;
    } rx_queues[MAX_QUEUES], tx_queues[MAX_QUEUES];

    char *pcap_path, *tx_pcap_path, *rx_pcap_path;
    struct pcap *rx_pcap, *tx_pcap; /* May be the same. */

    struct in4 {
        be32 addr, mask;
    } ip4;
    struct ip6_addr ip6, ip6_mask;
    netdev_pushed_callback *pushed;
    void *pushed_aux;
};

static const struct netdev_driver dummy_drivers[];

static struct netdev_dummy *
dummy_cast(const struct netdev *d)
{
    return CONTAINER_OF(d, struct netdev_dummy, up);
}

static const struct netdev_driver *driver_of(const char *type);

static struct error *
dummy_create(const char *name, const char *type, struct netdev **dp)
{
    static uint32_t next_mac = 0xaa550000;
    struct netdev_dummy *m = xzalloc(sizeof *m);

    netdev_init_base(&m->up, driver_of(type), name);
    m->up.queue_kind = NETDEV_QUEUES_PUSHED;
    m->mac = eth_addr_from_u64(UINT64_C(0xaa55) << 32 | next_mac++);
    m->mtu = 1500;
    m->flags = NETDEV_UP;
    m->ifindex = -EOPNOTSUPP;
    m->n_txq = 1;
    *dp = &m->up;
    return NULL;
}

static void
close_pcaps(struct netdev_dummy *m)
{
    if (m->rx_pcap && m->rx_pcap != m->tx_pcap) {
        pcap_close(m->rx_pcap);
    }
    if (m->tx_pcap) {
        pcap_close(m->tx_pcap);
    }
    m->rx_pcap = m->tx_pcap = NULL;
}

static void
dummy_destroy(struct netdev *d)
{
    struct netdev_dummy *m = dummy_cast(d);
    close_pcaps(m);
    free(m->pcap_path);
    free(m->tx_pcap_path);
    free(m->rx_pcap_path);
    netdev_uninit_base(d);
    free(m);
}

static struct pcap *
open_pcap(const char *device, const char *path)
{
    struct pcap *pcap = NULL;
    struct error *error = path ? pcap_append(path, &pcap) : NULL;
    if (error) {
        log_warn("%s: %s", device, error_text(error));
        error_destroy(error);
    }
    return pcap;
}

static bool
same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static void
set_pcaps(struct netdev_dummy *m, const struct strmap *options)
{
    const char *both = strmap_get(options, "pcap");
    const char *rx = both ? NULL : strmap_get(options, "rxq_pcap");
    const char *tx = both ? NULL : strmap_get(options, "tx_pcap");

    if (same_text(both, m->pcap_path) && same_text(rx, m->rx_pcap_path)
        && same_text(tx, m->tx_pcap_path)) {
        return;
    }
    close_pcaps(m);
    free(m->pcap_path);
    free(m->rx_pcap_path);
    free(m->tx_pcap_path);
    m->pcap_path = xstrdup_nullable(both);
    m->rx_pcap_path = xstrdup_nullable(rx);
    m->tx_pcap_path = xstrdup_nullable(tx);
    if (both) {
        m->rx_pcap = m->tx_pcap = open_pcap(m->up.name, both);
    } else {
        m->rx_pcap = open_pcap(m->up.name, rx);
        m->tx_pcap = open_pcap(m->up.name, tx);
    }
}

static int
option_int(const struct strmap *options, const char *name, int fallback)
{
    const char *text = strmap_get(options, name);
    int value;
    return text && scan_int(text, 10, &value) ? value : fallback;
}

/* What is not there yet must not look as if it were. */
static struct error *
check_options(const struct netdev *d, const struct strmap *options)
{
    static const char *const later[] = { "stream", "pstream", "numa_id" };
    const struct strmap_node *node;

    STRMAP_FOR_EACH (node, options) {
        bool is_later = !strncmp(node->name, "ol_", 3);
        for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
            is_later |= !strcmp(node->name, later[i]);
        }
        if (is_later) {
            return error_create("%s: option %s is not supported yet", d->name,
                                node->name);
        }
    }
    return NULL;
}

static struct error *
dummy_set_options(struct netdev *d, const struct strmap *options)
{
    struct netdev_dummy *m = dummy_cast(d);
    struct error *error = check_options(d, options);
    if (error) {
        return error;
    }
    m->ifindex = option_int(options, "ifindex", -EOPNOTSUPP);
    set_pcaps(m, options);
    if (!strcmp(d->driver->type, "dummy-pmd")) {
        d->n_rxq = MAX(option_int(options, "n_rxq", 1), 1);
        m->n_txq = MAX(option_int(options, "n_txq", 1), 1);
    }
    return NULL;
}

static void
dummy_get_options(const struct netdev *d, struct strmap *options)
{
    const struct netdev_dummy *m = dummy_cast(d);
    if (m->ifindex >= 0) {
        strmap_add(options, "ifindex", xasprintf("%d", m->ifindex));
    }
}

static int
dummy_set_mac(struct netdev *d, struct eth_addr mac)
{
    struct netdev_dummy *m = dummy_cast(d);
    if (!eth_addr_equal(m->mac, mac)) {
        m->mac = mac;
        netdev_changed(d);
    }
    return 0;
}

static int
dummy_get_mac(const struct netdev *d, struct eth_addr *macp)
{
    *macp = dummy_cast(d)->mac;
    return 0;
}

static int
dummy_set_mtu(struct netdev *d, int mtu)
{
    enum { MIN_MTU = 68, MAX_MTU = 65535 };

    if (mtu < MIN_MTU || mtu > MAX_MTU) {
        return EINVAL;
    }
    if (dummy_cast(d)->mtu != mtu) {
        dummy_cast(d)->mtu = mtu;
        netdev_changed(d);
    }
    return 0;
}

static int
dummy_get_mtu(const struct netdev *d, int *mtup)
{
    *mtup = dummy_cast(d)->mtu;
    return 0;
}

static int
dummy_set_flags(struct netdev *d, unsigned off, unsigned on)
{
    struct netdev_dummy *m = dummy_cast(d);
    if ((off | on) & ~(NETDEV_UP | NETDEV_PROMISC)) {
        return EINVAL;
    }
    unsigned flags = (m->flags & ~off) | on;
    if (flags != m->flags) {
        m->flags = flags;
        netdev_changed(d);
    }
    return 0;
}

static int
dummy_get_flags(const struct netdev *d, unsigned *flagsp)
{
    *flagsp = dummy_cast(d)->flags;
    return 0;
}

static bool
dummy_get_carrier(const struct netdev *d)
{
    return dummy_cast(d)->flags & NETDEV_UP;
}

static int
dummy_get_ifindex(const struct netdev *d)
{
    return dummy_cast(d)->ifindex;
}

static int
dummy_get_stats(const struct netdev *d, struct netdev_stats *stats)
{
    const struct netdev_dummy *m = dummy_cast(d);
    stats->rx_packets = m->rx_packets;
    stats->rx_bytes = m->rx_bytes;
    stats->tx_packets = m->tx_packets;
    stats->tx_bytes = m->tx_bytes;
    return 0;
}

static void
add_custom(struct netdev_custom_vec *v, char *name, uint64_t value)
{
    struct netdev_custom_counter *counter = vec_add(&v->all);
    counter->name = name;
    counter->value = value;
}

static void
add_queues(struct netdev_custom_vec *v, const char *direction,
           const struct queue_stats *queues, int n)
{
    for (int i = 0; i < MIN(n, MAX_QUEUES); i++) {
        add_custom(v, xasprintf("%s_q%d_packets", direction, i),
                   queues[i].packets);
        add_custom(v, xasprintf("%s_q%d_bytes", direction, i),
                   queues[i].bytes);
    }
}

static void
dummy_get_custom_stats(const struct netdev *d, struct netdev_custom_vec *v)
{
    const struct netdev_dummy *m = dummy_cast(d);
    for (int i = 1; i <= 2; i++) {
        add_custom(v, xasprintf("rx_custom_packets_%d", i), m->rx_packets);
    }
    add_queues(v, "rx", m->rx_queues, d->n_rxq);
    add_queues(v, "tx", m->tx_queues, m->n_txq);
}

static void
count_queue(struct queue_stats *queues, int qid, int n, size_t size)
{
    qid = qid >= 0 && qid < MIN(n, MAX_QUEUES) ? qid : 0;
    queues[qid].packets++;
    queues[qid].bytes += size;
}

static int
dummy_send(struct netdev *d, int qid, struct packet_batch *batch)
{
    enum { MAX_VLANS = 2 * 4 };
    struct netdev_dummy *m = dummy_cast(d);
    struct packet *p;

    BATCH_FOR_EACH (p, batch) {
        if (p->size < 14) {
            log_warn("%s: dropped a frame of %u bytes", d->name, p->size);
            continue;
        }
        if (p->size > (size_t) m->mtu + 14 + MAX_VLANS) {
            log_warn("%s: dropped a frame of %u bytes, more than its MTU",
                     d->name, p->size);
            continue;
        }
        m->tx_packets++;
        m->tx_bytes += p->size;
        count_queue(m->tx_queues, qid, m->n_txq, p->size);
        if (m->tx_pcap) {
            int error = pcap_write(m->tx_pcap, p,
                                   clock_wall_msec() * UINT64_C(1000000));
            if (error) {
                log_warn("%s: writing the capture failed: %s", d->name,
                         strerror(error));
            }
        }
    }
    packet_batch_free(batch);
    return 0;
}

#define DUMMY_DRIVER(TYPE)                                                  \
    {                                                                       \
        .type = TYPE, .create = dummy_create, .destroy = dummy_destroy,     \
        .set_options = dummy_set_options, .get_options = dummy_get_options, \
        .set_mac = dummy_set_mac, .get_mac = dummy_get_mac,                 \
        .set_mtu = dummy_set_mtu, .get_mtu = dummy_get_mtu,                 \
        .set_flags = dummy_set_flags, .get_flags = dummy_get_flags,         \
        .get_carrier = dummy_get_carrier, .get_ifindex = dummy_get_ifindex, \
        .get_stats = dummy_get_stats, .send = dummy_send,                   \
        .get_custom_stats = dummy_get_custom_stats,                         \
    }

static const struct netdev_driver dummy_drivers[] = {
    DUMMY_DRIVER("dummy"),
    DUMMY_DRIVER("dummy-internal"),
    DUMMY_DRIVER("dummy-pmd"),
    /* In the place of real ones. */
    DUMMY_DRIVER("system"),
    DUMMY_DRIVER("tap"),
    DUMMY_DRIVER("internal"),
};

static const struct netdev_driver *
driver_of(const char *type)
{
    for (size_t i = 0; i < ARRAY_SIZE(dummy_drivers); i++) {
        if (!strcmp(dummy_drivers[i].type, type)) {
            return &dummy_drivers[i];
        }
    }
    return &dummy_drivers[0];
}

bool
dummy_is_dummy(const struct netdev *d)
{
    return d->driver >= dummy_drivers
           && d->driver < dummy_drivers + ARRAY_SIZE(dummy_drivers);
}

static bool overrides;

void
netdev_dummy_enable(enum netdev_dummy_level level)
{
    overrides = level == NETDEV_DUMMY_OVERRIDE;
    if (level == NETDEV_DUMMY_NONE) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        netdev_register_driver(&dummy_drivers[i]);
    }
    if (level == NETDEV_DUMMY_SYSTEM || level == NETDEV_DUMMY_OVERRIDE) {
        netdev_register_driver(driver_of("system"));
    }
    if (level == NETDEV_DUMMY_OVERRIDE) {
        netdev_register_driver(driver_of("tap"));
        netdev_register_driver(driver_of("internal"));
    }
    dummy_commands_register();
}

bool
netdev_dummy_overrides(void)
{
    return overrides;
}

void
netdev_set_pushed(struct netdev *d, netdev_pushed_callback *callback,
                  void *aux)
{
    if (dummy_is_dummy(d)) {
        dummy_cast(d)->pushed = callback;
        dummy_cast(d)->pushed_aux = aux;
    }
}

struct error *
dummy_receive(struct netdev *d, int qid, struct packet *p)
{
    struct netdev_dummy *m = dummy_cast(d);

    if (!m->pushed || !(m->flags & NETDEV_UP)) {
        packet_free(p);
        return NULL;
    }
    if (m->rx_pcap) {
        int error =
            pcap_write(m->rx_pcap, p, clock_wall_msec() * UINT64_C(1000000));
        if (error) {
            log_warn("%s: writing the capture failed: %s", d->name,
                     strerror(error));
        }
    }
    m->rx_packets++;
    m->rx_bytes += p->size;
    count_queue(m->rx_queues, qid, d->n_rxq, p->size);
    m->pushed(m->pushed_aux, d, qid, p);
    return NULL;
}

int
dummy_set_admin_state(struct netdev *d, bool up)
{
    return dummy_set_flags(d, up ? 0 : NETDEV_UP, up ? NETDEV_UP : 0);
}

const char *
dummy_conn_state(const struct netdev *d UNUSED)
{
    return "unknown"; /* Streams between devices are not there yet. */
}

void
dummy_set_ip4(struct netdev *d, be32 addr, be32 mask)
{
    dummy_cast(d)->ip4 = (struct in4){ addr, mask };
    netdev_changed(d);
}

void
dummy_set_ip6(struct netdev *d, struct ip6_addr addr, struct ip6_addr mask)
{
    dummy_cast(d)->ip6 = addr;
    dummy_cast(d)->ip6_mask = mask;
    netdev_changed(d);
}
