/* Flow modifications and removals, as bytes. */

#include "openflow/message/flow.h"

#include <string.h>

#include "openflow/message/flow_wire.h"
#include "openflow/wire/oxm.h"

enum { OFPFF10_EMERG = 1 << 2 };

uint8_t
flow_protocol_version(enum flow_protocol protocol)
{
    static const uint8_t versions[N_FLOW_PROTOCOLS] = {
        [FLOW_PROTOCOL_OF10] = OF10_VERSION,
        [FLOW_PROTOCOL_OF10_TID] = OF10_VERSION,
        [FLOW_PROTOCOL_NXM] = OF10_VERSION,
        [FLOW_PROTOCOL_NXM_TID] = OF10_VERSION,
        [FLOW_PROTOCOL_OF11] = OF11_VERSION,
        [FLOW_PROTOCOL_OF12] = OF12_VERSION,
        [FLOW_PROTOCOL_OF13] = OF13_VERSION,
        [FLOW_PROTOCOL_OF14] = OF14_VERSION,
        [FLOW_PROTOCOL_OF15] = OF15_VERSION,
    };
    return versions[protocol];
}

void
flow_mod_uninit(struct flow_mod *fm)
{
    actions_uninit(&fm->actions);
}

uint16_t
flow_flags_of_version(uint8_t version)
{
    return FLOW_MOD_SEND_FLOW_REM | FLOW_MOD_CHECK_OVERLAP
           | (version >= OF12_VERSION ? FLOW_MOD_RESET_COUNTS : 0)
           | (version >= OF13_VERSION
                  ? FLOW_MOD_NO_PKT_COUNTS | FLOW_MOD_NO_BYT_COUNTS
                  : 0);
}

static bool
is_delete(const struct flow_mod *fm)
{
    return fm->command == FLOW_MOD_DELETE
           || fm->command == FLOW_MOD_DELETE_STRICT;
}

static void
put_cookie(struct writer *w, be64 cookie)
{
    writer_put(w, &cookie, sizeof cookie);
}

/* The command, and the table in its upper half. */
static uint16_t
command_with_table(const struct flow_mod *fm, enum flow_protocol protocol)
{
    bool tid = protocol == FLOW_PROTOCOL_OF10_TID
               || protocol == FLOW_PROTOCOL_NXM_TID;
    return fm->command | (tid ? fm->table_id << 8 : 0);
}

static void
encode_of10(const struct flow_mod *fm, enum flow_protocol protocol,
            struct writer *w)
{
    of10_match_put(w, &fm->match);
    put_cookie(w, is_delete(fm) ? 0 : fm->new_cookie);
    writer_u16(w, command_with_table(fm, protocol));
    writer_u16(w, fm->idle_timeout);
    writer_u16(w, fm->hard_timeout);
    writer_u16(w, fm->priority);
    writer_u32(w, fm->buffer_id);
    writer_u16(w, ofp_port_to_of10(fm->out_port));
    writer_u16(w, fm->flags & flow_flags_of_version(OF10_VERSION));
    actions_encode(&fm->actions, OF10_VERSION, w);
}

static void
encode_nxm(const struct flow_mod *fm, enum flow_protocol protocol,
           struct writer *w)
{
    put_cookie(w, is_delete(fm) ? 0 : fm->new_cookie);
    writer_u16(w, command_with_table(fm, protocol));
    writer_u16(w, fm->idle_timeout);
    writer_u16(w, fm->hard_timeout);
    writer_u16(w, fm->priority);
    writer_u32(w, fm->buffer_id);
    writer_u16(w, ofp_port_to_of10(fm->out_port));
    writer_u16(w, fm->flags & flow_flags_of_version(OF10_VERSION));
    size_t len_at = w->size;
    writer_u16(w, 0);
    writer_zeros(w, 6);
    flow_put_nx_match(w, len_at, &fm->match, fm->cookie, fm->cookie_mask);
    actions_encode(&fm->actions, OF10_VERSION, w);
}

static void
encode_of11(const struct flow_mod *fm, uint8_t version, struct writer *w)
{
    bool add = fm->command == FLOW_MOD_ADD;
    put_cookie(w, add ? fm->new_cookie : fm->cookie);
    put_cookie(w, add ? 0 : fm->cookie_mask);
    writer_u8(w,
              fm->table_id == UINT8_MAX && !is_delete(fm) ? 0 : fm->table_id);
    writer_u8(w, fm->command);
    writer_u16(w, fm->idle_timeout);
    writer_u16(w, fm->hard_timeout);
    writer_u16(w, fm->priority);
    writer_u32(w, fm->buffer_id);
    writer_u32(w, fm->out_port);
    writer_u32(w, fm->out_group);
    writer_u16(w, fm->flags & flow_flags_of_version(version));
    writer_u16(w, version >= OF14_VERSION ? fm->importance : 0);
    oxm_put_of_match(w, &fm->match, version);
    instructions_encode(&fm->actions, version, w);
}

void
flow_mod_encode(const struct flow_mod *fm, enum flow_protocol protocol,
                uint32_t xid, struct writer *w)
{
    size_t start = w->size;
    uint8_t version = flow_protocol_version(protocol);
    switch (protocol) {
    case FLOW_PROTOCOL_OF10:
    case FLOW_PROTOCOL_OF10_TID:
        message_begin(w, MSG_RAW_OFPT10_FLOW_MOD, version, xid);
        encode_of10(fm, protocol, w);
        break;
    case FLOW_PROTOCOL_NXM:
    case FLOW_PROTOCOL_NXM_TID:
        message_begin(w, MSG_RAW_NXT_FLOW_MOD, version, xid);
        encode_nxm(fm, protocol, w);
        break;
    default:
        message_begin(w, MSG_RAW_OFPT11_FLOW_MOD, version, xid);
        encode_of11(fm, version, w);
        break;
    }
    message_finish(w, start);
}

/* Splits what 1.0 has in one number. */
static void
set_command(struct flow_mod *fm, uint16_t command, bool tid)
{
    fm->command = tid ? command & 0xff : command;
    fm->table_id = tid ? command >> 8 : UINT8_MAX;
}

static enum ofperr
decode_of10(struct reader *r, bool tid, struct flow_mod *fm)
{
    const uint8_t *match = reader_take(r, OF10_MATCH_SIZE);
    if (!match) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    of10_match_get(match, &fm->match);
    reader_copy(r, &fm->new_cookie, sizeof fm->new_cookie);
    set_command(fm, reader_u16(r), tid);
    fm->idle_timeout = reader_u16(r);
    fm->hard_timeout = reader_u16(r);
    fm->priority = reader_u16(r);
    /* OpenFlow 1.0.1 §3.4: an exact match is above all others. */
    if (!(get_be32(match) & FLOW_OF10_ALL_WILDCARDS)) {
        fm->priority = UINT16_MAX;
    }
    fm->buffer_id = reader_u32(r);
    fm->out_port = ofp_port_from_of10(reader_u16(r));
    fm->flags = reader_u16(r);
    /* There is no emergency flow cache: OpenFlow 1.0.1 lets it away. */
    return fm->flags & OFPFF10_EMERG ? OFPERR_OFPFMFC_TABLE_FULL : 0;
}

static enum ofperr
decode_nxm(struct reader *r, bool tid, struct flow_mod *fm)
{
    reader_copy(r, &fm->new_cookie, sizeof fm->new_cookie);
    set_command(fm, reader_u16(r), tid);
    fm->idle_timeout = reader_u16(r);
    fm->hard_timeout = reader_u16(r);
    fm->priority = reader_u16(r);
    fm->buffer_id = reader_u32(r);
    fm->out_port = ofp_port_from_of10(reader_u16(r));
    fm->flags = reader_u16(r);
    uint16_t match_len = reader_u16(r);
    reader_skip(r, 6);
    enum ofperr error = flow_get_nx_match(r, match_len, &fm->match,
                                          &fm->cookie, &fm->cookie_mask);
    if (!error && fm->command == FLOW_MOD_ADD && fm->cookie_mask) {
        return OFPERR_NXBRC_NXM_INVALID;
    }
    return error;
}

static enum ofperr
decode_of11(struct reader *r, uint8_t version, struct flow_mod *fm)
{
    be64 cookie, mask;
    reader_copy(r, &cookie, sizeof cookie);
    reader_copy(r, &mask, sizeof mask);
    fm->table_id = reader_u8(r);
    fm->command = reader_u8(r);
    fm->idle_timeout = reader_u16(r);
    fm->hard_timeout = reader_u16(r);
    fm->priority = reader_u16(r);
    fm->buffer_id = reader_u32(r);
    fm->out_port = reader_u32(r);
    fm->out_group = reader_u32(r);
    fm->flags = reader_u16(r);
    uint16_t importance = reader_u16(r);
    fm->importance = version >= OF14_VERSION ? importance : 0;
    if (fm->command == FLOW_MOD_ADD) {
        fm->new_cookie = cookie;
    } else {
        fm->new_cookie = BE64_MAX;
        fm->cookie = cookie;
        fm->cookie_mask = mask;
    }
    /* OpenFlow 1.3.5 §7.3.4.1: only deletions go to all tables. */
    if (fm->table_id == UINT8_MAX && !is_delete(fm)) {
        return OFPERR_OFPFMFC_BAD_TABLE_ID;
    }
    return oxm_get_of_match(r, version, &fm->match);
}

enum ofperr
flow_mod_decode(const struct message *m, bool tid, struct flow_mod *fm)
{
    *fm = (struct flow_mod){ .out_port = OFPP_NONE, .out_group = UINT32_MAX };
    match_init_any(&fm->match);
    actions_init(&fm->actions);
    struct reader r = reader_init(m->body, m->body_size);
    enum ofperr error =
        m->raw == MSG_RAW_OFPT10_FLOW_MOD ? decode_of10(&r, tid, fm)
        : m->raw == MSG_RAW_NXT_FLOW_MOD  ? decode_nxm(&r, tid, fm)
                                          : decode_of11(&r, m->version, fm);
    if (error) {
        return error;
    }
    if (r.failed) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    if (fm->command > FLOW_MOD_DELETE_STRICT) {
        return OFPERR_OFPFMFC_BAD_COMMAND;
    }
    if (fm->flags & ~flow_flags_of_version(m->version)) {
        return OFPERR_OFPFMFC_BAD_FLAGS;
    }
    fm->modify_cookie = m->version == OF10_VERSION
                        && fm->command != FLOW_MOD_ADD
                        && fm->new_cookie != BE64_MAX;
    return m->version == OF10_VERSION
               ? actions_decode(r.data, r.left, m->version, &fm->actions)
               : instructions_decode(r.data, r.left, m->version, &fm->actions);
}

static void
put_removed_of10(const struct flow_removed *fr, struct writer *w)
{
    of10_match_put(w, &fr->match);
    put_cookie(w, fr->cookie);
    writer_u16(w, fr->priority);
    writer_u8(w, fr->reason);
    writer_zeros(w, 1);
    writer_u32(w, fr->duration_sec);
    writer_u32(w, fr->duration_nsec);
    writer_u16(w, fr->idle_timeout);
    writer_zeros(w, 2);
    writer_u64(w, fr->n_packets);
    writer_u64(w, fr->n_bytes);
}

/* NXT_FLOW_REMOVED if 'nx', else 1.1 to 1.4. */
static void
put_removed_of11(const struct flow_removed *fr, uint8_t version, bool nx,
                 struct writer *w)
{
    put_cookie(w, fr->cookie);
    writer_u16(w, fr->priority);
    writer_u8(w, fr->reason);
    writer_u8(w, nx ? fr->table_id + 1 : fr->table_id);
    writer_u32(w, fr->duration_sec);
    writer_u32(w, fr->duration_nsec);
    writer_u16(w, fr->idle_timeout);
    size_t len_at = w->size;
    writer_u16(w, version >= OF12_VERSION ? fr->hard_timeout : 0);
    writer_u64(w, fr->n_packets);
    writer_u64(w, fr->n_bytes);
    if (nx) {
        flow_put_nx_match(w, len_at, &fr->match, 0, 0);
    } else {
        oxm_put_of_match(w, &fr->match, version);
    }
}

static void
put_removed_of15(const struct flow_removed *fr, struct writer *w)
{
    writer_u8(w, fr->table_id);
    writer_u8(w, fr->reason);
    writer_u16(w, fr->priority);
    writer_u16(w, fr->idle_timeout);
    writer_u16(w, fr->hard_timeout);
    put_cookie(w, fr->cookie);
    oxm_put_of_match(w, &fr->match, OF15_VERSION);
    struct flow_oxs oxs = {
        .has = FLOW_OXS_DURATION | FLOW_OXS_PACKETS | FLOW_OXS_BYTES,
        .duration_sec = fr->duration_sec,
        .duration_nsec = fr->duration_nsec,
        .n_packets = fr->n_packets,
        .n_bytes = fr->n_bytes,
    };
    flow_put_oxs(w, &oxs);
}

void
flow_removed_encode(const struct flow_removed *fr, enum flow_protocol protocol,
                    struct writer *w)
{
    size_t start = w->size;
    uint8_t version = flow_protocol_version(protocol);
    switch (protocol) {
    case FLOW_PROTOCOL_OF10:
    case FLOW_PROTOCOL_OF10_TID:
        message_begin(w, MSG_RAW_OFPT10_FLOW_REMOVED, version, 0);
        put_removed_of10(fr, w);
        break;
    case FLOW_PROTOCOL_NXM:
    case FLOW_PROTOCOL_NXM_TID:
        message_begin(w, MSG_RAW_NXT_FLOW_REMOVED, version, 0);
        put_removed_of11(fr, version, true, w);
        break;
    case FLOW_PROTOCOL_OF15:
        message_begin(w, MSG_RAW_OFPT15_FLOW_REMOVED, version, 0);
        put_removed_of15(fr, w);
        break;
    default:
        message_begin(w, MSG_RAW_OFPT11_FLOW_REMOVED, version, 0);
        put_removed_of11(fr, version, false, w);
        break;
    }
    message_finish(w, start);
}

static enum ofperr
get_removed_of15(struct reader *r, struct flow_removed *fr)
{
    fr->table_id = reader_u8(r);
    fr->reason = reader_u8(r);
    fr->priority = reader_u16(r);
    fr->idle_timeout = reader_u16(r);
    fr->hard_timeout = reader_u16(r);
    reader_copy(r, &fr->cookie, sizeof fr->cookie);
    enum ofperr error = oxm_get_of_match(r, OF15_VERSION, &fr->match);
    struct flow_oxs oxs;
    if (!error) {
        error = flow_get_oxs(r, &oxs);
    }
    if (!error) {
        fr->duration_sec = oxs.duration_sec;
        fr->duration_nsec = oxs.duration_nsec;
        fr->n_packets = oxs.n_packets;
        fr->n_bytes = oxs.n_bytes;
    }
    return error;
}

enum ofperr
flow_removed_decode(const struct message *m, struct flow_removed *fr)
{
    memset(fr, 0, sizeof *fr);
    match_init_any(&fr->match);
    struct reader r = reader_init(m->body, m->body_size);
    if (m->version == OF15_VERSION && m->raw != MSG_RAW_NXT_FLOW_REMOVED) {
        return get_removed_of15(&r, fr);
    }
    bool of10 = m->raw == MSG_RAW_OFPT10_FLOW_REMOVED;
    if (of10) {
        const uint8_t *match = reader_take(&r, OF10_MATCH_SIZE);
        if (!match) {
            return OFPERR_OFPBRC_BAD_LEN;
        }
        of10_match_get(match, &fr->match);
    }
    reader_copy(&r, &fr->cookie, sizeof fr->cookie);
    fr->priority = reader_u16(&r);
    fr->reason = reader_u8(&r);
    uint8_t table = reader_u8(&r);
    fr->duration_sec = reader_u32(&r);
    fr->duration_nsec = reader_u32(&r);
    fr->idle_timeout = reader_u16(&r);
    uint16_t next = reader_u16(&r);
    fr->n_packets = reader_u64(&r);
    fr->n_bytes = reader_u64(&r);
    if (r.failed) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    if (of10) {
        fr->table_id = UINT8_MAX;
        return 0;
    }
    if (m->raw == MSG_RAW_NXT_FLOW_REMOVED) {
        fr->table_id = table - 1;
        return flow_get_nx_match(&r, next, &fr->match, NULL, NULL);
    }
    fr->table_id = table;
    fr->hard_timeout = m->version >= OF12_VERSION ? next : 0;
    return oxm_get_of_match(&r, m->version, &fr->match);
}
