/* Connections of ovs-ofctl: targets, transactions, printing replies. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/be.h"
#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/print.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"
#include "sys/process/program.h"

LOG_MODULE(ofctl);

static const char *
errno_text(int error)
{
    return error == EOF ? "End of file" : strerror(error);
}

void
ofctl_fail_io(const struct vconn *v, int error)
{
    fflush(stdout);
    program_fatal(0, "talking to %s (%s)", vconn_name(v), errno_text(error));
}

static struct vconn *
open_name(struct ofctl *ofctl, const char *name, bool is_socket)
{
    struct vconn *v;
    log_dbg("connecting to %s", name);
    int error = vconn_open(ofctl->loop, name, ofctl->versions, 0, &v);
    if (!error) {
        error = vconn_connect_block(v);
    }
    if (error && is_socket) {
        program_fatal(0, "%s: failed to connect to socket (%s)", name,
                      errno_text(error));
    } else if (error) {
        program_fatal(0, "connecting to %s (%s)", name, errno_text(error));
    }
    return v;
}

static bool
is_socket(const char *path)
{
    struct stat s;
    return !stat(path, &s) && S_ISSOCK(s.st_mode);
}

/* Connects to the socket of a bridge with 'suffix', or as 'target' says. */
static struct vconn *
open_target(struct ofctl *ofctl, const char *target, const char *suffix)
{
    if (strchr(target, ':')) {
        return open_name(ofctl, target, scan_prefix(target, "unix:", NULL));
    }
    /* "TYPE@BRIDGE" names the same socket. */
    const char *at = strchr(target, '@');
    const char *bridge = at ? at + 1 : target;
    char *path = bridge[0] == '/'
                     ? xasprintf("%s.%s", bridge, suffix)
                     : xasprintf("%s/%s.%s", dirs_rundir(), bridge, suffix);
    if (!is_socket(path)) {
        free(path);
        path = dirs_absolute(dirs_rundir(), target);
    }
    if (!is_socket(path)) {
        program_fatal(0, "%s is not a bridge or a socket", target);
    }
    char *name = xasprintf("unix:%s", path);
    struct vconn *v = open_name(ofctl, name, true);
    free(name);
    free(path);
    return v;
}

struct vconn *
ofctl_open(struct ofctl *ofctl, const char *target)
{
    return open_target(ofctl, target, "mgmt");
}

struct vconn *
ofctl_open_snoop(struct ofctl *ofctl, const char *target)
{
    return open_target(ofctl, target, "snoop");
}

struct message
ofctl_transact(struct vconn *v, struct writer *request)
{
    const uint8_t *data;
    size_t size;
    int error = vconn_transact(v, request, &data, &size);
    if (error) {
        ofctl_fail_io(v, error);
    }
    struct message m;
    enum ofperr ofperr = message_decode(data, size, &m);
    if (ofperr) {
        program_fatal(0, "%s: bad reply (%s)", vconn_name(v),
                      ofperr_name(ofperr));
    }
    return m;
}

void
ofctl_print_message(const struct ofctl *ofctl, const void *data, size_t size,
                    FILE *file)
{
    struct str s = STR_INITIALIZER;
    message_format(data, size, &ofctl->shown, ofctl->verbosity + 1, &s);
    fputs(str_text(&s), file);
    str_uninit(&s);
}

static void
print_error_message(const uint8_t *data, size_t size)
{
    struct str s = STR_INITIALIZER;
    message_format(data, size, NULL, 2, &s);
    fflush(stdout);
    fputs(str_text(&s), stderr);
    str_uninit(&s);
}

/* Sends and waits for the barrier's reply; calls 'handle' for each error
 * message. */
static enum ofperr
send_and_bar(struct vconn *v, struct writer *request, bool print)
{
    enum ofperr first = 0;
    uint32_t xid = message_next_xid();
    message_put_simple(request, MSG_BARRIER_REQUEST, vconn_version(v), xid);
    int error = vconn_send_block(v, request);
    for (;;) {
        const uint8_t *data;
        size_t size;
        error = error ? error : vconn_recv_block(v, &data, &size);
        if (error) {
            ofctl_fail_io(v, error);
        }
        struct message m;
        if (message_decode(data, size, &m)) {
            continue;
        }
        if (m.type == MSG_ERROR) {
            const uint8_t *payload;
            size_t payload_size;
            enum ofperr ofperr =
                ofperr_decode(data, size, &payload, &payload_size);
            first = first ? first : ofperr ? ofperr : OFPERR_END;
            if (print) {
                print_error_message(data, size);
            }
        }
        if (m.xid == xid) {
            return first;
        }
    }
}

void
ofctl_send_checked(struct vconn *v, struct writer *request)
{
    if (send_and_bar(v, request, true)) {
        exit(EXIT_FAILURE);
    }
}

enum ofperr
ofctl_send_asking(struct vconn *v, struct writer *request)
{
    return send_and_bar(v, request, false);
}

void
ofctl_dump(struct ofctl *ofctl, struct vconn *v, struct writer *request)
{
    uint32_t xid = get_be32(request->data + 4);
    int error = vconn_send_block(v, request);
    for (bool done = false; !done;) {
        const uint8_t *data;
        size_t size;
        error = error ? error : vconn_recv_xid(v, xid, &data, &size);
        if (error) {
            ofctl_fail_io(v, error);
        }
        ofctl_print_message(ofctl, data, size, stdout);
        struct message m;
        done = message_decode(data, size, &m)
               || !message_is_multipart_reply(&m) || !m.more;
    }
}

void
ofctl_dump_trivial(struct ofctl *ofctl, const char *target,
                   enum message_type type)
{
    struct vconn *v = ofctl_open(ofctl, target);
    struct writer w = WRITER_INITIALIZER;
    message_put_simple(&w, type, vconn_version(v), message_next_xid());
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
    vconn_close(v);
}
