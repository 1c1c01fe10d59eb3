/* Groups: OpenFlow 1.1 §5.6.1, 1.5 §5.10 and §7.3.4.3; in 1.0 by extensions in
 * the form of 1.5. */

#pragma once

#include "base/error.h"
#include "base/vec.h"
#include "net/flow/field.h"
#include "openflow/action/action.h"
#include "openflow/message/message.h"

enum {
    GROUP_MAX = 0xffffff00,
    GROUP_ALL = 0xfffffffc,
    GROUP_ANY = 0xffffffff, /* Also: no group to watch. */
    GROUP_BUCKET_MAX = 0xffffff00,
    GROUP_BUCKET_FIRST = 0xfffffffd,
    GROUP_BUCKET_LAST = 0xfffffffe,
    GROUP_BUCKET_ALL = 0xffffffff, /* Also: has no number yet. */
    GROUP_METHOD_SIZE = 16,
};

enum group_type {
    GROUP_TYPE_ALL,
    GROUP_TYPE_SELECT,
    GROUP_TYPE_INDIRECT,
    GROUP_TYPE_FF, /* Fast failover. */
    N_GROUP_TYPES
};

/* "all", "select", "indirect", "ff". */
const char *group_type_name(enum group_type);

enum group_command {
    GROUP_ADD = 0,
    GROUP_MODIFY = 1,
    GROUP_DELETE = 2,
    GROUP_INSERT_BUCKET = 3,
    GROUP_REMOVE_BUCKET = 5,
    GROUP_ADD_OR_MOD = 0x8000,
};

struct group_bucket {
    uint32_t id;
    uint16_t weight;
    uint32_t watch_port;  /* OFPP_NONE: none. */
    uint32_t watch_group; /* GROUP_ANY: none. */
    struct actions actions;
};

/* A field that a select group hashes, as far as the mask says. */
struct group_field {
    const struct field *field;
    union field_value mask;
};

typedef VEC(struct group_bucket) group_bucket_vec;
typedef VEC(struct group_field) group_field_vec;

/* How a select group chooses: an extension's property. */
struct group_selection {
    char method[GROUP_METHOD_SIZE]; /* "": by default. */
    uint64_t param;
    group_field_vec fields; /* By field number; for "hash". */
};

/* Adds a field that is not there yet. */
void group_selection_add(struct group_selection *, const struct group_field *);

/* A group but for its counters; whoever has it owns what it holds. */
struct group_desc {
    uint32_t id;
    uint8_t type; /* enum group_type. */
    group_bucket_vec buckets;
    struct group_selection selection;
};

void group_desc_init(struct group_desc *);
void group_desc_uninit(struct group_desc *);
void group_desc_clone(struct group_desc *dst, const struct group_desc *src);
/* A new bucket at the end: no number, no weight, watches nothing. */
struct group_bucket *group_desc_add_bucket(struct group_desc *);
/* A copy of 'bucket' before the bucket with index 'at'. */
void group_desc_insert_bucket(struct group_desc *, size_t at,
                              const struct group_bucket *bucket);
void group_desc_remove_bucket(struct group_desc *, size_t at);
/* Index of the bucket with number 'id', or SIZE_MAX. */
size_t group_desc_find_bucket(const struct group_desc *, uint32_t id);

struct group_mod {
    uint16_t command; /* enum group_command. */
    uint32_t command_bucket_id;
    struct group_desc desc;
};

/* Appends a whole message. */
void group_mod_encode(const struct group_mod *, uint8_t version, uint32_t xid,
                      struct writer *);
/* Initializes 'gm' in any case; the caller uninits its 'desc'. */
enum ofperr group_mod_decode(const struct message *,
                             struct group_mod *) WARN_UNUSED;

/* Appends a request: statistics (any version) or, from 1.5 on and in 1.0,
 * descriptions of the group 'id' or GROUP_ALL. */
void group_request_encode(enum message_type, uint8_t version, uint32_t id,
                          struct writer *);
/* The group that a request is about; GROUP_ALL where it can't tell. */
uint32_t group_request_decode(const struct message *);

/* Appends an entry to a reply with descriptions. */
void group_desc_encode(const struct group_desc *, struct message_multipart *);
/* Bytes of the longest of its forms; more than 65,535 cannot be sent. */
size_t group_desc_size(const struct group_desc *);
/* Takes the next one; initializes 'desc' in any case. */
enum ofperr group_desc_decode(const struct message *, struct reader *body,
                              struct group_desc *) WARN_UNUSED;

struct bucket_stats {
    uint64_t n_packets, n_bytes; /* UINT64_MAX: unknown. */
};

struct group_stats {
    uint32_t id;
    uint32_t ref_count;
    uint64_t n_packets, n_bytes;
    uint32_t duration_sec, duration_nsec; /* UINT32_MAX: unknown. */
    VEC(struct bucket_stats) buckets;
};

void group_stats_encode(const struct group_stats *,
                        struct message_multipart *);
/* Takes the next one; initializes 'stats' in any case, whose buckets are the
 * caller's to uninit. */
enum ofperr group_stats_decode(const struct message *, struct reader *body,
                               struct group_stats *) WARN_UNUSED;

/* What groups a switch can have: OpenFlow 1.3.5 §7.3.5.11. */
struct group_features {
    uint32_t types;        /* Bits by enum group_type. */
    uint32_t capabilities; /* GROUP_CAN_*. */
    uint32_t max_groups[N_GROUP_TYPES];
    uint32_t actions[N_GROUP_TYPES]; /* Bits by enum table_action. */
};

enum {
    GROUP_CAN_SELECT_WEIGHT = 1 << 0,
    GROUP_CAN_SELECT_LIVENESS = 1 << 1,
    GROUP_CAN_CHAIN = 1 << 2,
    GROUP_CAN_CHECK_CHAINS = 1 << 3,
};

/* Appends a whole reply. */
void group_features_encode(const struct group_features *,
                           const struct message *request, struct writer *);
enum ofperr group_features_decode(const struct message *,
                                  struct group_features *) WARN_UNUSED;
