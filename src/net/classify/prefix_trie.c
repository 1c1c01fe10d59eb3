/* Prefix tries with compressed paths.
 *
 * A node stands for the bits on the way to it and a segment of its own.  The
 * writer never changes what readers see but for links and counts: to change a
 * segment it makes a new node. */

#include "net/classify/prefix_trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/compiler.h"
#include "base/mem.h"

enum { SEGMENT_BITS = 32 };

struct prefix_trie_node {
    uint32_t bits;   /* Segment, from the most significant bit on. */
    uint32_t n_bits; /* Of the segment, at most SEGMENT_BITS. */
    uint32_t n;      /* Times that the prefix ending here was added. */

    struct {
        RCU_PTR(struct prefix_trie_node *) edge;
    } children[2]; /* By the first bit of their segments. */
};

static bool
bit_at(const uint8_t *value, unsigned i)
{
    return value[i / 8] >> (7 - i % 8) & 1;
}

/* 'n' bits (at most 32) of 'value' from bit 'start' on, left-aligned. */
static uint32_t
bits_at(const uint8_t *value, unsigned start, unsigned n)
{
    uint64_t x = 0;
    unsigned first = start / 8, last = n ? (start + n - 1) / 8 : first;
    if (!n) {
        return 0;
    }
    for (unsigned i = 0; i < 5; i++) {
        x = x << 8 | (first + i <= last ? value[first + i] : 0);
    }
    uint32_t bits = x << (24 + start % 8) >> 32;
    return n < 32 ? bits & ~(UINT32_MAX >> n) : bits;
}

/* Leading bits that segment and value have in common. */
static unsigned
common_bits(const struct prefix_trie_node *node, const uint8_t *value,
            unsigned start, unsigned end)
{
    unsigned n = MIN(node->n_bits, end - start);
    uint32_t diff = node->bits ^ bits_at(value, start, n);
    unsigned equal = diff ? (unsigned) __builtin_clz(diff) : SEGMENT_BITS;
    return MIN(equal, n);
}

static struct prefix_trie_node *
node_create(uint32_t bits, unsigned n_bits, uint32_t n)
{
    struct prefix_trie_node *node = xzalloc(sizeof *node);
    node->bits = bits;
    node->n_bits = n_bits;
    node->n = n;
    return node;
}

/* The chain of nodes for the rest of a value. */
static struct prefix_trie_node *
branch_create(const uint8_t *value, unsigned start, unsigned len)
{
    unsigned n = MIN(len - start, SEGMENT_BITS);
    struct prefix_trie_node *node =
        node_create(bits_at(value, start, n), n, start + n == len);
    if (start + n < len) {
        rcu_init(&node->children[bit_at(value, start + n)].edge,
                 branch_create(value, start + n, len));
    }
    return node;
}

/* A node of the first 'keep' bits with the rest of 'old' below it. */
static struct prefix_trie_node *
split(const struct prefix_trie_node *old, unsigned keep)
{
    uint32_t head =
        keep ? old->bits & ~(keep < 32 ? UINT32_MAX >> keep : 0) : 0;
    struct prefix_trie_node *top = node_create(head, keep, 0);
    struct prefix_trie_node *rest =
        node_create(old->bits << keep, old->n_bits - keep, old->n);
    for (int i = 0; i < 2; i++) {
        rcu_init(&rest->children[i].edge,
                 rcu_get_protected(&old->children[i].edge));
    }
    rcu_init(&top->children[rest->bits >> 31].edge, rest);
    return top;
}

void
prefix_trie_init(struct prefix_trie *trie)
{
    rcu_init(&trie->root, NULL);
}

static void
node_free_all(void *arg)
{
    struct prefix_trie_node *node = arg;
    if (node) {
        node_free_all(rcu_get_protected(&node->children[0].edge));
        node_free_all(rcu_get_protected(&node->children[1].edge));
        free(node);
    }
}

void
prefix_trie_clear(struct prefix_trie *trie)
{
    struct prefix_trie_node *root = rcu_get_protected(&trie->root);
    rcu_set(&trie->root, NULL);
    if (root) {
        rcu_postpone(node_free_all, root);
    }
}

void
prefix_trie_add(struct prefix_trie *trie, const uint8_t *value, unsigned len)
{
    struct prefix_trie_node **edge = &trie->root.p;
    unsigned start = 0;
    for (;;) {
        struct prefix_trie_node *node = *edge;
        if (!node) {
            __atomic_store_n(edge, branch_create(value, start, len),
                             __ATOMIC_RELEASE);
            return;
        }
        unsigned same = common_bits(node, value, start, len);
        start += same;
        if (same < node->n_bits) {
            struct prefix_trie_node *top = split(node, same);
            if (start == len) {
                top->n = 1;
            } else {
                rcu_init(&top->children[bit_at(value, start)].edge,
                         branch_create(value, start, len));
            }
            __atomic_store_n(edge, top, __ATOMIC_RELEASE);
            rcu_postpone(free, node);
            return;
        }
        if (start == len) {
            __atomic_store_n(&node->n, node->n + 1, __ATOMIC_RELAXED);
            return;
        }
        edge = &node->children[bit_at(value, start)].edge.p;
    }
}

/* Takes a node that is of no more use out of the way of its parent.  False if
 * it is of use. */
static bool
prune(struct prefix_trie_node **edge)
{
    struct prefix_trie_node *node = *edge;
    struct prefix_trie_node *left = rcu_get_protected(&node->children[0].edge);
    struct prefix_trie_node *right =
        rcu_get_protected(&node->children[1].edge);
    if (node->n || (left && right)) {
        return false;
    }
    struct prefix_trie_node *child = left ? left : right;
    if (child) {
        unsigned n = node->n_bits + child->n_bits;
        if (n > SEGMENT_BITS) {
            return false;
        }
        uint32_t tail = node->n_bits < 32 ? child->bits >> node->n_bits : 0;
        struct prefix_trie_node *merged =
            node_create(node->bits | tail, n, child->n);
        for (int i = 0; i < 2; i++) {
            rcu_init(&merged->children[i].edge,
                     rcu_get_protected(&child->children[i].edge));
        }
        __atomic_store_n(edge, merged, __ATOMIC_RELEASE);
        rcu_postpone(free, child);
    } else {
        __atomic_store_n(edge, NULL, __ATOMIC_RELEASE);
    }
    rcu_postpone(free, node);
    return true;
}

void
prefix_trie_remove(struct prefix_trie *trie, const uint8_t *value,
                   unsigned len)
{
    struct prefix_trie_node **edges[PREFIX_TRIE_MAX_BITS + 2];
    unsigned depth = 0, start = 0;
    struct prefix_trie_node **edge = &trie->root.p;
    for (;;) {
        struct prefix_trie_node *node = *edge;
        assert(node);
        edges[depth++] = edge;
        assert(common_bits(node, value, start, len) == node->n_bits);
        start += node->n_bits;
        if (start == len) {
            assert(node->n);
            __atomic_store_n(&node->n, node->n - 1, __ATOMIC_RELAXED);
            break;
        }
        edge = &node->children[bit_at(value, start)].edge.p;
    }
    while (depth && prune(edges[depth - 1])) {
        depth--;
    }
    /* A node that lost a child may fit together with the other one. */
    if (depth && *edges[depth - 1]) {
        prune(edges[depth - 1]);
    }
}

struct prefix_trie_result
prefix_trie_lookup(const struct prefix_trie *trie, const uint8_t *value,
                   unsigned n_bits)
{
    struct prefix_trie_result result = { { 0, 0 }, 0 };
    const struct prefix_trie_node *node = rcu_get(&trie->root);
    unsigned at = 0;
    while (node) {
        unsigned same = common_bits(node, value, at, n_bits);
        at += same;
        if (same < node->n_bits) {
            /* The bit that differs was looked at. */
            result.n_bits = MIN(at + 1, n_bits);
            return result;
        }
        if (at && __atomic_load_n(&node->n, __ATOMIC_RELAXED)) {
            result.lens[(at - 1) / 64] |= UINT64_C(1) << (at - 1) % 64;
        }
        if (at >= n_bits) {
            break;
        }
        const struct prefix_trie_node *next =
            rcu_get(&node->children[bit_at(value, at)].edge);
        if (!next) {
            /* A branch on the other side is ruled out by one bit. */
            bool other = rcu_get(&node->children[!bit_at(value, at)].edge);
            result.n_bits = at + other;
            return result;
        }
        node = next;
    }
    result.n_bits = at;
    return result;
}
