/* What the kinds of streams share.
 *
 * A kind embeds struct stream or struct stream_listener first and fills a
 * class.  Streams over a descriptor (TCP, Unix, fd) need only 'open'; the
 * generic code reads and writes the descriptor. */

#pragma once

#include "base/list.h"
#include "rpc/stream/stream.h"

enum stream_state {
    STREAM_CONNECTING,
    STREAM_CONNECTED,
    STREAM_FAILED, /* To connect, with 'error'. */
};

struct stream_class {
    const char *prefix; /* Before the colon of names. */
    size_t size;        /* Of the kind's struct, which begins with stream. */
    bool needs_probes;
    /* Begins to connect to 'rest', what follows the colon; 0 or errno. */
    int (*open)(struct loop *, const char *name, const char *rest,
                const struct stream_options *, struct stream **);
    /* Goes on connecting once the descriptor is ready: 0, EAGAIN or errno.
     * NULL: socket_finish_connect(), and an accepted stream is connected. */
    int (*connect)(struct stream *);
    /* As stream_recv() and stream_send(); NULL: the descriptor's. */
    ssize_t (*recv)(struct stream *, void *, size_t);
    ssize_t (*send)(struct stream *, const void *, size_t);
    /* Epoll events for 'wants', not 0; NULL: the obvious ones. */
    uint32_t (*events)(const struct stream *, unsigned int wants);
    /* Whether data were taken from the descriptor that 'recv' has not given
     * out yet; NULL: never. */
    bool (*has_pending)(const struct stream *);
    /* stream_peer_id(); NULL: there is never any. */
    const char *(*peer_id)(const struct stream *);
    /* Frees what the kind has beside struct stream.  May be NULL. */
    void (*close)(struct stream *);
};

struct stream {
    const struct stream_class *class;
    struct loop *loop;
    char *name;
    int fd; /* -1: none yet. */
    enum stream_state state;
    int error;
    unsigned int wants; /* What 'callback' waits for. */
    loop_callback *callback;
    void *arg;
    struct loop_fd watch;  /* Of 'fd'. */
    struct loop_task task; /* Calls back where no descriptor would. */

    /* For records of sessions (replay.h). */
    unsigned int number;     /* From 1, in the order of creation. */
    bool send_failed;        /* The last time; replaying: it would block. */
    char *peer_id;           /* Replaying: stream_peer_id(); owned. */
    struct list replay_node; /* Replaying: in the list of all. */
};

struct stream_listener_class {
    const char *prefix;
    bool needs_probes;
    int (*listen)(struct loop *, const char *name, const char *rest,
                  const struct stream_options *, struct stream_listener **);
    /* A stream over an accepted descriptor, which it takes. */
    struct stream *(*accept)(struct stream_listener *, int fd);
};

struct stream_listener {
    const struct stream_listener_class *class;
    struct loop *loop;
    char *name;
    int fd;
    uint16_t port; /* Of TCP, else 0. */
    char *path;    /* Socket file to unlink, or NULL. */
    loop_callback *callback;
    void *arg;
    struct loop_fd watch;
    struct loop_timer pause; /* Runs while there are no descriptors left. */
    unsigned int number;     /* From 1, in the order of creation. */
    struct list replay_node; /* Replaying: in the list of all. */
};

/* Makes one and fills the common part.  'fd' -1: none yet; 'error' 0:
 * connected, EINPROGRESS: connecting. */
void *stream_create(struct loop *, const struct stream_class *,
                    const char *name, int fd, int error);
/* The 'number' that the next stream or listener will have. */
unsigned int stream_next_number(void);
unsigned int stream_listener_next_number(void);
/* The descriptor is known, and connecting as 'error' says, or failed. */
void stream_set_fd(struct stream *, int fd, int error);
struct stream_listener *
stream_listener_create(struct loop *, const struct stream_listener_class *,
                       const char *name, int fd);

/* TCP, for the kinds that are made over it. */
struct tcp_stream {
    struct stream up;
    struct resolver_query *query; /* While the name is being looked up. */
    char *host;                   /* That name; NULL if it is an address. */
    uint16_t port;                /* To connect to. */
    uint8_t dscp;
};

/* As stream_class.open, for a kind of which tcp_stream is the beginning. */
int stream_open_tcp(struct loop *, const struct stream_class *,
                    const char *name, const char *rest,
                    const struct stream_options *, struct stream **);
void stream_close_tcp(struct stream *);
int stream_listen_tcp(struct loop *, const struct stream_listener_class *,
                      const char *rest, const struct stream_options *,
                      struct stream_listener **);
struct stream *stream_accept_tcp(struct stream_listener *,
                                 const struct stream_class *, int fd);

/* Records of module socket_util, where users look for them. */
/* Takes 'error'. */
void stream_log_bad_address(struct error *error);
/* The kernel chose 'port' for the listener called 'name'. */
void stream_log_chosen_port(const char *name, uint16_t port);

extern const struct stream_class stream_tcp_class;
extern const struct stream_class stream_unix_class;
extern const struct stream_class stream_ssl_class;
extern const struct stream_listener_class stream_ptcp_class;
extern const struct stream_listener_class stream_punix_class;
extern const struct stream_listener_class stream_pssl_class;
