/* Which processor a device's received packets are processed on: sysfs. */

#include "datapath/shortcut/spread.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Opens what controls a queue; -1 if there is none. */
static int
open_queue(const char *device, int queue, int flags)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/sys/class/net/%s/queues/rx-%d/rps_cpus",
             device, queue);
    return open(path, flags | O_CLOEXEC);
}

static bool
is_virtual(const char *device)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/sys/class/net/%s/device", device);
    return access(path, F_OK) != 0;
}

/* Whether somebody has chosen processors: any digit but zeros. */
static bool
is_configured(const char *device)
{
    char text[1024];
    int fd = open_queue(device, 0, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : 0;
    if (fd >= 0) {
        close(fd);
    }
    for (ssize_t i = 0; i < n; i++) {
        if (!strchr("0,\n", text[i])) {
            return true;
        }
    }
    return false;
}

/* Writes 'text' to all queues. */
static int
write_queues(const char *device, const char *text)
{
    for (int i = 0; i < SPREAD_MAX_QUEUES; i++) {
        int fd = open_queue(device, i, O_WRONLY);
        if (fd < 0) {
            return i && errno == ENOENT ? 0 : errno;
        }
        int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
        close(fd);
        if (error) {
            return error;
        }
    }
    return 0;
}

int
spread_begin(const char *device, unsigned int cpu, bool *changedp)
{
    /* Groups of 32 bits in hexadecimal, the highest first. */
    char text[1024];
    size_t n = snprintf(text, sizeof text, "%x", 1u << cpu % 32);
    for (unsigned int i = 0; i < cpu / 32 && n + 10 < sizeof text; i++) {
        n += snprintf(text + n, sizeof text - n, ",00000000");
    }
    *changedp = is_virtual(device) && !is_configured(device);
    int error = *changedp ? write_queues(device, text) : 0;
    if (error) {
        spread_end(device);
        *changedp = false;
    }
    return error;
}

void
spread_end(const char *device)
{
    (void) write_queues(device, "0");
}
