/* The running program: its name, version, and end on fatal mistakes. */

#pragma once

#include "base/compiler.h"
#include "base/error.h"

/* First call of every main().  Sets the name from 'argv[0]', prepares signals
 * and the process title; may move the environment. */
void program_init(int argc, char *argv[]);
/* "ovs-vswitchd"; without directories. */
const char *program_name(void);
/* Name for file names and log records instead of that from argv[0]. */
void program_set_name(const char *name);
/* "4.0.90" */
const char *program_version(void);
/* "ovs-vswitchd (Open vSwitch) 4.0.90" */
const char *program_banner(void);
/* Prints the banner, and the lowest and highest OpenFlow version if not 0, for
 * --version. */
void program_print_version(int min_ofp, int max_ofp);

/* Prints "PROGRAM: TEXT", with " (STRERROR)" if 'errnum' is positive, and
 * exits with status 1. */
void program_fatal(int errnum, const char *format, ...)
    PRINTF_FORMAT(2, 3) NORETURN;
/* program_fatal() with the text of 'error', which it takes. */
void program_fatal_error(struct error *error) NORETURN;
/* program_fatal() without exiting. */
void program_error(int errnum, const char *format, ...) PRINTF_FORMAT(2, 3);

/* Title that ps shows: "PROGRAM: TEXT"; NULL restores the command line. */
void program_set_title(const char *format, ...);
