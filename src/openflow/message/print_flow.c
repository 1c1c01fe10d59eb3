/* Printing messages about flows and packets. */

#include <inttypes.h>

#include "base/be.h"
#include "net/flow/extract.h"
#include "net/packet/headers.h"
#include "net/packet/packet.h"
#include "openflow/message/flow_text.h"
#include "openflow/message/packet.h"
#include "openflow/message/print_private.h"

static const struct port_names *
port_names(const struct print *p)
{
    return p->names ? p->names->ports : NULL;
}

/* The match, if there is one, and a space. */
static void
put_match(struct print *p, const struct match *m, int priority)
{
    match_format(m, priority, port_names(p), p->s);
    if (str_last(p->s) != ' ') {
        str_put_char(p->s, ' ');
    }
}

static void
put_flow_flags(uint16_t flags, struct str *s)
{
    static const char *const names[] = { "send_flow_rem", "check_overlap",
                                         "reset_counts", "no_packet_counts",
                                         "no_byte_counts" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags & 1u << i) {
            str_putf(s, "%s ", names[i]);
        }
    }
}

static void
put_cookies(const struct flow_mod *fm, struct str *s)
{
    uint64_t new_cookie = be64_to_host(fm->new_cookie);
    if (new_cookie && new_cookie != UINT64_MAX) {
        str_putf(s, "cookie:0x%" PRIx64 " ", new_cookie);
    }
    if (fm->cookie_mask) {
        str_putf(s, "cookie:0x%" PRIx64 "/0x%" PRIx64 " ",
                 be64_to_host(fm->cookie), be64_to_host(fm->cookie_mask));
    }
}

enum ofperr
print_flow_mod(struct print *p)
{
    static const char *const commands[] = { "ADD", "MOD", "MOD_STRICT", "DEL",
                                            "DEL_STRICT" };
    struct flow_mod fm;
    enum ofperr error = flow_mod_decode(p->m, true, &fm);
    if (error) {
        flow_mod_uninit(&fm);
        return error;
    }
    str_putf(p->s, " %s",
             fm.command < ARRAY_SIZE(commands) ? commands[fm.command] : "?");
    if (fm.table_id) {
        str_putf(p->s, " table:%u", fm.table_id);
    }
    str_put_char(p->s, ' ');
    put_match(p, &fm.match, fm.priority);
    put_cookies(&fm, p->s);
    if (fm.idle_timeout) {
        str_putf(p->s, "idle:%u ", fm.idle_timeout);
    }
    if (fm.hard_timeout) {
        str_putf(p->s, "hard:%u ", fm.hard_timeout);
    }
    if (fm.importance) {
        str_putf(p->s, "importance:%u ", fm.importance);
    }
    if (fm.buffer_id != UINT32_MAX) {
        str_putf(p->s, "buf:0x%" PRIx32 " ", fm.buffer_id);
    }
    if (fm.out_port != OFPP_NONE) {
        str_put(p->s, "out_port:");
        ofp_port_format(fm.out_port, port_names(p), p->s);
        str_put_char(p->s, ' ');
    }
    /* Before 1.2 additions always reset counts. */
    if (p->m->version < OF12_VERSION) {
        fm.flags &= (uint16_t) ~FLOW_MOD_RESET_COUNTS;
    }
    /* Before 1.2 an addition resets the counts without a flag for it. */
    uint16_t implied =
        p->m->version < OF12_VERSION ? FLOW_MOD_RESET_COUNTS : 0;
    put_flow_flags(fm.flags & (uint16_t) ~implied, p->s);
    str_put(p->s, "actions=");
    actions_format(&fm.actions, p->names, p->s);
    flow_mod_uninit(&fm);
    return 0;
}

enum ofperr
print_flow_stats_request(struct print *p)
{
    struct flow_stats_request request;
    enum ofperr error = flow_stats_request_decode(p->m, &request);
    if (error) {
        return error;
    }
    if (request.table_id != 255) {
        str_putf(p->s, " table=%u", request.table_id);
    }
    if (request.out_port != OFPP_NONE) {
        str_put(p->s, " out_port=");
        ofp_port_format(request.out_port, port_names(p), p->s);
    }
    str_put_char(p->s, ' ');
    match_format(&request.match, INT32_MIN, port_names(p), p->s);
    str_chomp(p->s, " ");
    return 0;
}

enum ofperr
print_flow_stats(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    for (;;) {
        struct flow_stats fs;
        bool done;
        enum ofperr error = flow_stats_decode(p->m, &r, &fs, &done);
        if (error || done) {
            return error;
        }
        str_put_char(p->s, '\n');
        flow_stats_format(&fs, p->names, true, p->s);
        flow_stats_uninit(&fs);
    }
}

enum ofperr
print_aggregate(struct print *p)
{
    struct aggregate_stats stats;
    enum ofperr error = aggregate_stats_decode(p->m, &stats);
    if (!error) {
        str_putf(p->s,
                 " packet_count=%" PRIu64 " byte_count=%" PRIu64
                 " flow_count=%" PRIu32,
                 stats.n_packets, stats.n_bytes, stats.n_flows);
    }
    return error;
}

enum ofperr
print_flow_removed(struct print *p)
{
    static const char *const reasons[] = { "idle",         "hard",
                                           "delete",       "group_delete",
                                           "meter_delete", "eviction" };
    struct flow_removed fr;
    enum ofperr error = flow_removed_decode(p->m, &fr);
    if (error) {
        return error;
    }
    str_put_char(p->s, ' ');
    put_match(p, &fr.match, fr.priority);
    str_putf(p->s, "reason=%s",
             fr.reason < ARRAY_SIZE(reasons) ? reasons[fr.reason] : "?");
    if (fr.table_id != 255) {
        str_putf(p->s, " table_id=%u", fr.table_id);
    }
    if (fr.cookie) {
        str_putf(p->s, " cookie:0x%" PRIx64, be64_to_host(fr.cookie));
    }
    str_putf(p->s, " duration%" PRIu32, fr.duration_sec);
    if (fr.duration_nsec) {
        str_putf(p->s, ".%09" PRIu32, fr.duration_nsec);
        str_chomp(p->s, "0");
    }
    str_putf(p->s, "s idle%u", fr.idle_timeout);
    if (fr.hard_timeout) {
        str_putf(p->s, " hard%u", fr.hard_timeout);
    }
    str_putf(p->s, " pkts%" PRIu64 " bytes%" PRIu64 "\n", fr.n_packets,
             fr.n_bytes);
    return 0;
}

/* Packets. */

/* The checksum that is in the bytes, if they have one. */
static void
put_checksum(struct str *s, const struct packet *p, const struct flow *flow)
{
    static const struct {
        uint8_t proto;
        uint8_t offset, size; /* In a header that long. */
        uint8_t header;
        const char *name;
    } rows[] = {
        { IP_PROTO_TCP, 16, 2, TCP_HEADER_LEN, "tcp" },
        { IP_PROTO_UDP, 6, 2, UDP_HEADER_LEN, "udp" },
        { IP_PROTO_SCTP, 8, 4, SCTP_HEADER_LEN, "sctp" },
        { IP_PROTO_ICMP, 2, 2, ICMP4_HEADER_LEN, "icmp" },
        { IP_PROTO_ICMPV6, 2, 2, ICMP4_HEADER_LEN, "icmp6" },
    };

    if (!flow_is_ip(flow) || flow->nw_frag & FLOW_NW_FRAG_LATER
        || p->l4_offset == PACKET_NO_OFFSET) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].proto == flow->nw_proto
            && p->l4_offset + rows[i].header <= p->size) {
            const uint8_t *at = p->data + p->l4_offset + rows[i].offset;
            str_putf(s, " %s_csum:%x", rows[i].name,
                     rows[i].size == 2 ? get_be16(at) : get_be32(at));
        }
    }
}

static void
put_packet(struct print *p, const void *data, size_t size)
{
    struct packet *packet = packet_create_copy(data, size);
    struct flow flow;
    flow_extract(packet, &flow);
    flow_format_packet(&flow, p->s);
    put_checksum(p->s, packet, &flow);
    str_put_char(p->s, '\n');
    packet_free(packet);
    if (p->verbosity > 2) {
        str_put_hexdump(p->s, data, size, 0, false);
    }
}

enum ofperr
print_packet_in(struct print *p)
{
    struct packet_in pin;
    enum ofperr error = packet_in_decode(p->m, &pin);
    if (error) {
        return error;
    }
    if (pin.table_id) {
        str_putf(p->s, " table_id=%u", pin.table_id);
    }
    if (pin.has_cookie && ~pin.cookie) {
        str_putf(p->s, " cookie=0x%" PRIx64, be64_to_host(pin.cookie));
    }
    str_putf(p->s, " total_len=%" PRIu32 " ", pin.total_size);
    match_format(&pin.metadata, INT32_MIN, port_names(p), p->s);
    const char *reason = packet_in_reason_name(pin.reason);
    str_putf(p->s, " (via %s) data_len=%zu", reason ? reason : "?",
             pin.packet_size);
    if (pin.buffer_id == UINT32_MAX) {
        str_put(p->s, " (unbuffered)");
    } else {
        str_putf(p->s, " (***error: buffered***) buffer=0x%08" PRIx32,
                 pin.buffer_id);
    }
    if (pin.userdata_size) {
        str_put(p->s, " userdata=");
        for (size_t i = 0; i < pin.userdata_size; i++) {
            str_putf(p->s, "%s%02x", i ? "." : "", pin.userdata[i]);
        }
    }
    str_put_char(p->s, '\n');
    if (p->verbosity > 0) {
        put_packet(p, pin.packet, pin.packet_size);
    }
    return 0;
}

enum ofperr
print_packet_out(struct print *p)
{
    struct packet_out po;
    enum ofperr error = packet_out_decode(p->m, &po);
    if (!error) {
        str_put_char(p->s, ' ');
        put_match(p, &po.metadata, INT32_MIN);
        str_put(p->s, "actions=");
        actions_format(&po.actions, p->names, p->s);
        if (po.buffer_id == UINT32_MAX) {
            str_putf(p->s, " data_len=%zu\n", po.packet_size);
            if (p->verbosity > 0 && po.packet_size) {
                put_packet(p, po.packet, po.packet_size);
            }
        } else {
            str_putf(p->s, " buffer=0x%08" PRIx32 "\n", po.buffer_id);
        }
    }
    packet_out_uninit(&po);
    return error;
}
