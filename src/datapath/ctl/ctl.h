/* dpctl: commands on datapaths, for ovs-dpctl and as runtime commands. */

#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/str.h"

/* How a command runs and what it prints. */
struct ctl {
    bool is_appctl;    /* A runtime command: options are among arguments. */
    bool statistics;   /* -s */
    bool zero_stats;   /* --clear */
    bool may_create;   /* --may-create */
    bool read_only;    /* --read-only */
    bool more;         /* -m */
    bool names;        /* --names */
    bool names_set;    /* --names or --no-names was given. */
    struct str out;    /* For standard output. */
    struct str errors; /* Lines for standard error, "PROGRAM: TEXT". */
    bool failed;
};

void ctl_init(struct ctl *);
void ctl_uninit(struct ctl *);
/* Runs argv[0] with its arguments; 'failed' and 'errors' tell of trouble. */
void ctl_run(struct ctl *, int argc, const char *argv[]);
/* What "list-commands" prints, "PREFIXNAME  USAGE" lines. */
void ctl_list(const char *prefix, struct str *);
/* Registers dpctl/...; once. */
void ctl_register_commands(void);
