/* Commands about the Ethernet addresses of logical switches: which tunnel end
 * points, here called locators, frames to an address go to. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/vtep-ctl/vtep.h"

/* The tables of addresses that the gateway learned, or that its controller
 * knows. */
struct side {
    const char *name;
    size_t ucast;
    size_t mcast;
};

static const struct side *
get_side(const struct ctl_context *c)
{
    static const struct side local = { "local", VTEP_TABLE_UCAST_MACS_LOCAL,
                                       VTEP_TABLE_MCAST_MACS_LOCAL };
    static const struct side remote = { "remote", VTEP_TABLE_UCAST_MACS_REMOTE,
                                        VTEP_TABLE_MCAST_MACS_REMOTE };
    return strstr(c->argv[0], "remote") ? &remote : &local;
}

static void
need_macs(struct ctl_context *c)
{
    const struct side *side = get_side(c);
    ctl_need(c, VTEP_TABLE_LOGICAL_SWITCH, "name");
    ctl_need(c, side->ucast, "MAC");
    ctl_need(c, side->ucast, "logical_switch");
    ctl_need(c, side->ucast, "locator");
    ctl_need(c, side->mcast, "MAC");
    ctl_need(c, side->mcast, "logical_switch");
    ctl_need(c, side->mcast, "locator_set");
    ctl_need(c, VTEP_TABLE_PHYSICAL_LOCATOR_SET, "locators");
    ctl_need(c, VTEP_TABLE_PHYSICAL_LOCATOR, "encapsulation_type");
    ctl_need(c, VTEP_TABLE_PHYSICAL_LOCATOR, "dst_ip");
}

/* Rows. */

static struct idl_row *
find_mac(struct ctl_context *c, size_t table, const struct idl_row *ls,
         const char *mac)
{
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, table)
    {
        if (ctl_read_row(row, "logical_switch", 0) == ls
            && !strcmp(ctl_read_string(row, "MAC"), mac)) {
            return row;
        }
    }
    return NULL;
}

static struct idl_row *
insert_mac(struct ctl_context *c, size_t table, const struct idl_row *ls,
           const char *mac)
{
    struct idl_row *row = vtep_insert(c, table);
    ctl_write_string(row, "MAC", mac);
    ctl_add_ref(row, "logical_switch", ls);
    return row;
}

/* The locator of the arguments [ENCAP] IP after LS MAC, or NULL. */
static struct idl_row *
find_locator(struct ctl_context *c, const char **encapp, const char **ipp)
{
    *encapp = c->argc == 5 ? c->argv[3] : "vxlan_over_ipv4";
    *ipp = c->argv[c->argc - 1];
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, VTEP_TABLE_PHYSICAL_LOCATOR)
    {
        if (!strcmp(ctl_read_string(row, "encapsulation_type"), *encapp)
            && !strcmp(ctl_read_string(row, "dst_ip"), *ipp)) {
            return row;
        }
    }
    return NULL;
}

static struct idl_row *
get_locator(struct ctl_context *c)
{
    const char *encap, *ip;
    struct idl_row *locator = find_locator(c, &encap, &ip);
    if (!locator) {
        locator = vtep_insert(c, VTEP_TABLE_PHYSICAL_LOCATOR);
        ctl_write_string(locator, "encapsulation_type", encap);
        ctl_write_string(locator, "dst_ip", ip);
    }
    return locator;
}

static void
write_ref(struct idl_row *row, const char *column, const struct idl_row *to)
{
    struct datum d;
    datum_init_uuid(&d, &to->uuid);
    ctl_write(row, column, &d);
}

/* Unicast. */

static void
run_add_ucast(struct ctl_context *c)
{
    size_t table = get_side(c)->ucast;
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    struct idl_row *locator = get_locator(c);
    struct idl_row *row = find_mac(c, table, ls, c->argv[2]);
    if (!row) {
        row = insert_mac(c, table, ls, c->argv[2]);
    }
    write_ref(row, "locator", locator);
}

static void
run_del_ucast(struct ctl_context *c)
{
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    struct idl_row *row = find_mac(c, get_side(c)->ucast, ls, c->argv[2]);
    if (row) {
        idl_txn_delete(row);
    }
}

/* Multicast.  Sets of locators cannot be changed: every change makes a new
 * one, and the server forgets the old one. */

static bool
has_locator(const struct idl_row *set, const struct idl_row *locator)
{
    const struct idl_row *other;
    VTEP_FOR_EACH_REF(other, set, "locators")
    {
        if (other == locator) {
            return true;
        }
    }
    return false;
}

/* A new set with the locators of 'old', which may be NULL. */
static struct idl_row *
clone_set(struct ctl_context *c, const struct idl_row *old)
{
    struct idl_row *set = vtep_insert(c, VTEP_TABLE_PHYSICAL_LOCATOR_SET);
    if (old) {
        struct datum locators;
        datum_clone(&locators, ctl_read(old, "locators"));
        ctl_write(set, "locators", &locators);
    }
    return set;
}

static void
run_add_mcast(struct ctl_context *c)
{
    size_t table = get_side(c)->mcast;
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    struct idl_row *locator = get_locator(c);
    struct idl_row *row = find_mac(c, table, ls, c->argv[2]);
    struct idl_row *old = row ? ctl_read_row(row, "locator_set", 0) : NULL;
    if (old && has_locator(old, locator)) {
        return;
    }
    if (!row) {
        row = insert_mac(c, table, ls, c->argv[2]);
    } else {
        ctl_verify(row, "locator_set");
    }
    struct idl_row *set = clone_set(c, old);
    ctl_add_ref(set, "locators", locator);
    write_ref(row, "locator_set", set);
}

static void
run_del_mcast(struct ctl_context *c)
{
    const char *encap, *ip;
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    struct idl_row *row = find_mac(c, get_side(c)->mcast, ls, c->argv[2]);
    struct idl_row *locator = find_locator(c, &encap, &ip);
    struct idl_row *old = row ? ctl_read_row(row, "locator_set", 0) : NULL;
    if (!old || !locator || !has_locator(old, locator)) {
        return;
    }
    ctl_verify(row, "locator_set");
    if (ctl_read(old, "locators")->n == 1) {
        idl_txn_delete(row);
        return;
    }
    struct idl_row *set = clone_set(c, old);
    ctl_remove_ref(set, "locators", locator);
    write_ref(row, "locator_set", set);
}

/* Both. */

static void
clear_table(struct ctl_context *c, size_t table, const struct idl_row *ls)
{
    struct idl_row *next;
    for (struct idl_row *row = idl_first(c->idl, table); row; row = next) {
        next = idl_next(row);
        if (ctl_read_row(row, "logical_switch", 0) == ls) {
            idl_txn_delete(row);
        }
    }
}

static void
run_clear_macs(struct ctl_context *c)
{
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    clear_table(c, get_side(c)->ucast, ls);
    clear_table(c, get_side(c)->mcast, ls);
}

static void
add_line(struct str_vec *lines, const struct idl_row *row,
         const struct idl_row *locator)
{
    if (locator) {
        char *line = xasprintf("  %s -> %s/%s", ctl_read_string(row, "MAC"),
                               ctl_read_string(locator, "encapsulation_type"),
                               ctl_read_string(locator, "dst_ip"));
        str_vec_push(lines, line);
        free(line);
    }
}

static void
print_ucast(struct ctl_context *c, size_t table, const struct idl_row *ls)
{
    struct str_vec lines = VEC_INITIALIZER;
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, table)
    {
        if (ctl_read_row(row, "logical_switch", 0) == ls) {
            add_line(&lines, row, ctl_read_row(row, "locator", 0));
        }
    }
    ctl_print_sorted(c, &lines);
}

static void
print_mcast(struct ctl_context *c, size_t table, const struct idl_row *ls)
{
    struct str_vec lines = VEC_INITIALIZER;
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, table)
    {
        const struct idl_row *set = ctl_read_row(row, "locator_set", 0);
        if (set && ctl_read_row(row, "logical_switch", 0) == ls) {
            const struct idl_row *locator;
            VTEP_FOR_EACH_REF(locator, set, "locators")
            {
                add_line(&lines, row, locator);
            }
        }
    }
    ctl_print_sorted(c, &lines);
}

static void
run_list_macs(struct ctl_context *c)
{
    const struct side *side = get_side(c);
    struct idl_row *ls = vtep_find_logical_switch(c, c->argv[1], true);
    str_putf(c->output, "ucast-mac-%s\n", side->name);
    print_ucast(c, side->ucast, ls);
    str_putf(c->output, "\nmcast-mac-%s\n", side->name);
    print_mcast(c, side->mcast, ls);
    str_put_char(c->output, '\n');
}

#define SIDE(NAME)                                                            \
    { "add-ucast-" NAME, 3,    4,  "LS MAC [ENCAP] IP", need_macs,            \
      run_add_ucast,     NULL, "", CTL_READ_WRITE },                          \
        { "del-ucast-" NAME, 2,    2,  "LS MAC",      need_macs,              \
          run_del_ucast,     NULL, "", CTL_READ_WRITE },                      \
        { "add-mcast-" NAME, 3,    4,  "LS MAC [ENCAP] IP", need_macs,        \
          run_add_mcast,     NULL, "", CTL_READ_WRITE },                      \
        { "del-mcast-" NAME, 3,    4,  "LS MAC [ENCAP] IP", need_macs,        \
          run_del_mcast,     NULL, "", CTL_READ_WRITE },                      \
        { "clear-" NAME "-macs", 1,    1,  "LS",         need_macs,           \
          run_clear_macs,        NULL, "", CTL_READ_ONLY },                   \
    {                                                                         \
        "list-" NAME "-macs", 1, 1, "LS", need_macs, run_list_macs, NULL, "", \
            CTL_READ_ONLY                                                     \
    }

const struct ctl_syntax vtep_mac_commands[] = {
    SIDE("local"),
    SIDE("remote"),
};
const size_t vtep_n_mac_commands = ARRAY_SIZE(vtep_mac_commands);
