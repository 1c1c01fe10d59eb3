/* "show": rows as a tree, following references. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "db/ctl/ctl_private.h"

static const struct ctl_show_table *
find_show(const struct ctl_config *config, size_t table)
{
    for (size_t i = 0; i < config->n_shows; i++) {
        if (config->shows[i].table == table) {
            return &config->shows[i];
        }
    }
    return NULL;
}

static void
need_show(struct ctl_context *c)
{
    const struct ctl_config *config = c->ctl->config;
    for (size_t i = 0; i < config->n_shows; i++) {
        const struct ctl_show_table *show = &config->shows[i];
        ctl_need(c, show->table, show->name_column);
        for (size_t j = 0; j < ARRAY_SIZE(show->columns) && show->columns[j];
             j++) {
            ctl_need(c, show->table, show->columns[j]);
        }
        ctl_need(c, show->table, show->extra_column);
    }
}

/* Filters: "TABLE(TEXT|TEXT...)" or "TEXT|TEXT...", after upper case is made
 * lower. */
struct filter {
    size_t table;
    struct str_vec texts;
};

struct filters {
    struct filter *items;
    size_t n;
    size_t capacity;
};

static char *
lower(const char *s)
{
    char *copy = xstrdup(s);
    for (char *p = copy; *p; p++) {
        *p = tolower((unsigned char) *p);
    }
    return copy;
}

static void
parse_filters(struct ctl_context *c, struct filters *filters)
{
    const char *option = ctl_option(c, "--filter");
    struct str_vec items = VEC_INITIALIZER;
    if (option) {
        str_vec_split(&items, option, ",");
    }
    for (size_t i = 0; i < items.n; i++) {
        struct filter *filter = vec_add(filters);
        char *text = items.items[i];
        char *open = strchr(text, '(');
        size_t len = strlen(text);
        filter->table = c->ctl->config->shows[0].table;
        if (open && text[len - 1] == ')') {
            *open = text[len - 1] = '\0';
            filter->table = ctl_match_table(c, text);
            text = open + 1;
        }
        char *folded = lower(text);
        str_vec_split(&filter->texts, folded, "|");
        free(folded);
    }
    str_vec_uninit(&items);
}

/* Whether the printed text of a row of 'table' is to stay. */
static bool
passes(const struct filters *filters, size_t table, const char *text)
{
    bool filtered = false, passed = false;
    char *folded = lower(text);
    for (size_t i = 0; i < filters->n; i++) {
        const struct filter *filter = &filters->items[i];
        for (size_t j = 0; filter->table == table && j < filter->texts.n;
             j++) {
            filtered = true;
            passed |= strstr(folded, filter->texts.items[j]) != NULL;
        }
    }
    free(folded);
    return passed || !filtered;
}

static void show_row(struct ctl_context *, const struct idl_row *,
                     const struct ctl_show_table *, const struct filters *,
                     struct strset *shown, int depth);

/* The rows that a column refers to, each as a tree of its own. */
static void
show_refs(struct ctl_context *c, const struct idl_row *row,
          const struct column *column, const struct filters *filters,
          struct strset *shown, int depth)
{
    const struct datum *d = idl_read(row, column);
    bool map = type_is_map(&column->type);
    const struct base_type *base =
        map ? &column->type.value : &column->type.key;
    const struct ctl_show_table *show =
        find_show(c->ctl->config, base->uuid.ref_table->index);
    for (size_t i = 0; i < d->n; i++) {
        const struct idl_row *ref =
            idl_find(c->idl, base->uuid.ref_table->index,
                     map ? &d->values[i].uuid : &d->keys[i].uuid);
        if (ref) {
            show_row(c, ref, show, filters, shown, depth);
        }
    }
}

static bool
refers_to_shown(const struct ctl_config *config, const struct column *column)
{
    const struct base_type *base =
        type_is_map(&column->type) ? &column->type.value : &column->type.key;
    return base_type_is_ref(base)
           && find_show(config, base->uuid.ref_table->index);
}

static void
show_columns(struct ctl_context *c, const struct idl_row *row,
             const struct ctl_show_table *show, const struct filters *filters,
             struct strset *shown, int depth)
{
    for (size_t i = 0; i < ARRAY_SIZE(show->columns) && show->columns[i];
         i++) {
        const struct column *column =
            ctl_column(c, show->table, show->columns[i]);
        if (refers_to_shown(c->ctl->config, column)) {
            show_refs(c, row, column, filters, shown, depth);
            continue;
        }
        const struct datum *d = idl_read(row, column);
        if (!datum_is_default(d, &column->type)) {
            str_put_repeat(c->output, ' ', depth * 4);
            str_putf(c->output, "%s: ", column->name);
            datum_format(c->output, d, &column->type);
            str_put_char(c->output, '\n');
        }
    }
    if (show->extra) {
        show->extra(c, row, depth * 4);
    }
}

static void
show_row(struct ctl_context *c, const struct idl_row *row,
         const struct ctl_show_table *show, const struct filters *filters,
         struct strset *shown, int depth)
{
    char uuid[UUID_LEN + 1];
    uuid_format(&row->uuid, uuid);
    size_t start = c->output->len;
    str_put_repeat(c->output, ' ', depth * 4);
    if (show->name_column) {
        str_putf(c->output, "%s ", idl_row_table(row)->name);
        const struct column *column =
            ctl_column(c, show->table, show->name_column);
        datum_format(c->output, idl_read(row, column), &column->type);
    } else {
        str_put(c->output, uuid);
    }
    str_put_char(c->output, '\n');
    /* A row may be reached by a circle. */
    if (strset_add(shown, uuid)) {
        show_columns(c, row, show, filters, shown, depth + 1);
        strset_remove(shown, uuid);
    }
    if (!passes(filters, show->table, c->output->text + start)) {
        str_truncate(c->output, start);
    }
}

static void
run_show(struct ctl_context *c)
{
    struct filters filters = VEC_INITIALIZER;
    parse_filters(c, &filters);
    struct strset shown = STRSET_INITIALIZER(&shown);
    const struct ctl_show_table *show = &c->ctl->config->shows[0];
    struct idl_row *row;
    IDL_FOR_EACH(row, c->idl, show->table)
    {
        show_row(c, row, show, &filters, &shown, 0);
    }
    strset_uninit(&shown);
    for (size_t i = 0; i < filters.n; i++) {
        str_vec_uninit(&filters.items[i].texts);
    }
    vec_uninit(&filters);
}

const struct ctl_syntax ctl_show_command = {
    "show", 0, 0, "", need_show, run_show, NULL, "--filter=", CTL_READ_ONLY,
};
