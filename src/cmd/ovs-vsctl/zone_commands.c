/* Commands about connection-tracking zones and datapath capabilities. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "cmd/ovs-vsctl/vsctl.h"

static void
need_zones(struct ctl_context *c)
{
    ctl_need(c, VSWITCH_TABLE_OPEN_VSWITCH, "datapaths");
    ctl_need(c, VSWITCH_TABLE_DATAPATH, "ct_zones");
    ctl_need(c, VSWITCH_TABLE_DATAPATH, "ct_zone_default_limit");
    ctl_need(c, VSWITCH_TABLE_DATAPATH, "capabilities");
    ctl_need(c, VSWITCH_TABLE_CT_ZONE, "timeout_policy");
    ctl_need(c, VSWITCH_TABLE_CT_ZONE, "limit");
    ctl_need(c, VSWITCH_TABLE_CT_TIMEOUT_POLICY, "timeouts");
}

static struct idl_row *
find_datapath(struct ctl_context *c, const char *name)
{
    struct idl_row *root = vsctl_root(c);
    const struct datum *datapaths = ctl_read(root, "datapaths");
    for (size_t i = 0; i < datapaths->n; i++) {
        if (!strcmp(atom_text(&datapaths->keys[i]), name)) {
            return ctl_read_row(root, "datapaths", i);
        }
    }
    return NULL;
}

static struct idl_row *
get_datapath(struct ctl_context *c)
{
    struct idl_row *row = find_datapath(c, c->argv[1]);
    if (!row) {
        ctl_fail("datapath %s does not exist", c->argv[1]);
    }
    return row;
}

static int64_t
parse_zone(const char *text)
{
    int64_t zone;
    if (!scan_i64(text, 10, &zone)) {
        ctl_fail("zone \"%s\" is not a number", text);
    }
    return zone;
}

/* zone=N */
static int64_t
parse_zone_argument(const char *argument)
{
    const char *number;
    if (!scan_prefix(argument, "zone=", &number)) {
        ctl_fail("%s: argument does not begin with \"zone=\"", argument);
    }
    return parse_zone(number);
}

static struct idl_row *
find_zone(struct idl_row *datapath, int64_t zone)
{
    const struct datum *zones = ctl_read(datapath, "ct_zones");
    for (size_t i = 0; i < zones->n; i++) {
        if (zones->keys[i].integer == zone) {
            return ctl_read_row(datapath, "ct_zones", i);
        }
    }
    return NULL;
}

static struct idl_row *
add_zone(struct ctl_context *c, struct idl_row *datapath, int64_t zone)
{
    const struct column *column =
        ctl_column(c, VSWITCH_TABLE_DATAPATH, "ct_zones");
    struct idl_row *row = vsctl_insert(c, VSWITCH_TABLE_CT_ZONE);
    union atom key = { .integer = zone }, value = { .uuid = row->uuid };
    struct datum new;
    datum_clone(&new, idl_read(datapath, column));
    datum_put(&new, &key, &value, &column->type);
    idl_txn_verify(datapath, column);
    idl_txn_write(datapath, column, &new);
    return row;
}

static void
remove_zone(struct ctl_context *c, struct idl_row *datapath, int64_t zone)
{
    const struct column *column =
        ctl_column(c, VSWITCH_TABLE_DATAPATH, "ct_zones");
    union atom key = { .integer = zone };
    struct datum new;
    datum_clone(&new, idl_read(datapath, column));
    size_t i = datum_find_key(&new, &key, &column->type);
    if (i != DATUM_NOT_FOUND) {
        datum_remove(&new, i, &column->type);
    }
    idl_txn_verify(datapath, column);
    idl_txn_write(datapath, column, &new);
}

/* Timeout policies. */

/* KEY=SECONDS of the arguments from number 3 on. */
static struct datum
parse_timeouts(struct ctl_context *c, const struct type *type)
{
    struct datum timeouts = DATUM_INITIALIZER;
    for (int i = 3; i < c->argc; i++) {
        const char *equals = strchr(c->argv[i], '=');
        int64_t seconds;
        if (!equals || !scan_i64(equals + 1, 10, &seconds)) {
            ctl_fail("%s: timeout is not of the form POLICY=SECONDS",
                     c->argv[i]);
        }
        union atom key;
        key.string = atom_string_create(c->argv[i], equals - c->argv[i]);
        union atom value = { .integer = seconds };
        datum_put(&timeouts, &key, &value, type);
    }
    return timeouts;
}

static void
run_add_zone_tp(struct ctl_context *c)
{
    struct idl_row *datapath = get_datapath(c);
    int64_t zone = parse_zone_argument(c->argv[2]);
    struct idl_row *row = find_zone(datapath, zone);
    if (row && ctl_read_row(row, "timeout_policy", 0)
        && !ctl_has_option(c, "--may-exist")) {
        ctl_fail("zone id %lld already exists", (long long) zone);
    }
    const struct column *column =
        ctl_column(c, VSWITCH_TABLE_CT_TIMEOUT_POLICY, "timeouts");
    struct datum timeouts = parse_timeouts(c, &column->type);
    struct idl_row *policy = vsctl_insert(c, VSWITCH_TABLE_CT_TIMEOUT_POLICY);
    idl_txn_write(policy, column, &timeouts);
    if (!row) {
        row = add_zone(c, datapath, zone);
    }
    /* An older policy is replaced. */
    ctl_clear(row, "timeout_policy");
    ctl_add_ref(row, "timeout_policy", policy);
}

static void
run_del_zone_tp(struct ctl_context *c)
{
    struct idl_row *datapath = get_datapath(c);
    int64_t zone = parse_zone_argument(c->argv[2]);
    struct idl_row *row = find_zone(datapath, zone);
    if (!row || !ctl_read_row(row, "timeout_policy", 0)) {
        if (!ctl_has_option(c, "--if-exists")) {
            ctl_fail("zone id %lld does not exist", (long long) zone);
        }
        return;
    }
    if (ctl_read(row, "limit")->n) {
        ctl_clear(row, "timeout_policy");
    } else {
        remove_zone(c, datapath, zone);
    }
}

static void
run_list_zone_tp(struct ctl_context *c)
{
    struct idl_row *datapath = find_datapath(c, c->argv[1]);
    if (!datapath) {
        ctl_fail("datapath: %s record not found", c->argv[1]);
    }
    const struct datum *zones = ctl_read(datapath, "ct_zones");
    for (size_t i = 0; i < zones->n; i++) {
        struct idl_row *zone = ctl_read_row(datapath, "ct_zones", i);
        struct idl_row *policy =
            zone ? ctl_read_row(zone, "timeout_policy", 0) : NULL;
        str_putf(c->output, "Zone:%lld, Timeout Policies: ",
                 (long long) zones->keys[i].integer);
        if (policy) {
            const struct column *column =
                ctl_column(c, VSWITCH_TABLE_CT_TIMEOUT_POLICY, "timeouts");
            datum_format_bare(c->output, idl_read(policy, column),
                              &column->type);
        } else {
            str_put(c->output, "system default");
        }
        str_put_char(c->output, '\n');
    }
}

/* Limits. */

static int64_t
parse_limit(const char *text)
{
    int64_t limit;
    if (!scan_i64(text, 10, &limit) || limit < 0 || limit > UINT32_MAX) {
        ctl_fail("limit \"%s\" is not a number from 0 to %u", text,
                 UINT32_MAX);
    }
    return limit;
}

static void
run_set_zone_limit(struct ctl_context *c)
{
    struct idl_row *datapath = get_datapath(c);
    int64_t limit = parse_limit(c->argv[3]);
    if (!strcmp(c->argv[2], "default")) {
        ctl_write_integer(datapath, "ct_zone_default_limit", limit);
        return;
    }
    int64_t zone = parse_zone(c->argv[2]);
    struct idl_row *row = find_zone(datapath, zone);
    if (!row) {
        row = add_zone(c, datapath, zone);
    }
    ctl_write_integer(row, "limit", limit);
}

static void
run_del_zone_limit(struct ctl_context *c)
{
    struct idl_row *datapath = get_datapath(c);
    bool must_exist = !ctl_has_option(c, "--if-exists");
    if (!strcmp(c->argv[2], "default")) {
        if (must_exist && !ctl_read(datapath, "ct_zone_default_limit")->n) {
            ctl_fail("datapath %s does not have a default limit", c->argv[1]);
        }
        ctl_clear(datapath, "ct_zone_default_limit");
        return;
    }
    int64_t zone = parse_zone(c->argv[2]);
    struct idl_row *row = find_zone(datapath, zone);
    if (!row || !ctl_read(row, "limit")->n) {
        if (must_exist) {
            ctl_fail("zone_id %lld does not have limit", (long long) zone);
        }
        return;
    }
    if (ctl_read_row(row, "timeout_policy", 0)) {
        ctl_clear(row, "limit");
    } else {
        remove_zone(c, datapath, zone);
    }
}

static void
run_list_zone_limits(struct ctl_context *c)
{
    struct idl_row *datapath = find_datapath(c, c->argv[1]);
    if (!datapath) {
        ctl_fail("datapath: %s record not found", c->argv[1]);
    }
    if (ctl_read(datapath, "ct_zone_default_limit")->n) {
        str_putf(c->output, "Default, Limit: %lld\n",
                 (long long) ctl_read_integer(datapath,
                                              "ct_zone_default_limit", 0));
    }
    const struct datum *zones = ctl_read(datapath, "ct_zones");
    for (size_t i = 0; i < zones->n; i++) {
        struct idl_row *zone = ctl_read_row(datapath, "ct_zones", i);
        if (zone && ctl_read(zone, "limit")->n) {
            str_putf(c->output, "Zone: %lld, Limit: %lld\n",
                     (long long) zones->keys[i].integer,
                     (long long) ctl_read_integer(zone, "limit", 0));
        }
    }
}

/* Capabilities. */

static void
run_list_dp_cap(struct ctl_context *c)
{
    struct idl_row *datapath = find_datapath(c, c->argv[1]);
    if (!datapath) {
        ctl_fail("datapath \"%s\" record not found", c->argv[1]);
    }
    const struct column *column =
        ctl_column(c, VSWITCH_TABLE_DATAPATH, "capabilities");
    datum_format_bare(c->output, idl_read(datapath, column), &column->type);
    str_put_char(c->output, '\n');
}

#define RW CTL_READ_WRITE
#define RO CTL_READ_ONLY

const struct ctl_syntax vsctl_zone_commands[] = {
    { "add-zone-tp", 2, INT_MAX, "", need_zones, run_add_zone_tp, NULL,
      "--may-exist", RW },
    { "del-zone-tp", 2, 2, "", need_zones, run_del_zone_tp, NULL,
      "--if-exists", RW },
    { "list-zone-tp", 1, 1, "", need_zones, run_list_zone_tp, NULL, "", RO },
    { "set-zone-limit", 3, 3, "", need_zones, run_set_zone_limit, NULL, "",
      RW },
    { "del-zone-limit", 2, 2, "", need_zones, run_del_zone_limit, NULL,
      "--if-exists", RW },
    { "list-zone-limits", 1, 1, "", need_zones, run_list_zone_limits, NULL, "",
      RO },
    { "list-dp-cap", 1, 1, "", need_zones, run_list_dp_cap, NULL, "", RO },
};
const size_t vsctl_n_zone_commands = ARRAY_SIZE(vsctl_zone_commands);
