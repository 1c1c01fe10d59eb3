/* Table and queue statistics. */

#include <stdio.h>

#include "switch/control/control_private.h"

enum {
    /* What is shown for a table without a limit. */
    TABLE_MAX_ENTRIES = 1000000,
};

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
        struct pipeline_table_stats stats;
        pipeline_get_table_stats(control->pipeline, (uint8_t) i, &stats);
        uint32_t max = pipeline_table_max_flows(control->pipeline, i);
        struct table_stats ts = {
            .table_id = (uint8_t) i,
            .max_entries = max < TABLE_MAX_ENTRIES ? max : TABLE_MAX_ENTRIES,
            .n_active = (uint32_t) stats.n_active,
            .n_lookup = stats.n_lookup,
            .n_matched = stats.n_matched,
        };
        snprintf(ts.name, sizeof ts.name, "%s",
                 pipeline_table_name(control->pipeline, (uint8_t) i));
        size_t start = w.size;
        table_stats_encode(&ts, &reply);
        message_multipart_next(&reply, start);
    }
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

/* No port has queues: the list is empty. */
enum ofperr
handle_queue_stats(struct connection *c, const struct message *request)
{
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}
