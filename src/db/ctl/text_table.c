/* Tables as output of tools. */

#include "db/ctl/text_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/uuid.h"
#include "sys/clock/clock.h"

static const char *const format_names[] = { "table", "list", "html", "csv",
                                            "json" };
static const char *const data_names[] = { "string", "bare", "json" };

void
text_table_init(struct text_table *t)
{
    memset(t, 0, sizeof *t);
}

void
text_table_uninit(struct text_table *t)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        free(t->cells[i].text);
        if (t->cells[i].type) {
            datum_uninit(&t->cells[i].datum, t->cells[i].type);
        }
    }
    free(t->cells);
    str_vec_uninit(&t->headings);
    free(t->caption);
    text_table_init(t);
}

void
text_table_set_caption(struct text_table *t, const char *caption)
{
    free(t->caption);
    t->caption = xstrdup(caption);
}

void
text_table_set_timestamp(struct text_table *t, bool timestamp)
{
    t->timestamp = timestamp;
}

void
text_table_add_heading(struct text_table *t, const char *heading)
{
    str_vec_push(&t->headings, heading);
}

static struct text_table_cell *
add_cell(struct text_table *t)
{
    if (t->n_cells >= t->cells_capacity) {
        t->cells = x2nrealloc(t->cells, &t->cells_capacity, sizeof *t->cells);
    }
    struct text_table_cell *cell = &t->cells[t->n_cells++];
    memset(cell, 0, sizeof *cell);
    return cell;
}

void
text_table_add_text(struct text_table *t, const char *text)
{
    add_cell(t)->text = xstrdup(text);
}

void
text_table_add_datum(struct text_table *t, const struct datum *datum,
                     const struct type *type)
{
    struct text_table_cell *cell = add_cell(t);
    datum_clone(&cell->datum, datum);
    cell->type = type;
}

void
text_table_put_datum(struct str *s, const struct datum *datum,
                     const struct type *type, enum text_table_data data)
{
    if (data == TABLE_DATA_STRING) {
        datum_format(s, datum, type);
    } else if (data == TABLE_DATA_BARE) {
        datum_format_bare(s, datum, type);
    } else {
        struct json *json = datum_to_json(datum, type);
        json_put(s, json, JSON_SORT);
        json_unref(json);
    }
}

/* Text of a cell; the caller frees it. */
static char *
cell_text(const struct text_table_cell *cell,
          const struct text_table_style *style)
{
    if (cell->text) {
        return xstrdup(cell->text);
    }
    struct str s = STR_INITIALIZER;
    text_table_put_datum(&s, &cell->datum, cell->type, style->data);
    return s.text ? str_steal(&s) : xstrdup("");
}

static char *
caption_text(const struct text_table *t)
{
    struct str s = STR_INITIALIZER;
    if (t->timestamp) {
        str_put_time(&s, "%Y-%m-%d %H:%M:%S.###", clock_wall_msec(), true);
        if (t->caption) {
            str_put_char(&s, ' ');
        }
    }
    if (t->caption) {
        str_put(&s, t->caption);
    }
    return s.len ? str_steal(&s) : (str_uninit(&s), NULL);
}

static size_t
count_rows(const struct text_table *t)
{
    return t->headings.n ? t->n_cells / t->headings.n : 0;
}

static void
put_caption_line(const struct text_table *t, struct str *s)
{
    char *caption = caption_text(t);
    if (caption) {
        str_putf(s, "%s\n", caption);
        free(caption);
    }
}

/* Cells of a line, without spaces after the last that has text. */
static void
put_text_line(struct str *s, char **cells, const size_t *widths, size_t n)
{
    size_t n_spaces = 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = MIN(strlen(cells[i]), widths[i]);
        if (len) {
            str_put_repeat(s, ' ', n_spaces);
            str_put_n(s, cells[i], len);
            n_spaces = 0;
        }
        n_spaces += widths[i] - len + 1;
    }
    str_put_char(s, '\n');
}

static void
put_text(const struct text_table *t, const struct text_table_style *style,
         struct str *s)
{
    size_t n_columns = t->headings.n;
    size_t n_rows = count_rows(t);
    char **texts = xcalloc(t->n_cells + 1, sizeof *texts);
    size_t *widths = xcalloc(n_columns + 1, sizeof *widths);
    for (size_t i = 0; i < n_rows * n_columns; i++) {
        texts[i] = cell_text(&t->cells[i], style);
        size_t *width = &widths[i % n_columns];
        *width = MAX(*width, strlen(texts[i]));
    }
    for (size_t i = 0; i < n_columns; i++) {
        size_t max = style->max_column_width;
        widths[i] = max ? MIN(widths[i], max) : widths[i];
        if (style->headings) {
            widths[i] = MAX(widths[i], strlen(t->headings.items[i]));
        }
    }
    put_caption_line(t, s);
    if (style->headings) {
        put_text_line(s, t->headings.items, widths, n_columns);
        for (size_t i = 0; i < n_columns; i++) {
            str_put_repeat(s, ' ', i > 0);
            str_put_repeat(s, '-', widths[i]);
        }
        str_put_char(s, '\n');
    }
    for (size_t i = 0; i < n_rows; i++) {
        put_text_line(s, &texts[i * n_columns], widths, n_columns);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        free(texts[i]);
    }
    free(texts);
    free(widths);
}

static void
put_list(const struct text_table *t, const struct text_table_style *style,
         struct str *s)
{
    put_caption_line(t, s);
    for (size_t i = 0; i < count_rows(t); i++) {
        if (i) {
            str_put_char(s, '\n');
        }
        for (size_t j = 0; j < t->headings.n; j++) {
            char *text = cell_text(&t->cells[i * t->headings.n + j], style);
            if (style->headings) {
                str_putf(s, "%-20s: ", t->headings.items[j]);
            }
            str_putf(s, "%s\n", text);
            free(text);
        }
    }
}

static void
put_html_text(struct str *s, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            str_put(s, "&amp;");
            break;
        case '<':
            str_put(s, "&lt;");
            break;
        case '>':
            str_put(s, "&gt;");
            break;
        case '"':
            str_put(s, "&quot;");
            break;
        default:
            str_put_char(s, *text);
            break;
        }
    }
}

/* UUIDs become links to the row, or its anchor in the column _uuid. */
static void
put_html_cell(struct str *s, const char *element, const char *text,
              bool anchor)
{
    str_putf(s, "    <%s>", element);
    struct uuid uuid;
    while (*text) {
        if (uuid_parse_prefix(text, &uuid)) {
            str_putf(s, "<a %s%.*s\">%.8s</a>",
                     anchor ? "name=\"" : "href=\"#", UUID_LEN, text, text);
            text += UUID_LEN;
        } else {
            char c[2] = { *text++, '\0' };
            put_html_text(s, c);
        }
    }
    str_putf(s, "</%s>\n", element);
}

static void
put_html(const struct text_table *t, const struct text_table_style *style,
         struct str *s)
{
    str_put(s, "<table border=1>\n");
    char *caption = caption_text(t);
    if (caption) {
        put_html_cell(s, "caption", caption, false);
        free(caption);
    }
    if (style->headings) {
        str_put(s, "  <tr>\n");
        for (size_t i = 0; i < t->headings.n; i++) {
            put_html_cell(s, "th", t->headings.items[i], false);
        }
        str_put(s, "  </tr>\n");
    }
    for (size_t i = 0; i < count_rows(t); i++) {
        str_put(s, "  <tr>\n");
        for (size_t j = 0; j < t->headings.n; j++) {
            char *text = cell_text(&t->cells[i * t->headings.n + j], style);
            put_html_cell(s, "td", text,
                          !strcmp(t->headings.items[j], "_uuid"));
            free(text);
        }
        str_put(s, "  </tr>\n");
    }
    str_put(s, "</table>\n");
}

/* RFC 4180 §2 (6), (7). */
static void
put_csv_cell(struct str *s, const char *text)
{
    if (!strpbrk(text, "\n\",")) {
        str_put(s, text);
        return;
    }
    str_put_char(s, '"');
    for (; *text; text++) {
        str_put_repeat(s, '"', *text == '"');
        str_put_char(s, *text);
    }
    str_put_char(s, '"');
}

static void
put_csv(const struct text_table *t, const struct text_table_style *style,
        struct str *s)
{
    put_caption_line(t, s);
    for (size_t i = 0; style->headings && i < t->headings.n; i++) {
        str_put_repeat(s, ',', i > 0);
        put_csv_cell(s, t->headings.items[i]);
    }
    str_put_repeat(s, '\n', style->headings);
    for (size_t i = 0; i < count_rows(t); i++) {
        for (size_t j = 0; j < t->headings.n; j++) {
            char *text = cell_text(&t->cells[i * t->headings.n + j], style);
            str_put_repeat(s, ',', j > 0);
            put_csv_cell(s, text);
            free(text);
        }
        str_put_char(s, '\n');
    }
}

static void
put_json(const struct text_table *t, const struct text_table_style *style,
         struct str *s)
{
    struct json *json = json_object_create();
    if (t->caption) {
        json_object_put_string(json, "caption", t->caption);
    }
    if (t->timestamp) {
        struct str time = STR_INITIALIZER;
        str_put_time(&time, "%Y-%m-%d %H:%M:%S.###", clock_wall_msec(), true);
        json_object_put_string(json, "time", str_text(&time));
        str_uninit(&time);
    }
    struct json *headings = json_array_create();
    for (size_t i = 0; i < t->headings.n; i++) {
        json_array_add(headings, json_string_create(t->headings.items[i]));
    }
    json_object_put(json, "headings", headings);
    struct json *data = json_array_create();
    for (size_t i = 0; i < count_rows(t); i++) {
        struct json *row = json_array_create();
        for (size_t j = 0; j < t->headings.n; j++) {
            const struct text_table_cell *cell =
                &t->cells[i * t->headings.n + j];
            json_array_add(row, cell->text
                                    ? json_string_create(cell->text)
                                    : datum_to_json(&cell->datum, cell->type));
        }
        json_array_add(data, row);
    }
    json_object_put(json, "data", data);
    json_put(s, json, JSON_SORT | (style->pretty ? JSON_PRETTY : 0));
    str_put_char(s, '\n');
    json_unref(json);
}

void
text_table_put(const struct text_table *t,
               const struct text_table_style *style, bool *anyp, struct str *s)
{
    if (*anyp && style->format != TABLE_HTML && style->format != TABLE_JSON) {
        str_put_char(s, '\n');
    }
    *anyp = true;
    switch (style->format) {
    case TABLE_TEXT:
        put_text(t, style, s);
        break;
    case TABLE_LIST:
        put_list(t, style, s);
        break;
    case TABLE_HTML:
        put_html(t, style, s);
        break;
    case TABLE_CSV:
        put_csv(t, style, s);
        break;
    case TABLE_JSON:
        put_json(t, style, s);
        break;
    }
}

/* Options. */

enum {
    OPT_FORMAT,
    OPT_DATA,
    OPT_NO_HEADINGS,
    OPT_PRETTY,
    OPT_BARE,
    OPT_MAX_COLUMN_WIDTH,
};

const struct option_spec text_table_options[] = {
    { "format", 'f', OPTION_REQUIRED_ARGUMENT, OPT_FORMAT },
    { "data", 'd', OPTION_REQUIRED_ARGUMENT, OPT_DATA },
    { "no-headings", 0, OPTION_NO_ARGUMENT, OPT_NO_HEADINGS },
    { "pretty", 0, OPTION_NO_ARGUMENT, OPT_PRETTY },
    { "bare", 0, OPTION_NO_ARGUMENT, OPT_BARE },
    { "max-column-width", 0, OPTION_REQUIRED_ARGUMENT, OPT_MAX_COLUMN_WIDTH },
};
const size_t text_table_n_options = ARRAY_SIZE(text_table_options);

static int
find_name(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(names[i], name)) {
            return i;
        }
    }
    return -1;
}

struct error *
text_table_option(int id, const char *argument, void *style_)
{
    struct text_table_style *style = style_;
    int i;
    switch (id) {
    case OPT_FORMAT:
        i = find_name(format_names, ARRAY_SIZE(format_names), argument);
        if (i < 0) {
            return error_create("unknown output format \"%s\"", argument);
        }
        style->format = i;
        style->default_format = false;
        break;
    case OPT_DATA:
        i = find_name(data_names, ARRAY_SIZE(data_names), argument);
        if (i < 0) {
            return error_create("unknown data format \"%s\"", argument);
        }
        style->data = i;
        break;
    case OPT_NO_HEADINGS:
        style->headings = false;
        break;
    case OPT_PRETTY:
        style->pretty = true;
        break;
    case OPT_BARE:
        style->format = TABLE_LIST;
        style->default_format = false;
        style->data = TABLE_DATA_BARE;
        style->headings = false;
        break;
    case OPT_MAX_COLUMN_WIDTH:
        style->max_column_width = strtoul(argument, NULL, 10);
        break;
    }
    return NULL;
}

void
text_table_print_help(void)
{
    printf("\nTables in output:\n"
           "  -f, --format=FORMAT         FORMAT of tables: table, list, "
           "html, csv or json\n"
           "  -d, --data=FORMAT           FORMAT of cells: string, bare or "
           "json\n"
           "  --no-headings               leave out the line of headings\n"
           "  --pretty                    JSON in several lines\n"
           "  --bare                      the same as \"--format=list "
           "--data=bare --no-headings\"\n"
           "  --max-column-width=N        cut cells of tables to N "
           "characters\n");
}
