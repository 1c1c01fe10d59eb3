/* Sets of named bits as text. */

#include "net/flow/flags.h"

#include <string.h>

#include "base/mem.h"
#include "base/scan.h"

static const char *const tcp_names[] = { "fin", "syn",   "rst",   "psh",
                                         "ack", "urg",   "ece",   "cwr",
                                         "ns",  "[200]", "[400]", "[800]" };
static const char *const ct_names[] = { "new", "est", "rel",  "rpl",
                                        "inv", "trk", "snat", "dnat" };
static const char *const tunnel_names[] = { "oam", "df", "csum", "key" };

const struct flag_names flag_names_tcp = { "TCP", 0xfff, tcp_names,
                                           ARRAY_SIZE(tcp_names) };
const struct flag_names flag_names_ct_state = { "ct_state", 0xff, ct_names,
                                                ARRAY_SIZE(ct_names) };
const struct flag_names flag_names_tunnel = { "tunnel", 1, tunnel_names,
                                              ARRAY_SIZE(tunnel_names) };

/* The bit that 'len' characters at 'name' name, 0 if none. */
static uint32_t
find_flag(const struct flag_names *f, const char *name, size_t len)
{
    for (unsigned i = 0; i < f->n_names; i++) {
        if (f->allowed & (1u << i) && strlen(f->names[i]) == len
            && !memcmp(f->names[i], name, len)) {
            return 1u << i;
        }
    }
    return 0;
}

static struct error *
unknown(const struct flag_names *f, const char *text, size_t len)
{
    return error_create("%.*s: unknown %s flag(s)", (int) len, text, f->kind);
}

/* "+syn-ack". */
static struct error *
parse_signed(const struct flag_names *f, const char *s, uint32_t *flagsp,
             uint32_t *maskp)
{
    uint32_t flags = 0, mask = 0;
    while (*s) {
        bool set = *s == '+';
        if (!set && *s != '-') {
            return error_create("%s: %s flag must be preceded by either '+' "
                                "(for SET) or '-' (NOT SET)",
                                s, f->kind);
        }
        size_t len = strcspn(++s, "+-");
        uint32_t bit = find_flag(f, s, len);
        if (!bit) {
            return unknown(f, s, len);
        }
        if (mask & bit) {
            return error_create(
                "%.*s: Each %s flag can be specified only once", (int) len, s,
                f->kind);
        }
        flags |= set ? bit : 0;
        mask |= bit;
        s += len;
    }
    *flagsp = flags;
    *maskp = mask;
    return NULL;
}

/* "0x12" or "0x12/0xff". */
static bool
parse_number(const struct flag_names *f, const char *text, uint32_t *flagsp,
             uint32_t *maskp)
{
    const char *slash = strchr(text, '/');
    char *first CLEANUP(free_ptr) =
        xmemdup0(text, slash ? (size_t) (slash - text) : strlen(text));
    uint32_t flags, mask = f->allowed;
    if (!scan_u32(first, 0, &flags)
        || (slash && !scan_u32(slash + 1, 0, &mask))
        || (flags & ~f->allowed)) {
        return false;
    }
    *maskp = mask & f->allowed;
    *flagsp = flags & *maskp;
    return true;
}

struct error *
flags_parse(const struct flag_names *f, const char *text, uint32_t *flagsp,
            uint32_t *maskp)
{
    *flagsp = *maskp = 0;
    if (*text == '+' || *text == '-') {
        return parse_signed(f, text, flagsp, maskp);
    }
    if (parse_number(f, text, flagsp, maskp)) {
        return NULL;
    }
    uint32_t flags = 0;
    for (const char *s = text; *s;) {
        size_t len = strcspn(s, "|");
        uint32_t bit = find_flag(f, s, len);
        if (!bit) {
            return unknown(f, text, strlen(text));
        }
        flags |= bit;
        s += len + (s[len] == '|');
    }
    *flagsp = flags;
    *maskp = f->allowed;
    return NULL;
}

void
flags_format(const struct flag_names *f, uint32_t flags, struct str *s)
{
    if (!flags) {
        str_put_char(s, '0');
        return;
    }
    bool first = true;
    for (unsigned i = 0; i < f->n_names; i++) {
        if (flags & (1u << i)) {
            if (!first) {
                str_put_char(s, '|');
            }
            str_put(s, f->names[i]);
            flags &= ~(1u << i);
            first = false;
        }
    }
    if (flags) {
        str_putf(s, "%s0x%x", first ? "" : "|", flags);
    }
}

void
flags_format_masked(const struct flag_names *f, uint32_t flags, uint32_t mask,
                    struct str *s)
{
    for (unsigned i = 0; i < f->n_names; i++) {
        if (mask & (1u << i)) {
            str_put_char(s, flags & (1u << i) ? '+' : '-');
            str_put(s, f->names[i]);
        }
    }
}
