/* Engine of tools that change a database by commands, of which several make
 * one transaction: ovs-vsctl, vtep-ctl.
 *
 * A tool brings a table of commands and what is special about its database
 * (struct ctl_config).  The engine parses the command line, fetches what the
 * commands need, runs them, commits, and runs them again if the database
 * changed meanwhile.  Everything happens in the main thread.
 *
 * Commands report errors with ctl_fail(), which ends the program: nothing was
 * sent by then. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "db/ctl/text_table.h"
#include "db/data/symbol.h"
#include "db/idl/idl.h"
#include "db/idl/transaction.h"

struct ctl;
struct ctl_command;
struct log_module;

/* One command's run. */
struct ctl_context {
    struct ctl *ctl;
    struct ctl_command *command;
    int argc;
    char **argv;                  /* argv[0] is the command. */
    const struct strmap *options; /* "--name" to value, or NULL. */
    struct idl *idl;
    struct idl_txn *txn;
    struct symbol_table *symbols;
    struct str *output;       /* What it prints. */
    struct text_table *table; /* Printed instead if it has headings. */
    bool try_again;           /* Set it: wait for the database to change. */
    void *state;              /* The tool's, for one attempt. */
};

enum ctl_access { CTL_READ_ONLY, CTL_READ_WRITE };

struct ctl_syntax {
    const char *name;
    int min_args;
    int max_args; /* INT_MAX: any number. */
    /* "BRIDGE KEY [VALUE]", for --commands. */
    const char *arguments;
    /* Asks for columns with ctl_need(); may be NULL. */
    void (*prerequisites)(struct ctl_context *);
    void (*run)(struct ctl_context *);
    /* After the commit; may be NULL. */
    void (*postprocess)(struct ctl_context *);
    const char *options; /* "--may-exist,--id=", "" for none. */
    enum ctl_access access;
};

/* Commands about one topic. */
struct ctl_group {
    const struct ctl_syntax *commands;
    size_t n;
};

/* Further ways to name a row, beside its UUID. */
struct ctl_row_id {
    size_t table;       /* Of the row wanted. */
    size_t id_table;    /* Where to look for the name. */
    const char *column; /* Column with the name; NULL: the only row is ".". */
    const char *key;    /* Key if that is a map, or NULL. */
    const char *ref;    /* Column of 'id_table' that refers to the row; NULL:
                            the row found itself. */
};

/* What "show" prints of a table. */
struct ctl_show_table {
    size_t table;
    const char *name_column; /* NULL: the UUID. */
    const char *columns[5];  /* In order, NULL at the end. */
    /* Prints more of the row, which may be in 'extra_column'; both may be
     * NULL. */
    const char *extra_column;
    void (*extra)(struct ctl_context *, const struct idl_row *, int indent);
};

/* What is special about a tool. */
struct ctl_config {
    const struct row_database *database;
    const struct ctl_group *groups;
    size_t n_groups;
    const char *purpose;       /* For --help: "configures ovs-vswitchd". */
    const char *commands_help; /* Likewise: lines about the commands. */
    const struct ctl_row_id *row_ids;
    size_t n_row_ids;
    const struct ctl_show_table *shows; /* The first one is where it starts. */
    size_t n_shows;
    struct log_module *log; /* The tool's: what --no-syslog makes quiet. */
    bool has_wait; /* --no-wait, --retry, --leader-only, --commands ... */
    /* Before the commands of an attempt: creates the root row if need be.
     * Called with the transaction open. */
    void (*begin)(struct ctl_context *);
    /* After the commands of an attempt: checks, forgets the state.  May be
     * NULL. */
    void (*check)(struct ctl_context *);
    void (*end)(struct ctl_context *);
    /* The commit changed something ('value': new value of what begin()
     * increments) and --no-wait was not given.  Returns the exit status.
     * NULL without 'has_wait'. */
    int (*wait)(struct ctl *, int64_t value, bool changed);
    void (*prerequisites)(struct ctl_context *);
};

/* The rest of main(), after program_init(). */
int ctl_main(int argc, char *argv[], const struct ctl_config *);

/* Prints "PROGRAM: TEXT" and exits with status 1. */
void ctl_fail(const char *format, ...) PRINTF_FORMAT(1, 2) NORETURN;
/* Fails with the text of 'error' if that is not NULL; frees it. */
void ctl_check(struct error *error);

/* Makes the replica fetch the column, NULL: the rows of the table. */
void ctl_need(struct ctl_context *, size_t table, const char *column);
bool ctl_has_option(const struct ctl_context *, const char *name);
/* Value of "--name=value", NULL if not given. */
const char *ctl_option(const struct ctl_context *, const char *name);
bool ctl_waits(const struct ctl *);
struct idl *ctl_idl(const struct ctl *);
struct loop *ctl_loop(const struct ctl *);
/* Whether --timeout or OVS_CTL_TIMEOUT ends the program. */
bool ctl_has_timeout(const struct ctl *);
/* Runs the loop until the database changes or the connection fails, which
 * ends the program. */
void ctl_wait_for_change(struct ctl *);

/* Rows by column name, the schema's; the column must have been asked for. */
const struct column *ctl_column(const struct ctl_context *, size_t table,
                                const char *name);
const struct datum *ctl_read(const struct idl_row *, const char *column);
/* Text of a string column; "" if it is empty. */
const char *ctl_read_string(const struct idl_row *, const char *column);
int64_t ctl_read_integer(const struct idl_row *, const char *column,
                         int64_t otherwise);
bool ctl_read_boolean(const struct idl_row *, const char *column);
/* Row number 'i' that the column refers to, NULL if it is not there. */
struct idl_row *ctl_read_row(const struct idl_row *, const char *column,
                             size_t i);
void ctl_write(struct idl_row *, const char *column, struct datum *);
void ctl_write_string(struct idl_row *, const char *column, const char *);
void ctl_write_integer(struct idl_row *, const char *column, int64_t);
void ctl_write_boolean(struct idl_row *, const char *column, bool);
void ctl_clear(struct idl_row *, const char *column);
/* Adds (removes) a reference to 'to' in a set. */
void ctl_add_ref(struct idl_row *, const char *column,
                 const struct idl_row *to);
void ctl_remove_ref(struct idl_row *, const char *column,
                    const struct idl_row *to);
void ctl_verify(const struct idl_row *, const char *column);

/* ctl_targets.c: rows with a "target" in a set of references 'column' of
 * 'row', controllers and managers. */
/* Prints the targets, sorted. */
void ctl_print_targets(struct ctl_context *, const struct idl_row *row,
                       const char *column);
/* Deletes the rows that the column refers to, and empties it. */
void ctl_delete_refs(struct idl_row *row, const char *column);
/* Adds a row for each argument from number 'first' on, with the inactivity
 * probe of the option. */
void ctl_insert_targets(struct ctl_context *, struct idl_row *row,
                        const char *column, int first);
/* Prints the strings, sorted, one a line, and frees them. */
void ctl_print_sorted(struct ctl_context *, struct str_vec *);

/* ctl_match.c: what arguments name. */
/* Table, column by (abbreviated) name; ends the program if there is none. */
size_t ctl_match_table(const struct ctl_context *, const char *name);
const struct column *ctl_match_column(const struct ctl_context *, size_t table,
                                      const char *name);
/* The row that 'name' identifies, or NULL; fails unless 'must_exist' is
 * false. */
struct idl_row *ctl_match_row(struct ctl_context *, size_t table,
                              const char *name, bool must_exist);
/* Applies COLUMN[:KEY]=VALUE. */
void ctl_set_column(struct ctl_context *, struct idl_row *, const char *arg);
/* Asks for the column of COLUMN[:KEY]...; fails if there is none. */
void ctl_need_argument(struct ctl_context *, size_t table, const char *arg);

/* Parsed COLUMN[:KEY][OP[VALUE]]; strings are owned. */
struct ctl_argument {
    const struct column *column;
    char *key;   /* NULL if not given. */
    int op;      /* Index of the operator; -1 if there is none. */
    char *value; /* NULL if not given. */
};

/* 'ops': which operators may be there; see ctl_match.c. */
enum ctl_ops { CTL_OPS_NONE, CTL_OPS_SET, CTL_OPS_COMPARE };

void ctl_argument_parse(const struct ctl_context *, size_t table,
                        const char *arg, enum ctl_ops, struct ctl_argument *);
void ctl_argument_uninit(struct ctl_argument *);
/* Whether the row fits the condition 'arg'. */
bool ctl_row_fits(struct ctl_context *, const struct idl_row *,
                  const char *arg);

/* ctl_database.c, ctl_show.c: commands that every tool has. */
extern const struct ctl_syntax ctl_database_commands[];
extern const size_t ctl_n_database_commands;
extern const struct ctl_syntax ctl_show_command;
