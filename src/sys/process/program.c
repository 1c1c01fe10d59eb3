/* The program's name, version, title and fatal errors. */

#include "sys/process/program.h"

#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config.h"
#include "sys/log/log_config.h"

extern char **environ;

static char *name;
static char *banner;

/* The memory where the kernel looks for the command line: the arguments and
 * the environment behind them, and a copy of what it held at first. */
static char *title_start;
static size_t title_size;
static char *title_original;

/* Frees the room behind the arguments for long titles. */
static void
move_environment(void)
{
    size_t n = 0;
    while (environ[n]) {
        n++;
    }
    char **copy = xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++) {
        copy[i] = xstrdup(environ[i]);
    }
    environ = copy;
}

static void
find_title_room(int argc, char *argv[])
{
    char *end = argv[0];
    for (int i = 0; i < argc; i++) {
        if (argv[i] == end) {
            end += strlen(argv[i]) + 1;
        }
    }
    size_t args_size = end - argv[0];
    for (char **p = environ; *p; p++) {
        if (*p == end) {
            end += strlen(*p) + 1;
        }
    }
    title_start = argv[0];
    title_size = end - argv[0];
    title_original = xmemdup(title_start, args_size);
    title_original = xrealloc(title_original, title_size);
    memset(title_original + args_size, 0, title_size - args_size);
}

void
program_set_name(const char *new_name)
{
    free(name);
    free(banner);
    name = xstrdup(new_name);
    banner = xasprintf("%s (Open vSwitch) %s", name, OVS_VERSION);
    log_set_program(name);
}

/* Glibc would give each thread a heap of its own, which grows by a system call
 * a page: one for all, in large steps, suits flows that one thread makes and
 * another frees. */
static void
tune_heap(void)
{
    enum { HEAP_STEP = 1 << 20 };

    (void) mallopt(M_ARENA_MAX, 1);
    (void) mallopt(M_TOP_PAD, HEAP_STEP);
    (void) mallopt(M_TRIM_THRESHOLD, 8 * HEAP_STEP);
}

void
program_init(int argc, char *argv[])
{
    const char *slash = strrchr(argv[0], '/');
    tune_heap();
    program_set_name(slash ? slash + 1 : argv[0]);
    find_title_room(argc, argv);
    signal(SIGPIPE, SIG_IGN);

    const char *method = getenv("OVS_SYSLOG_METHOD");
    if (method && *method) {
        struct error *error = log_set_syslog_method(method);
        if (error) {
            program_fatal_error(error);
        }
    }
}

const char *
program_name(void)
{
    return name ? name : "ovs";
}

const char *
program_version(void)
{
    return OVS_VERSION;
}

const char *
program_banner(void)
{
    return banner ? banner : "ovs (Open vSwitch) " OVS_VERSION;
}

void
program_print_version(int min_ofp, int max_ofp)
{
    printf("%s\n", program_banner());
    if (min_ofp || max_ofp) {
        printf("OpenFlow versions %#x:%#x\n", min_ofp, max_ofp);
    }
}

static void
print_error(int errnum, const char *format, va_list args)
{
    fflush(stdout);
    fprintf(stderr, "%s: ", program_name());
    vfprintf(stderr, format, args);
    if (errnum > 0) {
        fprintf(stderr, " (%s)", strerror(errnum));
    } else if (errnum < 0) {
        fputs(" (End of file)", stderr);
    }
    putc('\n', stderr);
}

void
program_error(int errnum, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_error(errnum, format, args);
    va_end(args);
}

void
program_fatal(int errnum, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_error(errnum, format, args);
    va_end(args);
    exit(EXIT_FAILURE);
}

void
program_fatal_error(struct error *error)
{
    program_error(0, "%s", error_text(error));
    error_destroy(error);
    exit(EXIT_FAILURE);
}

void
program_set_title(const char *format, ...)
{
    static bool moved;
    if (!title_start || (!format && !moved)) {
        return;
    }
    if (!moved) {
        move_environment();
        moved = true;
    }
    if (!format) {
        memcpy(title_start, title_original, title_size);
        return;
    }
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    memset(title_start, 0, title_size);
    snprintf(title_start, title_size, "%s: %s", program_name(), text);
    free(text);
}
