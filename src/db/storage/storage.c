/* Standalone storage over the journal. */

#include "db/storage/storage.h"

#include <string.h>
#include <sys/epoll.h>

#include "base/mem.h"
#include "db/engine/record.h"
#include "db/journal/journal.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"
#include "sys/process/child.h"

LOG_MODULE(ovsdb_file);

enum {
    /* Automatic compaction: not so soon after the last one ... */
    COMPACT_MIN_MS = 10 * 60 * 1000,
    COMPACT_MAX_MS = 24 * 60 * 60 * 1000, /* ... but then in any case, */
    COMPACT_RECORDS = 100,                /* after so many records, */
    COMPACT_SIZE = 10 * 1024 * 1024,      /* of files of this size. */
    RECORD_KEEP = 1024 * 1024, /* Largest buffer that is kept for later. */
};

/* Compaction by a copy of the program. */
struct background {
    /* What the copy needs. */
    const struct database *db;
    const char *comment;
    long long date_ms;

    /* Of the program itself. */
    struct journal *new_;
    off_t offset; /* Of the old journal, when it began. */
    pid_t pid;
    int fd; /* Readable when the copy is done. */
    struct loop_fd watch;
    void (*done)(struct error *, void *arg);
    void *arg;
};

struct storage {
    struct journal *journal;       /* NULL: volatile. */
    off_t base_size;               /* File size after the last compaction. */
    unsigned int n_records;        /* Written since. */
    long long last_compacted;      /* Monotonic time in ms. */
    struct str record;             /* Text being written. */
    struct background *background; /* Compaction going on, or NULL. */
};

static bool column_diffs = true;
static bool background_enabled = true;

void
storage_set_background(bool enable)
{
    background_enabled = enable;
}

void
storage_set_column_diffs(bool enable)
{
    column_diffs = enable;
}

static struct error *
read_schema(struct journal *journal, struct schema **schemap)
{
    *schemap = NULL;
    if (!strcmp(journal_magic(journal), JOURNAL_MAGIC_CLUSTER)) {
        return error_create("ovsdb error: %s: cannot apply this operation to "
                            "clustered database file",
                            journal_name(journal));
    }
    struct json *json;
    struct error *error = journal_read(journal, &json);
    if (error) {
        return error;
    }
    if (!json) {
        return error_create("I/O error: %s: database file contains no schema",
                            journal_name(journal));
    }
    struct db_error *db_error = schema_from_json(schemap, json);
    json_unref(json);
    return db_error ? db_error_to_error(db_error) : NULL;
}

struct error *
storage_read_schema(const char *name, struct schema **schemap)
{
    struct journal *journal;
    *schemap = NULL;
    struct error *error = journal_open(name, JOURNAL_READ, &journal);
    if (!error) {
        error = read_schema(journal, schemap);
        journal_close(journal);
    }
    return error;
}

/* Applies the record that was read last, 'text'. */
static struct error *
load_record(struct storage *s, struct database *db, const char *text,
            size_t size)
{
    if (record_replay_text(db, text, size)) {
        return NULL;
    }
    struct json *record;
    struct error *error = journal_parse(s->journal, &record);
    if (error) {
        return error;
    }
    struct db_error *db_error = record_replay(db, record);
    json_unref(record);
    if (db_error) {
        journal_unread(s->journal);
        return db_error_to_error(db_error);
    }
    return NULL;
}

/* Applies the records of the file.  What follows the last good one is left
 * out, and said so. */
static struct error *
load_records(struct storage *s, struct database *db)
{
    const char *text;
    size_t size;
    struct error *error;
    while (!(error = journal_read_text(s->journal, &text, &size)) && text
           && !(error = load_record(s, db, text, size))) {
        s->n_records++;
    }
    if (error) {
        /* A torn or damaged tail must not keep the rest from being used. */
        log_err("%s", error_text(error));
        log_err("%s: using the %u records before offset %lld, ignoring the "
                "%lld bytes after it",
                journal_name(s->journal), s->n_records,
                (long long) journal_offset(s->journal),
                (long long) (journal_size(s->journal)
                             - journal_offset(s->journal)));
        error_destroy(error);
    }
    return NULL;
}

/* Cuts off what could not be used.  Where it is more than the record that was
 * being written, somebody may want to look at it. */
static struct error *
cut_rest(struct journal *journal)
{
    CLEANUP(free_ptr) char *saved = NULL;
    struct error *error = journal_save_rest(journal, &saved);
    if (!error && saved) {
        log_err("%s: there are records after the damaged one: they are kept "
                "in %s",
                journal_name(journal), saved);
    }
    return error ? error : journal_truncate(journal);
}

struct error *
storage_open(const char *name, enum storage_mode mode,
             struct storage **storagep, struct database **dbp)
{
    struct storage *s = xzalloc(sizeof *s);
    struct schema *schema = NULL;
    *storagep = NULL;
    *dbp = NULL;
    struct error *error =
        journal_open(name, mode == STORAGE_READ ? JOURNAL_READ : JOURNAL_WRITE,
                     &s->journal);
    if (!error) {
        error = read_schema(s->journal, &schema);
    }
    struct database *db = NULL;
    if (!error) {
        s->base_size = journal_offset(s->journal);
        db = database_create(schema);
        error = load_records(s, db);
    }
    if (!error && mode == STORAGE_WRITE
        && journal_size(s->journal) > journal_offset(s->journal)) {
        error = cut_rest(s->journal);
    }
    if (error) {
        database_destroy(db);
        storage_close(s);
        return error;
    }
    s->last_compacted = clock_msec();
    *storagep = s;
    *dbp = db;
    return NULL;
}

struct storage *
storage_create_volatile(void)
{
    return xzalloc(sizeof(struct storage));
}

struct error *
storage_create_file(const char *name, const struct schema *schema)
{
    struct journal *journal;
    struct error *error = journal_open(name, JOURNAL_CREATE, &journal);
    if (error) {
        return error;
    }
    struct json *json = schema_to_json(schema);
    error = journal_write(journal, json);
    json_unref(json);
    if (!error) {
        error = journal_commit(journal);
    }
    if (!error) {
        error = journal_commit_name(journal);
    }
    journal_close(journal);
    return error;
}

/* Stops the copy, if there is one, and drops its file. */
static void
cancel_background(struct storage *s)
{
    struct background *b = s->background;
    if (b) {
        loop_fd_remove(&b->watch);
        child_copy_cancel(b->pid, b->fd);
        journal_replace_abort(b->new_);
    }
}

void
storage_close(struct storage *s)
{
    if (s) {
        cancel_background(s);
        free(s->background);
        journal_close(s->journal);
        str_uninit(&s->record);
        free(s);
    }
}

const char *
storage_name(const struct storage *s)
{
    return s->journal ? journal_name(s->journal) : NULL;
}

off_t
storage_size(const struct storage *s)
{
    return s->journal ? journal_offset(s->journal) : 0;
}

const char *
storage_model(const struct storage *s UNUSED)
{
    return "standalone";
}

struct error *
storage_write(struct storage *s, const struct transaction *txn,
              bool is_durable)
{
    if (!s->journal) {
        return NULL;
    }
    str_clear(&s->record);
    if (!record_put_transaction(&s->record, txn, clock_wall_msec(),
                                column_diffs)) {
        return NULL;
    }
    struct error *error =
        journal_write_text(s->journal, str_text(&s->record), s->record.len);
    if (s->record.capacity > RECORD_KEEP) {
        str_uninit(&s->record);
    }
    if (!error) {
        s->n_records++;
        if (is_durable) {
            error = journal_commit(s->journal);
        }
    }
    return error;
}

/* --- Compaction -------------------------------------------------------- */

/* Writes the content of a database into a new journal. */
static struct error *
write_content(struct journal *new_, const struct database *db,
              const char *comment, long long date_ms)
{
    struct json *schema = schema_to_json(db->schema);
    struct error *error = journal_write(new_, schema);
    json_unref(schema);
    if (!error) {
        struct str record = STR_INITIALIZER;
        record_put_database(&record, db, date_ms, comment);
        error = journal_write_text(new_, str_text(&record), record.len);
        str_uninit(&record);
    }
    return error;
}

/* Puts 'new_' in the place of the journal, or drops it. */
static struct error *
replace_journal(struct storage *s, struct journal *new_, struct error *error)
{
    if (error) {
        journal_replace_abort(new_);
        return error;
    }
    error = journal_replace_finish(s->journal, new_);
    if (!error) {
        s->base_size = journal_offset(s->journal);
        s->n_records = 0;
        s->last_compacted = clock_msec();
    }
    return error;
}

/* Ends what happens in the background, with or without success. */
static void
end_background(struct storage *s, struct error *error)
{
    struct background *b = steal_ptr(&s->background);
    b->done(error, b->arg);
    free(b);
}

struct error *
storage_compact(struct storage *s, const struct database *db,
                const char *comment)
{
    if (!s->journal) {
        return NULL;
    }
    cancel_background(s);
    struct journal *new_;
    struct error *error = journal_replace_start(s->journal, &new_);
    if (!error) {
        error = replace_journal(
            s, new_, write_content(new_, db, comment, clock_wall_msec()));
    }
    if (s->background) {
        end_background(s, NULL);
    }
    return error;
}

/* In the copy of the program. */
static struct error *
write_in_copy(void *b_)
{
    const struct background *b = b_;
    struct error *error =
        write_content(b->new_, b->db, b->comment, b->date_ms);
    return error ? error : journal_commit(b->new_);
}

static void
copy_is_done(void *s_, uint32_t events UNUSED)
{
    struct storage *s = s_;
    struct background *b = s->background;
    loop_fd_remove(&b->watch);
    struct error *error = child_copy_finish(b->pid, b->fd);
    if (!error) {
        error = journal_replace_catch_up(s->journal, b->offset, b->new_);
    }
    end_background(s, replace_journal(s, b->new_, error));
}

void
storage_compact_in_background(struct storage *s, const struct database *db,
                              const char *comment, struct loop *loop,
                              void (*done)(struct error *, void *arg),
                              void *arg)
{
    assert(!s->background);
    if (!s->journal || !background_enabled) {
        done(storage_compact(s, db, comment), arg);
        return;
    }
    struct journal *new_;
    struct error *error = journal_replace_start(s->journal, &new_);
    if (error) {
        done(error, arg);
        return;
    }
    struct background *b = xzalloc(sizeof *b);
    *b = (struct background){
        .db = db,
        .comment = comment,
        .date_ms = clock_wall_msec(),
        .new_ = new_,
        .offset = journal_offset(s->journal),
        .done = done,
        .arg = arg,
    };
    error =
        child_copy_start(write_in_copy, b, journal_fd(new_), &b->pid, &b->fd);
    if (error) {
        /* Then in the foreground. */
        log_warn("%s: compacting in the foreground: %s", storage_name(s),
                 error_text(error));
        error_destroy(error);
        journal_replace_abort(new_);
        free(b);
        done(storage_compact(s, db, comment), arg);
        return;
    }
    loop_fd_add(loop, &b->watch, b->fd, EPOLLIN, copy_is_done, s);
    s->background = b;
}

bool
storage_is_compacting(const struct storage *s)
{
    return s->background != NULL;
}

bool
storage_wants_compaction(const struct storage *s)
{
    if (!s->journal || !s->n_records || s->background) {
        return false;
    }
    long long elapsed = clock_msec() - s->last_compacted;
    off_t size = journal_offset(s->journal);
    return elapsed >= COMPACT_MAX_MS
           || (elapsed >= COMPACT_MIN_MS && s->n_records >= COMPACT_RECORDS
               && size >= COMPACT_SIZE && size >= 2 * s->base_size);
}
