/* The switch as the database Open_vSwitch describes it: follows the database,
 * makes bridges as their rows want them, and writes back what they are.  Main
 * thread. */

#pragma once

#include <stdbool.h>

#include "sys/loop/loop.h"

struct bridges;
struct vswitchd;

/* 'remote' names the database server.  'ready(arg)' is called once, when the
 * first configuration is in effect. */
struct vswitchd *vswitchd_create(struct loop *, const char *remote,
                                 struct bridges *, loop_callback *ready,
                                 void *arg);
/* NULL is legal.  The bridges go with their configuration. */
void vswitchd_destroy(struct vswitchd *);
