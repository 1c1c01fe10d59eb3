/* Meters: OpenFlow 1.3.5 §5.7, §7.3.4.5, §7.3.5.12-14.  There are none before
 * 1.3. */

#pragma once

#include "base/vec.h"
#include "openflow/message/message.h"

enum {
    METER_MAX = 0xffff0000,
    METER_SLOWPATH = 0xfffffffd,   /* Packets that the slow path sees. */
    METER_CONTROLLER = 0xfffffffe, /* Packets to controllers. */
    METER_ALL = 0xffffffff,
};

enum meter_command {
    METER_ADD = 0,
    METER_MODIFY = 1,
    METER_DELETE = 2,
};

/* Flags, and capabilities with the same numbers. */
enum {
    METER_KBPS = 1 << 0,
    METER_PKTPS = 1 << 1,
    METER_BURST = 1 << 2,
    METER_STATS = 1 << 3,
    METER_FLAGS = METER_KBPS | METER_PKTPS | METER_BURST | METER_STATS,
};

enum meter_band_type {
    METER_BAND_DROP = 1,
    METER_BAND_DSCP_REMARK = 2,
};

struct meter_band {
    uint16_t type;       /* enum meter_band_type. */
    uint8_t prec_level;  /* DSCP_REMARK. */
    uint32_t rate;       /* kbit/s or packets/s. */
    uint32_t burst_size; /* kbit or packets; 0 without METER_BURST. */
};

struct meter_config {
    uint32_t id;
    uint16_t flags; /* METER_*. */
    VEC(struct meter_band) bands;
};

void meter_config_uninit(struct meter_config *);
void meter_config_clone(struct meter_config *dst, const struct meter_config *);

struct meter_mod {
    uint16_t command; /* enum meter_command. */
    struct meter_config config;
};

/* Appends a whole message. */
void meter_mod_encode(const struct meter_mod *, uint8_t version, uint32_t xid,
                      struct writer *);
/* Initializes 'mm' in any case; the caller uninits its 'config'. */
enum ofperr meter_mod_decode(const struct message *,
                             struct meter_mod *) WARN_UNUSED;

/* The meter that a request, of message_put_about(), is about. */
uint32_t meter_request_decode(const struct message *);

/* Appends an entry to a reply. */
void meter_config_encode(const struct meter_config *,
                         struct message_multipart *);
/* Takes the next one; initializes 'config' in any case. */
enum ofperr meter_config_decode(struct reader *body,
                                struct meter_config *) WARN_UNUSED;

struct meter_band_stats {
    uint64_t n_packets, n_bytes;
};

struct meter_stats {
    uint32_t id;
    uint32_t flow_count;
    uint64_t n_packets, n_bytes; /* That came. */
    uint32_t duration_sec, duration_nsec;
    VEC(struct meter_band_stats) bands;
};

void meter_stats_encode(const struct meter_stats *,
                        struct message_multipart *);
/* Takes the next one; initializes 'stats' in any case, whose bands are the
 * caller's to uninit. */
enum ofperr meter_stats_decode(struct reader *body,
                               struct meter_stats *) WARN_UNUSED;

struct meter_features {
    uint32_t max_meters;
    uint32_t band_types;   /* Bits by enum meter_band_type. */
    uint32_t capabilities; /* METER_*. */
    uint8_t max_bands;
    uint8_t max_color;
};

/* Appends a whole reply. */
void meter_features_encode(const struct meter_features *,
                           const struct message *request, struct writer *);
void meter_features_decode(const struct message *, struct meter_features *);
