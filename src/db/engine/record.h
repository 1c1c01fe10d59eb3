/* Transactions as records of the database file: ovsdb(5).
 *
 *     {"TABLE": {"UUID": {"COLUMN": VALUE...} | null...}...,
 *      "_date": MS, "_comment": TEXT, "_is_diff": true}
 *
 * In records with "_is_diff", values of rows that exist already are
 * differences.  Ephemeral columns and defaults of new rows are left out. */

#pragma once

#include "db/engine/transaction.h"
#include "rpc/json/json.h"

/* Appends the record of a checked transaction; false if there is nothing to
 * keep.  'date_ms' is the wall time; 'is_diff' selects the form. */
bool record_put_transaction(struct str *, const struct transaction *,
                            long long date_ms, bool is_diff) WARN_UNUSED;
/* Appends the record that makes the whole content from an empty database;
 * 'comment' may be NULL. */
void record_put_database(struct str *, const struct database *,
                         long long date_ms, const char *comment);
/* Applies a record and commits it. */
struct db_error *record_replay(struct database *,
                               const struct json *record) WARN_UNUSED;
/* The same from the record's text, faster.  False if that changed nothing,
 * because the record is wrong or unusual: record_replay() tells. */
bool record_replay_text(struct database *, const char *text,
                        size_t size) WARN_UNUSED;
