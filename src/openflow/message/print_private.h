/* What the files of message printing share: each function prints what follows
 * the colon of the first line, or returns an error. */

#pragma once

#include "openflow/message/print.h"

struct print {
    const struct message *m;
    const struct actions_format *names;
    int verbosity;
    struct str *s;
};

enum ofperr print_hello(struct print *);
enum ofperr print_error_reply(struct print *);
enum ofperr print_echo(struct print *);
enum ofperr print_features(struct print *);
enum ofperr print_config(struct print *);
enum ofperr print_desc(struct print *);
enum ofperr print_role(struct print *);
enum ofperr print_async(struct print *);
enum ofperr print_u32_setting(struct print *);

enum ofperr print_table_stats(struct print *);
enum ofperr print_table_features(struct print *);
enum ofperr print_table_mod(struct print *);
enum ofperr print_table_desc(struct print *);
enum ofperr print_table_status(struct print *);

enum ofperr print_port_status(struct print *);
enum ofperr print_port_mod(struct print *);
enum ofperr print_port_stats_request(struct print *);
enum ofperr print_port_stats(struct print *);
enum ofperr print_port_desc(struct print *);
enum ofperr print_port_desc_request(struct print *);

enum ofperr print_queue_stats_request(struct print *);
enum ofperr print_queue_stats(struct print *);
enum ofperr print_queue_config_request(struct print *);
enum ofperr print_queue_config(struct print *);

enum ofperr print_group_request(struct print *);
enum ofperr print_group_mod(struct print *);
enum ofperr print_group_desc(struct print *);
enum ofperr print_group_stats(struct print *);
enum ofperr print_group_features(struct print *);
enum ofperr print_meter_request(struct print *);
enum ofperr print_meter_mod(struct print *);
enum ofperr print_meter_config(struct print *);
enum ofperr print_meter_stats(struct print *);
enum ofperr print_meter_features(struct print *);
enum ofperr print_requestforward(struct print *);

enum ofperr print_flow_mod(struct print *);
enum ofperr print_flow_stats_request(struct print *);
enum ofperr print_flow_stats(struct print *);
enum ofperr print_aggregate(struct print *);
enum ofperr print_flow_removed(struct print *);
enum ofperr print_packet_in(struct print *);
enum ofperr print_packet_out(struct print *);
/* The ports that are left in 'r'. */
enum ofperr print_ports(struct print *, struct reader *);
/* "?" for one that is not known, UINT64_MAX. */
void print_counter(const char *what, uint64_t value, struct str *);
