/* "memory/show": items from all providers, added up. */

#include "sys/process/memory_report.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "base/vec.h"

struct memory_report {
    struct strmap items; /* Of unsigned long long, owned. */
};

struct provider {
    memory_report_provider *function;
    void *arg;
};

static VEC(struct provider) providers;

void
memory_report_add(struct memory_report *report, const char *name,
                  unsigned long long count)
{
    unsigned long long *total = strmap_get(&report->items, name);
    if (!total) {
        total = xzalloc(sizeof *total);
        strmap_add(&report->items, name, total);
    }
    *total += count;
}

void
memory_report_register(memory_report_provider *function, void *arg)
{
    struct provider provider = { function, arg };
    vec_push(&providers, provider);
}

void
memory_report_unregister(memory_report_provider *function, void *arg)
{
    for (size_t i = 0; i < providers.n; i++) {
        if (providers.items[i].function == function
            && providers.items[i].arg == arg) {
            vec_remove(&providers, i);
            return;
        }
    }
}

void
memory_report_put(struct str *s)
{
    struct memory_report report;
    strmap_init(&report.items);
    for (size_t i = 0; i < providers.n; i++) {
        providers.items[i].function(&report, providers.items[i].arg);
    }
    struct strmap_node **nodes = strmap_sort(&report.items);
    size_t n = strmap_count(&report.items);
    for (size_t i = 0; i < n; i++) {
        const unsigned long long *total = nodes[i]->data;
        str_putf(s, "%s%s:%llu", i ? " " : "", nodes[i]->name, *total);
    }
    str_put_char(s, '\n');
    free(nodes);
    strmap_uninit_free(&report.items);
}
