/* Roles of controllers, and what a connection wants to hear. */

#include <string.h>

#include "switch/control/control_private.h"

/* OpenFlow 1.3.5 §6.3.6: a generation that is older than one that was seen
 * comes from a controller that missed an election. */
static enum ofperr
check_generation(struct control *control, uint64_t generation)
{
    if (control->has_generation
        && (int64_t) (generation - control->generation_id) < 0) {
        return OFPERR_OFPRRFC_STALE;
    }
    control->has_generation = true;
    control->generation_id = generation;
    return OFPERR_NONE;
}

static void
set_role(struct connection *c, enum switch_role role)
{
    if (role == ROLE_PRIMARY) {
        struct connection *other;
        LIST_FOR_EACH (other, node, &c->control->connections) {
            if (other != c && other->role == ROLE_PRIMARY) {
                other->role = ROLE_SECONDARY;
            }
        }
    }
    c->role = role;
}

enum ofperr
handle_role_request(struct connection *c, const struct message *request)
{
    struct role_request role;
    enum ofperr error = role_request_decode(request, &role);
    if (error) {
        return error;
    }
    if (role.role != ROLE_NOCHANGE) {
        if (role.role > ROLE_SECONDARY) {
            return OFPERR_OFPRRFC_BAD_ROLE;
        }
        if (role.has_generation && role.role != ROLE_EQUAL) {
            error = check_generation(c->control, role.generation_id);
            if (error) {
                return error;
            }
        }
        set_role(c, (enum switch_role) role.role);
    }
    const struct role_request reply = {
        .role = c->role,
        .has_generation = c->control->has_generation,
        .generation_id = c->control->has_generation ? c->control->generation_id
                                                    : UINT64_MAX,
    };
    struct writer w = WRITER_INITIALIZER;
    role_reply_encode(&reply, request, &w);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_get_async(struct connection *c, const struct message *request)
{
    struct writer w = WRITER_INITIALIZER;
    async_config_encode(&c->async, request, &w);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_set_async(struct connection *c, const struct message *request)
{
    struct async_config config = c->async;
    enum ofperr error = async_config_decode(request, &config);
    if (!error) {
        c->async = config;
        /* Who sets this wants to hear something. */
        if (c->kind == CONNECTION_SERVICE && !c->miss_send_len) {
            c->miss_send_len = CONTROL_DEFAULT_MISS_LEN;
        }
    }
    return error;
}

/* Extensions that change how a connection speaks.  Their bodies begin with
 * one number each; message_decode() has checked the sizes. */

enum ofperr
handle_set_flow_format(struct connection *c, const struct message *request)
{
    enum { FORMAT_OPENFLOW10 = 0, FORMAT_NXM = 2 };

    struct reader body = reader_init(request->body, request->body_size);
    uint32_t format = reader_u32(&body);
    if (body.failed || (format != FORMAT_OPENFLOW10 && format != FORMAT_NXM)) {
        return OFPERR_OFPBRC_EPERM;
    }
    c->uses_nxm = format == FORMAT_NXM;
    return OFPERR_NONE;
}

enum ofperr
handle_flow_mod_table_id(struct connection *c, const struct message *request)
{
    struct reader body = reader_init(request->body, request->body_size);
    uint8_t set = reader_u8(&body);
    if (body.failed) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    c->uses_table_id = set != 0;
    return OFPERR_NONE;
}

enum ofperr
handle_set_packet_in_format(struct connection *c,
                            const struct message *request)
{
    struct reader body = reader_init(request->body, request->body_size);
    uint32_t format = reader_u32(&body);
    if (body.failed || format > PACKET_IN_NXT2) {
        return OFPERR_OFPBRC_EPERM;
    }
    c->packet_in_format = (enum packet_in_format) format;
    return OFPERR_NONE;
}

enum ofperr
handle_set_controller_id(struct connection *c, const struct message *request)
{
    enum { PAD = 6 };

    struct reader body = reader_init(request->body, request->body_size);
    reader_skip(&body, PAD);
    uint16_t id = reader_u16(&body);
    if (body.failed) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    c->controller_id = id;
    return OFPERR_NONE;
}
