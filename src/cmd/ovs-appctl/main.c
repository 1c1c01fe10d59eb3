/* ovs-appctl: runs commands in running daemons. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "rpc/appctl/client.h"
#include "rpc/json/json.h"
#include "sys/log/log.h"
#include "sys/loop/loop.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

/* What the command line says. */
struct arguments {
    const char *target;
    const char *format; /* "text" or "json". */
    bool pretty;
    bool execute; /* Arguments may be whole command lines. */
    unsigned int timeout_s;
};

enum {
    OPT_TARGET,
    OPT_EXECUTE,
    OPT_FORMAT,
    OPT_HELP,
    OPT_OPTION,
    OPT_PRETTY,
    OPT_VERSION,
    OPT_TIMEOUT,
};

static const struct option_spec specs[] = {
    { "target", 't', OPTION_REQUIRED_ARGUMENT, OPT_TARGET },
    { "execute", 'e', OPTION_NO_ARGUMENT, OPT_EXECUTE },
    { "format", 'f', OPTION_REQUIRED_ARGUMENT, OPT_FORMAT },
    { "help", 'h', OPTION_NO_ARGUMENT, OPT_HELP },
    { "option", 'o', OPTION_NO_ARGUMENT, OPT_OPTION },
    { "pretty", 0, OPTION_NO_ARGUMENT, OPT_PRETTY },
    { "version", 'V', OPTION_NO_ARGUMENT, OPT_VERSION },
    { "timeout", 'T', OPTION_REQUIRED_ARGUMENT, OPT_TIMEOUT },
};

static struct error *handle_option(int id, const char *argument, void *arg);

static NORETURN void
print_help(void)
{
    printf("%s: asks running Open vSwitch daemons for things, and tells them "
           "to do some\n"
           "usage: %s [TARGET] COMMAND [ARG...]\n"
           "Targets:\n"
           "  -t, --target=TARGET  program (by its pid file) or socket to "
           "contact\n"
           "                       (default: ovs-vswitchd)\n"
           "Commands that every daemon has:\n"
           "  list-commands        all commands of the target\n"
           "  version              version of the target\n"
           "  vlog/list            log levels by module\n"
           "  vlog/list-pattern    log patterns by destination\n"
           "  vlog/set [SPEC...]   set log levels; SPEC has, in any order, a\n"
           "                       module (default: all), a destination\n"
           "                       (syslog, console, file; default: all), a\n"
           "                       level (off, emer, err, warn, info, dbg;\n"
           "                       default: dbg)\n"
           "  vlog/reopen          open the log file again, after rotation\n"
           "Other options:\n"
           "  -e, --execute        arguments may be whole command lines\n"
           "  -f, --format=FORMAT  print the reply as \"text\" or \"json\"\n"
           "  --pretty             lay JSON out for people\n"
           "  -T, --timeout=SECS   wait at most SECS seconds for a reply\n"
           "  -o, --option         print all options of this program\n"
           "  -h, --help           print this help\n"
           "  -V, --version        print the version of this program\n",
           program_name(), program_name());
    options_log_print_help();
    exit(EXIT_SUCCESS);
}

static void
parse_options(int argc, char *argv[], struct arguments *arguments, int *firstp)
{
    const struct option_group groups[] = {
        { specs, ARRAY_SIZE(specs), handle_option, arguments },
        options_log_group,
    };
    *firstp = options_parse(argc, argv, groups, ARRAY_SIZE(groups), true);
    if (*firstp >= argc) {
        program_fatal(0, "at least one non-option argument is required "
                         "(use --help for help)");
    }
    if (arguments->pretty && strcmp(arguments->format, "json")) {
        program_fatal(0, "--pretty is supported only with --format json "
                         "(use --help for help)");
    }
}

static struct error *
handle_option(int id, const char *argument, void *arguments_)
{
    struct arguments *arguments = arguments_;
    switch (id) {
    case OPT_TARGET:
        arguments->target = argument;
        break;
    case OPT_EXECUTE:
        arguments->execute = true;
        break;
    case OPT_FORMAT:
        if (strcmp(argument, "text") && strcmp(argument, "json")) {
            return error_create("value %s on -f or --format is invalid",
                                argument);
        }
        arguments->format = argument;
        break;
    case OPT_PRETTY:
        arguments->pretty = true;
        break;
    case OPT_HELP:
        print_help();
    case OPT_OPTION: {
        const struct option_group groups[] = {
            { specs, ARRAY_SIZE(specs), handle_option, NULL },
            options_log_group,
        };
        options_print(groups, ARRAY_SIZE(groups));
        exit(EXIT_SUCCESS);
    }
    case OPT_VERSION:
        program_print_version(0, 0);
        exit(EXIT_SUCCESS);
    case OPT_TIMEOUT: {
        struct error *error =
            options_parse_timeout(argument, &arguments->timeout_s);
        if (error) {
            error_destroy(error);
            return error_create("value %s on -T or --timeout is invalid",
                                argument);
        }
        break;
    }
    default:
        NOT_REACHED();
    }
    return NULL;
}

static struct appctl_client *
connect_to_target(struct loop *loop, const char *target)
{
    char *path;
    struct error *error = appctl_client_find(target, &path);
    if (error) {
        program_fatal_error(error);
    }
    struct appctl_client *client;
    int errnum = appctl_client_connect(loop, path, &client);
    if (errnum) {
        program_fatal(errnum, "cannot connect to \"%s\"", path);
    }
    free(path);
    return client;
}

/* Runs one command; exits with status 2 if it cannot be, or if the daemon
 * answers with an error. */
static struct json *
call(struct appctl_client *client, const struct arguments *arguments, int argc,
     char *argv[])
{
    struct json *result;
    char *error;
    int errnum = appctl_client_call(client, argv[0], argc - 1, argv + 1,
                                    &result, &error);
    if (errnum) {
        program_error(errnum == EOF ? 0 : errnum,
                      errnum == EOF ? "%s: transaction error (End of file)"
                                    : "%s: transaction error",
                      arguments->target);
        exit(2);
    }
    if (error) {
        fflush(stdout);
        fputs(error, stderr);
        program_error(0, "%s: server returned an error", arguments->target);
        exit(2);
    }
    return result;
}

static void
print_result(const struct json *result, const struct arguments *arguments)
{
    if (!strcmp(arguments->format, "json")) {
        char *text = json_print(
            result, JSON_SORT | (arguments->pretty ? JSON_PRETTY : 0));
        printf("%s\n", text);
        free(text);
    } else if (result && result->type == JSON_STRING) {
        fputs(json_text(result), stdout);
    }
}

/* Splits a command line at white space; quotes keep white space, a backslash
 * keeps the next character. */
static void
split_words(const char *line, struct str_vec *words)
{
    struct str word = STR_INITIALIZER;
    bool in_word = false;
    char quote = '\0';
    for (const char *p = line; *p; p++) {
        if (!quote && strchr(" \t\n", *p)) {
            if (in_word) {
                str_vec_push_take(words, str_steal(&word));
                in_word = false;
            }
            continue;
        }
        in_word = true;
        if (*p == quote) {
            quote = '\0';
        } else if (!quote && (*p == '"' || *p == '\'')) {
            quote = *p;
        } else {
            p += *p == '\\' && p[1];
            str_put_char(&word, *p);
        }
    }
    if (in_word) {
        str_vec_push_take(words, str_steal(&word));
    }
    str_uninit(&word);
}

static void
execute_lines(struct appctl_client *client, const struct arguments *arguments,
              int n, char *lines[])
{
    for (int i = 0; i < n; i++) {
        struct str_vec words = VEC_INITIALIZER;
        split_words(lines[i], &words);
        if (!words.n) {
            program_fatal(0, "empty command line given to --execute");
        }
        struct json *result = call(client, arguments, words.n, words.items);
        print_result(result, arguments);
        json_unref(result);
        str_vec_uninit(&words);
    }
}

int
main(int argc, char *argv[])
{
    program_init(argc, argv);
    struct arguments arguments = { .target = "ovs-vswitchd",
                                   .format = "text" };
    int first;
    parse_options(argc, argv, &arguments, &first);
    options_set_timeout(arguments.timeout_s);

    struct loop *loop = loop_create();
    struct appctl_client *client = connect_to_target(loop, arguments.target);
    if (!strcmp(arguments.format, "json")) {
        char name[] = "set-options", option[] = "--format", json[] = "json";
        char *words[] = { name, option, json };
        json_unref(call(client, &arguments, 3, words));
    }
    /* Old scripts give --execute, which once took the command as its argument,
     * and go on with plain arguments. */
    if (arguments.execute && strpbrk(argv[first], " \t\n")) {
        execute_lines(client, &arguments, argc - first, argv + first);
    } else {
        struct json *result =
            call(client, &arguments, argc - first, argv + first);
        print_result(result, &arguments);
        json_unref(result);
    }
    appctl_client_close(client);
    loop_destroy(loop);
    return EXIT_SUCCESS;
}
