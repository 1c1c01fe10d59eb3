/* Configuration of the log: what the command line and "vlog/..." commands
 * change. */

#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/str.h"
#include "sys/log/log.h"

/* "emer", "DBG", ...; LOG_N_LEVELS if 'name' is none. */
enum log_level log_level_parse(const char *name);
/* Upper case. */
const char *log_level_name(enum log_level);
/* LOG_N_DESTINATIONS if 'name' is none. */
enum log_destination log_destination_parse(const char *name);
const char *log_destination_name(enum log_destination);
/* The first module called 'name' (case and '-' or '_' do not matter), or
 * NULL. */
struct log_module *log_module_find(const char *name);

/* Sets the level of 'module' (NULL: all) in 'destination'
 * (LOG_N_DESTINATIONS: all). */
void log_set_level(const char *module, enum log_destination, enum log_level);
enum log_level log_get_level(const struct log_module *, enum log_destination);
void log_set_pattern(enum log_destination, const char *pattern);
/* Whether records of 'module' (NULL: all) are subject to rate limits; false
 * if there is no such module. */
bool log_set_rate_limits(const char *module, bool honor);

/* Applies the argument of -v or "vlog/set": words in any order,
 * "PATTERN:DESTINATION:PATTERN" or "FACILITY:FACILITY".  "" sets all to
 * DBG. */
struct error *log_configure(const char *spec) WARN_UNUSED;

/* Logs to the file 'name' too.  0 or an errno, which is logged. */
int log_set_file(const char *name) WARN_UNUSED;
/* Closes and opens the log file again, if there is one (ENXIO if not): after
 * rotation. */
int log_reopen(void) WARN_UNUSED;
/* Closes the log file until log_reopen(). */
void log_close(void);
/* log_close() with a last record that says so. */
void log_suspend_file(void);
/* "libc", "unix:FILE", "udp:IP:PORT", "null" or "none". */
struct error *log_set_syslog_method(const char *method) WARN_UNUSED;
/* Also sends records to the UDP target "IP[:PORT]". */
struct error *log_set_syslog_target(const char *target) WARN_UNUSED;
/* Name of the program in records and the default log file name. */
void log_set_program(const char *name);
/* Gives the log file, which may not be open yet, to a user and group. */
int log_change_owner(unsigned int user, unsigned int group) WARN_UNUSED;
/* Before standard error is closed: the console gets nothing more. */
void log_detach_console(void);

/* Appends what "vlog/list" and "vlog/list-pattern" print. */
void log_put_levels(struct str *);
void log_put_patterns(struct str *);

/* Appends a record as 'pattern' prints it; for tests and other sinks. */
void log_format(struct str *, const char *pattern, const char *module,
                enum log_level, unsigned int serial, const char *text);
