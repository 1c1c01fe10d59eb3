/* Flow changes and flow statistics. */

#include "openflow/action/check.h"
#include "switch/control/control_private.h"
#include "sys/clock/clock.h"

static_assert((int) FLOW_MOD_ADD == (int) PIPELINE_ADD
                  && (int) FLOW_MOD_DELETE_STRICT
                         == (int) PIPELINE_DELETE_STRICT
                  && (int) FLOW_MOD_NO_BYT_COUNTS == (int) RULE_NO_BYT_COUNTS,
              "messages and tables number these alike");

static enum ofperr
apply_flow_mod(struct connection *c, const struct message *request,
               const struct flow_mod *fm)
{
    const struct actions_limits limits = {
        .max_port = CONTROL_MAX_PORT,
        .table_id = fm->table_id,
        .n_tables = CONTROL_N_TABLES,
        .max_groups = GROUP_MAX,
        .max_meter = METER_MAX,
        .lenient = request->version == OF10_VERSION,
    };
    bool has_actions = fm->command <= FLOW_MOD_MODIFY_STRICT;
    enum ofperr error = check_match_supported(c->control, &fm->match);
    if (!error && has_actions) {
        error = actions_check(&fm->actions, &fm->match, &limits);
        error =
            error ? error : check_supported(c->control, &fm->actions, false);
    }
    if (error) {
        return error;
    }
    /* Before 1.2 an addition always clears counters. */
    uint16_t implied =
        request->version < OF12_VERSION ? FLOW_MOD_RESET_COUNTS : 0;
    const struct pipeline_flow_mod change = {
        .command = (enum pipeline_command) fm->command,
        .match = &fm->match,
        .priority = fm->priority,
        .table_id = fm->table_id,
        .cookie = fm->cookie,
        .cookie_mask = fm->cookie_mask,
        .new_cookie = fm->new_cookie,
        .modify_cookie = fm->modify_cookie,
        .idle_timeout = fm->idle_timeout,
        .hard_timeout = fm->hard_timeout,
        .importance = fm->importance,
        .flags = fm->flags | implied,
        .out_port = fm->out_port,
        .out_group = fm->out_group,
        .actions = has_actions ? &fm->actions : NULL,
        .delete_reason = RULE_DELETE,
        .cause = c,
        .xid = request->xid,
    };
    return pipeline_flow_mod(c->control->pipeline, &change, clock_msec());
}

enum ofperr
handle_flow_mod(struct connection *c, const struct message *request)
{
    struct flow_mod fm;
    enum ofperr error = flow_mod_decode(request, c->uses_table_id, &fm);
    if (!error) {
        error = apply_flow_mod(c, request, &fm);
    }
    if (!error && fm.buffer_id != UINT32_MAX) {
        /* This switch does not buffer packets. */
        error = OFPERR_OFPBRC_BUFFER_UNKNOWN;
    }
    flow_mod_uninit(&fm);
    return error;
}

/* Statistics. */

static enum ofperr
collect_rules(struct connection *c, const struct message *request,
              struct flow_stats_request *fsr, struct rule_vec *rules)
{
    enum ofperr error = flow_stats_request_decode(request, fsr);
    if (error) {
        return error;
    }
    if (fsr->table_id != PIPELINE_TABLE_ALL
        && !pipeline_table_is_visible(fsr->table_id)) {
        return OFPERR_OFPBRC_BAD_TABLE_ID;
    }
    struct control *control = c->control;
    control->ops.fold_stats(control->ops.aux);
    const struct pipeline_query query = {
        .table_id = fsr->table_id,
        .match = &fsr->match,
        .cookie = fsr->cookie,
        .cookie_mask = fsr->cookie_mask,
        .out_port = fsr->out_port,
        .out_group = fsr->out_group,
    };
    pipeline_collect(control->pipeline, &query, rules);
    return OFPERR_NONE;
}

static void
put_rule(const struct rule *rule, long long now,
         struct message_multipart *reply)
{
    struct rule_stats stats;
    rule_get_stats(rule, &stats);
    struct flow_stats fs = {
        .cookie = rule->cookie,
        .table_id = rule->table_id,
        .priority = (uint16_t) rule->cr.priority,
        .idle_timeout = rule->idle_timeout,
        .hard_timeout = rule->hard_timeout,
        .importance = rule->importance,
        .flags = rule->flags,
        .idle_age = (int) ((now - stats.used_ms) / 1000),
        .hard_age = (int) ((now - rule->modified_ms) / 1000),
        .n_packets = stats.n_packets,
        .n_bytes = stats.n_bytes,
        .actions = *rule->actions->actions, /* Borrowed. */
    };
    clock_split_msec(now - rule->created_ms, &fs.duration_sec,
                     &fs.duration_nsec);
    packed_match_expand(&rule->cr.match, &fs.match);
    size_t start = reply->w->size;
    flow_stats_encode(&fs, reply);
    message_multipart_next(reply, start);
}

enum ofperr
handle_flow_stats(struct connection *c, const struct message *request)
{
    struct flow_stats_request fsr;
    struct rule_vec rules = { 0 };
    enum ofperr error = collect_rules(c, request, &fsr, &rules);
    if (error) {
        return error;
    }
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    long long now = clock_msec();
    for (size_t i = 0; i < rules.n; i++) {
        put_rule(rules.items[i], now, &reply);
    }
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    rule_vec_uninit(&rules);
    return OFPERR_NONE;
}

enum ofperr
handle_aggregate_stats(struct connection *c, const struct message *request)
{
    struct flow_stats_request fsr;
    struct rule_vec rules = { 0 };
    enum ofperr error = collect_rules(c, request, &fsr, &rules);
    if (error) {
        return error;
    }
    struct aggregate_stats sum = { .n_flows = (uint32_t) rules.n };
    for (size_t i = 0; i < rules.n; i++) {
        struct rule_stats stats;
        rule_get_stats(rules.items[i], &stats);
        sum.n_packets += stats.n_packets;
        sum.n_bytes += stats.n_bytes;
    }
    rule_vec_uninit(&rules);
    struct writer w = WRITER_INITIALIZER;
    aggregate_stats_encode(&sum, request, &w);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

/* bridge/dump-flows: with hidden flows, without cookies and ages. */

static void
format_rule(const struct rule *rule, long long now, struct str *s)
{
    struct rule_stats stats;
    rule_get_stats(rule, &stats);
    if (rule->table_id) {
        str_putf(s, "table_id=%u, ", rule->table_id);
    }
    str_putf(s, "duration=%llds, n_packets=%llu, n_bytes=%llu, priority=%d,",
             (now - rule->created_ms) / 1000,
             (unsigned long long) stats.n_packets,
             (unsigned long long) stats.n_bytes, rule->cr.priority);
    struct match match;
    packed_match_expand(&rule->cr.match, &match);
    size_t before = s->len;
    match_format(&match, INT32_MIN, NULL, s);
    if (s->len > before) {
        str_put_char(s, ',');
    }
    str_put(s, "actions=");
    actions_format(rule->actions->actions, NULL, s);
    str_put_char(s, '\n');
}

void
control_format_flows(const struct control *control, struct str *s)
{
    const struct pipeline_query query = {
        .table_id = PIPELINE_TABLE_ALL,
        .hidden = true,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
    };
    struct rule_vec rules = { 0 };
    pipeline_collect(control->pipeline, &query, &rules);
    long long now = clock_msec();
    for (size_t i = 0; i < rules.n; i++) {
        format_rule(rules.items[i], now, s);
    }
    rule_vec_uninit(&rules);
}
