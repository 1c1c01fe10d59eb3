/* Levels, patterns and facility: what users configure. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/vec.h"
#include "sys/log/log_private.h"

static const char *const level_names[LOG_N_LEVELS] = {
    [LOG_LEVEL_OFF] = "OFF",   [LOG_LEVEL_EMER] = "EMER",
    [LOG_LEVEL_ERR] = "ERR",   [LOG_LEVEL_WARN] = "WARN",
    [LOG_LEVEL_INFO] = "INFO", [LOG_LEVEL_DBG] = "DBG",
};

/* RFC 5424 §6.2.1: the index is the code. */
static const char *const facility_names[] = {
    "kern",   "user",   "mail",   "daemon", "auth",   "syslog",
    "lpr",    "news",   "uucp",   "clock",  NULL,     "ftp",
    "ntp",    "audit",  "alert",  "clock2", "local0", "local1",
    "local2", "local3", "local4", "local5", "local6", "local7",
};

enum log_level
log_level_parse(const char *name)
{
    for (int i = 0; i < LOG_N_LEVELS; i++) {
        if (!strcasecmp(level_names[i], name)) {
            return i;
        }
    }
    return LOG_N_LEVELS;
}

const char *
log_level_name(enum log_level level)
{
    return level_names[level];
}

enum log_destination
log_destination_parse(const char *name)
{
    for (int i = 0; i < LOG_N_DESTINATIONS; i++) {
        if (!strcasecmp(log_destinations[i].name, name)) {
            return i;
        }
    }
    return LOG_N_DESTINATIONS;
}

const char *
log_destination_name(enum log_destination destination)
{
    return log_destinations[destination].name;
}

struct log_module *
log_module_find(const char *name)
{
    for (struct log_module *m = log_modules; m; m = m->next) {
        if (!strcasecmp(m->name, name)) {
            return m;
        }
    }
    return NULL;
}

/* The level that saves callers the work: of destinations that exist. */
void
log_update_levels(struct log_module *module)
{
    int level = LOG_LEVEL_OFF;
    for (int i = 0; i < LOG_N_DESTINATIONS; i++) {
        bool exists = i == LOG_TO_FILE     ? log_file_is_open()
                      : i == LOG_TO_SYSLOG ? log_syslog_is_used()
                                           : log_console_is_open();
        if (exists && module->levels[i] > level) {
            level = module->levels[i];
        }
    }
    __atomic_store_n(&module->level, level, __ATOMIC_RELAXED);
}

void
log_update_all_levels(void)
{
    mutex_lock(&log_mutex);
    for (struct log_module *m = log_modules; m; m = m->next) {
        log_update_levels(m);
    }
    mutex_unlock(&log_mutex);
}

void
log_set_level(const char *module, enum log_destination destination,
              enum log_level level)
{
    mutex_lock(&log_mutex);
    for (struct log_module *m = log_modules; m; m = m->next) {
        if (module && strcasecmp(m->name, module)) {
            continue;
        }
        for (int i = 0; i < LOG_N_DESTINATIONS; i++) {
            if (destination == LOG_N_DESTINATIONS || i == (int) destination) {
                __atomic_store_n(&m->levels[i], level, __ATOMIC_RELAXED);
            }
        }
        log_update_levels(m);
    }
    mutex_unlock(&log_mutex);
}

enum log_level
log_get_level(const struct log_module *module,
              enum log_destination destination)
{
    return __atomic_load_n(&module->levels[destination], __ATOMIC_RELAXED);
}

void
log_set_pattern(enum log_destination destination, const char *pattern)
{
    mutex_lock(&log_mutex);
    for (int i = 0; i < LOG_N_DESTINATIONS; i++) {
        if (destination == LOG_N_DESTINATIONS || i == (int) destination) {
            struct log_destination_info *d = &log_destinations[i];
            if (!d->pattern_static) {
                free(d->pattern);
            }
            d->pattern = xstrdup(pattern);
            d->pattern_static = false;
        }
    }
    mutex_unlock(&log_mutex);
}

bool
log_set_rate_limits(const char *module, bool honor)
{
    bool found = false;
    for (struct log_module *m = log_modules; m; m = m->next) {
        if (!module || !strcasecmp(m->name, module)) {
            __atomic_store_n(&m->honor_rate_limits, honor, __ATOMIC_RELAXED);
            found = true;
        }
    }
    return found;
}

/* What the words of a specification asked for. */
struct selection {
    const char *module;
    enum log_destination destination;
    enum log_level level;
};

static struct error *
parse_word(const char *word, struct selection *s)
{
    enum log_destination destination = log_destination_parse(word);
    enum log_level level = log_level_parse(word);
    const struct log_module *module = log_module_find(word);

    if (destination != LOG_N_DESTINATIONS) {
        if (s->destination != LOG_N_DESTINATIONS) {
            return error_create("cannot specify multiple destinations");
        }
        s->destination = destination;
    } else if (level != LOG_N_LEVELS) {
        if (s->level != LOG_N_LEVELS) {
            return error_create("cannot specify multiple levels");
        }
        s->level = level;
    } else if (module) {
        if (s->module) {
            return error_create("cannot specify multiple modules");
        }
        s->module = module->name;
    } else if (strcasecmp(word, "any")) {
        return error_create("no destination, level, or module \"%s\"", word);
    }
    return NULL;
}

static struct error *
configure_levels(const char *spec)
{
    struct selection s = { NULL, LOG_N_DESTINATIONS, LOG_N_LEVELS };
    struct str_vec words = VEC_INITIALIZER;
    struct error *error = NULL;
    str_vec_split(&words, spec, " ,:\t\r\n/");
    for (size_t i = 0; i < words.n && !error; i++) {
        error = parse_word(words.items[i], &s);
    }
    if (!error) {
        log_set_level(s.module, s.destination,
                      s.level == LOG_N_LEVELS ? LOG_LEVEL_DBG : s.level);
    }
    str_vec_uninit(&words);
    return error;
}

/* "DESTINATION:PATTERN", where "any" is all destinations. */
static struct error *
configure_pattern(const char *spec)
{
    size_t len = strcspn(spec, ":");
    if (!len) {
        return error_create("missing destination");
    }
    char *name = xmemdup0(spec, len);
    enum log_destination destination = log_destination_parse(name);
    struct error *error = NULL;
    if (destination != LOG_N_DESTINATIONS || !strcasecmp(name, "any")) {
        log_set_pattern(destination, spec[len] ? spec + len + 1 : "");
    } else {
        error = error_create("unknown destination \"%s\"", name);
    }
    free(name);
    return error;
}

static struct error *
configure_facility(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(facility_names); i++) {
        if (facility_names[i] && !strcasecmp(facility_names[i], name)) {
            mutex_lock(&log_mutex);
            log_facility = i << 3;
            mutex_unlock(&log_mutex);
            return NULL;
        }
    }
    return error_create("invalid facility");
}

struct error *
log_configure(const char *spec)
{
    size_t len = strcspn(spec, " ,:\t\r\n");
    const char *rest = spec[len] ? spec + len + 1 : "";
    if (len == strlen("PATTERN") && !strncasecmp(spec, "PATTERN", len)) {
        return configure_pattern(rest);
    } else if (len == strlen("FACILITY")
               && !strncasecmp(spec, "FACILITY", len)) {
        return configure_facility(rest);
    }
    return configure_levels(spec);
}

static int
compare_modules(const void *a_, const void *b_)
{
    const struct log_module *const *a = a_, *const *b = b_;
    return strcmp((*a)->name, (*b)->name);
}

void
log_put_levels(struct str *s)
{
    VEC(const struct log_module *) modules = VEC_INITIALIZER;
    for (const struct log_module *m = log_modules; m; m = m->next) {
        vec_push(&modules, m);
    }
    if (modules.n) {
        qsort(modules.items, modules.n, sizeof *modules.items,
              compare_modules);
    }
    str_put(s, "                 console    syslog    file\n"
               "                 -------    ------    ------\n");
    for (size_t i = 0; i < modules.n; i++) {
        const struct log_module *m = modules.items[i];
        if (!i || strcmp(m->name, modules.items[i - 1]->name)) {
            bool limits =
                __atomic_load_n(&m->honor_rate_limits, __ATOMIC_RELAXED);
            str_putf(s, "%-16s  %4s       %4s       %4s%s\n", m->name,
                     log_level_name(log_get_level(m, LOG_TO_CONSOLE)),
                     log_level_name(log_get_level(m, LOG_TO_SYSLOG)),
                     log_level_name(log_get_level(m, LOG_TO_FILE)),
                     limits ? "" : "    (rate limiting disabled)");
        }
    }
    vec_uninit(&modules);
}

void
log_put_patterns(struct str *s)
{
    str_put(s, "         prefix                            format\n"
               "         ------                            ------\n");
    mutex_lock(&log_mutex);
    str_putf(s, "%-7s  %-32s  %s\n", "SYSLOG", log_syslog_prefix(),
             log_destinations[LOG_TO_SYSLOG].pattern);
    str_putf(s, "%-7s  %-32s  %s\n", "CONSOLE", "none",
             log_destinations[LOG_TO_CONSOLE].pattern);
    str_putf(s, "%-7s  %-32s  %s\n", "FILE", "none",
             log_destinations[LOG_TO_FILE].pattern);
    mutex_unlock(&log_mutex);
}
