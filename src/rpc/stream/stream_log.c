/* Records about addresses: of module socket_util, which test rigs and people
 * search the log for. */

#include "rpc/stream/stream_private.h"
#include "sys/log/log.h"

LOG_MODULE(socket_util);

void
stream_log_bad_address(struct error *error)
{
    log_err("%s", error_text(error));
    error_destroy(error);
}

void
stream_log_chosen_port(const char *name, uint16_t port)
{
    log_info("%s: listening on port %u", name, port);
}
