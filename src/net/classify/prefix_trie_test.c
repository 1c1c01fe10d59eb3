/* The trie against a plain list of prefixes. */

#include "net/classify/prefix_trie.h"

#include "base/be.h"
#include "base/hash.h"
#include "base/test.h"

struct prefix {
    uint32_t value; /* Left-aligned. */
    unsigned len;
    bool used;
};

static uint32_t
mask_of(unsigned len)
{
    return len ? UINT32_MAX << (32 - len) : 0;
}

/* Checks lengths found, and that no value with the same leading bits would
 * give others. */
static void
check(const struct prefix_trie *trie, const struct prefix *list, size_t n,
      uint32_t value)
{
    uint8_t bytes[4];
    put_be32(bytes, value);
    struct prefix_trie_result r = prefix_trie_lookup(trie, bytes, 32);
    for (unsigned len = 1; len <= 32; len++) {
        bool want = false;
        for (size_t i = 0; i < n; i++) {
            want |= list[i].used && list[i].len == len
                    && !((list[i].value ^ value) & mask_of(len));
        }
        assert_int_equal(prefix_trie_has_len(&r, len), want);
    }
    for (size_t i = 0; i < n; i++) {
        /* What matches the looked-at bits must be found or not be there. */
        if (list[i].used && ((list[i].value ^ value) & mask_of(list[i].len))) {
            unsigned same = __builtin_clz(list[i].value ^ value);
            assert_true(same < r.n_bits);
        }
    }
}

static void
test_trie_agrees_with_list(void **state UNUSED)
{
    enum { N = 60 };
    static struct prefix list[N];
    struct prefix_trie trie;
    prefix_trie_init(&trie);
    uint32_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        seed = hash_u32(seed, round);
        struct prefix *p = &list[seed % N];
        uint8_t bytes[4];
        if (p->used) {
            put_be32(bytes, p->value);
            prefix_trie_remove(&trie, bytes, p->len);
            p->used = false;
        } else {
            p->len = 1 + seed / N % 32;
            /* Few values, so that they share prefixes. */
            p->value = hash_u32(seed >> 8 & 7, 5)
                       ^ (seed & 0x10000 ? 0 : seed % 1000);
            p->value &= mask_of(p->len);
            p->used = true;
            put_be32(bytes, p->value);
            prefix_trie_add(&trie, bytes, p->len);
        }
        check(&trie, list, N, hash_u32(seed >> 8 & 7, 5) ^ (seed >> 20));
        check(&trie, list, N, hash_u32(seed, 7));
        check(&trie, list, N, list[seed >> 5 & 31].value);
    }
    prefix_trie_clear(&trie);
    rcu_barrier();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trie_agrees_with_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
