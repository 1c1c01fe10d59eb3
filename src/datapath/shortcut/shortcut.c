/* The shortcut: loading and attaching the programs, slots, masks. */

#include "datapath/shortcut/shortcut.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/vec.h"
#include "datapath/shortcut/spread.h"
#include "sys/clock/clock.h"
#include "sys/log/log.h"

LOG_MODULE(shortcut);

enum {
    /* A program that has begun ends within microseconds: after this time
     * nothing looks at what was given up. */
    QUARANTINE_MS = 100,
    TC_HANDLE = 1,
    TC_PRIORITY = 0x4f56, /* "OV". */
};

/* The compiled programs; of no size if there was no compiler for them. */
extern const uint8_t shortcut_object[];
extern const size_t shortcut_object_size;

struct slot {
    bool active;
    bool is_flood;           /* Counted in its device's n_floods. */
    struct shortcut_key key; /* In the kernel's table. */
    long long idle_since_ms; /* Not active since then. */
};

struct mask {
    struct shortcut_key bits;
    size_t n_active; /* Slots with this mask. */
    long long idle_since_ms;
};

struct device {
    int ifindex;
    int fd;
    char name[IFNAMSIZ];
    unsigned int n_floods; /* Active slots that want a processor. */
    bool is_spread;        /* By us, for them. */
};

struct shortcut {
    struct bpf_object *object;
    int look_fd;
    int run_fd;
    int flows_fd;
    struct shortcut_masks *kernel_masks; /* Mapped, as the next. */
    struct shortcut_slot *kernel_slots;
    struct slot slots[SHORTCUT_MAX_SLOTS];
    uint32_t next_slot; /* Never taken from here on; atomic. */
    struct mask masks[SHORTCUT_MAX_MASKS];
    size_t n_active;
    uint64_t n_retired; /* Packets of slots that were freed; atomic. */
    VEC(uint32_t) free_slots;
    VEC(struct device) devices;
};

static int
print_nothing(enum libbpf_print_level level UNUSED, const char *format UNUSED,
              va_list args UNUSED)
{
    return 0;
}

static size_t
whole_pages(size_t size)
{
    size_t page = sysconf(_SC_PAGESIZE);
    return DIV_ROUND_UP(size, page) * page;
}

static void *
map_memory(struct bpf_object *object, const char *name, size_t size)
{
    int fd = bpf_object__find_map_fd_by_name(object, name);
    void *p = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, MAP_SHARED,
                   fd, 0);
    return p == MAP_FAILED ? NULL : p;
}

static int
find_program(struct bpf_object *object, const char *name)
{
    return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

static int
load(struct shortcut *s)
{
    libbpf_set_print(print_nothing);
    s->object =
        bpf_object__open_mem(shortcut_object, shortcut_object_size, NULL);
    if (!s->object) {
        return errno;
    }
    int error = -bpf_object__load(s->object);
    if (error) {
        return error;
    }
    s->look_fd = find_program(s->object, "look");
    s->run_fd = find_program(s->object, "run");
    s->flows_fd = bpf_object__find_map_fd_by_name(s->object, "flows");
    s->kernel_masks = map_memory(s->object, "masks", sizeof *s->kernel_masks);
    s->kernel_slots = map_memory(s->object, "slots",
                                 SHORTCUT_MAX_SLOTS * sizeof *s->kernel_slots);
    return s->kernel_masks && s->kernel_slots ? 0 : errno;
}

struct error *
shortcut_create(struct shortcut **sp)
{
    *sp = NULL;
    if (!shortcut_object_size) {
        return error_create("built without a compiler for its programs");
    }
    struct shortcut *s = xzalloc(sizeof *s);
    s->next_slot = 1;
    int error = load(s);
    if (error) {
        shortcut_destroy(s);
        return error_create("cannot load programs: %s", strerror(error));
    }
    *sp = s;
    return NULL;
}

void
shortcut_destroy(struct shortcut *s)
{
    if (!s) {
        return;
    }
    shortcut_detach_all(s);
    if (s->kernel_masks) {
        munmap(s->kernel_masks, whole_pages(sizeof *s->kernel_masks));
    }
    if (s->kernel_slots) {
        munmap(s->kernel_slots,
               whole_pages(SHORTCUT_MAX_SLOTS * sizeof *s->kernel_slots));
    }
    bpf_object__close(s->object);
    vec_uninit(&s->free_slots);
    vec_uninit(&s->devices);
    free(s);
}

static struct device *
find_device(struct shortcut *s, int ifindex)
{
    for (size_t i = 0; i < s->devices.n; i++) {
        if (s->devices.items[i].ifindex == ifindex) {
            return &s->devices.items[i];
        }
    }
    return NULL;
}

static void
init_hook(struct bpf_tc_hook *hook, int ifindex)
{
    memset(hook, 0, sizeof *hook);
    hook->sz = sizeof *hook;
    hook->ifindex = ifindex;
    hook->attach_point = BPF_TC_INGRESS;
}

static void
remove_program(const struct device *d)
{
    struct bpf_tc_hook hook;
    struct bpf_tc_opts opts = { .sz = sizeof opts,
                                .handle = TC_HANDLE,
                                .priority = TC_PRIORITY };
    init_hook(&hook, d->ifindex);
    /* The queueing discipline stays: others may use it by now. */
    (void) bpf_tc_detach(&hook, &opts);
}

struct error *
shortcut_attach(struct shortcut *s, int ifindex, int fd)
{
    if (find_device(s, ifindex)) {
        return NULL;
    }
    struct device d = { .ifindex = ifindex, .fd = fd };
    struct bpf_tc_hook hook;
    struct bpf_tc_opts opts = { .sz = sizeof opts,
                                .prog_fd = s->run_fd,
                                .flags = BPF_TC_F_REPLACE,
                                .handle = TC_HANDLE,
                                .priority = TC_PRIORITY };
    init_hook(&hook, ifindex);
    int error = -bpf_tc_hook_create(&hook);
    if (!error || error == EEXIST) {
        error = -bpf_tc_attach(&hook, &opts);
    }
    if (error) {
        return error_create("cannot attach to device %d: %s", ifindex,
                            strerror(error));
    }
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &s->look_fd,
                   sizeof s->look_fd)) {
        error = errno;
        remove_program(&d);
        return error_create("cannot attach to the socket of device %d: %s",
                            ifindex, strerror(error));
    }
    if (!if_indextoname(ifindex, d.name)) {
        d.name[0] = '\0'; /* It is going. */
    }
    vec_push(&s->devices, d);
    if (!shortcut_is_broken(s)) {
        __atomic_store_n(&s->kernel_masks->unserved, 0, __ATOMIC_RELAXED);
    }
    return NULL;
}

void
shortcut_detach(struct shortcut *s, int ifindex)
{
    struct device *d = find_device(s, ifindex);
    if (d) {
        /* The socket first, so that no packet is kept from it in vain. */
        int none = 0;
        (void) setsockopt(d->fd, SOL_SOCKET, SO_DETACH_BPF, &none,
                          sizeof none);
        remove_program(d);
        if (d->is_spread) {
            spread_end(d->name);
        }
        vec_remove(&s->devices, d - s->devices.items);
    }
}

void
shortcut_detach_all(struct shortcut *s)
{
    while (s->devices.n) {
        shortcut_detach(s, s->devices.items[0].ifindex);
    }
    if (s->kernel_masks) {
        __atomic_store_n(&s->kernel_masks->unserved, 0, __ATOMIC_RELAXED);
    }
}

uint32_t
shortcut_take_slot(struct shortcut *s)
{
    if (s->free_slots.n && s->next_slot == SHORTCUT_MAX_SLOTS) {
        return vec_pop(&s->free_slots);
    }
    return s->next_slot < SHORTCUT_MAX_SLOTS
               ? __atomic_fetch_add(&s->next_slot, 1, __ATOMIC_RELAXED)
               : 0;
}

void
shortcut_free_slot(struct shortcut *s, uint32_t slot)
{
    shortcut_clear(s, slot);
    vec_push(&s->free_slots, slot);
}

/* The number of the mask, which it makes if there is room, or -1. */
static int
use_mask(struct shortcut *s, const struct shortcut_key *bits, long long now_ms)
{
    int unused = -1;
    for (int i = 0; i < SHORTCUT_MAX_MASKS; i++) {
        struct mask *m = &s->masks[i];
        if (m->n_active) {
            if (!memcmp(&m->bits, bits, sizeof *bits)) {
                return i;
            }
        } else if (!m->idle_since_ms
                   || now_ms - m->idle_since_ms >= QUARANTINE_MS) {
            unused = unused < 0 ? i : unused;
        }
    }
    if (unused >= 0) {
        s->masks[unused].bits = *bits;
        memcpy(s->kernel_masks->words[unused], bits, sizeof *bits);
        __atomic_fetch_or(&s->kernel_masks->active, 1u << unused,
                          __ATOMIC_RELEASE);
    }
    return unused;
}

static void
unuse_mask(struct shortcut *s, uint32_t number, long long now_ms)
{
    struct mask *m = &s->masks[number];
    if (!--m->n_active) {
        m->idle_since_ms = now_ms;
        __atomic_fetch_and(&s->kernel_masks->active, ~(1u << number),
                           __ATOMIC_RELEASE);
    }
}

/* Takes back the processor that no flood needs any more. */
static void
end_flood(struct device *d)
{
    if (!d->n_floods && d->is_spread) {
        spread_end(d->name);
        d->is_spread = false;
    }
}

int
shortcut_activate(struct shortcut *s, uint32_t slot,
                  const struct shortcut_rule *rule, uint32_t cpu)
{
    struct slot *own = &s->slots[slot];
    struct shortcut_slot *k = &s->kernel_slots[slot];
    struct device *d = find_device(s, rule->key.ifindex);
    long long now_ms = clock_msec();

    if (own->active) {
        return EEXIST;
    }
    if (shortcut_is_broken(s)) {
        return ENODEV;
    }
    if (own->idle_since_ms && now_ms - own->idle_since_ms < QUARANTINE_MS) {
        return EAGAIN;
    }
    own->is_flood = cpu != SHORTCUT_ANY_CPU;
    if (own->is_flood && !d->n_floods) {
        int error = spread_begin(d->name, cpu, &d->is_spread);
        if (error) {
            return error;
        }
    }
    int mask = use_mask(s, &rule->mask, now_ms);
    if (mask < 0) {
        end_flood(d);
        return ENOSPC;
    }
    k->n_ops = rule->n_ops;
    memcpy(k->ops, rule->ops, sizeof k->ops);
    own->key = rule->key;
    own->key.mask = mask;
    s->masks[mask].n_active++;
    if (bpf_map_update_elem(s->flows_fd, &own->key, &slot, BPF_NOEXIST)) {
        int error = errno;
        unuse_mask(s, mask, now_ms);
        end_flood(d);
        return error;
    }
    d->n_floods += own->is_flood;
    own->active = true;
    s->n_active++;
    return 0;
}

void
shortcut_deactivate(struct shortcut *s, uint32_t slot)
{
    struct slot *own = &s->slots[slot];
    if (own->active) {
        (void) bpf_map_delete_elem(s->flows_fd, &own->key);
        own->active = false;
        own->idle_since_ms = clock_msec();
        s->n_active--;
        unuse_mask(s, own->key.mask, own->idle_since_ms);
        struct device *d = find_device(s, own->key.ifindex);
        if (d && own->is_flood) {
            d->n_floods--;
            end_flood(d);
        }
    }
}

void
shortcut_read(const struct shortcut *s, uint32_t slot,
              struct shortcut_counters *c)
{
    const struct shortcut_slot *k = &s->kernel_slots[slot];
    c->n_packets = __atomic_load_n(&k->n_packets, __ATOMIC_RELAXED);
    c->n_bytes = __atomic_load_n(&k->n_bytes, __ATOMIC_RELAXED);
    c->used_ms = __atomic_load_n(&k->used_ns, __ATOMIC_RELAXED) / 1000000;
    c->tcp_flags = __atomic_load_n(&k->tcp_flags, __ATOMIC_RELAXED);
}

void
shortcut_clear(struct shortcut *s, uint32_t slot)
{
    struct shortcut_slot *k = &s->kernel_slots[slot];
    uint64_t n = __atomic_exchange_n(&k->n_packets, 0, __ATOMIC_RELAXED);
    __atomic_fetch_add(&s->n_retired, n, __ATOMIC_RELAXED);
    __atomic_store_n(&k->n_bytes, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&k->used_ns, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&k->tcp_flags, 0, __ATOMIC_RELAXED);
}

uint64_t
shortcut_n_packets(const struct shortcut *s)
{
    uint64_t n = __atomic_load_n(&s->n_retired, __ATOMIC_RELAXED);
    uint32_t end = __atomic_load_n(&s->next_slot, __ATOMIC_RELAXED);
    for (uint32_t i = 1; i < end; i++) {
        n += __atomic_load_n(&s->kernel_slots[i].n_packets, __ATOMIC_RELAXED);
    }
    return n;
}

size_t
shortcut_n_active(const struct shortcut *s)
{
    return s->n_active;
}

bool
shortcut_is_broken(const struct shortcut *s)
{
    return __atomic_load_n(&s->kernel_masks->unserved, __ATOMIC_RELAXED)
           > SHORTCUT_MAX_UNSERVED;
}
