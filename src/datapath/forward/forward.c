/* The userspace datapath: opening, statistics, executing. */

#include "datapath/forward/forward.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "datapath/forward/forward_private.h"
#include "net/flow/extract.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(dpif_netdev_main);

static struct error *forward_open(const char *name, const char *type,
                                  const struct datapath_observer *,
                                  struct datapath **);

/* The port that every datapath has, named as the datapath. */
static void
add_local_port(struct forward *f)
{
    const char *name = f->up.name;
    struct netdev *netdev;
    uint32_t number = ODP_PORT_LOCAL;
    struct error *error = netdev_open(
        name, datapath_device_type(f->up.type, "internal"), &netdev);

    if (!error) {
        error = forward_port_add(&f->up, netdev, &number);
        netdev_close(netdev);
    }
    if (error) {
        log_warn("%s: no local port: %s", name, error_text(error));
        error_destroy(error);
    }
}

static struct error *
forward_open(const char *name, const char *type,
             const struct datapath_observer *observer, struct datapath **dpp)
{
    struct forward *f = xzalloc(sizeof *f);
    f->up.ops = &forward_ops;
    f->up.name = xstrdup(name);
    f->up.type = xstrdup(type);
    f->is_dummy = !strcmp(type, "dummy") || netdev_dummy_overrides();
    f->n_opens = 1;
    if (observer) {
        f->observer = *observer;
    }
    f->by_number = xcalloc(FORWARD_MAX_PORT + 1, sizeof(void *));
    flow_table_init(f);
    promote_init(f);
    f->meters = meter_table_create();
    *dpp = &f->up;
    add_local_port(f);
    return NULL;
}

static void
forward_close(struct datapath *dp)
{
    struct forward *f = forward_cast(dp);

    workers_stop(f);
    promote_stop(f);
    forward_flow_flush(dp);
    for (uint32_t i = 0; i <= FORWARD_MAX_PORT; i++) {
        if (f->by_number[i]) {
            error_destroy(forward_port_delete(dp, i));
        }
    }
    /* Flows on their way out still name the observer. */
    rcu_offline();
    rcu_barrier();
    rcu_online();
    promote_uninit(f);
    flow_table_uninit(f);
    meter_table_destroy(f->meters);
    free(f->by_number);
    free(f->up.name);
    free(f->up.type);
    free(f);
}

static int
forward_execute(struct datapath *dp, struct packet *p, const struct flow *key,
                const uint8_t *actions, size_t size)
{
    struct context c;
    struct packet_batch batch;
    struct flow scratch;

    packet_set_metadata(p, key);
    flow_extract(p, &scratch); /* For the offsets. */
    context_init(&c, forward_cast(dp), NULL);
    packet_batch_init_packet(&batch, p);
    execute_actions(actions, size, &batch, &c.sink);
    context_flush(&c);
    return 0;
}

static void
forward_meter_get_features(const struct datapath *dp,
                           struct datapath_meter_features *f)
{
    (void) dp;
    f->max_meters = DATAPATH_MAX_METERS;
    f->max_bands = ODP_METER_MAX_BANDS;
}

static int
forward_meter_set(struct datapath *dp, uint32_t *idp,
                  const struct datapath_meter_config *config)
{
    return meter_table_set(forward_cast(dp)->meters, idp, config,
                           clock_msec());
}

static bool
forward_meter_get(const struct datapath *dp, uint32_t id,
                  struct datapath_meter_stats *stats)
{
    return meter_table_get(forward_cast(dp)->meters, id, stats);
}

static bool
forward_meter_delete(struct datapath *dp, uint32_t id)
{
    return meter_table_delete(forward_cast(dp)->meters, id);
}

static void
add_counters(const struct worker_counters *w, struct datapath_stats *s)
{
    s->n_hit += __atomic_load_n(&w->n_hit, __ATOMIC_RELAXED);
    s->n_missed += __atomic_load_n(&w->n_missed, __ATOMIC_RELAXED);
    s->n_lost += __atomic_load_n(&w->n_lost, __ATOMIC_RELAXED);
    s->n_mask_hit += __atomic_load_n(&w->n_masks, __ATOMIC_RELAXED);
    s->n_cache_hit += __atomic_load_n(&w->n_cache_hit, __ATOMIC_RELAXED);
}

static void
forward_get_stats(const struct datapath *dp, struct datapath_stats *s)
{
    struct forward *f = forward_cast(dp);
    memset(s, 0, sizeof *s);
    add_counters(&f->other, s);
    for (size_t i = 0; i < f->n_workers; i++) {
        add_counters(&f->workers[i]->counters, s);
    }
    const struct shortcut *shortcut =
        __atomic_load_n(&f->promoter.shortcut, __ATOMIC_ACQUIRE);
    s->n_hit += shortcut ? shortcut_n_packets(shortcut) : 0;
    mutex_lock(&f->mutex);
    s->n_flows = hmap_count(&f->flows_by_ufid);
    s->n_masks = megaflow_table_n_masks(f->megaflows);
    mutex_unlock(&f->mutex);
}

static void
forward_set_config(struct datapath *dp, const struct strmap *config)
{
    /* Placement of workers on cores is a later issue: say so once. */
    const char *mask = strmap_get(config, "pmd-cpu-mask");
    static bool said;
    const char *shortcut = strmap_get(config, "kernel-shortcut");
    promote_enable(forward_cast(dp), !shortcut || strcmp(shortcut, "false"));
    if (mask && !said) {
        said = true;
        log_warn("%s: other_config:pmd-cpu-mask has no effect yet", dp->name);
    }
}

const struct datapath_ops forward_ops = {
    .type = "netdev",
    .open = forward_open,
    .close = forward_close,
    .port_add = forward_port_add,
    .port_delete = forward_port_delete,
    .port_find = forward_port_find,
    .port_list = forward_port_list,
    .flow_put = forward_flow_put,
    .flow_delete = forward_flow_delete,
    .flow_get = forward_flow_get,
    .flow_for_each = forward_flow_for_each,
    .flow_flush = forward_flow_flush,
    .flow_stats = forward_flow_stats,
    .execute = forward_execute,
    .get_stats = forward_get_stats,
    .meter_get_features = forward_meter_get_features,
    .meter_set = forward_meter_set,
    .meter_get = forward_meter_get,
    .meter_delete = forward_meter_delete,
    .set_config = forward_set_config,
};

void
forward_support(struct datapath_support *s)
{
    *s = (struct datapath_support){
        .masked_set = true,
        .recirc = true,
        .clone = true,
        .trunc = true,
        .check_pkt_len = true,
        .explicit_drop = true,
        .max_vlan_headers = FLOW_MAX_VLANS,
        .max_mpls_depth = FLOW_MAX_MPLS,
        .sample_nesting = 10,
    };
}
