/* Packets to and from the controller, as bytes. */

#include "openflow/message/packet.h"

#include <string.h>

#include "openflow/wire/oxm.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_packet);

/* Properties of NXT_PACKET_IN2. */
enum {
    NXPINT_PACKET = 0,
    NXPINT_FULL_LEN = 1,
    NXPINT_BUFFER_ID = 2,
    NXPINT_TABLE_ID = 3,
    NXPINT_COOKIE = 4,
    NXPINT_REASON = 5,
    NXPINT_METADATA = 6,
    NXPINT_USERDATA = 7,
    NXPINT_CONTINUATION = 8,
};

const char *
packet_in_reason_name(uint8_t reason)
{
    static const char *const names[OFPR_N_REASONS] = {
        "no_match", "action",     "invalid_ttl",   "action_set",
        "group",    "packet_out", "explicit_miss", "implicit_miss",
    };
    return reason < OFPR_N_REASONS ? names[reason] : NULL;
}

/* Reasons that a version does not have look like the nearest it has. */
static uint8_t
wire_reason(uint8_t reason, uint8_t version)
{
    switch (reason) {
    case OFPR_EXPLICIT_MISS:
    case OFPR_IMPLICIT_MISS:
        return OFPR_NO_MATCH;
    case OFPR_ACTION_SET:
    case OFPR_GROUP:
    case OFPR_PACKET_OUT:
        return version < OF14_VERSION ? OFPR_ACTION : reason;
    default:
        return reason;
    }
}

static void
encode_standard(const struct packet_in *pin, uint8_t version, struct writer *w)
{
    uint8_t reason = wire_reason(pin->reason, version);
    uint32_t in_port = pin->metadata.flow.in_port;
    uint16_t total = pin->total_size;
    if (version == OF10_VERSION) {
        message_begin(w, MSG_RAW_OFPT10_PACKET_IN, version, 0);
        writer_u32(w, pin->buffer_id);
        writer_u16(w, total);
        writer_u16(w, ofp_port_to_of10(in_port));
        writer_u8(w, reason);
        writer_u8(w, 0);
    } else if (version == OF11_VERSION) {
        message_begin(w, MSG_RAW_OFPT11_PACKET_IN, version, 0);
        writer_u32(w, pin->buffer_id);
        writer_u32(w, in_port);
        writer_u32(w, in_port);
        writer_u16(w, total);
        writer_u8(w, reason);
        writer_u8(w, pin->table_id);
    } else {
        message_begin(w,
                      version == OF12_VERSION ? MSG_RAW_OFPT12_PACKET_IN
                                              : MSG_RAW_OFPT13_PACKET_IN,
                      version, 0);
        writer_u32(w, pin->buffer_id);
        writer_u16(w, total);
        writer_u8(w, reason);
        writer_u8(w, pin->table_id);
        if (version >= OF13_VERSION) {
            be64 cookie = pin->has_cookie ? pin->cookie : BE64_MAX;
            writer_put(w, &cookie, sizeof cookie);
        }
        oxm_put_of_match(w, &pin->metadata, version);
        writer_zeros(w, 2);
    }
    writer_put(w, pin->packet, pin->packet_size);
}

static void
encode_nxt(const struct packet_in *pin, uint8_t version, struct writer *w)
{
    message_begin(w, MSG_RAW_NXT_PACKET_IN, version, 0);
    be64 cookie = pin->has_cookie ? pin->cookie : BE64_MAX;
    writer_u32(w, pin->buffer_id);
    writer_u16(w, pin->total_size);
    writer_u8(w, wire_reason(pin->reason, version));
    writer_u8(w, pin->table_id);
    writer_put(w, &cookie, sizeof cookie);
    size_t len_at = w->size;
    writer_u16(w, 0);
    writer_zeros(w, 6);
    size_t match_at = w->size;
    oxm_put_match(w, &pin->metadata, 0, 0, 0);
    writer_set_u16(w, len_at, w->size - match_at);
    writer_pad(w, match_at, 8);
    writer_zeros(w, 2);
    writer_put(w, pin->packet, pin->packet_size);
}

static void
put_property(struct writer *w, uint16_t type, const void *data, size_t size)
{
    size_t start = w->size;
    writer_u16(w, type);
    writer_u16(w, 4 + size);
    writer_put(w, data, size);
    writer_pad(w, start, 8);
}

static void
encode_nxt2(const struct packet_in *pin, uint8_t version, struct writer *w)
{
    message_begin(w, MSG_RAW_NXT_PACKET_IN2, version, 0);
    if (pin->packet_size) {
        put_property(w, NXPINT_PACKET, pin->packet, pin->packet_size);
    }
    if (pin->packet_size != pin->total_size) {
        be32 full = be32_from_host(pin->total_size);
        put_property(w, NXPINT_FULL_LEN, &full, sizeof full);
    }
    if (pin->buffer_id != UINT32_MAX) {
        be32 id = be32_from_host(pin->buffer_id);
        put_property(w, NXPINT_BUFFER_ID, &id, sizeof id);
    }
    put_property(w, NXPINT_TABLE_ID, &pin->table_id, 1);
    if (pin->has_cookie && pin->cookie != BE64_MAX) {
        uint8_t bytes[12] = { 0 };
        memcpy(bytes + 4, &pin->cookie, sizeof pin->cookie);
        put_property(w, NXPINT_COOKIE, bytes, sizeof bytes);
    }
    uint8_t reason = wire_reason(pin->reason, OF14_VERSION);
    put_property(w, NXPINT_REASON, &reason, 1);
    size_t start = w->size;
    writer_u16(w, NXPINT_METADATA);
    writer_u16(w, 0);
    oxm_put_match(w, &pin->metadata, MAX(version, OF12_VERSION), 0, 0);
    writer_set_u16(w, start + 2, w->size - start);
    writer_pad(w, start, 8);
    if (pin->userdata_size) {
        put_property(w, NXPINT_USERDATA, pin->userdata, pin->userdata_size);
    }
}

void
packet_in_encode(const struct packet_in *pin, enum packet_in_format format,
                 uint8_t version, struct writer *w)
{
    size_t start = w->size;
    switch (format) {
    case PACKET_IN_STANDARD:
        encode_standard(pin, version, w);
        break;
    case PACKET_IN_NXT:
        encode_nxt(pin, version, w);
        break;
    case PACKET_IN_NXT2:
        encode_nxt2(pin, version, w);
        break;
    }
    message_finish(w, start);
}

static void
set_in_port(struct match *match, uint32_t port)
{
    match->flow.in_port = port;
    match->mask.bits.in_port = UINT32_MAX;
}

static enum ofperr
decode_standard(const struct message *m, struct reader *r,
                struct packet_in *pin)
{
    pin->buffer_id = reader_u32(r);
    switch (m->version) {
    case OF10_VERSION:
        pin->total_size = reader_u16(r);
        set_in_port(&pin->metadata, ofp_port_from_of10(reader_u16(r)));
        pin->reason = reader_u8(r);
        reader_skip(r, 1);
        return 0;
    case OF11_VERSION:
        set_in_port(&pin->metadata, reader_u32(r));
        reader_skip(r, 4);
        pin->total_size = reader_u16(r);
        pin->reason = reader_u8(r);
        pin->table_id = reader_u8(r);
        return 0;
    default:
        pin->total_size = reader_u16(r);
        pin->reason = reader_u8(r);
        pin->table_id = reader_u8(r);
        if (m->version >= OF13_VERSION) {
            reader_copy(r, &pin->cookie, sizeof pin->cookie);
            pin->has_cookie = true;
        }
        enum ofperr error = oxm_get_of_match(r, m->version, &pin->metadata);
        reader_skip(r, 2);
        return error;
    }
}

static enum ofperr
decode_nxt(struct reader *r, struct packet_in *pin)
{
    pin->buffer_id = reader_u32(r);
    pin->total_size = reader_u16(r);
    pin->reason = reader_u8(r);
    pin->table_id = reader_u8(r);
    reader_copy(r, &pin->cookie, sizeof pin->cookie);
    pin->has_cookie = true;
    uint16_t len = reader_u16(r);
    reader_skip(r, 6);
    const uint8_t *match = reader_take(r, ROUND_UP((size_t) len, 8));
    if (!match) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    reader_skip(r, 2);
    return oxm_get_match(match, len, false, &pin->metadata, NULL, NULL);
}

static enum ofperr
decode_property(struct reader *p, uint16_t type, size_t size,
                struct packet_in *pin)
{
    switch (type) {
    case NXPINT_PACKET:
        pin->packet = p->data;
        pin->packet_size = size;
        return 0;
    case NXPINT_FULL_LEN:
        pin->total_size = reader_u32(p);
        break;
    case NXPINT_BUFFER_ID:
        pin->buffer_id = reader_u32(p);
        break;
    case NXPINT_TABLE_ID:
        pin->table_id = reader_u8(p);
        break;
    case NXPINT_COOKIE:
        reader_skip(p, 4);
        reader_copy(p, &pin->cookie, sizeof pin->cookie);
        pin->has_cookie = true;
        break;
    case NXPINT_REASON:
        pin->reason = reader_u8(p);
        break;
    case NXPINT_METADATA:
        return oxm_get_match(p->data, size, false, &pin->metadata, NULL, NULL);
    case NXPINT_USERDATA:
        pin->userdata = p->data;
        pin->userdata_size = size;
        return 0;
    case NXPINT_CONTINUATION:
        return 0;
    default:
        return OFPERR_OFPBPC_BAD_TYPE;
    }
    return p->failed ? OFPERR_OFPBPC_BAD_LEN : 0;
}

static enum ofperr
decode_nxt2(struct reader *r, struct packet_in *pin)
{
    pin->buffer_id = UINT32_MAX;
    while (r->left) {
        uint16_t type = reader_u16(r);
        uint16_t len = reader_u16(r);
        if (r->failed || len < 4) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        struct reader p =
            reader_sub(r, MIN(ROUND_UP((size_t) len, 8) - 4, r->left));
        if (p.left < (size_t) len - 4) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        enum ofperr error = decode_property(&p, type, len - 4, pin);
        if (error) {
            return error;
        }
    }
    if (!pin->total_size) {
        pin->total_size = pin->packet_size;
    } else if (pin->total_size < pin->packet_size) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    return 0;
}

enum ofperr
packet_in_decode(const struct message *m, struct packet_in *pin)
{
    memset(pin, 0, sizeof *pin);
    match_init_any(&pin->metadata);
    struct reader r = reader_init(m->body, m->body_size);
    if (m->raw == MSG_RAW_NXT_PACKET_IN2) {
        return decode_nxt2(&r, pin);
    }
    enum ofperr error = m->raw == MSG_RAW_NXT_PACKET_IN
                            ? decode_nxt(&r, pin)
                            : decode_standard(m, &r, pin);
    if (!error && r.failed) {
        error = OFPERR_OFPBRC_BAD_LEN;
    }
    if (!error) {
        pin->packet = r.data;
        pin->packet_size = r.left;
    }
    return error;
}

void
packet_out_uninit(struct packet_out *po)
{
    actions_uninit(&po->actions);
}

void
packet_out_encode(const struct packet_out *po, uint8_t version, uint32_t xid,
                  struct writer *w)
{
    size_t start = w->size;
    uint32_t in_port = po->metadata.flow.in_port;
    size_t len_at;
    if (version == OF10_VERSION) {
        message_begin(w, MSG_RAW_OFPT10_PACKET_OUT, version, xid);
        writer_u32(w, po->buffer_id);
        writer_u16(w, ofp_port_to_of10(in_port));
        len_at = w->size;
        writer_u16(w, 0);
    } else if (version < OF15_VERSION) {
        message_begin(w, MSG_RAW_OFPT11_PACKET_OUT, version, xid);
        writer_u32(w, po->buffer_id);
        writer_u32(w, in_port);
        len_at = w->size;
        writer_u16(w, 0);
        writer_zeros(w, 6);
    } else {
        message_begin(w, MSG_RAW_OFPT15_PACKET_OUT, version, xid);
        writer_u32(w, po->buffer_id);
        len_at = w->size;
        writer_u16(w, 0);
        writer_zeros(w, 2);
        oxm_put_of_match(w, &po->metadata, version);
    }
    size_t actions_at = w->size;
    actions_encode(&po->actions, version, w);
    writer_set_u16(w, len_at, w->size - actions_at);
    if (po->buffer_id == UINT32_MAX) {
        writer_put(w, po->packet, po->packet_size);
    }
    message_finish(w, start);
}

/* Ports that a packet may be said to come from: OpenFlow 1.3.5 §7.3.7. */
static bool
is_valid_in_port(uint32_t port)
{
    return port < OFPP_MAX || port == OFPP_LOCAL || port == OFPP_NONE
           || port == OFPP_CONTROLLER;
}

enum ofperr
packet_out_decode(const struct message *m, struct packet_out *po)
{
    memset(po, 0, sizeof *po);
    match_init_any(&po->metadata);
    struct reader r = reader_init(m->body, m->body_size);
    po->buffer_id = reader_u32(&r);
    uint16_t actions_len;
    enum ofperr error = 0;
    if (m->version == OF10_VERSION) {
        set_in_port(&po->metadata, ofp_port_from_of10(reader_u16(&r)));
        actions_len = reader_u16(&r);
    } else if (m->version < OF15_VERSION) {
        set_in_port(&po->metadata, reader_u32(&r));
        actions_len = reader_u16(&r);
        reader_skip(&r, 6);
    } else {
        actions_len = reader_u16(&r);
        reader_skip(&r, 2);
        error = oxm_get_of_match(&r, m->version, &po->metadata);
        if (!error && !po->metadata.mask.bits.in_port) {
            set_in_port(&po->metadata, OFPP_NONE);
        }
    }
    if (!error && !is_valid_in_port(po->metadata.flow.in_port)) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "packet-out has bad input port %#x",
                    ofp_port_to_of10(po->metadata.flow.in_port));
        error = OFPERR_OFPBRC_BAD_PORT;
    }
    const void *actions = reader_take(&r, actions_len);
    if (!error && !actions) {
        error = OFPERR_OFPBRC_BAD_LEN;
    }
    if (!error) {
        error = actions_decode(actions, actions_len, m->version, &po->actions);
    }
    if (!error && po->buffer_id == UINT32_MAX) {
        po->packet = r.data;
        po->packet_size = r.left;
    }
    return error;
}
