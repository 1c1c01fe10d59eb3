/* Messages about the switch itself, as bytes. */

#include "openflow/message/switch.h"

#include <string.h>

/* Capability bits of 1.0 and of later versions are the same but for 3. */
enum {
    OF10_STP = 1 << 3,
    OF10_CAPABILITIES = 0xe7,
    OF11_CAPABILITIES = 0xef, /* ARP_MATCH_IP in 1.1 only. */
    OF12_CAPABILITIES = 0x16f,
    OF14_CAPABILITIES = 0x76f,
};

static uint32_t
capability_mask(uint8_t version)
{
    switch (version) {
    case OF10_VERSION:
        return OF10_CAPABILITIES;
    case OF11_VERSION:
        return OF11_CAPABILITIES;
    case OF12_VERSION:
    case OF13_VERSION:
        return OF12_CAPABILITIES;
    default:
        return OF14_CAPABILITIES;
    }
}

void
switch_features_begin(const struct switch_features *f, uint8_t version,
                      uint32_t xid, struct writer *w)
{
    uint32_t capabilities = f->capabilities & capability_mask(version);
    if (version == OF10_VERSION && f->capabilities & SWITCH_STP) {
        capabilities |= OF10_STP;
    }
    message_begin(w, message_raw_for(MSG_FEATURES_REPLY, version), version,
                  xid);
    writer_u64(w, f->datapath_id);
    writer_u32(w, f->n_buffers);
    writer_u8(w, f->n_tables);
    writer_u8(w, version >= OF13_VERSION ? f->auxiliary_id : 0);
    writer_zeros(w, 2);
    writer_u32(w, capabilities);
    writer_u32(w, version == OF10_VERSION ? f->actions : 0);
}

enum ofperr
switch_features_decode(const struct message *m, struct switch_features *f,
                       struct reader *ports)
{
    memset(f, 0, sizeof *f);
    struct reader r = reader_init(m->body, m->body_size);
    f->datapath_id = reader_u64(&r);
    f->n_buffers = reader_u32(&r);
    f->n_tables = reader_u8(&r);
    f->auxiliary_id = reader_u8(&r);
    reader_skip(&r, 2);
    uint32_t capabilities = reader_u32(&r);
    uint32_t actions = reader_u32(&r);
    f->capabilities = capabilities & capability_mask(m->version);
    if (m->version == OF10_VERSION) {
        f->actions = actions;
        if (capabilities & OF10_STP) {
            f->capabilities |= SWITCH_STP;
        }
    }
    *ports = r;
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

void
switch_config_encode(const struct switch_config *config,
                     enum message_type type, uint8_t version, uint32_t xid,
                     struct writer *w)
{
    size_t start = w->size;
    uint16_t flags = config->flags;
    if (version >= OF13_VERSION) {
        flags &= ~SWITCH_INVALID_TTL_TO_CONTROLLER;
    }
    message_begin(w, message_raw_for(type, version), version, xid);
    writer_u16(w, flags);
    writer_u16(w, config->miss_send_len);
    message_finish(w, start);
}

enum ofperr
switch_config_decode(const struct message *m, struct switch_config *config)
{
    struct reader r = reader_init(m->body, m->body_size);
    config->flags = reader_u16(&r);
    config->miss_send_len = reader_u16(&r);
    uint16_t known =
        SWITCH_FRAG_MASK
        | (m->version < OF13_VERSION ? SWITCH_INVALID_TTL_TO_CONTROLLER : 0);
    if (m->type == MSG_SET_CONFIG && config->flags & ~known) {
        return OFPERR_OFPSCFC_BAD_FLAGS;
    }
    config->flags &= known;
    return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}

/* A text of a fixed size, cut to leave room for a null byte. */
static void
put_text(struct writer *w, const char *text, size_t size)
{
    size_t n = MIN(strlen(text), size - 1);
    writer_put(w, text, n);
    writer_zeros(w, size - n);
}

static void
get_text(struct reader *r, char *text, size_t size, size_t wire_size)
{
    const char *bytes = reader_take(r, wire_size);
    size_t n = bytes ? strnlen(bytes, MIN(wire_size, size - 1)) : 0;
    if (n) {
        memcpy(text, bytes, n);
    }
    text[n] = '\0';
}

void
switch_desc_encode(const struct switch_desc *desc,
                   const struct message *request, struct writer *w)
{
    size_t start = w->size;
    message_begin(w, MSG_RAW_OFPST_DESC_REPLY, request->version, request->xid);
    put_text(w, desc->mfr, sizeof desc->mfr);
    put_text(w, desc->hw, sizeof desc->hw);
    put_text(w, desc->sw, sizeof desc->sw);
    put_text(w, desc->serial, sizeof desc->serial);
    put_text(w, desc->dp, sizeof desc->dp);
    message_finish(w, start);
}

void
switch_desc_decode(const struct message *m, struct switch_desc *desc)
{
    struct reader r = reader_init(m->body, m->body_size);
    get_text(&r, desc->mfr, sizeof desc->mfr, sizeof desc->mfr);
    get_text(&r, desc->hw, sizeof desc->hw, sizeof desc->hw);
    get_text(&r, desc->sw, sizeof desc->sw, sizeof desc->sw);
    get_text(&r, desc->serial, sizeof desc->serial, sizeof desc->serial);
    get_text(&r, desc->dp, sizeof desc->dp, sizeof desc->dp);
}
