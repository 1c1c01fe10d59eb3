/* Commands about flow tables. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/action/action.h"
#include "openflow/message/table.h"
#include "sys/process/program.h"

enum { TABLE_ALL = 255 };

void
ofctl_dump_tables(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    if (ofctl_prints_names(ofctl)) {
        ofctl_fetch_tables(ofctl, argv[0]);
    }
    ofctl_dump_trivial(ofctl, argv[0], MSG_TABLE_STATS_REQUEST);
}

static struct vconn *
open_since(struct ofctl *ofctl, const char *target, uint8_t version,
           const char *command)
{
    struct vconn *v = ofctl_open(ofctl, target);
    if (vconn_version(v) < version) {
        int minor = version - OF10_VERSION;
        program_fatal(0, "%s needs OpenFlow 1.%d or later ('-O OpenFlow1%d')",
                      command, minor, minor);
    }
    return v;
}

/* Calls 'take' with all replies to a request without body; it ends the program
 * if a reply is not what it wants. */
static void
for_each_reply(struct vconn *v, enum message_type type,
               void (*take)(void *aux, const struct message *), void *aux)
{
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, type, vconn_version(v), message_next_xid());
    struct message m = ofctl_transact(v, &w);
    writer_uninit(&w);
    for (;;) {
        take(aux, &m);
        if (!m.more) {
            return;
        }
        const uint8_t *data;
        size_t size;
        int error = vconn_recv_xid(v, m.xid, &data, &size);
        if (error) {
            ofctl_fail_io(v, error);
        }
        enum ofperr ofperr = message_decode(data, size, &m);
        if (ofperr) {
            program_fatal(0, "%s: bad reply (%s)", vconn_name(v),
                          ofperr_name(ofperr));
        }
    }
}

static void NORETURN
fail_reply(const struct message *m, enum ofperr error)
{
    struct str s = STR_INITIALIZER;
    str_put_hexdump(&s, m->data, m->size, 0, false);
    fflush(stdout);
    fputs(str_text(&s), stderr);
    program_fatal(0, "received bad reply (%s)", ofperr_name(error));
}

struct features_dump {
    struct ofctl *ofctl;
    struct table_printer printer;
};

static void
take_features(void *dump_, const struct message *m)
{
    struct features_dump *dump = dump_;
    if (m->type != MSG_TABLE_FEATURES_STATS_REPLY) {
        ofctl_print_message(dump->ofctl, m->data, m->size, stderr);
        exit(EXIT_FAILURE);
    }
    struct reader body = reader_init(m->body, m->body_size);
    struct str s = STR_INITIALIZER;
    for (;;) {
        struct table_features f;
        bool done;
        enum ofperr error = table_features_decode(m, &body, &f, &done);
        if (error) {
            fail_reply(m, error);
        } else if (done) {
            break;
        }
        table_printer_add(&dump->printer, &f, NULL, &s);
    }
    fputs(str_text(&s), stdout);
    str_uninit(&s);
}

void
ofctl_dump_table_features(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct vconn *v =
        open_since(ofctl, argv[0], OF13_VERSION, "dump-table-features");
    struct features_dump *dump = xzalloc(sizeof *dump);
    dump->ofctl = ofctl;
    table_printer_init(&dump->printer, vconn_version(v), false,
                       ofctl->shown.tables);
    for_each_reply(v, MSG_TABLE_FEATURES_STATS_REQUEST, take_features, dump);
    struct str s = STR_INITIALIZER;
    table_printer_finish(&dump->printer, &s);
    printf("%s\n", str_text(&s));
    str_uninit(&s);
    free(dump);
    vconn_close(v);
}

void
ofctl_dump_table_desc(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct vconn *v =
        open_since(ofctl, argv[0], OF14_VERSION, "dump-table-desc");
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, MSG_TABLE_DESC_REQUEST, vconn_version(v),
                       message_next_xid());
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
    vconn_close(v);
}

/* mod-table. */

struct setting {
    uint32_t versions; /* That have it; bits. */
    uint32_t bits;     /* Of table_config.config that it sets, */
    uint32_t config;   /* to this. */
    uint8_t vacancy_down, vacancy_up;
};

enum {
    OF11_TO_12 = 1 << OF11_VERSION | 1 << OF12_VERSION,
    OF14_AND_UP = 1 << OF14_VERSION | 1 << OF15_VERSION,
};

static uint8_t
parse_vacancy(const char **textp, const char *name)
{
    const char *text = *textp;
    size_t len = strcspn(text, ",");
    if (!len) {
        program_fatal(0, "Vacancy %s value missing", name);
    }
    char *number = xasprintf("%.*s", (int) len, text);
    uint32_t value;
    if (!scan_u32(number, 0, &value) || value > UINT8_MAX) {
        program_fatal(0, "Invalid vacancy %s value \"%s\"", name, number);
    }
    if (value > 100) {
        program_fatal(0, "Invalid vacancy %s value \"%d\"", name, (int) value);
    }
    free(number);
    *textp = text + len + (text[len] == ',');
    return (uint8_t) value;
}

static struct setting
parse_setting(const char *text)
{
    static const struct {
        const char *name;
        struct setting setting;
    } settings[] = {
        { "controller",
          { OF11_TO_12, TABLE_MISS_MASK, TABLE_MISS_CONTROLLER, 0, 0 } },
        { "continue",
          { OF11_TO_12, TABLE_MISS_MASK, TABLE_MISS_CONTINUE, 0, 0 } },
        { "drop", { OF11_TO_12, TABLE_MISS_MASK, TABLE_MISS_DROP, 0, 0 } },
        { "evict", { OF14_AND_UP, TABLE_EVICTION, TABLE_EVICTION, 0, 0 } },
        { "noevict", { OF14_AND_UP, TABLE_EVICTION, 0, 0, 0 } },
        { "novacancy", { OF14_AND_UP, TABLE_VACANCY_EVENTS, 0, 0, 0 } },
    };

    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        if (!strcmp(text, settings[i].name)) {
            return settings[i].setting;
        }
    }
    const char *rest;
    if (!scan_prefix(text, "vacancy", &rest) || (*rest && *rest != ':')) {
        program_fatal(0, "invalid table_mod setting %s", text);
    }
    rest += *rest == ':';
    struct setting s = { OF14_AND_UP, TABLE_VACANCY_EVENTS,
                         TABLE_VACANCY_EVENTS, 0, 0 };
    s.vacancy_down = parse_vacancy(&rest, "down");
    s.vacancy_up = parse_vacancy(&rest, "up");
    if (s.vacancy_up < s.vacancy_down) {
        program_fatal(0, "Invalid vacancy range, vacancy up should be greater "
                         "than vacancy down (OFPBPC_BAD_VALUE)");
    }
    return s;
}

static uint8_t
parse_table(struct ofctl *ofctl, const char *target, const char *text)
{
    uint8_t table_id;
    if (!strcasecmp(text, "all")) {
        return TABLE_ALL;
    }
    ofctl_fetch_tables(ofctl, target);
    if (!table_id_parse(text, ofctl->names.tables, &table_id)) {
        program_fatal(0, "unknown table \"%s\"", text);
    }
    return table_id;
}

/* How a table is configured, and the number of tables. */
struct wanted_table {
    struct table_config *config;
    bool found;
    int n_tables;
};

static void
take_desc(void *wanted_, const struct message *m)
{
    struct wanted_table *wanted = wanted_;
    struct reader body = reader_init(m->body, m->body_size);
    for (;;) {
        struct table_config c;
        bool done;
        enum ofperr error = m->type == MSG_TABLE_DESC_REPLY
                                ? table_desc_decode(&body, &c, &done)
                                : OFPERR_OFPBRC_BAD_TYPE;
        if (error) {
            fail_reply(m, error);
        } else if (done) {
            return;
        }
        wanted->n_tables++;
        if (c.table_id == wanted->config->table_id) {
            *wanted->config = c;
            wanted->found = true;
        }
    }
}

/* From 1.4 on what the setting does not name must be said again; gives the
 * number of tables. */
static int
change_table(struct vconn *v, uint8_t table_id, const struct setting *setting)
{
    struct table_config c = { .table_id = table_id };
    struct wanted_table wanted = { .config = &c };
    if (vconn_version(v) >= OF14_VERSION) {
        for_each_reply(v, MSG_TABLE_DESC_REQUEST, take_desc, &wanted);
    }
    c.config = (c.config & ~setting->bits) | setting->config;
    if (setting->config & TABLE_VACANCY_EVENTS) {
        c.vacancy_down = setting->vacancy_down;
        c.vacancy_up = setting->vacancy_up;
    }
    /* Flags stay out of a message that is about eviction. */
    c.has_eviction_flags =
        c.has_eviction_flags && !(setting->bits & TABLE_EVICTION);
    struct writer w = WRITER_INITIALIZER;
    table_mod_encode(&c, vconn_version(v), message_next_xid(), &w);
    ofctl_send_checked(v, &w);
    writer_uninit(&w);
    return wanted.n_tables;
}

void
ofctl_mod_table(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    uint8_t table_id = parse_table(ofctl, argv[0], argv[1]);
    struct setting setting = parse_setting(argv[2]);
    if (!(ofctl->versions & setting.versions)) {
        program_fatal(0,
                      "table_mod '%s' requires one of the OpenFlow versions "
                      "%s",
                      argv[2],
                      setting.versions == OF11_TO_12
                          ? "OpenFlow11, OpenFlow12"
                          : "OpenFlow14, OpenFlow15");
    }
    ofctl->versions &= setting.versions;
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    if (table_id != TABLE_ALL || setting.versions == OF11_TO_12) {
        (void) change_table(v, table_id, &setting);
    } else {
        int n_tables = change_table(v, 0, &setting);
        for (int i = 1; i < n_tables; i++) {
            (void) change_table(v, (uint8_t) i, &setting);
        }
    }
    vconn_close(v);
}
