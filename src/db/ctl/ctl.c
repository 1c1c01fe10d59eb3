/* Engine of tools that change a database by commands. */

#include "db/ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "db/ctl/ctl_private.h"
#include "rpc/stream/tls.h"
#include "sys/log/log.h"
#include "sys/log/log_config.h"
#include "sys/loop/loop.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

LOG_MODULE(db_ctl_base);

void
ctl_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    log_set_level("db_ctl_base", LOG_TO_CONSOLE, LOG_LEVEL_OFF);
    log_err("%s", text);
    fflush(stdout);
    program_fatal(0, "%s", text);
}

void
ctl_check(struct error *error)
{
    if (error) {
        ctl_fail("%s", error_text(error));
    }
}

bool
ctl_has_option(const struct ctl_context *c, const char *name)
{
    return strmap_find(c->options, name) != NULL;
}

const char *
ctl_option(const struct ctl_context *c, const char *name)
{
    return strmap_get(c->options, name);
}

bool
ctl_waits(const struct ctl *ctl)
{
    return ctl->wait;
}

struct idl *
ctl_idl(const struct ctl *ctl)
{
    return ctl->idl;
}

struct loop *
ctl_loop(const struct ctl *ctl)
{
    return ctl->loop;
}

bool
ctl_has_timeout(const struct ctl *ctl)
{
    const char *text = getenv("OVS_CTL_TIMEOUT");
    return ctl->timeout_s || (text && *text);
}

void
ctl_need(struct ctl_context *c, size_t table, const char *column)
{
    idl_monitor_rows(c->idl, table);
    if (column) {
        const struct column *found = ctl_column(c, table, column);
        assert(found);
        if (found->index >= COLUMN_N_STD) {
            idl_monitor_column(c->idl, table, found->index - COLUMN_N_STD);
        }
    }
}

/* Options. */

enum {
    OPT_DB,
    OPT_NO_SYSLOG,
    OPT_NO_WAIT,
    OPT_DRY_RUN,
    OPT_ONELINE,
    OPT_TIMEOUT,
    OPT_RETRY,
    OPT_HELP,
    OPT_VERSION,
    OPT_COMMANDS,
    OPT_OPTIONS,
    OPT_LEADER_ONLY,
    OPT_NO_LEADER_ONLY,
    OPT_SHUFFLE,
    OPT_NO_SHUFFLE,
};

static const struct option_spec own_options[] = {
    { "db", 0, OPTION_REQUIRED_ARGUMENT, OPT_DB },
    { "no-syslog", 0, OPTION_NO_ARGUMENT, OPT_NO_SYSLOG },
    { "no-wait", 0, OPTION_NO_ARGUMENT, OPT_NO_WAIT },
    { "dry-run", 0, OPTION_NO_ARGUMENT, OPT_DRY_RUN },
    { "oneline", 0, OPTION_NO_ARGUMENT, OPT_ONELINE },
    { "timeout", 't', OPTION_REQUIRED_ARGUMENT, OPT_TIMEOUT },
    { "retry", 0, OPTION_NO_ARGUMENT, OPT_RETRY },
    { "help", 'h', OPTION_NO_ARGUMENT, OPT_HELP },
    { "commands", 0, OPTION_NO_ARGUMENT, OPT_COMMANDS },
    { "options", 0, OPTION_NO_ARGUMENT, OPT_OPTIONS },
    { "leader-only", 0, OPTION_NO_ARGUMENT, OPT_LEADER_ONLY },
    { "no-leader-only", 0, OPTION_NO_ARGUMENT, OPT_NO_LEADER_ONLY },
    { "shuffle-remotes", 0, OPTION_NO_ARGUMENT, OPT_SHUFFLE },
    { "no-shuffle-remotes", 0, OPTION_NO_ARGUMENT, OPT_NO_SHUFFLE },
    { "version", 'V', OPTION_NO_ARGUMENT, OPT_VERSION },
};

static void print_options(const struct ctl *);

static struct error *
handle_own(int id, const char *argument, void *ctl_)
{
    struct ctl *ctl = ctl_;
    switch (id) {
    case OPT_DB:
        free(ctl->db);
        ctl->db = xstrdup(argument);
        break;
    case OPT_NO_SYSLOG:
        log_set_level(ctl->config->log->name, LOG_TO_SYSLOG, LOG_LEVEL_WARN);
        break;
    case OPT_NO_WAIT:
        ctl->wait = false;
        break;
    case OPT_DRY_RUN:
        ctl->dry_run = true;
        break;
    case OPT_ONELINE:
        ctl->oneline = true;
        break;
    case OPT_TIMEOUT: {
        struct error *error = options_parse_timeout(argument, &ctl->timeout_s);
        if (error) {
            error_destroy(error);
            return error_create("value %s on -t or --timeout is invalid",
                                argument);
        }
        break;
    }
    case OPT_RETRY:
        ctl->retry = true;
        break;
    case OPT_HELP:
        ctl_print_help(ctl->config);
        exit(EXIT_SUCCESS);
    case OPT_COMMANDS:
        ctl_print_commands(ctl);
        exit(EXIT_SUCCESS);
    case OPT_OPTIONS:
        print_options(ctl);
        exit(EXIT_SUCCESS);
    case OPT_VERSION:
        program_print_version(0, 0);
        printf("DB Schema %s\n", idl_schema(ctl->idl)->version);
        exit(EXIT_SUCCESS);
    case OPT_LEADER_ONLY:
    case OPT_NO_LEADER_ONLY:
        idl_set_leader_only(ctl->idl, id == OPT_LEADER_ONLY);
        break;
    case OPT_SHUFFLE:
    case OPT_NO_SHUFFLE:
        ctl->shuffle = id == OPT_SHUFFLE;
        break;
    }
    return NULL;
}

/* Options of commands may come before the first of them: 'id' is the index
 * in 'specs'. */
struct local_group {
    struct ctl *ctl;
    struct option_spec *specs;
    size_t n;
};

static struct error *
handle_local(int id, const char *argument, void *group_)
{
    struct local_group *group = group_;
    char *name = xasprintf("--%s", group->specs[id].name);
    /* Of several, the first one counts. */
    if (!strmap_find(&group->ctl->local_options, name)) {
        strmap_add(&group->ctl->local_options, name,
                   xstrdup_nullable(argument));
    }
    free(name);
    return NULL;
}

static void
add_local_options(struct local_group *group)
{
    struct strset seen = STRSET_INITIALIZER(&seen);
    const struct ctl_syntax *syntax;
    for (size_t i = 0; (syntax = ctl_syntax_at(group->ctl, i)); i++) {
        struct str_vec options = VEC_INITIALIZER;
        str_vec_split(&options, syntax->options, ",");
        for (size_t j = 0; j < options.n; j++) {
            char *name = xstrdup(options.items[j] + 2);
            bool value = name[strlen(name) - 1] == '=';
            if (value) {
                name[strlen(name) - 1] = '\0';
            }
            if (!strset_add(&seen, name)) {
                free(name);
                continue;
            }
            group->specs =
                xrealloc(group->specs, (group->n + 1) * sizeof *group->specs);
            group->specs[group->n] = (struct option_spec){
                name, 0, value ? OPTION_REQUIRED_ARGUMENT : OPTION_NO_ARGUMENT,
                (int) group->n
            };
            group->n++;
        }
        str_vec_uninit(&options);
    }
    strset_uninit(&seen);
}

/* Whether the tool takes the option. */
static bool
is_offered(const struct ctl_config *config, int id)
{
    switch (id) {
    case OPT_NO_WAIT:
    case OPT_RETRY:
    case OPT_COMMANDS:
    case OPT_OPTIONS:
    case OPT_LEADER_ONLY:
    case OPT_NO_LEADER_ONLY:
    case OPT_SHUFFLE:
    case OPT_NO_SHUFFLE:
        return config->has_wait;
    default:
        return true;
    }
}

/* The options of this file that the tool takes. */
static struct option_group
own_group(struct ctl *ctl)
{
    static struct option_spec offered[ARRAY_SIZE(own_options)];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(own_options); i++) {
        if (is_offered(ctl->config, own_options[i].id)) {
            offered[n++] = own_options[i];
        }
    }
    return (struct option_group){ offered, n, handle_own, ctl };
}

enum { COMMON_GROUPS = 6 };

/* The options that every command line may have. */
static size_t
common_groups(struct ctl *ctl, struct option_group groups[COMMON_GROUPS])
{
    groups[0] = own_group(ctl);
    groups[1] = options_log_group;
    groups[2] =
        (struct option_group){ text_table_options, text_table_n_options,
                               text_table_option, &ctl->style };
    groups[3] = tls_option_group;
    groups[4] = tls_bootstrap_option_group;
    groups[5] = tls_peer_option_group;
    return COMMON_GROUPS;
}

static void
print_options(const struct ctl *ctl)
{
    struct option_group groups[COMMON_GROUPS];
    size_t n = common_groups((struct ctl *) ctl, groups);
    for (size_t g = 0; g < n; g++) {
        for (size_t i = 0; i < groups[g].n; i++) {
            const struct option_spec *spec = &groups[g].specs[i];
            bool argument = spec->argument != OPTION_NO_ARGUMENT;
            if (spec->name) {
                printf("--%s%s\n", spec->name, argument ? "=ARG" : "");
            }
            if (spec->letter) {
                printf("-%c%s\n", spec->letter, argument ? " ARG" : "");
            }
        }
    }
}

static int
parse_options(struct ctl *ctl, int argc, char *argv[])
{
    struct option_group groups[COMMON_GROUPS + 1];
    size_t n = common_groups(ctl, groups);
    struct local_group local = { ctl, NULL, 0 };
    add_local_options(&local);
    groups[n++] =
        (struct option_group){ local.specs, local.n, handle_local, &local };
    int first = options_parse(argc, argv, groups, n, true);
    for (size_t i = 0; i < local.n; i++) {
        free((char *) local.specs[i].name);
    }
    free(local.specs);
    return first;
}

/* The command line as text. */

static char *
escape_args(int argc, char *argv[])
{
    struct str s = STR_INITIALIZER;
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        str_put_repeat(&s, ' ', i > 0);
        if (!*arg || arg[strcspn(arg, " \t\r\n\v\\\'\"")]) {
            json_put_string(&s, arg, strlen(arg));
        } else {
            str_put(&s, arg);
        }
    }
    return str_steal(&s);
}

/* Name of the process that started this one, "" if unknown. */
static void
put_parent_name(struct str *s)
{
    char *name = xasprintf("/proc/%ld/comm", (long) getppid());
    FILE *file = fopen(name, "r");
    free(name);
    if (file) {
        str_get_line(s, file);
        fclose(file);
    }
}

static char *
transaction_comment(const char *args)
{
    struct str parent = STR_INITIALIZER;
    put_parent_name(&parent);
    char *comment = parent.len
                        ? xasprintf("%s (invoked by %s): %s", program_name(),
                                    str_text(&parent), args)
                        : xasprintf("%s: %s", program_name(), args);
    str_uninit(&parent);
    return comment;
}

/* Running. */

static void
init_context(struct ctl_context *c, struct ctl *ctl,
             struct ctl_command *command)
{
    c->ctl = ctl;
    c->idl = ctl->idl;
    c->command = command;
    if (command) {
        c->argc = command->argc;
        c->argv = command->argv;
        c->options = &command->options;
        c->output = &command->output;
        c->table = &command->table;
    }
}

static void
run_prerequisites(struct ctl *ctl)
{
    struct ctl_context c = { .symbols = symbol_table_create() };
    init_context(&c, ctl, NULL);
    ctl->config->prerequisites(&c);
    for (size_t i = 0; i < ctl->n_commands; i++) {
        init_context(&c, ctl, &ctl->commands[i]);
        if (ctl->commands[i].syntax->prerequisites) {
            ctl->commands[i].syntax->prerequisites(&c);
        }
    }
    symbol_table_destroy(c.symbols);
}

static void
check_symbols(const struct log_module *log, const struct symbol_table *symbols)
{
    struct strmap_node *node;
    STRMAP_FOR_EACH (node, &symbols->symbols) {
        const struct symbol *symbol = node->data;
        if (!symbol->created) {
            ctl_fail("row id \"%s\" is referenced but never created (e.g. "
                     "with \"-- --id=%s create ...\")",
                     node->name, node->name);
        }
        if (!symbol->strong_ref) {
            if (!symbol->weak_ref) {
                log_write(log, LOG_LEVEL_WARN,
                          "row id \"%s\" was created but no reference to it "
                          "was inserted, so it will not actually appear in "
                          "the database",
                          node->name);
            } else {
                log_write(log, LOG_LEVEL_WARN,
                          "row id \"%s\" was created but only a weak "
                          "reference to it was inserted, so it will not "
                          "actually appear in the database",
                          node->name);
            }
        }
    }
}

static void
print_output(struct ctl *ctl)
{
    struct str s = STR_INITIALIZER;
    bool any_table = false;
    for (size_t i = 0; i < ctl->n_commands; i++) {
        struct ctl_command *command = &ctl->commands[i];
        if (command->table.headings.n) {
            text_table_put(&command->table, &ctl->style, &any_table, &s);
        } else if (ctl->oneline) {
            str_chomp(&command->output, "\n");
            for (const char *p = str_text(&command->output); *p; p++) {
                if (*p == '\n') {
                    str_put(&s, "\\n");
                } else if (*p == '\\') {
                    str_put(&s, "\\\\");
                } else {
                    str_put_char(&s, *p);
                }
            }
            str_put_char(&s, '\n');
        } else {
            str_put(&s, str_text(&command->output));
        }
    }
    fputs(str_text(&s), stdout);
    str_uninit(&s);
}

/* Runs the commands in a transaction; false: one of them waits for the
 * database to change. */
static bool
run_commands(struct ctl *ctl, struct ctl_context *c)
{
    for (size_t i = 0; i < ctl->n_commands; i++) {
        struct ctl_command *command = &ctl->commands[i];
        str_clear(&command->output);
        text_table_uninit(&command->table);
    }
    for (size_t i = 0; i < ctl->n_commands; i++) {
        init_context(c, ctl, &ctl->commands[i]);
        ctl->commands[i].syntax->run(c);
        if (c->try_again) {
            return false;
        }
    }
    return true;
}

static void
postprocess(struct ctl *ctl, struct ctl_context *c)
{
    for (size_t i = 0; i < ctl->n_commands; i++) {
        init_context(c, ctl, &ctl->commands[i]);
        if (ctl->commands[i].syntax->postprocess) {
            ctl->commands[i].syntax->postprocess(c);
        }
    }
}

/* One attempt: true when done, with the exit status. */
static bool
attempt(struct ctl *ctl, int *statusp)
{
    struct ctl_context c = { 0 };
    c.txn = idl_txn_create(ctl->idl);
    idl_txn_set_optimistic(c.txn);
    c.symbols = symbol_table_create();
    if (ctl->dry_run) {
        idl_txn_set_dry_run(c.txn);
    }
    idl_txn_add_comment(c.txn, ctl->comment);
    init_context(&c, ctl, NULL);
    ctl->config->begin(&c);
    bool done = run_commands(ctl, &c);
    enum idl_txn_status status = IDL_TXN_TRY_AGAIN;
    if (done) {
        check_symbols(ctl->config->log, c.symbols);
        if (ctl->config->check) {
            ctl->config->check(&c);
        }
    }
    if (ctl->config->end) {
        ctl->config->end(&c);
    }
    if (done) {
        status = idl_txn_commit_block(c.txn);
        if (status == IDL_TXN_SUCCESS || status == IDL_TXN_UNCHANGED) {
            postprocess(ctl, &c);
        }
    }
    int64_t value = idl_txn_increment_value(c.txn);
    switch (status) {
    case IDL_TXN_UNCOMMITTED:
    case IDL_TXN_INCOMPLETE:
    case IDL_TXN_ABORTED:
        NOT_REACHED();
    case IDL_TXN_UNCHANGED:
    case IDL_TXN_SUCCESS:
        break;
    case IDL_TXN_TRY_AGAIN:
        done = false;
        break;
    case IDL_TXN_ERROR:
        ctl_fail("transaction error: %s", idl_txn_error(c.txn));
    case IDL_TXN_NOT_LOCKED:
        ctl_fail("database not locked");
    }
    symbol_table_destroy(c.symbols);
    idl_txn_destroy(c.txn);
    if (done) {
        print_output(ctl);
        *statusp = EXIT_SUCCESS;
        if (ctl->wait && status == IDL_TXN_SUCCESS) {
            fflush(stdout);
            *statusp = ctl->config->wait(ctl, value, true);
        }
    }
    return done;
}

static void
on_changed(void *arg UNUSED)
{
}

void
ctl_wait_for_change(struct ctl *ctl)
{
    uint64_t seqno = idl_seqno(ctl->idl);
    while (idl_seqno(ctl->idl) == seqno) {
        if (!idl_is_alive(ctl->idl)) {
            int error = idl_last_error(ctl->idl);
            const char *complaint = idl_server_complaint(ctl->idl);
            ctl_fail("%s: database connection failed (%s)",
                     idl_remote(ctl->idl),
                     complaint      ? complaint
                     : error == EOF ? "End of file"
                                    : strerror(error));
        }
        if (idl_error(ctl->idl)) {
            ctl_fail("%s: %s", idl_remote(ctl->idl), idl_error(ctl->idl));
        }
        loop_run_once(ctl->loop, -1);
    }
}

int
ctl_main(int argc, char *argv[], const struct ctl_config *config)
{
    static const struct idl_observer observer = { .changed = on_changed };
    /* Static, since the process ends without tidying its memory. */
    static struct ctl ctl;
    ctl = (struct ctl){
        .config = config,
        .wait = config->has_wait,
        .shuffle = true,
        .style = { .format = TABLE_LIST,
                   .headings = true,
                   .default_format = true },
    };
    log_set_level(NULL, LOG_TO_CONSOLE, LOG_LEVEL_WARN);
    ctl.loop = loop_create();
    ctl.idl = idl_create(ctl.loop, config->database, &observer, NULL);
    strmap_init(&ctl.local_options);

    char *args = escape_args(argc, argv);
    int first = parse_options(&ctl, argc, argv);
    ctl_parse_commands(&ctl, argc - first, argv + first);
    log_write(config->log,
              ctl_might_write(&ctl) ? LOG_LEVEL_INFO : LOG_LEVEL_DBG,
              "Called as %s", args);
    ctl.comment = transaction_comment(args);
    options_set_timeout(ctl.timeout_s);
    if (!ctl.db) {
        ctl.db = xasprintf("unix:%s/db.sock", dirs_rundir());
    }
    run_prerequisites(&ctl);
    idl_set_shuffle(ctl.idl, ctl.shuffle);
    idl_set_trust(ctl.idl, true);
    idl_connect(ctl.idl, ctl.db, ctl.retry);

    int status = EXIT_SUCCESS;
    do {
        if (!idl_has_ever_synced(ctl.idl)) {
            ctl_wait_for_change(&ctl);
        }
    } while (!idl_has_ever_synced(ctl.idl));
    for (;;) {
        uint64_t seqno = idl_seqno(ctl.idl);
        if (attempt(&ctl, &status)) {
            break;
        }
        if (seqno == idl_seqno(ctl.idl)) {
            ctl_wait_for_change(&ctl);
        }
    }
    fflush(stdout);
    free(args);
    return status;
}
