/* Listeners: a channel for every caller. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "openflow/channel/channel_private.h"
#include "openflow/channel/vconn.h"
#include "sys/log/log.h"

LOG_MODULE(vconn);

struct channel_listener {
    struct loop *loop;
    struct stream_listener *listener;
    struct channel_options options; /* 'label' is owned. */
    void (*accepted)(void *aux, struct channel *);
    void *aux;
};

static void
listener_ready(void *l_)
{
    struct channel_listener *l = l_;
    struct stream *stream;
    int error = stream_accept(l->listener, &stream);
    if (!error) {
        l->accepted(l->aux, channel_accepted(l->loop, stream, &l->options));
    } else if (error != EAGAIN) {
        static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
        log_warn_rl(&rl, "%s: accept failed (%s)",
                    stream_listener_name(l->listener), strerror(error));
    }
}

struct channel_listener *
channel_listen(struct loop *loop, const char *target,
               const struct channel_options *options,
               void (*accepted)(void *aux, struct channel *), void *aux,
               int *errnop)
{
    struct stream_options stream_options = { OF_DEFAULT_PORT, options->dscp };
    struct stream_listener *listener;
    *errnop = stream_listen(loop, target, &stream_options, &listener);
    if (*errnop) {
        return NULL;
    }
    struct channel_listener *l = xzalloc(sizeof *l);
    l->loop = loop;
    l->listener = listener;
    l->options = *options;
    l->options.label = options->label ? xstrdup(options->label) : NULL;
    l->accepted = accepted;
    l->aux = aux;
    stream_listener_watch(listener, listener_ready, l);
    return l;
}

void
channel_listener_close(struct channel_listener *l)
{
    if (l) {
        stream_listener_close(l->listener);
        free((char *) l->options.label);
        free(l);
    }
}
