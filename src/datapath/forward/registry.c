/* All datapaths of the program.  Main thread. */

#include <string.h>

#include "base/mem.h"
#include "datapath/forward/forward_private.h"
#include "sys/log/log.h"

LOG_MODULE(dpif_registry);

static struct list datapaths = LIST_INITIALIZER(&datapaths);

const char *const datapath_types[] = { "dummy", "netdev", "system", NULL };

struct datapath *
datapath_find(const char *name, const char *type)
{
    struct forward *f;
    LIST_FOR_EACH (f, node, &datapaths) {
        if (!strcmp(f->up.name, name)
            && (!type || !strcmp(f->up.type, type))) {
            return &f->up;
        }
    }
    return NULL;
}

struct error *
datapath_open(const char *name, const char *type,
              const struct datapath_observer *observer, struct datapath **dpp)
{
    type = *type ? type : "system";
    *dpp = NULL;
    bool known = false;
    for (size_t i = 0; datapath_types[i]; i++) {
        known |= !strcmp(type, datapath_types[i]);
    }
    if (!known) {
        return error_create("could not create datapath %s of unknown type %s",
                            name, type);
    }
    struct datapath *dp = datapath_find(name, type);
    if (dp) {
        struct forward *f = forward_cast(dp);
        if (observer && f->observer.miss) {
            return error_create("datapath %s is in use", name);
        }
        if (observer) {
            f->observer = *observer;
        }
        f->n_opens++;
        *dpp = dp;
        return NULL;
    }
    struct error *error = forward_ops.open(name, type, observer, dpp);
    if (!error) {
        list_push_back(&datapaths, &forward_cast(*dpp)->node);
    }
    return error;
}

void
datapath_close(struct datapath *dp)
{
    if (dp && !--forward_cast(dp)->n_opens) {
        list_remove(&forward_cast(dp)->node);
        dp->ops->close(dp);
    }
}

static int
compare(const void *a_, const void *b_)
{
    const struct datapath *a = *(struct datapath *const *) a_;
    const struct datapath *b = *(struct datapath *const *) b_;
    return strcmp(a->name, b->name);
}

struct datapath **
datapath_list(size_t *np)
{
    VEC(struct datapath *) all = VEC_INITIALIZER;
    struct forward *f;
    LIST_FOR_EACH (f, node, &datapaths) {
        vec_push(&all, &f->up);
    }
    if (all.n) {
        qsort(all.items, all.n, sizeof *all.items, compare);
    }
    *np = all.n;
    return all.items;
}

void
datapath_ports_free(struct datapath_port *ports, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(ports[i].name);
        free(ports[i].type);
    }
    free(ports);
}

const char *
datapath_device_type(const char *datapath_type, const char *interface_type)
{
    if (strcmp(interface_type, "internal")) {
        return *interface_type ? interface_type : "system";
    }
    return !strcmp(datapath_type, "dummy") || netdev_dummy_overrides()
               ? "dummy-internal"
               : "tap";
}
