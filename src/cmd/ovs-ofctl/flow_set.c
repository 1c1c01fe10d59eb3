/* replace-flows, diff-flows: two sets of flows, from switches or files. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/be.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/flow_text.h"
#include "sys/process/program.h"

enum { N_SETS = 2 };

/* What makes two flows with the same match and priority differ. */
struct version {
    bool present;
    be64 cookie;
    uint16_t idle_timeout, hard_timeout, importance, flags;
    struct actions actions;
};

/* A flow that is in one of the sets or both. */
struct entry {
    struct hmap_node node; /* In flow_set.entries. */
    size_t index;          /* Order of appearance. */
    uint8_t table_id;
    uint16_t priority;
    struct match match;
    struct version versions[N_SETS];
};

struct flow_set {
    struct hmap entries;
    VEC(struct entry *) order;
    unsigned int usable; /* By flows of files. */
};

static struct version *
add_flow(struct flow_set *set, uint8_t table_id, uint16_t priority,
         const struct match *match, int which)
{
    uint32_t hash = match_hash(match, table_id << 16 | priority);
    struct entry *e;
    HMAP_FOR_EACH_WITH_HASH (e, node, hash, &set->entries) {
        if (e->table_id == table_id && e->priority == priority
            && match_equal(&e->match, match)) {
            return &e->versions[which];
        }
    }
    e = xzalloc(sizeof *e);
    e->table_id = table_id;
    e->priority = priority;
    e->match = *match;
    e->index = set->order.n;
    hmap_add(&set->entries, &e->node, hash);
    vec_push(&set->order, e);
    return &e->versions[which];
}

static void
set_version(struct version *v, be64 cookie, struct actions *actions)
{
    actions_uninit(&v->actions);
    v->present = true;
    v->cookie = cookie;
    v->actions = *actions; /* Moves. */
    actions_init(actions);
}

static void
read_file(struct ofctl *ofctl, const char *name, int which,
          struct flow_set *set)
{
    flow_mod_vec mods = VEC_INITIALIZER;
    unsigned int usable;
    ofctl_parse_flow_file(ofctl, name, FLOW_MOD_ADD, &mods, &usable);
    set->usable &= usable;
    struct flow_mod *fm;
    VEC_FOR_EACH (fm, &mods) {
        uint8_t table_id = fm->table_id == 255 ? 0 : fm->table_id;
        struct version *v = add_flow(set, table_id, (uint16_t) fm->priority,
                                     &fm->match, which);
        set_version(v, fm->new_cookie, &fm->actions);
        v->idle_timeout = fm->idle_timeout;
        v->hard_timeout = fm->hard_timeout;
        v->importance = fm->importance;
        v->flags = fm->flags;
        flow_mod_uninit(fm);
    }
    vec_uninit(&mods);
}

static void
read_switch(struct vconn *v, enum flow_protocol protocol, int which,
            struct flow_set *set)
{
    struct flow_stats_request request = { .table_id = 255,
                                          .out_port = OFPP_NONE,
                                          .out_group = UINT32_MAX };
    match_init_any(&request.match);
    struct writer w = WRITER_INITIALIZER;
    uint32_t xid = message_next_xid();
    flow_stats_request_encode(&request, protocol, xid, &w);
    int error = vconn_send_block(v, &w);
    writer_uninit(&w);
    if (error) {
        ofctl_fail_io(v, error);
    }
    flow_stats_vec flows = VEC_INITIALIZER;
    ofctl_read_flows(v, xid, &flows);
    struct flow_stats *fs;
    VEC_FOR_EACH (fs, &flows) {
        struct version *version =
            add_flow(set, fs->table_id, fs->priority, &fs->match, which);
        set_version(version, fs->cookie, &fs->actions);
        version->idle_timeout = fs->idle_timeout;
        version->hard_timeout = fs->hard_timeout;
        version->importance = fs->importance;
        /* Flags come only with later versions, and some are implied. */
        flow_stats_uninit(fs);
    }
    vec_uninit(&flows);
}

static bool
version_equal(const struct version *a, const struct version *b)
{
    return a->present == b->present
           && (!a->present
               || (a->cookie == b->cookie && a->idle_timeout == b->idle_timeout
                   && a->hard_timeout == b->hard_timeout
                   && a->importance == b->importance
                   && actions_equal(&a->actions, &b->actions)));
}

/* By table, then falling priority, then as they came. */
static int
compare_entries(const void *a_, const void *b_)
{
    const struct entry *a = *(struct entry *const *) a_;
    const struct entry *b = *(struct entry *const *) b_;
    if (a->table_id != b->table_id) {
        return a->table_id < b->table_id ? -1 : 1;
    }
    if (a->priority != b->priority) {
        return a->priority > b->priority ? -1 : 1;
    }
    return a->index < b->index ? -1 : 1;
}

static void
set_init(struct flow_set *set)
{
    memset(set, 0, sizeof *set);
    hmap_init(&set->entries);
    set->usable = UINT32_MAX;
}

static void
set_sort(struct flow_set *set)
{
    if (set->order.n) {
        qsort(set->order.items, set->order.n, sizeof *set->order.items,
              compare_entries);
    }
}

static void
set_uninit(struct flow_set *set)
{
    struct entry **ep;
    VEC_FOR_EACH (ep, &set->order) {
        for (int i = 0; i < N_SETS; i++) {
            actions_uninit(&(*ep)->versions[i].actions);
        }
        free(*ep);
    }
    vec_uninit(&set->order);
    hmap_uninit(&set->entries);
}

/* diff-flows. */

static void
print_version(const struct ofctl *ofctl, char sign, const struct entry *e,
              const struct version *v)
{
    struct str s = STR_INITIALIZER;
    str_put_char(&s, sign);
    const char *table = port_names_find(ofctl->shown.tables, e->table_id);
    if (e->table_id && table) {
        str_putf(&s, "table=%s ", table);
    } else if (e->table_id) {
        str_putf(&s, "table=%u ", e->table_id);
    }
    match_format(&e->match, e->priority, ofctl->shown.ports, &s);
    if (v->cookie) {
        str_putf(&s, " cookie=0x%" PRIx64, be64_to_host(v->cookie));
    }
    if (v->idle_timeout) {
        str_putf(&s, " idle_timeout=%u", v->idle_timeout);
    }
    if (v->hard_timeout) {
        str_putf(&s, " hard_timeout=%u", v->hard_timeout);
    }
    if (v->importance) {
        str_putf(&s, " importance=%u", v->importance);
    }
    str_put(&s, " actions=");
    actions_format(&v->actions, &ofctl->shown, &s);
    puts(str_text(&s));
    str_uninit(&s);
}

/* Whether a source of flows is a file rather than a switch. */
static bool
is_flow_file(const char *name)
{
    struct stat s;
    return !strcmp(name, "-")
           || (!stat(name, &s) && !S_ISSOCK(s.st_mode) && name[0] == '/')
           || (!strchr(name, ':') && !stat(name, &s) && S_ISREG(s.st_mode));
}

void
ofctl_diff_flows(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct flow_set set;
    set_init(&set);
    for (int i = 0; i < N_SETS; i++) {
        if (!is_flow_file(argv[i]) && ofctl_prints_names(ofctl)) {
            ofctl_fetch_ports(ofctl, argv[i]);
            ofctl_fetch_tables(ofctl, argv[i]);
        }
    }
    for (int i = 0; i < N_SETS; i++) {
        if (is_flow_file(argv[i])) {
            read_file(ofctl, argv[i], i, &set);
        } else {
            enum flow_protocol protocol;
            struct vconn *v =
                ofctl_open_for_dump(ofctl, argv[i], UINT32_MAX, &protocol);
            read_switch(v, protocol, i, &set);
            vconn_close(v);
        }
    }
    set_sort(&set);
    bool differ = false;
    struct entry **ep;
    VEC_FOR_EACH (ep, &set.order) {
        const struct version *versions = (*ep)->versions;
        if (version_equal(&versions[0], &versions[1])) {
            continue;
        }
        differ = true;
        for (int i = 0; i < N_SETS; i++) {
            if (versions[i].present) {
                print_version(ofctl, i ? '+' : '-', *ep, &versions[i]);
            }
        }
    }
    set_uninit(&set);
    if (differ) {
        fflush(stdout);
        exit(2);
    }
}

/* replace-flows. */

enum { IN_FILE, IN_SWITCH };

static void
put_flow_mod(const struct entry *e, const struct version *v,
             enum flow_mod_command command, enum flow_protocol protocol,
             struct writer *w)
{
    struct flow_mod fm = {
        .match = e->match,
        .priority = e->priority,
        .new_cookie = v->cookie,
        .table_id = e->table_id,
        .command = (uint16_t) command,
        .idle_timeout = v->idle_timeout,
        .hard_timeout = v->hard_timeout,
        .importance = v->importance,
        .flags = v->flags,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
    };
    if (command == FLOW_MOD_ADD) {
        fm.actions = v->actions; /* Borrowed: not uninitialized here. */
    } else {
        fm.new_cookie = UINT64_MAX;
        fm.flags = 0;
    }
    bool has_table =
        protocol != FLOW_PROTOCOL_OF10 && protocol != FLOW_PROTOCOL_NXM;
    if (!has_table) {
        fm.table_id = 255;
    }
    flow_mod_encode(&fm, protocol, message_next_xid(), w);
}

/* The same protocol for reading and writing: with table ids if need be. */
static unsigned int
usable_for_replacing(const struct flow_set *set)
{
    return set->usable
           & ~(1u << FLOW_PROTOCOL_OF10 | 1u << FLOW_PROTOCOL_OF10_TID
               | 1u << FLOW_PROTOCOL_NXM);
}

void
ofctl_replace_flows(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct flow_set set;
    set_init(&set);
    ofctl_fetch_ports(ofctl, argv[0]);
    ofctl_fetch_tables(ofctl, argv[0]);
    read_file(ofctl, argv[1], IN_FILE, &set);
    enum flow_protocol protocol;
    struct vconn *v = ofctl_open_for_flow_mod(
        ofctl, argv[0], usable_for_replacing(&set), &protocol);
    read_switch(v, protocol, IN_SWITCH, &set);
    struct writer w = WRITER_INITIALIZER;
    struct entry **ep;
    VEC_FOR_EACH (ep, &set.order) {
        const struct version *versions = (*ep)->versions;
        if (versions[IN_SWITCH].present && !versions[IN_FILE].present) {
            put_flow_mod(*ep, &versions[IN_SWITCH], FLOW_MOD_DELETE_STRICT,
                         protocol, &w);
        }
    }
    VEC_FOR_EACH (ep, &set.order) {
        const struct version *versions = (*ep)->versions;
        if (versions[IN_FILE].present
            && (ofctl->readd
                || !version_equal(&versions[IN_FILE], &versions[IN_SWITCH]))) {
            put_flow_mod(*ep, &versions[IN_FILE], FLOW_MOD_ADD, protocol, &w);
        }
    }
    if (w.size) {
        ofctl_send_checked(v, &w);
    }
    writer_uninit(&w);
    set_uninit(&set);
    vconn_close(v);
}
