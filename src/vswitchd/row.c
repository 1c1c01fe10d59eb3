/* Reading and writing columns. */

#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/scan.h"
#include "vswitchd/vswitchd_private.h"

static const struct column *
find_column(const struct idl_row *row, size_t column)
{
    return idl_row_table(row)->columns[COLUMN_N_STD + column];
}

void
row_write(struct idl_row *row, size_t column_index, struct datum *datum)
{
    const struct column *column = find_column(row, column_index);
    if (datum_equal(idl_read(row, column), datum, &column->type)) {
        datum_uninit(datum, &column->type);
    } else {
        idl_txn_write(row, column, datum);
    }
}

void
row_write_string(struct idl_row *row, size_t column, const char *text)
{
    struct datum datum = DATUM_INITIALIZER;
    if (text) {
        datum_init_string(&datum, text);
    }
    row_write(row, column, &datum);
}

void
row_write_integer(struct idl_row *row, size_t column, const int64_t *value)
{
    struct datum datum = DATUM_INITIALIZER;
    if (value) {
        datum_init_integer(&datum, *value);
    }
    row_write(row, column, &datum);
}

void
row_write_boolean(struct idl_row *row, size_t column, bool value)
{
    struct datum datum;
    datum_init_boolean(&datum, value);
    row_write(row, column, &datum);
}

void
row_write_map(struct idl_row *row, size_t column, const struct strmap *map)
{
    const struct type *type = &find_column(row, column)->type;
    struct datum datum = DATUM_INITIALIZER;
    const struct strmap_node *node;
    STRMAP_FOR_EACH (node, map) {
        union atom key = atom_from_string(node->name);
        if (type_is_map(type)) {
            union atom value = atom_from_string(node->data);
            datum_add_take(&datum, &key, &value, type);
        } else {
            datum_add_take(&datum, &key, NULL, type);
        }
    }
    datum_sort_unique(&datum, type);
    row_write(row, column, &datum);
}

const char *
row_get(const struct datum *map, const char *key, const char *fallback)
{
    const char *value = datum_get_string(map, key);
    return value ? value : fallback;
}

int64_t
row_get_integer(const struct datum *map, const char *key, int64_t fallback)
{
    const char *text = datum_get_string(map, key);
    int64_t value;
    return text && scan_i64(text, 10, &value) ? value : fallback;
}

bool
row_get_boolean(const struct datum *map, const char *key, bool fallback)
{
    const char *text = datum_get_string(map, key);
    return text ? !strcmp(text, fallback ? "false" : "true") ? !fallback
                                                             : fallback
                : fallback;
}

unsigned long *
row_vlans(const struct datum *set)
{
    if (!set->n) {
        return NULL;
    }
    unsigned long *vlans = bitmap_create(4096);
    for (size_t i = 0; i < set->n; i++) {
        if (set->keys[i].integer >= 0 && set->keys[i].integer < 4096) {
            bitmap_set1(vlans, (size_t) set->keys[i].integer);
        }
    }
    return vlans;
}

void
row_get_map(const struct datum *map, struct strmap *strings)
{
    strmap_init(strings);
    for (size_t i = 0; i < map->n; i++) {
        strmap_add(strings, atom_text(&map->keys[i]),
                   xstrdup(atom_text(&map->values[i])));
    }
}
