/* Tables as output of tools: aligned text, lists, HTML, CSV (RFC 4180),
 * JSON; and the command-line options that choose among these. */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"
#include "base/vec.h"
#include "db/data/datum.h"
#include "sys/process/options.h"

enum text_table_format {
    TABLE_TEXT,
    TABLE_LIST,
    TABLE_HTML,
    TABLE_CSV,
    TABLE_JSON,
};

/* How values in cells are printed. */
enum text_table_data {
    TABLE_DATA_STRING,
    TABLE_DATA_BARE,
    TABLE_DATA_JSON,
};

struct text_table_style {
    enum text_table_format format;
    enum text_table_data data;
    bool headings;
    bool pretty;             /* JSON of more than a line. */
    size_t max_column_width; /* 0: no limit. */
    bool default_format;     /* No option chose the format. */
};

/* A cell: text, or a datum. */
struct text_table_cell {
    char *text; /* Owned; NULL if it is a datum. */
    struct datum datum;
    const struct type *type; /* Borrowed. */
};

struct text_table {
    struct text_table_cell *cells; /* Row by row. */
    size_t n_cells;
    size_t cells_capacity;
    struct str_vec headings; /* One per column. */
    char *caption;           /* NULL if none. */
    bool timestamp;          /* Say when it was printed. */
};

void text_table_init(struct text_table *);
void text_table_uninit(struct text_table *);
void text_table_set_caption(struct text_table *, const char *);
void text_table_set_timestamp(struct text_table *, bool);
/* Columns come before cells. */
void text_table_add_heading(struct text_table *, const char *);
/* The next cell; rows fill from left to right. */
void text_table_add_text(struct text_table *, const char *);
/* 'type' must outlive the table. */
void text_table_add_datum(struct text_table *, const struct datum *,
                          const struct type *type);
/* Appends the table.  '*anyp' (false at first) remembers between calls that a
 * blank line must come first. */
void text_table_put(const struct text_table *, const struct text_table_style *,
                    bool *anyp, struct str *);
/* Appends a datum as a cell. */
void text_table_put_datum(struct str *, const struct datum *,
                          const struct type *, enum text_table_data);

/* -f -d --no-headings --pretty --bare --max-column-width; 'arg' of the group
 * is the struct text_table_style. */
extern const struct option_spec text_table_options[];
extern const size_t text_table_n_options;
struct error *text_table_option(int id, const char *argument,
                                void *style) WARN_UNUSED;
void text_table_print_help(void);
