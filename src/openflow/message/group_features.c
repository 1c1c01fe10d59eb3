/* What groups a switch can have, as bytes. */

#include "openflow/message/group.h"
#include "openflow/message/table_bits.h"

void
group_features_encode(const struct group_features *f,
                      const struct message *request, struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_reply_raw(request), request->version,
                  request->xid);
    writer_u32(w, f->types);
    writer_u32(w, f->capabilities);
    for (size_t i = 0; i < N_GROUP_TYPES; i++) {
        writer_u32(w, f->max_groups[i]);
    }
    for (size_t i = 0; i < N_GROUP_TYPES; i++) {
        writer_u32(w, table_actions_to_wire(f->actions[i], request->version));
    }
    message_finish(w, start);
}

enum ofperr
group_features_decode(const struct message *m, struct group_features *f)
{
    struct reader r = reader_init(m->body, m->body_size);
    f->types = reader_u32(&r);
    f->capabilities = reader_u32(&r);
    for (size_t i = 0; i < N_GROUP_TYPES; i++) {
        f->max_groups[i] = reader_u32(&r);
    }
    for (size_t i = 0; i < N_GROUP_TYPES; i++) {
        f->actions[i] = table_actions_from_wire(reader_u32(&r), m->version);
    }
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : OFPERR_NONE;
}
