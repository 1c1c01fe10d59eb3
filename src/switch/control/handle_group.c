/* Groups: OpenFlow 1.3.5 §6.4, §7.3.4.2; 1.5.1 §7.3.4.3. */

#include "openflow/message/group.h"
#include "openflow/message/table.h"
#include "switch/control/control_private.h"
#include "sys/clock/clock.h"

/* Errors of the buckets' actions. */
static enum ofperr
check_buckets(const struct control *control, const struct group_desc *desc)
{
    const struct group_bucket *b;
    VEC_FOR_EACH (b, &desc->buckets) {
        enum ofperr error = check_supported(control, &b->actions, true);
        if (error) {
            return error;
        }
    }
    return OFPERR_NONE;
}

enum ofperr
handle_group_mod(struct connection *c, const struct message *request)
{
    struct group_mod gm;
    enum ofperr error = group_mod_decode(request, &gm);
    if (!error) {
        error = check_buckets(c->control, &gm.desc);
    }
    if (!error) {
        const struct pipeline_group_mod change = { .mod = &gm,
                                                   .cause = c,
                                                   .xid = request->xid };
        error =
            pipeline_group_mod(c->control->pipeline, &change, clock_msec());
    }
    if (!error) {
        async_forward_group_mod(c, &gm, request->xid);
    }
    group_desc_uninit(&gm.desc);
    return error;
}

static void
put_stats(const struct group_info *info, long long now,
          struct message_multipart *reply)
{
    const struct group *g = info->group;
    struct rule_stats sum;
    rule_counters_get(g->counters, &sum);
    struct group_stats stats = {
        .id = g->desc.id,
        .ref_count = info->n_rules,
        .n_packets = sum.n_packets,
        .n_bytes = sum.n_bytes,
    };
    clock_split_msec(now - g->created_ms, &stats.duration_sec,
                     &stats.duration_nsec);
    for (size_t i = 0; i < g->desc.buckets.n; i++) {
        struct rule_stats bucket;
        rule_counters_get(g->bucket_counters[i], &bucket);
        struct bucket_stats counters = { bucket.n_packets, bucket.n_bytes };
        vec_push(&stats.buckets, counters);
    }
    group_stats_encode(&stats, reply);
    vec_uninit(&stats.buckets);
}

enum ofperr
handle_group_list(struct connection *c, const struct message *request)
{
    bool is_stats = request->type == MSG_GROUP_STATS_REQUEST;
    group_info_vec groups = VEC_INITIALIZER;
    if (is_stats) {
        c->control->ops.fold_stats(c->control->ops.aux);
    }
    pipeline_collect_groups(c->control->pipeline,
                            group_request_decode(request), &groups);
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    long long now = clock_msec();
    const struct group_info *info;
    VEC_FOR_EACH (info, &groups) {
        if (is_stats) {
            put_stats(info, now, &reply);
        } else {
            group_desc_encode(&info->group->desc, &reply);
        }
    }
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    vec_uninit(&groups);
    return OFPERR_NONE;
}

enum ofperr
handle_group_features(struct connection *c, const struct message *request)
{
    struct group_features f = {
        .types = (1u << N_GROUP_TYPES) - 1,
        .capabilities = GROUP_CAN_SELECT_WEIGHT | GROUP_CAN_SELECT_LIVENESS
                        | GROUP_CAN_CHAIN,
    };
    for (size_t i = 0; i < N_GROUP_TYPES; i++) {
        f.max_groups[i] = GROUP_MAX;
        f.actions[i] = supported_actions();
    }
    struct writer w = WRITER_INITIALIZER;
    group_features_encode(&f, request, &w);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}
