/* What the files of db/ctl share. */

#pragma once

#include "db/ctl/ctl.h"

struct ctl_command {
    const struct ctl_syntax *syntax;
    int argc;
    char **argv;
    struct strmap options; /* "--name" to heap string or NULL. */
    struct str output;
    struct text_table table;
};

struct ctl {
    const struct ctl_config *config;
    struct loop *loop;
    struct idl *idl;
    struct text_table_style style;
    char *db;
    char *comment; /* Of the transaction. */
    bool oneline;
    bool dry_run;
    bool wait;
    bool retry;
    bool shuffle;
    unsigned int timeout_s;
    struct strmap local_options; /* Options before the first command. */
    struct ctl_command *commands;
    size_t n_commands;
};

/* Asks for what ctl_match_row() looks at. */
void ctl_need_row_ids(struct ctl_context *, size_t table);
/* Fails if the column of a row of the database is read-only. */
void ctl_check_mutable(const struct idl_row *, const struct column *);
/* ctl_help.c */
void ctl_print_help(const struct ctl_config *);
/* ctl_parse.c: splits the command line at "--" and finds the commands. */
void ctl_parse_commands(struct ctl *, int argc, char *argv[]);
const struct ctl_syntax *ctl_find_syntax(const struct ctl *, const char *name);
/* All commands, the tool's and the common ones: NULL at the end. */
const struct ctl_syntax *ctl_syntax_at(const struct ctl *, size_t i);
void ctl_print_commands(const struct ctl *);
bool ctl_might_write(const struct ctl *);
