/* Hello: the versions that a side offers.  OpenFlow 1.3.5 §7.5.1. */

#include "openflow/message/switch.h"

/* Kinds of elements. */
enum { HELLO_VERSION_BITMAP = 1 };

/* OpenFlow 1.3.5 §6.3.1: without a bitmap all versions up to the header's are
 * meant. */
static bool
needs_bitmap(uint32_t versions)
{
    uint32_t from_first = versions >> OF10_VERSION;
    return (from_first & (from_first + 1)) != 0;
}

void
hello_encode(uint32_t versions, struct writer *w)
{
    size_t start = w->size;
    message_begin(w, MSG_RAW_OFPT_HELLO, version_set_highest(versions),
                  message_next_xid());
    if (needs_bitmap(versions)) {
        writer_u16(w, HELLO_VERSION_BITMAP);
        writer_u16(w, 8); /* Without padding. */
        writer_u32(w, versions);
    }
    message_finish(w, start);
}

/* Takes one element; '*versionsp' becomes not 0 by a bitmap. */
static bool
decode_element(struct reader *r, uint32_t *versionsp)
{
    uint16_t type = reader_u16(r);
    uint16_t size = reader_u16(r);
    if (r->failed || size < 4) {
        return false;
    }
    struct reader body = reader_sub(r, size - 4u);
    reader_skip(r, MIN((8 - size % 8u) % 8u, r->left));
    if (type == HELLO_VERSION_BITMAP) {
        if (body.left < 4) {
            return false;
        }
        /* Only the first word: versions from 32 on do not exist. */
        *versionsp = reader_u32(&body);
    }
    return !r->failed;
}

bool
hello_decode(const struct message *m, uint32_t *versionsp)
{
    uint32_t bitmap = 0;
    struct reader r = reader_init(m->body, m->body_size);
    bool ok = true;
    while (r.left && ok) {
        ok = decode_element(&r, &bitmap);
    }
    /* Bit 0 means nothing. */
    bitmap &= ~1u;
    if (bitmap) {
        *versionsp = bitmap;
    } else {
        unsigned int version = MIN(m->version, 31);
        *versionsp = version ? (uint32_t) ((2ull << version) - 2) : 0;
    }
    return *versionsp & OF_VERSIONS_ALL;
}
