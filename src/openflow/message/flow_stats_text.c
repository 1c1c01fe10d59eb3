/* Flow texts: printing statistics. */

#include <inttypes.h>

#include "base/be.h"
#include "openflow/message/flow_text.h"

enum { DEFAULT_PRIORITY = 32768 };

void
flow_duration_format(uint32_t sec, uint32_t nsec, struct str *s)
{
    str_put_u64(s, sec);
    if (nsec % 1000000) {
        str_putf(s, ".%09" PRIu32, nsec);
        str_chomp(s, "0");
    } else if (nsec) {
        str_putf(s, ".%03" PRIu32, nsec / 1000000);
    }
    str_put_char(s, 's');
}

static void
put_flags(unsigned int flags, struct str *s)
{
    static const struct {
        unsigned int flag;
        const char *name;
    } names[] = {
        { FLOW_MOD_SEND_FLOW_REM, "send_flow_rem" },
        { FLOW_MOD_CHECK_OVERLAP, "check_overlap" },
        { FLOW_MOD_RESET_COUNTS, "reset_counts" },
        { FLOW_MOD_NO_PKT_COUNTS, "no_packet_counts" },
        { FLOW_MOD_NO_BYT_COUNTS, "no_byte_counts" },
        { FLOW_MOD_HIDDEN_FIELDS, "allow_hidden_fields" },
        { FLOW_MOD_NO_READONLY, "no_readonly_table" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags & names[i].flag) {
            str_putf(s, "%s ", names[i].name);
        }
    }
}

static void
put_table(uint8_t table_id, const struct actions_format *names, struct str *s)
{
    const char *name = names ? port_names_find(names->tables, table_id) : NULL;
    if (name) {
        str_putf(s, "table=%s, ", name);
    } else {
        str_putf(s, "table=%u, ", table_id);
    }
}

static void
put_counters(const struct flow_stats *fs, struct str *s)
{
    str_put(s, "n_packets=");
    str_put_u64(s, fs->n_packets);
    str_put(s, ", n_bytes=");
    str_put_u64(s, fs->n_bytes);
    str_put(s, ", ");
}

void
flow_stats_format(const struct flow_stats *fs,
                  const struct actions_format *names, bool with_stats,
                  struct str *s)
{
    str_put_char(s, ' ');
    if (with_stats || fs->cookie) {
        str_putf(s, "cookie=0x%" PRIx64 ", ", be64_to_host(fs->cookie));
    }
    if (with_stats) {
        str_put(s, "duration=");
        flow_duration_format(
            fs->duration_sec,
            fs->duration_nsec == UINT32_MAX ? 0 : fs->duration_nsec, s);
        str_put(s, ", ");
    }
    if (with_stats || fs->table_id) {
        put_table(fs->table_id, names, s);
    }
    if (with_stats) {
        put_counters(fs, s);
    }
    if (fs->idle_timeout) {
        str_putf(s, "idle_timeout=%u, ", fs->idle_timeout);
    }
    if (fs->hard_timeout) {
        str_putf(s, "hard_timeout=%u, ", fs->hard_timeout);
    }
    put_flags(fs->flags, s);
    if (fs->importance) {
        str_putf(s, "importance=%u, ", fs->importance);
    }
    if (with_stats && fs->idle_age >= 0) {
        str_putf(s, "idle_age=%d, ", fs->idle_age);
    }
    if (with_stats && fs->hard_age >= 0
        && (uint32_t) fs->hard_age != fs->duration_sec) {
        str_putf(s, "hard_age=%d, ", fs->hard_age);
    }
    size_t start = s->len;
    match_format(&fs->match, fs->priority, names ? names->ports : NULL, s);
    if (s->len > start && str_last(s) != ' ') {
        str_put_char(s, ' ');
    }
    str_put(s, "actions=");
    actions_format(&fs->actions, names, s);
}
