/* Ports: descriptions, statistics, changes of their configuration. */

#include "switch/control/control_private.h"

struct port_reply {
    struct connection *connection;
    struct message_multipart multipart;
};

static void
put_desc(void *reply_, const struct port_info *info)
{
    struct port_reply *reply = reply_;
    struct writer *w = reply->multipart.w;
    size_t start = w->size;
    port_info_encode(info, reply->multipart.version, w);
    message_multipart_next(&reply->multipart, start);
}

static void
put_stats(void *reply_, const struct port_info *info)
{
    struct port_reply *reply = reply_;
    const struct control_switch *ops = &reply->connection->control->ops;
    struct port_stats stats;
    if (ops->get_port_stats(ops->aux, info->port_no, &stats)) {
        size_t start = reply->multipart.w->size;
        port_stats_encode(&stats, &reply->multipart);
        message_multipart_next(&reply->multipart, start);
    }
}

/* Replies with what 'put' writes of one port, if there is such, or of all for
 * OFPP_NONE. */
static enum ofperr
reply_ports(struct connection *c, const struct message *request, uint32_t port,
            void (*put)(void *, const struct port_info *))
{
    const struct control_switch *ops = &c->control->ops;
    struct port_info info;
    struct writer w = WRITER_INITIALIZER;
    struct port_reply reply = { .connection = c };
    message_multipart_begin(&reply.multipart, &w, message_reply_raw(request),
                            request->version, request->xid);
    if (port == OFPP_NONE) {
        ops->for_each_port(ops->aux, put, &reply);
    } else if (ops->get_port(ops->aux, port, &info)) {
        put(&reply, &info);
    }
    message_multipart_end(&reply.multipart);
    connection_send(c, &w);
    writer_uninit(&w);
    return OFPERR_NONE;
}

enum ofperr
handle_port_desc(struct connection *c, const struct message *request)
{
    uint32_t port;
    enum ofperr error = port_desc_request_decode(request, &port);
    return error ? error : reply_ports(c, request, port, put_desc);
}

enum ofperr
handle_port_stats(struct connection *c, const struct message *request)
{
    uint32_t port;
    enum ofperr error = port_stats_request_decode(request, &port);
    return error ? error : reply_ports(c, request, port, put_stats);
}

enum ofperr
handle_port_mod(struct connection *c, const struct message *request)
{
    struct port_mod pm;
    enum ofperr error = port_mod_decode(request, &pm);
    if (error) {
        return error;
    }
    const struct control_switch *ops = &c->control->ops;
    struct port_info info;
    if (!ops->get_port(ops->aux, pm.port_no, &info)) {
        return OFPERR_OFPPMFC_BAD_PORT;
    }
    if (!eth_addr_equal(info.hw_addr, pm.hw_addr)
        && !(eth_addr_is_zero(pm.hw_addr)
             && request->version >= OF15_VERSION)) {
        return OFPERR_OFPPMFC_BAD_HW_ADDR;
    }
    ops->set_port_config(ops->aux, pm.port_no, pm.config, pm.mask);
    return OFPERR_NONE;
}
