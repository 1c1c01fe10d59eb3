/* What other_config:enable-statistics tells of the machine: processors, load,
 * memory, the daemons of the run directory, disks. */

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "vswitchd/vswitchd_private.h"

static void
add_processors(struct strmap *map)
{
    CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
    long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (n_cpus > 0) {
        str_putf(&text, "%ld", n_cpus);
        strmap_add(map, "cpu", str_steal(&text));
    }
    double loads[3];
    if (getloadavg(loads, 3) == 3) {
        str_putf(&text, "%.2f,%.2f,%.2f", loads[0], loads[1], loads[2]);
        strmap_add(map, "load_average", str_steal(&text));
    }
}

/* kB of a line of /proc/meminfo. */
static long long
meminfo(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line ? strtoll(line + strlen(name), NULL, 10) : 0;
}

/* Reads a small file of /proc into 'buffer', as a string. */
static bool
read_small(const char *name, char *buffer, size_t size)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t n = read(fd, buffer, size - 1);
    close(fd);
    buffer[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static void
add_memory(struct strmap *map)
{
    char text[4096];
    if (!read_small("/proc/meminfo", text, sizeof text)) {
        return;
    }
    long long total = meminfo(text, "MemTotal:");
    long long swap = meminfo(text, "SwapTotal:");
    strmap_add(
        map, "memory",
        xasprintf("%lld,%lld,%lld,%lld,%lld", total,
                  total - meminfo(text, "MemFree:"),
                  meminfo(text, "Buffers:") + meminfo(text, "\nCached:"), swap,
                  swap - meminfo(text, "SwapFree:")));
}

/* Of /proc/PID/stat. */
struct process {
    long long parent;
    long long cpu_ms;
    long long age_ms;
    long long virtual_kb;
    long long resident_kb;
    long long processor;
};

static bool
read_process(long long pid, struct process *process)
{
    enum { STATE = 3, PARENT = 4, UTIME = 14, STIME, START = 22 };

    enum { VSIZE = 23, RSS = 24, PROCESSOR = 39 };

    char name[64], text[4096];
    snprintf(name, sizeof name, "/proc/%lld/stat", pid);
    char *p = read_small(name, text, sizeof text) ? strrchr(text, ')') : NULL;
    if (!p) {
        return false;
    }
    long long fields[PROCESSOR + 1] = { 0 };
    char *rest = NULL;
    int i = STATE;
    for (char *word = strtok_r(p + 1, " ", &rest); word && i <= PROCESSOR;
         word = strtok_r(NULL, " ", &rest)) {
        fields[i++] = strtoll(word, NULL, 10);
    }
    char uptime[64];
    long ticks = sysconf(_SC_CLK_TCK);
    if (i <= PROCESSOR || ticks <= 0
        || !read_small("/proc/uptime", uptime, sizeof uptime)) {
        return false;
    }
    *process = (struct process){
        .parent = fields[PARENT],
        .cpu_ms = (fields[UTIME] + fields[STIME]) * 1000 / ticks,
        .age_ms = (long long) (strtod(uptime, NULL) * 1000)
                  - fields[START] * 1000 / ticks,
        .virtual_kb = fields[VSIZE] / 1024,
        .resident_kb = fields[RSS] * (sysconf(_SC_PAGESIZE) / 1024),
        .processor = fields[PROCESSOR],
    };
    return true;
}

/* How often the monitor, if 'pid' is one, started the daemon again: it says
 * so in its command line. */
static bool
read_crashes(long long pid, int *n_crashes)
{
    char name[64], text[256];
    snprintf(name, sizeof name, "/proc/%lld/cmdline", pid);
    const char *p = read_small(name, text, sizeof text)
                        ? strstr(text, ": monitoring pid ")
                        : NULL;
    p = p ? strchr(p, '(') : NULL;
    *n_crashes = p ? (int) strtol(p + 1, NULL, 10) : 0;
    return p != NULL;
}

static void
add_process(struct strmap *map, const char *file, size_t name_len)
{
    CLEANUP(str_uninit) struct str path = STR_INITIALIZER;
    CLEANUP(str_uninit) struct str key = STR_INITIALIZER;
    str_putf(&path, "%s/%s", dirs_rundir(), file);
    str_putf(&key, "process_%.*s", (int) name_len, file);
    long long pid = daemon_read_pidfile(str_text(&path));
    struct process process;
    if (pid <= 0 || !read_process(pid, &process)) {
        return;
    }
    struct process monitor;
    int n_crashes;
    long long since_ms = process.age_ms;
    if (read_crashes(process.parent, &n_crashes)
        && read_process(process.parent, &monitor)) {
        since_ms = monitor.age_ms;
    }
    strmap_add(map, str_text(&key),
               xasprintf("%lld,%lld,%lld,%d,%lld,%lld,%lld",
                         process.virtual_kb, process.resident_kb,
                         process.cpu_ms, n_crashes, since_ms, process.age_ms,
                         process.processor));
}

static void
add_processes(struct strmap *map)
{
    DIR *dir = opendir(dirs_rundir());
    if (!dir) {
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        if (len > 4 && !strcmp(entry->d_name + len - 4, ".pid")) {
            add_process(map, entry->d_name, len - 4);
        }
    }
    closedir(dir);
}

/* Local file systems that can be written, on something like a disk. */
static void
add_file_systems(struct strmap *map)
{
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    if (!mounts) {
        return;
    }
    CLEANUP(str_uninit) struct str text = STR_INITIALIZER;
    struct mntent entry;
    char buffer[4096];
    while (getmntent_r(mounts, &entry, buffer, sizeof buffer)) {
        struct statvfs fs;
        if (entry.mnt_fsname[0] != '/' || hasmntopt(&entry, MNTOPT_RO)
            || statvfs(entry.mnt_dir, &fs)) {
            continue;
        }
        for (char *p = entry.mnt_dir; *p; p++) {
            *p = strchr(" ,", *p) ? '_' : *p;
        }
        uint64_t unit = fs.f_frsize;
        str_putf(&text, "%s%s,%" PRIu64 ",%" PRIu64, text.len ? " " : "",
                 entry.mnt_dir, fs.f_blocks * unit / 1024,
                 (fs.f_blocks - fs.f_bfree) * unit / 1024);
    }
    endmntent(mounts);
    if (text.len) {
        strmap_add(map, "file_systems", str_steal(&text));
    }
}

void
system_stats_collect(struct strmap *map)
{
    add_processors(map);
    add_memory(map);
    add_processes(map);
    add_file_systems(map);
}
