/* The registry of drivers and devices, and what all drivers share. */

#include "datapath/netdev/netdev.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/vec.h"
#include "datapath/netdev/netdev_private.h"
#include "net/packet/checksum.h"
#include "net/packet/packet.h"
#include "net/packet/segment.h"
#include "sys/log/log.h"

LOG_MODULE(netdev);

static VEC(const struct netdev_driver *) drivers = VEC_INITIALIZER;
static struct hmap netdevs = HMAP_INITIALIZER(&netdevs);
static struct list observers = { &observers, &observers };
static bool are_kept;

void
netdev_keep_devices(void)
{
    are_kept = true;
}

bool
netdev_are_kept(void)
{
    return are_kept;
}

void
netdev_register_driver(const struct netdev_driver *driver)
{
    for (size_t i = 0; i < drivers.n; i++) {
        if (!strcmp(drivers.items[i]->type, driver->type)) {
            drivers.items[i] = driver;
            return;
        }
    }
    vec_push(&drivers, driver);
}

const struct netdev_driver *
netdev_find_driver(const char *type)
{
    for (size_t i = 0; i < drivers.n; i++) {
        if (!strcmp(drivers.items[i]->type, type)) {
            return drivers.items[i];
        }
    }
    return NULL;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

const char **
netdev_types(size_t *np)
{
    const char **types = xcalloc(drivers.n + 1, sizeof *types);
    for (size_t i = 0; i < drivers.n; i++) {
        types[i] = drivers.items[i]->type;
    }
    qsort(types, drivers.n, sizeof *types, compare_names);
    *np = drivers.n;
    return types;
}

void
netdev_init(struct loop *loop)
{
    netdev_register_driver(&netdev_system_driver);
    netdev_register_driver(&netdev_tap_driver);
    netdev_register_driver(&netdev_internal_driver);
    if (loop) {
        link_watch(loop);
    }
}

void
netdev_uninit(void)
{
    link_unwatch();
    vec_uninit(&drivers);
}

struct netdev *
netdev_find(const char *name)
{
    struct netdev *d;
    HMAP_FOR_EACH_WITH_HASH (d, node, hash_string(name, 0), &netdevs) {
        if (!strcmp(d->name, name)) {
            return d;
        }
    }
    return NULL;
}

struct netdev **
netdev_list(size_t *np)
{
    struct netdev **all = xcalloc(hmap_count(&netdevs) + 1, sizeof *all);
    struct netdev *d;
    *np = 0;
    HMAP_FOR_EACH (d, node, &netdevs) {
        all[(*np)++] = d;
    }
    return all;
}

struct error *
netdev_open(const char *name, const char *type, struct netdev **netdevp)
{
    *netdevp = NULL;
    type = type && *type ? type : "system";
    if (!*name) {
        return error_create("a network device needs a name");
    }
    struct netdev *d = netdev_find(name);
    if (d) {
        if (strcmp(d->driver->type, type)) {
            return error_create("could not create netdev %s of type %s "
                                "(device is open with type %s)",
                                name, type, d->driver->type);
        }
        *netdevp = netdev_ref(d);
        return NULL;
    }
    const struct netdev_driver *driver = netdev_find_driver(type);
    if (!driver) {
        return error_create("could not create netdev %s of unknown type %s",
                            name, type);
    }
    struct error *error = driver->create(name, type, &d);
    if (error) {
        return error;
    }
    hmap_add(&netdevs, &d->node, hash_string(name, 0));
    *netdevp = d;
    return NULL;
}

void
netdev_init_base(struct netdev *d, const struct netdev_driver *driver,
                 const char *name)
{
    d->driver = driver;
    d->name = xstrdup(name);
    d->n_refs = 1;
    d->change_seq = 1;
    d->n_rxq = 1;
}

void
netdev_uninit_base(struct netdev *d)
{
    free(d->name);
}

struct netdev *
netdev_ref(struct netdev *d)
{
    d->n_refs++;
    return d;
}

void
netdev_close(struct netdev *d)
{
    if (d && !--d->n_refs) {
        hmap_remove(&netdevs, &d->node);
        d->driver->destroy(d);
    }
}

const char *
netdev_type(const struct netdev *d)
{
    return d->driver->type;
}

void
netdev_add_observer(struct netdev_observer *o)
{
    list_push_back(&observers, &o->node);
}

void
netdev_remove_observer(struct netdev_observer *o)
{
    list_remove(&o->node);
}

void
netdev_changed(struct netdev *d)
{
    struct netdev_observer *o, *next;
    d->change_seq++;
    LIST_FOR_EACH_SAFE (o, next, node, &observers) {
        o->changed(o->aux, d);
    }
}

void
netdev_appeared(const char *name)
{
    struct netdev_observer *o, *next;
    LIST_FOR_EACH_SAFE (o, next, node, &observers) {
        if (o->appeared) {
            o->appeared(o->aux, name);
        }
    }
}

struct error *
netdev_set_options(struct netdev *d, const struct strmap *options)
{
    return d->driver->set_options ? d->driver->set_options(d, options) : NULL;
}

void
netdev_get_options(const struct netdev *d, struct strmap *options)
{
    if (d->driver->get_options) {
        d->driver->get_options(d, options);
    }
}

void
netdev_reconfigure(struct netdev *d)
{
    if (d->driver->reconfigure) {
        d->driver->reconfigure(d);
    }
}

#define DELEGATE(FUNCTION, ...) \
    (d->driver->FUNCTION ? d->driver->FUNCTION(__VA_ARGS__) : EOPNOTSUPP)

int
netdev_set_mac(struct netdev *d, struct eth_addr mac)
{
    return DELEGATE(set_mac, d, mac);
}

int
netdev_get_mac(const struct netdev *d, struct eth_addr *macp)
{
    memset(macp, 0, sizeof *macp);
    return DELEGATE(get_mac, d, macp);
}

int
netdev_set_mtu(struct netdev *d, int mtu)
{
    return DELEGATE(set_mtu, d, mtu);
}

int
netdev_get_mtu(const struct netdev *d, int *mtup)
{
    *mtup = 0;
    return DELEGATE(get_mtu, d, mtup);
}

int
netdev_set_flags(struct netdev *d, unsigned off, unsigned on)
{
    return DELEGATE(set_flags, d, off, on);
}

int
netdev_get_flags(const struct netdev *d, unsigned *flagsp)
{
    *flagsp = 0;
    return DELEGATE(get_flags, d, flagsp);
}

bool
netdev_get_carrier(const struct netdev *d)
{
    unsigned flags;
    return d->driver->get_carrier
               ? d->driver->get_carrier(d)
               : !netdev_get_flags(d, &flags) && flags & NETDEV_UP;
}

long long
netdev_get_carrier_resets(const struct netdev *d)
{
    return d->driver->get_carrier_resets ? d->driver->get_carrier_resets(d)
                                         : 0;
}

int
netdev_get_ifindex(const struct netdev *d)
{
    return d->driver->get_ifindex ? d->driver->get_ifindex(d) : -EOPNOTSUPP;
}

bool
netdev_is_gone(const struct netdev *d)
{
    return d->driver->is_gone && d->driver->is_gone(d);
}

int
netdev_get_link(const struct netdev *d, struct netdev_link *link)
{
    memset(link, 0, sizeof *link);
    return DELEGATE(get_link, d, link);
}

int
netdev_get_stats(const struct netdev *d, struct netdev_stats *stats)
{
    memset(stats, 0xff, sizeof *stats);
    return DELEGATE(get_stats, d, stats);
}

void
netdev_get_custom_stats(const struct netdev *d, struct netdev_custom_vec *v)
{
    if (d->driver->get_custom_stats) {
        d->driver->get_custom_stats(d, v);
    }
}

void
netdev_custom_vec_uninit(struct netdev_custom_vec *v)
{
    for (size_t i = 0; i < v->all.n; i++) {
        free(v->all.items[i].name);
    }
    vec_uninit(&v->all);
}

void
netdev_get_status(const struct netdev *d, struct strmap *status)
{
    if (d->driver->get_status) {
        d->driver->get_status(d, status);
    }
}

uint64_t
netdev_features_to_bps(uint32_t f, uint64_t default_bps)
{
    static const struct {
        uint32_t bits;
        uint64_t mbps;
    } rates[] = {
        { NETDEV_F_1TB_FD, 1000000 },
        { NETDEV_F_100GB_FD, 100000 },
        { NETDEV_F_40GB_FD, 40000 },
        { NETDEV_F_10GB_FD, 10000 },
        { NETDEV_F_1GB_HD | NETDEV_F_1GB_FD, 1000 },
        { NETDEV_F_100MB_HD | NETDEV_F_100MB_FD, 100 },
        { NETDEV_F_10MB_HD | NETDEV_F_10MB_FD, 10 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        if (f & rates[i].bits) {
            return rates[i].mbps * 1000000;
        }
    }
    return default_bps;
}

bool
netdev_features_is_full_duplex(uint32_t f)
{
    return f
           & (NETDEV_F_10MB_FD | NETDEV_F_100MB_FD | NETDEV_F_1GB_FD
              | NETDEV_F_10GB_FD | NETDEV_F_40GB_FD | NETDEV_F_100GB_FD
              | NETDEV_F_1TB_FD);
}

int
netdev_rxq_open(struct netdev *d, int id, struct netdev_rxq **rxqp)
{
    *rxqp = NULL;
    return DELEGATE(rxq_open, d, id, rxqp);
}

void
netdev_rxq_close(struct netdev_rxq *rxq)
{
    if (rxq) {
        rxq->netdev->driver->rxq_close(rxq);
    }
}

/* Whether the device can send the packet as it is. */
static bool
can_send(const struct netdev *d, const struct packet *p)
{
    static const uint32_t needs[] = {
        [PACKET_GSO_NONE] = NETDEV_TX_CSUM,
        [PACKET_GSO_TCP4] = NETDEV_TX_CSUM | NETDEV_TX_TSO4,
        [PACKET_GSO_TCP6] = NETDEV_TX_CSUM | NETDEV_TX_TSO6,
        [PACKET_GSO_UDP] = NETDEV_TX_CSUM | NETDEV_TX_USO,
    };
    return !(needs[p->gso_type] & ~d->offloads)
           && !(p->offloads & PACKET_L3_CSUM_DEFER);
}

struct resender {
    struct netdev *netdev;
    int qid;
    struct packet_batch batch;
    int error;
};

static void
resend(struct packet *p, void *arg)
{
    struct resender *r = arg;
    packet_batch_add(&r->batch, p);
    if (packet_batch_is_full(&r->batch)) {
        int error = r->netdev->driver->send(r->netdev, r->qid, &r->batch);
        r->error = r->error ? r->error : error;
        packet_batch_init(&r->batch);
    }
}

int
netdev_send_software(struct netdev *d, int qid, struct packet_batch *batch)
{
    struct resender r = { .netdev = d, .qid = qid };
    packet_batch_init(&r.batch);

    for (size_t i = 0; i < batch->n; i++) {
        struct packet *p = batch->packets[i];
        if (can_send(d, p)) {
            resend(p, &r);
        } else if (p->gso_type != PACKET_GSO_NONE
                   && !can_send(d,
                                &(struct packet){ .gso_type = p->gso_type })) {
            if (!packet_segment(p, resend, &r)) {
                static struct log_rate_limit rl =
                    LOG_RATE_LIMIT_INITIALIZER(5, 5);
                log_warn_rl(&rl,
                            "%s: dropped a frame that cannot be cut "
                            "into segments",
                            d->name);
            }
        } else {
            packet_complete_csum(p);
            resend(p, &r);
        }
    }
    if (r.batch.n) {
        int error = d->driver->send(d, qid, &r.batch);
        r.error = r.error ? r.error : error;
    }
    packet_batch_init(batch);
    return r.error;
}

int
netdev_send(struct netdev *d, int qid, struct packet_batch *batch)
{
    if (UNLIKELY(!d->driver->send)) {
        packet_batch_free(batch);
        return EOPNOTSUPP;
    }
    for (size_t i = 0; i < batch->n; i++) {
        const struct packet *p = batch->packets[i];
        if (UNLIKELY((p->gso_type
                      || p->offloads
                             & (PACKET_L4_CSUM_PARTIAL | PACKET_L3_CSUM_DEFER))
                     && !can_send(d, p))) {
            return netdev_send_software(d, qid, batch);
        }
    }
    return d->driver->send(d, qid, batch);
}
