/* What is logged of fields in actions, under the name that users know. */

#include "openflow/action/action_private.h"
#include "sys/log/log.h"

LOG_MODULE(meta_flow);

void
action_warn_end(const struct field *field, const char *end)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(1, 5);
    log_warn_rl(&rl, "%s field %s lacks correct prerequisites", end,
                field->name);
}
