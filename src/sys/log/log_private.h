/* What the files of the log share. */

#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "sys/log/log.h"
#include "sys/log/log_config.h"
#include "sys/thread/mutex.h"

enum {
    LOG_FACILITY_LOCAL0 = 16 << 3, /* RFC 5424 §6.2.1 */
    LOG_FACILITY_DAEMON = 3 << 3,
};

/* A record on its way to the destinations. */
struct log_record {
    const char *module;
    const char *text;
    enum log_level level;
    unsigned int serial;
    long long wall_msec;
};

struct log_destination_info {
    const char *name;    /* Lower case. */
    char *pattern;       /* Owned; under log_mutex. */
    bool pattern_static; /* 'pattern' is not on the heap. */
    int level;           /* That modules which appear later get. */
};

/* Guards patterns, the facility, the file and the syslog sender. */
extern struct mutex log_mutex;
extern struct log_destination_info log_destinations[LOG_N_DESTINATIONS];
extern struct log_module *log_modules;
/* 0 if not set by the user. */
extern int log_facility;

const char *log_program(void);
/* RFC 5424 priority of 'level' with the user's facility, else
 * 'default_facility'. */
int log_priority(enum log_level, int default_facility);
/* Appends 'record' in the form of 'pattern'. */
void log_pattern_put(struct str *, const char *pattern,
                     const struct log_record *, int default_facility);

void log_update_levels(struct log_module *) REQUIRES(log_mutex);
bool log_file_is_open(void);
void log_file_write(const struct str *line) REQUIRES(log_mutex);
/* Whether there is somebody to send to. */
bool log_syslog_is_used(void) REQUIRES(log_mutex);
void log_syslog_write(const struct log_record *, const char *pattern)
    REQUIRES(log_mutex);
const char *log_syslog_prefix(void) REQUIRES(log_mutex);
/* Some destination began or ceased to exist. */
void log_update_all_levels(void);
bool log_console_is_open(void);
