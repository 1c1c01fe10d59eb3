/* The userspace datapath: types "netdev" and "dummy". */

#pragma once

#include "datapath/odp/datapath.h"
#include "sys/loop/loop.h"

/* Operations of the userspace datapath. */
extern const struct datapath_ops forward_ops;

/* Registers the runtime commands dpif-netdev/...; once. */
void forward_register_commands(void);
/* What translation may use. */
void forward_support(struct datapath_support *);

/* The registry of datapaths: opens, or creates, datapath 'name' of 'type'
 * ("netdev", "dummy", "system"; ""  is "system").  "system" is the userspace
 * datapath when the kernel has none.  One at a time may be open with an
 * observer. */
struct error *datapath_open(const char *name, const char *type,
                            const struct datapath_observer *,
                            struct datapath **) WARN_UNUSED;
void datapath_close(struct datapath *);
/* An existing one, borrowed; 'type' NULL: any. */
struct datapath *datapath_find(const char *name, const char *type);
/* All existing ones by name; the caller frees the array. */
struct datapath **datapath_list(size_t *np);
/* Names of types; static. */
extern const char *const datapath_types[];
void datapath_ports_free(struct datapath_port *, size_t n);
/* Type of device that 'type' of an interface means in a datapath of this
 * type ("internal" is "tap" in netdev, "dummy-internal" in dummy). */
const char *datapath_device_type(const char *datapath_type,
                                 const char *interface_type);
