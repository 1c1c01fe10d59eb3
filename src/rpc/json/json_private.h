/* What the files of this module share about values. */

#pragma once

#include "rpc/json/json.h"

/* json_object_add() that takes a reference to 'name' (name.h). */
void json_object_add_name(struct json *object, const char *name,
                          struct json *value);
