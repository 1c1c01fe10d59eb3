/* The database that the engine's tests and fuzz targets work on. */

#pragma once

#include <stdint.h>

#include "base/mem.h"
#include "db/engine/database.h"

/* A parent with strong, weak and map references to children, an index, and
 * columns of every type.  JSON with ' for ", which has none of its own. */
#define TEST_SCHEMA                                                        \
    "{'name':'d','tables':{"                                               \
    "'P':{'isRoot':true,'maxRows':4,'indexes':[['name'],['a','b']],"       \
    "'columns':{'name':{'type':'string'},'a':{'type':'integer'},"          \
    "'b':{'type':{'key':'string','min':0,'max':1}},"                       \
    "'kids':{'type':{'key':{'type':'uuid','refTable':'K'},'min':0,"        \
    "'max':'unlimited'}},"                                                 \
    "'weak':{'type':{'key':{'type':'uuid','refTable':'K',"                 \
    "'refType':'weak'},'min':0,'max':'unlimited'}},"                       \
    "'map':{'type':{'key':'string','value':{'type':'uuid','refTable':'K'," \
    "'refType':'weak'},'min':0,'max':'unlimited'}}}},"                     \
    "'K':{'columns':{'k':{'type':'integer'},"                              \
    "'next':{'type':{'key':{'type':'uuid','refTable':'K'},'min':0,"        \
    "'max':1}}}},"                                                         \
    "'T':{'isRoot':true,'columns':{"                                       \
    "'i':{'type':{'key':{'type':'integer','maxInteger':100}}},"            \
    "'r':{'type':'real'},'t':{'type':'boolean'},'s':{'type':'string'},"    \
    "'u':{'type':'uuid'},"                                                 \
    "'is':{'type':{'key':'integer','min':0,'max':4}},"                     \
    "'oi':{'type':{'key':'integer','min':0,'max':1}},"                     \
    "'m':{'type':{'key':'string','value':'integer','min':0,"               \
    "'max':'unlimited'}}}}}}"

/* 'text' as JSON, with ' for "; NULL if it is none. */
static inline struct json *
test_json(const char *text)
{
    char *copy = xstrdup(text);
    for (char *p = copy; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    struct json *json = NULL;
    struct error *error = json_parse_string(copy, &json);
    error_destroy(error);
    free(copy);
    return json;
}

/* The array that the bytes are; an empty one if they are none. */
static inline struct json *
test_array(const uint8_t *data, size_t size)
{
    struct json *json = NULL;
    error_destroy(json_parse((const char *) data, size, &json));
    if (json && json->type != JSON_ARRAY) {
        json_unref(json);
        json = NULL;
    }
    return json ? json : json_array_create();
}

static inline struct database *
test_database(void)
{
    struct json *json = test_json(TEST_SCHEMA);
    struct schema *schema;
    struct db_error *error = schema_from_json(&schema, json);
    assert(!error);
    json_unref(json);
    return database_create(schema);
}
