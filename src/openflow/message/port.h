/* Messages about ports: descriptions, status, changes, statistics. */

#pragma once

#include "net/flow/ofp_port.h"
#include "net/packet/addr.h"
#include "openflow/message/message.h"

/* Configuration bits, as in OpenFlow 1.0. */
enum {
    PORT_DOWN = 1 << 0,
    PORT_NO_STP = 1 << 1,
    PORT_NO_RECV = 1 << 2,
    PORT_NO_RECV_STP = 1 << 3,
    PORT_NO_FLOOD = 1 << 4,
    PORT_NO_FWD = 1 << 5,
    PORT_NO_PACKET_IN = 1 << 6,
};

/* State bits. */
enum {
    PORT_LINK_DOWN = 1 << 0,
    PORT_BLOCKED = 1 << 1, /* 1.1+. */
    PORT_LIVE = 1 << 2,    /* 1.1+. */
    PORT_STP_LISTEN = 0 << 8,
    PORT_STP_LEARN = 1 << 8,
    PORT_STP_FORWARD = 2 << 8,
    PORT_STP_BLOCK = 3 << 8,
    PORT_STP_MASK = 3 << 8, /* 1.0. */
};

/* Feature bits, as in OpenFlow 1.1+. */
enum {
    PORT_10MB_HD = 1 << 0,
    PORT_10MB_FD = 1 << 1,
    PORT_100MB_HD = 1 << 2,
    PORT_100MB_FD = 1 << 3,
    PORT_1GB_HD = 1 << 4,
    PORT_1GB_FD = 1 << 5,
    PORT_10GB_FD = 1 << 6,
    PORT_40GB_FD = 1 << 7,
    PORT_100GB_FD = 1 << 8,
    PORT_1TB_FD = 1 << 9,
    PORT_OTHER = 1 << 10,
    PORT_COPPER = 1 << 11,
    PORT_FIBER = 1 << 12,
    PORT_AUTONEG = 1 << 13,
    PORT_PAUSE = 1 << 14,
    PORT_PAUSE_ASYM = 1 << 15,
};

struct port_info {
    uint32_t port_no;
    struct eth_addr hw_addr;
    char name[64]; /* With null; the wire has 16 bytes. */
    uint32_t config;
    uint32_t state;
    uint32_t curr, advertised, supported, peer; /* PORT_*. */
    uint32_t curr_speed, max_speed;             /* kbps; 1.1+. */
};

/* Appends one description. */
void port_info_encode(const struct port_info *, uint8_t version,
                      struct writer *);
enum ofperr port_info_decode(struct reader *, uint8_t version,
                             struct port_info *) WARN_UNUSED;
/* Text as in "show", with newline. */
void port_info_format(const struct port_info *, const struct port_names *,
                      struct str *);

enum { PORT_STATUS_ADD, PORT_STATUS_DELETE, PORT_STATUS_MODIFY };

void port_status_encode(uint8_t reason, const struct port_info *,
                        uint8_t version, struct writer *);
enum ofperr port_status_decode(const struct message *, uint8_t *reasonp,
                               struct port_info *) WARN_UNUSED;

struct port_mod {
    uint32_t port_no;
    struct eth_addr hw_addr;
    uint32_t config, mask;
    uint32_t advertise;
};

void port_mod_encode(const struct port_mod *, uint8_t version, uint32_t xid,
                     struct writer *);
enum ofperr port_mod_decode(const struct message *,
                            struct port_mod *) WARN_UNUSED;

enum port_counter {
    PORT_RX_PACKETS,
    PORT_TX_PACKETS,
    PORT_RX_BYTES,
    PORT_TX_BYTES,
    PORT_RX_DROPPED,
    PORT_TX_DROPPED,
    PORT_RX_ERRORS,
    PORT_TX_ERRORS,
    PORT_RX_FRAME_ERR,
    PORT_RX_OVER_ERR,
    PORT_RX_CRC_ERR,
    PORT_COLLISIONS,
    N_PORT_COUNTERS
};

/* Counters of RFC 2819, packets received and sent of 7 sizes first. */
enum { N_PORT_RFC2819 = 20 };

struct port_stats {
    uint32_t port_no;
    uint32_t duration_sec, duration_nsec; /* 1.3+; UINT32_MAX: unknown. */
    uint64_t counters[N_PORT_COUNTERS];   /* UINT64_MAX: unknown. */
    uint64_t rfc2819[N_PORT_RFC2819];     /* 1.4+; the same; only decoded. */
    /* The switch's own counters, 1.4+, only decoded; in the message. */
    struct reader custom;
    uint16_t n_custom;
};

void port_stats_request_encode(uint32_t port, uint8_t version, uint32_t xid,
                               struct writer *);
enum ofperr port_stats_request_decode(const struct message *,
                                      uint32_t *portp) WARN_UNUSED;
/* Port description requests name a port since 1.5, else OFPP_NONE. */
enum ofperr port_desc_request_decode(const struct message *,
                                     uint32_t *portp) WARN_UNUSED;
void port_stats_encode(const struct port_stats *, struct message_multipart *);
enum ofperr port_stats_decode(const struct message *, struct reader *body,
                              struct port_stats *, bool *donep) WARN_UNUSED;
/* Takes the next of the 'n_custom' counters; false if there is none.  Names
 * have no NUL at the end. */
bool port_stats_next_custom(struct port_stats *, const char **namep,
                            uint8_t *lenp, uint64_t *valuep);
