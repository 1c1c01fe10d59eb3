/* Names of rows that do not exist yet. */

#include "db/data/symbol.h"

#include <stdlib.h>

#include "base/mem.h"

struct symbol_table *
symbol_table_create(void)
{
    struct symbol_table *table = xmalloc(sizeof *table);
    strmap_init(&table->symbols);
    return table;
}

void
symbol_table_destroy(struct symbol_table *table)
{
    if (table) {
        strmap_uninit_free(&table->symbols);
        free(table);
    }
}

struct symbol *
symbol_find(const struct symbol_table *table, const char *name)
{
    return strmap_get(&table->symbols, name);
}

struct symbol *
symbol_get(struct symbol_table *table, const char *name)
{
    struct symbol *symbol = symbol_find(table, name);
    if (!symbol) {
        symbol = xzalloc(sizeof *symbol);
        symbol->uuid = uuid_random();
        strmap_add(&table->symbols, name, symbol);
    }
    return symbol;
}
