/* Flow tables: statistics, features, configuration. */

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "openflow/message/table.h"
#include "switch/control/control_private.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto);

enum {
    /* What is shown for a table without a limit. */
    TABLE_MAX_ENTRIES = 1000000,
    TABLE_EVICTION_FLAGS =
        TABLE_EVICT_OTHER | TABLE_EVICT_IMPORTANCE | TABLE_EVICT_LIFETIME,
};

/* What flows can do in every table. */
static void
fill_instructions(uint8_t table_id, struct table_instructions *t)
{
    t->instructions = TABLE_METER | TABLE_WRITE_METADATA | TABLE_WRITE_ACTIONS
                      | TABLE_APPLY_ACTIONS | TABLE_CLEAR_ACTIONS;
    for (unsigned int i = table_id + 1u; i < CONTROL_N_TABLES; i++) {
        t->instructions |= TABLE_GOTO_TABLE;
        bitmap_set1(t->next, i);
    }
    t->write.actions = supported_actions();
    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct field *f = field_from_id((enum field_id) i);
        if (f->writable && f->n_oxms) {
            bitmap_set1(t->write.set_fields, i);
        }
    }
    t->apply = t->write;
}

static uint32_t
wire_miss(enum pipeline_miss miss)
{
    switch (miss) {
    case PIPELINE_MISS_DEFAULT: /* Of these versions. */
    case PIPELINE_MISS_CONTROLLER:
        return TABLE_MISS_CONTROLLER;
    case PIPELINE_MISS_CONTINUE:
        return TABLE_MISS_CONTINUE;
    case PIPELINE_MISS_DROP:
        return TABLE_MISS_DROP;
    }
    NOT_REACHED();
}

static void
fill_features(const struct pipeline *p, uint8_t table_id,
              struct table_features *f)
{
    uint32_t max = pipeline_table_max_flows(p, table_id);
    *f = (struct table_features){
        .table_id = table_id,
        .metadata_match = UINT64_MAX,
        .metadata_write = UINT64_MAX,
        .miss = wire_miss(pipeline_table_miss(p, table_id)),
        .max_entries = max < TABLE_MAX_ENTRIES ? max : TABLE_MAX_ENTRIES,
    };
    snprintf(f->name, sizeof f->name, "%s", pipeline_table_name(p, table_id));
    fill_instructions(table_id, &f->other);
    f->on_miss = f->other;
    for (size_t i = 0; i < N_FIELDS; i++) {
        const struct field *field = field_from_id((enum field_id) i);
        if (field->n_oxms) {
            bitmap_set1(f->match, i);
            bitmap_set1(f->wildcard, i);
            bitmap_set(f->mask, i, field->maskable != FIELD_MASK_NONE);
        }
    }
}

enum ofperr
handle_table_stats(struct connection *c, const struct message *request)
{
    struct control *control = c->control;
    control->ops.fold_stats(control->ops.aux);
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    for (unsigned int i = 0; i < CONTROL_N_TABLES; i++) {
        struct pipeline_table_stats counters;
        pipeline_get_table_stats(control->pipeline, (uint8_t) i, &counters);
        const struct table_stats stats = {
            .n_active = (uint32_t) counters.n_active,
            .n_lookup = counters.n_lookup,
            .n_matched = counters.n_matched,
        };
        struct table_features f;
        fill_features(control->pipeline, (uint8_t) i, &f);
        table_stats_encode(&f, &stats, &reply);
    }
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_table_features(struct connection *c, const struct message *request)
{
    /* OpenFlow 1.3.5 §7.3.5.5: with a body the request would change what
     * tables can do. */
    if (request->body_size || request->more) {
        struct reader body = reader_init(request->body, request->body_size);
        struct table_features f;
        bool done;
        enum ofperr error = table_features_decode(request, &body, &f, &done);
        return error ? error : OFPERR_OFPTFFC_EPERM;
    }
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    for (unsigned int i = 0; i < CONTROL_N_TABLES; i++) {
        struct table_features f;
        fill_features(c->control->pipeline, (uint8_t) i, &f);
        table_features_encode(&f, &reply);
    }
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_table_desc(struct connection *c, const struct message *request)
{
    const struct pipeline *p = c->control->pipeline;
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    for (unsigned int i = 0; i < CONTROL_N_TABLES; i++) {
        const struct table_config config = {
            .table_id = (uint8_t) i,
            .config =
                pipeline_table_eviction(p, (uint8_t) i) ? TABLE_EVICTION : 0,
            .has_eviction_flags = true,
            .eviction_flags = TABLE_EVICTION_FLAGS,
        };
        table_desc_encode(&config, &reply);
    }
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

static void
set_table(struct pipeline *p, uint8_t table_id, uint8_t version,
          uint32_t config)
{
    static const enum pipeline_miss misses[] = {
        [TABLE_MISS_CONTROLLER] = PIPELINE_MISS_CONTROLLER,
        [TABLE_MISS_CONTINUE] = PIPELINE_MISS_CONTINUE,
        [TABLE_MISS_DROP] = PIPELINE_MISS_DROP,
    };

    if (version >= OF14_VERSION) {
        pipeline_set_table_eviction(p, table_id, config & TABLE_EVICTION);
    } else if (version <= OF12_VERSION) {
        pipeline_set_table_miss(p, table_id, misses[config]);
    }
}

enum ofperr
handle_table_mod(struct connection *c, const struct message *request)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 5);
    struct control *control = c->control;
    struct table_config config;
    enum ofperr error = table_mod_decode(request, &config);
    if (error) {
        return error;
    }
    bool all = config.table_id == PIPELINE_TABLE_ALL;
    if (!all && !pipeline_table_is_visible(config.table_id)) {
        return OFPERR_OFPTMFC_EPERM;
    }
    if (request->version >= OF14_VERSION
        && config.config & TABLE_VACANCY_EVENTS) {
        log_warn_rl(&rl, "%s: table %u: vacancy events are not supported yet",
                    control->name, config.table_id);
        return OFPERR_OFPTMFC_BAD_CONFIG;
    }
    for (unsigned int i = all ? 0 : config.table_id;
         i < (all ? CONTROL_N_TABLES : config.table_id + 1u); i++) {
        set_table(control->pipeline, (uint8_t) i, request->version,
                  config.config);
    }
    if (request->version <= OF12_VERSION) {
        /* Packets may go elsewhere now. */
        control->ops.changed(control->ops.aux);
    }
    return OFPERR_NONE;
}
