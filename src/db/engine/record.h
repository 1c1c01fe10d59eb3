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

/* The record of a checked transaction; NULL if there is nothing to keep.
 * 'date_ms' is the wall time; 'is_diff' selects the form. */
struct json *record_from_transaction(const struct transaction *,
                                     long long date_ms,
                                     bool is_diff) WARN_UNUSED;
/* The record that makes the whole content from an empty database. */
struct json *record_from_database(const struct database *, long long date_ms,
                                  const char *comment) WARN_UNUSED;
/* Applies a record and commits it. */
struct db_error *record_replay(struct database *,
                               const struct json *record) WARN_UNUSED;
