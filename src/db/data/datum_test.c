/* Tests of datums: text, JSON, set operations, differences. */

#include "db/data/datum.h"

#include "base/mem.h"
#include "base/test.h"

static struct type
set_of(enum atom_type key)
{
    struct type type = { .n_max = TYPE_UNLIMITED };
    base_type_init(&type.key, key);
    base_type_init(&type.value, ATOM_VOID);
    return type;
}

static struct type
map_of(enum atom_type key, enum atom_type value)
{
    struct type type = set_of(key);
    base_type_init(&type.value, value);
    return type;
}

static struct datum
parse(const char *text, const struct type *type)
{
    struct datum d;
    struct error *error = datum_from_text(&d, type, text, NULL);
    if (error) {
        fail_msg("%s: %s", text, error_text(error));
    }
    return d;
}

static void
assert_text(const struct datum *d, const struct type *type,
            const char *expected)
{
    struct str s = STR_INITIALIZER;
    datum_format(&s, d, type);
    assert_string_equal(str_text(&s), expected);
    str_uninit(&s);
}

static void
test_text_round_trips(void **state UNUSED)
{
    static const struct {
        enum atom_type key, value;
        const char *in, *out;
    } rows[] = {
        { ATOM_INTEGER, ATOM_VOID, "3,1,2", "[1, 2, 3]" },
        { ATOM_INTEGER, ATOM_VOID, "[ 5-7 1, ]", "[1, 5, 6, 7]" },
        { ATOM_INTEGER, ATOM_VOID, "", "[]" },
        { ATOM_REAL, ATOM_VOID, "1.50", "[1.5]" },
        { ATOM_BOOLEAN, ATOM_VOID, "true false", "[false, true]" },
        { ATOM_STRING, ATOM_VOID, "a-b \"true\" \"x y\"",
          "[a-b, \"true\", \"x y\"]" },
        { ATOM_STRING, ATOM_STRING, "{\"a\" = b, c=\"\"}", "{a=b, c=\"\"}" },
        { ATOM_STRING, ATOM_INTEGER, "a=1 b=2", "{a=1, b=2}" },
        { ATOM_UUID, ATOM_VOID, "12345678-1234-1234-1234-123456789abc",
          "[12345678-1234-1234-1234-123456789abc]" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct type type = map_of(rows[i].key, rows[i].value);

        struct datum d = parse(rows[i].in, &type);

        assert_text(&d, &type, rows[i].out);
        datum_uninit(&d, &type);
    }
}

static void
test_bad_text_names_the_problem(void **state UNUSED)
{
    static const struct {
        enum atom_type key, value;
        const char *in, *error;
    } rows[] = {
        { ATOM_INTEGER, ATOM_VOID, "1,2,2",
          "1,2,2: set contains duplicate value" },
        { ATOM_INTEGER, ATOM_VOID, "5-1",
          "\"5-1\" is not a valid range. "
          "Range end cannot be before start." },
        { ATOM_INTEGER, ATOM_VOID, "[1,2",
          "[1,2: missing \"]\" at end of data" },
        { ATOM_INTEGER, ATOM_VOID, "{1}",
          "{1}: unexpected \"{\" parsing set of integers" },
        { ATOM_STRING, ATOM_VOID, "\"a\"b",
          "\"a\"b: missing quote at end of quoted string" },
        { ATOM_STRING, ATOM_STRING, "a=\"b",
          "\"b: quoted string extends past end of argument" },
        { ATOM_STRING, ATOM_STRING, "{a=b} x",
          "{a=b} x: trailing garbage after \"}\"" },
        { ATOM_STRING, ATOM_STRING, "a=b,a=c",
          "a=b,a=c: map contains duplicate key" },
        { ATOM_STRING, ATOM_STRING, "a,b",
          "syntax error at \",\" expecting \"=\"" },
        { ATOM_BOOLEAN, ATOM_VOID, "x",
          "\"x\" is not a valid boolean (use \"true\" or \"false\")" },
        { ATOM_UUID, ATOM_VOID, "x", "\"x\" is not a valid UUID" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct type type = map_of(rows[i].key, rows[i].value);
        struct datum d;

        struct error *error = datum_from_text(&d, &type, rows[i].in, NULL);

        assert_non_null(error);
        assert_non_null(strstr(error_text(error), rows[i].error));
        error_destroy(error);
    }
}

static void
test_clone_is_copied_on_write(void **state UNUSED)
{
    struct type type = set_of(ATOM_STRING);
    struct datum a = parse("x,y", &type);
    struct datum b;
    datum_clone(&b, &a);
    assert_ptr_equal(a.keys, b.keys);

    datum_remove(&b, 0, &type);

    assert_text(&a, &type, "[x, y]");
    assert_text(&b, &type, "[y]");
    datum_uninit(&a, &type);
    datum_uninit(&b, &type);
}

static void
test_diff_applied_gives_new(void **state UNUSED)
{
    static const char *const texts[] = { "",        "a=1",     "a=2",
                                         "a=1,b=2", "b=2,c=3", "a=9,b=2,d=4" };
    struct type type = map_of(ATOM_STRING, ATOM_INTEGER);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(texts); j++) {
            struct datum old = parse(texts[i], &type);
            struct datum new = parse(texts[j], &type);
            struct datum diff;
            datum_diff(&diff, &old, &new, &type);

            struct db_error *error =
                datum_apply_diff_in_place(&old, &diff, &type);

            assert_null(error);
            assert_true(datum_equal(&old, &new, &type));
            datum_uninit(&old, &type);
            datum_uninit(&new, &type);
            datum_uninit(&diff, &type);
        }
    }
}

static void
test_union_and_subtract(void **state UNUSED)
{
    struct type type = map_of(ATOM_STRING, ATOM_INTEGER);
    struct datum a = parse("a=1,c=3", &type);
    struct datum b = parse("a=7,b=2", &type);

    datum_union(&a, &b, &type, false);
    assert_text(&a, &type, "{a=1, b=2, c=3}");
    datum_subtract(&a, &type, &b, &type);
    assert_text(&a, &type, "{a=1, c=3}");
    datum_union(&a, &b, &type, true);
    assert_text(&a, &type, "{a=7, b=2, c=3}");

    assert_true(datum_includes_all(&b, &a, &type));
    assert_false(datum_includes_all(&a, &b, &type));
    datum_uninit(&a, &type);
    datum_uninit(&b, &type);
}

static void
test_json_round_trips(void **state UNUSED)
{
    static const char *const texts[] = { "[\"set\",[]]",
                                         "[\"set\",[\"a\",\"b\"]]" };
    struct type type = set_of(ATOM_STRING);
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct json *json;
        assert_null(json_parse_string(texts[i], &json));
        struct datum d;
        assert_null(datum_from_json(&d, &type, json, NULL));

        struct json *out = datum_to_json(&d, &type);

        assert_true(json_equal(json, out));
        json_unref(json);
        json_unref(out);
        datum_uninit(&d, &type);
    }
}

/* A datum of the integers from 'first' in steps of 'step', a map if 'type' is
 * one, with values 'value'. */
static struct datum
make_range(int first, int step, int n, int64_t value, const struct type *type)
{
    struct datum d = DATUM_INITIALIZER;
    for (int i = 0; i < n; i++) {
        union atom key = { .integer = first + i * step };
        union atom val = { .integer = value };
        datum_add_take(&d, &key, type_is_map(type) ? &val : NULL, type);
    }
    return d;
}

/* Few elements change a large datum in place, and not those that share its
 * arrays. */
static void
test_small_changes_of_a_large_datum(void **state UNUSED)
{
    struct type type = map_of(ATOM_INTEGER, ATOM_INTEGER);
    struct datum a = make_range(0, 2, 100, 1, &type);
    struct datum kept;
    datum_clone(&kept, &a);
    struct datum b = make_range(-1, 101, 3, 2, &type); /* -1, 100, 201 */

    datum_union(&a, &b, &type, false);
    assert_int_equal(a.n, 102);
    assert_int_equal(a.keys[0].integer, -1);
    assert_int_equal(a.keys[101].integer, 201);
    union atom key = { .integer = 100 };
    size_t i = datum_find_key(&a, &key, &type);
    assert_int_equal(a.values[i].integer, 1);

    /* The pair with 100 has another value. */
    datum_subtract(&a, &type, &b, &type);
    assert_int_equal(a.n, 100);
    assert_true(datum_equal(&a, &kept, &type));

    datum_union(&a, &b, &type, true);
    i = datum_find_key(&a, &key, &type);
    assert_int_equal(a.values[i].integer, 2);
    struct type keys = type;
    base_type_init(&keys.value, ATOM_VOID);
    struct datum some = make_range(-1, 101, 3, 0, &keys);
    datum_subtract(&a, &type, &some, &keys);
    assert_int_equal(a.n, 99);
    assert_int_equal(datum_find_key(&a, &key, &type), DATUM_NOT_FOUND);
    assert_int_equal(kept.n, 100);
    assert_int_equal(kept.values[50].integer, 1);

    datum_uninit(&a, &type);
    datum_uninit(&b, &type);
    datum_uninit(&kept, &type);
    datum_uninit(&some, &keys);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_round_trips),
        cmocka_unit_test(test_bad_text_names_the_problem),
        cmocka_unit_test(test_clone_is_copied_on_write),
        cmocka_unit_test(test_diff_applied_gives_new),
        cmocka_unit_test(test_union_and_subtract),
        cmocka_unit_test(test_small_changes_of_a_large_datum),
        cmocka_unit_test(test_json_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
