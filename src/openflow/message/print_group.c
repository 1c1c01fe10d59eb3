/* Printing what controllers ask about groups. */

#include <inttypes.h>

#include "openflow/message/flow_text.h"
#include "openflow/message/group_text.h"
#include "openflow/message/print_private.h"
#include "openflow/message/table_bits.h"

enum ofperr
print_group_request(struct print *p)
{
    uint32_t id = group_request_decode(p->m);
    if (id == GROUP_ALL) {
        str_put(p->s, " group_id=ALL");
    } else {
        str_putf(p->s, " group_id=%" PRIu32, id);
    }
    return 0;
}

/* Buckets have numbers on the wire. */
static bool
has_bucket_ids(const struct message *m)
{
    return m->version == OF10_VERSION || m->version >= OF15_VERSION;
}

enum ofperr
print_group_mod(struct print *p)
{
    struct group_mod gm;
    enum ofperr error = group_mod_decode(p->m, &gm);
    if (!error) {
        str_put(p->s, "\n ");
        group_mod_format(&gm, p->names, has_bucket_ids(p->m), p->s);
    }
    group_desc_uninit(&gm.desc);
    return error;
}

enum ofperr
print_group_desc(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    enum ofperr error = 0;
    while (r.left && !error) {
        struct group_desc desc;
        error = group_desc_decode(p->m, &r, &desc);
        if (!error) {
            str_put(p->s, "\n ");
            group_desc_format(&desc, p->names, has_bucket_ids(p->m), p->s);
        }
        group_desc_uninit(&desc);
    }
    return error;
}

static void
put_group_stats(const struct group_stats *s, struct str *out)
{
    str_putf(out, "\n group_id=%" PRIu32 ",", s->id);
    if (s->duration_sec != UINT32_MAX) {
        str_put(out, "duration=");
        flow_duration_format(s->duration_sec, s->duration_nsec, out);
        str_put_char(out, ',');
    }
    str_putf(out, "ref_count=%" PRIu32 ",", s->ref_count);
    print_counter("packet_count=", s->n_packets, out);
    print_counter(",byte_count=", s->n_bytes, out);
    for (size_t i = 0; i < s->buckets.n; i++) {
        const struct bucket_stats *b = &s->buckets.items[i];
        if (b->n_packets != UINT64_MAX) {
            str_putf(out, ",bucket%zu:", i);
            print_counter("packet_count=", b->n_packets, out);
            print_counter(",byte_count=", b->n_bytes, out);
        }
    }
}

enum ofperr
print_group_stats(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    enum ofperr error = 0;
    while (r.left && !error) {
        struct group_stats stats;
        error = group_stats_decode(p->m, &r, &stats);
        if (!error) {
            put_group_stats(&stats, p->s);
        } else {
            str_put(p->s, " ***parse error***");
        }
        vec_uninit(&stats.buckets);
    }
    return error;
}

enum ofperr
print_group_features(struct print *p)
{
    static const char *const names[N_GROUP_TYPES] = { "all", "select",
                                                      "indirect",
                                                      "fast failover" };
    struct group_features f;
    enum ofperr error = group_features_decode(p->m, &f);
    if (error) {
        return error;
    }
    str_putf(p->s,
             "\n Group table:\n    Types:  0x%" PRIx32
             "\n    Capabilities:  0x%" PRIx32 "\n",
             f.types, f.capabilities);
    for (size_t i = 0; i < N_GROUP_TYPES; i++) {
        if (!(f.types & 1u << i)) {
            continue;
        }
        str_putf(p->s, "    %s group:\n       max_groups=%#" PRIx32 "\n",
                 names[i], f.max_groups[i]);
        str_put(p->s, "       actions:");
        if (f.actions[i]) {
            table_actions_format(f.actions[i], p->s);
        } else {
            str_put(p->s, " <none>");
        }
        str_put_char(p->s, '\n');
    }
    return 0;
}
