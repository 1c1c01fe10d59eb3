/* A JSON-RPC connection over a stream. */

#include "rpc/jsonrpc/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"
#include "rpc/json/parser.h"
#include "sys/log/log.h"

LOG_MODULE(jsonrpc);

static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(5, 20);

enum {
    READ_SIZE = 65536, /* Bytes read at once. */
    SEND_SIZE = 65536, /* Short messages are sent together up to this. */
    READ_ROUNDS = 4,   /* Reads per turn of the loop. */
    SHARE_MIN = 16384, /* Longer parts of messages are not copied. */
};

/* A queued message or a part of one. */
struct chunk {
    struct list node;
    const char *text;
    size_t len;
    char *own;           /* 'text' if it is the chunk's; freed with it. */
    struct json *shared; /* The serialized value that has 'text', or NULL. */
};

struct jsonrpc {
    struct loop *loop;
    struct stream *stream;
    char *name;
    const struct jsonrpc_observer *observer;
    void *arg;
    struct loop_task task; /* Sends, delivers and tells the end. */
    int status;            /* 0, EOF or errno. */
    bool told;             /* 'closed' has been called. */
    bool paused;

    /* Input. */
    struct json_parser *parser;
    char *input;         /* READ_SIZE bytes, while any are unused. */
    size_t input_offset; /* First unused byte. */
    size_t input_size;
    unsigned long long n_received;

    /* Output. */
    struct list output;   /* Of struct chunk. */
    size_t n_output;      /* Chunks. */
    size_t output_sent;   /* Bytes sent of the first chunk. */
    size_t backlog;       /* Bytes not sent. */
    size_t backlog_limit; /* 0: none. */
    unsigned long long n_sent;
    bool blocked; /* The stream takes no more now. */

    /* Set by the callers of callbacks, to see that they destroyed us. */
    bool *destroyed;
    /* Where recv_block() wants the next message. */
    struct jsonrpc_message **wanted;
};

static void run_task(void *);
static void ready(void *);

struct jsonrpc *
jsonrpc_create(struct loop *loop, struct stream *stream,
               const struct jsonrpc_observer *observer, void *arg)
{
    struct jsonrpc *rpc = xzalloc(sizeof *rpc);
    rpc->loop = loop;
    rpc->stream = stream;
    rpc->name = xstrdup(stream_name(stream));
    rpc->observer = observer;
    rpc->arg = arg;
    rpc->parser = json_parser_create(true);
    json_parser_set_max_size(rpc->parser, JSONRPC_MAX_MESSAGE_SIZE);
    list_init(&rpc->output);
    loop_task_init(loop, &rpc->task, run_task, rpc);
    stream_watch(stream, STREAM_RECV, ready, rpc);
    return rpc;
}

/* Frees the first chunk of the output. */
static void
drop_chunk(struct jsonrpc *rpc)
{
    struct chunk *chunk =
        CONTAINER_OF(list_pop_front(&rpc->output), struct chunk, node);
    free(chunk->own);
    json_unref(chunk->shared);
    free(chunk);
}

static void
drop_output(struct jsonrpc *rpc)
{
    while (!list_is_empty(&rpc->output)) {
        drop_chunk(rpc);
    }
    rpc->n_output = 0;
    rpc->output_sent = 0;
    rpc->backlog = 0;
}

void
jsonrpc_destroy(struct jsonrpc *rpc)
{
    if (!rpc) {
        return;
    }
    if (rpc->destroyed) {
        *rpc->destroyed = true;
    }
    loop_task_cancel(&rpc->task);
    stream_close(rpc->stream);
    json_parser_destroy(rpc->parser);
    drop_output(rpc);
    free(rpc->input);
    free(rpc->name);
    free(rpc);
}

const char *
jsonrpc_name(const struct jsonrpc *rpc)
{
    return rpc->name;
}

const char *
jsonrpc_peer_id(const struct jsonrpc *rpc)
{
    return rpc->stream ? stream_peer_id(rpc->stream) : NULL;
}

int
jsonrpc_status(const struct jsonrpc *rpc)
{
    return rpc->status;
}

size_t
jsonrpc_backlog(const struct jsonrpc *rpc)
{
    return rpc->backlog;
}

size_t
jsonrpc_n_queued(const struct jsonrpc *rpc)
{
    return rpc->n_output;
}

void
jsonrpc_set_backlog_limit(struct jsonrpc *rpc, size_t bytes)
{
    rpc->backlog_limit = bytes;
}

void
jsonrpc_set_max_message_size(struct jsonrpc *rpc, size_t bytes)
{
    json_parser_set_max_size(rpc->parser, bytes);
}

unsigned long long
jsonrpc_received_bytes(const struct jsonrpc *rpc)
{
    return rpc->n_received;
}

unsigned long long
jsonrpc_sent_bytes(const struct jsonrpc *rpc)
{
    return rpc->n_sent;
}

/* Ends the connection; the observer hears of it from the loop. */
static void
fail(struct jsonrpc *rpc, int error)
{
    if (!rpc->status) {
        rpc->status = error;
        stream_close(rpc->stream);
        rpc->stream = NULL;
        drop_output(rpc);
        loop_task_schedule(&rpc->task);
    }
}

static void
watch(struct jsonrpc *rpc)
{
    if (rpc->stream) {
        bool receive = !rpc->paused && !rpc->input;
        stream_watch(rpc->stream,
                     (receive ? STREAM_RECV : 0)
                         | (rpc->blocked ? STREAM_SEND : 0),
                     ready, rpc);
    }
}

void
jsonrpc_pause(struct jsonrpc *rpc, bool paused)
{
    if (rpc->paused != paused) {
        rpc->paused = paused;
        watch(rpc);
        if (!paused && rpc->input) {
            loop_task_schedule(&rpc->task);
        }
    }
}

static void
log_message(const struct jsonrpc *rpc, const char *title,
            const struct jsonrpc_message *m)
{
    if (log_is_dbg_enabled()) {
        struct str s = STR_INITIALIZER;
        if (m->method) {
            str_putf(&s, ", method=\"%s\"", m->method);
        }

        const struct {
            const char *name;
            const struct json *json;
        } parts[] = { { "params", m->params },
                      { "result", m->result },
                      { "error", m->error },
                      { "id", m->id } };

        for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
            if (parts[i].json) {
                str_putf(&s, ", %s=", parts[i].name);
                json_put(&s, parts[i].json, JSON_COMPACT);
            }
        }
        log_dbg("%s: %s %s%s", rpc->name, title, jsonrpc_type_name(m->type),
                str_text(&s));
        str_uninit(&s);
    }
}

/* Output. */

/* Queues 'chunk', which it takes. */
static void
queue_chunk(struct jsonrpc *rpc, const struct chunk *chunk_)
{
    struct chunk *chunk = xmemdup(chunk_, sizeof *chunk_);
    list_push_back(&rpc->output, &chunk->node);
    rpc->n_output++;
    rpc->backlog += chunk->len;
}

/* Queues what 'text' has and leaves it empty. */
static void
queue_text(struct jsonrpc *rpc, struct str *text)
{
    if (text->len) {
        struct chunk chunk = { .len = text->len };
        chunk.text = chunk.own = str_steal(text);
        queue_chunk(rpc, &chunk);
    }
}

static void
queue_shared(struct jsonrpc *rpc, struct json *json)
{
    queue_chunk(rpc, &(struct chunk){ .text = json->string.text,
                                      .len = json->string.len,
                                      .shared = json });
}

/* A message is queued whole: sends it, soon. */
static void
queued(struct jsonrpc *rpc)
{
    if (!rpc->blocked) {
        loop_task_schedule(&rpc->task);
    } else if (rpc->backlog_limit && rpc->backlog > rpc->backlog_limit) {
        log_warn("%s: closing connection: the peer does not read (%zu bytes "
                 "are waiting)",
                 rpc->name, rpc->backlog);
        fail(rpc, ENOBUFS);
    }
}

/* A message being printed, with parts that are not copied. */
struct printing {
    struct jsonrpc *rpc;
    struct str text;
};

static void
take_part(void *printing_, struct json *json)
{
    struct printing *printing = printing_;
    queue_text(printing->rpc, &printing->text);
    queue_shared(printing->rpc, json);
}

void
jsonrpc_send(struct jsonrpc *rpc, struct jsonrpc_message *message)
{
    if (!rpc->status) {
        struct printing printing = { rpc, STR_INITIALIZER };
        struct json_parts parts = { SHARE_MIN, take_part, &printing };
        log_message(rpc, "send", message);
        jsonrpc_message_put(&printing.text, message, &parts);
        queue_text(rpc, &printing.text);
        queued(rpc);
    }
    jsonrpc_message_destroy(message);
}

void
jsonrpc_send_text(struct jsonrpc *rpc, struct str *head, struct json *body,
                  const char *tail)
{
    if (!rpc->status) {
        if (body && body->string.len >= SHARE_MIN) {
            queue_text(rpc, head);
            queue_shared(rpc, json_ref(body));
        } else if (body) {
            str_put_n(head, body->string.text, body->string.len);
        }
        str_put(head, tail);
        queue_text(rpc, head);
        queued(rpc);
    }
    str_uninit(head);
}

/* Forgets the first 'n' bytes of the output. */
static void
consume(struct jsonrpc *rpc, size_t n)
{
    rpc->backlog -= n;
    rpc->n_sent += n;
    n += rpc->output_sent;
    while (!list_is_empty(&rpc->output)) {
        struct chunk *chunk =
            CONTAINER_OF(list_front(&rpc->output), struct chunk, node);
        if (n < chunk->len) {
            break;
        }
        n -= chunk->len;
        rpc->n_output--;
        drop_chunk(rpc);
    }
    rpc->output_sent = n;
}

/* Copies the start of the output into 'buffer'. */
static size_t
gather(const struct jsonrpc *rpc, char *buffer, size_t size)
{
    size_t n = 0, skip = rpc->output_sent;
    const struct chunk *chunk;
    LIST_FOR_EACH (chunk, node, &rpc->output) {
        size_t part = MIN(chunk->len - skip, size - n);
        memcpy(buffer + n, chunk->text + skip, part);
        n += part;
        skip = 0;
        if (n >= size) {
            break;
        }
    }
    return n;
}

static void
send_output(struct jsonrpc *rpc)
{
    while (rpc->stream && rpc->backlog) {
        struct chunk *first =
            CONTAINER_OF(list_front(&rpc->output), struct chunk, node);
        size_t left = first->len - rpc->output_sent;
        ssize_t n;
        if (left >= SEND_SIZE / 2 || rpc->n_output == 1) {
            n = stream_send(rpc->stream, first->text + rpc->output_sent, left);
        } else {
            char buffer[SEND_SIZE];
            n = stream_send(rpc->stream, buffer,
                            gather(rpc, buffer, sizeof buffer));
        }
        if (n == -EAGAIN) {
            break;
        } else if (n < 0) {
            log_warn_rl(&rl, "%s: send error: %s", rpc->name, strerror(-n));
            fail(rpc, -n);
            return;
        }
        consume(rpc, n);
    }
    bool blocked = rpc->backlog != 0;
    if (blocked != rpc->blocked) {
        rpc->blocked = blocked;
        watch(rpc);
    }
}

/* Input. */

/* Gives the parser's value to whoever waits; false if that destroyed us. */
static bool
deliver(struct jsonrpc *rpc)
{
    struct json *json;
    struct error *error = json_parser_finish(rpc->parser, &json);
    if (error) {
        log_warn_rl(&rl, "%s: error parsing stream: %s", rpc->name,
                    error_text(error));
        error_destroy(error);
        fail(rpc, EPROTO);
        return true;
    }
    struct jsonrpc_message *message;
    error = jsonrpc_message_decode(json, &message);
    if (error) {
        log_warn_rl(&rl, "%s: received bad JSON-RPC message: %s", rpc->name,
                    error_text(error));
        error_destroy(error);
        fail(rpc, EPROTO);
        return true;
    }

    log_message(rpc, "received", message);
    if (rpc->wanted) {
        *rpc->wanted = message;
        rpc->wanted = NULL;
        jsonrpc_pause(rpc, true);
        return true;
    }
    bool destroyed = false;
    rpc->destroyed = &destroyed;
    rpc->observer->received(rpc->arg, message);
    if (!destroyed) {
        rpc->destroyed = NULL;
    }
    return !destroyed;
}

/* Parses what is in the input buffer, at most '*burst' messages; false if we
 * were destroyed. */
static bool
parse_input(struct jsonrpc *rpc, int *burst)
{
    while (rpc->input && !rpc->paused && !rpc->status && *burst > 0) {
        rpc->input_offset +=
            json_parser_feed(rpc->parser, rpc->input + rpc->input_offset,
                             rpc->input_size - rpc->input_offset);
        bool done = json_parser_is_done(rpc->parser);
        if (rpc->input_offset >= rpc->input_size) {
            free(steal_ptr(&rpc->input));
        }
        if (done) {
            --*burst;
            if (!deliver(rpc)) {
                return false;
            }
        }
    }
    return true;
}

static void
read_stream(struct jsonrpc *rpc)
{
    char *buffer = xmalloc(READ_SIZE);
    ssize_t n = stream_recv(rpc->stream, buffer, READ_SIZE);
    if (n > 0) {
        rpc->n_received += n;
        rpc->input = buffer;
        rpc->input_offset = 0;
        rpc->input_size = n;
        return;
    }
    free(buffer);
    if (!n) {
        if (!json_parser_is_idle(rpc->parser)) {
            log_warn_rl(&rl,
                        "%s: connection closed in the middle of a "
                        "message",
                        rpc->name);
        }
        fail(rpc, EOF);
    } else if (n != -EAGAIN) {
        log_warn_rl(&rl, "%s: receive error: %s", rpc->name, strerror(-n));
        fail(rpc, -n);
    }
}

/* Receives; false if we were destroyed. */
static bool
receive(struct jsonrpc *rpc)
{
    int burst = JSONRPC_BURST;
    size_t last_size = 0;
    for (int i = 0; i < READ_ROUNDS; i++) {
        if (!parse_input(rpc, &burst)) {
            return false;
        }
        if (rpc->status || rpc->paused || rpc->input) {
            break;
        }
        /* Less than was asked for is all there is. */
        if (i && last_size < READ_SIZE) {
            break;
        }
        read_stream(rpc);
        if (!rpc->input) {
            break;
        }
        last_size = rpc->input_size;
    }
    if (rpc->input && !rpc->status && !rpc->paused) {
        loop_task_schedule(&rpc->task);
    }
    watch(rpc);
    return true;
}

static void
run(struct jsonrpc *rpc, bool may_receive)
{
    if (rpc->stream) {
        int error = stream_connect(rpc->stream);
        if (error == EAGAIN) {
            return;
        } else if (error) {
            fail(rpc, error);
        }
    }
    bool had_backlog = rpc->backlog != 0;
    send_output(rpc);
    if (rpc->stream && (may_receive || rpc->input) && !receive(rpc)) {
        return;
    }
    if (rpc->status) {
        if (!rpc->told) {
            rpc->told = true;
            rpc->observer->closed(rpc->arg, rpc->status);
        }
    } else if (had_backlog && !rpc->backlog && rpc->observer->drained) {
        rpc->observer->drained(rpc->arg);
    }
}

static void
ready(void *rpc)
{
    run(rpc, true);
}

static void
run_task(void *rpc)
{
    run(rpc, false);
}

void
jsonrpc_flush(struct jsonrpc *rpc)
{
    send_output(rpc);
}

/* Blocking calls. */

int
jsonrpc_flush_block(struct jsonrpc *rpc)
{
    while (!rpc->status && rpc->backlog) {
        loop_run_once(rpc->loop, -1);
    }
    return rpc->status;
}

int
jsonrpc_recv_block(struct jsonrpc *rpc, struct jsonrpc_message **messagep)
{
    bool paused = rpc->paused;
    *messagep = NULL;
    rpc->wanted = messagep;
    jsonrpc_pause(rpc, false);
    while (!rpc->status && !*messagep) {
        loop_run_once(rpc->loop, -1);
    }
    rpc->wanted = NULL;
    jsonrpc_pause(rpc, paused);
    return *messagep ? 0 : rpc->status;
}

int
jsonrpc_transact_block(struct jsonrpc *rpc, struct jsonrpc_message *request,
                       struct jsonrpc_message **replyp)
{
    struct json *id = json_ref(request->id);
    jsonrpc_send(rpc, request);
    int error;
    for (;;) {
        error = jsonrpc_recv_block(rpc, replyp);
        if (error) {
            break;
        }
        struct jsonrpc_message *m = *replyp;
        if ((m->type == JSONRPC_REPLY || m->type == JSONRPC_ERROR)
            && json_equal(m->id, id)) {
            break;
        }
        rpc->observer->received(rpc->arg, m);
        *replyp = NULL;
    }
    json_unref(id);
    return error;
}
