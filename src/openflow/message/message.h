/* OpenFlow messages: what they are, their names, their frames.
 *
 * A raw type is one layout, a row of message.def; a type is what it means,
 * whatever the version. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/reader.h"
#include "base/str.h"
#include "base/writer.h"
#include "openflow/wire/ofperr.h"
#include "openflow/wire/version.h"

enum {
    MESSAGE_HEADER_SIZE = 8, /* version u8, type u8, length be16, xid be32. */
    MESSAGE_MAX_SIZE = 65535,
};

/* MSG_RAW_OFPT_HELLO, MSG_RAW_OFPT10_PACKET_IN, ... */
enum message_raw {

#define MESSAGE(RAW, NAME, TYPE, KIND, V0, V1, T10, T, STAT, SUB, MIN, MUL) \
    MSG_RAW_##RAW,
#include "openflow/message/message.def"
#undef MESSAGE
    N_MESSAGE_RAWS
};

/* MSG_HELLO, MSG_FLOW_STATS_REQUEST, ... */
enum message_type {

#define TYPE(NAME) MSG_##NAME,
#include "openflow/message/types.def"
#undef TYPE
    N_MESSAGE_TYPES
};

/* A whole message whose headers were looked at. */
struct message {
    enum message_raw raw;
    enum message_type type;
    uint8_t version;
    uint32_t xid;
    bool more;           /* Multipart: not the last part. */
    uint16_t flags;      /* Multipart: all flags. */
    const uint8_t *data; /* From the header on; borrowed. */
    size_t size;
    const uint8_t *body; /* After all headers. */
    size_t body_size;
};

/* Looks at a whole message.  Lengths that its row forbids are
 * OFPERR_OFPBRC_BAD_LEN. */
enum ofperr message_decode(const void *data, size_t size,
                           struct message *) WARN_UNUSED;
/* "OFPST_FLOW request". */
const char *message_raw_name(enum message_raw);
/* Whether a reply to a multipart request. */
bool message_is_multipart_reply(const struct message *);

/* Appends all headers of a message; the body follows, then
 * message_finish(). 'start' for that is the writer's size before. */
void message_begin(struct writer *, enum message_raw, uint8_t version,
                   uint32_t xid);
/* Sets the length field of the message that begins at 'start'. */
void message_finish(struct writer *, size_t start);
/* The raw type for 'type' that is standard in 'version', else the extension's;
 * N_MESSAGE_RAWS if there is none. */
enum message_raw message_raw_for(enum message_type, uint8_t version);
/* A message without body, of message_raw_for(). */
void message_put_simple(struct writer *, enum message_type, uint8_t version,
                        uint32_t xid);
/* A request whose body is the number of what it is about, and 4 zeros. */
void message_put_about(struct writer *, enum message_type, uint8_t version,
                       uint32_t number);
/* Fresh transaction ids; any thread. */
uint32_t message_next_xid(void);

/* A multipart reply that splits into messages of at most 64 kB: after each
 * entry is appended the caller calls message_multipart_next() with the offset
 * where the entry began. */
struct message_multipart {
    struct writer *w;
    enum message_raw raw;
    uint8_t version;
    uint32_t xid;
    size_t start; /* Of the message being filled. */
};

void message_multipart_begin(struct message_multipart *, struct writer *,
                             enum message_raw, uint8_t version, uint32_t xid);
void message_multipart_next(struct message_multipart *, size_t entry_start);
void message_multipart_end(struct message_multipart *);
/* The reply's raw type for a request. */
enum message_raw message_reply_raw(const struct message *request);
