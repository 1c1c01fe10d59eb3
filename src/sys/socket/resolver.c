/* Host names through c-ares, driven by the loop.
 *
 * Each query has a channel of its own: names are rare, and a channel that
 * belongs to one loop needs no locks. */

#include "sys/socket/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/strmap.h"
#include "sys/clock/clock.h"
#include "sys/thread/mutex.h"

enum {
    TIMEOUT_MS = 2000, /* Of one try. */
    N_TRIES = 2,
    MAX_CACHED = 1024,
    MAX_CACHE_MS = 300 * 1000, /* However long the answer may be kept. */
};

/* A socket of c-ares. */
struct watch {
    struct list node; /* In the query's list. */
    struct resolver_query *query;
    ares_socket_t fd;
    struct loop_fd fd_watch;
};

struct resolver_query {
    struct loop *loop;
    char *name;
    resolver_callback *callback;
    void *arg;
    ares_channel channel;            /* NULL if it could not be made. */
    struct list watches;             /* Of struct watch. */
    struct loop_timer timer;         /* c-ares wants to look. */
    struct loop_task task;           /* Reports the result. */
    char *error;                     /* Result: owned, or NULL... */
    struct sockaddr_storage address; /* ...and this. */
};

struct cached {
    struct sockaddr_storage address;
    long long until_ms;
};

static struct mutex mutex = MUTEX_INITIALIZER;
static struct strmap cache GUARDED_BY(mutex) = STRMAP_INITIALIZER(&cache);
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int library_error; /* Of c-ares; constant after 'once'. */

static void
init_library(void)
{
    library_error = ares_library_init(ARES_LIB_INIT_ALL);
}

static bool
find_cached(const char *name, struct sockaddr_storage *ssp)
{
    bool found = false;
    mutex_lock(&mutex);
    struct strmap_node *node = strmap_find(&cache, name);
    if (node) {
        struct cached *c = node->data;
        if (c->until_ms > clock_msec()) {
            *ssp = c->address;
            found = true;
        } else {
            free(strmap_delete(&cache, node));
        }
    }
    mutex_unlock(&mutex);
    return found;
}

static void
add_cached(const char *name, const struct sockaddr_storage *ss, int ttl_s)
{
    if (ttl_s <= 0) {
        return;
    }
    struct cached *c = xmalloc(sizeof *c);
    long long keep_ms = ttl_s * 1000LL;
    c->address = *ss;
    c->until_ms = clock_msec() + MIN(keep_ms, MAX_CACHE_MS);
    mutex_lock(&mutex);
    if (strmap_count(&cache) >= MAX_CACHED) {
        strmap_uninit_free(&cache);
        strmap_init(&cache);
    }
    free(strmap_replace(&cache, name, c));
    mutex_unlock(&mutex);
}

static void
query_free(struct resolver_query *query)
{
    loop_timer_cancel(&query->timer);
    loop_task_cancel(&query->task);
    if (query->channel) {
        ares_channel channel = query->channel;
        query->channel = NULL;
        ares_destroy(channel); /* Removes the watches. */
    }
    free(query->name);
    free(query->error);
    free(query);
}

static void
report(void *query_)
{
    struct resolver_query *query = query_;
    resolver_callback *callback = query->callback;
    void *arg = query->arg;
    char *error = steal_ptr(&query->error);
    struct sockaddr_storage address = query->address;
    query_free(query);
    callback(arg, error, &address);
    free(error);
}

static void
finish(struct resolver_query *query, const char *error)
{
    query->error = xstrdup_nullable(error);
    loop_task_schedule(&query->task);
}

static void
update_timer(struct resolver_query *query)
{
    struct timeval tv;
    if (query->channel && ares_timeout(query->channel, NULL, &tv)) {
        loop_timer_set(&query->timer, clock_msec() + tv.tv_sec * 1000LL
                                          + tv.tv_usec / 1000 + 1);
    } else {
        loop_timer_cancel(&query->timer);
    }
}

static void
process(struct resolver_query *query, ares_socket_t readable,
        ares_socket_t writable)
{
    ares_process_fd(query->channel, readable, writable);
    update_timer(query);
}

static void
socket_ready(void *watch_, uint32_t events)
{
    struct watch *watch = watch_;
    ares_socket_t fd = watch->fd;
    process(watch->query, events & ~EPOLLOUT ? fd : ARES_SOCKET_BAD,
            events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
}

static void
timer_expired(void *query_)
{
    process(query_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* c-ares wants to know when 'fd' is readable or writable. */
static void
socket_changed(void *query_, ares_socket_t fd, int readable, int writable)
{
    struct resolver_query *query = query_;
    struct watch *watch, *next;
    uint32_t events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0);
    LIST_FOR_EACH_SAFE (watch, next, node, &query->watches) {
        if (watch->fd == fd) {
            if (events) {
                loop_fd_modify(&watch->fd_watch, events);
            } else {
                loop_fd_remove(&watch->fd_watch);
                list_remove(&watch->node);
                free(watch);
            }
            return;
        }
    }
    if (events) {
        watch = xzalloc(sizeof *watch);
        watch->query = query;
        watch->fd = fd;
        list_push_back(&query->watches, &watch->node);
        loop_fd_add(query->loop, &watch->fd_watch, fd, events, socket_ready,
                    watch);
    }
}

static void
name_resolved(void *query_, int status, int timeouts UNUSED,
              struct ares_addrinfo *result)
{
    struct resolver_query *query = query_;
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) {
        ares_freeaddrinfo(result);
        return;
    }
    const struct ares_addrinfo_node *node =
        status == ARES_SUCCESS && result ? result->nodes : NULL;
    if (node) {
        memcpy(&query->address, node->ai_addr,
               MIN(node->ai_addrlen, (int) sizeof query->address));
        add_cached(query->name, &query->address, node->ai_ttl);
        finish(query, NULL);
    } else {
        finish(query,
               status == ARES_SUCCESS ? "no address" : ares_strerror(status));
    }
    ares_freeaddrinfo(result);
}

static void
start_query(struct resolver_query *query)
{
    struct ares_options options = {
        .flags = ARES_FLAG_NOCHECKRESP,
        .timeout = TIMEOUT_MS,
        .tries = N_TRIES,
        .sock_state_cb = socket_changed,
        .sock_state_cb_data = query,
    };
    struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC };
    pthread_once(&once, init_library);
    int error = library_error;
    if (!error) {
        error = ares_init_options(&query->channel, &options,
                                  ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES
                                      | ARES_OPT_SOCK_STATE_CB);
    }
    if (error) {
        query->channel = NULL;
        finish(query, ares_strerror(error));
        return;
    }
    ares_getaddrinfo(query->channel, query->name, NULL, &hints, name_resolved,
                     query);
    update_timer(query);
}

struct resolver_query *
resolver_start(struct loop *loop, const char *name,
               resolver_callback *callback, void *arg)
{
    struct resolver_query *query = xzalloc(sizeof *query);
    query->loop = loop;
    query->name = xstrdup(name);
    query->callback = callback;
    query->arg = arg;
    list_init(&query->watches);
    loop_timer_init(loop, &query->timer, timer_expired, query);
    loop_task_init(loop, &query->task, report, query);
    if (find_cached(name, &query->address)) {
        loop_task_schedule(&query->task);
    } else {
        start_query(query);
    }
    return query;
}

void
resolver_cancel(struct resolver_query *query)
{
    if (query) {
        query_free(query);
    }
}
