/* ovs-vsctl: what its files share. */

#pragma once

#include "base/vec.h"
#include "db/ctl/ctl.h"
#include "db/idl/vswitch_rows.h"

/* A bridge: a row, or a fake one, which is a port of its parent that stands
 * for a VLAN. */
struct vsctl_bridge {
    const char *name;
    struct idl_row *row;         /* Bridge; of the parent if fake. */
    struct idl_row *port;        /* Port of a fake bridge, else NULL. */
    struct vsctl_bridge *parent; /* NULL unless fake. */
    int vlan;                    /* Of a fake bridge, else 0. */
};

/* A port that is not the local port of a bridge, real or fake. */
struct vsctl_port {
    const char *name;
    struct idl_row *row;
    struct vsctl_bridge *bridge;
};

struct vsctl_iface {
    const char *name;
    struct idl_row *row;
    struct vsctl_port *port;
};

/* The switch as rows have it now. */
struct vsctl_info {
    uint64_t n_edits; /* What was done to the rows before it was built. */
    struct idl_row *root;
    struct strmap bridges; /* Name to struct vsctl_bridge. */
    struct strmap ports;   /* Name to struct vsctl_port. */
    struct strmap ifaces;  /* Name to struct vsctl_iface. */
};

/* Valid until the transaction changes something.  What a command found in it
 * must still be there when the transaction is done: the functions that find
 * by name see to that.  That a name is not there yet, the unique indexes of
 * the database see to. */
struct vsctl_info *vsctl_info_get(struct ctl_context *);
/* The same for commands whose answer depends on all of it. */
struct vsctl_info *vsctl_info_verify(struct ctl_context *);
/* Notes in the info, which stays valid, that a port was added. */
void vsctl_info_add_port(struct ctl_context *, struct vsctl_bridge *,
                         struct idl_row *port);
/* Deletes the rows of the port, and frees it; the info stays valid. */
void vsctl_delete_port(struct ctl_context *, struct vsctl_port *);
void vsctl_info_free(struct ctl_context *);
void vsctl_need_info(struct ctl_context *);
/* These fail if there is none, unless 'must_exist' is false. */
struct vsctl_bridge *vsctl_find_bridge(struct ctl_context *, const char *name,
                                       bool must_exist);
struct vsctl_bridge *vsctl_find_real_bridge(struct ctl_context *,
                                            const char *name);
struct vsctl_port *vsctl_find_port(struct ctl_context *, const char *name,
                                   bool must_exist);
struct vsctl_iface *vsctl_find_iface(struct ctl_context *, const char *name,
                                     bool must_exist);
/* Fails if a bridge, port or interface 'name' exists: "cannot create
 * WHAT because ...". */
void vsctl_check_conflict(struct ctl_context *, const char *name,
                          const char *what);
/* Names of interfaces of a port, sorted. */
struct str_vec vsctl_port_ifaces(const struct vsctl_port *);

/* Notes an interface made by this run: the wait reports its errors. */
void vsctl_note_new_iface(const char *name);
void vsctl_forget_new_ifaces(void);
int vsctl_wait(struct ctl *, int64_t next_cfg, bool changed);

struct idl_row *vsctl_insert(struct ctl_context *, size_t table);
struct idl_row *vsctl_root(struct ctl_context *);

/* Commands, one file per topic. */
extern const struct ctl_syntax vsctl_bridge_commands[];
extern const size_t vsctl_n_bridge_commands;
extern const struct ctl_syntax vsctl_port_commands[];
extern const size_t vsctl_n_port_commands;
extern const struct ctl_syntax vsctl_switch_commands[];
extern const size_t vsctl_n_switch_commands;
extern const struct ctl_syntax vsctl_zone_commands[];
extern const size_t vsctl_n_zone_commands;
extern const char vsctl_commands_help[];
