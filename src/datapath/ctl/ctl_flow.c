/* dpctl commands on flows. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/vec.h"
#include "datapath/ctl/ctl_private.h"
#include "net/flow/match.h"
#include "net/flow/ofp_port.h"

struct dump {
    struct ctl *ctl;
    const struct odp_names *names;
    const struct match *filter; /* NULL: none. */
    struct str_vec lines;
};

static bool
on_flow(void *dump_, struct datapath_flow *flow UNUSED,
        const struct datapath_flow_info *info)
{
    struct dump *d = dump_;
    if (!d->filter || match_flow(d->filter, info->key)) {
        struct str s = STR_INITIALIZER;
        ctl_format_flow(d->ctl, info, d->names, &s);
        str_vec_push_take(&d->lines, str_steal(&s));
    }
    return true;
}

static bool
parse_type(struct ctl *ctl, const char *type, bool *matchesp)
{
    static const char *const known[] = { "ovs",
                                         "tc",
                                         "dpdk",
                                         "offloaded",
                                         "non-offloaded",
                                         "partially-offloaded",
                                         "all" };
    *matchesp = false;
    struct str_vec words = { 0 };
    bool ok = true;
    str_vec_split(&words, type, ", ");
    for (size_t i = 0; i < words.n; i++) {
        bool found = false;
        for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
            found |= !strcmp(words.items[i], known[k]);
        }
        ok &= found;
        *matchesp |= !strcmp(words.items[i], "ovs")
                     || !strcmp(words.items[i], "non-offloaded")
                     || !strcmp(words.items[i], "all");
    }
    str_vec_uninit(&words);
    if (!ok) {
        ctl_fail(ctl, EINVAL, "Failed to parse type (%s)", type);
    }
    return ok;
}

/* A filter is a flow in the terms of OpenFlow, whose ports are the
 * datapath's. */
static struct error *
parse_filter(const struct ctl_names *names, const char *text,
             struct match *match)
{
    struct port_names ports;
    struct flow flow;
    struct flow_mask mask;

    port_names_init(&ports);
    for (size_t i = 0; i < names->n; i++) {
        port_names_add(&ports, names->ports[i].number, names->ports[i].name);
    }
    struct error *error = flow_parse(text, &ports, &flow, &mask);
    if (!error) {
        match_init(match, &flow, &mask);
    }
    port_names_uninit(&ports);
    return error;
}

void
ctl_dump_flows(struct ctl *ctl, int argc, const char *argv[])
{
    const char *filter = NULL, *type = NULL, *pmd = NULL, *name = NULL;
    struct match match;
    bool matches = true;

    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "filter=", 7)) {
            filter = argv[i] + 7;
        } else if (!strncmp(argv[i], "type=", 5)) {
            type = argv[i] + 5;
        } else if (!strncmp(argv[i], "pmd=", 4)) {
            pmd = argv[i] + 4;
        } else {
            name = argv[i];
        }
    }
    struct datapath *dp = ctl_datapath(ctl, name);
    if (!dp) {
        return;
    }
    struct ctl_names names;
    ctl_names_init(&names, dp);
    bool use_names = ctl->names_set ? ctl->names : ctl->more;
    struct dump dump = { ctl, use_names ? &names.up : NULL, NULL, { 0 } };

    if (filter) {
        struct error *error = parse_filter(&names, filter, &match);
        if (error) {
            ctl_fail(ctl, 0, "Failed to parse filter (%s)", error_text(error));
            error_destroy(error);
            goto out;
        }
        dump.filter = &match;
    }
    if (type && !parse_type(ctl, type, &matches)) {
        goto out;
    }
    if (matches && (!pmd || !strcmp(pmd, "-1"))) {
        dp->ops->flow_for_each(dp, on_flow, &dump);
    }
    if (dump.lines.n) {
        str_put(&ctl->out, "flow-dump from the main thread:\n");
    }
    for (size_t i = 0; i < dump.lines.n; i++) {
        str_putf(&ctl->out, "%s\n", dump.lines.items[i]);
    }
out:
    str_vec_uninit(&dump.lines);
    ctl_names_uninit(&names);
}

/* A flow's text: "[ufid:U,] KEY". */
struct flow_text {
    struct flow key;
    struct flow_mask mask;
    struct uuid ufid;
    uint64_t named; /* Attributes. */
};

static bool
parse_flow(struct ctl *ctl, const struct ctl_names *names, const char *text,
           struct flow_text *flow)
{
    flow->ufid = (struct uuid){ { 0 } };
    if (!strncmp(text, "ufid:", 5)) {
        uuid_parse_prefix(text + 5, &flow->ufid);
    }
    struct error *error = odp_flow_parse_named(text, &names->up, &flow->key,
                                               &flow->mask, &flow->named);
    if (error) {
        ctl_fail(ctl, EINVAL, "parsing flow key (%s)", error_text(error));
        error_destroy(error);
        return false;
    }
    return true;
}

static void
put_flow(struct ctl *ctl, struct datapath *dp, const char *flow_text,
         const char *actions_text, enum datapath_put_flags flags)
{
    struct ctl_names names;
    struct flow_text flow;
    struct writer actions = WRITER_INITIALIZER;

    ctl_names_init(&names, dp);
    if (!parse_flow(ctl, &names, flow_text, &flow)) {
        goto out;
    }
    struct error *error = odp_actions_parse(actions_text, &names.up, &actions);
    if (error) {
        ctl_fail(ctl, EINVAL, "parsing actions");
        error_destroy(error);
        goto out;
    }
    struct datapath_flow_info info = {
        .key = &flow.key,
        .mask = &flow.mask,
        .actions = actions.data,
        .actions_size = actions.size,
        .ufid = flow.ufid,
    };
    if (!odp_flow_fits(&flow.key, &flow.mask, flow.named)) {
        ctl_fail(ctl, EINVAL, "updating flow table");
        goto out;
    }
    int errnum = dp->ops->flow_put(dp, &info, flags);
    if (errnum) {
        ctl_fail(ctl, errnum, "updating flow table");
    } else if (ctl->statistics) {
        struct datapath_flow_stats none = { 0 };
        info.stats = none;
        str_putf(&ctl->out, "packets:0, bytes:0, used:never\n");
    }
out:
    writer_uninit(&actions);
    ctl_names_uninit(&names);
}

static enum datapath_put_flags
mod_flags(const struct ctl *ctl)
{
    return DATAPATH_PUT_MODIFY | (ctl->may_create ? DATAPATH_PUT_CREATE : 0)
           | (ctl->zero_stats ? DATAPATH_PUT_ZERO_STATS : 0);
}

void
ctl_add_flow(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = ctl_datapath(ctl, argc > 3 ? argv[1] : NULL);
    if (dp) {
        put_flow(ctl, dp, argv[argc - 2], argv[argc - 1], DATAPATH_PUT_CREATE);
    }
}

void
ctl_mod_flow(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = ctl_datapath(ctl, argc > 3 ? argv[1] : NULL);
    if (dp) {
        put_flow(ctl, dp, argv[argc - 2], argv[argc - 1], mod_flags(ctl));
    }
}

void
ctl_get_flow(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = ctl_datapath(ctl, argc > 2 ? argv[1] : NULL);
    struct uuid ufid;

    if (!dp) {
        return;
    }
    if (!odp_ufid_parse(argv[argc - 1], &ufid)) {
        ctl_fail(ctl, 0, "parsing flow ufid");
        return;
    }
    struct ctl_names names;
    ctl_names_init(&names, dp);
    bool use_names = ctl->names_set ? ctl->names : ctl->more;
    struct dump dump = { ctl, use_names ? &names.up : NULL, NULL, { 0 } };
    int errnum = dp->ops->flow_get(dp, NULL, &ufid, on_flow, &dump);
    if (errnum) {
        ctl_fail(ctl, errnum, "getting flow");
    } else {
        str_putf(&ctl->out, "%s\n", dump.lines.items[0]);
    }
    str_vec_uninit(&dump.lines);
    ctl_names_uninit(&names);
}

static void
delete_flow(struct ctl *ctl, struct datapath *dp, const char *text)
{
    struct ctl_names names;
    struct flow_text flow;
    struct datapath_flow_stats stats;
    bool by_ufid = odp_ufid_parse(text, &flow.ufid);

    ctl_names_init(&names, dp);
    if (by_ufid || parse_flow(ctl, &names, text, &flow)) {
        int errnum = dp->ops->flow_delete(dp, by_ufid ? NULL : &flow.key,
                                          &flow.ufid, &stats);
        if (errnum) {
            ctl_fail(ctl, errnum, "deleting flow");
            if (errnum == ENOENT && !by_ufid) {
                str_put(&ctl->errors, "Perhaps you need to specify a UFID?\n");
            }
        } else if (ctl->statistics) {
            str_putf(&ctl->out, "packets:%llu, bytes:%llu, used:never\n",
                     (unsigned long long) stats.n_packets,
                     (unsigned long long) stats.n_bytes);
        }
    }
    ctl_names_uninit(&names);
}

void
ctl_del_flow(struct ctl *ctl, int argc, const char *argv[])
{
    struct datapath *dp = ctl_datapath(ctl, argc > 2 ? argv[1] : NULL);
    if (dp) {
        delete_flow(ctl, dp, argv[argc - 1]);
    }
}

enum file_command { FILE_ADD, FILE_MODIFY, FILE_DELETE };

/* One line "[add|modify|delete] FLOW[ ACTIONS]". */
static void
run_line(struct ctl *ctl, struct datapath *dp, char *line,
         enum file_command command, int number)
{
    static const struct {
        const char *word;
        enum file_command command;
    } words[] = { { "add", FILE_ADD },
                  { "modify", FILE_MODIFY },
                  { "delete", FILE_DELETE } };

    char *p = line + strspn(line, " \t");
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t len = strlen(words[i].word);
        if (!strncmp(p, words[i].word, len) && strchr(" \t", p[len])) {
            command = words[i].command;
            p += len + strspn(p + len, " \t");
            break;
        }
    }
    if (command == FILE_DELETE) {
        char *end = strstr(p, ", packets:");
        if (end) {
            *end = '\0';
        }
        delete_flow(ctl, dp, p);
        return;
    }
    /* Lines of a dump have counters between flow and actions. */
    char *actions = strstr(p, " actions:");
    char *rest = actions ? actions + strlen(" actions:") : strchr(p, ' ');
    if (!rest) {
        ctl_fail(ctl, 0, "Failed parsing line number %d, skipped!", number);
        return;
    }
    char *counters = strstr(p, ", packets:");
    if (counters && actions) {
        *counters = '\0';
    }
    if (actions) {
        *actions = '\0';
    } else {
        *rest++ = '\0';
    }
    char *extra = strstr(rest, ", dp-extra-info:");
    if (extra) {
        *extra = '\0';
    }
    put_flow(ctl, dp, p, rest,
             command == FILE_ADD ? DATAPATH_PUT_CREATE : mod_flags(ctl));
}

static void
run_file(struct ctl *ctl, int argc, const char *argv[],
         enum file_command command)
{
    struct datapath *dp = ctl_datapath(ctl, argc > 2 ? argv[1] : NULL);
    const char *path = argv[argc - 1];
    struct str line = STR_INITIALIZER;

    if (!dp) {
        return;
    }
    FILE *file = strcmp(path, "-") ? fopen(path, "r") : stdin;
    if (!file) {
        ctl_fail(ctl, errno, "Opening file \"%s\" failed", path);
        return;
    }
    for (int number = 1; str_get_line(&line, file); number++) {
        char *hash = line.text ? strchr(line.text, '#') : NULL;
        if (hash) {
            str_truncate(&line, hash - line.text);
        }
        str_chomp(&line, " \t\r\n");
        if (line.len && strncmp(line.text, "flow-dump from ", 15)) {
            run_line(ctl, dp, line.text, command, number);
        }
        str_clear(&line);
    }
    if (file != stdin) {
        fclose(file);
    }
    str_uninit(&line);
}

void
ctl_add_flows(struct ctl *ctl, int argc, const char *argv[])
{
    run_file(ctl, argc, argv, FILE_ADD);
}

void
ctl_mod_flows(struct ctl *ctl, int argc, const char *argv[])
{
    run_file(ctl, argc, argv, FILE_MODIFY);
}

void
ctl_del_flows(struct ctl *ctl, int argc, const char *argv[])
{
    if (argc == 3
        || (argc == 2 && (strchr(argv[1], '/') || strchr(argv[1], '.')))) {
        run_file(ctl, argc, argv, FILE_DELETE);
        return;
    }
    struct datapath *dp = ctl_datapath(ctl, argc > 1 ? argv[1] : NULL);
    if (dp) {
        dp->ops->flow_flush(dp);
    }
}

void
ctl_parse_actions(struct ctl *ctl, int argc, const char *argv[])
{
    for (int i = 1; i < argc; i++) {
        struct writer w = WRITER_INITIALIZER;
        struct error *error = odp_actions_parse(argv[i], NULL, &w);
        if (error) {
            ctl_fail(ctl, EINVAL, "odp_actions_from_string");
            error_destroy(error);
        } else {
            odp_actions_format(w.data, w.size, NULL, &ctl->out);
            str_put_char(&ctl->out, '\n');
        }
        writer_uninit(&w);
    }
}

void
ctl_normalize_actions(struct ctl *ctl, int argc UNUSED, const char *argv[])
{
    struct flow key;
    struct writer w = WRITER_INITIALIZER;
    struct error *error = odp_flow_parse(argv[1], NULL, &key, NULL);

    if (error) {
        ctl_fail(ctl, EINVAL, "odp_flow_key_from_string (%s)",
                 error_text(error));
        error_destroy(error);
        return;
    }
    str_put(&ctl->out, "input flow: ");
    odp_flow_format(&key, NULL, NULL, 0, &ctl->out);
    str_put_char(&ctl->out, '\n');
    error = odp_actions_parse(argv[2], NULL, &w);
    if (error) {
        ctl_fail(ctl, EINVAL, "odp_actions_from_string");
        error_destroy(error);
    } else {
        /* TCI and label stack that the actions leave, then what else they
         * do. */
        struct flow after = key;
        struct writer others = WRITER_INITIALIZER;
        const struct odp_attr *a;
        ODP_FOR_EACH(a, w.data, w.size)
        {
            if (a->type == ODP_ACTION_PUSH_VLAN) {
                memmove(&after.vlans[1], &after.vlans[0],
                        sizeof after.vlans - sizeof after.vlans[0]);
                memcpy(&after.vlans[0], odp_attr_data(a), 4);
            } else if (a->type == ODP_ACTION_POP_VLAN) {
                memmove(&after.vlans[0], &after.vlans[1],
                        sizeof after.vlans - sizeof after.vlans[0]);
                memset(&after.vlans[FLOW_MAX_VLANS - 1], 0,
                       sizeof after.vlans[0]);
            } else {
                odp_put_attr(&others, a->type, odp_attr_data(a),
                             odp_attr_size(a));
            }
        }
        if (after.vlans[0].tpid) {
            uint16_t tci = be16_to_host(after.vlans[0].tci);
            str_putf(&ctl->out, "vlan(vid=%u,pcp=%u): ", tci & 0xfff,
                     tci >> 13);
        } else {
            str_put(&ctl->out, "no vlan: ");
        }
        str_put(&ctl->out, "no mpls: ");
        odp_actions_format(others.data, others.size, NULL, &ctl->out);
        str_put_char(&ctl->out, '\n');
        writer_uninit(&others);
    }
    writer_uninit(&w);
}
