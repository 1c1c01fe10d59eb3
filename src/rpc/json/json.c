/* JSON values: creation, members, comparison, hashing. */

#include "rpc/json/json.h"

#include <stdarg.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "rpc/json/json_private.h"
#include "rpc/json/name.h"

enum {
    INDEX_MIN = 12,  /* From this many members on, an object gets an index. */
    INLINE_ITEMS = 2 /* Items of an array that lie behind its node. */
};

/* A node with 'size' bytes for the member of the union. */
static struct json *
node_create(enum json_type type, size_t size)
{
    struct json *json = xmalloc(offsetof(struct json, object) + size);
    json->type = type;
    json->n_refs = 1;
    return json;
}

/* Arrays of two are everywhere: ["set", ...], pairs of maps. */
static struct json **
inline_items(struct json *json)
{
    return (struct json **) (&json->array + 1);
}

static void
node_destroy(struct json *json)
{
    if (json->type == JSON_OBJECT) {
        for (size_t i = 0; i < json->object.n; i++) {
            json_name_unref(json->object.members[i].name);
            json_unref(json->object.members[i].value);
        }
        free(json->object.members);
        free(json->object.index);
    } else if (json->type == JSON_ARRAY) {
        for (size_t i = 0; i < json->array.n; i++) {
            json_unref(json->array.items[i]);
        }
        if (json->array.items != inline_items(json)) {
            free(json->array.items);
        }
    }
    free(json);
}

void
json_unref(struct json *json)
{
    if (json && !--json->n_refs) {
        node_destroy(json);
    }
}

void
json_cleanup(struct json **jsonp)
{
    json_unref(*jsonp);
}

struct json *
json_null_create(void)
{
    return node_create(JSON_NULL, 0);
}

struct json *
json_boolean_create(bool value)
{
    return node_create(value ? JSON_TRUE : JSON_FALSE, 0);
}

struct json *
json_integer_create(int64_t value)
{
    struct json *json = node_create(JSON_INTEGER, sizeof value);
    json->integer = value;
    return json;
}

struct json *
json_real_create(double value)
{
    struct json *json = node_create(JSON_REAL, sizeof value);
    json->real = value;
    return json;
}

static struct json *
text_create(enum json_type type, const char *text, size_t len)
{
    assert(len < UINT32_MAX);
    struct json *json =
        node_create(type, sizeof(struct json_string) + len + 1);
    json->string.len = len;
    memcpy(json->string.text, text, len);
    json->string.text[len] = '\0';
    return json;
}

struct json *
json_string_create(const char *text)
{
    return text_create(JSON_STRING, text, strlen(text));
}

struct json *
json_string_create_n(const char *text, size_t len)
{
    return text_create(JSON_STRING, text, len);
}

struct json *
json_string_createf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    struct json *json = json_string_create(text);
    free(text);
    return json;
}

struct json *
json_serialized_create(const char *text, size_t len)
{
    return text_create(JSON_SERIALIZED, text, len);
}

struct json *
json_array_create(void)
{
    struct json *json = node_create(
        JSON_ARRAY,
        sizeof json->array + INLINE_ITEMS * sizeof *json->array.items);
    json->array = (struct json_array){ inline_items(json), 0, INLINE_ITEMS };
    return json;
}

struct json *
json_array_create_1(struct json *a)
{
    struct json *json = json_array_create();
    json_array_add(json, a);
    return json;
}

struct json *
json_array_create_2(struct json *a, struct json *b)
{
    struct json *json = json_array_create_1(a);
    json_array_add(json, b);
    return json;
}

struct json *
json_array_create_3(struct json *a, struct json *b, struct json *c)
{
    struct json *json = json_array_create_2(a, b);
    json_array_add(json, c);
    return json;
}

struct json *
json_object_create(void)
{
    struct json *json = node_create(JSON_OBJECT, sizeof json->object);
    memset(&json->object, 0, sizeof json->object);
    return json;
}

/* Twice the capacity, which must fit its type. */
static uint32_t
next_capacity(uint32_t capacity)
{
    assert(capacity <= UINT32_MAX / 2);
    return capacity * 2;
}

void
json_array_add(struct json *json, struct json *item)
{
    struct json_array *array = &json->array;
    if (array->n == array->capacity) {
        array->capacity = next_capacity(array->capacity);
        size_t size = array->capacity * sizeof *array->items;
        if (array->items == inline_items(json)) {
            array->items = xmalloc(size);
            memcpy(array->items, inline_items(json),
                   array->n * sizeof *array->items);
        } else {
            array->items = xrealloc(array->items, size);
        }
    }
    array->items[array->n++] = item;
}

/* Slots of the index, whose first word says how many there are. */
static uint32_t
index_mask(const struct json_object *object)
{
    return object->index[0];
}

static uint32_t *
index_slot(const struct json_object *object, size_t hash)
{
    return &object->index[1 + (hash & index_mask(object))];
}

/* Enters member 'i' into the index. */
static void
index_add(struct json_object *object, size_t i)
{
    size_t slot = hash_string(object->members[i].name, 0);
    while (*index_slot(object, slot)) {
        slot++;
    }
    *index_slot(object, slot) = i + 1;
}

static void
index_rebuild(struct json_object *object)
{
    free(object->index);
    object->index = NULL;
    if (object->n < INDEX_MIN) {
        return;
    }
    size_t n_slots = 64;
    while (n_slots < object->n * 4) {
        n_slots *= 2;
    }
    object->index = xcalloc(1 + n_slots, sizeof *object->index);
    object->index[0] = n_slots - 1;
    for (size_t i = 0; i < object->n; i++) {
        index_add(object, i);
    }
}

static struct json_member *
member_find(const struct json_object *object, const char *name)
{
    if (!object->index) {
        for (size_t i = 0; i < object->n; i++) {
            if (!strcmp(object->members[i].name, name)) {
                return &object->members[i];
            }
        }
        return NULL;
    }
    for (size_t slot = hash_string(name, 0);; slot++) {
        uint32_t i = *index_slot(object, slot);
        if (!i) {
            return NULL;
        }
        if (!strcmp(object->members[i - 1].name, name)) {
            return &object->members[i - 1];
        }
    }
}

void
json_object_add_name(struct json *json, const char *name, struct json *value)
{
    struct json_object *object = &json->object;
    if (object->n == object->capacity) {
        object->capacity =
            object->capacity ? next_capacity(object->capacity) : 2;
        object->members = xrealloc(object->members,
                                   object->capacity * sizeof *object->members);
    }
    object->members[object->n++] = (struct json_member){ name, value };
    if (object->index && object->n * 2 <= index_mask(object)) {
        index_add(object, object->n - 1);
    } else if (object->n >= INDEX_MIN) {
        index_rebuild(object);
    }
}

void
json_object_add(struct json *json, const char *name, struct json *value)
{
    json_object_add_name(json, json_name_create(name, strlen(name)), value);
}

void
json_object_put(struct json *json, const char *name, struct json *value)
{
    struct json_member *member = member_find(&json->object, name);
    if (member) {
        json_unref(member->value);
        member->value = value;
    } else {
        json_object_add(json, name, value);
    }
}

void
json_object_put_string(struct json *object, const char *name,
                       const char *value)
{
    json_object_put(object, name, json_string_create(value));
}

const struct json_member *
json_object_find_member(const struct json *json, const char *name)
{
    return json->type == JSON_OBJECT ? member_find(&json->object, name) : NULL;
}

struct json *
json_object_find(const struct json *json, const char *name)
{
    const struct json_member *member = json_object_find_member(json, name);
    return member ? member->value : NULL;
}

struct json *
json_object_remove(struct json *json, const char *name)
{
    struct json_object *object = &json->object;
    struct json_member *member = member_find(object, name);
    if (!member) {
        return NULL;
    }
    struct json *value = member->value;
    json_name_unref(member->name);
    size_t i = member - object->members;
    object->n--;
    memmove(member, member + 1, (object->n - i) * sizeof *member);
    index_rebuild(object);
    return value;
}

struct json *
json_clone_deep(const struct json *json)
{
    switch (json->type) {
    case JSON_OBJECT: {
        struct json *clone = json_object_create();
        for (size_t i = 0; i < json->object.n; i++) {
            const struct json_member *m = &json->object.members[i];
            json_object_add_name(clone, json_name_ref(m->name),
                                 json_clone_deep(m->value));
        }
        return clone;
    }
    case JSON_ARRAY: {
        struct json *clone = json_array_create();
        for (size_t i = 0; i < json->array.n; i++) {
            json_array_add(clone, json_clone_deep(json->array.items[i]));
        }
        return clone;
    }
    case JSON_STRING:
    case JSON_SERIALIZED:
        return text_create(json->type, json->string.text, json->string.len);
    case JSON_INTEGER:
        return json_integer_create(json->integer);
    case JSON_REAL:
        return json_real_create(json->real);
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return node_create(json->type, 0);
    }
    NOT_REACHED();
}

const char *
json_type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_FALSE] = "false",
        [JSON_TRUE] = "true",       [JSON_OBJECT] = "object",
        [JSON_ARRAY] = "array",     [JSON_INTEGER] = "number",
        [JSON_REAL] = "number",     [JSON_STRING] = "string",
        [JSON_SERIALIZED] = "text",
    };
    return names[type];
}

static bool
objects_equal(const struct json *a, const struct json *b)
{
    if (a->object.n != b->object.n) {
        return false;
    }
    for (size_t i = 0; i < a->object.n; i++) {
        const struct json_member *m = &a->object.members[i];
        const struct json_member *other = member_find(&b->object, m->name);
        if (!other || !json_equal(m->value, other->value)) {
            return false;
        }
    }
    return true;
}

bool
json_equal(const struct json *a, const struct json *b)
{
    if (a == b) {
        return true;
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case JSON_OBJECT:
        return objects_equal(a, b);
    case JSON_ARRAY:
        if (a->array.n != b->array.n) {
            return false;
        }
        for (size_t i = 0; i < a->array.n; i++) {
            if (!json_equal(a->array.items[i], b->array.items[i])) {
                return false;
            }
        }
        return true;
    case JSON_STRING:
    case JSON_SERIALIZED:
        return a->string.len == b->string.len
               && !memcmp(a->string.text, b->string.text, a->string.len);
    case JSON_INTEGER:
        return a->integer == b->integer;
    case JSON_REAL:
        return a->real == b->real;
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return true;
    }
    NOT_REACHED();
}

uint32_t
json_hash(const struct json *json, uint32_t basis)
{
    basis = hash_add(basis, json->type);
    switch (json->type) {
    case JSON_OBJECT: {
        /* Commutative: the order of members does not count. */
        uint32_t sum = json->object.n;
        for (size_t i = 0; i < json->object.n; i++) {
            const struct json_member *m = &json->object.members[i];
            sum += json_hash(m->value, hash_string(m->name, basis));
        }
        return hash_u32(sum, basis);
    }
    case JSON_ARRAY:
        for (size_t i = 0; i < json->array.n; i++) {
            basis = json_hash(json->array.items[i], basis);
        }
        return hash_u32(json->array.n, basis);
    case JSON_STRING:
    case JSON_SERIALIZED:
        return hash_bytes(json->string.text, json->string.len, basis);
    case JSON_INTEGER:
        return hash_u64(json->integer, basis);
    case JSON_REAL:
        return hash_bytes(&json->real, sizeof json->real, basis);
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return hash_finish(basis);
    }
    NOT_REACHED();
}
