/* Names of rows that do not exist yet: "named-uuid" of RFC 7047 §5.1 and
 * "@name" of ovs-vsctl(8). */

#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/strmap.h"
#include "base/uuid.h"

struct symbol {
    struct uuid uuid; /* Of the row, chosen when the symbol is first used. */
    bool created;     /* A row of this name is inserted. */
    bool strong_ref;  /* A strong reference to it was parsed. */
    bool weak_ref;    /* A weak reference to it was parsed. */
};

struct symbol_table {
    struct strmap symbols; /* Name to struct symbol, owned. */
};

struct symbol_table *symbol_table_create(void);
/* NULL is legal. */
void symbol_table_destroy(struct symbol_table *);
struct symbol *symbol_find(const struct symbol_table *, const char *name);
/* The symbol 'name', added with a random UUID if it is not there. */
struct symbol *symbol_get(struct symbol_table *, const char *name);
