/* What the files of dpctl share. */

#pragma once

#include "datapath/ctl/ctl.h"
#include "datapath/forward/forward.h"
#include "datapath/odp/action.h"
#include "datapath/odp/datapath.h"

/* Records "PROGRAM: TEXT (STRERROR)" and that the command failed. */
void ctl_fail(struct ctl *, int errnum, const char *format, ...)
    PRINTF_FORMAT(3, 4);

/* The datapath "TYPE@NAME", or without a name the only one; NULL after
 * ctl_fail(). */
struct datapath *ctl_datapath(struct ctl *, const char *name);

/* Port names of a datapath. */
struct ctl_names {
    struct odp_names up;
    struct datapath_port *ports;
    size_t n;
};

void ctl_names_init(struct ctl_names *, const struct datapath *);
void ctl_names_uninit(struct ctl_names *);

/* Appends a line of a flow dump, without its newline. */
void ctl_format_flow(const struct ctl *, const struct datapath_flow_info *,
                     const struct odp_names *, struct str *);

/* The table of commands, for their registration: name and usage of command
 * 'i'; false if it is not to be listed. */
size_t ctl_n_commands(void);
bool ctl_command(size_t i, const char **namep, const char **usagep);

typedef void ctl_handler(struct ctl *, int argc, const char *argv[]);

ctl_handler ctl_dump_flows, ctl_add_flow, ctl_mod_flow, ctl_get_flow,
    ctl_del_flow, ctl_add_flows, ctl_mod_flows, ctl_del_flows,
    ctl_parse_actions, ctl_normalize_actions;
