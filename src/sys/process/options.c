/* Option tables on getopt_long(); the logging options; the time limit. */

#include "sys/process/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/str.h"
#include "base/vec.h"
#include "sys/log/log.h"
#include "sys/log/log_config.h"
#include "sys/process/dirs.h"
#include "sys/process/fatal.h"
#include "sys/process/program.h"

LOG_MODULE(vlog);

/* Values of long options for getopt_long(): beyond all letters. */
enum { FIRST_LONG = 256 };

/* An option and the group that handles it. */
struct entry {
    const struct option_spec *spec;
    const struct option_group *group;
};

static void
put_letter(struct str *letters, const struct option_spec *spec)
{
    if (spec->letter) {
        str_put_char(letters, spec->letter);
        str_put_repeat(letters, ':', spec->argument);
    }
}

static const struct entry *
find_entry(const struct entry *entries, size_t n, int value)
{
    if (value >= FIRST_LONG) {
        return &entries[value - FIRST_LONG];
    }
    for (size_t i = 0; i < n; i++) {
        if (entries[i].spec->letter == value) {
            return &entries[i];
        }
    }
    return NULL;
}

int
options_parse(int argc, char *argv[], const struct option_group *groups,
              size_t n_groups, bool in_order)
{
    VEC(struct entry) entries = VEC_INITIALIZER;
    VEC(struct option) longs = VEC_INITIALIZER;
    struct str letters = STR_INITIALIZER;
    str_put(&letters, in_order ? "+" : "");
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < groups[g].n; i++) {
            const struct option_spec *spec = &groups[g].specs[i];
            struct option option = { spec->name, spec->argument, NULL,
                                     FIRST_LONG + entries.n };
            struct entry entry = { spec, &groups[g] };
            if (spec->name) {
                vec_push(&longs, option);
            }
            vec_push(&entries, entry);
            put_letter(&letters, spec);
        }
    }
    struct option last = { NULL, 0, NULL, 0 };
    vec_push(&longs, last);

    for (;;) {
        int value =
            getopt_long(argc, argv, str_text(&letters), longs.items, NULL);
        if (value == -1) {
            break;
        }
        const struct entry *entry =
            value == '?' ? NULL : find_entry(entries.items, entries.n, value);
        if (!entry) {
            exit(EXIT_FAILURE);
        }
        struct error *error =
            entry->group->handle(entry->spec->id, optarg, entry->group->arg);
        if (error) {
            vec_uninit(&entries);
            vec_uninit(&longs);
            str_uninit(&letters);
            program_fatal_error(error);
        }
    }
    vec_uninit(&entries);
    vec_uninit(&longs);
    str_uninit(&letters);
    return optind;
}

void
options_print(const struct option_group *groups, size_t n_groups)
{
    static const char *const long_forms[] = { "", "=ARG", "=[ARG]" };
    static const char *const short_forms[] = { "", "ARG", "[ARG]" };
    for (size_t g = 0; g < n_groups; g++) {
        for (size_t i = 0; i < groups[g].n; i++) {
            const struct option_spec *spec = &groups[g].specs[i];
            if (spec->name) {
                printf("--%s%s\n", spec->name, long_forms[spec->argument]);
            }
            if (spec->letter) {
                printf("-%c %s\n", spec->letter, short_forms[spec->argument]);
            }
        }
    }
}

enum log_option {
    LOG_OPTION_VERBOSE,
    LOG_OPTION_FILE,
    LOG_OPTION_SYSLOG_METHOD,
    LOG_OPTION_SYSLOG_TARGET,
};

static const struct option_spec log_specs[] = {
    { "verbose", 'v', OPTION_OPTIONAL_ARGUMENT, LOG_OPTION_VERBOSE },
    { "log-file", 0, OPTION_OPTIONAL_ARGUMENT, LOG_OPTION_FILE },
    { "syslog-method", 0, OPTION_REQUIRED_ARGUMENT, LOG_OPTION_SYSLOG_METHOD },
    { "syslog-target", 0, OPTION_REQUIRED_ARGUMENT, LOG_OPTION_SYSLOG_TARGET },
};

static void
open_log_file(const char *argument)
{
    char *name = argument
                     ? xstrdup(argument)
                     : xasprintf("%s/%s.log", dirs_logdir(), program_name());
    /* The log has told why. */
    if (log_set_file(name)) {
        exit(EXIT_FAILURE);
    }
    free(name);
}

static struct error *
handle_log_option(int id, const char *argument, void *arg UNUSED)
{
    struct error *error;
    switch ((enum log_option) id) {
    case LOG_OPTION_VERBOSE:
        error = log_configure(argument ? argument : "");
        return error ? error_prefix(error, "processing \"%s\"", argument)
                     : NULL;
    case LOG_OPTION_FILE:
        open_log_file(argument);
        return NULL;
    case LOG_OPTION_SYSLOG_METHOD:
        return log_set_syslog_method(argument);
    case LOG_OPTION_SYSLOG_TARGET:
        error = log_set_syslog_target(argument);
        if (!error) {
            log_warn("--syslog-target flag is deprecated, use "
                     "--syslog-method instead");
        }
        return error;
    }
    NOT_REACHED();
}

const struct option_group options_log_group = {
    log_specs,
    ARRAY_SIZE(log_specs),
    handle_log_option,
    NULL,
};

void
options_log_print_help(void)
{
    printf("\nLogging options:\n"
           "  -vSPEC, --verbose=SPEC   set logging levels\n"
           "  -v, --verbose            log everything\n"
           "  --log-file[=FILE]        also log to FILE\n"
           "                           (default: %s/%s.log)\n"
           "  --syslog-method=(libc|unix:file|udp:ip:port|null)\n"
           "                           how to reach the syslog daemon\n"
           "  --syslog-target=HOST:PORT  also send records to HOST:PORT by "
           "UDP\n",
           dirs_logdir(), program_name());
}

void
options_set_timeout(unsigned int seconds)
{
    if (!seconds) {
        const char *text = getenv("OVS_CTL_TIMEOUT");
        uint32_t value;
        if (text && scan_u32(text, 10, &value)) {
            seconds = value;
        }
    }
    if (seconds) {
        fatal_start();
        alarm(seconds);
    }
}

struct error *
options_parse_timeout(const char *argument, unsigned int *secondsp)
{
    uint32_t value;
    *secondsp = 0;
    if (!scan_u32(argument, 10, &value) || !value || value > INT32_MAX) {
        return error_create("value %s on -t or --timeout is invalid",
                            argument);
    }
    *secondsp = value;
    return NULL;
}
