/* Reports of a trace, and how they are indented.
 *
 * A table or bridge that the last action of a list leads to is printed as deep
 * as the table of the list itself: a chain of resubmits stays flat.  One that
 * other actions follow is printed deeper. */

#include "switch/translate/trace_node.h"

#include <string.h>

#include "base/mem.h"

void
trace_list_init(struct trace_list *l)
{
    list_init(&l->nodes);
}

void
trace_list_uninit(struct trace_list *l)
{
    struct trace_node *n, *next;
    LIST_FOR_EACH_SAFE (n, next, node, &l->nodes) {
        trace_list_uninit(&n->below);
        free(n->text);
        free(n);
    }
    list_init(&l->nodes);
}

struct trace_node *
trace_add(struct trace_list *l, enum trace_type type, const char *format,
          va_list args)
{
    struct trace_node *n = xzalloc(sizeof *n);
    n->type = type;
    n->text = xvasprintf(format, args);
    trace_list_init(&n->below);
    list_push_back(&l->nodes, &n->node);
    return n;
}

static void
put_line(struct str *s, int depth, const char *before, const char *text,
         const char *after)
{
    str_put_repeat(s, ' ', depth * 4);
    str_put(s, before);
    str_put(s, text);
    str_put(s, after);
    str_put_char(s, '\n');
}

static void
put_bridge(const struct trace_node *n, int depth, struct str *s)
{
    str_put_char(s, '\n');
    put_line(s, depth, "", n->text, "");
    str_put_repeat(s, ' ', depth * 4);
    str_put_repeat(s, '-', strlen(n->text));
    str_put_char(s, '\n');
}

/* Prints a list whose actions are 'depth' steps of four columns deep, tables
 * one less.  'in_bridge': its tables are a bridge's, side by side.  'more':
 * something follows after the list that belongs to it. */
static void
put_list(const struct trace_list *l, int depth, bool in_bridge, bool more,
         struct str *s)
{
    struct trace_node *n;
    LIST_FOR_EACH (n, node, &l->nodes) {
        bool followed = more || n->node.next != &l->nodes;
        bool deeper = followed && !in_bridge;
        int below = deeper ? depth + 2 : depth;
        switch (n->type) {
        case TRACE_BRIDGE:
            put_bridge(n, deeper ? depth : depth - 1, s);
            put_list(&n->below, below, true, false, s);
            break;
        case TRACE_THAW:
            put_line(s, depth, "", n->text, "");
            put_list(&n->below, depth + 2, false, false, s);
            break;
        case TRACE_TABLE:
            put_line(s, deeper ? depth : depth - 1, "", n->text, "");
            put_list(&n->below, below, false, followed && !deeper, s);
            break;
        case TRACE_BUCKET:
            put_line(s, depth, "", n->text, "");
            put_list(&n->below, depth + 2, false, false, s);
            break;
        case TRACE_ACTION:
            put_line(s, depth, "", n->text, "");
            put_list(&n->below, depth + 1, false, followed, s);
            break;
        case TRACE_DETAIL:
            put_line(s, depth, " -> ", n->text, "");
            break;
        case TRACE_WARN:
            put_line(s, depth, " >> ", n->text, "");
            break;
        case TRACE_ERROR:
            put_line(s, depth, " >>>> ", n->text, " <<<<");
            break;
        }
    }
}

void
trace_format(const struct trace_list *l, struct str *s)
{
    put_list(l, 1, true, false, s);
}
