/* Rows by the names of columns. */

#include "db/ctl/ctl_private.h"

static const struct column *
column_of(const struct idl_row *row, const char *name)
{
    const struct column *column =
        table_schema_find_column(idl_row_table(row), name);
    assert(column);
    return column;
}

const struct column *
ctl_column(const struct ctl_context *c, size_t table, const char *name)
{
    return table_schema_find_column(idl_schema(c->idl)->tables[table], name);
}

const struct datum *
ctl_read(const struct idl_row *row, const char *column)
{
    return idl_read(row, column_of(row, column));
}

const char *
ctl_read_string(const struct idl_row *row, const char *column)
{
    const struct datum *d = ctl_read(row, column);
    return d->n ? atom_text(&d->keys[0]) : "";
}

int64_t
ctl_read_integer(const struct idl_row *row, const char *column,
                 int64_t otherwise)
{
    const struct datum *d = ctl_read(row, column);
    return d->n ? d->keys[0].integer : otherwise;
}

bool
ctl_read_boolean(const struct idl_row *row, const char *column)
{
    const struct datum *d = ctl_read(row, column);
    return d->n && d->keys[0].boolean;
}

struct idl_row *
ctl_read_row(const struct idl_row *row, const char *name, size_t i)
{
    const struct column *column = column_of(row, name);
    const struct datum *d = idl_read(row, column);
    bool map = type_is_map(&column->type);
    const struct base_type *base =
        map ? &column->type.value : &column->type.key;
    const union atom *refs = map ? d->values : d->keys;
    return i < d->n ? idl_find(idl_row_idl(row), base->uuid.ref_table->index,
                               &refs[i].uuid)
                    : NULL;
}

void
ctl_write(struct idl_row *row, const char *column, struct datum *d)
{
    idl_txn_write(row, column_of(row, column), d);
}

void
ctl_write_string(struct idl_row *row, const char *column, const char *text)
{
    struct datum d;
    datum_init_string(&d, text);
    ctl_write(row, column, &d);
}

void
ctl_write_integer(struct idl_row *row, const char *column, int64_t value)
{
    struct datum d;
    datum_init_integer(&d, value);
    ctl_write(row, column, &d);
}

void
ctl_write_boolean(struct idl_row *row, const char *column, bool value)
{
    struct datum d;
    datum_init_boolean(&d, value);
    ctl_write(row, column, &d);
}

void
ctl_clear(struct idl_row *row, const char *column)
{
    struct datum d = DATUM_INITIALIZER;
    ctl_write(row, column, &d);
}

void
ctl_add_ref(struct idl_row *row, const char *name, const struct idl_row *to)
{
    const struct column *column = column_of(row, name);
    const struct datum *old = idl_read(row, column);
    struct datum d;
    datum_init_uuid(&d, &to->uuid);
    if (old->n && uuid_is_zero(&old->keys[0].uuid)) {
        /* The default value of a column that may not be empty. */
        idl_txn_write(row, column, &d);
    } else {
        idl_txn_add_elements(row, column, &d);
    }
}

void
ctl_remove_ref(struct idl_row *row, const char *name, const struct idl_row *to)
{
    const struct column *column = column_of(row, name);
    struct datum d;
    datum_init_uuid(&d, &to->uuid);
    idl_txn_remove_keys(row, column, &d);
}

void
ctl_verify(const struct idl_row *row, const char *column)
{
    idl_txn_verify(row, column_of(row, column));
}
