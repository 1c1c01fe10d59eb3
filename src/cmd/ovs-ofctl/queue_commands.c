/* Commands about queues. */

#include <stdlib.h>
#include <strings.h>

#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/queue.h"

/* What "switch [port [queue]]" means; words that are no number are queue 0, as
 * ever. */
static struct queue_request
parse(struct ofctl *ofctl, int argc, char *argv[])
{
    struct queue_request q = { .port = OFPP_NONE, .queue = QUEUE_ALL };
    if (argc > 1 && strcasecmp(argv[1], "any")) {
        q.port = ofctl_port_number(ofctl, argv[0], argv[1]);
    }
    if (argc > 2 && strcasecmp(argv[2], "all")) {
        q.queue = (uint32_t) strtoul(argv[2], NULL, 0);
    }
    return q;
}

void
ofctl_queue_stats(struct ofctl *ofctl, int argc, char *argv[])
{
    struct queue_request q = parse(ofctl, argc, argv);
    if (q.port == OFPP_ALL) {
        q.port = OFPP_NONE;
    }
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    struct writer w = WRITER_INITIALIZER;
    queue_request_encode(&q, MSG_QUEUE_STATS_REQUEST, vconn_version(v), &w);
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
    vconn_close(v);
}

typedef VEC(uint32_t) port_vec;

static bool
collect_port(void *ports_, const struct port_info *port)
{
    port_vec *ports = ports_;
    if (port->port_no < OFPP10_MAX) {
        vec_push(ports, port->port_no);
    }
    return true;
}

static void
get_config(struct ofctl *ofctl, struct vconn *v, const struct queue_request *q)
{
    struct writer w = WRITER_INITIALIZER;
    queue_request_encode(q, MSG_QUEUE_GET_CONFIG_REQUEST, vconn_version(v),
                         &w);
    ofctl_dump(ofctl, v, &w);
    writer_uninit(&w);
}

void
ofctl_queue_get_config(struct ofctl *ofctl, int argc, char *argv[])
{
    struct queue_request q = parse(ofctl, argc, argv);
    struct vconn *v = ofctl_open(ofctl, argv[0]);
    if (vconn_version(v) > OF10_VERSION || q.port != OFPP_NONE) {
        get_config(ofctl, v, &q);
    } else {
        /* OpenFlow 1.0 has no word for all ports. */
        port_vec ports = VEC_INITIALIZER;
        ofctl_for_each_port(ofctl, argv[0], collect_port, &ports);
        for (size_t i = 0; i < ports.n; i++) {
            q.port = ports.items[i];
            get_config(ofctl, v, &q);
        }
        vec_uninit(&ports);
    }
    vconn_close(v);
}
