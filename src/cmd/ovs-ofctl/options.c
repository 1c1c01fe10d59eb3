/* The command line of ovs-ofctl. */

#include "sys/process/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "net/flow/field.h"
#include "openflow/message/flow_text.h"
#include "rpc/stream/tls.h"
#include "sys/log/log_config.h"
#include "sys/process/daemon.h"
#include "sys/process/program.h"

enum {
    OPT_TIMEOUT,
    OPT_STRICT,
    OPT_READD,
    OPT_FLOW_FORMAT,
    OPT_PACKET_IN_FORMAT,
    OPT_MORE,
    OPT_TIMESTAMP,
    OPT_SORT,
    OPT_RSORT,
    OPT_NAMES,
    OPT_NO_NAMES,
    OPT_STATS,
    OPT_NO_STATS,
    OPT_UNIXCTL,
    OPT_HELP,
    OPT_VERSION,
    OPT_OPTION,
    OPT_BUNDLE,
    OPT_MAY_CREATE,
    OPT_COLOR,
    OPT_PROTOCOLS,
};

static const struct option_spec specs[] = {
    { "timeout", 't', OPTION_REQUIRED_ARGUMENT, OPT_TIMEOUT },
    { "strict", 0, OPTION_NO_ARGUMENT, OPT_STRICT },
    { "readd", 0, OPTION_NO_ARGUMENT, OPT_READD },
    { "flow-format", 'F', OPTION_REQUIRED_ARGUMENT, OPT_FLOW_FORMAT },
    { "packet-in-format", 'P', OPTION_REQUIRED_ARGUMENT,
      OPT_PACKET_IN_FORMAT },
    { "more", 'm', OPTION_NO_ARGUMENT, OPT_MORE },
    { "timestamp", 0, OPTION_NO_ARGUMENT, OPT_TIMESTAMP },
    { "sort", 0, OPTION_OPTIONAL_ARGUMENT, OPT_SORT },
    { "rsort", 0, OPTION_OPTIONAL_ARGUMENT, OPT_RSORT },
    { "names", 0, OPTION_NO_ARGUMENT, OPT_NAMES },
    { "no-names", 0, OPTION_NO_ARGUMENT, OPT_NO_NAMES },
    { "stats", 0, OPTION_NO_ARGUMENT, OPT_STATS },
    { "no-stats", 0, OPTION_NO_ARGUMENT, OPT_NO_STATS },
    { "unixctl", 0, OPTION_REQUIRED_ARGUMENT, OPT_UNIXCTL },
    { "help", 'h', OPTION_NO_ARGUMENT, OPT_HELP },
    { "version", 'V', OPTION_NO_ARGUMENT, OPT_VERSION },
    { "option", 'o', OPTION_NO_ARGUMENT, OPT_OPTION },
    { "bundle", 0, OPTION_NO_ARGUMENT, OPT_BUNDLE },
    { "may-create", 0, OPTION_NO_ARGUMENT, OPT_MAY_CREATE },
    { "color", 0, OPTION_OPTIONAL_ARGUMENT, OPT_COLOR },
    { "protocols", 'O', OPTION_REQUIRED_ARGUMENT, OPT_PROTOCOLS },
};

static struct error *
add_sort_key(struct ofctl *ofctl, const char *name, bool falling)
{
    struct sort_key key = { .falling = falling };
    if (name && strcasecmp(name, "priority")) {
        key.field = field_from_name(name);
        if (!key.field) {
            return error_create("%s: unknown field name", name);
        }
    }
    vec_push(&ofctl->sort_keys, key);
    return NULL;
}

static struct error *
set_timeout(const char *argument)
{
    unsigned int seconds;
    struct error *error = options_parse_timeout(argument, &seconds);
    if (error) {
        error_destroy(error);
        return error_create("value %s on -t or --timeout is invalid",
                            argument);
    }
    options_set_timeout(seconds);
    return NULL;
}

static struct error *
set_versions(struct ofctl *ofctl, const char *argument)
{
    char *bad = NULL;
    ofctl->versions = version_set_parse(argument, &bad);
    struct error *error = NULL;
    if (bad) {
        error = error_create("Unknown OpenFlow version: \"%s\"", bad);
    } else if (!ofctl->versions) {
        error = error_create("No OpenFlow versions enabled");
    }
    free(bad);
    return error;
}

static struct error *
set_packet_in_format(struct ofctl *ofctl, const char *argument)
{
    static const struct {
        const char *name;
        enum packet_in_format format;
    } formats[] = {
        { "standard", PACKET_IN_STANDARD },
        { "openflow10", PACKET_IN_STANDARD },
        { "nxt_packet_in", PACKET_IN_NXT },
        { "nxm", PACKET_IN_NXT },
        { "nxt_packet_in2", PACKET_IN_NXT2 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        if (!strcmp(argument, formats[i].name)) {
            ofctl->packet_in_format = (int) formats[i].format;
            return NULL;
        }
    }
    return error_create("unknown packet-in format `%s'", argument);
}

static struct error *
set_color(const char *argument)
{
    if (!argument || !strcasecmp(argument, "always")
        || !strcasecmp(argument, "yes") || !strcasecmp(argument, "force")) {
        return error_create("--color is not supported yet");
    } else if (strcasecmp(argument, "never") && strcasecmp(argument, "no")
               && strcasecmp(argument, "none") && strcasecmp(argument, "auto")
               && strcasecmp(argument, "tty")
               && strcasecmp(argument, "if-tty")) {
        return error_create("incorrect value `%s' for --color", argument);
    }
    return NULL;
}

static const struct option_group *all_groups;
static size_t n_all_groups;

static struct error *
handle_option(int id, const char *argument, void *ofctl_)
{
    struct ofctl *ofctl = ofctl_;
    switch (id) {
    case OPT_TIMEOUT:
        return set_timeout(argument);
    case OPT_STRICT:
        ofctl->strict = true;
        break;
    case OPT_READD:
        ofctl->readd = true;
        break;
    case OPT_FLOW_FORMAT:
        ofctl->protocols = flow_protocols_from_string(argument);
        return ofctl->protocols
                   ? NULL
                   : error_create("%s: unknown flow protocol", argument);
    case OPT_PACKET_IN_FORMAT:
        return set_packet_in_format(ofctl, argument);
    case OPT_MORE:
        ofctl->verbosity++;
        break;
    case OPT_TIMESTAMP:
        ofctl->timestamp = true;
        break;
    case OPT_SORT:
    case OPT_RSORT:
        return add_sort_key(ofctl, argument, id == OPT_RSORT);
    case OPT_NAMES:
    case OPT_NO_NAMES:
        ofctl->use_names = id == OPT_NAMES;
        break;
    case OPT_STATS:
    case OPT_NO_STATS:
        ofctl->stats = id == OPT_STATS;
        break;
    case OPT_UNIXCTL:
        ofctl->unixctl = argument;
        break;
    case OPT_HELP:
        ofctl_print_help();
    case OPT_VERSION:
        program_print_version(OF10_VERSION, OF15_VERSION);
        exit(EXIT_SUCCESS);
    case OPT_OPTION:
        options_print(all_groups, n_all_groups);
        exit(EXIT_SUCCESS);
    case OPT_MAY_CREATE:
        ofctl->may_create = true;
        break;
    case OPT_BUNDLE:
        return error_create("--bundle is not supported yet");
    case OPT_COLOR:
        return set_color(argument);
    case OPT_PROTOCOLS:
        return set_versions(ofctl, argument);
    }
    return NULL;
}

/* Leaves the protocols that the versions allow. */
static void
restrict_protocols(struct ofctl *ofctl)
{
    unsigned int by_version = 0;
    for (int i = 0; i < N_FLOW_PROTOCOLS; i++) {
        uint8_t version = flow_protocol_version((enum flow_protocol) i);
        if (ofctl->versions & 1u << version) {
            by_version |= 1u << i;
        }
    }
    if (!(ofctl->protocols & by_version)) {
        struct str versions = STR_INITIALIZER;
        version_set_format(ofctl->versions, &versions);
        char *protocols = flow_protocols_to_string(ofctl->protocols);
        program_fatal(0,
                      "None of the enabled OpenFlow versions (%s) supports "
                      "any of the enabled flow formats (%s).  (Use -O to "
                      "enable additional OpenFlow versions or -F to enable "
                      "additional flow formats.)",
                      str_text(&versions), protocols);
    }
    ofctl->protocols &= by_version;
    /* Versions without any allowed protocol are not offered. */
    uint32_t versions = 0;
    for (int i = 0; i < N_FLOW_PROTOCOLS; i++) {
        if (ofctl->protocols & 1u << i) {
            versions |= 1u << flow_protocol_version((enum flow_protocol) i);
        }
    }
    ofctl->versions &= versions;
}

int
ofctl_parse_options(struct ofctl *ofctl, int argc, char *argv[])
{
    const struct option_group groups[] = {
        { specs, ARRAY_SIZE(specs), handle_option, ofctl },
        daemon_option_group,
        options_log_group,
        tls_option_group,
    };
    all_groups = groups;
    n_all_groups = ARRAY_SIZE(groups);
    int i = options_parse(argc, argv, groups, ARRAY_SIZE(groups), false);
    restrict_protocols(ofctl);
    return i;
}
