/* monitor, snoop: print what a switch says until told to end. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/be.h"
#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/switch.h"
#include "rpc/appctl/appctl.h"
#include "sys/clock/clock.h"
#include "sys/process/daemon.h"
#include "sys/process/program.h"

struct monitor {
    struct ofctl *ofctl;
    struct vconn *v;
    FILE *output;
    bool answers; /* Echo requests. */
    bool blocked; /* Nothing is read. */
    bool ended;
    struct appctl_conn *barrier; /* Waits for the reply to it, or NULL. */
};

static void read_messages(void *);

/* Runtime commands. */

static void
command_exit(void *m_)
{
    struct monitor *m = m_;
    m->ended = true;
    loop_quit(m->ofctl->loop);
}

static void
command_barrier(struct appctl_conn *conn, int argc UNUSED,
                const char *argv[] UNUSED, void *m_)
{
    struct monitor *m = m_;
    if (m->barrier) {
        appctl_reply_error(conn, "already waiting for barrier reply");
        return;
    }
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, MSG_BARRIER_REQUEST, vconn_version(m->v),
                       message_next_xid());
    int error = vconn_send(m->v, &w);
    writer_uninit(&w);
    if (error) {
        appctl_reply_error(conn, strerror(error));
    } else {
        m->barrier = conn;
    }
}

static void
command_set_output_file(struct appctl_conn *conn, int argc UNUSED,
                        const char *argv[], void *m_)
{
    struct monitor *m = m_;
    FILE *file = fopen(argv[1], "w");
    if (!file) {
        appctl_reply_error(conn, strerror(errno));
        return;
    }
    fclose(m->output);
    m->output = file;
    setvbuf(file, NULL, _IOLBF, 0);
    appctl_reply(conn, NULL);
}

static void
command_block(struct appctl_conn *conn, int argc UNUSED, const char *argv[],
              void *m_)
{
    struct monitor *m = m_;
    bool block = !strcmp(argv[0], "ofctl/block");
    if (m->blocked == block) {
        appctl_reply(conn, block ? "already blocking" : "already unblocked");
        return;
    }
    m->blocked = block;
    vconn_pause(m->v, block);
    appctl_reply(conn, NULL);
    if (!block) {
        read_messages(m);
    }
}

static void
print_sent(struct monitor *m, const struct writer *w)
{
    fputs("send: ", m->output);
    ofctl_print_message(m->ofctl, w->data, w->size, m->output);
    fflush(m->output);
}

static void
command_send(struct appctl_conn *conn, int argc, const char *argv[], void *m_)
{
    struct monitor *m = m_;
    struct str reply = STR_INITIALIZER;
    bool ok = true;
    for (int i = 1; i < argc && ok; i++) {
        struct writer w = WRITER_INITIALIZER;
        const char *end;
        size_t max = strlen(argv[i]) / 2 + 1;
        w.size = scan_hex_bytes(argv[i], writer_grow(&w, max), max, &end);
        if (*end) {
            str_put(&reply, "Trailing garbage in hex data\n");
            ok = false;
        } else if (w.size < MESSAGE_HEADER_SIZE) {
            str_put(&reply, "Message too short for OpenFlow\n");
            ok = false;
        } else {
            print_sent(m, &w);
            writer_set_u16(&w, 2, (uint16_t) w.size);
            int error = vconn_send(m->v, &w);
            str_putf(&reply, "%s\n", error ? strerror(error) : "sent");
            ok = !error;
        }
        writer_uninit(&w);
    }
    if (ok) {
        appctl_reply(conn, str_text(&reply));
    } else {
        appctl_reply_error(conn, str_text(&reply));
    }
    str_uninit(&reply);
}

static void
command_packet_out(struct appctl_conn *conn, int argc UNUSED,
                   const char *argv[], void *m_)
{
    struct monitor *m = m_;
    struct packet_out po;
    struct writer bytes = WRITER_INITIALIZER;
    struct writer w = WRITER_INITIALIZER;
    struct error *error =
        ofctl_parse_packet_out(m->ofctl, argv[1], &po, &bytes);
    if (error) {
        appctl_reply_error(conn, error_text(error));
        error_destroy(error);
    } else {
        packet_out_encode(&po, vconn_version(m->v), message_next_xid(), &w);
        m->ofctl->verbosity--; /* Without the packet, unless asked for. */
        ofctl_print_message(m->ofctl, w.data, w.size, m->output);
        m->ofctl->verbosity++;
        fflush(m->output);
        int io_error = vconn_send(m->v, &w);
        if (io_error) {
            appctl_reply_error(conn, strerror(io_error));
        } else {
            appctl_reply(conn, NULL);
        }
    }
    packet_out_uninit(&po);
    writer_uninit(&bytes);
    writer_uninit(&w);
}

static void
register_commands(struct monitor *m)
{
    appctl_register("ofctl/send", "OFMSG...", 1, APPCTL_ANY, command_send, m);
    appctl_register("ofctl/packet-out",
                    "\"in_port=<port> packet=<hex data> actions=...\"", 1, 1,
                    command_packet_out, m);
    appctl_register("ofctl/barrier", "", 0, 0, command_barrier, m);
    appctl_register("ofctl/set-output-file", "FILE", 1, 1,
                    command_set_output_file, m);
    appctl_register("ofctl/block", "", 0, 0, command_block, m);
    appctl_register("ofctl/unblock", "", 0, 0, command_block, m);
    appctl_register_exit(command_exit, m);
}

/* Messages. */

static void
print_message(struct monitor *m, const uint8_t *data, size_t size)
{
    if (m->ofctl->timestamp) {
        struct str s = STR_INITIALIZER;
        str_put_time(&s, "%Y-%m-%d %H:%M:%S.###: ", clock_wall_msec(), true);
        fputs(str_text(&s), m->output);
        str_uninit(&s);
    }
    ofctl_print_message(m->ofctl, data, size, m->output);
    fflush(m->output);
}

static void
answer_echo(struct monitor *m, const struct message *request)
{
    struct writer w = WRITER_INITIALIZER;
    message_begin(&w, MSG_RAW_OFPT_ECHO_REPLY, request->version, request->xid);
    writer_put(&w, request->body, request->body_size);
    message_finish(&w, 0);
    (void) vconn_send(m->v, &w);
    writer_uninit(&w);
}

static void
read_messages(void *m_)
{
    struct monitor *m = m_;
    (void) vconn_flush(m->v);
    while (!m->blocked && !m->ended) {
        const uint8_t *data;
        size_t size;
        int error = vconn_recv(m->v, &data, &size);
        if (error == EAGAIN) {
            return;
        } else if (error) {
            ofctl_fail_io(m->v, error);
        }
        struct message message;
        if (message_decode(data, size, &message)) {
            print_message(m, data, size);
            continue;
        }
        if (message.type == MSG_ECHO_REQUEST && m->answers) {
            answer_echo(m, &message);
            continue;
        }
        print_message(m, data, size);
        if (message.type == MSG_BARRIER_REPLY && m->barrier) {
            appctl_reply(m->barrier, NULL);
            m->barrier = NULL;
        }
    }
}

/* Prints what comes from 'v' until the end. */
static void
watch(struct ofctl *ofctl, struct vconn *v, bool answers)
{
    struct monitor m = { .ofctl = ofctl, .v = v, .answers = answers };
    if (ofctl->verbosity < 0) {
        ofctl->verbosity = 0;
    }
    /* Of our own: that of a daemon goes nowhere. */
    m.output = fdopen(dup(STDERR_FILENO), "w");
    if (!m.output) {
        program_fatal(errno, "failed to duplicate standard error");
    }
    setvbuf(m.output, NULL, _IOLBF, 0);
    daemon_start(false);
    struct appctl_server *server;
    struct error *error =
        appctl_server_create(ofctl->loop, ofctl->unixctl, &server);
    if (error) {
        program_fatal_error(error);
    }
    register_commands(&m);
    daemon_complete();
    vconn_watch(v, read_messages, &m);
    read_messages(&m);
    if (!m.ended) {
        loop_run(ofctl->loop);
    }
    vconn_watch(v, NULL, NULL);
    appctl_server_destroy(server);
    fclose(m.output);
    vconn_close(v);
}

/* What to set up. */

static struct switch_config
get_config(struct vconn *v)
{
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, MSG_GET_CONFIG_REQUEST, vconn_version(v),
                       message_next_xid());
    struct message m = ofctl_transact(v, &w);
    writer_uninit(&w);
    struct switch_config config;
    if (m.type != MSG_GET_CONFIG_REPLY || switch_config_decode(&m, &config)) {
        program_fatal(0, "%s: bad reply to config request", vconn_name(v));
    }
    return config;
}

static void
set_config(struct vconn *v, const struct switch_config *config)
{
    struct writer w = WRITER_INITIALIZER;
    switch_config_encode(config, MSG_SET_CONFIG, vconn_version(v),
                         message_next_xid(), &w);
    ofctl_send_checked(v, &w);
    writer_uninit(&w);
}

static bool
set_packet_in_format(struct vconn *v, enum packet_in_format format)
{
    struct writer w = WRITER_INITIALIZER;
    message_begin(&w, MSG_RAW_NXT_SET_PACKET_IN_FORMAT, vconn_version(v),
                  message_next_xid());
    writer_u32(&w, format);
    message_finish(&w, 0);
    bool ok = !ofctl_send_asking(v, &w);
    writer_uninit(&w);
    return ok;
}

/* The format asked for, or the best one that the switch has. */
static void
choose_packet_in_format(struct ofctl *ofctl, struct vconn *v)
{
    static const char *const names[] = {
        [PACKET_IN_STANDARD] = "standard",
        [PACKET_IN_NXT] = "nxt_packet_in",
        [PACKET_IN_NXT2] = "nxt_packet_in2",
    };
    int wanted = ofctl->packet_in_format;
    if (wanted >= 0) {
        if (!set_packet_in_format(v, (enum packet_in_format) wanted)) {
            program_fatal(0, "%s: unable to set packet-in format to %s",
                          vconn_name(v), names[wanted]);
        }
        return;
    }
    for (int format = PACKET_IN_NXT2; format > PACKET_IN_STANDARD; format--) {
        if (set_packet_in_format(v, (enum packet_in_format) format)) {
            return;
        }
    }
}

void
ofctl_monitor(struct ofctl *ofctl, int argc, char *argv[])
{
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    for (int i = 1; i < argc; i++) {
        uint32_t miss_len;
        if (scan_u32(argv[i], 10, &miss_len)) {
            struct switch_config config = get_config(v);
            config.miss_send_len = (uint16_t) MIN(miss_len, UINT16_MAX);
            set_config(v, &config);
        } else if (!strcmp(argv[i], "invalid_ttl")) {
            struct switch_config config = get_config(v);
            config.flags |= SWITCH_INVALID_TTL_TO_CONTROLLER;
            set_config(v, &config);
        } else if (!strcmp(argv[i], "resume")) {
            program_fatal(0, "%s: continuations are not supported yet",
                          argv[i]);
        } else if (scan_prefix(argv[i], "watch:", NULL)) {
            program_fatal(0, "%s: flow monitoring is not supported yet",
                          argv[i]);
        } else {
            program_fatal(0, "%s: unsupported \"monitor\" argument", argv[i]);
        }
    }
    choose_packet_in_format(ofctl, v);
    watch(ofctl, v, true);
}

void
ofctl_snoop(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    struct vconn *v = ofctl_open_snoop(ofctl, argv[0]);
    vconn_accept_any_version(v);
    watch(ofctl, v, false);
}
