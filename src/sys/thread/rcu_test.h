/* The beginning and end of tests whose thread takes part in RCU: cmocka's
 * group fixtures. */

#pragma once

#include "sys/thread/rcu.h"

static inline int
rcu_test_setup(void **state)
{
    (void) state;
    rcu_register_thread();
    return 0;
}

/* All that was postponed has happened. */
static inline int
rcu_test_teardown(void **state)
{
    (void) state;
    rcu_offline();
    rcu_barrier();
    rcu_online();
    return 0;
}
