/* add-flow, add-flows, mod-flows, del-flows. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/mem.h"
#include "base/str.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/flow_text.h"
#include "openflow/message/print.h"
#include "sys/process/program.h"

/* Bytes of flow_mods on their way before a barrier. */
enum { WINDOW = 256 * 1024 };

/* Removes a comment and white space around; false if nothing is left. */
static bool
trim_line(struct str *line)
{
    char *hash = line->text ? strchr(line->text, '#') : NULL;
    if (hash) {
        str_truncate(line, (size_t) (hash - line->text));
    }
    str_chomp(line, " \t\r\n");
    return str_text(line)[strspn(str_text(line), " \t\r\n")] != '\0';
}

FILE *
ofctl_open_file(const char *name)
{
    FILE *file = strcmp(name, "-") ? fopen(name, "r") : stdin;
    if (!file) {
        program_fatal(0, "%s: open failed (%s)", name, strerror(errno));
    }
    return file;
}

void
ofctl_close_file(FILE *file)
{
    if (file != stdin) {
        fclose(file);
    }
}

bool
ofctl_get_line(FILE *file, struct str *line, int *numberp)
{
    while (str_get_line(line, file)) {
        ++*numberp;
        if (trim_line(line)) {
            return true;
        }
    }
    return false;
}

void
ofctl_parse_flow_file(struct ofctl *ofctl, const char *name, int command,
                      flow_mod_vec *mods, unsigned int *usablep)
{
    FILE *file = ofctl_open_file(name);
    *usablep = UINT32_MAX;
    struct str line = STR_INITIALIZER;
    int number = 0;
    while (ofctl_get_line(file, &line, &number)) {
        struct flow_mod fm;
        unsigned int usable;
        struct error *error = flow_mod_parse(str_text(&line), command,
                                             &ofctl->names, &fm, &usable);
        if (error) {
            program_fatal(0, "%s:%d: %s", name, number, error_text(error));
        }
        *usablep &= usable;
        vec_push(mods, fm);
    }
    str_uninit(&line);
    ofctl_close_file(file);
}

/* Sends all of them, a barrier after each window. */
static void
send_all(struct ofctl *ofctl, const char *target, flow_mod_vec *mods,
         unsigned int usable)
{
    enum flow_protocol protocol;
    struct vconn *v =
        ofctl_open_for_flow_mod(ofctl, target, usable, &protocol);
    struct writer w = WRITER_INITIALIZER;
    struct flow_mod *fm;
    VEC_FOR_EACH (fm, mods) {
        flow_mod_encode(fm, protocol, message_next_xid(), &w);
        flow_mod_uninit(fm);
        if (w.size >= WINDOW) {
            ofctl_send_checked(v, &w);
        }
    }
    if (w.size) {
        ofctl_send_checked(v, &w);
    }
    writer_uninit(&w);
    vconn_close(v);
}

static void
flow_mod_file(struct ofctl *ofctl, char *argv[], int command)
{
    flow_mod_vec mods = VEC_INITIALIZER;
    unsigned int usable;
    ofctl_fetch_tables(ofctl, argv[0]);
    ofctl_fetch_ports(ofctl, argv[0]);
    ofctl_parse_flow_file(ofctl, argv[1], command, &mods, &usable);
    send_all(ofctl, argv[0], &mods, usable);
    vec_uninit(&mods);
}

/* 'argv' is the switch and maybe a flow, "-" for a file of them. */
static void
flow_mod(struct ofctl *ofctl, int argc, char *argv[],
         enum flow_mod_command command)
{
    if (argc > 1 && !strcmp(argv[1], "-")) {
        flow_mod_file(ofctl, argv, (int) command);
        return;
    }
    flow_mod_vec mods = VEC_INITIALIZER;
    struct flow_mod fm;
    unsigned int usable;
    ofctl_fetch_tables(ofctl, argv[0]);
    ofctl_fetch_ports(ofctl, argv[0]);
    struct error *error = flow_mod_parse(
        argc > 1 ? argv[1] : "", (int) command, &ofctl->names, &fm, &usable);
    if (error) {
        program_fatal_error(error);
    }
    vec_push(&mods, fm);
    send_all(ofctl, argv[0], &mods, usable);
    vec_uninit(&mods);
}

void
ofctl_add_flow(struct ofctl *ofctl, int argc, char *argv[])
{
    flow_mod(ofctl, argc, argv, FLOW_MOD_ADD);
}

void
ofctl_add_flows(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    flow_mod_file(ofctl, argv, -1);
}

void
ofctl_mod_flows(struct ofctl *ofctl, int argc, char *argv[])
{
    flow_mod(ofctl, argc, argv,
             ofctl->strict ? FLOW_MOD_MODIFY_STRICT : FLOW_MOD_MODIFY);
}

void
ofctl_del_flows(struct ofctl *ofctl, int argc, char *argv[])
{
    flow_mod(ofctl, argc, argv,
             ofctl->strict ? FLOW_MOD_DELETE_STRICT : FLOW_MOD_DELETE);
}
