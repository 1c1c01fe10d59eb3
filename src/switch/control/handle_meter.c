/* Meters, of which this switch has none: controllers that ask are told so. */

#include "switch/control/control_private.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto);

enum {
    /* OpenFlow 1.3.5 §7.3.4.5: commands and the number for all. */
    METER_ADD = 0,
    METER_MODIFY = 1,
    METER_DELETE = 2,
    METER_ALL = -1,
    /* OpenFlow 1.3.5 §7.3.5.14: max_meter be32, band_types be32, capabilities
     * be32, max_bands u8, max_color u8, padding 2. */
    METER_FEATURES_SIZE = 16,
};

/* A reply whose body is zeros. */
static void
reply_zeros(struct connection *c, const struct message *request, size_t size)
{
    struct writer w = WRITER_INITIALIZER;
    message_begin(&w, message_reply_raw(request), request->version,
                  request->xid);
    writer_zeros(&w, size);
    message_finish(&w, 0);
    connection_send(c, &w);
    writer_uninit(&w);
}

enum ofperr
handle_meter_list(struct connection *c, const struct message *request)
{
    struct reader r = reader_init(request->body, request->body_size);
    if (reader_u32(&r) != (uint32_t) METER_ALL) {
        return OFPERR_OFPMMFC_UNKNOWN_METER;
    }
    reply_zeros(c, request, 0);
    return OFPERR_NONE;
}

enum ofperr
handle_meter_features(struct connection *c, const struct message *request)
{
    reply_zeros(c, request, METER_FEATURES_SIZE);
    return OFPERR_NONE;
}

/* Before anything can be changed it must be added; to delete what is not there
 * is no error: OpenFlow 1.3.5 §7.3.4.5. */
enum ofperr
handle_meter_mod(struct connection *c, const struct message *request)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 5);
    struct reader r = reader_init(request->body, request->body_size);
    uint16_t command = reader_u16(&r);
    if (command == METER_DELETE) {
        return OFPERR_NONE;
    }
    log_warn_rl(&rl, "%s: meters are not supported yet", c->control->name);
    switch (command) {
    case METER_ADD:
        return OFPERR_OFPMMFC_OUT_OF_METERS;
    case METER_MODIFY:
        return OFPERR_OFPMMFC_UNKNOWN_METER;
    default:
        return OFPERR_OFPMMFC_BAD_COMMAND;
    }
}
