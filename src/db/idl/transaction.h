/* Transactions: changes of the database, sent as one: RFC 7047 §4.1.3.
 *
 *     struct idl_txn *txn = idl_txn_create(idl);
 *     struct idl_row *row = idl_txn_insert(txn, VSWITCH_TABLE_BRIDGE, NULL);
 *     idl_txn_write(row, column, &datum);
 *     status = idl_txn_commit(txn);     IDL_TXN_INCOMPLETE: the observer's
 *     ...                               transaction_done() says when to look
 *     idl_txn_destroy(txn);
 *
 * One transaction can be open at a time; reads of rows see what it wrote.
 * Nothing is changed in the replica itself before the server says so. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "db/data/schema.h"
#include "db/idl/idl.h"

struct idl_txn;

enum idl_txn_status {
    IDL_TXN_UNCOMMITTED, /* Not committed yet. */
    IDL_TXN_UNCHANGED,   /* It changed nothing. */
    IDL_TXN_INCOMPLETE,  /* Waiting for the server. */
    IDL_TXN_ABORTED,     /* By idl_txn_abort(). */
    IDL_TXN_SUCCESS,
    IDL_TXN_TRY_AGAIN,  /* What it verified changed; or the connection did. */
    IDL_TXN_NOT_LOCKED, /* The lock was not held. */
    IDL_TXN_ERROR,      /* idl_txn_error() says what. */
};

const char *idl_txn_status_name(enum idl_txn_status);

struct idl_txn *idl_txn_create(struct idl *);
/* NULL is legal. */
void idl_txn_destroy(struct idl_txn *);
/* The one open in 'idl', or NULL. */
struct idl_txn *idl_txn_get(const struct idl *);
void idl_txn_add_comment(struct idl_txn *, const char *);
/* What others did since the transaction began may be why the server finds an
 * error in it: then TRY_AGAIN takes the place of ERROR. */
void idl_txn_set_optimistic(struct idl_txn *);
/* The server checks the transaction and changes nothing: IDL_TXN_UNCHANGED. */
void idl_txn_set_dry_run(struct idl_txn *);
/* After the commit, '*row's column is one more: see
 * idl_txn_increment_value().  If 'force', also if nothing else changed. */
void idl_txn_increment(struct idl_txn *, const struct idl_row *,
                       const struct column *, bool force);

/* The transaction fails with TRY_AGAIN unless the column is what it is in the
 * replica. */
void idl_txn_verify(const struct idl_row *, const struct column *);
/* Takes 'datum', leaving it empty. */
void idl_txn_write(struct idl_row *, const struct column *,
                   struct datum *datum);
/* Adds to, or removes from, a set or map at the server, whatever else is in
 * it then; TRY_AGAIN if the row is gone.  Takes 'datum'.  Of maps, keys that are there keep their values; for
 * removing, 'datum' is a set of keys. */
void idl_txn_add_elements(struct idl_row *, const struct column *,
                          struct datum *datum);
void idl_txn_remove_keys(struct idl_row *, const struct column *,
                         struct datum *keys);
/* 'uuid': NULL, or the UUID that references already use for it.  With
 * 'persist' the server is to use that one too. */
struct idl_row *idl_txn_insert(struct idl_txn *, size_t table,
                               const struct uuid *uuid, bool persist);
/* For this transaction the row is gone.  In tables that are not roots, the
 * server keeps it as long as another row refers to it. */
void idl_txn_delete(struct idl_row *);
/* Counts how often transactions wrote the column, or for COLUMN_UUID, inserted
 * and deleted rows: what was read is as it was while this is. */
uint64_t idl_txn_n_edits(const struct idl *, size_t table,
                         size_t column_index);

/* Sends; asks for nothing further. */
enum idl_txn_status idl_txn_commit(struct idl_txn *);
/* Runs the loop until the status is known. */
enum idl_txn_status idl_txn_commit_block(struct idl_txn *);
void idl_txn_abort(struct idl_txn *);
enum idl_txn_status idl_txn_status(const struct idl_txn *);
/* Text of the error. */
const char *idl_txn_error(const struct idl_txn *);
/* The column incremented, after success. */
int64_t idl_txn_increment_value(const struct idl_txn *);
/* The UUID that the server gave to the row inserted as 'uuid', after success;
 * NULL if there is none. */
const struct uuid *idl_txn_insert_uuid(const struct idl_txn *,
                                       const struct uuid *uuid);
