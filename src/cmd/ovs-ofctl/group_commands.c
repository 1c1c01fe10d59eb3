/* Commands about groups. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/flow_text.h"
#include "openflow/message/group_text.h"
#include "sys/log/log.h"
#include "sys/process/program.h"

LOG_MODULE(ofp_group);

typedef VEC(struct group_mod) group_mod_vec;

static void
uninit_mods(group_mod_vec *mods)
{
    for (size_t i = 0; i < mods->n; i++) {
        group_desc_uninit(&mods->items[i].desc);
    }
    vec_uninit(mods);
}

/* Group mods of a file; 'command' as group_mod_parse(). */
static void
parse_file(struct ofctl *ofctl, const char *name, int command,
           group_mod_vec *mods, unsigned int *usablep)
{
    FILE *file = ofctl_open_file(name);
    struct str line = STR_INITIALIZER;
    int number = 0;
    *usablep = UINT32_MAX;
    while (ofctl_get_line(file, &line, &number)) {
        struct group_mod gm;
        unsigned int usable;
        struct error *error = group_mod_parse(str_text(&line), command,
                                              &ofctl->names, &gm, &usable);
        if (error) {
            program_fatal(0, "%s:%d: %s", name, number, error_text(error));
        }
        *usablep &= usable;
        vec_push(mods, gm);
    }
    str_uninit(&line);
    ofctl_close_file(file);
}

static void
parse_text(struct ofctl *ofctl, const char *text, enum group_command command,
           group_mod_vec *mods, unsigned int *usablep)
{
    struct group_mod gm;
    struct error *error =
        group_mod_parse(text, (int) command, &ofctl->names, &gm, usablep);
    if (error) {
        program_fatal_error(error);
    }
    vec_push(mods, gm);
}

/* Each is asked for on its own: an error ends it. */
static void
send_mods(struct ofctl *ofctl, const char *target, const group_mod_vec *mods,
          unsigned int usable)
{
    enum flow_protocol protocol;
    struct vconn *v =
        ofctl_open_for_flow_mod(ofctl, target, usable, &protocol);
    uint8_t version = flow_protocol_version(protocol);
    struct writer w = WRITER_INITIALIZER;
    for (size_t i = 0; i < mods->n; i++) {
        const struct group_mod *gm = &mods->items[i];
        if (gm->command == GROUP_INSERT_BUCKET && version > OF10_VERSION
            && version < OF15_VERSION) {
            program_fatal(0, "insert-bucket needs OpenFlow 1.5 or later "
                             "('-O OpenFlow15')");
        }
        group_mod_encode(gm, version, message_next_xid(), &w);
        ofctl_send_checked(v, &w);
    }
    writer_uninit(&w);
    vconn_close(v);
}

/* 'argv' is the switch and maybe a group, "-" for a file of them. */
static void
group_mod(struct ofctl *ofctl, int argc, char *argv[],
          enum group_command command)
{
    const char *text = argc > 1 ? argv[1] : "";
    group_mod_vec mods = VEC_INITIALIZER;
    unsigned int usable;
    ofctl_fetch_tables(ofctl, argv[0]);
    ofctl_fetch_ports(ofctl, argv[0]);
    if (!strcmp(text, "-")) {
        parse_file(ofctl, text, (int) command, &mods, &usable);
    } else {
        parse_text(ofctl, text, command, &mods, &usable);
    }
    send_mods(ofctl, argv[0], &mods, usable);
    uninit_mods(&mods);
}

void
ofctl_add_group(struct ofctl *ofctl, int argc, char *argv[])
{
    group_mod(ofctl, argc, argv, GROUP_ADD);
}

void
ofctl_add_groups(struct ofctl *ofctl, int argc, char *argv[])
{
    if (argc < 2) {
        program_fatal(0, "'add-groups' command requires a file of groups");
    }
    group_mod_vec mods = VEC_INITIALIZER;
    unsigned int usable;
    ofctl_fetch_tables(ofctl, argv[0]);
    ofctl_fetch_ports(ofctl, argv[0]);
    parse_file(ofctl, argv[1], -1, &mods, &usable);
    send_mods(ofctl, argv[0], &mods, usable);
    uninit_mods(&mods);
}

void
ofctl_mod_group(struct ofctl *ofctl, int argc, char *argv[])
{
    group_mod(ofctl, argc, argv,
              ofctl->may_create ? GROUP_ADD_OR_MOD : GROUP_MODIFY);
}

void
ofctl_del_groups(struct ofctl *ofctl, int argc, char *argv[])
{
    group_mod(ofctl, argc, argv, GROUP_DELETE);
}

void
ofctl_insert_buckets(struct ofctl *ofctl, int argc, char *argv[])
{
    group_mod(ofctl, argc, argv, GROUP_INSERT_BUCKET);
}

void
ofctl_remove_buckets(struct ofctl *ofctl, int argc, char *argv[])
{
    group_mod(ofctl, argc, argv, GROUP_REMOVE_BUCKET);
}

/* Questions. */

static void
dump(struct ofctl *ofctl, const char *target, enum message_type type,
     uint32_t id)
{
    struct vconn *v = ofctl_open(ofctl, target);
    struct writer w = WRITER_INITIALIZER;
    group_request_encode(type, vconn_version(v), id, &w);
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
    vconn_close(v);
}

void
ofctl_dump_groups(struct ofctl *ofctl, int argc, char *argv[])
{
    uint32_t id = GROUP_ALL;
    if (argc > 1 && !group_id_parse(argv[1], &id)) {
        log_warn("%s is not a valid group ID.  (Valid group IDs are 32-bit "
                 "nonnegative integers or the keywords ANY or ALL.)",
                 argv[1]);
    }
    dump(ofctl, argv[0], MSG_GROUP_DESC_STATS_REQUEST, id);
}

void
ofctl_dump_group_stats(struct ofctl *ofctl, int argc, char *argv[])
{
    group_mod_vec mods = VEC_INITIALIZER;
    unsigned int usable;
    ofctl_fetch_tables(ofctl, argv[0]);
    ofctl_fetch_ports(ofctl, argv[0]);
    parse_text(ofctl, argc > 1 ? argv[1] : "", GROUP_DELETE, &mods, &usable);
    dump(ofctl, argv[0], MSG_GROUP_STATS_REQUEST, mods.items[0].desc.id);
    uninit_mods(&mods);
}

void
ofctl_dump_group_features(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    ofctl_dump_trivial(ofctl, argv[0], MSG_GROUP_FEATURES_STATS_REQUEST);
}

void
ofctl_parse_group(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    group_mod_vec mods = VEC_INITIALIZER;
    unsigned int usable;
    parse_text(ofctl, argv[0], GROUP_ADD, &mods, &usable);
    char *text = flow_protocols_to_string(usable);
    printf("usable protocols: %s\n", text);
    free(text);
    fflush(stdout);
    if (!(usable & ofctl->protocols)) {
        program_fatal(0, "no usable protocol");
    }
    uint8_t version =
        flow_protocol_version(ofctl_choose_protocol(ofctl, usable));
    printf("chosen version: OpenFlow1%d\n", version - OF10_VERSION);
    struct writer w = WRITER_INITIALIZER;
    group_mod_encode(&mods.items[0], version, message_next_xid(), &w);
    ofctl_print_message(ofctl, w.data, w.size, stdout);
    writer_uninit(&w);
    uninit_mods(&mods);
}
