/* Messages about ports, as bytes. */

#include "openflow/message/port.h"

#include <string.h>

enum {
    NAME_SIZE = 16,
    PROPERTY_ETHERNET = 0,
    OF14_PORT_SIZE = 72,  /* With its one property. */
    OF14_STATS_SIZE = 80, /* Without properties. */
    PROPERTY_EXPERIMENTER = 0xffff,
    INTEL_EXPERIMENTER = 0xaa01,
    INTEL_RFC2819 = 1, /* Pad be32, 20 counters be64. */
    INTEL_CUSTOM = 2,  /* Pad be16, number be16; per counter the length of the
                        * name u8, the name, the value be64. */
    /* Bits that a version has. */
    OF11_CONFIG = PORT_DOWN | PORT_NO_RECV | PORT_NO_FWD | PORT_NO_PACKET_IN,
    OF11_STATE = PORT_LINK_DOWN | PORT_BLOCKED | PORT_LIVE,
    OF10_STATE = PORT_LINK_DOWN | PORT_STP_MASK,
};

/* Features of 1.0: the same up to 10 Gb/s, then copper and so on 4 lower. */
static uint32_t
features_to_of10(uint32_t f)
{
    return (f & 0x7f) | (f >> 11 & 0x1f) << 7;
}

static uint32_t
features_from_of10(uint32_t f)
{
    return (f & 0x7f) | (f >> 7 & 0x1f) << 11;
}

static void
put_name(struct writer *w, const char *name)
{
    size_t n = MIN(strlen(name), NAME_SIZE - 1);
    writer_put(w, name, n);
    writer_zeros(w, NAME_SIZE - n);
}

static void
put_features(struct writer *w, const struct port_info *p)
{
    writer_u32(w, p->curr);
    writer_u32(w, p->advertised);
    writer_u32(w, p->supported);
    writer_u32(w, p->peer);
    writer_u32(w, p->curr_speed);
    writer_u32(w, p->max_speed);
}

void
port_info_encode(const struct port_info *p, uint8_t version, struct writer *w)
{
    if (version == OF10_VERSION) {
        writer_u16(w, ofp_port_to_of10(p->port_no));
        writer_put(w, &p->hw_addr, ETH_ADDR_LEN);
        put_name(w, p->name);
        writer_u32(w, p->config);
        writer_u32(w, p->state & OF10_STATE);
        writer_u32(w, features_to_of10(p->curr));
        writer_u32(w, features_to_of10(p->advertised));
        writer_u32(w, features_to_of10(p->supported));
        writer_u32(w, features_to_of10(p->peer));
        return;
    }
    writer_u32(w, p->port_no);
    if (version >= OF14_VERSION) {
        writer_u16(w, OF14_PORT_SIZE);
        writer_zeros(w, 2);
    } else {
        writer_zeros(w, 4);
    }
    writer_put(w, &p->hw_addr, ETH_ADDR_LEN);
    writer_zeros(w, 2);
    put_name(w, p->name);
    writer_u32(w, p->config & OF11_CONFIG);
    writer_u32(w, p->state & OF11_STATE);
    if (version >= OF14_VERSION) {
        writer_u16(w, PROPERTY_ETHERNET);
        writer_u16(w, 32);
        writer_zeros(w, 4);
    }
    put_features(w, p);
}

static void
get_name(struct reader *r, struct port_info *p)
{
    reader_copy(r, p->name, NAME_SIZE);
    p->name[NAME_SIZE - 1] = '\0';
}

static void
get_features(struct reader *r, struct port_info *p)
{
    p->curr = reader_u32(r);
    p->advertised = reader_u32(r);
    p->supported = reader_u32(r);
    p->peer = reader_u32(r);
    p->curr_speed = reader_u32(r);
    p->max_speed = reader_u32(r);
}

static enum ofperr
decode_properties(struct reader *r, struct port_info *p)
{
    while (r->left) {
        uint16_t type = reader_u16(r);
        uint16_t len = reader_u16(r);
        if (r->failed || len < 4 || (size_t) len - 4 > r->left) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        size_t padded = MIN(ROUND_UP((size_t) len, 8) - 4, r->left);
        struct reader property = reader_sub(r, padded);
        if (type == PROPERTY_ETHERNET) {
            reader_skip(&property, 4);
            get_features(&property, p);
            if (property.failed) {
                return OFPERR_OFPBPC_BAD_LEN;
            }
        }
    }
    return 0;
}

enum ofperr
port_info_decode(struct reader *r, uint8_t version, struct port_info *p)
{
    memset(p, 0, sizeof *p);
    if (version == OF10_VERSION) {
        p->port_no = ofp_port_from_of10(reader_u16(r));
        reader_copy(r, &p->hw_addr, ETH_ADDR_LEN);
        get_name(r, p);
        p->config = reader_u32(r);
        p->state = reader_u32(r) & OF10_STATE;
        p->curr = features_from_of10(reader_u32(r));
        p->advertised = features_from_of10(reader_u32(r));
        p->supported = features_from_of10(reader_u32(r));
        p->peer = features_from_of10(reader_u32(r));
        return r->failed ? OFPERR_OFPBRC_BAD_LEN : 0;
    }
    p->port_no = reader_u32(r);
    uint16_t len = reader_u16(r);
    reader_skip(r, 2);
    reader_copy(r, &p->hw_addr, ETH_ADDR_LEN);
    reader_skip(r, 2);
    get_name(r, p);
    p->config = reader_u32(r) & OF11_CONFIG;
    p->state = reader_u32(r) & OF11_STATE;
    enum ofperr error = 0;
    if (version < OF14_VERSION) {
        get_features(r, p);
    } else if (len < 40 || (size_t) len - 40 > r->left) {
        return OFPERR_OFPBRC_BAD_LEN;
    } else {
        struct reader properties = reader_sub(r, len - 40);
        error = decode_properties(&properties, p);
    }
    if (!error && !ofp_port_is_valid(p->port_no)) {
        error = OFPERR_OFPBAC_BAD_OUT_PORT;
    }
    return r->failed ? OFPERR_OFPBRC_BAD_LEN : error;
}

void
port_status_encode(uint8_t reason, const struct port_info *p, uint8_t version,
                   struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(MSG_PORT_STATUS, version), version, 0);
    writer_u8(w, reason);
    writer_zeros(w, 7);
    port_info_encode(p, version, w);
    message_finish(w, start);
}

enum ofperr
port_status_decode(const struct message *m, uint8_t *reasonp,
                   struct port_info *p)
{
    struct reader r = reader_init(m->body, m->body_size);
    *reasonp = reader_u8(&r);
    if (*reasonp > PORT_STATUS_MODIFY) {
        return OFPERR_NXBRC_BAD_REASON;
    }
    reader_skip(&r, 7);
    return port_info_decode(&r, m->version, p);
}

void
port_mod_encode(const struct port_mod *pm, uint8_t version, uint32_t xid,
                struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(MSG_PORT_MOD, version), version, xid);
    if (version == OF10_VERSION) {
        writer_u16(w, ofp_port_to_of10(pm->port_no));
        writer_put(w, &pm->hw_addr, ETH_ADDR_LEN);
        writer_u32(w, pm->config);
        writer_u32(w, pm->mask);
        writer_u32(w, features_to_of10(pm->advertise));
        writer_zeros(w, 4);
    } else {
        writer_u32(w, pm->port_no);
        writer_zeros(w, 4);
        writer_put(w, &pm->hw_addr, ETH_ADDR_LEN);
        writer_zeros(w, 2);
        writer_u32(w, pm->config & OF11_CONFIG);
        writer_u32(w, pm->mask & OF11_CONFIG);
        if (version < OF14_VERSION) {
            writer_u32(w, pm->advertise);
            writer_zeros(w, 4);
        } else if (pm->advertise) {
            writer_u16(w, PROPERTY_ETHERNET);
            writer_u16(w, 8);
            writer_u32(w, pm->advertise);
        }
    }
    message_finish(w, start);
}

enum ofperr
port_mod_decode(const struct message *m, struct port_mod *pm)
{
    memset(pm, 0, sizeof *pm);
    struct reader r = reader_init(m->body, m->body_size);
    if (m->version == OF10_VERSION) {
        pm->port_no = ofp_port_from_of10(reader_u16(&r));
        reader_copy(&r, &pm->hw_addr, ETH_ADDR_LEN);
        pm->config = reader_u32(&r);
        pm->mask = reader_u32(&r);
        pm->advertise = features_from_of10(reader_u32(&r));
        pm->config &= pm->mask;
        return 0;
    }
    pm->port_no = reader_u32(&r);
    reader_skip(&r, 4);
    reader_copy(&r, &pm->hw_addr, ETH_ADDR_LEN);
    reader_skip(&r, 2);
    pm->config = reader_u32(&r) & OF11_CONFIG;
    pm->mask = reader_u32(&r) & OF11_CONFIG;
    pm->config &= pm->mask;
    if (m->version < OF14_VERSION) {
        pm->advertise = reader_u32(&r);
        return 0;
    }
    while (r.left) {
        uint16_t type = reader_u16(&r);
        uint16_t len = reader_u16(&r);
        if (r.failed || len < 8 || (size_t) len - 4 > r.left) {
            return OFPERR_OFPBPC_BAD_LEN;
        } else if (type != PROPERTY_ETHERNET) {
            return OFPERR_OFPBPC_BAD_TYPE;
        }
        pm->advertise = reader_u32(&r);
        reader_skip(&r, MIN(ROUND_UP((size_t) len, 8) - 8, r.left));
    }
    return 0;
}

void
port_stats_request_encode(uint32_t port, uint8_t version, uint32_t xid,
                          struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(MSG_PORT_STATS_REQUEST, version), version,
                  xid);
    if (version == OF10_VERSION) {
        writer_u16(w, ofp_port_to_of10(port));
        writer_zeros(w, 6);
    } else {
        writer_u32(w, port);
        writer_zeros(w, 4);
    }
    message_finish(w, start);
}

enum ofperr
port_stats_request_decode(const struct message *m, uint32_t *portp)
{
    struct reader r = reader_init(m->body, m->body_size);
    if (m->version == OF10_VERSION) {
        *portp = ofp_port_from_of10(reader_u16(&r));
        return 0;
    }
    *portp = reader_u32(&r);
    return ofp_port_is_valid(*portp) ? 0 : OFPERR_OFPBAC_BAD_OUT_PORT;
}

enum ofperr
port_desc_request_decode(const struct message *m, uint32_t *portp)
{
    *portp = OFPP_NONE;
    if (m->version >= OF15_VERSION) {
        struct reader r = reader_init(m->body, m->body_size);
        *portp = reader_u32(&r);
        if (!r.failed && !ofp_port_is_valid(*portp)) {
            return OFPERR_OFPBAC_BAD_OUT_PORT;
        }
        return r.failed ? OFPERR_OFPBRC_BAD_LEN : 0;
    }
    return 0;
}

/* Counters in the order of the wire up to 1.3, and in that of 1.4, where the
 * Ethernet ones are a property. */
static const enum port_counter errors_of_ethernet[] = {
    PORT_RX_FRAME_ERR,
    PORT_RX_OVER_ERR,
    PORT_RX_CRC_ERR,
    PORT_COLLISIONS,
};

void
port_stats_encode(const struct port_stats *s, struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    if (mp->version >= OF14_VERSION) {
        writer_u16(w, OF14_STATS_SIZE + 40);
        writer_zeros(w, 2);
        writer_u32(w, s->port_no);
        writer_u32(w, s->duration_sec);
        writer_u32(w, s->duration_nsec);
        for (int i = 0; i < PORT_RX_FRAME_ERR; i++) {
            writer_u64(w, s->counters[i]);
        }
        writer_u16(w, PROPERTY_ETHERNET);
        writer_u16(w, 40);
        writer_zeros(w, 4);
        for (size_t i = 0; i < ARRAY_SIZE(errors_of_ethernet); i++) {
            writer_u64(w, s->counters[errors_of_ethernet[i]]);
        }
    } else {
        if (mp->version == OF10_VERSION) {
            writer_u16(w, ofp_port_to_of10(s->port_no));
            writer_zeros(w, 6);
        } else {
            writer_u32(w, s->port_no);
            writer_zeros(w, 4);
        }
        for (int i = 0; i < N_PORT_COUNTERS; i++) {
            writer_u64(w, s->counters[i]);
        }
        if (mp->version >= OF13_VERSION) {
            writer_u32(w, s->duration_sec);
            writer_u32(w, s->duration_nsec);
        }
    }
    message_multipart_next(mp, start);
}

bool
port_stats_next_custom(struct port_stats *s, const char **namep, uint8_t *lenp,
                       uint64_t *valuep)
{
    if (!s->n_custom) {
        return false;
    }
    s->n_custom--;
    *lenp = reader_u8(&s->custom);
    *namep = (const char *) reader_take(&s->custom, *lenp);
    *valuep = reader_u64(&s->custom);
    return *lenp && !s->custom.failed;
}

static enum ofperr
decode_experimenter_stats(struct reader *r, struct port_stats *s)
{
    uint32_t experimenter = reader_u32(r);
    uint32_t type = reader_u32(r);
    if (r->failed) {
        return OFPERR_OFPBPC_BAD_LEN;
    } else if (experimenter != INTEL_EXPERIMENTER) {
        return 0;
    }
    if (type == INTEL_RFC2819) {
        reader_skip(r, 4);
        for (int i = 0; i < N_PORT_RFC2819; i++) {
            s->rfc2819[i] = reader_u64(r);
        }
    } else if (type == INTEL_CUSTOM) {
        reader_skip(r, 2);
        uint16_t n = reader_u16(r);
        s->custom = *r;
        s->n_custom = n;
        const char *name;
        uint8_t len;
        uint64_t value;
        while (s->n_custom) {
            if (!port_stats_next_custom(s, &name, &len, &value)) {
                return OFPERR_OFPBPC_BAD_LEN;
            }
        }
        s->custom = *r;
        s->n_custom = n;
    }
    return r->failed ? OFPERR_OFPBPC_BAD_LEN : 0;
}

static enum ofperr
decode_of14_stats(struct reader *body, struct port_stats *s)
{
    uint16_t len = reader_u16(body);
    reader_skip(body, 2);
    s->port_no = reader_u32(body);
    s->duration_sec = reader_u32(body);
    s->duration_nsec = reader_u32(body);
    for (int i = 0; i < PORT_RX_FRAME_ERR; i++) {
        s->counters[i] = reader_u64(body);
    }
    if (body->failed || len < OF14_STATS_SIZE
        || (size_t) len - OF14_STATS_SIZE > body->left) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader properties = reader_sub(body, len - OF14_STATS_SIZE);
    while (properties.left) {
        uint16_t type = reader_u16(&properties);
        uint16_t size = reader_u16(&properties);
        if (properties.failed || size < 4
            || (size_t) size - 4 > properties.left) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        struct reader property = reader_sub(
            &properties, MIN(ROUND_UP((size_t) size, 8) - 4, properties.left));
        if (type == PROPERTY_ETHERNET) {
            reader_skip(&property, 4);
            for (size_t i = 0; i < ARRAY_SIZE(errors_of_ethernet); i++) {
                s->counters[errors_of_ethernet[i]] = reader_u64(&property);
            }
        } else if (type == PROPERTY_EXPERIMENTER) {
            enum ofperr error = decode_experimenter_stats(&property, s);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}

enum ofperr
port_stats_decode(const struct message *m, struct reader *body,
                  struct port_stats *s, bool *donep)
{
    *donep = !body->left;
    if (*donep) {
        return 0;
    }
    memset(s, 0xff, sizeof *s);
    s->n_custom = 0;
    if (m->version >= OF14_VERSION) {
        enum ofperr error = decode_of14_stats(body, s);
        return error || ofp_port_is_valid(s->port_no)
                   ? error
                   : OFPERR_OFPBAC_BAD_OUT_PORT;
    }
    if (m->version == OF10_VERSION) {
        s->port_no = ofp_port_from_of10(reader_u16(body));
        reader_skip(body, 6);
    } else {
        s->port_no = reader_u32(body);
        reader_skip(body, 4);
    }
    for (int i = 0; i < N_PORT_COUNTERS; i++) {
        s->counters[i] = reader_u64(body);
    }
    if (m->version >= OF13_VERSION) {
        s->duration_sec = reader_u32(body);
        s->duration_nsec = reader_u32(body);
    }
    return body->failed ? OFPERR_OFPBRC_BAD_LEN : 0;
}
