/* Runtime commands dpif-netdev/.... */

#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "datapath/forward/forward_private.h"
#include "rpc/appctl/appctl.h"

static struct forward *
find_datapath(struct appctl_conn *conn, const char *name)
{
    size_t n;
    struct datapath **all = datapath_list(&n);
    struct datapath *dp = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!name ? n == 1 : !strcmp(all[i]->name, name)) {
            dp = all[i];
        }
    }
    free(all);
    if (!dp) {
        appctl_reply_error(conn, "please specify an existing datapath");
    }
    return dp ? forward_cast(dp) : NULL;
}

static void
put_counters(const char *title, const struct worker_counters *c, struct str *s)
{
    uint64_t n_passes = c->n_packets + c->n_recirc;
    uint64_t n_megaflow =
        c->n_hit - MIN(c->n_hit, c->n_memory_hit + c->n_cache_hit);
    str_putf(s, "%s:\n", title);
    str_putf(s, "  packets received: %llu\n",
             (unsigned long long) c->n_packets);
    str_putf(s, "  packet recirculations: %llu\n",
             (unsigned long long) c->n_recirc);
    str_putf(s, "  avg. datapath passes per packet: %.2f\n",
             c->n_packets ? (double) n_passes / c->n_packets : 0.0);
    str_putf(s,
             "  phwol hits: 0\n  mfex opt hits: 0\n"
             "  simple match hits: %llu\n  emc hits: 0\n"
             "  smc hits: %llu\n",
             (unsigned long long) c->n_memory_hit,
             (unsigned long long) c->n_cache_hit);
    str_putf(s, "  megaflow hits: %llu\n", (unsigned long long) n_megaflow);
    str_putf(s, "  avg. subtable lookups per megaflow hit: %.2f\n",
             n_megaflow ? (double) c->n_masks / n_megaflow : 0.0);
    str_putf(s,
             "  miss with success upcall: %llu\n"
             "  miss with failed upcall: %llu\n",
             (unsigned long long) (c->n_missed - c->n_lost),
             (unsigned long long) c->n_lost);
    str_putf(s, "  avg. packets per output batch: %.2f\n",
             c->n_sent_batches ? (double) c->n_sent_packets / c->n_sent_batches
                               : 0.0);
}

static const char *
datapath_argument(int argc, const char *argv[])
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-pmd") || !strcmp(argv[i], "-secs")) {
            i++;
        } else {
            return argv[i];
        }
    }
    return NULL;
}

static void
cmd_stats_show(struct appctl_conn *conn, int argc, const char *argv[],
               void *aux UNUSED)
{
    struct forward *f = find_datapath(conn, datapath_argument(argc, argv));
    struct str s = STR_INITIALIZER;
    if (!f) {
        return;
    }
    for (size_t i = 0; i < f->n_workers; i++) {
        char title[64];
        snprintf(title, sizeof title, "pmd thread numa_id 0 core_id %zu", i);
        put_counters(title, &f->workers[i]->counters, &s);
    }
    put_counters("main thread", &f->other, &s);
    appctl_reply(conn, str_text(&s));
    str_uninit(&s);
}

static void
cmd_stats_clear(struct appctl_conn *conn, int argc, const char *argv[],
                void *aux UNUSED)
{
    struct forward *f = find_datapath(conn, datapath_argument(argc, argv));
    if (!f) {
        return;
    }
    workers_park(f);
    for (size_t i = 0; i < f->n_workers; i++) {
        memset(&f->workers[i]->counters, 0, sizeof f->workers[i]->counters);
    }
    memset(&f->other, 0, sizeof f->other);
    workers_unpark(f);
    appctl_reply(conn, NULL);
}

/* What "-secs" says, in steps of 5. */
static unsigned int
seconds_argument(int argc, const char *argv[])
{
    uint32_t seconds = 0;
    for (int i = 1; i + 1 < argc; i++) {
        if (!strcmp(argv[i], "-secs")
            && !scan_u32(argv[i + 1], 10, &seconds)) {
            seconds = 0;
        }
    }
    return seconds && seconds < 60 ? DIV_ROUND_UP(seconds, 5) * 5 : 60;
}

static void
cmd_rxq_show(struct appctl_conn *conn, int argc, const char *argv[],
             void *aux UNUSED)
{
    struct forward *f = find_datapath(conn, datapath_argument(argc, argv));
    struct str s = STR_INITIALIZER;
    if (!f) {
        return;
    }
    str_putf(&s, "Displaying last %u seconds pmd usage %%\n",
             seconds_argument(argc, argv));
    for (size_t i = 0; i < f->n_workers; i++) {
        const struct worker *w = f->workers[i];
        str_putf(&s,
                 "pmd thread numa_id 0 core_id %zu:\n"
                 "  isolated : false\n",
                 i);
        for (size_t k = 0; k < w->queues.n; k++) {
            const struct worker_queue *q = &w->queues.items[k];
            str_putf(&s,
                     "  port: %-16s  queue-id: %2d (enabled)"
                     "   pmd usage: NOT AVAIL\n",
                     q->port->netdev->name, q->rxq->id);
        }
    }
    appctl_reply(conn, str_text(&s));
    str_uninit(&s);
}

static void
cmd_rxq_rebalance(struct appctl_conn *conn, int argc, const char *argv[],
                  void *aux UNUSED)
{
    struct forward *f = find_datapath(conn, datapath_argument(argc, argv));
    if (f) {
        workers_rebalance(f);
        appctl_reply(conn, "pmd rxq rebalance requested.\n");
    }
}

/* How many busy flows the kernel does not forward, for each reason. */
static void
put_refusals(struct forward *f, struct str *s)
{
    struct strmap counts = STRMAP_INITIALIZER(&counts);
    struct datapath_flow *flow;
    HMAP_FOR_EACH (flow, ufid_node, &f->flows_by_ufid) {
        if (flow->refusal) {
            uintptr_t n = (uintptr_t) strmap_get(&counts, flow->refusal);
            strmap_replace(&counts, flow->refusal, (void *) (n + 1));
        }
    }
    struct strmap_node **sorted = strmap_sort(&counts);
    for (size_t i = 0; i < strmap_count(&counts); i++) {
        str_putf(s, "  left to user space for their %s: %lu\n",
                 sorted[i]->name, (unsigned long) (uintptr_t) sorted[i]->data);
    }
    free(sorted);
    strmap_uninit(&counts);
}

static void
cmd_shortcut_show(struct appctl_conn *conn, int argc, const char *argv[],
                  void *aux UNUSED)
{
    struct forward *f = find_datapath(conn, datapath_argument(argc, argv));
    struct str s = STR_INITIALIZER;
    if (!f) {
        return;
    }
    mutex_lock(&f->mutex);
    const struct shortcut *shortcut = f->promoter.shortcut;
    str_putf(&s, "%s@%s: %s\n", f->up.type, f->up.name,
             !f->promoter.enabled ? "off"
             : shortcut           ? "on"
                                  : "not used yet");
    str_putf(&s, "  flows in the kernel: %zu\n",
             shortcut ? shortcut_n_active(shortcut) : 0);
    str_putf(&s, "  packets forwarded there: %llu\n",
             shortcut ? (unsigned long long) shortcut_n_packets(shortcut) : 0);
    put_refusals(f, &s);
    mutex_unlock(&f->mutex);
    appctl_reply(conn, str_text(&s));
    str_uninit(&s);
}

void
forward_register_commands(void)
{
    appctl_register("dpif-netdev/pmd-rxq-rebalance", "[dp]", 0, 1,
                    cmd_rxq_rebalance, NULL);
    appctl_register("dpif-netdev/shortcut-show", "[dp]", 0, 1,
                    cmd_shortcut_show, NULL);
    appctl_register("dpif-netdev/pmd-stats-show", "[-pmd core] [dp]", 0, 3,
                    cmd_stats_show, NULL);
    appctl_register("dpif-netdev/pmd-stats-clear", "[-pmd core] [dp]", 0, 3,
                    cmd_stats_clear, NULL);
    appctl_register("dpif-netdev/pmd-rxq-show",
                    "[-pmd core] [-secs secs] [dp]", 0, 5, cmd_rxq_show, NULL);
}
