/* Printing messages about ports. */

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "openflow/message/flow_text.h"
#include "openflow/message/port.h"
#include "openflow/message/print_private.h"

struct bit_name {
    uint32_t bit;
    const char *name;
};

static const struct bit_name config_names[] = {
    { PORT_DOWN, "PORT_DOWN" },
    { PORT_NO_STP, "NO_STP" },
    { PORT_NO_RECV, "NO_RECV" },
    { PORT_NO_RECV_STP, "NO_RECV_STP" },
    { PORT_NO_FLOOD, "NO_FLOOD" },
    { PORT_NO_FWD, "NO_FWD" },
    { PORT_NO_PACKET_IN, "NO_PACKET_IN" },
};

static const struct bit_name state_names[] = {
    { PORT_LINK_DOWN, "LINK_DOWN" },
    { PORT_BLOCKED, "BLOCKED" },
    { PORT_LIVE, "LIVE" },
};

static const struct bit_name feature_names[] = {
    { PORT_10MB_HD, "10MB-HD" },   { PORT_10MB_FD, "10MB-FD" },
    { PORT_100MB_HD, "100MB-HD" }, { PORT_100MB_FD, "100MB-FD" },
    { PORT_1GB_HD, "1GB-HD" },     { PORT_1GB_FD, "1GB-FD" },
    { PORT_10GB_FD, "10GB-FD" },   { PORT_40GB_FD, "40GB-FD" },
    { PORT_100GB_FD, "100GB-FD" }, { PORT_1TB_FD, "1TB-FD" },
    { PORT_OTHER, "OTHER" },       { PORT_COPPER, "COPPER" },
    { PORT_FIBER, "FIBER" },       { PORT_AUTONEG, "AUTO_NEG" },
    { PORT_PAUSE, "AUTO_PAUSE" },  { PORT_PAUSE_ASYM, "AUTO_PAUSE_ASYM" },
};

/* Names of the bits that are set with spaces between, "0" for none. */
static void
put_bits(uint32_t bits, const struct bit_name *names, size_t n, struct str *s)
{
    const char *separator = "";
    if (!bits) {
        str_put_char(s, '0');
    }
    for (size_t i = 0; i < n; i++) {
        if (bits & names[i].bit) {
            str_putf(s, "%s%s", separator, names[i].name);
            separator = " ";
            bits &= ~names[i].bit;
        }
    }
    if (bits) {
        str_putf(s, "%s0x%" PRIx32, separator, bits);
    }
}

static void
put_state(uint32_t state, struct str *s)
{
    static const char *const stp[] = { "", "STP_LEARN", "STP_FORWARD",
                                       "STP_BLOCK" };
    uint32_t plain = state & ~(uint32_t) PORT_STP_MASK;
    unsigned int phase = (state & PORT_STP_MASK) >> 8;
    if (plain || !phase) {
        put_bits(plain, state_names, ARRAY_SIZE(state_names), s);
    }
    if (phase) {
        str_putf(s, "%s%s", plain ? " " : "", stp[phase]);
    }
}

static void
put_features(const char *what, uint32_t bits, struct str *s)
{
    if (bits) {
        str_put(s, what);
        put_bits(bits, feature_names, ARRAY_SIZE(feature_names), s);
        str_put_char(s, '\n');
    }
}

/* Fastest of the feature bits, in Mbps. */
static unsigned int
features_mbps(uint32_t bits)
{
    static const struct {
        uint32_t bits;
        unsigned int mbps;
    } speeds[] = {
        { PORT_1TB_FD, 1000000 },
        { PORT_100GB_FD, 100000 },
        { PORT_40GB_FD, 40000 },
        { PORT_10GB_FD, 10000 },
        { PORT_1GB_HD | PORT_1GB_FD, 1000 },
        { PORT_100MB_HD | PORT_100MB_FD, 100 },
        { PORT_10MB_HD | PORT_10MB_FD, 10 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(speeds); i++) {
        if (bits & speeds[i].bits) {
            return speeds[i].mbps;
        }
    }
    return 0;
}

void
port_info_format(const struct port_info *port, const struct port_names *names,
                 struct str *s)
{
    (void) names; /* The name is there anyway. */
    str_put_char(s, ' ');
    ofp_port_format(port->port_no, NULL, s);
    str_putf(s, "(%s): addr:", port->name);
    eth_addr_format(port->hw_addr, s);
    str_put(s, "\n     config:     ");
    put_bits(port->config, config_names, ARRAY_SIZE(config_names), s);
    str_put(s, "\n     state:      ");
    put_state(port->state, s);
    str_put_char(s, '\n');
    put_features("     current:    ", port->curr, s);
    put_features("     advertised: ", port->advertised, s);
    put_features("     supported:  ", port->supported, s);
    put_features("     peer:       ", port->peer, s);
    unsigned int now =
        port->curr_speed ? port->curr_speed / 1000 : features_mbps(port->curr);
    unsigned int max = port->max_speed ? port->max_speed / 1000
                                       : features_mbps(port->supported);
    str_putf(s, "     speed: %u Mbps now, %u Mbps max\n", now, max);
}

static const struct port_names *
port_names(const struct print *p)
{
    return p->names ? p->names->ports : NULL;
}

static int
compare_ports(const void *a, const void *b)
{
    const struct port_info *x = a;
    const struct port_info *y = b;
    return x->port_no < y->port_no ? -1 : x->port_no > y->port_no;
}

enum ofperr
print_ports(struct print *p, struct reader *r)
{
    struct port_info *ports = NULL;
    size_t n = 0, capacity = 0;
    enum ofperr error = 0;
    while (r->left && !error) {
        if (n >= capacity) {
            ports = x2nrealloc(ports, &capacity, sizeof *ports);
        }
        error = port_info_decode(r, p->m->version, &ports[n]);
        n += !error;
    }
    if (n) {
        qsort(ports, n, sizeof *ports, compare_ports);
    }
    for (size_t i = 0; i < n; i++) {
        port_info_format(&ports[i], port_names(p), p->s);
    }
    free(ports);
    return error;
}

enum ofperr
print_port_desc(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    str_put_char(p->s, '\n');
    return print_ports(p, &r);
}

static void
put_request_port(struct print *p, const char *what, uint32_t port)
{
    str_put(p->s, what);
    ofp_port_format(port, port_names(p), p->s);
}

enum ofperr
print_port_desc_request(struct print *p)
{
    uint32_t port;
    enum ofperr error = port_desc_request_decode(p->m, &port);
    if (!error) {
        put_request_port(p, " port=", port);
    }
    return error;
}

enum ofperr
print_port_stats_request(struct print *p)
{
    uint32_t port;
    enum ofperr error = port_stats_request_decode(p->m, &port);
    if (!error) {
        put_request_port(p, " port_no=", port);
    }
    return error;
}

enum ofperr
print_port_status(struct print *p)
{
    static const char *const reasons[] = { "ADD", "DEL", "MOD" };
    uint8_t reason;
    struct port_info port;
    enum ofperr error = port_status_decode(p->m, &reason, &port);
    if (!error) {
        str_putf(p->s,
                 " %s:", reason < ARRAY_SIZE(reasons) ? reasons[reason] : "?");
        port_info_format(&port, port_names(p), p->s);
    }
    return error;
}

enum ofperr
print_port_mod(struct print *p)
{
    struct port_mod mod;
    enum ofperr error = port_mod_decode(p->m, &mod);
    if (error) {
        return error;
    }
    put_request_port(p, " port: ", mod.port_no);
    str_put(p->s, ": addr:");
    eth_addr_format(mod.hw_addr, p->s);
    str_put(p->s, "\n     config: ");
    put_bits(mod.config, config_names, ARRAY_SIZE(config_names), p->s);
    str_put(p->s, "\n     mask:   ");
    put_bits(mod.mask, config_names, ARRAY_SIZE(config_names), p->s);
    if (mod.advertise) {
        put_features("\n     advertise: ", mod.advertise, p->s);
    } else {
        str_put(p->s, "\n     advertise: UNCHANGED\n");
    }
    return 0;
}

/* Statistics. */

/* Those that are known of the counters that 'names' has names for. */
static void
put_rfc2819(const char *what, const char *const names[N_PORT_RFC2819],
            const struct port_stats *ps, struct str *s)
{
    bool any = false;
    for (size_t i = 0; i < N_PORT_RFC2819; i++) {
        if (names[i] && ps->rfc2819[i] != UINT64_MAX) {
            if (!any) {
                str_putf(s, "           %s rfc2819 ", what);
                any = true;
            }
            str_putf(s, "%s=%" PRIu64 ", ", names[i], ps->rfc2819[i]);
        }
    }
    if (any) {
        str_put_char(s, '\n');
    }
}

static void
put_custom(struct port_stats *ps, struct str *s)
{
    enum { PER_LINE = 3 };

    const char *name;
    uint8_t len;
    uint64_t value;
    for (int i = 0; port_stats_next_custom(ps, &name, &len, &value); i++) {
        if (!i) {
            str_put(s, "           CUSTOM Statistics");
        }
        str_put(s, i % PER_LINE ? " " : "\n                      ");
        for (uint8_t j = 0; j < len; j++) {
            bool control = (uint8_t) name[j] < ' ' || name[j] == 0x7f;
            str_put_char(s, control ? '?' : name[j]);
        }
        str_putf(s, "=%" PRIu64 ",", value);
        if (!ps->n_custom) {
            str_put_char(s, '\n');
        }
    }
}

static void
put_port_stats(struct print *p, struct port_stats *ps)
{
    static const char *const rx[N_PORT_RFC2819] = {
        [0] = "1_to_64_packets",       [1] = "65_to_127_packets",
        [2] = "128_to_255_packets",    [3] = "256_to_511_packets",
        [4] = "512_to_1023_packets",   [5] = "1024_to_1522_packets",
        [6] = "1523_to_max_packets",   [15] = "broadcast_packets",
        [17] = "undersized_errors",    [18] = "oversize_errors",
        [19] = "rx_fragmented_errors",
    };
    static const char *const tx[N_PORT_RFC2819] = {
        [7] = "1_to_64_packets",      [8] = "65_to_127_packets",
        [9] = "128_to_255_packets",   [10] = "256_to_511_packets",
        [11] = "512_to_1023_packets", [12] = "1024_to_1522_packets",
        [13] = "1523_to_max_packets", [14] = "multicast_packets",
        [16] = "broadcast_packets",
    };

    const uint64_t *c = ps->counters;
    struct str port = STR_INITIALIZER;
    ofp_port_format(ps->port_no, port_names(p), &port);
    str_putf(p->s, "  port %2s: rx ", str_text(&port));
    str_uninit(&port);
    print_counter("pkts=", c[PORT_RX_PACKETS], p->s);
    print_counter(", bytes=", c[PORT_RX_BYTES], p->s);
    print_counter(", drop=", c[PORT_RX_DROPPED], p->s);
    print_counter(", errs=", c[PORT_RX_ERRORS], p->s);
    print_counter(", frame=", c[PORT_RX_FRAME_ERR], p->s);
    print_counter(", over=", c[PORT_RX_OVER_ERR], p->s);
    print_counter(", crc=", c[PORT_RX_CRC_ERR], p->s);
    print_counter("\n           tx pkts=", c[PORT_TX_PACKETS], p->s);
    print_counter(", bytes=", c[PORT_TX_BYTES], p->s);
    print_counter(", drop=", c[PORT_TX_DROPPED], p->s);
    print_counter(", errs=", c[PORT_TX_ERRORS], p->s);
    print_counter(", coll=", c[PORT_COLLISIONS], p->s);
    str_put_char(p->s, '\n');
    if (p->m->version >= OF13_VERSION && ps->duration_sec != UINT32_MAX) {
        str_put(p->s, "           duration=");
        flow_duration_format(ps->duration_sec, ps->duration_nsec, p->s);
        str_put_char(p->s, '\n');
    }
    put_rfc2819("rx", rx, ps, p->s);
    put_rfc2819("tx", tx, ps, p->s);
    put_custom(ps, p->s);
}

enum ofperr
print_port_stats(struct print *p)
{
    size_t n = 0;
    enum ofperr error = 0;
    /* First only counts. */
    for (int pass = 0; pass < 2; pass++) {
        error = 0;
        struct reader r = reader_init(p->m->body, p->m->body_size);
        for (bool done = false; !done && !error;) {
            struct port_stats ps;
            error = port_stats_decode(p->m, &r, &ps, &done);
            if (error || done) {
                break;
            } else if (pass) {
                put_port_stats(p, &ps);
            } else {
                n++;
            }
        }
        if (!pass) {
            str_putf(p->s, " %zu ports\n", n);
        }
    }
    return error;
}
