/* Directories: the build's or the environment's. */

#include "sys/process/dirs.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "config.h"

enum directory {
    DIR_RUN,
    DIR_LOG,
    DIR_DB,
    DIR_SYSCONF,
    DIR_PKGDATA,
    DIR_BIN,
    DIR_SBIN,
    N_DIRS,
};

static const struct {
    const char *variable;
    const char *value; /* NULL: depends on another one. */
} defaults[N_DIRS] = {
    [DIR_RUN] = { "OVS_RUNDIR", OVS_DEFAULT_RUNDIR },
    [DIR_LOG] = { "OVS_LOGDIR", OVS_DEFAULT_LOGDIR },
    [DIR_DB] = { "OVS_DBDIR", NULL },
    [DIR_SYSCONF] = { "OVS_SYSCONFDIR", OVS_DEFAULT_SYSCONFDIR },
    [DIR_PKGDATA] = { "OVS_PKGDATADIR", OVS_DEFAULT_PKGDATADIR },
    [DIR_BIN] = { "OVS_BINDIR", OVS_DEFAULT_BINDIR },
    [DIR_SBIN] = { "OVS_SBINDIR", OVS_DEFAULT_SBINDIR },
};

static const char *values[N_DIRS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
find_directories(void)
{
    for (int i = 0; i < N_DIRS; i++) {
        const char *value = getenv(defaults[i].variable);
        values[i] = value && *value ? xstrdup(value) : defaults[i].value;
    }
    if (!values[DIR_DB]) {
        values[DIR_DB] = xasprintf("%s/openvswitch", values[DIR_SYSCONF]);
    }
}

static const char *
get_directory(enum directory directory)
{
    pthread_once(&once, find_directories);
    return values[directory];
}

const char *
dirs_rundir(void)
{
    return get_directory(DIR_RUN);
}

const char *
dirs_logdir(void)
{
    return get_directory(DIR_LOG);
}

const char *
dirs_dbdir(void)
{
    return get_directory(DIR_DB);
}

const char *
dirs_sysconfdir(void)
{
    return get_directory(DIR_SYSCONF);
}

const char *
dirs_pkgdatadir(void)
{
    return get_directory(DIR_PKGDATA);
}

const char *
dirs_bindir(void)
{
    return get_directory(DIR_BIN);
}

const char *
dirs_sbindir(void)
{
    return get_directory(DIR_SBIN);
}

char *
dirs_absolute(const char *directory, const char *name)
{
    if (name[0] == '/') {
        return xstrdup(name);
    } else if (directory) {
        return xasprintf("%s/%s", directory, name);
    }
    char *cwd = getcwd(NULL, 0);
    char *result = cwd ? xasprintf("%s/%s", cwd, name) : xstrdup(name);
    free(cwd);
    return result;
}
