/* dpctl commands on datapaths and ports; the table of all. */

#include "datapath/ctl/ctl.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "datapath/ctl/ctl_private.h"
#include "datapath/netdev/netdev.h"
#include "sys/process/program.h"

void
ctl_init(struct ctl *ctl)
{
    memset(ctl, 0, sizeof *ctl);
}

void
ctl_uninit(struct ctl *ctl)
{
    str_uninit(&ctl->out);
    str_uninit(&ctl->errors);
}

void
ctl_fail(struct ctl *ctl, int errnum, const char *format, ...)
{
    va_list args;
    ctl->failed = true;
    str_putf(&ctl->errors, "%s: ", program_name());
    va_start(args, format);
    str_putv(&ctl->errors, format, args);
    va_end(args);
    if (errnum) {
        str_putf(&ctl->errors, " (%s)", strerror(errnum));
    }
    str_put_char(&ctl->errors, '\n');
}

/* "TYPE@NAME" in two; the type of a bare name is "system". */
static struct datapath *
find_named(const char *text)
{
    const char *at = strchr(text, '@');
    char *CLEANUP(free_ptr) type =
        at ? xmemdup0(text, at - text) : xstrdup("system");
    return datapath_find(at ? at + 1 : text, type);
}

/* What a program without datapaths of its own can say: it would ask the
 * kernel. */
static int
no_datapath_errno(const struct ctl *ctl)
{
    return ctl->is_appctl ? ENODEV : ENOENT;
}

struct datapath *
ctl_datapath(struct ctl *ctl, const char *name)
{
    struct datapath *dp = NULL;
    if (name) {
        dp = find_named(name);
    } else {
        size_t n;
        struct datapath **all = datapath_list(&n);
        if (n == 1) {
            dp = all[0];
        } else {
            ctl_fail(ctl, 0,
                     n ? "multiple datapaths, specify one"
                       : "no datapaths exist");
        }
        free(all);
    }
    if (!dp) {
        ctl_fail(ctl, EINVAL, "datapath not found");
    }
    return dp;
}

static void
put_full_name(const struct datapath *dp, struct str *s)
{
    str_putf(s, "%s@%s", dp->type, dp->name);
}

/* An unknown counter is a question mark. */
static void
put_counter(const char *head, uint64_t value, struct str *s)
{
    str_put(s, head);
    if (value == UINT64_MAX) {
        str_put_char(s, '?');
    } else {
        str_put_u64(s, value);
    }
}

static void
put_port_stats(const struct netdev *d, struct str *s)
{
    struct netdev_stats x;
    int error = netdev_get_stats(d, &x);
    if (error) {
        str_putf(s, ", could not retrieve stats (%s)\n", strerror(error));
        return;
    }
    put_counter("    RX packets:", x.rx_packets, s);
    put_counter(" errors:", x.rx_errors, s);
    put_counter(" dropped:", x.rx_dropped, s);
    put_counter(" overruns:", x.rx_over_errors, s);
    put_counter(" frame:", x.rx_frame_errors, s);
    put_counter("\n    TX packets:", x.tx_packets, s);
    put_counter(" errors:", x.tx_errors, s);
    put_counter(" dropped:", x.tx_dropped, s);
    put_counter(" aborted:", x.tx_aborted_errors, s);
    put_counter(" carrier:", x.tx_carrier_errors, s);
    put_counter("\n    collisions:", x.collisions, s);
    str_put(s, "\n    RX bytes:");

    static const struct {
        uint64_t size;
        const char *unit;
    } units[] = { { UINT64_C(1) << 40, "TiB" },
                  { 1 << 30, "GiB" },
                  { 1 << 20, "MiB" },
                  { 1 << 10, "KiB" } };

    for (int tx = 0; tx < 2; tx++) {
        uint64_t bytes = tx ? x.tx_bytes : x.rx_bytes;
        put_counter(tx ? "  TX bytes:" : "", bytes, s);
        for (size_t i = 0; bytes != UINT64_MAX && i < ARRAY_SIZE(units); i++) {
            if (bytes >= units[i].size) {
                str_putf(s, " (%.1f %s)", (double) bytes / units[i].size,
                         units[i].unit);
                break;
            }
        }
    }
    str_put_char(s, '\n');
}

/* Options that the device has in force: ": a=b, c=d". */
static void
put_port_options(const struct netdev *d, struct str *s)
{
    struct strmap options;
    strmap_init(&options);
    netdev_get_options(d, &options);
    struct strmap_node **sorted = strmap_sort(&options);
    for (size_t i = 0; i < strmap_count(&options); i++) {
        str_putf(s, "%s %s=%s", i ? "," : ":", sorted[i]->name,
                 (const char *) sorted[i]->data);
    }
    free(sorted);
    strmap_uninit_free(&options);
}

static void
show_one(struct ctl *ctl, const struct datapath *dp)
{
    struct str *s = &ctl->out;
    struct datapath_stats stats;
    struct datapath_port *ports;

    put_full_name(dp, s);
    dp->ops->get_stats(dp, &stats);
    str_putf(
        s, ":\n  lookups: hit:%llu missed:%llu lost:%llu\n  flows: %llu\n",
        (unsigned long long) stats.n_hit, (unsigned long long) stats.n_missed,
        (unsigned long long) stats.n_lost, (unsigned long long) stats.n_flows);
    size_t n = dp->ops->port_list(dp, &ports);
    for (size_t i = 0; i < n; i++) {
        const struct netdev *d = netdev_find(ports[i].name);
        str_putf(s, "  port %u: %s", ports[i].number, ports[i].name);
        if (strcmp(ports[i].type, "system")) {
            str_putf(s, " (%s", ports[i].type);
            if (d) {
                put_port_options(d, s);
            }
            str_put_char(s, ')');
        }
        str_put_char(s, '\n');
        if (ctl->statistics && d) {
            put_port_stats(d, s);
        }
    }
    datapath_ports_free(ports, n);
}

static void
cmd_show(struct ctl *ctl, int argc, const char *argv[])
{
    size_t n;
    struct datapath **all = datapath_list(&n);
    for (int i = 1; i < argc; i++) {
        struct datapath *dp = find_named(argv[i]);
        if (dp) {
            show_one(ctl, dp);
        } else {
            ctl_fail(ctl, no_datapath_errno(ctl), "opening datapath %s failed",
                     argv[i]);
        }
    }
    for (size_t i = 0; argc == 1 && i < n; i++) {
        show_one(ctl, all[i]);
    }
    ctl->failed |= argc == 1 && !n && !ctl->is_appctl;
    free(all);
}

static void
cmd_dump_dps(struct ctl *ctl, int argc UNUSED, const char *argv[] UNUSED)
{
    size_t n;
    struct datapath **all = datapath_list(&n);
    for (size_t i = 0; i < n; i++) {
        put_full_name(all[i], &ctl->out);
        str_put_char(&ctl->out, '\n');
    }
    ctl->failed |= !n && !ctl->is_appctl;
    free(all);
}

/* "NAME[,type=T][,port_no=N][,KEY=VALUE]...". */
struct interface {
    char *name;
    const char *type;
    uint32_t number;
    struct strmap options; /* Values are borrowed from 'name'. */
};

static bool
parse_interface(struct ctl *ctl, const char *text, struct interface *i)
{
    i->name = xstrdup(text);
    i->type = "";
    i->number = ODP_PORT_NONE;
    strmap_init(&i->options);
    char *rest = strchr(i->name, ',');
    if (rest) {
        *rest++ = '\0';
    }
    char *pair;
    while ((pair = rest ? scan_token(&rest, ",") : NULL)) {
        char *equals = strchr(pair, '=');
        const char *value = equals ? equals + 1 : "";
        if (equals) {
            *equals = '\0';
        }
        if (!strcmp(pair, "type")) {
            i->type = value;
        } else if (!strcmp(pair, "port_no")) {
            if (!scan_u32(value, 10, &i->number)) {
                ctl_fail(ctl, 0, "%s: bad port number", value);
                return false;
            }
        } else if (!strmap_add_once(&i->options, pair, value)) {
            ctl_fail(ctl, 0, "duplicate \"%s\" option", pair);
        }
    }
    return true;
}

static void
interface_uninit(struct interface *i)
{
    strmap_uninit(&i->options);
    free(i->name);
}

static void
add_interface(struct ctl *ctl, struct datapath *dp, const char *dp_name,
              const char *text)
{
    struct interface i;
    struct netdev *d = NULL;

    if (parse_interface(ctl, text, &i)) {
        struct error *error =
            netdev_open(i.name, datapath_device_type(dp->type, i.type), &d);
        if (error) {
            ctl_fail(ctl, 0, "%s: failed to open network device (%s)", i.name,
                     error_text(error));
        } else if ((error = netdev_set_options(d, &i.options))) {
            ctl_fail(ctl, 0, "%s: failed to configure network device (%s)",
                     i.name, error_text(error));
        } else if (dp->ops->port_find(dp, i.name, NULL)) {
            ctl_fail(ctl, EEXIST, "adding %s to %s failed", i.name, dp_name);
        } else if ((error = dp->ops->port_add(dp, d, &i.number))) {
            ctl_fail(ctl, 0, "adding %s to %s failed (%s)", i.name, dp_name,
                     error_text(error));
        } else {
            int errnum = netdev_set_flags(d, 0, NETDEV_UP);
            if (errnum) {
                ctl_fail(ctl, errnum, "%s: failed bringing up network device",
                         i.name);
            }
        }
        error_destroy(error);
    }
    netdev_close(d);
    interface_uninit(&i);
}

static struct datapath *
open_for_interfaces(struct ctl *ctl, const char *name)
{
    struct datapath *dp = find_named(name);
    if (!dp) {
        ctl_fail(ctl, no_datapath_errno(ctl), "opening datapath");
    }
    return dp;
}

static void
cmd_add_if(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = open_for_interfaces(ctl, argv[1]);
    for (int i = 2; dp && i < argc; i++) {
        add_interface(ctl, dp, argv[1], argv[i]);
    }
}

static void
cmd_add_dp(struct ctl *ctl, int argc, const char *argv[])
{
    const char *at = strchr(argv[1], '@');
    char *CLEANUP(free_ptr) type =
        at ? xmemdup0(argv[1], at - argv[1]) : xstrdup("system");
    struct datapath *dp;

    if (!ctl->is_appctl) {
        ctl_fail(ctl, ENOENT, "add_dp");
        return;
    }
    if (find_named(argv[1])) {
        ctl_fail(ctl, EEXIST, "add_dp");
        return;
    }
    struct error *error =
        datapath_open(at ? at + 1 : argv[1], type, NULL, &dp);
    if (error) {
        ctl_fail(ctl, 0, "add_dp (%s)", error_text(error));
        error_destroy(error);
        return;
    }
    cmd_add_if(ctl, argc, argv);
}

static void
cmd_del_dp(struct ctl *ctl, int argc UNUSED, const char *argv[])
{
    struct datapath *dp = open_for_interfaces(ctl, argv[1]);
    if (dp) {
        datapath_close(dp);
    }
}

static void
cmd_del_if(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = open_for_interfaces(ctl, argv[1]);
    for (int i = 2; dp && i < argc; i++) {
        struct datapath_port port;
        uint32_t number;
        if (dp->ops->port_find(dp, argv[i], &port)) {
            number = port.number;
            free(port.name);
            free(port.type);
        } else if (!scan_u32(argv[i], 10, &number)) {
            ctl_fail(ctl, 0, "no port named %s", argv[i]);
            continue;
        }
        struct error *error = dp->ops->port_delete(dp, number);
        if (error) {
            ctl_fail(ctl, 0, "deleting port %s from %s failed (%s)", argv[i],
                     argv[1], error_text(error));
            error_destroy(error);
        }
    }
}

static void
set_interface(struct ctl *ctl, struct datapath *dp, const char *text)
{
    struct interface i;
    struct datapath_port port;

    if (!parse_interface(ctl, text, &i)) {
        interface_uninit(&i);
        return;
    }
    if (!dp->ops->port_find(dp, i.name, &port)) {
        ctl_fail(ctl, ENODEV, "%s: failed to query port in %s", i.name,
                 dp->name);
        interface_uninit(&i);
        return;
    }
    struct netdev *d = netdev_find(i.name);
    if (*i.type && strcmp(i.type, port.type)) {
        ctl_fail(ctl, 0, "%s: can't change type from %s to %s", i.name,
                 port.type, i.type);
    } else if (i.number != ODP_PORT_NONE && i.number != port.number) {
        ctl_fail(ctl, 0, "%s: can't change port number from %u to %u", i.name,
                 port.number, i.number);
    } else if (d) {
        struct error *error = netdev_set_options(d, &i.options);
        if (error) {
            ctl_fail(ctl, 0, "%s: failed to configure network device (%s)",
                     i.name, error_text(error));
            error_destroy(error);
        }
    }
    free(port.name);
    free(port.type);
    interface_uninit(&i);
}

static void
cmd_set_if(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = open_for_interfaces(ctl, argv[1]);
    for (int i = 2; dp && i < argc; i++) {
        set_interface(ctl, dp, argv[i]);
    }
}

/* Commands of parts that other issues bring. */
static void
cmd_later(struct ctl *ctl, int argc UNUSED, const char *argv[])
{
    if (ctl_datapath(ctl, NULL)) {
        ctl_fail(ctl, 0, "%s: the datapath does not support this yet",
                 argv[0]);
    }
}

static void
cmd_cache_get_size(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = ctl_datapath(ctl, argc > 1 ? argv[1] : NULL);
    if (dp) {
        put_full_name(dp, &ctl->out);
        str_put(&ctl->out, ":\n");
    }
}

static void
cmd_cache_set_size(struct ctl *ctl, int argc UNUSED, const char *argv[])
{
    if (ctl_datapath(ctl, argv[1])) {
        ctl_fail(ctl, EINVAL, "Setting cache size");
    }
}

static void
cmd_offload_stats(struct ctl *ctl, int argc, const char *argv[])
{
    if (ctl_datapath(ctl, argc > 1 ? argv[1] : NULL)) {
        ctl_fail(ctl, EINVAL, "retrieving offload statistics");
    }
}

static void
cmd_list(struct ctl *ctl, int argc UNUSED, const char *argv[] UNUSED)
{
    ctl_list(ctl->is_appctl ? "dpctl/" : "", &ctl->out);
}

static const struct command {
    const char *name;
    const char *usage; /* NULL: not listed. */
    int min, max;      /* Arguments. */
    bool changes;      /* Not with --read-only. */
    ctl_handler *handler;
} commands[] = {
    { "add-dp", "dp [iface...]", 1, INT_MAX, true, cmd_add_dp },
    { "del-dp", "dp", 1, 1, true, cmd_del_dp },
    { "add-if", "dp iface...", 2, INT_MAX, true, cmd_add_if },
    { "del-if", "dp iface...", 2, INT_MAX, true, cmd_del_if },
    { "set-if", "dp iface...", 2, INT_MAX, true, cmd_set_if },
    { "dump-dps", "", 0, 0, false, cmd_dump_dps },
    { "show", "[-s] [dp...]", 0, INT_MAX, false, cmd_show },
    { "dump-flows", "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]", 0, 6,
      false, ctl_dump_flows },
    { "add-flow", "[dp] flow actions", 2, 3, true, ctl_add_flow },
    { "mod-flow", "[dp] flow actions", 2, 3, true, ctl_mod_flow },
    { "get-flow", "[dp] ufid", 1, 2, false, ctl_get_flow },
    { "del-flow", "[dp] flow", 1, 2, true, ctl_del_flow },
    { "add-flows", "[dp] file", 1, 2, true, ctl_add_flows },
    { "mod-flows", "[dp] file", 1, 2, true, ctl_mod_flows },
    { "del-flows", "[dp] [file]", 0, 2, true, ctl_del_flows },
    { "offload-stats-show", "[dp]", 0, 1, false, cmd_offload_stats },
    { "dump-conntrack", "[-m] [-s] [dp] [zone=N]", 0, 4, false, cmd_later },
    { "dump-conntrack-exp", "[dp] [zone=N]", 0, 2, false, cmd_later },
    { "flush-conntrack",
      "[dp] [zone=N] [mark=X[/M]] [labels=Y[/N]] [ct-orig-tuple "
      "[ct-reply-tuple]]",
      0, 6, true, cmd_later },
    { "cache-get-size", "[dp]", 0, 1, false, cmd_cache_get_size },
    { "cache-set-size", "dp cache <size>", 3, 3, true, cmd_cache_set_size },
    { "ct-stats-show", "[dp] [zone=N]", 0, 3, false, cmd_later },
    { "ct-bkts", "[dp] [gt=N]", 0, 2, false, cmd_later },
    { "ct-set-maxconns", "[dp] maxconns", 1, 2, true, cmd_later },
    { "ct-get-maxconns", "[dp]", 0, 1, false, cmd_later },
    { "ct-get-nconns", "[dp]", 0, 1, false, cmd_later },
    { "ct-enable-tcp-seq-chk", "[dp]", 0, 1, true, cmd_later },
    { "ct-disable-tcp-seq-chk", "[dp]", 0, 1, true, cmd_later },
    { "ct-get-tcp-seq-chk", "[dp]", 0, 1, false, cmd_later },
    { "ct-set-limits", "[dp] [default=L] [zone=N,limit=L]...", 1, INT_MAX,
      true, cmd_later },
    { "ct-del-limits", "[dp] [default] [zone=N1[,N2]...]", 1, 3, true,
      cmd_later },
    { "ct-get-limits", "[dp] [zone=N1[,N2]...]", 0, 2, false, cmd_later },
    { "ct-get-sweep-interval", "[dp]", 0, 1, false, cmd_later },
    { "ct-set-sweep-interval", "[dp] ms", 1, 2, true, cmd_later },
    { "ipf-set-enabled", "[dp] v4|v6", 1, 2, true, cmd_later },
    { "ipf-set-disabled", "[dp] v4|v6", 1, 2, true, cmd_later },
    { "ipf-set-min-frag", "[dp] v4|v6 minfragment", 2, 3, true, cmd_later },
    { "ipf-set-max-nfrags", "[dp] maxfrags", 1, 2, true, cmd_later },
    { "ipf-get-status", "[dp]", 0, 1, false, cmd_later },
    { "list-commands", NULL, 0, INT_MAX, false, cmd_list },
    { "parse-actions", NULL, 1, INT_MAX, false, ctl_parse_actions },
    { "normalize-actions", NULL, 2, INT_MAX, false, ctl_normalize_actions },
};

void
ctl_list(const char *prefix, struct str *s)
{
    str_put(s, "The available commands are:\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].usage) {
            char *name = xasprintf("%s%s", prefix, commands[i].name);
            str_putf(s, "  %-*s %s\n", 23 + (int) strlen(prefix), name,
                     commands[i].usage);
            free(name);
        }
    }
}

void
ctl_run(struct ctl *ctl, int argc, const char *argv[])
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];
        if (strcmp(argv[0], c->name)) {
            continue;
        }
        if (argc - 1 < c->min) {
            ctl_fail(ctl, 0, "'%s' command requires at least %d arguments",
                     c->name, c->min);
        } else if (argc - 1 > c->max) {
            ctl_fail(ctl, 0, "'%s' command takes at most %d arguments",
                     c->name, c->max);
        } else if (ctl->read_only && c->changes) {
            ctl_fail(ctl, 0, "'%s' command does not work in read only mode",
                     c->name);
        } else {
            c->handler(ctl, argc, argv);
        }
        return;
    }
    ctl_fail(ctl, 0, "unknown command '%s'; use --help for help", argv[0]);
}

size_t
ctl_n_commands(void)
{
    return ARRAY_SIZE(commands);
}

bool
ctl_command(size_t i, const char **namep, const char **usagep)
{
    *namep = commands[i].name;
    *usagep = commands[i].usage;
    return commands[i].usage != NULL;
}
