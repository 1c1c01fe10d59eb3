/* Capture files. */

#include "net/packet/pcap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/be.h"
#include "base/mem.h"
#include "net/packet/packet.h"

#define MAGIC_USEC UINT32_C(0xa1b2c3d4)
#define MAGIC_NSEC UINT32_C(0xa1b23c4d)

enum {
    MAX_FRAME = 65535 + 256,  /* Longer records are damage. */
    SLL_HEADER_LEN = 16,      /* Of PCAP_LINK_SLL. */
    SLL_PROTOCOL_OFFSET = 14, /* Ethertype in it. */
};

/* Both in the byte order of the writer, which the magic number tells. */
struct file_header {
    uint32_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    int32_t timezone;
    uint32_t precision;
    uint32_t snap_len;
    uint32_t link_type;
};

static_assert(sizeof(struct file_header) == 24, "pcap");

struct record_header {
    uint32_t seconds;
    uint32_t fraction;   /* us or ns. */
    uint32_t size;       /* Bytes that follow. */
    uint32_t frame_size; /* Bytes of the packet. */
};

static_assert(sizeof(struct record_header) == 16, "pcap");

struct pcap {
    FILE *file;
    char *name;
    uint32_t link_type;
    bool swapped; /* The other byte order. */
    bool nsec;
};

static uint32_t
pcap_u32(const struct pcap *pcap, uint32_t x)
{
    return pcap->swapped ? __builtin_bswap32(x) : x;
}

static struct error *
read_header(struct pcap *pcap)
{
    struct file_header h;
    if (fread(&h, sizeof h, 1, pcap->file) != 1) {
        return error_create("%s: failed to read pcap header: %s", pcap->name,
                            ferror(pcap->file) ? strerror(errno)
                                               : "End of file");
    }
    uint32_t swapped = __builtin_bswap32(h.magic);
    pcap->swapped = swapped == MAGIC_USEC || swapped == MAGIC_NSEC;
    uint32_t magic = pcap_u32(pcap, h.magic);
    if (magic != MAGIC_USEC && magic != MAGIC_NSEC) {
        return error_create("%s: bad magic 0x%08x reading pcap file",
                            pcap->name, h.magic);
    }
    pcap->nsec = magic == MAGIC_NSEC;
    pcap->link_type = pcap_u32(pcap, h.link_type) & 0xffff;
    if (pcap->link_type != PCAP_LINK_ETHERNET
        && pcap->link_type != PCAP_LINK_RAW
        && pcap->link_type != PCAP_LINK_SLL) {
        return error_create("%s: unsupported link type %u in pcap file",
                            pcap->name, pcap->link_type);
    }
    return NULL;
}

static struct error *
start_reading(FILE *file, const char *name, struct pcap **pcapp)
{
    struct pcap *pcap = xzalloc(sizeof *pcap);
    pcap->file = file;
    pcap->name = xstrdup(name);
    struct error *error = read_header(pcap);
    if (error) {
        pcap_close(pcap);
        pcap = NULL;
    }
    *pcapp = pcap;
    return error;
}

struct error *
pcap_open(const char *path, struct pcap **pcapp)
{
    *pcapp = NULL;
    FILE *file = !strcmp(path, "-") ? stdin : fopen(path, "rb");
    if (!file) {
        return error_create_errno(errno,
                                  "%s: failed to open pcap file for "
                                  "reading",
                                  path);
    }
    return start_reading(file, path, pcapp);
}

struct error *
pcap_open_memory(const void *data, size_t size, struct pcap **pcapp)
{
    *pcapp = NULL;
    FILE *file = fmemopen((void *) (uintptr_t) data, MAX(size, 1), "rb");
    if (!file) {
        return error_create_errno(errno, "memory");
    }
    return start_reading(file, "memory", pcapp);
}

static int
write_header(FILE *file)
{
    const struct file_header h = {
        .magic = MAGIC_USEC,
        .version_major = 2,
        .version_minor = 4,
        .snap_len = 1518,
        .link_type = PCAP_LINK_ETHERNET,
    };
    errno = 0;
    return fwrite(&h, sizeof h, 1, file) == 1 && !fflush(file) ? 0
           : errno                                             ? errno
                                                               : EIO;
}

static struct error *
start_writing(FILE *file, const char *path, bool header, struct pcap **pcapp)
{
    int error = header ? write_header(file) : 0;
    if (error) {
        fclose(file);
        return error_create_errno(error, "%s: failed to write pcap header",
                                  path);
    }
    struct pcap *pcap = xzalloc(sizeof *pcap);
    pcap->file = file;
    pcap->name = xstrdup(path);
    pcap->link_type = PCAP_LINK_ETHERNET;
    *pcapp = pcap;
    return NULL;
}

struct error *
pcap_create(const char *path, struct pcap **pcapp)
{
    *pcapp = NULL;
    FILE *file = !strcmp(path, "-") ? stdout : fopen(path, "wb");
    if (!file) {
        return error_create_errno(errno,
                                  "%s: failed to open pcap file for "
                                  "writing",
                                  path);
    }
    return start_writing(file, path, true, pcapp);
}

struct error *
pcap_append(const char *path, struct pcap **pcapp)
{
    *pcapp = NULL;
    FILE *file = fopen(path, "ab");
    if (!file) {
        return error_create_errno(errno,
                                  "%s: failed to open pcap file for "
                                  "appending",
                                  path);
    }
    bool empty = !fseek(file, 0, SEEK_END) && ftell(file) == 0;
    return start_writing(file, path, empty, pcapp);
}

void
pcap_close(struct pcap *pcap)
{
    if (!pcap) {
        return;
    }
    if (pcap->file == stdout) {
        fflush(stdout);
    } else if (pcap->file != stdin) {
        fclose(pcap->file);
    }
    free(pcap->name);
    free(pcap);
}

/* Makes the packet what its link type says: raw IP and cooked captures are
 * Ethernet frames with addresses of zeros. */
static bool
add_link_header(const struct pcap *pcap, struct packet *p)
{
    static const struct eth_addr none;
    if (pcap->link_type == PCAP_LINK_ETHERNET) {
        return true;
    }
    be16 type;
    if (pcap->link_type == PCAP_LINK_SLL) {
        if (p->size < SLL_HEADER_LEN) {
            return false;
        }
        memcpy(&type, p->data + SLL_PROTOCOL_OFFSET, 2);
        packet_pull(p, SLL_HEADER_LEN);
    } else {
        bool ipv6 = p->size && p->data[0] >> 4 == 6;
        type = ipv6 ? BE16_CONST(0x86dd) : BE16_CONST(0x0800);
    }
    packet_push_eth(p, none, none, type);
    return true;
}

struct error *
pcap_read(struct pcap *pcap, struct packet **packetp, uint64_t *time_nsp)
{
    struct record_header h;
    *packetp = NULL;
    if (time_nsp) {
        *time_nsp = 0;
    }
    size_t n = fread(&h, 1, sizeof h, pcap->file);
    if (n != sizeof h) {
        if (ferror(pcap->file)) {
            return error_create_errno(errno,
                                      "%s: failed to read pcap record "
                                      "header",
                                      pcap->name);
        }
        return n ? error_create("%s: unexpected end of file reading pcap "
                                "record header",
                                pcap->name)
                 : NULL;
    }
    uint32_t size = pcap_u32(pcap, h.size);
    if (size > MAX_FRAME) {
        return error_create("%s: bad size %u in pcap record header",
                            pcap->name, size);
    }
    struct packet *p = packet_create(size);
    if (fread(packet_put(p, size), 1, size, pcap->file) != size
        || !add_link_header(pcap, p)) {
        packet_free(p);
        return error_create("%s: unexpected end of file reading pcap record",
                            pcap->name);
    }
    if (time_nsp) {
        *time_nsp =
            pcap_u32(pcap, h.seconds) * UINT64_C(1000000000)
            + pcap_u32(pcap, h.fraction) * (uint64_t) (pcap->nsec ? 1 : 1000);
    }
    *packetp = p;
    return NULL;
}

int
pcap_write(struct pcap *pcap, const struct packet *p, uint64_t time_ns)
{
    const struct record_header h = {
        .seconds = time_ns / 1000000000,
        .fraction = time_ns % 1000000000 / 1000,
        .size = p->size,
        .frame_size = p->size,
    };
    errno = 0;
    if (fwrite(&h, sizeof h, 1, pcap->file) != 1
        || fwrite(p->data, 1, p->size, pcap->file) != p->size
        || fflush(pcap->file)) {
        return errno ? errno : EIO;
    }
    return 0;
}
