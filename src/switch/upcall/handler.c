/* What workers ask: misses and userspace actions. */

#include <errno.h>

#include "datapath/odp/action.h"
#include "net/flow/extract.h"
#include "net/flow/ofp_port.h"
#include "net/packet/packet.h"
#include "switch/upcall/upcall_private.h"
#include "sys/clock/clock.h"
#include "sys/log/coverage.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto_dpif_upcall);
COVERAGE(dpif_upcall_miss);
COVERAGE(dpif_upcall_action);
COVERAGE(upcall_flow_limit_reached);
COVERAGE(upcall_unknown_port);

/* Each worker's result of its last miss: the verdict points into it. */
static _Thread_local struct {
    struct translation translation;
    struct writer slow; /* The action of a slow flow. */
    bool ready;
} mine;

static struct translation *
my_translation(void)
{
    if (!mine.ready) {
        translation_init(&mine.translation);
        mine.ready = true;
    }
    return &mine.translation;
}

void
upcall_thread_end(void)
{
    if (mine.ready) {
        translation_uninit(&mine.translation);
        writer_uninit(&mine.slow);
        mine.ready = false;
    }
}

/* Translates 'key' for a packet; false if the port is unknown or translation
 * failed. */
static bool
translate_key(struct upcall *u, const struct forwarding *fw,
              const struct datapath_upcall *up, struct flow *of_flow,
              struct translation *t)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    const struct forwarding_bridge *bridge;
    if (!upcall_of_flow(fw, up->key, of_flow, &bridge)) {
        coverage_inc(upcall_unknown_port);
        log_info_rl(&rl, "received packet on unassociated datapath port %u",
                    up->key->in_port);
        return false;
    }
    struct translate_request request = {
        .forwarding = fw,
        .bridge = bridge,
        .freezer = u->freezer,
        .flow = of_flow,
        .packet = up->packet,
        .now_ms = clock_msec(),
        .apply_effects = true,
        .tcp_flags = flow_tcp_flags(of_flow),
    };
    translate(&request, t);
    return true;
}

/* Installs a flow whose packets all come up again; the verdict's actions are
 * for this packet only. */
static void
install_slow(struct upcall *u, const struct datapath_upcall *up,
             struct upcall_flow *f, const struct translation *t)
{
    const uint8_t *actions;
    size_t size;
    upcall_datapath_actions(t, &mine.slow, &actions, &size);
    struct datapath_flow_info info = {
        .key = up->key,
        .mask = &t->mask,
        .actions = actions,
        .actions_size = size,
        .ufid = up->ufid,
        .owner = f,
    };
    if (u->datapath->ops->flow_put(u->datapath, &info, DATAPATH_PUT_CREATE)) {
        struct datapath_flow_stats none = { 0 };
        upcall_flow_removed(u, f, &none);
    }
}

bool
upcall_miss(void *u_, const struct datapath_upcall *up,
            struct datapath_verdict *verdict)
{
    struct upcall *u = u_;
    memset(verdict, 0, sizeof *verdict);
    coverage_inc(dpif_upcall_miss);
    upcall_log_miss(up, u->datapath);
    uint64_t change_seq = __atomic_load_n(&u->change_seq, __ATOMIC_ACQUIRE);
    const struct forwarding *fw = rcu_get(&u->forwarding);
    struct translation *t = my_translation();
    struct flow of_flow;
    if (!fw || !translate_key(u, fw, up, &of_flow, t)) {
        return false;
    }
    long long now = clock_msec();
    translate_credit(t, 1, up->packet ? up->packet->size : 0, now);
    if (!__atomic_load_n(&upcall_megaflows, __ATOMIC_RELAXED)) {
        flow_mask_init_for_packet(&t->mask, up->key);
    }
    verdict->actions = t->actions.data;
    verdict->actions_size = t->actions.size;
    verdict->mask = &t->mask;
    if (t->avoid_caching) {
        return true;
    }
    if (__atomic_load_n(&u->n_flows, __ATOMIC_RELAXED)
        >= u->config.flow_limit) {
        coverage_inc(upcall_flow_limit_reached);
        return true;
    }
    struct upcall_flow *f = upcall_flow_create(u, up->key, t, &up->ufid, now);
    upcall_flow_link(f, t, &of_flow, change_seq);
    if (t->slow) {
        install_slow(u, up, f, t);
    } else {
        verdict->install = true;
        verdict->owner = f;
    }
    return true;
}

static void
handle_slow_path(struct upcall *u, const struct datapath_upcall *up)
{
    const struct forwarding *fw = rcu_get(&u->forwarding);
    struct translation t;
    struct flow of_flow;
    translation_init(&t);
    if (fw && translate_key(u, fw, up, &of_flow, &t)) {
        struct packet *copy = packet_clone(up->packet);
        u->datapath->ops->execute(u->datapath, copy, up->key, t.actions.data,
                                  t.actions.size);
    }
    translation_uninit(&t);
}

static void
handle_controller(struct upcall *u, const struct datapath_upcall *up,
                  const struct odp_cookie *cookie)
{
    struct frozen_state state;
    if (cookie->u.controller.dont_send
        || !freezer_find(u->freezer, cookie->u.controller.recirc_id, &state)) {
        return;
    }
    const struct forwarding *fw = rcu_get(&u->forwarding);
    const struct forwarding_bridge *b =
        fw ? forwarding_find_bridge(fw, state.bridge_name) : NULL;
    if (b && u->observer.packet_in) {
        struct upcall_packet_in pin = {
            .bridge_owner = b->owner,
            .bridge_name = b->name,
            .data = up->packet->data,
            .size = up->packet->size,
            .reason = cookie->u.controller.reason,
            .controller_id = cookie->u.controller.controller_id,
            .table_id = state.table_id,
            .cookie = state.cookie,
            .metadata = &state.metadata,
            .userdata = state.parts[FROZEN_USERDATA].data,
            .userdata_size = state.parts[FROZEN_USERDATA].size,
        };
        u->observer.packet_in(u->observer.aux, &pin);
    }
    frozen_state_uninit(&state);
}

void
upcall_action(void *u_, const struct datapath_upcall *up)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    struct upcall *u = u_;
    struct odp_cookie cookie;
    coverage_inc(dpif_upcall_action);
    if (up->userdata_size != sizeof cookie) {
        log_warn_rl(&rl, "action upcall cookie has unexpected size %zu",
                    up->userdata_size);
        return;
    }
    memcpy(&cookie, up->userdata, sizeof cookie);
    switch (cookie.type) {
    case ODP_COOKIE_SLOW_PATH:
        handle_slow_path(u, up);
        return;
    case ODP_COOKIE_CONTROLLER:
        handle_controller(u, up, &cookie);
        return;
    default:
        log_warn_rl(&rl, "invalid user cookie of type %d", (int) cookie.type);
        return;
    }
}

int
upcall_packet_out(struct upcall *u, const char *bridge, struct packet *packet,
                  uint32_t in_port, const struct actions *actions)
{
    const struct forwarding *fw = rcu_get(&u->forwarding);
    const struct forwarding_bridge *b =
        fw ? forwarding_find_bridge(fw, bridge) : NULL;
    if (!b || !u->datapath) {
        packet_free(packet);
        return ENODEV;
    }
    const struct forwarding_port *port = forwarding_find_ofport(b, in_port);
    struct flow key, of_flow;
    flow_extract(packet, &key);
    key.in_port = port ? port->odp_port : ODP_PORT_NONE;
    packet->in_port = key.in_port;
    of_flow = key;
    of_flow.in_port = in_port;

    struct translation t;
    translation_init(&t);
    struct translate_request request = {
        .forwarding = fw,
        .bridge = b,
        .freezer = u->freezer,
        .flow = &of_flow,
        .packet = packet,
        .now_ms = clock_msec(),
        .apply_effects = true,
        .tcp_flags = flow_tcp_flags(&of_flow),
        .actions = actions,
    };
    translate(&request, &t);
    translate_credit(&t, 1, packet->size, clock_msec());
    upcall_tell_traffic(u);
    int error = u->datapath->ops->execute(u->datapath, packet, &key,
                                          t.actions.data, t.actions.size);
    translation_uninit(&t);
    return error;
}
