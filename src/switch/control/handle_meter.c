/* Meters: OpenFlow 1.3.5 §7.3.4.5, §7.3.5.12-14.  The pipeline knows them, the
 * datapath polices. */

#include <errno.h>

#include "openflow/message/meter.h"
#include "switch/control/control_private.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto);

static enum ofperr
check_config(const struct control *control, const struct meter_config *c)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 5);
    if (!c->id || (c->id > METER_MAX && c->id != METER_CONTROLLER)) {
        if (c->id == METER_SLOWPATH) {
            log_warn_rl(&rl, "%s: meter \"slowpath\" is not supported yet",
                        control->name);
        }
        return OFPERR_OFPMMFC_INVALID_METER;
    }
    if (c->flags & ~(unsigned int) METER_FLAGS) {
        return OFPERR_OFPMMFC_BAD_FLAGS;
    }
    struct datapath_meter_features f;
    control->ops.meter_get_features(control->ops.aux, &f);
    if (c->bands.n > f.max_bands) {
        return OFPERR_OFPMMFC_OUT_OF_BANDS;
    }
    const struct meter_band *b;
    VEC_FOR_EACH (b, &c->bands) {
        if (b->type != METER_BAND_DROP) {
            return OFPERR_OFPMMFC_BAD_BAND;
        }
    }
    return OFPERR_NONE;
}

/* What a band lets through at once if the request does not say: as much as in
 * a second. */
static void
fill_bursts(struct meter_config *c)
{
    for (size_t i = 0; i < c->bands.n; i++) {
        struct meter_band *b = &c->bands.items[i];
        b->burst_size = b->burst_size ? b->burst_size : b->rate;
    }
}

/* Puts the meter into the datapath and the pipeline. */
static enum ofperr
put_meter(struct control *control, const struct meter_config *c, uint32_t id)
{
    struct datapath_meter_band bands[ODP_METER_MAX_BANDS];
    const struct datapath_meter_config config = {
        .counts_packets = c->flags & METER_PKTPS,
        .n_bands = c->bands.n,
        .bands = bands,
    };
    assert(c->bands.n <= ARRAY_SIZE(bands));
    for (size_t i = 0; i < c->bands.n; i++) {
        bands[i].rate = c->bands.items[i].rate;
        bands[i].burst = c->bands.items[i].burst_size;
    }
    int error = control->ops.meter_set(control->ops.aux, &id, &config);
    if (error) {
        return error == EFBIG    ? OFPERR_OFPMMFC_OUT_OF_METERS
               : error == EINVAL ? OFPERR_OFPMMFC_OUT_OF_BANDS
                                 : OFPERR_OFPMMFC_UNKNOWN;
    }
    pipeline_put_meter(control->pipeline, c, id, clock_msec());
    if (c->id == METER_CONTROLLER) {
        control->ops.changed(control->ops.aux);
    }
    return OFPERR_NONE;
}

static enum ofperr
add_meter(struct control *control, const struct meter_config *c)
{
    enum ofperr error = check_config(control, c);
    if (!error && pipeline_find_meter(control->pipeline, c->id)) {
        error = OFPERR_OFPMMFC_METER_EXISTS;
    }
    return error ? error : put_meter(control, c, ODP_METER_NEW);
}

static enum ofperr
modify_meter(struct control *control, const struct meter_config *c)
{
    const struct pipeline_meter *old =
        pipeline_find_meter(control->pipeline, c->id);
    if (!old) {
        return OFPERR_OFPMMFC_UNKNOWN_METER;
    }
    enum ofperr error = check_config(control, c);
    return error ? error : put_meter(control, c, old->datapath_id);
}

static void
delete_meters(struct control *control, uint32_t id, const void *cause,
              uint32_t xid)
{
    pipeline_meter_vec meters = VEC_INITIALIZER;
    pipeline_collect_meters(control->pipeline, id, &meters);
    const struct pipeline_meter_info *info;
    VEC_FOR_EACH (info, &meters) {
        uint32_t datapath_id = info->meter->datapath_id;
        bool is_controller = info->meter->config.id == METER_CONTROLLER;
        pipeline_delete_meter(control->pipeline, info->meter->config.id, cause,
                              xid);
        control->ops.meter_delete(control->ops.aux, datapath_id);
        if (is_controller) {
            control->ops.changed(control->ops.aux);
        }
    }
    vec_uninit(&meters);
}

void
meters_flush(struct control *control)
{
    delete_meters(control, METER_ALL, NULL, 0);
}

enum ofperr
handle_meter_mod(struct connection *c, const struct message *request)
{
    struct control *control = c->control;
    struct meter_mod mm;
    enum ofperr error = meter_mod_decode(request, &mm);
    fill_bursts(&mm.config);
    if (!error) {
        switch ((enum meter_command) mm.command) {
        case METER_ADD:
            error = add_meter(control, &mm.config);
            break;
        case METER_MODIFY:
            error = modify_meter(control, &mm.config);
            break;
        case METER_DELETE:
            delete_meters(control, mm.config.id, c, request->xid);
            break;
        }
    }
    if (!error) {
        async_forward_meter_mod(c, &mm, request->xid);
    }
    meter_config_uninit(&mm.config);
    return error;
}

static void
put_stats(struct control *control, const struct pipeline_meter_info *info,
          long long now, struct message_multipart *reply)
{
    const struct pipeline_meter *m = info->meter;
    struct datapath_meter_stats counters;
    if (!control->ops.meter_get(control->ops.aux, m->datapath_id, &counters)) {
        return;
    }
    struct meter_stats stats = {
        .id = m->config.id,
        .flow_count = info->n_rules,
        .n_packets = counters.n_packets,
        .n_bytes = counters.n_bytes,
    };
    clock_split_msec(now - m->created_ms, &stats.duration_sec,
                     &stats.duration_nsec);
    for (size_t i = 0; i < counters.n_bands; i++) {
        struct meter_band_stats band = { counters.bands[i].n_packets,
                                         counters.bands[i].n_bytes };
        vec_push(&stats.bands, band);
    }
    meter_stats_encode(&stats, reply);
    vec_uninit(&stats.bands);
}

enum ofperr
handle_meter_list(struct connection *c, const struct message *request)
{
    struct control *control = c->control;
    uint32_t id = meter_request_decode(request);
    pipeline_meter_vec meters = VEC_INITIALIZER;
    pipeline_collect_meters(control->pipeline, id, &meters);
    if (!meters.n && id != METER_ALL) {
        return OFPERR_OFPMMFC_UNKNOWN_METER;
    }
    struct writer w = WRITER_INITIALIZER;
    struct message_multipart reply;
    message_multipart_begin(&reply, &w, message_reply_raw(request),
                            request->version, request->xid);
    long long now = clock_msec();
    const struct pipeline_meter_info *info;
    VEC_FOR_EACH (info, &meters) {
        if (request->type == MSG_METER_STATS_REQUEST) {
            put_stats(control, info, now, &reply);
        } else {
            meter_config_encode(&info->meter->config, &reply);
        }
    }
    message_multipart_end(&reply);
    connection_send(c, &w);
    writer_uninit(&w);
    vec_uninit(&meters);
    return OFPERR_NONE;
}

enum ofperr
handle_meter_features(struct connection *c, const struct message *request)
{
    struct datapath_meter_features datapath;
    c->control->ops.meter_get_features(c->control->ops.aux, &datapath);
    struct meter_features f = { .max_meters = datapath.max_meters,
                                .max_bands = datapath.max_bands };
    if (datapath.max_meters) {
        f.band_types = 1u << METER_BAND_DROP;
        f.capabilities = METER_FLAGS;
    }
    struct writer w = WRITER_INITIALIZER;
    meter_features_encode(&f, request, &w);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}
