/* Command-line options as tables, shared by all programs; parsed with
 * getopt_long(), so names may be shortened to a unique prefix. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/error.h"

enum option_argument {
    OPTION_NO_ARGUMENT,
    OPTION_REQUIRED_ARGUMENT,
    OPTION_OPTIONAL_ARGUMENT,
};

struct option_spec {
    const char *name; /* Long form, or NULL. */
    char letter;      /* Short form, or 0. */
    enum option_argument argument;
    int id; /* For the group's function. */
};

/* Options handled together: logging, daemon, a program's own. */
struct option_group {
    const struct option_spec *specs;
    size_t n;
    /* Handles one occurrence; 'argument' may be NULL.  An error ends the
     * program with status 1. */
    struct error *(*handle)(int id, const char *argument, void *arg);
    void *arg;
};

/* Parses the options; returns the index of the first argument that is none.
 * With 'in_order', parsing ends at the first argument that is not an option
 * (as needed where commands have options of their own); otherwise options may
 * follow arguments.  Handles -h, -V, -o only if a group has them.  Exits with
 * status 1 after a message on standard error if an option is wrong. */
int options_parse(int argc, char *argv[], const struct option_group *groups,
                  size_t n_groups, bool in_order);
/* Prints all long options, then the short ones, as --option does. */
void options_print(const struct option_group *groups, size_t n_groups);

/* -v, --verbose, --log-file, --syslog-method, --syslog-target. */
extern const struct option_group options_log_group;
/* Their part of --help. */
void options_log_print_help(void);

/* Sets the time limit of a command-line tool: after 'seconds' the program
 * dies of SIGALRM.  0: OVS_CTL_TIMEOUT from the environment, if set. */
void options_set_timeout(unsigned int seconds);
/* Parses the argument of --timeout: 1 or more; 'name' is "--timeout" or as
 * the error shall say. */
struct error *options_parse_timeout(const char *argument,
                                    unsigned int *secondsp) WARN_UNUSED;
