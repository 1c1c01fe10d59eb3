/* Groups and meters, of which this switch has none: controllers that ask are
 * told so. */

#include "switch/control/control_private.h"
#include "sys/log/log.h"

LOG_MODULE(ofproto);

/* Commands of both kinds of changes. */
enum {
    COMMAND_ADD = 0,
    COMMAND_MODIFY = 1,
    COMMAND_DELETE = 2,
};

enum {
    /* OpenFlow 1.2 §A.3.5.11: types be32, capabilities be32, then greatest
     * number and actions for each of four types. */
    GROUP_FEATURES_SIZE = 40,
    /* OpenFlow 1.3.5 §7.3.5.14: max_meter be32, band_types be32, capabilities
     * be32, max_bands u8, max_color u8, padding 2. */
    METER_FEATURES_SIZE = 16,
    /* OpenFlow 1.3.5 §7.3.4.5. */
    METER_ALL = -1,
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
handle_group_list(struct connection *c, const struct message *request)
{
    reply_zeros(c, request, 0);
    return OFPERR_NONE;
}

enum ofperr
handle_group_features(struct connection *c, const struct message *request)
{
    reply_zeros(c, request, GROUP_FEATURES_SIZE);
    return OFPERR_NONE;
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
 * is no error: OpenFlow 1.3.5 §6.5, §7.3.4.3, §7.3.4.5. */
static enum ofperr
refuse(const struct connection *c, const struct message *request,
       const char *what, const enum ofperr errors[3])
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 5);
    struct reader r = reader_init(request->body, request->body_size);
    uint16_t command = reader_u16(&r);
    if (command == COMMAND_DELETE) {
        return OFPERR_NONE;
    }
    log_warn_rl(&rl, "%s: %s are not supported yet", c->control->name, what);
    return errors[MIN(command, 2)];
}

enum ofperr
handle_group_mod(struct connection *c, const struct message *request)
{
    static const enum ofperr errors[] = { OFPERR_OFPGMFC_OUT_OF_GROUPS,
                                          OFPERR_OFPGMFC_UNKNOWN_GROUP,
                                          OFPERR_OFPGMFC_BAD_COMMAND };

    return refuse(c, request, "groups", errors);
}

enum ofperr
handle_meter_mod(struct connection *c, const struct message *request)
{
    static const enum ofperr errors[] = { OFPERR_OFPMMFC_OUT_OF_METERS,
                                          OFPERR_OFPMMFC_UNKNOWN_METER,
                                          OFPERR_OFPMMFC_BAD_COMMAND };

    return refuse(c, request, "meters", errors);
}
