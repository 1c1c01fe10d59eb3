/* Groups as bytes: group mods, descriptions, statistics. */

#include "openflow/message/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/flow/ofp_port.h"
#include "openflow/wire/oxm.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_group);

enum {
    BUCKET11_SIZE = 16,
    BUCKET15_SIZE = 8,
    DESC11_SIZE = 8,
    DESC15_SIZE = 16,
    STATS11_SIZE = 32,
    STATS13_SIZE = 40,
    BUCKET_COUNTER_SIZE = 16,
    BUCKET_PROP_WEIGHT = 0,
    BUCKET_PROP_WATCH_PORT = 1,
    BUCKET_PROP_WATCH_GROUP = 2,
    BUCKET_PROP_SIZE = 8,
    PROP_HEADER_SIZE = 4,
    PROP_EXPERIMENTER = 0xffff,
    PROP_SELECTION_SIZE = 40,
    VENDOR_NTR = 0x154d,
    NTR_SELECTION_METHOD = 1,
};

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);

const char *
group_type_name(enum group_type type)
{
    static const char *const names[N_GROUP_TYPES] = { "all", "select",
                                                      "indirect", "ff" };
    return names[type];
}

void
group_desc_init(struct group_desc *g)
{
    *g = (struct group_desc){ 0 };
}

void
group_desc_uninit(struct group_desc *g)
{
    for (size_t i = 0; i < g->buckets.n; i++) {
        actions_uninit(&g->buckets.items[i].actions);
    }
    vec_uninit(&g->buckets);
    vec_uninit(&g->selection.fields);
}

struct group_bucket *
group_desc_add_bucket(struct group_desc *g)
{
    struct group_bucket bucket = {
        .id = GROUP_BUCKET_ALL,
        .watch_port = OFPP_NONE,
        .watch_group = GROUP_ANY,
    };
    actions_init(&bucket.actions);
    vec_push(&g->buckets, bucket);
    return &vec_last(&g->buckets);
}

void
group_desc_insert_bucket(struct group_desc *g, size_t at,
                         const struct group_bucket *bucket)
{
    struct group_bucket copy = *bucket;
    struct actions *actions = actions_clone(&bucket->actions);
    copy.actions = *actions;
    free(actions);
    vec_push(&g->buckets, copy);
    struct group_bucket *b = g->buckets.items;
    memmove(&b[at + 1], &b[at], (g->buckets.n - 1 - at) * sizeof *b);
    b[at] = copy;
}

void
group_desc_remove_bucket(struct group_desc *g, size_t at)
{
    struct group_bucket *b = g->buckets.items;
    actions_uninit(&b[at].actions);
    vec_remove(&g->buckets, at);
}

size_t
group_desc_find_bucket(const struct group_desc *g, uint32_t id)
{
    for (size_t i = 0; i < g->buckets.n; i++) {
        if (g->buckets.items[i].id == id) {
            return i;
        }
    }
    return SIZE_MAX;
}

void
group_desc_clone(struct group_desc *dst, const struct group_desc *src)
{
    group_desc_init(dst);
    dst->id = src->id;
    dst->type = src->type;
    memcpy(dst->selection.method, src->selection.method,
           sizeof dst->selection.method);
    dst->selection.param = src->selection.param;
    for (size_t i = 0; i < src->selection.fields.n; i++) {
        vec_push(&dst->selection.fields, src->selection.fields.items[i]);
    }
    for (size_t i = 0; i < src->buckets.n; i++) {
        group_desc_insert_bucket(dst, i, &src->buckets.items[i]);
    }
}

void
group_selection_add(struct group_selection *s, const struct group_field *f)
{
    vec_push(&s->fields, *f);
    for (size_t i = s->fields.n - 1;
         i && s->fields.items[i - 1].field->id > f->field->id; i--) {
        s->fields.items[i] = s->fields.items[i - 1];
        s->fields.items[i - 1] = *f;
    }
}

/* Whether groups travel in the form of 1.5. */
static bool
has_properties(uint8_t version)
{
    return version == OF10_VERSION || version >= OF15_VERSION;
}

/* Encoding. */

static void
put_bucket11(const struct group_bucket *b, uint8_t version, struct writer *w)
{
    size_t start = w->size;
    writer_u16(w, 0);
    writer_u16(w, b->weight);
    writer_u32(w, b->watch_port);
    writer_u32(w, b->watch_group);
    writer_zeros(w, 4);
    actions_encode(&b->actions, version, w);
    writer_set_u16(w, start, w->size - start);
}

static void
put_bucket_prop(uint16_t type, uint32_t value, struct writer *w)
{
    writer_u16(w, type);
    writer_u16(w, BUCKET_PROP_SIZE);
    writer_u32(w, value);
}

static void
put_bucket15(const struct group_bucket *b, enum group_type type,
             uint8_t version, struct writer *w)
{
    size_t start = w->size;
    writer_u16(w, 0);
    writer_u16(w, 0);
    writer_u32(w, b->id);
    actions_encode(&b->actions, version, w);
    writer_set_u16(w, start + 2, w->size - start - BUCKET15_SIZE);
    if (type == GROUP_TYPE_SELECT || b->weight) {
        put_bucket_prop(BUCKET_PROP_WEIGHT, (uint32_t) b->weight << 16, w);
    }
    if (b->watch_port != OFPP_NONE) {
        put_bucket_prop(BUCKET_PROP_WATCH_PORT, b->watch_port, w);
    }
    if (b->watch_group != GROUP_ANY) {
        put_bucket_prop(BUCKET_PROP_WATCH_GROUP, b->watch_group, w);
    }
    writer_set_u16(w, start, w->size - start);
}

static void
put_buckets(const struct group_desc *g, uint8_t version, struct writer *w)
{
    for (size_t i = 0; i < g->buckets.n; i++) {
        const struct group_bucket *b = &g->buckets.items[i];
        if (has_properties(version)) {
            put_bucket15(b, g->type, version, w);
        } else {
            put_bucket11(b, version, w);
        }
    }
}

/* The extension's property: fields are masks in the place of values. */
static void
put_selection(const struct group_selection *s, uint8_t version,
              struct writer *w)
{
    if (!s->method[0]) {
        return;
    }
    size_t start = w->size;
    writer_u16(w, PROP_EXPERIMENTER);
    writer_u16(w, 0);
    writer_u32(w, VENDOR_NTR);
    writer_u32(w, NTR_SELECTION_METHOD);
    writer_zeros(w, 4);
    writer_put(w, s->method, GROUP_METHOD_SIZE);
    writer_u64(w, s->param);
    for (size_t i = 0; i < s->fields.n; i++) {
        const struct group_field *f = &s->fields.items[i];
        oxm_put_field(w, f->field, version, &f->mask, NULL, f->field->n_bytes);
    }
    writer_set_u16(w, start + 2, w->size - start);
    writer_pad(w, start, 8);
}

void
group_mod_encode(const struct group_mod *gm, uint8_t version, uint32_t xid,
                 struct writer *w)
{
    size_t start = w->size;
    message_begin(w, message_raw_for(MSG_GROUP_MOD, version), version, xid);
    writer_u16(w, gm->command);
    writer_u8(w, gm->desc.type);
    writer_u8(w, 0);
    writer_u32(w, gm->desc.id);
    if (has_properties(version)) {
        size_t len_offset = w->size;
        writer_u16(w, 0);
        writer_zeros(w, 2);
        writer_u32(w, gm->command_bucket_id);
        size_t buckets = w->size;
        put_buckets(&gm->desc, version, w);
        writer_set_u16(w, len_offset, w->size - buckets);
        put_selection(&gm->desc.selection, version, w);
    } else {
        put_buckets(&gm->desc, version, w);
    }
    message_finish(w, start);
}

void
group_desc_encode(const struct group_desc *g, struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    writer_u16(w, 0);
    writer_u8(w, g->type);
    writer_u8(w, 0);
    writer_u32(w, g->id);
    if (has_properties(mp->version)) {
        writer_zeros(w, DESC15_SIZE - DESC11_SIZE);
        put_buckets(g, mp->version, w);
        writer_set_u16(w, start + DESC11_SIZE, w->size - start - DESC15_SIZE);
        put_selection(&g->selection, mp->version, w);
    } else {
        put_buckets(g, mp->version, w);
    }
    writer_set_u16(w, start, w->size - start);
    message_multipart_next(mp, start);
}

size_t
group_desc_size(const struct group_desc *g)
{
    size_t longest = 0;
    for (int version = OF11_VERSION; version <= OF15_VERSION; version++) {
        struct writer w = WRITER_INITIALIZER;
        writer_zeros(&w, DESC15_SIZE);
        put_buckets(g, (uint8_t) version, &w);
        put_selection(&g->selection, (uint8_t) version, &w);
        longest = MAX(longest, w.size);
        writer_uninit(&w);
    }
    return longest;
}

/* Decoding. */

static enum ofperr
get_actions(struct reader *r, size_t size, uint8_t version,
            struct group_bucket *b)
{
    if (size % 8) {
        log_warn_rl(&rl,
                    "OpenFlow message actions length %zu is not a multiple of "
                    "8",
                    size);
        return OFPERR_OFPBRC_BAD_LEN;
    }
    return actions_decode(reader_take(r, size), size, version, &b->actions);
}

static enum ofperr
get_bucket11(struct reader *r, uint8_t version, struct group_desc *g)
{
    size_t left = r->left;
    uint16_t len = reader_u16(r);
    if (left < BUCKET11_SIZE) {
        log_warn_rl(&rl, "buckets end with %zu leftover bytes", left);
        return OFPERR_OFPGMFC_BAD_BUCKET;
    }
    if (len < BUCKET11_SIZE || len > left) {
        log_warn_rl(&rl, "OpenFlow message bucket length %u is not valid",
                    len);
        return OFPERR_OFPGMFC_BAD_BUCKET;
    }
    struct group_bucket *b = group_desc_add_bucket(g);
    b->id = g->buckets.n - 1;
    b->weight = reader_u16(r);
    b->watch_port = reader_u32(r);
    b->watch_group = reader_u32(r);
    reader_skip(r, 4);
    enum ofperr error = get_actions(r, len - BUCKET11_SIZE, version, b);
    return error || ofp_port_is_valid(b->watch_port)
               ? error
               : OFPERR_OFPGMFC_BAD_WATCH;
}

static enum ofperr
get_bucket_prop(struct reader *props, struct group_bucket *b)
{
    uint16_t prop = reader_u16(props);
    uint16_t len = reader_u16(props);
    if (props->failed || len < PROP_HEADER_SIZE
        || len - PROP_HEADER_SIZE > (int) props->left) {
        return OFPERR_OFPBPC_BAD_LEN;
    }
    struct reader r = reader_sub(props, len - PROP_HEADER_SIZE);
    reader_skip(props, MIN(-len % 8u, props->left));
    switch (prop) {
    case BUCKET_PROP_WEIGHT:
        b->weight = reader_u16(&r);
        reader_skip(&r, 2);
        break;
    case BUCKET_PROP_WATCH_PORT:
        b->watch_port = reader_u32(&r);
        if (!r.failed && !ofp_port_is_valid(b->watch_port)) {
            return OFPERR_OFPGMFC_BAD_WATCH;
        }
        break;
    case BUCKET_PROP_WATCH_GROUP:
        b->watch_group = reader_u32(&r);
        if (!r.failed && b->watch_group > GROUP_MAX) {
            return OFPERR_OFPGMFC_BAD_WATCH;
        }
        break;
    default:
        log_warn_rl(&rl, "unknown group bucket property type %u", prop);
        return OFPERR_OFPBPC_BAD_TYPE;
    }
    return reader_done(&r) ? 0 : OFPERR_OFPBPC_BAD_LEN;
}

static enum ofperr
get_bucket15(struct reader *r, uint8_t version, struct group_desc *g)
{
    uint16_t len = reader_u16(r);
    uint16_t actions_len = reader_u16(r);
    if (r->failed || len < BUCKET15_SIZE || len - 4u > r->left
        || actions_len > len - BUCKET15_SIZE) {
        log_warn_rl(&rl, "OpenFlow bucket length %u is not valid", len);
        return OFPERR_OFPGMFC_BAD_BUCKET;
    }
    struct group_bucket *b = group_desc_add_bucket(g);
    struct reader bucket = reader_sub(r, len - 4);
    b->id = reader_u32(&bucket);
    if (b->id > GROUP_BUCKET_MAX) {
        log_warn_rl(&rl, "bucket id %u is not valid", b->id);
        return OFPERR_OFPGMFC_BAD_BUCKET;
    }
    enum ofperr error = get_actions(&bucket, actions_len, version, b);
    while (!error && bucket.left) {
        error = get_bucket_prop(&bucket, b);
    }
    return error;
}

static int
compare_ids(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;
    return *a < *b ? -1 : *a > *b;
}

static enum ofperr
check_ids(const struct group_desc *g)
{
    size_t n = g->buckets.n;
    uint32_t *ids = xcalloc(n, sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        ids[i] = g->buckets.items[i].id;
    }
    qsort(ids, n, sizeof *ids, compare_ids);
    bool is_unique = true;
    for (size_t i = 1; i < n; i++) {
        is_unique &= ids[i - 1] != ids[i];
    }
    free(ids);
    if (!is_unique) {
        log_warn_rl(&rl, "Duplicate bucket id");
    }
    return is_unique ? 0 : OFPERR_OFPGMFC_BAD_BUCKET;
}

static enum ofperr
get_buckets(struct reader r, uint8_t version, struct group_desc *g)
{
    enum ofperr error = 0;
    while (!error && r.left) {
        error = has_properties(version) ? get_bucket15(&r, version, g)
                                        : get_bucket11(&r, version, g);
    }
    return error ? error : check_ids(g);
}

/* A field's mask, in the place of the value. */
static enum ofperr
get_selection_field(struct reader *r, struct group_selection *s)
{
    struct group_field f = { 0 };
    union field_value ones;
    enum ofperr error = oxm_get_field(r, &f.field, &f.mask, &ones);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < s->fields.n; i++) {
        if (s->fields.items[i].field == f.field) {
            log_warn_rl(&rl, "duplicate field %s in group selection",
                        f.field->name);
            return OFPERR_OFPBPC_BAD_VALUE;
        }
    }
    group_selection_add(s, &f);
    return 0;
}

static enum ofperr
get_selection(struct reader *r, const struct group_mod *gm,
              struct group_desc *g)
{
    if (r->left < PROP_SELECTION_SIZE - PROP_HEADER_SIZE - 8u) {
        log_warn_rl(&rl, "ntr selection method property is too short");
        return OFPERR_OFPBPC_BAD_LEN;
    }
    if (g->type >= N_GROUP_TYPES) {
        return OFPERR_OFPGMFC_BAD_TYPE;
    } else if (g->type != GROUP_TYPE_SELECT) {
        log_warn_rl(&rl, "ntr selection method property is only allowed for "
                         "select groups");
        return OFPERR_OFPBPC_BAD_VALUE;
    } else if (gm && gm->command != GROUP_ADD && gm->command != GROUP_MODIFY
               && gm->command != GROUP_ADD_OR_MOD) {
        log_warn_rl(&rl, "ntr selection method property is only allowed for "
                         "add and modify group modifications");
        return OFPERR_OFPBPC_BAD_VALUE;
    }
    struct group_selection *s = &g->selection;
    reader_skip(r, 4);
    reader_copy(r, s->method, sizeof s->method);
    s->param = reader_u64(r);
    s->method[GROUP_METHOD_SIZE - 1] = '\0';
    if (strcmp(s->method, "hash") && strcmp(s->method, "dp_hash")) {
        log_warn_rl(&rl, "ntr selection method '%s' is not supported",
                    s->method);
        return OFPERR_OFPBPC_BAD_VALUE;
    }
    enum ofperr error = 0;
    while (!error && r->left) {
        error = get_selection_field(r, s);
    }
    return error;
}

/* Properties of a group; 'gm' NULL in a description. */
static enum ofperr
get_props(struct reader *props, const struct group_mod *gm,
          struct group_desc *g)
{
    while (props->left) {
        uint16_t type = reader_u16(props);
        uint16_t len = reader_u16(props);
        if (props->failed || len < PROP_HEADER_SIZE
            || len - PROP_HEADER_SIZE > (int) props->left) {
            return OFPERR_OFPBPC_BAD_LEN;
        }
        struct reader r = reader_sub(props, len - PROP_HEADER_SIZE);
        reader_skip(props, MIN(-len % 8u, props->left));
        uint32_t vendor = reader_u32(&r);
        uint32_t subtype = reader_u32(&r);
        if (type != PROP_EXPERIMENTER) {
            log_warn_rl(&rl, "unknown group property type %u", type);
            return OFPERR_OFPBPC_BAD_TYPE;
        } else if (r.failed) {
            return OFPERR_OFPBPC_BAD_LEN;
        } else if (vendor != VENDOR_NTR || subtype != NTR_SELECTION_METHOD) {
            return OFPERR_OFPBPC_BAD_EXP_TYPE;
        }
        enum ofperr error = get_selection(&r, gm, g);
        if (error) {
            return error;
        }
    }
    return 0;
}

static enum ofperr
check_bucket(const struct group_bucket *b, enum group_type type)
{
    bool watches = b->watch_port != OFPP_NONE || b->watch_group != GROUP_ANY;
    if (b->weight && type != GROUP_TYPE_SELECT) {
        return OFPERR_OFPGMFC_INVALID_GROUP;
    }
    switch (type) {
    case GROUP_TYPE_ALL:
    case GROUP_TYPE_INDIRECT:
        return watches ? OFPERR_OFPGMFC_WATCH_UNSUPPORTED : 0;
    case GROUP_TYPE_FF:
        return watches ? 0 : OFPERR_OFPGMFC_INVALID_GROUP;
    case GROUP_TYPE_SELECT:
    case N_GROUP_TYPES:
        break;
    }
    return 0;
}

/* Rules of whole groups: OpenFlow 1.5 §5.10.1 and §7.3.4.3. */
static enum ofperr
check_mod(const struct group_mod *gm, uint8_t version)
{
    const struct group_desc *g = &gm->desc;
    switch (gm->command) {
    case GROUP_ADD:
    case GROUP_MODIFY:
    case GROUP_ADD_OR_MOD:
    case GROUP_DELETE:
        break;
    case GROUP_INSERT_BUCKET:
    case GROUP_REMOVE_BUCKET:
        return has_properties(version) ? 0 : OFPERR_OFPGMFC_BAD_COMMAND;
    default:
        return OFPERR_OFPGMFC_BAD_COMMAND;
    }
    if (g->type >= N_GROUP_TYPES) {
        return OFPERR_OFPGMFC_BAD_TYPE;
    }
    if (g->type == GROUP_TYPE_INDIRECT && g->buckets.n != 1
        && gm->command != GROUP_DELETE) {
        return OFPERR_OFPGMFC_INVALID_GROUP;
    }
    enum ofperr error = 0;
    for (size_t i = 0; i < g->buckets.n && !error; i++) {
        error = check_bucket(&g->buckets.items[i], g->type);
    }
    return error;
}

static enum ofperr
get_mod15(struct reader *r, uint8_t version, struct group_mod *gm)
{
    uint16_t buckets_len = reader_u16(r);
    reader_skip(r, 2);
    gm->command_bucket_id = reader_u32(r);
    switch (gm->command) {
    case GROUP_INSERT_BUCKET:
    case GROUP_REMOVE_BUCKET:
        if (gm->command_bucket_id > GROUP_BUCKET_MAX
            && gm->command_bucket_id != GROUP_BUCKET_FIRST
            && gm->command_bucket_id != GROUP_BUCKET_LAST
            && (gm->command_bucket_id != GROUP_BUCKET_ALL
                || gm->command == GROUP_INSERT_BUCKET)) {
            log_warn_rl(&rl, "command bucket id %u is not valid",
                        gm->command_bucket_id);
            return OFPERR_OFPGMFC_BAD_BUCKET;
        }
        break;
    default:
        if (gm->command_bucket_id != GROUP_BUCKET_ALL) {
            log_warn_rl(&rl, "command bucket id (%u) is not permitted here",
                        gm->command_bucket_id);
            return OFPERR_OFPGMFC_BAD_BUCKET;
        }
    }
    if (buckets_len > r->left) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    enum ofperr error =
        get_buckets(reader_sub(r, buckets_len), version, &gm->desc);
    return error ? error : get_props(r, gm, &gm->desc);
}

enum ofperr
group_mod_decode(const struct message *m, struct group_mod *gm)
{
    *gm = (struct group_mod){ .command_bucket_id = GROUP_BUCKET_ALL };
    struct reader r = reader_init(m->body, m->body_size);
    gm->command = reader_u16(&r);
    gm->desc.type = reader_u8(&r);
    reader_skip(&r, 1);
    gm->desc.id = reader_u32(&r);
    enum ofperr error = has_properties(m->version)
                            ? get_mod15(&r, m->version, gm)
                            : get_buckets(r, m->version, &gm->desc);
    return error ? error : check_mod(gm, m->version);
}

enum ofperr
group_desc_decode(const struct message *m, struct reader *body,
                  struct group_desc *g)
{
    group_desc_init(g);
    size_t left = body->left;
    uint16_t len = reader_u16(body);
    size_t head = has_properties(m->version) ? DESC15_SIZE : DESC11_SIZE;
    if (body->failed || len < head || len > left) {
        log_warn_rl(&rl, "OFPST11_GROUP_DESC reply claims invalid length %u",
                    len);
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader r = reader_sub(body, len - 2);
    g->type = reader_u8(&r);
    reader_skip(&r, 1);
    g->id = reader_u32(&r);
    if (!has_properties(m->version)) {
        return get_buckets(r, m->version, g);
    }
    uint16_t buckets_len = reader_u16(&r);
    reader_skip(&r, 6);
    if (buckets_len > r.left) {
        return OFPERR_OFPBRC_BAD_LEN;
    }
    enum ofperr error =
        get_buckets(reader_sub(&r, buckets_len), m->version, g);
    return error ? error : get_props(&r, NULL, g);
}

/* Requests. */

void
group_request_encode(enum message_type type, uint8_t version, uint32_t id,
                     struct writer *w)
{
    if (type == MSG_GROUP_STATS_REQUEST || has_properties(version)) {
        message_put_about(w, type, version, id);
    } else {
        message_put_simple(w, type, version, message_next_xid());
    }
}

uint32_t
group_request_decode(const struct message *m)
{
    struct reader r = reader_init(m->body, m->body_size);
    return m->body_size ? reader_u32(&r) : (uint32_t) GROUP_ALL;
}

/* Statistics. */

void
group_stats_encode(const struct group_stats *s, struct message_multipart *mp)
{
    struct writer *w = mp->w;
    size_t start = w->size;
    writer_u16(w, 0);
    writer_zeros(w, 2);
    writer_u32(w, s->id);
    writer_u32(w, s->ref_count);
    writer_zeros(w, 4);
    writer_u64(w, s->n_packets);
    writer_u64(w, s->n_bytes);
    if (mp->version == OF10_VERSION || mp->version >= OF13_VERSION) {
        writer_u32(w, s->duration_sec);
        writer_u32(w, s->duration_nsec);
    }
    for (size_t i = 0; i < s->buckets.n; i++) {
        writer_u64(w, s->buckets.items[i].n_packets);
        writer_u64(w, s->buckets.items[i].n_bytes);
    }
    writer_set_u16(w, start, w->size - start);
    message_multipart_next(mp, start);
}

enum ofperr
group_stats_decode(const struct message *m, struct reader *body,
                   struct group_stats *s)
{
    *s = (struct group_stats){ .duration_sec = UINT32_MAX };
    bool has_duration =
        m->version == OF10_VERSION || m->version >= OF13_VERSION;
    size_t head = has_duration ? STATS13_SIZE : STATS11_SIZE;
    size_t left = body->left;
    uint16_t len = reader_u16(body);
    if (body->failed || len < head || len > left
        || (len - head) % BUCKET_COUNTER_SIZE) {
        log_warn_rl(&rl, "group stats reply claims invalid length %u", len);
        return OFPERR_OFPBRC_BAD_LEN;
    }
    struct reader r = reader_sub(body, len - 2);
    reader_skip(&r, 2);
    s->id = reader_u32(&r);
    s->ref_count = reader_u32(&r);
    reader_skip(&r, 4);
    s->n_packets = reader_u64(&r);
    s->n_bytes = reader_u64(&r);
    if (has_duration) {
        s->duration_sec = reader_u32(&r);
        s->duration_nsec = reader_u32(&r);
    }
    while (r.left) {
        struct bucket_stats b = { reader_u64(&r), 0 };
        b.n_bytes = reader_u64(&r);
        vec_push(&s->buckets, b);
    }
    return 0;
}
