/* The daemon's core: follows the database and decides when to reconcile and
 * when to report. */

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/process/memory_report.h"
#include "sys/process/program.h"
#include "vswitchd/vswitchd_private.h"

LOG_MODULE(bridge);

enum {
    STATS_DEFAULT_MS = 5000,
    STATS_QUIET_MS = 60000, /* While there is no traffic. */
};

static void vswitchd_changed(void *);
static void vswitchd_reconcile(void *);
static void vswitchd_status(void *);
static void vswitchd_stats(void *);
static void vswitchd_wake_stats(void *);
static void vswitchd_txn_done(void *);
static void vswitchd_netdev_changed(void *, struct netdev *);
static void vswitchd_netdev_appeared(void *, const char *);
static void vswitchd_count_memory(struct memory_report *, void *);

/* Columns that this program writes, whose changes mean nothing to it. */
static void
omit_alerts(struct idl *idl)
{
    static const struct {
        size_t table, column;
    } own[] = {
        { VSWITCH_TABLE_OPEN_VSWITCH, VSWITCH_OPEN_VSWITCH_CUR_CFG },
        { VSWITCH_TABLE_OPEN_VSWITCH, VSWITCH_OPEN_VSWITCH_STATISTICS },
        { VSWITCH_TABLE_OPEN_VSWITCH, VSWITCH_OPEN_VSWITCH_DATAPATH_TYPES },
        { VSWITCH_TABLE_OPEN_VSWITCH, VSWITCH_OPEN_VSWITCH_IFACE_TYPES },
        { VSWITCH_TABLE_OPEN_VSWITCH, VSWITCH_OPEN_VSWITCH_DPDK_INITIALIZED },
        { VSWITCH_TABLE_OPEN_VSWITCH, VSWITCH_OPEN_VSWITCH_DPDK_VERSION },
        { VSWITCH_TABLE_BRIDGE, VSWITCH_BRIDGE_DATAPATH_ID },
        { VSWITCH_TABLE_BRIDGE, VSWITCH_BRIDGE_DATAPATH_VERSION },
        { VSWITCH_TABLE_BRIDGE, VSWITCH_BRIDGE_STATUS },
        { VSWITCH_TABLE_BRIDGE, VSWITCH_BRIDGE_RSTP_STATUS },
        { VSWITCH_TABLE_PORT, VSWITCH_PORT_STATUS },
        { VSWITCH_TABLE_PORT, VSWITCH_PORT_STATISTICS },
        { VSWITCH_TABLE_PORT, VSWITCH_PORT_RSTP_STATUS },
        { VSWITCH_TABLE_PORT, VSWITCH_PORT_RSTP_STATISTICS },
        { VSWITCH_TABLE_PORT, VSWITCH_PORT_BOND_ACTIVE_SLAVE },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_ADMIN_STATE },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_DUPLEX },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_LINK_SPEED },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_LINK_STATE },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_LINK_RESETS },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_MAC_IN_USE },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_IFINDEX },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_MTU },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_OFPORT },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_STATISTICS },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_STATUS },
        { VSWITCH_TABLE_INTERFACE, VSWITCH_INTERFACE_ERROR },
        { VSWITCH_TABLE_CONTROLLER, VSWITCH_CONTROLLER_IS_CONNECTED },
        { VSWITCH_TABLE_CONTROLLER, VSWITCH_CONTROLLER_ROLE },
        { VSWITCH_TABLE_CONTROLLER, VSWITCH_CONTROLLER_STATUS },
    };

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        idl_omit_alert(idl, own[i].table, own[i].column);
    }
}

struct vswitchd *
vswitchd_create(struct loop *loop, const char *remote, struct bridges *bridges,
                loop_callback *ready, void *arg)
{
    static const struct idl_observer observer = {
        .changed = vswitchd_changed,
        .transaction_done = vswitchd_txn_done,
    };
    struct vswitchd *v = xzalloc(sizeof *v);
    v->loop = loop;
    v->bridges = bridges;
    v->ready = ready;
    v->ready_arg = arg;
    strmap_init(&v->states);
    strset_init(&v->unsupported);
    strset_init(&v->unsupported_now);
    loop_task_init(loop, &v->reconcile, vswitchd_reconcile, v);
    loop_task_init(loop, &v->status, vswitchd_status, v);
    loop_timer_init(loop, &v->stats_timer, vswitchd_stats, v);
    v->netdev_observer.changed = vswitchd_netdev_changed;
    v->netdev_observer.appeared = vswitchd_netdev_appeared;
    v->netdev_observer.aux = v;
    netdev_add_observer(&v->netdev_observer);
    memory_report_register(vswitchd_count_memory, v);

    v->idl = idl_create(loop, &vswitch_database, &observer, v);
    idl_monitor_all(v->idl);
    omit_alerts(v->idl);
    idl_set_lock(v->idl, "ovs_vswitchd");
    idl_connect(v->idl, remote, true);
    return v;
}

void
vswitchd_destroy(struct vswitchd *v)
{
    if (!v) {
        return;
    }
    memory_report_unregister(vswitchd_count_memory, v);
    netdev_remove_observer(&v->netdev_observer);
    reconcile_clear(v);
    idl_txn_destroy(v->txn);
    idl_destroy(v->idl);
    loop_task_cancel(&v->reconcile);
    loop_task_cancel(&v->status);
    loop_timer_cancel(&v->stats_timer);
    strset_uninit(&v->unsupported);
    strset_uninit(&v->unsupported_now);
    strmap_uninit(&v->states);
    free(v);
}

static void
vswitchd_changed(void *v_)
{
    struct vswitchd *v = v_;
    loop_task_schedule(&v->reconcile);
}

/* Another instance has the lock: this one must not touch anything. */
static void
yield_to_other(struct vswitchd *v)
{
    if (!v->told_contention) {
        v->told_contention = true;
        log_err("another ovs-vswitchd process is running, disabling this "
                "process until it goes away");
    }
    reconcile_clear(v);
    v->is_reconciled = false;
    v->seqno = 0;
}

static void
vswitchd_reconcile(void *v_)
{
    struct vswitchd *v = v_;
    if (idl_is_lock_contended(v->idl)) {
        yield_to_other(v);
        return;
    }
    if (!idl_has_ever_synced(v->idl) || !idl_has_lock(v->idl)) {
        return;
    }
    v->told_contention = false;
    if (v->is_reconciled && v->seqno == idl_seqno(v->idl)) {
        return;
    }
    v->seqno = idl_seqno(v->idl);
    reconcile_run(v);
    v->is_reconciled = true;
    loop_task_schedule(&v->status);
    if (loop_timer_is_set(&v->stats_timer)) {
        vswitchd_wake_stats(v);
    } else {
        loop_timer_set(&v->stats_timer, clock_msec());
    }
    if (v->ready) {
        loop_callback *ready = v->ready;
        v->ready = NULL;
        log_info("%s", program_banner());
        ready(v->ready_arg);
    }
}

static int64_t
stats_interval(const struct vswitchd *v)
{
    const struct vswitch_open_vswitch *cfg = vswitch_open_vswitch_from_row(
        idl_first(v->idl, VSWITCH_TABLE_OPEN_VSWITCH));
    int64_t interval =
        cfg ? row_get_integer(&cfg->other_config, "stats-update-interval",
                              STATS_DEFAULT_MS)
            : STATS_DEFAULT_MS;
    return MAX(interval, STATS_DEFAULT_MS);
}

/* Counters are read at their usual pace (again). */
static void
vswitchd_wake_stats(void *v_)
{
    struct vswitchd *v = v_;
    loop_timer_set(&v->stats_timer,
                   MAX(clock_msec(), v->stats_ms + stats_interval(v)));
}

static void
vswitchd_status(void *v_)
{
    struct vswitchd *v = v_;
    bool stats_due = v->stats_due;
    bool unchanged = status_run(v);
    if (stats_due && unchanged
        && bridges_await_traffic(v->bridges, vswitchd_wake_stats, v)) {
        /* Nothing moves: an idle machine is not woken up to see that. */
        loop_timer_set(&v->stats_timer,
                       v->stats_ms + MAX(stats_interval(v), STATS_QUIET_MS));
    }
}

static void
vswitchd_stats(void *v_)
{
    struct vswitchd *v = v_;
    v->stats_ms = clock_msec();
    v->stats_due = true;
    loop_task_schedule(&v->status);
    loop_timer_set(&v->stats_timer, v->stats_ms + stats_interval(v));
}

/* A device that was not there is there now. */
static void
vswitchd_netdev_appeared(void *v_, const char *name)
{
    struct vswitchd *v = v_;
    const struct strmap_node *node, *inner;
    STRMAP_FOR_EACH (node, &v->states) {
        const struct bridge_state *state = node->data;
        STRMAP_FOR_EACH (inner, &state->ifaces) {
            const struct iface *iface = inner->data;
            if (!iface->netdev && (!name || !strcmp(iface->name, name))) {
                v->is_reconciled = false;
                loop_task_schedule(&v->reconcile);
            }
        }
    }
}

static void
vswitchd_netdev_changed(void *v_, struct netdev *netdev)
{
    struct vswitchd *v = v_;
    if (netdev_is_gone(netdev)) {
        v->is_reconciled = false;
        loop_task_schedule(&v->reconcile);
    }
    loop_task_schedule(&v->status);
}

static void
vswitchd_txn_done(void *v_)
{
    struct vswitchd *v = v_;
    if (!v->txn || idl_txn_status(v->txn) == IDL_TXN_INCOMPLETE) {
        return;
    }
    enum idl_txn_status status = idl_txn_status(v->txn);
    if (status == IDL_TXN_ERROR) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "status update failed: %s", idl_txn_error(v->txn));
    }
    idl_txn_destroy(v->txn);
    v->txn = NULL;
    v->status_lost = status != IDL_TXN_SUCCESS && status != IDL_TXN_UNCHANGED;
    if (status != IDL_TXN_ERROR) {
        /* Something may have changed meanwhile. */
        loop_task_schedule(&v->status);
    }
}

static void
vswitchd_count_memory(struct memory_report *report, void *v_)
{
    const struct vswitchd *v = v_;
    size_t n_cells = 0;
    for (size_t table = 0; table < vswitch_database.n_tables; table++) {
        n_cells += idl_count(v->idl, table)
                   * vswitch_database.tables[table].n_columns;
    }
    memory_report_add(report, "idl-cells-Open_vSwitch", n_cells);
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, &v->states) {
        const struct bridge_state *state = node->data;
        memory_report_add(report, "ports", strmap_count(&state->ifaces));
    }
}
