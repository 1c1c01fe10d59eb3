/* The latest transactions of a database, so that a client that comes back
 * with monitor_cond_since gets only what it missed: ovsdb-server(7) §4.1.15.
 *
 * A transaction is remembered by what was there before it: the values of what
 * it changed, and rows that it deleted.  What is there now needs no second
 * copy. */

#pragma once

#include "db/engine/transaction.h"

struct history;

/* 'id' is that of the content there is; zero: a new one. */
struct history *history_create(const struct uuid *id);
/* NULL is legal. */
void history_destroy(struct history *);
/* Remembers a checked transaction under 'id', zero: a new ID.  Forgets the
 * oldest, so that there are at most HISTORY_MAX, which together are no larger
 * than the database. */
void history_add(struct history *, const struct transaction *,
                 const struct uuid *id);
/* ID of the latest transaction; before the first, of the content then. */
const struct uuid *history_last_id(const struct history *);

/* All changes after the transaction 'id', as one: of each row what it was
 * then, if it is another now.  False if 'id' is not remembered.  The changes
 * are for history_changes_uninit(), before anything is committed. */
struct history_changes {
    VEC(struct row_change *) all;
};

bool history_since(const struct history *, const struct uuid *id,
                   struct history_changes *);
void history_changes_uninit(struct history_changes *);
