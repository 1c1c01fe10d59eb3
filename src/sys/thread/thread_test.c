/* Threads, mutexes and RCU. */

#include "sys/thread/thread.h"

#include "base/mem.h"
#include "base/test.h"
#include "sys/thread/mutex.h"
#include "sys/thread/rcu.h"

struct shared {
    struct mutex mutex;
    int counter; /* Under 'mutex'. */
    RCU_PTR(int *) value;
    int stop;
    int n_freed;
};

static void
count(void *shared_)
{
    struct shared *shared = shared_;
    for (int i = 0; i < 1000; i++) {
        mutex_lock(&shared->mutex);
        shared->counter++;
        mutex_unlock(&shared->mutex);
    }
}

static void
test_mutex_excludes_threads(void **state UNUSED)
{
    struct shared shared = { .mutex = MUTEX_INITIALIZER };
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        threads[i] = thread_create("count%u", count, &shared);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(threads[i]);
    }

    mutex_lock(&shared.mutex);
    assert_int_equal(shared.counter, 4000);
    mutex_unlock(&shared.mutex);
}

static void
check_name(void *name)
{
    memcpy(name, thread_name(), strlen(thread_name()) + 1);
}

static void
test_thread_name_contains_number(void **state UNUSED)
{
    char name[32];

    thread_join(thread_create("worker%u/x", check_name, name));

    assert_int_equal(strncmp(name, "worker", 6), 0);
    assert_non_null(strstr(name, "/x"));
    assert_string_equal(thread_name(), "");
    assert_true(thread_is_multithreaded());
}

static void
read_values(void *shared_)
{
    struct shared *shared = shared_;
    int last = 0;
    while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
        int value = *rcu_get(&shared->value);
        assert_true(value >= last);
        last = value;
        rcu_quiesce();
    }
}

static void
free_value(void *value)
{
    *(int *) value = -1;
    free(value);
}

static void
test_rcu_value_is_not_freed_while_readers_see_it(void **state UNUSED)
{
    struct shared shared = { .stop = 0 };
    int *first = xzalloc(sizeof *first);
    rcu_init(&shared.value, first);
    rcu_register_thread();
    pthread_t a = thread_create("reader%u", read_values, &shared);
    pthread_t b = thread_create("reader%u", read_values, &shared);

    for (int i = 1; i < 5000; i++) {
        int *value = xmalloc(sizeof *value);
        *value = i;
        rcu_postpone(free_value, rcu_exchange(&shared.value, value));
        rcu_quiesce();
    }

    __atomic_store_n(&shared.stop, 1, __ATOMIC_RELAXED);
    thread_join(a);
    thread_join(b);
    assert_int_equal(*rcu_get(&shared.value), 4999);
    rcu_offline();
    rcu_barrier();
    rcu_synchronize();
    rcu_online();
    free(shared.value.p);
}

static void
count_freed(void *shared_)
{
    struct shared *shared = shared_;
    shared->n_freed++;
}

static void
test_rcu_barrier_waits_for_postponed(void **state UNUSED)
{
    struct shared shared = { .n_freed = 0 };
    rcu_register_thread();

    for (int i = 0; i < 10; i++) {
        rcu_postpone(count_freed, &shared);
    }
    rcu_offline();
    rcu_barrier();

    assert_int_equal(shared.n_freed, 10);
    rcu_online();
    rcu_unregister_thread();
}

static void
test_condition_wait_times_out(void **state UNUSED)
{
    struct mutex mutex;
    struct condition condition;
    mutex_init(&mutex);
    condition_init(&condition);

    mutex_lock(&mutex);
    assert_false(mutex_try_lock(&mutex));
    assert_false(condition_wait_for(&condition, &mutex, 1));
    mutex_unlock(&mutex);

    condition_uninit(&condition);
    mutex_uninit(&mutex);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutex_excludes_threads),
        cmocka_unit_test(test_thread_name_contains_number),
        cmocka_unit_test(test_rcu_value_is_not_freed_while_readers_see_it),
        cmocka_unit_test(test_rcu_barrier_waits_for_postponed),
        cmocka_unit_test(test_condition_wait_times_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
