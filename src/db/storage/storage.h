/* Where a database is kept: a standalone file (journal.h), or nowhere.
 *
 * Clustered files are recognized and refused. */

#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "db/engine/database.h"
#include "db/engine/transaction.h"
#include "sys/loop/loop.h"

struct storage;

enum storage_mode {
    STORAGE_READ,  /* Neither locked nor changed. */
    STORAGE_WRITE, /* Locked; a torn tail is cut off. */
};

/* Opens the file 'name' and loads it. */
struct error *storage_open(const char *name, enum storage_mode,
                           struct storage **, struct database **) WARN_UNUSED;
/* A storage that forgets everything. */
struct storage *storage_create_volatile(void);
/* Makes the new file 'name' with 'schema' and nothing else. */
struct error *storage_create_file(const char *name,
                                  const struct schema *) WARN_UNUSED;
/* NULL is legal. */
void storage_close(struct storage *);

/* NULL if there is no file. */
const char *storage_name(const struct storage *);
/* Bytes of the file; 0 if there is none. */
off_t storage_size(const struct storage *);
/* "standalone" */
const char *storage_model(const struct storage *);

/* Writes a checked transaction; if 'is_durable', it is on disk when this
 * returns. */
struct error *storage_write(struct storage *, const struct transaction *,
                            bool is_durable) WARN_UNUSED;
/* Replaces the file by the schema and one record of all rows.  Compaction in
 * the background is done with that. */
struct error *storage_compact(struct storage *, const struct database *,
                              const char *comment) WARN_UNUSED;
/* The same in the background: a copy of the program writes the new file, to
 * which what is written meanwhile is added at the end.  Calls 'done(error,
 * arg)', which takes 'error', once, from 'loop' or at once; not if the storage
 * is closed before.  Must not be called while it is being done. */
void storage_compact_in_background(struct storage *, const struct database *,
                                   const char *comment, struct loop *,
                                   void (*done)(struct error *, void *arg),
                                   void *arg);
/* Compacts in the foreground always, if 'enable' is false. */
void storage_set_background(bool enable);
bool storage_is_compacting(const struct storage *);
/* Whether compaction would pay off now. */
bool storage_wants_compaction(const struct storage *);
/* Writes records without differences, as versions before 2.17 read them, if
 * 'enable' is false. */
void storage_set_column_diffs(bool enable);

/* Reads just the schema of a standalone file. */
struct error *storage_read_schema(const char *name,
                                  struct schema **) WARN_UNUSED;
