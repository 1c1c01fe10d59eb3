/* Which processor a device's received packets are processed on.
 *
 * What a virtual device receives is processed in the sender's context, on its
 * core; receive packet steering (RPS, Linux Documentation/networking/scaling)
 * moves that to another one.  Thread: the shortcut's user. */

#pragma once

#include <stdbool.h>

enum { SPREAD_MAX_QUEUES = 64 };

/* Steers what the virtual device receives to processor 'cpu'.  Leaves alone
 * other devices, whose interrupts decide, and those that somebody has
 * configured.  0 or a positive errno; '*changedp': whether it did
 * something, for spread_end() to take back. */
int spread_begin(const char *device, unsigned int cpu, bool *changedp);
void spread_end(const char *device);
