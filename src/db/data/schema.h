/* Database schemas: RFC 7047 §3.2. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/strmap.h"
#include "db/data/datum.h"
#include "db/data/db_error.h"
#include "db/data/type.h"
#include "rpc/json/json.h"

/* Indexes of the columns that every table has. */
enum {
    COLUMN_UUID,    /* _uuid */
    COLUMN_VERSION, /* _version */
    COLUMN_N_STD,
};

struct column {
    size_t index; /* In 'columns' of its table. */
    char *name;
    struct type type;
    struct datum initial; /* The default value: rows share it. */
    bool mutable;         /* RFC 7047: "mutable"; default true. */
    bool persistent;      /* Not "ephemeral". */
};

/* A set of columns whose values no two rows may share. */
struct table_index {
    const struct column **columns;
    size_t n;
};

struct table_schema {
    char *name;
    size_t index; /* In 'tables' of its schema. */
    bool mutable; /* Some column is. */
    bool is_root;
    uint32_t max_rows; /* UINT32_MAX if not limited. */
    /* _uuid, _version, then the rest sorted by name; owned. */
    struct column **columns;
    size_t n_columns;
    struct table_index *indexes;
    size_t n_indexes;
    struct strmap by_name; /* Column name to struct column. */
};

struct schema {
    char *name;
    char *version;                /* "x.y.z", or "" if it has none. */
    char *cksum;                  /* "" if it has none. */
    struct table_schema **tables; /* Sorted by name; owned. */
    size_t n_tables;
    struct strmap by_name; /* Table name to struct table_schema. */
};

/* A schema as data of C, for programs that know theirs: made from its source
 * by tools/schema_compile.py, much faster to take in than JSON. */
struct base_desc {
    enum atom_type type;
    const char *ref_table; /* NULL if not a reference. */
    bool is_weak;
};

struct column_desc {
    const char *name;
    struct base_desc key, value;
    uint32_t n_min, n_max;
    const char *type; /* JSON, of types with constraints; else NULL. */
    bool is_fixed;    /* "mutable": false. */
    bool is_ephemeral;
};

struct table_desc {
    const char *name;
    bool is_root;
    uint32_t max_rows;                 /* 0: any number. */
    const char *indexes;               /* JSON, or NULL. */
    const struct column_desc *columns; /* Sorted by name. */
    size_t n_columns;
};

struct schema_desc {
    const char *name, *version, *cksum;
    const struct table_desc *tables; /* Sorted by name. */
    size_t n_tables;
};

struct schema *schema_from_desc(const struct schema_desc *) WARN_UNUSED;
/* Parses and checks, references between tables included. */
struct db_error *schema_from_json(struct schema **,
                                  const struct json *) WARN_UNUSED;
/* From the text of the file 'name'. */
struct db_error *schema_from_file(struct schema **,
                                  const char *name) WARN_UNUSED;
/* NULL is legal. */
void schema_destroy(struct schema *);
struct schema *schema_clone(const struct schema *) WARN_UNUSED;
/* As it is written into databases and sent to clients. */
struct json *schema_to_json(const struct schema *) WARN_UNUSED;
bool schema_equal(const struct schema *, const struct schema *);
/* NULL if there is none. */
struct table_schema *schema_find_table(const struct schema *,
                                       const char *name);
/* x.y.z of digits. */
bool schema_version_is_valid(const char *);

/* NULL if there is none. */
const struct column *table_schema_find_column(const struct table_schema *,
                                              const char *name);
const struct column *table_schema_find_column_n(const struct table_schema *,
                                                const char *name, size_t len);
struct json *table_schema_to_json(const struct table_schema *,
                                  bool default_is_root) WARN_UNUSED;
struct json *column_to_json(const struct column *) WARN_UNUSED;

/* A set of columns of one table. */
struct column_set {
    const struct column **columns;
    size_t n;
    size_t capacity;
};

#define COLUMN_SET_INITIALIZER \
    {                          \
        NULL, 0, 0             \
    }

void column_set_uninit(struct column_set *);
void column_set_clone(struct column_set *, const struct column_set *);
/* Adds 'column' unless it is there. */
void column_set_add(struct column_set *, const struct column *);
void column_set_add_all(struct column_set *, const struct table_schema *);
bool column_set_contains(const struct column_set *, size_t column_index);
bool column_set_equal(const struct column_set *, const struct column_set *);
/* An array of names; NULL means every column but _version. */
struct db_error *column_set_from_json(struct column_set *,
                                      const struct table_schema *,
                                      const struct json *) WARN_UNUSED;
struct json *column_set_to_json(const struct column_set *) WARN_UNUSED;
