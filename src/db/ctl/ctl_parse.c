/* The command line: options, and commands between "--". */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "db/ctl/ctl_private.h"

const struct ctl_syntax *
ctl_syntax_at(const struct ctl *ctl, size_t i)
{
    for (size_t j = 0; j < ctl->config->n_groups; j++) {
        const struct ctl_group *group = &ctl->config->groups[j];
        if (i < group->n) {
            return &group->commands[i];
        }
        i -= group->n;
    }
    if (i < ctl_n_database_commands) {
        return &ctl_database_commands[i];
    }
    return i == ctl_n_database_commands ? &ctl_show_command : NULL;
}

const struct ctl_syntax *
ctl_find_syntax(const struct ctl *ctl, const char *name)
{
    const struct ctl_syntax *syntax;
    for (size_t i = 0; (syntax = ctl_syntax_at(ctl, i)); i++) {
        if (!strcmp(syntax->name, name)) {
            return syntax;
        }
    }
    return NULL;
}

bool
ctl_might_write(const struct ctl *ctl)
{
    for (size_t i = 0; i < ctl->n_commands; i++) {
        if (ctl->commands[i].syntax->access == CTL_READ_WRITE) {
            return true;
        }
    }
    return false;
}

/* Whether 'options' ("--a,--b=") has 'name'; '*takes_valuep'. */
static bool
has_option(const char *options, const char *name, bool *takes_valuep)
{
    struct str_vec list = VEC_INITIALIZER;
    str_vec_split(&list, options, ",");
    bool found = false;
    for (size_t i = 0; i < list.n && !found; i++) {
        char *option = list.items[i];
        size_t len = strlen(option);
        *takes_valuep = len && option[len - 1] == '=';
        if (*takes_valuep) {
            option[len - 1] = '\0';
        }
        found = !strcmp(option, name);
    }
    str_vec_uninit(&list);
    return found;
}

static void
check_options(const struct ctl_command *command)
{
    const struct ctl_syntax *syntax = command->syntax;
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &command->options) {
        bool takes_value;
        if (!has_option(syntax->options, node->name, &takes_value)) {
            ctl_fail("'%s' command has no '%s' option", syntax->name,
                     node->name);
        }
        if (takes_value && !node->data) {
            ctl_fail("missing argument to '%s' option on '%s' command",
                     node->name, syntax->name);
        }
        if (!takes_value && node->data) {
            ctl_fail("'%s' option on '%s' does not accept an argument",
                     node->name, syntax->name);
        }
    }
}

static void
check_n_args(const struct ctl_command *command)
{
    const struct ctl_syntax *syntax = command->syntax;
    int n = command->argc - 1;
    if (n < syntax->min_args) {
        ctl_fail("'%s' command requires at least %d arguments", syntax->name,
                 syntax->min_args);
    }
    if (n > syntax->max_args) {
        /* An option after the command is a common mistake. */
        for (int i = 1; i < command->argc; i++) {
            if (command->argv[i][0] == '-') {
                ctl_fail("'%s' command takes at most %d arguments (note that "
                         "options must precede command names and follow a "
                         "\"--\" argument)",
                         syntax->name, syntax->max_args);
            }
        }
        ctl_fail("'%s' command takes at most %d arguments", syntax->name,
                 syntax->max_args);
    }
}

static void
parse_command(struct ctl *ctl, int argc, char *argv[], bool first)
{
    struct ctl_command *command = &ctl->commands[ctl->n_commands++];
    memset(command, 0, sizeof *command);
    strmap_init(&command->options);
    if (first) {
        struct strmap_node *node;
        STRMAP_FOR_EACH (node, &ctl->local_options) {
            strmap_add(&command->options, node->name,
                       xstrdup_nullable(node->data));
        }
    }
    int i = 0;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char *equals = strchr(argv[i], '=');
        char *name =
            equals ? xmemdup0(argv[i], equals - argv[i]) : xstrdup(argv[i]);
        char *value = equals ? xstrdup(equals + 1) : NULL;
        bool added = strmap_add_once(&command->options, name, value);
        free(name);
        if (!added) {
            free(value);
            ctl_fail("'%s' option specified multiple times", argv[i]);
        }
    }
    if (i == argc) {
        ctl_fail("missing command name (use --help for help)");
    }
    command->syntax = ctl_find_syntax(ctl, argv[i]);
    if (!command->syntax) {
        ctl_fail("unknown command '%s'; use --help for help", argv[i]);
    }
    command->argc = argc - i;
    command->argv = &argv[i];
    check_options(command);
    check_n_args(command);
}

void
ctl_parse_commands(struct ctl *ctl, int argc, char *argv[])
{
    /* Commands hold maps, which must not move. */
    ctl->commands = xcalloc(argc + 1, sizeof *ctl->commands);
    bool first = true;
    int start = 0;
    for (int i = 0; i <= argc; i++) {
        if (i < argc && strcmp(argv[i], "--")) {
            continue;
        }
        if (i > start || (i == argc && first)) {
            parse_command(ctl, i - start, &argv[start], first);
            first = false;
        }
        start = i + 1;
    }
}

/* "BRIDGE [PARENT] ARG..." becomes "!BRIDGE ?PARENT +ARG". */
static void
print_arguments(const char *arguments)
{
    struct str_vec words = VEC_INITIALIZER;
    str_vec_split(&words, arguments, " ");
    for (size_t i = 0; i < words.n; i++) {
        char *word = words.items[i];
        bool many = scan_suffix(word, "...");
        if (many) {
            word[strlen(word) - 3] = '\0';
        }
        bool optional = *word == '[' && word[strlen(word) - 1] == ']';
        if (optional) {
            word[strlen(word) - 1] = '\0';
            word++;
        }
        printf("%s%c", i ? " " : "",
               many ? (optional ? '*' : '+') : (optional ? '?' : '!'));
        /* Brackets inside: what follows is optional. */
        for (; *word; word++) {
            if (*word == '[') {
                putchar('?');
            } else if (*word != ']') {
                putchar(*word);
            }
        }
    }
    str_vec_uninit(&words);
}

void
ctl_print_commands(const struct ctl *ctl)
{
    const struct ctl_syntax *syntax;
    for (size_t i = 0; (syntax = ctl_syntax_at(ctl, i)); i++) {
        struct str_vec options = VEC_INITIALIZER;
        str_vec_split(&options, syntax->options, ",");
        for (size_t j = 0; j < options.n; j++) {
            printf("[%s] ", options.items[j]);
        }
        str_vec_uninit(&options);
        printf(",%s,", syntax->name);
        print_arguments(syntax->arguments);
        putchar('\n');
    }
}
