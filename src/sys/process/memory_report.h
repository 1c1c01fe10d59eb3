/* What "memory/show" prints: modules report how many of their things there
 * are.  Main thread only. */

#pragma once

#include "base/str.h"

struct memory_report;

/* Adds 'count' to item 'name'. */
void memory_report_add(struct memory_report *, const char *name,
                       unsigned long long count);

typedef void memory_report_provider(struct memory_report *, void *arg);

void memory_report_register(memory_report_provider *, void *arg);
void memory_report_unregister(memory_report_provider *, void *arg);
/* Appends "NAME:COUNT NAME:COUNT..." in order of names and a newline. */
void memory_report_put(struct str *);
