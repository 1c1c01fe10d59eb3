/* OpenFlow port numbers as text. */

#include "net/flow/ofp_port.h"

#include <ctype.h>
#include <strings.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/scan.h"
#include "sys/log/log.h"

LOG_MODULE(ofp_port);

struct number_node {
    struct hmap_node node; /* By hash of 'port'. */
    uint32_t port;
    const char *name; /* The key in 'by_name'; NULL if forgotten. */
};

static const struct {
    const char *name;
    uint32_t port;
} reserved[] = {
    { "IN_PORT", OFPP_IN_PORT }, { "TABLE", OFPP_TABLE },
    { "NORMAL", OFPP_NORMAL },   { "FLOOD", OFPP_FLOOD },
    { "ALL", OFPP_ALL },         { "CONTROLLER", OFPP_CONTROLLER },
    { "LOCAL", OFPP_LOCAL },     { "ANY", OFPP_NONE },
    { "UNSET", OFPP_UNSET },     { "NONE", OFPP_NONE },
};

void
port_names_init(struct port_names *names)
{
    strmap_init(&names->by_name);
    hmap_init(&names->by_number);
}

void
port_names_uninit(struct port_names *names)
{
    struct number_node *n, *next;
    HMAP_FOR_EACH_SAFE (n, next, node, &names->by_number) {
        hmap_remove(&names->by_number, &n->node);
        free(n);
    }
    hmap_uninit(&names->by_number);
    strmap_uninit(&names->by_name);
}

static struct number_node *
find_number(const struct port_names *names, uint32_t port)
{
    struct number_node *n;
    uint32_t hash = hash_u32(port, 0);
    HMAP_FOR_EACH_WITH_HASH (n, node, hash, &names->by_number) {
        if (n->port == port) {
            return n;
        }
    }
    return NULL;
}

/* What 'by_name' holds for a name that several ports have. */
#define AMBIGUOUS ((void *) (uintptr_t) UINT64_MAX)

void
port_names_add(struct port_names *names, uint32_t port, const char *name)
{
    struct strmap_node *found = strmap_find(&names->by_name, name);
    struct number_node *n = find_number(names, port);
    if (found && found->data != (void *) (uintptr_t) port) {
        if (found->data != AMBIGUOUS) {
            struct number_node *other =
                find_number(names, (uintptr_t) found->data);
            if (other) {
                other->name = NULL;
            }
            found->data = AMBIGUOUS;
        }
    } else if (!found) {
        found = strmap_add(&names->by_name, name, (void *) (uintptr_t) port);
    }
    if (!n) {
        n = xzalloc(sizeof *n);
        n->port = port;
        hmap_add(&names->by_number, &n->node, hash_u32(port, 0));
    }
    n->name = found->data == AMBIGUOUS ? NULL : found->name;
}

const char *
port_names_find(const struct port_names *names, uint32_t port)
{
    struct number_node *n = names ? find_number(names, port) : NULL;
    return n ? n->name : NULL;
}

bool
port_names_lookup(const struct port_names *names, const char *name,
                  uint32_t *portp)
{
    struct strmap_node *n = names ? strmap_find(&names->by_name, name) : NULL;
    bool found = n && n->data != AMBIGUOUS;
    *portp = found ? (uintptr_t) n->data : 0;
    return found;
}

/* Undoes JSON-style quotes; NULL if 's' is not so quoted. */
static char *
unquote(const char *s)
{
    size_t len = strlen(s);
    if (len < 2 || s[0] != '"' || s[len - 1] != '"') {
        return NULL;
    }
    char *out = xmalloc(len), *p = out;
    for (size_t i = 1; i < len - 1; i++) {
        if (s[i] == '\\' && i + 1 < len - 1) {
            i++;
        }
        *p++ = s[i];
    }
    *p = '\0';
    return out;
}

/* A number that is reserved in OpenFlow 1.0 and means another port. */
static void
warn_of10(uint32_t of10, uint32_t port)
{
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (reserved[i].port == port) {
            log_warn("referring to port %s as %u is deprecated for "
                     "compatibility with OpenFlow 1.1 and later",
                     reserved[i].name, of10);
            return;
        }
    }
    log_warn("port %u is a reserved OF1.0 port number that will be "
             "translated to %u when talking to an OF1.1 or later controller",
             of10, port);
}

bool
ofp_port_parse(const char *s, const struct port_names *names, uint32_t *portp)
{
    uint32_t port;
    *portp = 0;
    if (scan_u32(s, 10, &port)) {
        if (port < OFPP10_MAX) {
            *portp = port;
            return true;
        }
        if (port <= UINT16_MAX) {
            *portp = ofp_port_from_of10(port);
            warn_of10(port, *portp);
            return true;
        }
        if (port >= OFPP_MAX) {
            *portp = port;
            return true;
        }
        log_warn("port %u is outside the supported range 0 through %x or "
                 "0x%x through 0xffffffff",
                 port, UINT16_MAX, OFPP_MAX);
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (!strcasecmp(s, reserved[i].name)) {
            *portp = reserved[i].port;
            return true;
        }
    }
    char *name CLEANUP(free_ptr) = unquote(s);
    return port_names_lookup(names, name ? name : s, portp);
}

/* Names of letters and digits that begin with a letter need no quotes. */
static bool
is_word(const char *s)
{
    if (!isalpha((unsigned char) *s)) {
        return false;
    }
    while (isalnum((unsigned char) *s)) {
        s++;
    }
    return !*s;
}

void
ofp_port_format(uint32_t port, const struct port_names *names, struct str *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (reserved[i].port == port) {
            str_put(s, reserved[i].name);
            return;
        }
    }
    const char *name = port_names_find(names, port);
    if (!name) {
        str_put_u64(s, port < OFPP_MAX ? port : ofp_port_to_of10(port));
    } else if (is_word(name)) {
        str_put(s, name);
    } else {
        str_put_char(s, '"');
        for (; *name; name++) {
            if (*name == '"' || *name == '\\') {
                str_put_char(s, '\\');
            }
            str_put_char(s, *name);
        }
        str_put_char(s, '"');
    }
}

uint32_t
ofp_port_from_of10(uint16_t of10)
{
    return of10 < OFPP10_MAX ? of10 : of10 + (OFPP_MAX - OFPP10_MAX);
}

uint16_t
ofp_port_to_of10(uint32_t port)
{
    return port < OFPP10_MAX  ? port
           : port >= OFPP_MAX ? port - (OFPP_MAX - OFPP10_MAX)
                              : UINT16_MAX;
}
