/* Commands about meters. */

#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/meter_text.h"
#include "sys/process/program.h"

/* Meters came with OpenFlow 1.3. */
enum {
    METER_PROTOCOLS = 1u << FLOW_PROTOCOL_OF13 | 1u << FLOW_PROTOCOL_OF14
                      | 1u << FLOW_PROTOCOL_OF15,
};

/* What the second argument says; without one, all meters. */
static struct meter_mod
parse(int argc, char *argv[], enum meter_command command)
{
    struct meter_mod mm;
    struct error *error =
        meter_mod_parse(argc > 1 ? argv[1] : "", command, &mm);
    if (error) {
        program_fatal_error(error);
    }
    return mm;
}

static struct vconn *
open_switch(struct ofctl *ofctl, const char *target, uint8_t *versionp)
{
    enum flow_protocol protocol;
    struct vconn *v =
        ofctl_open_for_flow_mod(ofctl, target, METER_PROTOCOLS, &protocol);
    *versionp = flow_protocol_version(protocol);
    return v;
}

static void
meter_mod(struct ofctl *ofctl, int argc, char *argv[],
          enum meter_command command)
{
    struct meter_mod mm = parse(argc, argv, command);
    uint8_t version;
    struct vconn *v = open_switch(ofctl, argv[0], &version);
    struct writer w = WRITER_INITIALIZER;
    meter_mod_encode(&mm, version, message_next_xid(), &w);
    ofctl_send_checked(v, &w);
    writer_uninit(&w);
    vconn_close(v);
    meter_config_uninit(&mm.config);
}

void
ofctl_add_meter(struct ofctl *ofctl, int argc, char *argv[])
{
    meter_mod(ofctl, argc, argv, METER_ADD);
}

void
ofctl_mod_meter(struct ofctl *ofctl, int argc, char *argv[])
{
    meter_mod(ofctl, argc, argv, METER_MODIFY);
}

void
ofctl_del_meters(struct ofctl *ofctl, int argc, char *argv[])
{
    meter_mod(ofctl, argc, argv, METER_DELETE);
}

static void
dump(struct ofctl *ofctl, int argc, char *argv[], enum message_type type)
{
    struct meter_mod mm = parse(argc, argv, METER_DELETE);
    uint8_t version;
    struct vconn *v = open_switch(ofctl, argv[0], &version);
    struct writer w = WRITER_INITIALIZER;
    if (type == MSG_METER_FEATURES_STATS_REQUEST) {
        message_put_simple(&w, type, version, message_next_xid());
    } else {
        message_put_about(&w, type, version, mm.config.id);
    }
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
    vconn_close(v);
    meter_config_uninit(&mm.config);
}

void
ofctl_dump_meters(struct ofctl *ofctl, int argc, char *argv[])
{
    dump(ofctl, argc, argv, MSG_METER_CONFIG_STATS_REQUEST);
}

void
ofctl_meter_stats(struct ofctl *ofctl, int argc, char *argv[])
{
    dump(ofctl, argc, argv, MSG_METER_STATS_REQUEST);
}

void
ofctl_meter_features(struct ofctl *ofctl, int argc, char *argv[])
{
    dump(ofctl, argc, argv, MSG_METER_FEATURES_STATS_REQUEST);
}
