/* vtep-ctl: what its files share. */

#pragma once

#include "base/vec.h"
#include "db/ctl/ctl.h"
#include "db/idl/vtep_rows.h"

struct idl_row *vtep_root(struct ctl_context *);
struct idl_row *vtep_insert(struct ctl_context *, size_t table);

/* Asks for the names of physical switches, of their ports and of logical
 * switches. */
void vtep_need_switches(struct ctl_context *);
/* The row 'name'; NULL if there is none and 'must_exist' is false, otherwise
 * the program ends. */
struct idl_row *vtep_find_physical_switch(struct ctl_context *,
                                          const char *name, bool must_exist);
struct idl_row *vtep_find_logical_switch(struct ctl_context *,
                                         const char *name, bool must_exist);
struct idl_row *vtep_find_logical_router(struct ctl_context *,
                                         const char *name, bool must_exist);
/* A port of the physical switch 'ps'.  A port that is named like its switch
 * stands for the switch itself and is not found. */
struct idl_row *vtep_find_port(struct ctl_context *, const char *ps,
                               const char *name, bool must_exist);

/* Walks over the rows that the set 'column' of 'row' refers to. */
#define VTEP_FOR_EACH_REF(ref, row, column)                    \
    for (size_t ref_i_ = 0, ref_n_ = ctl_read(row, column)->n; \
         ref_i_ < ref_n_                                       \
         && ((ref = ctl_read_row(row, column, ref_i_)), true); \
         ref_i_++)                                             \
        if (ref)

/* Prints the names of the rows of a table, sorted. */
void vtep_print_names(struct ctl_context *, size_t table);
/* "show": the bindings of a physical port. */
void vtep_show_bindings(struct ctl_context *, const struct idl_row *port,
                        int indent);

/* Commands, one file per topic. */
extern const struct ctl_syntax vtep_switch_commands[];
extern const size_t vtep_n_switch_commands;
extern const struct ctl_syntax vtep_logical_commands[];
extern const size_t vtep_n_logical_commands;
extern const struct ctl_syntax vtep_mac_commands[];
extern const size_t vtep_n_mac_commands;
extern const char vtep_commands_help[];
