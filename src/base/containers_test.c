/* Tests of the containers against plain arrays. */

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/hmap.h"
#include "base/id_pool.h"
#include "base/list.h"
#include "base/strmap.h"
#include "base/test.h"
#include "base/token_bucket.h"
#include "base/vec.h"

struct item {
    struct list list;
    struct hmap_node hmap;
    struct heap_node heap;
    uint32_t value;
};

static void
test_list_keeps_order(void **state)
{
    (void) state;
    struct list list = LIST_INITIALIZER(&list);
    struct item items[3] = { { .value = 0 }, { .value = 1 }, { .value = 2 } };
    list_push_back(&list, &items[1].list);
    list_push_back(&list, &items[2].list);
    list_push_front(&list, &items[0].list);

    uint32_t expected = 0;
    struct item *item;
    LIST_FOR_EACH (item, list, &list) {
        assert_int_equal(item->value, expected++);
    }

    assert_int_equal(list_size(&list), 3);
    struct list moved;
    list_move(&moved, &list);
    assert_ptr_equal(list_pop_front(&moved), &items[0].list);
    assert_ptr_equal(list_pop_back(&moved), &items[2].list);
    assert_true(list_is_singleton(&moved));
}

static void
test_hmap_finds_what_was_added(void **state)
{
    (void) state;

    enum { N = 1000 };
    struct item *items = xcalloc(N, sizeof *items);
    struct hmap map;
    hmap_init(&map);
    for (uint32_t i = 0; i < N; i++) {
        items[i].value = i;
        hmap_add(&map, &items[i].hmap, hash_u32(i % 500, 0));
    }
    for (uint32_t i = 0; i < N; i += 3) {
        hmap_remove(&map, &items[i].hmap);
    }

    for (uint32_t i = 0; i < N; i++) {
        bool found = false;
        struct item *item;
        HMAP_FOR_EACH_WITH_HASH (item, hmap, hash_u32(i % 500, 0), &map) {
            found |= item->value == i;
        }
        assert_int_equal(found, i % 3 != 0);
    }

    size_t n = 0;
    struct item *item, *next;
    HMAP_FOR_EACH_SAFE (item, next, hmap, &map) {
        hmap_remove(&map, &item->hmap);
        n++;
    }
    assert_int_equal(n, N - (N + 2) / 3);
    assert_true(hmap_is_empty(&map));
    hmap_uninit(&map);
    free(items);
}

static void
test_heap_pops_largest_first(void **state)
{
    (void) state;

    enum { N = 200 };
    struct item items[N];
    struct heap heap;
    heap_init(&heap);
    for (uint32_t i = 0; i < N; i++) {
        heap_add(&heap, &items[i].heap, hash_u32(i, 1) % 50);
    }
    for (uint32_t i = 0; i < N; i += 5) {
        heap_change(&heap, &items[i].heap, hash_u32(i, 2) % 50);
    }
    heap_remove(&heap, &items[7].heap);

    uint64_t last = UINT64_MAX;
    size_t n = 0;
    while (!heap_is_empty(&heap)) {
        struct heap_node *node = heap_pop(&heap);
        assert_true(node->priority <= last);
        last = node->priority;
        n++;
    }
    assert_int_equal(n, N - 1);
    heap_uninit(&heap);
}

static void
test_strmap_replaces_and_sorts(void **state)
{
    (void) state;
    struct strmap map;
    strmap_init(&map);
    assert_true(strmap_add_once(&map, "b", "1"));
    assert_false(strmap_add_once(&map, "b", "2"));
    strmap_add(&map, "a", "3");
    assert_string_equal(strmap_replace(&map, "b", "4"), "1");
    assert_string_equal(strmap_get(&map, "b"), "4");
    assert_null(strmap_get(&map, "c"));
    assert_non_null(strmap_find_n(&map, "axyz", 1));

    struct strmap_node **sorted = strmap_sort(&map);
    assert_string_equal(sorted[0]->name, "a");
    assert_string_equal(sorted[1]->name, "b");
    free(sorted);
    strmap_uninit(&map);
}

static void
test_strset_equal(void **state)
{
    (void) state;
    struct strset a, b;
    strset_init(&a);
    strset_init(&b);
    assert_true(strset_add(&a, "x"));
    assert_false(strset_add(&a, "x"));
    assert_false(strset_equal(&a, &b));
    strset_add(&b, "x");
    assert_true(strset_equal(&a, &b));
    assert_true(strset_remove(&b, "x"));
    assert_false(strset_remove(&b, "x"));
    strset_uninit(&a);
    strset_uninit(&b);
}

static void
test_bitmap_scan_crosses_words(void **state)
{
    (void) state;
    BITMAP_DECLARE(bits, 200) = { 0 };
    bitmap_set1(bits, 3);
    bitmap_set1(bits, 64);
    bitmap_set1(bits, 199);
    assert_int_equal(bitmap_scan(bits, true, 4, 200), 64);
    assert_int_equal(bitmap_scan(bits, true, 65, 199), 199);
    assert_int_equal(bitmap_scan(bits, false, 3, 200), 4);
    assert_int_equal(bitmap_count1(bits, 200), 3);
    bitmap_set0(bits, 64);
    assert_false(bitmap_is_set(bits, 64));
}

static void
test_vec_grows_and_removes(void **state)
{
    (void) state;
    VEC(int) vec = VEC_INITIALIZER;
    for (int i = 0; i < 100; i++) {
        vec_push(&vec, i);
    }
    vec_remove(&vec, 0);
    assert_int_equal(vec.n, 99);
    assert_int_equal(vec.items[0], 1);
    assert_int_equal(vec_pop(&vec), 99);
    vec_uninit(&vec);

    struct str_vec words = VEC_INITIALIZER;
    str_vec_split(&words, ",b,,a b", ", ");
    str_vec_sort(&words);
    str_vec_unique(&words);
    char *joined = str_vec_join(&words, "+");
    assert_string_equal(joined, "a+b");
    free(joined);
    str_vec_uninit(&words);
}

static void
test_id_pool_gives_smallest_free(void **state)
{
    (void) state;
    struct id_pool *pool = id_pool_create(10, 3);
    uint32_t id;
    assert_true(id_pool_take(pool, 11));
    assert_true(id_pool_alloc(pool, &id));
    assert_int_equal(id, 10);
    assert_true(id_pool_alloc(pool, &id));
    assert_int_equal(id, 12);
    assert_false(id_pool_alloc(pool, &id));
    assert_false(id_pool_take(pool, 13));
    id_pool_free(pool, 11);
    assert_true(id_pool_alloc(pool, &id));
    assert_int_equal(id, 11);
    id_pool_destroy(pool);
}

static void
test_token_bucket_refills_with_time(void **state)
{
    (void) state;
    struct token_bucket bucket = TOKEN_BUCKET_INITIALIZER(2, 10);
    assert_true(token_bucket_take(&bucket, 10, 1000));
    assert_false(token_bucket_take(&bucket, 4, 1001));
    assert_int_equal(token_bucket_when(&bucket, 4), 1002);
    assert_true(token_bucket_take(&bucket, 4, 1002));
    assert_false(token_bucket_take(&bucket, 11, 1000000));
    assert_true(token_bucket_take(&bucket, 10, 1000000));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_keeps_order),
        cmocka_unit_test(test_hmap_finds_what_was_added),
        cmocka_unit_test(test_heap_pops_largest_first),
        cmocka_unit_test(test_strmap_replaces_and_sorts),
        cmocka_unit_test(test_strset_equal),
        cmocka_unit_test(test_bitmap_scan_crosses_words),
        cmocka_unit_test(test_vec_grows_and_removes),
        cmocka_unit_test(test_id_pool_gives_smallest_free),
        cmocka_unit_test(test_token_bucket_refills_with_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
