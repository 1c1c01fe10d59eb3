/* Sessions on record: ovsdb-server(1) --record and --replay.
 *
 * While it records, a program writes what comes to it from outside through
 * streams (connections, data, failures), with the time, into a file.  To
 * replay, it takes all that from the file instead, in the same order, and time
 * passes as it did then, only faster.  What it sends goes nowhere.
 *
 * The file "PROGRAM.replay" begins with the line "OVS-REPLAY 1 SEED", the seed
 * of uuid_set_seed(); each record is a line "MS KIND NUMBER ERROR SIZE", SIZE
 * bytes and a newline.  MS counts from the start.  Streams and listeners are
 * numbered in the order in which they were made.
 *
 * All of it belongs to the main thread. */

#pragma once

#include "base/compiler.h"
#include "base/error.h"
#include "sys/loop/loop.h"

/* Chooses what to do, once, before any stream is made; 'directory' is relative
 * to the run directory, NULL is that itself. */
void replay_set_record(const char *directory);
void replay_set_replay(const char *directory);
/* Whether one of them was chosen: then everything must happen in an order that
 * does not depend on the speed of the machine. */
bool replay_is_on(void);
/* Begins to do it, after the program has become a daemon.  At the end of the
 * record 'loop' quits; if the program does not do what it did then, it is
 * ended with an error. */
struct error *replay_begin(struct loop *loop) WARN_UNUSED;
void replay_end(void);
