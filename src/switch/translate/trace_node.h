/* What a trace is made of: a tree of reports, printed at the end. */

#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "base/compiler.h"
#include "base/list.h"
#include "base/str.h"

enum trace_type {
    TRACE_BRIDGE, /* The packet enters a bridge. */
    TRACE_TABLE,  /* A lookup, or the action set. */
    TRACE_THAW,   /* Work goes on after recirculation. */
    TRACE_ACTION, /* An action. */
    TRACE_BUCKET, /* A bucket of a group. */
    TRACE_DETAIL, /* " -> ..." */
    TRACE_WARN,   /* " >> ..." */
    TRACE_ERROR,  /* " >>>> ... <<<<" */
};

struct trace_list {
    struct list nodes; /* Of struct trace_node. */
};

struct trace_node {
    struct list node; /* In its list. */
    enum trace_type type;
    char *text;              /* Owned. */
    struct trace_list below; /* BRIDGE: tables; TABLE: actions and
                              * reports, and where they lead. */
};

struct trace {
    struct trace_list top;
    bool side_effects; /* Effects are applied after: they are told. */
    bool with_names;   /* Ports by name. */
};

void trace_list_init(struct trace_list *);
void trace_list_uninit(struct trace_list *);
/* Adds a report at the end. */
struct trace_node *trace_add(struct trace_list *, enum trace_type,
                             const char *format, va_list) PRINTF_FORMAT(3, 0);
void trace_format(const struct trace_list *, struct str *);
