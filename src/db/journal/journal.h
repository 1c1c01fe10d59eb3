/* An append-only file of checksummed JSON records: the file format of ovsdb(5).
 *
 * Each record is a line "OVSDB MAGIC LENGTH SHA1" and LENGTH bytes of JSON,
 * the newline after it included, whose SHA-1 is SHA1.  MAGIC is "JSON" in
 * standalone databases and "CLUSTER" in clustered ones.
 *
 * Errors are complete texts: "I/O error: FILE: ...". */

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/error.h"
#include "rpc/json/json.h"

#define JOURNAL_MAGIC_STANDALONE "JSON"
#define JOURNAL_MAGIC_CLUSTER    "CLUSTER"

enum journal_mode {
    JOURNAL_READ,   /* An existing file, not locked. */
    JOURNAL_WRITE,  /* An existing file, locked while it is open. */
    JOURNAL_CREATE, /* A new standalone file, locked while it is open. */
};

struct journal;

struct error *journal_open(const char *name, enum journal_mode,
                           struct journal **) WARN_UNUSED;
/* NULL is legal. */
void journal_close(struct journal *);
const char *journal_name(const struct journal *);
/* JOURNAL_MAGIC_STANDALONE or JOURNAL_MAGIC_CLUSTER. */
const char *journal_magic(const struct journal *);

/* Reads the next record; '*jsonp', owned by the caller, is NULL at the end of
 * the file.  After an error, the position is the end of the last whole
 * record. */
struct error *journal_read(struct journal *, struct json **jsonp) WARN_UNUSED;
/* The same as text, NULL at the end; borrowed until the next call. */
struct error *journal_read_text(struct journal *, const char **textp,
                                size_t *sizep) WARN_UNUSED;
/* The value of the text read last.  After an error, the position is before
 * that record. */
struct error *journal_parse(struct journal *, struct json **) WARN_UNUSED;
/* Takes back the record that was read last. */
void journal_unread(struct journal *);
/* Bytes up to the end of the last record read or written. */
off_t journal_offset(const struct journal *);
/* Bytes of the file now. */
off_t journal_size(const struct journal *);
/* Cuts the file after the last record read or written. */
struct error *journal_truncate(struct journal *) WARN_UNUSED;
/* Copies what comes after that record into the new file "NAME.damaged-OFFSET"
 * (or "NAME.damaged-OFFSET.2" and so on, if there is one), if there are
 * records in it; '*savedp', which the caller frees, is its name then, else
 * NULL. */
struct error *journal_save_rest(const struct journal *,
                                char **savedp) WARN_UNUSED;

/* Appends a record after the last one read or written. */
struct error *journal_write(struct journal *, const struct json *) WARN_UNUSED;
/* The same with the JSON text already printed, without newline. */
struct error *journal_write_text(struct journal *, const char *text,
                                 size_t len) WARN_UNUSED;
/* Makes everything written so far survive a crash of the machine. */
struct error *journal_commit(struct journal *) WARN_UNUSED;
/* The same for the name of a new file. */
struct error *journal_commit_name(struct journal *) WARN_UNUSED;

/* Replacement of the whole content.  start() creates "NAME.tmp", whose
 * journal is '*newp'; after its records are written, finish() makes it
 * durable and puts it in the place of 'journal''s file at once: at every
 * moment, the name leads to either all old or all new records.  'newp'
 * becomes unusable; 'journal' continues after the last record. */
struct error *journal_replace_start(struct journal *,
                                    struct journal **newp) WARN_UNUSED;
struct error *journal_replace_finish(struct journal *,
                                     struct journal *new_) WARN_UNUSED;
void journal_replace_abort(struct journal *new_);
/* Lets 'new_' go on after what another process wrote into its file, and
 * appends the bytes of 'old' from 'offset' on: records that came meanwhile. */
struct error *journal_replace_catch_up(struct journal *old, off_t offset,
                                       struct journal *new_) WARN_UNUSED;
/* The descriptor of the file, borrowed. */
int journal_fd(const struct journal *);
