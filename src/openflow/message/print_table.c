/* Printing messages about flow tables. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "net/flow/ofp_port.h"
#include "openflow/message/print_private.h"
#include "openflow/message/table.h"
#include "openflow/message/table_bits.h"

void
table_actions_format(uint32_t actions, struct str *s)
{
    for (size_t i = 0; i < N_TABLE_ACTIONS; i++) {
        if (actions & 1u << i) {
            str_putf(s, " %s", table_action_rows[i].name);
        }
    }
}

/* Names of fields, from which what they have in common is taken out. */

/* How many of the names from the first on begin alike, up to a '_' behind
 * 'skip' characters; '*prefix_lenp' is of what they share. */
static size_t
count_alike(const char *const *names, size_t n, size_t skip,
            size_t *prefix_lenp)
{
    const char *end = strchr(names[0] + skip, '_');
    if (!end) {
        return 1;
    }
    size_t len = (size_t) (end + 1 - names[0]);
    size_t i = 1;
    while (i < n && !strncmp(names[i], names[0], len)) {
        i++;
    }
    *prefix_lenp = len;
    return i;
}

/* How many count up: "reg0", "reg1", "reg2". */
static size_t
count_numbered(const char *const *names, size_t n)
{
    size_t stem = strlen(names[0]);
    while (stem && names[0][stem - 1] >= '0' && names[0][stem - 1] <= '9') {
        stem--;
    }
    if (!names[0][stem]) {
        return 1;
    }
    unsigned long first = strtoul(names[0] + stem, NULL, 10);
    size_t i = 1;
    while (i < n && !strncmp(names[i], names[0], stem) && names[i][stem] >= '0'
           && names[i][stem] <= '9'
           && strtoul(names[i] + stem, NULL, 10) == first + i) {
        i++;
    }
    return i;
}

static void
put_names(const char *const *names, size_t n, size_t skip, char separator,
          struct str *s)
{
    for (size_t i = 0; i < n;) {
        size_t prefix_len = 0;
        size_t n_alike = count_alike(names + i, n - i, skip, &prefix_len);
        if (i) {
            str_put_char(s, separator);
        }
        if (n_alike > 1) {
            str_put_n(s, names[i] + skip, prefix_len - skip);
            str_put_char(s, '{');
            put_names(names + i, n_alike, prefix_len, ',', s);
            str_put_char(s, '}');
            i += n_alike;
            continue;
        }
        size_t n_numbered = count_numbered(names + i, n - i);
        str_put(s, names[i] + skip);
        if (n_numbered > 2) {
            i += n_numbered;
            str_putf(s, "...%s", names[i - 1] + skip);
        } else {
            i++;
        }
    }
}

static void
put_fields(const char *heading, const unsigned long *fields, struct str *s)
{
    const char *names[N_FIELDS];
    size_t n = 0;
    size_t i;
    BITMAP_FOR_EACH_1 (i, N_FIELDS, fields) {
        names[n++] = field_from_id((enum field_id) i)->name;
    }
    if (n) {
        str_putf(s, "%s: ", heading);
        put_names(names, n, 0, ' ', s);
        str_put_char(s, '\n');
    }
}

static bool
is_empty(const unsigned long *fields)
{
    return bitmap_scan(fields, true, 0, N_FIELDS) == N_FIELDS;
}

/* Instructions. */

static bool
same_actions(const struct table_actions *a, const struct table_actions *b)
{
    return a->actions == b->actions
           && !memcmp(a->set_fields, b->set_fields, sizeof a->set_fields);
}

/* That a table is not its own next one goes without saying. */
static bool
same_next(const struct table_instructions *a,
          const struct table_instructions *b, uint8_t table_id)
{
    for (size_t i = 0; i < 256; i++) {
        if (i != table_id
            && bitmap_is_set(a->next, i) != bitmap_is_set(b->next, i)) {
            return false;
        }
    }
    return true;
}

static bool
same_instructions(const struct table_instructions *a,
                  const struct table_instructions *b, uint8_t table_id)
{
    return same_next(a, b, table_id) && a->instructions == b->instructions
           && same_actions(&a->write, &b->write)
           && same_actions(&a->apply, &b->apply);
}

static void
put_actions(const struct table_actions *t, const char *kinds, struct str *s)
{
    str_putf(s, "      %s features:\n", kinds);
    if (t->actions) {
        str_put(s, "        actions:");
        table_actions_format(t->actions, s);
        str_put_char(s, '\n');
    }
    put_fields("        supported on Set-Field", t->set_fields, s);
}

static void
put_next_tables(const struct table_instructions *t, struct str *s)
{
    size_t start = bitmap_scan(t->next, true, 0, 256);
    const char *separator = "      next tables: ";
    while (start < 256) {
        size_t end = bitmap_scan(t->next, false, start + 1, 256);
        str_putf(s, end - start > 1 ? "%s%zu-%zu" : "%s%zu", separator, start,
                 end - 1);
        separator = ",";
        start = bitmap_scan(t->next, true, end, 256);
    }
    if (*separator == ',') {
        str_put_char(s, '\n');
    }
}

static void
put_instruction_names(uint32_t instructions, struct str *s)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        { TABLE_METER, "meter" },
        { TABLE_APPLY_ACTIONS, "apply_actions" },
        { TABLE_CLEAR_ACTIONS, "clear_actions" },
        { TABLE_WRITE_ACTIONS, "write_actions" },
        { TABLE_WRITE_METADATA, "write_metadata" },
        { TABLE_GOTO_TABLE, "goto_table" },
    };

    str_put(s, "      instructions: ");
    const char *separator = "";
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (instructions & names[i].bit) {
            str_putf(s, "%s%s", separator, names[i].name);
            separator = " ";
        }
    }
    str_put_char(s, '\n');
}

static void
put_instructions(const struct table_instructions *t,
                 const struct table_instructions *previous, struct str *s)
{
    put_next_tables(t, s);
    if (t->instructions) {
        if (previous && t->instructions == previous->instructions) {
            str_put(s, "      (same instructions)\n");
        } else {
            put_instruction_names(t->instructions, s);
        }
    }
    if (!same_actions(&t->write, &t->apply)) {
        put_actions(&t->write, "Write-Actions", s);
        put_actions(&t->apply, "Apply-Actions", s);
    } else if (previous && same_actions(&t->write, &previous->write)
               && same_actions(&t->apply, &previous->apply)
               && !is_empty(t->write.set_fields)) {
        str_put(s, "      (same actions)\n");
    } else if (t->write.actions || !is_empty(t->write.set_fields)) {
        put_actions(&t->write, "Write-Actions and Apply-Actions", s);
    }
}

static void
put_both_instructions(const struct table_features *f,
                      const struct table_features *previous, struct str *s)
{
    if (previous && same_instructions(&f->other, &previous->other, f->table_id)
        && same_instructions(&f->on_miss, &previous->on_miss, f->table_id)) {
        str_put(s, "    (same instructions)\n");
    } else if (same_instructions(&f->other, &f->on_miss, f->table_id)) {
        str_put(s, "    instructions (table miss and others):\n");
        put_instructions(&f->other, previous ? &previous->other : NULL, s);
    } else {
        str_put(s, "    instructions (other than table miss):\n");
        put_instructions(&f->other, previous ? &previous->other : NULL, s);
        str_put(s, "    instructions (table miss):\n");
        put_instructions(&f->on_miss, previous ? &previous->on_miss : NULL, s);
    }
}

/* Matching. */

static bool
same_matching(const struct table_features *a, const struct table_features *b)
{
    return !memcmp(a->match, b->match, sizeof a->match)
           && !memcmp(a->mask, b->mask, sizeof a->mask)
           && !memcmp(a->wildcard, b->wildcard, sizeof a->wildcard);
}

static void
put_matching(const struct table_features *f,
             const struct table_features *previous, struct str *s)
{
    if (is_empty(f->match)) {
        return;
    } else if (previous && same_matching(f, previous)) {
        str_put(s, "    (same matching)\n");
        return;
    }
    BITMAP_DECLARE(masked, N_FIELDS) = { 0 };
    BITMAP_DECLARE(optional, N_FIELDS) = { 0 };
    BITMAP_DECLARE(exact, N_FIELDS) = { 0 };
    size_t i;
    BITMAP_FOR_EACH_1 (i, N_FIELDS, f->match) {
        bitmap_set1(bitmap_is_set(f->mask, i)       ? masked
                    : bitmap_is_set(f->wildcard, i) ? optional
                                                    : exact,
                    i);
    }
    str_put(s, "    matching:\n");
    put_fields("      arbitrary mask", masked, s);
    put_fields("      exact match or wildcard", optional, s);
    put_fields("      must exact match", exact, s);
}

/* Tables. */

void
table_printer_init(struct table_printer *p, uint8_t version, bool has_stats,
                   const struct port_names *names)
{
    *p = (struct table_printer){
        .version = version,
        .has_stats = has_stats,
        .names = names,
        .first_ditto = -1,
    };
}

/* Names do not count: by default they are numbers. */
static bool
same_features(const struct table_features *a, const struct table_features *b)
{
    return a->metadata_match == b->metadata_match
           && a->metadata_write == b->metadata_write && a->miss == b->miss
           && a->capabilities == b->capabilities
           && a->max_entries == b->max_entries
           && same_instructions(&a->other, &b->other, a->table_id)
           && same_instructions(&a->on_miss, &b->on_miss, a->table_id)
           && same_matching(a, b);
}

static bool
same_stats(const struct table_stats *a, const struct table_stats *b)
{
    return a->n_active == b->n_active && a->n_lookup == b->n_lookup
           && a->n_matched == b->n_matched;
}

static void
put_heading(const struct table_printer *p, const struct table_features *f,
            struct str *s)
{
    static const char *const commands[] = { NULL, "modify", "enable",
                                            "disable" };
    const char *name =
        p->names ? port_names_find(p->names, f->table_id) : NULL;
    if (f->command) {
        str_putf(s, "  command: %s\n", commands[f->command]);
    }
    str_putf(s, "  table %u", f->table_id);
    if (name || (f->name[0] && !p->has_stats)) {
        str_putf(s, " (\"%s\")", name ? name : f->name);
    }
    str_put(s, ":\n");
}

static void
put_metadata(uint64_t bits, const char *what, struct str *s)
{
    str_putf(s, bits ? " %s=0x%" PRIx64 : " %s=%" PRIx64, what, bits);
}

static void
put_features(const struct table_printer *p, const struct table_features *f,
             struct str *s)
{
    static const char *const misses[] = { "controller", "continue", "drop",
                                          "Unknown" };
    const struct table_features *previous =
        p->has_previous ? &p->previous : NULL;
    if (f->metadata_match || f->metadata_write) {
        str_put(s, "    metadata:");
        put_metadata(f->metadata_match, "match", s);
        put_metadata(f->metadata_write, "write", s);
        str_put_char(s, '\n');
    }
    if (p->version == OF11_VERSION || p->version == OF12_VERSION) {
        str_putf(s, "    config=%s\n", misses[f->miss & TABLE_MISS_MASK]);
    } else if (p->version >= OF14_VERSION) {
        str_putf(s, "    eviction: %ssupported\n",
                 f->capabilities & TABLE_EVICTION ? "" : "not ");
        str_putf(s, "    vacancy events: %ssupported\n",
                 f->capabilities & TABLE_VACANCY_EVENTS ? "" : "not ");
    }
    if (f->max_entries) {
        str_putf(s, "    max_entries=%" PRIu32 "\n", f->max_entries);
    }
    if (p->version != OF10_VERSION) {
        put_both_instructions(f, previous, s);
    }
    put_matching(f, previous, s);
}

static void
put_ditto(struct table_printer *p, struct str *s)
{
    if (p->first_ditto < 0) {
        return;
    } else if (p->first_ditto == p->previous.table_id) {
        str_putf(s, "\n  table %d: ditto\n", p->first_ditto);
    } else {
        str_putf(s, "\n  tables %d...%u: ditto\n", p->first_ditto,
                 p->previous.table_id);
    }
    p->first_ditto = -1;
}

void
table_printer_add(struct table_printer *p, const struct table_features *f,
                  const struct table_stats *stats, struct str *s)
{
    bool same = p->has_previous && same_features(f, &p->previous);
    if (same && (!stats || same_stats(stats, &p->previous_stats))) {
        if (p->first_ditto < 0) {
            p->first_ditto = f->table_id;
        }
    } else {
        put_ditto(p, s);
        if (p->has_previous) {
            str_put_char(s, '\n');
        }
        put_heading(p, f, s);
        if (stats) {
            str_putf(s,
                     "    active=%" PRIu32 ", lookup=%" PRIu64
                     ", matched=%" PRIu64 "\n",
                     stats->n_active, stats->n_lookup, stats->n_matched);
        }
        if (p->has_stats && p->version >= OF13_VERSION) {
            /* No features here. */
        } else if (same) {
            str_put(s, "    (same features)\n");
        } else {
            put_features(p, f, s);
        }
    }
    p->has_previous = true;
    p->previous = *f;
    if (stats) {
        p->previous_stats = *stats;
    }
}

void
table_printer_finish(struct table_printer *p, struct str *s)
{
    put_ditto(p, s);
}

enum ofperr
print_table_stats(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    struct table_printer *printer = xmalloc(sizeof *printer);
    table_printer_init(printer, p->m->version, true,
                       p->names ? p->names->tables : NULL);
    str_put_char(p->s, '\n');
    enum ofperr error;
    for (;;) {
        struct table_features f;
        struct table_stats stats;
        bool done;
        error = table_stats_decode(p->m, &r, &f, &stats, &done);
        if (error || done) {
            break;
        }
        table_printer_add(printer, &f, &stats, p->s);
    }
    table_printer_finish(printer, p->s);
    free(printer);
    return error;
}

enum ofperr
print_table_features(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    struct table_printer *printer = xmalloc(sizeof *printer);
    table_printer_init(printer, p->m->version, false,
                       p->names ? p->names->tables : NULL);
    enum ofperr error;
    for (;;) {
        struct table_features f;
        bool done;
        error = table_features_decode(p->m, &r, &f, &done);
        if (error || done) {
            break;
        }
        if (!printer->has_previous) {
            str_put_char(p->s, '\n');
        }
        table_printer_add(printer, &f, NULL, p->s);
    }
    table_printer_finish(printer, p->s);
    free(printer);
    return error;
}

/* Configuration. */

static void
put_table_id(const struct print *p, uint8_t table_id, const char *separator,
             struct str *s)
{
    const char *name =
        p->names ? port_names_find(p->names->tables, table_id) : NULL;
    if (name) {
        str_putf(s, "%s\"%s\"", separator, name);
    } else {
        str_putf(s, "%s%u", separator, table_id);
    }
}

enum ofperr
print_table_mod(struct print *p)
{
    static const char *const misses[] = { "controller", "continue", "drop" };
    struct table_config c;
    enum ofperr error = table_mod_decode(p->m, &c);
    if (error) {
        return error;
    }
    if (c.table_id == 0xff) {
        str_put(p->s, " table_id: ALL_TABLES");
    } else {
        put_table_id(p, c.table_id, " table_id=", p->s);
    }
    if (p->m->version <= OF12_VERSION) {
        str_putf(p->s, ", flow_miss_config=%s", misses[c.config]);
    } else if (p->m->version >= OF14_VERSION) {
        /* Flags for eviction make no sense in a request. */
        str_putf(p->s, ", eviction=%s, ",
                 c.has_eviction_flags        ? "***error***"
                 : c.config & TABLE_EVICTION ? "on"
                                             : "off");
        if (c.config & TABLE_VACANCY_EVENTS) {
            str_putf(p->s, "vacancy=on vacancy:%u,%u", c.vacancy_down,
                     c.vacancy_up);
        } else {
            str_put(p->s, "vacancy=off");
        }
    }
    return 0;
}

static void
put_table_desc(const struct print *p, const struct table_config *c)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } flags[] = {
        { TABLE_EVICT_OTHER, "OTHER" },
        { TABLE_EVICT_IMPORTANCE, "IMPORTANCE" },
        { TABLE_EVICT_LIFETIME, "LIFETIME" },
    };

    put_table_id(p, c->table_id, "\n  table ", p->s);
    str_putf(p->s, ":\n   eviction=%s eviction_flags=",
             c->config & TABLE_EVICTION ? "on" : "off");
    if (!c->has_eviction_flags) {
        str_put(p->s, "(default)");
    }
    const char *separator = "";
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (c->eviction_flags & flags[i].bit) {
            str_putf(p->s, "%s%s", separator, flags[i].name);
            separator = "|";
        }
    }
    if (c->config & TABLE_VACANCY_EVENTS) {
        str_putf(p->s,
                 "\n   vacancy=on vacancy_down=%u%% vacancy_up=%u%% "
                 "vacancy=%u%%",
                 c->vacancy_down, c->vacancy_up, c->vacancy);
    } else {
        str_put(p->s, "\n   vacancy=off");
    }
    str_put_char(p->s, '\n');
}

enum ofperr
print_table_desc(struct print *p)
{
    struct reader r = reader_init(p->m->body, p->m->body_size);
    for (;;) {
        struct table_config c;
        bool done;
        enum ofperr error = table_desc_decode(&r, &c, &done);
        if (error || done) {
            return error;
        }
        put_table_desc(p, &c);
    }
}

/* OpenFlow 1.4 §7.4.5: reason u8, padding 7, a description. */
enum ofperr
print_table_status(struct print *p)
{
    enum { VACANCY_DOWN = 3, VACANCY_UP = 4 };

    struct reader r = reader_init(p->m->body, p->m->body_size);
    uint8_t reason = reader_u8(&r);
    reader_skip(&r, 7);
    if (reason != VACANCY_DOWN && reason != VACANCY_UP) {
        return OFPERR_OFPBPC_BAD_VALUE;
    }
    struct table_config c;
    bool done;
    enum ofperr error = table_desc_decode(&r, &c, &done);
    if (error || done) {
        return error ? error : OFPERR_OFPBPC_BAD_LEN;
    }
    str_putf(p->s, " reason=%s\ntable_desc:-",
             reason == VACANCY_DOWN ? "VACANCY_DOWN" : "VACANCY_UP");
    put_table_desc(p, &c);
    return 0;
}
