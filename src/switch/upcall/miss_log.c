/* The record of a miss, in the module in which rigs look for it. */

#include "datapath/odp/key.h"
#include "switch/upcall/upcall_private.h"
#include "sys/log/log.h"

LOG_MODULE(dpif_netdev);

void
upcall_log_miss(const struct datapath_upcall *up, const struct datapath *dp)
{
    static struct log_rate_limit rl = LOG_RATE_LIMIT_INITIALIZER(600, 600);
    if (!log_is_dbg_enabled() || log_should_drop(&rl, LOG_LEVEL_DBG)) {
        return;
    }
    struct str s = STR_INITIALIZER;
    odp_flow_format(up->key, NULL, NULL, 0, &s);
    log_dbg("%s: miss upcall:\n%s", dp ? dp->name : "", str_text(&s));
    str_uninit(&s);
}
