/* Text of flows. */

#include <string.h>

#include "base/mem.h"
#include "datapath/ctl/ctl_private.h"
#include "net/flow/flags.h"
#include "sys/clock/clock.h"

static const char *
name_of(const struct odp_names *names_, uint32_t number)
{
    const struct ctl_names *names = CONTAINER_OF(names_, struct ctl_names, up);
    for (size_t i = 0; i < names->n; i++) {
        if (names->ports[i].number == number) {
            return names->ports[i].name;
        }
    }
    return NULL;
}

static bool
port_of(const struct odp_names *names_, const char *name, uint32_t *portp)
{
    const struct ctl_names *names = CONTAINER_OF(names_, struct ctl_names, up);
    for (size_t i = 0; i < names->n; i++) {
        if (!strcmp(names->ports[i].name, name)) {
            *portp = names->ports[i].number;
            return true;
        }
    }
    return false;
}

void
ctl_names_init(struct ctl_names *names, const struct datapath *dp)
{
    names->up = (struct odp_names){ name_of, port_of };
    names->n = dp->ops->port_list(dp, &names->ports);
}

void
ctl_names_uninit(struct ctl_names *names)
{
    datapath_ports_free(names->ports, names->n);
}

static void
put_tcp_flags(uint16_t flags, struct str *s)
{
    static const struct {
        uint16_t bit;
        char letter;
    } letters[] = {
        { 0x001, 'F' }, { 0x002, 'S' }, { 0x004, 'R' },
        { 0x008, 'P' }, { 0x010, '.' }, { 0x020, 'U' },
        { 0x040, 'E' }, { 0x080, 'C' }, { 0x100, 'N' },
    };

    static const char order[] = "SFPRU.ECN";
    for (const char *p = order; *p; p++) {
        for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
            if (letters[i].letter == *p && flags & letters[i].bit) {
                str_put_char(s, *p);
            }
        }
    }
    if (flags & 0xfe00) {
        str_putf(s, "[%x]", flags & 0xfe00);
    }
}

/* How much of a key the datapath looks at: 64-bit words of the compact form
 * that users know, before and from L3 on. */
static void
put_extra_info(const struct flow *m, struct str *s)
{
    const uint64_t *w = flow_words(m);
    unsigned l2 = 0, l3 = 0;

    for (size_t i = FLOW_DATAPATH_START; i < FLOW_PACKET_START; i++) {
        l2 += w[i] != 0;
    }
    l2 += m->skb_priority || m->pkt_mark;
    l2 += m->dp_hash || m->in_port;
    l2 += m->recirc_id || m->ct_state || m->ct_nw_proto || m->ct_zone;
    l2 += m->ct_mark || m->packet_type;
    l2 += (m->ct_label.hi != 0) + (m->ct_label.lo != 0);
    for (size_t i = FLOW_STAGE_METADATA; i < FLOW_STAGE_L2; i++) {
        l2 += w[i] != 0;
    }
    for (size_t i = FLOW_STAGE_L2; i < FLOW_STAGE_L4; i++) {
        l3 += w[i] != 0;
    }
    str_putf(s, ", dp-extra-info:miniflow_bits(%u,%u)", l2, l3);
}

void
ctl_format_flow(const struct ctl *ctl, const struct datapath_flow_info *info,
                const struct odp_names *names, struct str *s)
{
    const struct datapath_flow_stats *stats = &info->stats;

    if (ctl->more) {
        odp_ufid_format(&info->ufid, s);
        str_put(s, ", ");
    }
    odp_flow_format(info->key, info->mask, names,
                    ctl->more ? ODP_FORMAT_VERBOSE : 0, s);
    str_putf(s, ", packets:%llu, bytes:%llu, used:",
             (unsigned long long) stats->n_packets,
             (unsigned long long) stats->n_bytes);
    if (stats->used_ms) {
        long long ago = clock_msec() - stats->used_ms;
        str_putf(s, "%.3fs", ago / 1000.0);
    } else {
        str_put(s, "never");
    }
    if (stats->tcp_flags) {
        str_put(s, ", flags:");
        put_tcp_flags(stats->tcp_flags, s);
    }
    if (ctl->more && info->layer) {
        str_putf(s, ", dp:%s", info->layer);
    }
    str_put(s, ", actions:");
    odp_actions_format(info->actions, info->actions_size, names, s);
    if (ctl->more) {
        put_extra_info(&info->mask->bits, s);
    }
}
