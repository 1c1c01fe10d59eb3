/* Sending records to syslog: through libc, a Unix socket or UDP; RFC 5424,
 * RFC 3164. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scan.h"
#include "sys/log/log_private.h"

LOG_MODULE(vlog);

enum { SYSLOG_PORT = 514 };

/* What the UDP target of --syslog-target gets: RFC 5424 with a byte order
 * mark before the text. */
#define TARGET_PATTERN \
    "<%B>1 %D{%Y-%m-%dT%H:%M:%S.###Z} %E %A %P %c - \xef\xbb\xbf%m"

enum method {
    METHOD_UNSET, /* As the environment says, else libc. */
    METHOD_LIBC,
    METHOD_SOCKET,
    METHOD_NULL,
};

/* All under log_mutex. */
static enum method method;
static int method_fd = -1; /* Connected, or -1. */
static int target_fd = -1; /* Of --syslog-target, or -1. */
static char *program;

void
log_set_program(const char *name)
{
    mutex_lock(&log_mutex);
    free(program);
    program = xstrdup(name);
    mutex_unlock(&log_mutex);
}

const char *
log_program(void)
{
    return program ? program : "ovs";
}

static int
open_unix(const char *path)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !*path || strlen(path) >= sizeof sun.sun_path) {
        return fd;
    }
    memcpy(sun.sun_path, path, strlen(path) + 1);
    if (connect(fd, (struct sockaddr *) &sun, sizeof sun)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Parses "IP[:PORT]", IPv6 in brackets, and connects to it: false if the text
 * is wrong.  '*fdp' is -1 if the system refuses. */
static bool
open_udp(const char *text, int *fdp)
{
    struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
    struct sockaddr_in sin = { .sin_family = AF_INET };
    char *copy = xstrdup(text);
    char *host = copy, *colon;
    if (*host == '[' && strchr(host, ']')) {
        host++;
        char *end = strchr(host, ']');
        *end = '\0';
        colon = end[1] == ':' ? end + 1 : NULL;
    } else {
        colon = strrchr(host, ':');
    }
    uint16_t port = SYSLOG_PORT;
    bool ok = true;
    if (colon) {
        *colon = '\0';
        ok = scan_u16(colon + 1, 10, &port);
    }
    bool v6 = inet_pton(AF_INET6, host, &sin6.sin6_addr) == 1;
    ok = ok && (v6 || inet_pton(AF_INET, host, &sin.sin_addr) == 1);
    free(copy);
    *fdp = -1;
    if (!ok) {
        return false;
    }
    sin6.sin6_port = sin.sin_port = htons(port);
    int fd = socket(v6 ? AF_INET6 : AF_INET,
                    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const struct sockaddr *sa =
        v6 ? (const struct sockaddr *) &sin6 : (const struct sockaddr *) &sin;
    if (fd >= 0 && connect(fd, sa, v6 ? sizeof sin6 : sizeof sin)) {
        close(fd);
        fd = -1;
    }
    *fdp = fd;
    return true;
}

struct error *
log_set_syslog_method(const char *text)
{
    const char *rest;
    enum method new_method = METHOD_SOCKET;
    int fd = -1;
    if (!strcmp(text, "libc")) {
        new_method = METHOD_LIBC;
    } else if (!strcmp(text, "null")) {
        new_method = METHOD_NULL;
    } else if (scan_prefix(text, "unix:", &rest)) {
        fd = open_unix(rest);
    } else if (scan_prefix(text, "udp:", &rest)) {
        if (!open_udp(rest, &fd)) {
            return error_create("%s: not an address and port", text);
        }
    } else {
        return error_create("unsupported syslog method '%s'", text);
    }

    mutex_lock(&log_mutex);
    if (method_fd >= 0) {
        close(method_fd);
    }
    method = new_method;
    method_fd = fd;
    mutex_unlock(&log_mutex);
    log_update_all_levels();
    return NULL;
}

struct error *
log_set_syslog_target(const char *text)
{
    int fd;
    if (!open_udp(text, &fd)) {
        return error_create("%s: bad syslog target", text);
    }
    mutex_lock(&log_mutex);
    if (target_fd >= 0) {
        close(target_fd);
    }
    target_fd = fd;
    mutex_unlock(&log_mutex);
    log_update_all_levels();
    return NULL;
}

static void
choose_method(void) REQUIRES(log_mutex)
{
    if (method != METHOD_UNSET) {
        return;
    }
    method = METHOD_LIBC;
    const char *text = getenv("OVS_SYSLOG_METHOD");
    if (text && *text) {
        mutex_unlock(&log_mutex);
        struct error *error = log_set_syslog_method(text);
        if (error) {
            log_err("OVS_SYSLOG_METHOD: %s", error_text(error));
            error_destroy(error);
        }
        mutex_lock(&log_mutex);
    }
}

bool
log_syslog_is_used(void)
{
    /* A method not chosen yet may turn out to be one. */
    return method != METHOD_NULL || target_fd >= 0;
}

const char *
log_syslog_prefix(void)
{
    choose_method();
    return method == METHOD_LIBC     ? "<%B> %D{%h %e %T} %E %A:"
           : method == METHOD_SOCKET ? "<%B>"
                                     : "";
}

/* Sends 'text' line by line. */
static void
send_lines(const struct log_record *record, char *text)
{
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        int priority = log_priority(record->level, LOG_FACILITY_DAEMON);
        if (method == METHOD_LIBC) {
            static bool opened;
            if (!opened) {
                opened = true;
                openlog(log_program(), LOG_NDELAY, LOG_DAEMON);
            }
            syslog(priority, "%s", line);
        } else if (method_fd >= 0) {
            char *packet = xasprintf("<%d>%s", priority, line);
            ssize_t n UNUSED =
                send(method_fd, packet, strlen(packet), MSG_NOSIGNAL);
            free(packet);
        }
    }
}

void
log_syslog_write(const struct log_record *record, const char *pattern)
{
    struct str s = STR_INITIALIZER;
    choose_method();
    if (method != METHOD_NULL) {
        log_pattern_put(&s, pattern, record, LOG_FACILITY_LOCAL0);
        send_lines(record, s.len ? s.text : (char[]){ "" });
    }
    if (target_fd >= 0) {
        str_clear(&s);
        log_pattern_put(&s, TARGET_PATTERN, record, LOG_FACILITY_LOCAL0);
        ssize_t n UNUSED = send(target_fd, s.text, s.len, MSG_NOSIGNAL);
    }
    str_uninit(&s);
}
