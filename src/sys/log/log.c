/* The log proper: registry of modules, records, rate limits. */

#include "sys/log/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/clock/clock.h"
#include "sys/log/log_private.h"
#include "sys/thread/thread.h"

#define CONSOLE_PATTERN "%D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m"
#define FILE_PATTERN    "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m"
#define SYSLOG_PATTERN  "ovs|%05N|%c%T|%p|%m"

struct mutex log_mutex = MUTEX_INITIALIZER;
struct log_module *log_modules;
int log_facility;
struct log_destination_info log_destinations[LOG_N_DESTINATIONS] = {
    [LOG_TO_SYSLOG] = { "syslog", (char *) SYSLOG_PATTERN, true,
                        LOG_LEVEL_INFO },
    [LOG_TO_CONSOLE] = { "console", (char *) CONSOLE_PATTERN, true,
                         LOG_LEVEL_INFO },
    [LOG_TO_FILE] = { "file", (char *) FILE_PATTERN, true, LOG_LEVEL_INFO },
};

static bool console_closed;               /* Under log_mutex. */
static _Thread_local unsigned int serial; /* Records of this thread. */
static unsigned int first_serial;         /* Of the first thread and those
                                           * that thread_create() did not
                                           * make; atomic. */
static _Thread_local bool writing;        /* Keeps recursion away. */

/* Called by constructors, before there are threads. */
void
log_module_register(struct log_module *module)
{
    module->next = log_modules;
    log_modules = module;
}

bool
log_console_is_open(void)
{
    return !console_closed;
}

void
log_detach_console(void)
{
    mutex_lock(&log_mutex);
    console_closed = true;
    mutex_unlock(&log_mutex);
    log_set_level(NULL, LOG_TO_CONSOLE, LOG_LEVEL_OFF);
}

static bool
admits(const struct log_module *module, enum log_destination destination,
       enum log_level level)
{
    return __atomic_load_n(&module->levels[destination], __ATOMIC_RELAXED)
           >= (int) level;
}

static void
write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n > 0) {
            data += n;
            size -= n;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else {
            return;
        }
    }
}

/* Formats and writes 'record' with log_mutex held: records of one destination
 * come out whole and in the order of their numbers. */
static void
deliver(const struct log_module *module, const struct log_record *record)
    EXCLUDES(log_mutex)
{
    struct str line = STR_INITIALIZER;
    mutex_lock(&log_mutex);
    if (!console_closed && admits(module, LOG_TO_CONSOLE, record->level)) {
        log_pattern_put(&line, log_destinations[LOG_TO_CONSOLE].pattern,
                        record, LOG_FACILITY_LOCAL0);
        str_put_char(&line, '\n');
        write_all(STDERR_FILENO, line.text, line.len);
    }
    if (log_syslog_is_used() && admits(module, LOG_TO_SYSLOG, record->level)) {
        log_syslog_write(record, log_destinations[LOG_TO_SYSLOG].pattern);
    }
    if (log_file_is_open() && admits(module, LOG_TO_FILE, record->level)) {
        str_clear(&line);
        log_pattern_put(&line, log_destinations[LOG_TO_FILE].pattern, record,
                        LOG_FACILITY_LOCAL0);
        str_put_char(&line, '\n');
        log_file_write(&line);
    }
    mutex_unlock(&log_mutex);
    str_uninit(&line);
}

void
log_write_v(const struct log_module *module, enum log_level level,
            const char *format, va_list args)
{
    if (writing) {
        return;
    }
    writing = true;
    int saved_errno = errno;
    struct str text = STR_INITIALIZER;
    str_putv(&text, format, args);
    struct log_record record = {
        .module = module->name,
        .text = str_text(&text),
        .level = level,
        .serial = thread_number()
                      ? ++serial
                      : __atomic_add_fetch(&first_serial, 1, __ATOMIC_RELAXED),
        .wall_msec = clock_wall_msec(),
    };
    deliver(module, &record);
    str_uninit(&text);
    errno = saved_errno;
    writing = false;
}

void
log_write(const struct log_module *module, enum log_level level,
          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_write_v(module, level, format, args);
    va_end(args);
}

void
log_abort(const struct log_module *module, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_write_v(module, LOG_LEVEL_EMER, format, args);
    va_end(args);
    if (console_closed || !admits(module, LOG_TO_CONSOLE, LOG_LEVEL_EMER)) {
        va_start(args, format);
        vfprintf(stderr, format, args);
        putc('\n', stderr);
        va_end(args);
    }
    abort();
}

bool
log_rate_limit_drop(const struct log_module *module, enum log_level level,
                    struct log_rate_limit *rl)
{
    if (!__atomic_load_n(&module->honor_rate_limits, __ATOMIC_RELAXED)) {
        return false;
    }
    long long now = clock_msec();
    mutex_lock(&rl->mutex);
    if (!token_bucket_take(&rl->bucket, LOG_RECORD_TOKENS, now)) {
        if (!rl->n_dropped) {
            rl->first_dropped_ms = now;
        }
        rl->last_dropped_ms = now;
        rl->n_dropped++;
        mutex_unlock(&rl->mutex);
        return true;
    }
    unsigned int n_dropped = rl->n_dropped;
    long long first_s = (now - rl->first_dropped_ms) / 1000;
    long long last_s = (now - rl->last_dropped_ms) / 1000;
    rl->n_dropped = 0;
    mutex_unlock(&rl->mutex);
    if (n_dropped) {
        log_write(module, level,
                  "Dropped %u log messages in last %lld seconds (most "
                  "recently, %lld seconds ago) due to excessive rate",
                  n_dropped, first_s, last_s);
    }
    return false;
}

void
log_write_rl(const struct log_module *module, enum log_level level,
             struct log_rate_limit *rl, const char *format, ...)
{
    if (!log_rate_limit_drop(module, level, rl)) {
        va_list args;
        va_start(args, format);
        log_write_v(module, level, format, args);
        va_end(args);
    }
}
