/* Logging: modules, levels, destinations, rate limits.
 *
 * A .c file that logs begins with LOG_MODULE(name), where 'name' is what
 * users see in records and give to "vlog/set"; several files may share one.
 *
 *     LOG_MODULE(bridge);
 *     static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 20);
 *     log_info("bridge %s: added port %s", bridge, port);
 *     log_warn_rl(&rl, "%s: bad packet", port);
 *
 * Any thread may log.  errno is preserved. */

#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/token_bucket.h"
#include "sys/thread/mutex.h"

/* Most important first. */
enum log_level {
    LOG_LEVEL_OFF,
    LOG_LEVEL_EMER,
    LOG_LEVEL_ERR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DBG,
    LOG_N_LEVELS,
};

enum log_destination {
    LOG_TO_SYSLOG,
    LOG_TO_CONSOLE,
    LOG_TO_FILE,
    LOG_N_DESTINATIONS,
};

struct log_module {
    const char *name;        /* Lower case, with underscores. */
    struct log_module *next; /* In the list of all. */
    int level;               /* Most verbose level of any destination. */
    int levels[LOG_N_DESTINATIONS]; /* Of each one, atomic as 'level'. */
    int honor_rate_limits;          /* Boolean, atomic. */
};

/* At most 'burst' records at once and 'rate' a minute in the long run. */
struct log_rate_limit {
    struct token_bucket bucket;
    struct mutex mutex;
    long long first_dropped_ms; /* When counting of dropped records began. */
    long long last_dropped_ms;
    unsigned int n_dropped;
};

/* A record costs so many tokens. */
#define LOG_RECORD_TOKENS 60000

#define LOG_RATE_LIMIT_INITIALIZER(rate, burst)                     \
    {                                                               \
        TOKEN_BUCKET_INITIALIZER(rate, (burst) *LOG_RECORD_TOKENS), \
            MUTEX_INITIALIZER, 0, 0, 0                              \
    }

/* What every log_*() in the file below logs for. */
#define LOG_MODULE(NAME)                                    \
    static struct log_module log_this_module = {            \
        #NAME,                                              \
        NULL,                                               \
        LOG_LEVEL_INFO,                                     \
        { LOG_LEVEL_INFO, LOG_LEVEL_INFO, LOG_LEVEL_INFO }, \
        1,                                                  \
    };                                                      \
    static void CONSTRUCTOR log_register_this_module(void)  \
    {                                                       \
        log_module_register(&log_this_module);              \
    }                                                       \
    struct log_module /* swallows a semicolon */

#define log_emer(...) log_at(LOG_LEVEL_EMER, __VA_ARGS__)
#define log_err(...)  log_at(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_dbg(...)  log_at(LOG_LEVEL_DBG, __VA_ARGS__)

#define log_emer_rl(rl, ...) log_at_rl(rl, LOG_LEVEL_EMER, __VA_ARGS__)
#define log_err_rl(rl, ...)  log_at_rl(rl, LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn_rl(rl, ...) log_at_rl(rl, LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info_rl(rl, ...) log_at_rl(rl, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_dbg_rl(rl, ...)  log_at_rl(rl, LOG_LEVEL_DBG, __VA_ARGS__)

/* A level computed at run time. */
#define log_at(level, ...)                                   \
    do {                                                     \
        if (log_is_enabled(level)) {                         \
            log_write(&log_this_module, level, __VA_ARGS__); \
        }                                                    \
    } while (0)
#define log_at_rl(rl, level, ...)                                   \
    do {                                                            \
        if (log_is_enabled(level)) {                                \
            log_write_rl(&log_this_module, level, rl, __VA_ARGS__); \
        }                                                           \
    } while (0)

/* Whether a record of 'level' would go anywhere: saves computing it. */
#define log_is_enabled(wanted)                                         \
    UNLIKELY(__atomic_load_n(&log_this_module.level, __ATOMIC_RELAXED) \
             >= (int) (wanted))
#define log_is_dbg_enabled() log_is_enabled(LOG_LEVEL_DBG)
/* Whether 'rl' must keep a record of 'level' back (and counts it if so). */
#define log_should_drop(rl, level) \
    (!log_is_enabled(level)        \
     || log_rate_limit_drop(&log_this_module, level, rl))

void log_module_register(struct log_module *);
/* Writes a record, whatever the module's level; writes to the destinations
 * whose levels admit it. */
void log_write(const struct log_module *, enum log_level, const char *format,
               ...) PRINTF_FORMAT(3, 4);
void log_write_v(const struct log_module *, enum log_level, const char *format,
                 va_list) PRINTF_FORMAT(3, 0);
void log_write_rl(const struct log_module *, enum log_level,
                  struct log_rate_limit *, const char *format, ...)
    PRINTF_FORMAT(4, 5);
bool log_rate_limit_drop(const struct log_module *, enum log_level,
                         struct log_rate_limit *);
/* Logs at EMER, prints the text on standard error too if the console does not
 * take it, and aborts. */
void log_abort(const struct log_module *, const char *format, ...)
    PRINTF_FORMAT(2, 3) NORETURN;
#define log_fatal(...) log_abort(&log_this_module, __VA_ARGS__)
