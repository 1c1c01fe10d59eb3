/* Printing requests of other controllers: OpenFlow 1.4 §7.4.6. */

#include "openflow/message/print_private.h"

/* The request that the message carries. */
static enum ofperr
decode_request(const struct message *m, struct message *request)
{
    enum { HEADER_SIZE = 8 };

    if (m->body_size < HEADER_SIZE) {
        return OFPERR_OFPBFC_MSG_BAD_LEN;
    }
    const uint8_t *data = m->body;
    size_t size = (size_t) data[2] << 8 | data[3];
    if (size > m->body_size) {
        return OFPERR_OFPBFC_MSG_BAD_LEN;
    }
    enum ofperr error = message_decode(data, size, request);
    if (error) {
        return error;
    }
    if (request->version != m->version) {
        return OFPERR_OFPBRC_BAD_VERSION;
    }
    return request->type == MSG_GROUP_MOD || request->type == MSG_METER_MOD
               ? OFPERR_NONE
               : OFPERR_OFPBFC_MSG_UNSUP;
}

enum ofperr
print_requestforward(struct print *p)
{
    struct message request;
    enum ofperr error = decode_request(p->m, &request);
    if (error) {
        return error;
    }
    struct print inner = *p;
    size_t start = p->s->len;
    bool is_group = request.type == MSG_GROUP_MOD;
    inner.m = &request;
    str_put(p->s, is_group ? " reason=group_mod" : " reason=meter_mod");
    error = is_group ? print_group_mod(&inner) : print_meter_mod(&inner);
    if (error) {
        str_truncate(p->s, start);
    }
    return error;
}
