/* dbload - loads a database server through its Unix socket and says how fast
 * it answers.
 *
 *     dbload SOCKET [-c N] [-w N] [-m N -M FILE [-e TEXT]] FILE
 *
 * First -m connections send the request in -M, all at once, and wait for its
 * reply: "first_secs".  Then the lines of FILE, a request each, go out over
 * -c connections (1), which keep at most -w requests (1) unanswered: "secs" is
 * the time until the last reply, and, with -e, until every one of the -m
 * connections got a notification that contains TEXT.  "max_ms" is the longest
 * that a reply took.  The result is one line of JSON. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 18, MAX_WINDOW = 1024 };

struct connection {
    int fd;
    bool is_monitor;

    /* Output. */
    const char *out; /* Rest of the request being sent. */
    size_t n_out;
    size_t next;                /* Next line. */
    size_t n_waiting;           /* Requests without a reply. */
    double sent_at[MAX_WINDOW]; /* Ring of their times. */
    size_t first_sent, n_sent;  /* In the ring: absolute numbers. */

    /* Input: the message being received. */
    char *in;
    size_t n_in, capacity;
    size_t scanned;
    int depth;
    bool in_string, escaped;

    size_t n_replies;
    bool is_ended; /* Saw the text of -e. */
};

static char **lines;
static size_t *line_lens, n_lines;
static size_t n_errors, n_updates;
static double max_secs;
static const char *end_text;
static size_t n_connections = 1, window = 1;

static void __attribute__((noreturn)) die(const char *what)
{
    fprintf(stderr, "dbload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double
now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}

static char *
read_file(const char *name, size_t *sizep)
{
    FILE *f = fopen(name, "r");
    if (!f) {
        die(name);
    }
    fseek(f, 0, SEEK_END);
    size_t size = (size_t) ftell(f);
    rewind(f);
    char *text = malloc(size + 1);
    if (!text || fread(text, 1, size, f) != size) {
        die(name);
    }
    text[size] = '\0';
    fclose(f);
    *sizep = size;
    return text;
}

static void
split_lines(char *text, size_t size)
{
    size_t capacity = 0;
    for (char *p = text; p < text + size;) {
        char *end = memchr(p, '\n', (size_t) (text + size - p));
        size_t len = (size_t) ((end ? end : text + size) - p);
        if (n_lines == capacity) {
            capacity = capacity ? capacity * 2 : 1024;
            lines = realloc(lines, capacity * sizeof *lines);
            line_lens = realloc(line_lens, capacity * sizeof *line_lens);
        }
        lines[n_lines] = p;
        line_lens[n_lines++] = len;
        p += len + 1;
    }
}

static void
open_connection(struct connection *c, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memset(c, 0, sizeof *c);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (c->fd < 0
        || connect(c->fd, (struct sockaddr *) &address, sizeof address)) {
        die(path);
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static void
flush_output(struct connection *c)
{
    while (c->n_out) {
        ssize_t n = write(c->fd, c->out, c->n_out);
        if (n < 0 && errno == EAGAIN) {
            return;
        } else if (n < 0) {
            die("write");
        }
        c->out += n;
        c->n_out -= (size_t) n;
    }
}

/* Sends lines as far as the window and the socket allow. */
static void
send_lines(struct connection *c)
{
    flush_output(c);
    while (!c->n_out && c->n_waiting < window && c->next < n_lines) {
        c->out = lines[c->next];
        c->n_out = line_lens[c->next];
        c->next += n_connections;
        c->n_waiting++;
        c->sent_at[c->n_sent++ % MAX_WINDOW] = now();
        flush_output(c);
    }
}

static void
take_message(struct connection *c, const char *message, size_t size)
{
    size_t head = size < 200 ? size : 200;
    if (memmem(message, head, "\"method\"", 8)) {
        if (memmem(message, head, "\"echo\"", 6)) {
            return;
        }
        n_updates++;
        c->is_ended |=
            end_text && memmem(message, size, end_text, strlen(end_text));
        return;
    }
    c->n_replies++;
    n_errors += memmem(message, head, "\"error\":\"", 9)
                || memmem(message, head, "\"error\":{", 9);
    if (!c->is_monitor) {
        double took = now() - c->sent_at[c->first_sent++ % MAX_WINDOW];
        max_secs = took > max_secs ? took : max_secs;
        c->n_waiting--;
    }
}

/* Takes the whole messages out of the input. */
static void
scan_input(struct connection *c)
{
    size_t start = 0;
    for (size_t i = c->scanned; i < c->n_in; i++) {
        char ch = c->in[i];
        if (c->in_string) {
            if (c->escaped) {
                c->escaped = false;
            } else if (ch == '\\') {
                c->escaped = true;
            } else if (ch == '"') {
                c->in_string = false;
            }
        } else if (ch == '"') {
            c->in_string = true;
        } else if (ch == '{' || ch == '[') {
            c->depth++;
        } else if ((ch == '}' || ch == ']') && !--c->depth) {
            take_message(c, c->in + start, i + 1 - start);
            start = i + 1;
        }
    }
    memmove(c->in, c->in + start, c->n_in - start);
    c->n_in -= start;
    c->scanned = c->n_in;
}

static void
receive(struct connection *c)
{
    if (c->capacity < c->n_in + READ_SIZE) {
        c->capacity = 2 * (c->n_in + READ_SIZE);
        c->in = realloc(c->in, c->capacity);
    }
    ssize_t n = read(c->fd, c->in + c->n_in, READ_SIZE);
    if (n > 0) {
        c->n_in += (size_t) n;
        scan_input(c);
    } else if (!n) {
        errno = ECONNRESET;
        die("the server closed a connection");
    } else if (errno != EAGAIN) {
        die("read");
    }
}

/* Waits for input of any of the 'n' connections, or room for output, and
 * handles it. */
static void
turn(struct connection *connections, size_t n)
{
    struct pollfd *fds = calloc(n, sizeof *fds);
    for (size_t i = 0; i < n; i++) {
        fds[i].fd = connections[i].fd;
        fds[i].events =
            (short) (POLLIN | (connections[i].n_out ? POLLOUT : 0));
    }
    if (poll(fds, n, 60000) <= 0) {
        die("poll");
    }
    for (size_t i = 0; i < n; i++) {
        if (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) {
            receive(&connections[i]);
        }
        if (connections[i].is_monitor) {
            flush_output(&connections[i]);
        } else {
            send_lines(&connections[i]);
        }
    }
    free(fds);
}

/* Connects the monitors and waits for their first replies. */
static double
start_monitors(struct connection *monitors, size_t n, const char *path,
               const char *request, size_t size)
{
    double start = now();
    size_t done = 0;
    for (size_t i = 0; i < n; i++) {
        open_connection(&monitors[i], path);
        monitors[i].is_monitor = true;
        monitors[i].out = request;
        monitors[i].n_out = size;
        flush_output(&monitors[i]);
    }
    while (done < n) {
        turn(monitors, n);
        done = 0;
        for (size_t i = 0; i < n; i++) {
            done += monitors[i].n_replies > 0;
        }
    }
    return now() - start;
}

static bool
is_done(const struct connection *all, size_t n)
{
    size_t n_replies = 0;
    for (size_t i = 0; i < n; i++) {
        if (all[i].is_monitor && end_text && !all[i].is_ended) {
            return false;
        }
        n_replies += all[i].is_monitor ? 0 : all[i].n_replies;
    }
    return n_replies >= n_lines;
}

int
main(int argc, char *argv[])
{
    const char *monitor_file = NULL;
    size_t n_monitors = 0, size;
    int option;
    while ((option = getopt(argc, argv, "c:w:m:M:e:")) != -1) {
        switch (option) {
        case 'c':
            n_connections = strtoul(optarg, NULL, 10);
            break;
        case 'w':
            window = strtoul(optarg, NULL, 10);
            break;
        case 'm':
            n_monitors = strtoul(optarg, NULL, 10);
            break;
        case 'M':
            monitor_file = optarg;
            break;
        case 'e':
            end_text = optarg;
            break;
        default:
            return 2;
        }
    }
    if (argc - optind != 2 || window > MAX_WINDOW || !n_connections
        || (n_monitors && !monitor_file)) {
        fprintf(stderr, "usage: dbload SOCKET [-c N] [-w N] [-m N -M FILE "
                        "[-e TEXT]] FILE\n");
        return 2;
    }
    const char *path = argv[optind];
    char *text = read_file(argv[optind + 1], &size);
    split_lines(text, size);

    size_t n = n_monitors + n_connections;
    struct connection *all = calloc(n, sizeof *all);
    double first_secs = 0;
    if (n_monitors) {
        char *request = read_file(monitor_file, &size);
        first_secs = start_monitors(all, n_monitors, path, request, size);
    }
    for (size_t i = 0; i < n_connections; i++) {
        open_connection(&all[n_monitors + i], path);
        all[n_monitors + i].next = i;
    }
    double start = now();
    for (size_t i = 0; i < n_connections; i++) {
        send_lines(&all[n_monitors + i]);
    }
    while (!is_done(all, n)) {
        turn(all, n);
    }
    printf("{\"secs\":%.6f,\"first_secs\":%.6f,\"max_ms\":%.3f,"
           "\"errors\":%zu,\"updates\":%zu}\n",
           now() - start, first_secs, max_secs * 1e3, n_errors, n_updates);
    return 0;
}
