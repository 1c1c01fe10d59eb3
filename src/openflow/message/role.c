/* Roles of controllers and what is sent to them unasked. */

#include <string.h>

#include "openflow/message/switch.h"

/* NXT_ROLE_REQUEST has three roles, numbered from 0. */
enum { NX_ROLE_OFFSET = 1 };

enum ofperr
role_request_decode(const struct message *m, struct role_request *role)
{
    memset(role, 0, sizeof *role);
    struct reader r = reader_init(m->body, m->body_size);
    uint32_t number = reader_u32(&r);
    if (m->raw == MSG_RAW_NXT_ROLE_REQUEST
        || m->raw == MSG_RAW_NXT_ROLE_REPLY) {
        if (number > ROLE_SECONDARY - NX_ROLE_OFFSET) {
            return OFPERR_OFPRRFC_BAD_ROLE;
        }
        role->role = number + NX_ROLE_OFFSET;
        return 0;
    }
    if (number > ROLE_SECONDARY) {
        return OFPERR_OFPRRFC_BAD_ROLE;
    }
    reader_skip(&r, 4);
    role->role = number;
    role->generation_id = reader_u64(&r);
    role->has_generation =
        m->type != MSG_ROLE_REPLY
            ? number == ROLE_PRIMARY || number == ROLE_SECONDARY
            : role->generation_id != UINT64_MAX;
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

void
role_reply_encode(const struct role_request *role,
                  const struct message *request, struct writer *w)
{
    size_t start = w->size;
    if (request->raw == MSG_RAW_NXT_ROLE_REQUEST) {
        message_begin(w, MSG_RAW_NXT_ROLE_REPLY, request->version,
                      request->xid);
        writer_u32(w, role->role - NX_ROLE_OFFSET);
    } else {
        message_begin(w, MSG_RAW_OFPT12_ROLE_REPLY, request->version,
                      request->xid);
        writer_u32(w, role->role);
        writer_zeros(w, 4);
        writer_u64(w, role->has_generation ? role->generation_id : UINT64_MAX);
    }
    message_finish(w, start);
}

/* Bits that each type may have: up to 1.3, and from 1.4 on. */
static const struct {
    uint32_t old, new;
} allowed[N_ASYNC_TYPES] = {
    [ASYNC_PACKET_IN] = { 0x07, 0x3f },
    [ASYNC_PORT_STATUS] = { 0x07, 0x07 },
    [ASYNC_FLOW_REMOVED] = { 0x0f, 0x3f },
    [ASYNC_ROLE_STATUS] = { 0, 0x07 },
    [ASYNC_TABLE_STATUS] = { 0, 0x18 },
    [ASYNC_REQUESTFORWARD] = { 0, 0x03 },
};

void
async_config_init(struct async_config *config, uint8_t version)
{
    memset(config, 0, sizeof *config);
    /* OpenFlow 1.3.5 §6.3.4: a secondary only hears of ports. */
    config->masks[0][ASYNC_PACKET_IN] = version >= OF14_VERSION ? 0x3b : 0x03;
    config->masks[0][ASYNC_PORT_STATUS] = 0x07;
    config->masks[0][ASYNC_FLOW_REMOVED] = version >= OF14_VERSION   ? 0x3f
                                           : version >= OF13_VERSION ? 0x0f
                                                                     : 0x07;
    config->masks[1][ASYNC_PORT_STATUS] = 0x07;
}

/* 1.4's properties: types 2 * t for secondaries, 2 * t + 1 for others.  In
 * replies what nobody knows does no harm. */
static enum ofperr
decode_properties(struct reader *r, bool loose, struct async_config *config)
{
    while (r->left) {
        uint16_t type = reader_u16(r);
        uint16_t len = reader_u16(r);
        if (r->failed || len != 8) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        uint32_t mask = reader_u32(r);
        if (type / 2 >= N_ASYNC_TYPES) {
            if (loose) {
                continue;
            }
            return OFPERR_OFPACFC_UNSUPPORTED;
        }
        if (!loose && mask & ~allowed[type / 2].new) {
            return OFPERR_OFPACFC_INVALID;
        }
        config->masks[type % 2 ? 0 : 1][type / 2] =
            mask & allowed[type / 2].new;
    }
    return 0;
}

enum ofperr
async_config_decode(const struct message *m, struct async_config *config)
{
    struct reader r = reader_init(m->body, m->body_size);
    if (m->raw == MSG_RAW_OFPT14_SET_ASYNC
        || m->raw == MSG_RAW_NXT_SET_ASYNC_CONFIG2
        || m->raw == MSG_RAW_OFPT14_GET_ASYNC_REPLY) {
        struct async_config changed = *config;
        enum ofperr error =
            decode_properties(&r, m->type == MSG_GET_ASYNC_REPLY, &changed);
        if (!error) {
            *config = changed;
        }
        return error;
    }
    for (int type = ASYNC_PACKET_IN; type <= ASYNC_FLOW_REMOVED; type++) {
        for (int i = 0; i < 2; i++) {
            config->masks[i][type] = reader_u32(&r) & allowed[type].old;
        }
    }
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

void
async_config_encode(const struct async_config *config,
                    const struct message *request, struct writer *w)
{
    size_t start = w->size;
    if (request->version < OF14_VERSION) {
        message_begin(w, MSG_RAW_OFPT13_GET_ASYNC_REPLY, request->version,
                      request->xid);
        for (int type = ASYNC_PACKET_IN; type <= ASYNC_FLOW_REMOVED; type++) {
            for (int i = 0; i < 2; i++) {
                writer_u32(w, config->masks[i][type] & allowed[type].old);
            }
        }
    } else {
        message_begin(w, MSG_RAW_OFPT14_GET_ASYNC_REPLY, request->version,
                      request->xid);
        for (int type = 0; type < N_ASYNC_TYPES; type++) {
            for (int i = 1; i >= 0; i--) {
                writer_u16(w, type * 2 + (i ? 0 : 1));
                writer_u16(w, 8);
                writer_u32(w, config->masks[i][type]);
            }
        }
    }
    message_finish(w, start);
}
