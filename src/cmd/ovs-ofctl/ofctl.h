/* What the files of ovs-ofctl share. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/vec.h"
#include "net/flow/ofp_port.h"
#include "openflow/action/action.h"
#include "openflow/channel/vconn.h"
#include "openflow/message/flow.h"
#include "openflow/message/message.h"
#include "openflow/message/packet.h"
#include "openflow/message/port.h"

struct sort_key {
    const struct field *field; /* NULL: the priority. */
    bool falling;
};

/* What the command line says, and the loop. */
struct ofctl {
    struct loop *loop;
    uint32_t versions;      /* Allowed ones. */
    unsigned int protocols; /* Allowed ones, by -F and -O. */
    int packet_in_format;   /* enum packet_in_format; -1: best. */
    bool strict;
    bool readd;
    bool may_create; /* mod-group may add the group. */
    bool timestamp;
    bool stats;
    int use_names; /* 1, 0; -1: if the output is a terminal. */
    int verbosity;
    const char *unixctl;
    VEC(struct sort_key) sort_keys;

    struct port_names ports, tables;
    struct actions_format names; /* Pointers into the two above, or NULL. */
    struct actions_format shown; /* For printing: as 'names' or none. */
};

struct ofctl_command {
    const char *name;
    const char *usage;
    int min_args, max_args;
    void (*run)(struct ofctl *, int argc, char *argv[]); /* From argv[1]. */
};

/* main.c */
void ofctl_print_help(void) NORETURN;

/* options.c: takes the options, which may end the program; gives the index of
 * the first argument that is none. */
int ofctl_parse_options(struct ofctl *, int argc, char *argv[]);

/* connect.c.  Failures end the program. */

/* Connects to a switch: a bridge or the name of a connection. */
struct vconn *ofctl_open(struct ofctl *, const char *target);
/* As that, to its socket for snooping. */
struct vconn *ofctl_open_snoop(struct ofctl *, const char *target);
/* Sends a request and gives the reply (or an error message of the peer). */
struct message ofctl_transact(struct vconn *, struct writer *request);
/* Sends a request without reply, then a barrier; prints errors that come and
 * ends the program. */
void ofctl_send_checked(struct vconn *, struct writer *request);
/* The same, but returns the error message's error, 0 if there was none. */
enum ofperr ofctl_send_asking(struct vconn *, struct writer *request);
void ofctl_fail_io(const struct vconn *, int error) NORETURN;
/* Prints the text of a message as "ofp-print" would. */
void ofctl_print_message(const struct ofctl *, const void *data, size_t size,
                         FILE *);
/* Sends a request and prints the replies. */
void ofctl_dump(struct ofctl *, struct vconn *, struct writer *request);
/* The same for a request without body on a new connection. */
void ofctl_dump_trivial(struct ofctl *, const char *target, enum message_type);

/* names.c */

/* Whether to print names. */
bool ofctl_prints_names(const struct ofctl *);
/* Asks the switch for the names of its ports, tables; once. */
void ofctl_fetch_ports(struct ofctl *, const char *target);
void ofctl_fetch_tables(struct ofctl *, const char *target);
/* Gives false to end the visit. */
typedef bool port_visitor(void *aux, const struct port_info *);
void ofctl_for_each_port(struct ofctl *, const char *target, port_visitor *,
                         void *aux);
/* Port by number, name or keyword; false if there is none. */
bool ofctl_find_port(struct ofctl *, const char *target, const char *name,
                     struct port_info *);
/* A reserved one or any other by ofctl_find_port(); ends the program if there
 * is none. */
uint32_t ofctl_port_number(struct ofctl *, const char *target,
                           const char *name);

/* protocol.c */

/* Connects and sets the first allowed one of 'usable'. */
struct vconn *ofctl_open_for_flow_mod(struct ofctl *, const char *target,
                                      unsigned int usable,
                                      enum flow_protocol *);
/* The same for flow dumps, where table ids are always there. */
struct vconn *ofctl_open_for_dump(struct ofctl *, const char *target,
                                  unsigned int usable, enum flow_protocol *);
/* Ends the program if none of 'usable' is allowed. */
enum flow_protocol ofctl_choose_protocol(const struct ofctl *,
                                         unsigned int usable);

/* Commands. */

void ofctl_show(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_desc(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_ports(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_ports_desc(struct ofctl *, int argc, char *argv[]);
void ofctl_mod_port(struct ofctl *, int argc, char *argv[]);
void ofctl_get_frags(struct ofctl *, int argc, char *argv[]);
void ofctl_set_frags(struct ofctl *, int argc, char *argv[]);

void ofctl_dump_tables(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_table_features(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_table_desc(struct ofctl *, int argc, char *argv[]);
void ofctl_mod_table(struct ofctl *, int argc, char *argv[]);

void ofctl_dump_flows(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_aggregate(struct ofctl *, int argc, char *argv[]);

void ofctl_add_flow(struct ofctl *, int argc, char *argv[]);
void ofctl_add_flows(struct ofctl *, int argc, char *argv[]);
void ofctl_mod_flows(struct ofctl *, int argc, char *argv[]);
void ofctl_del_flows(struct ofctl *, int argc, char *argv[]);
void ofctl_replace_flows(struct ofctl *, int argc, char *argv[]);
void ofctl_diff_flows(struct ofctl *, int argc, char *argv[]);

void ofctl_add_group(struct ofctl *, int argc, char *argv[]);
void ofctl_add_groups(struct ofctl *, int argc, char *argv[]);
void ofctl_mod_group(struct ofctl *, int argc, char *argv[]);
void ofctl_del_groups(struct ofctl *, int argc, char *argv[]);
void ofctl_insert_buckets(struct ofctl *, int argc, char *argv[]);
void ofctl_remove_buckets(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_groups(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_group_stats(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_group_features(struct ofctl *, int argc, char *argv[]);
void ofctl_parse_group(struct ofctl *, int argc, char *argv[]);

void ofctl_queue_stats(struct ofctl *, int argc, char *argv[]);
void ofctl_queue_get_config(struct ofctl *, int argc, char *argv[]);

void ofctl_add_meter(struct ofctl *, int argc, char *argv[]);
void ofctl_mod_meter(struct ofctl *, int argc, char *argv[]);
void ofctl_del_meters(struct ofctl *, int argc, char *argv[]);
void ofctl_dump_meters(struct ofctl *, int argc, char *argv[]);
void ofctl_meter_stats(struct ofctl *, int argc, char *argv[]);
void ofctl_meter_features(struct ofctl *, int argc, char *argv[]);

/* "in_port=... packet=HEX actions=...": the packet's bytes are in 'bytes',
 * which with 'po' the caller uninits in any case. */
struct error *ofctl_parse_packet_out(struct ofctl *, const char *text,
                                     struct packet_out *po,
                                     struct writer *bytes) WARN_UNUSED;
void ofctl_packet_out(struct ofctl *, int argc, char *argv[]);
void ofctl_monitor(struct ofctl *, int argc, char *argv[]);
void ofctl_snoop(struct ofctl *, int argc, char *argv[]);

void ofctl_probe(struct ofctl *, int argc, char *argv[]);
void ofctl_ping(struct ofctl *, int argc, char *argv[]);
void ofctl_benchmark(struct ofctl *, int argc, char *argv[]);

void ofctl_ofp_print(struct ofctl *, int argc, char *argv[]);
void ofctl_ofp_parse(struct ofctl *, int argc, char *argv[]);
void ofctl_parse_flow(struct ofctl *, int argc, char *argv[]);
void ofctl_parse_flows(struct ofctl *, int argc, char *argv[]);
void ofctl_parse_actions(struct ofctl *, int argc, char *argv[]);
void ofctl_parse_instructions(struct ofctl *, int argc, char *argv[]);
void ofctl_print_error(struct ofctl *, int argc, char *argv[]);
void ofctl_encode_error_reply(struct ofctl *, int argc, char *argv[]);
void ofctl_encode_hello(struct ofctl *, int argc, char *argv[]);

/* dump_flows.c, for others that read flows. */

typedef VEC(struct flow_stats) flow_stats_vec;

/* All flows of a reply to the request with 'xid' that was sent. */
void ofctl_read_flows(struct vconn *, uint32_t xid, flow_stats_vec *);

/* flow_commands.c */

/* Opens a file, "-" for standard input; ends the program if it can't. */
FILE *ofctl_open_file(const char *name);
void ofctl_close_file(FILE *);
/* Takes the next line that has more than a comment, without that; counts lines
 * in '*numberp'. */
bool ofctl_get_line(FILE *, struct str *line, int *numberp);

typedef VEC(struct flow_mod) flow_mod_vec;

/* Flow_mods of a file, "-" for standard input; 'command' as
 * flow_mod_parse(). */
void ofctl_parse_flow_file(struct ofctl *, const char *name, int command,
                           flow_mod_vec *, unsigned int *usablep);
