/* --user: another user and group, with the few capabilities that daemons
 * need. */

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sys/log/log_config.h"
#include "sys/process/daemon_private.h"
#include "sys/process/program.h"

/* What messages begin with. */
static const char *
subject(void)
{
    return daemon_config.pidfile ? daemon_config.pidfile : "(null)";
}

static bool
is_member(const char *user, gid_t primary, const struct group *group)
{
    if (group->gr_gid == primary) {
        return true;
    }
    for (char **m = group->gr_mem; *m; m++) {
        if (!strcmp(*m, user)) {
            return true;
        }
    }
    return false;
}

struct error *
user_parse(const char *spec)
{
    if (geteuid() || getuid()) {
        return error_create("%s: only root can use --user option", subject());
    }
    daemon_config.uid = getuid();
    daemon_config.gid = getgid();
    if (!*spec) {
        return NULL;
    }
    size_t len = strcspn(spec, ":");
    char *user = xmemdup0(spec, len);
    const char *group_name = spec[len] ? spec + len + 1 : "";
    struct error *error = NULL;
    const struct passwd *pw = *user ? getpwnam(user) : getpwuid(getuid());
    if (!pw) {
        error =
            error_create("%s: user %s not found, aborting.", subject(), user);
        goto out;
    }
    daemon_config.uid = pw->pw_uid;
    daemon_config.gid = pw->pw_gid;
    free(daemon_config.user_name);
    daemon_config.user_name = xstrdup(pw->pw_name);
    if (*group_name) {
        const struct group *gr = getgrnam(group_name);
        if (!gr) {
            error = error_create("%s: group %s not found, aborting.",
                                 subject(), group_name);
            goto out;
        }
        if (*user && !is_member(user, pw->pw_gid, gr)) {
            error = error_create("%s: Invalid --user option %s (user %s is "
                                 "not in group %s), aborting.",
                                 subject(), spec, user, group_name);
            goto out;
        }
        daemon_config.gid = gr->gr_gid;
    }
    daemon_config.switch_user = true;
out:
    free(user);
    return error;
}

void
user_switch(bool keep_net_caps)
{
    uid_t uid = daemon_config.uid;
    gid_t gid = daemon_config.gid;
    int error = log_change_owner(uid, gid);
    if (error) {
        program_fatal(error, "%s: cannot give the log file to user %s",
                      subject(), daemon_config.user_name);
    }

    capng_clear(CAPNG_SELECT_BOTH);
    capng_type_t type = CAPNG_EFFECTIVE | CAPNG_PERMITTED;
    int failed =
        capng_updatev(CAPNG_ADD, type, CAP_IPC_LOCK, CAP_NET_BIND_SERVICE, -1);
    if (keep_net_caps) {
        failed |= capng_updatev(CAPNG_ADD, type, CAP_NET_ADMIN, CAP_NET_RAW,
                                CAP_NET_BROADCAST, -1);
    }
    int result =
        failed ? -1
               : capng_change_id(uid, gid,
                                 CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
    if (result) {
        program_fatal(0, "%s: capng_change_id(%ld,%ld) failed (%d), aborting",
                      subject(), (long) uid, (long) gid, result);
    }
    if (setenv("HOME", "/", 1) || getuid() != uid || getgid() != gid) {
        program_fatal(0, "%s: cannot become user %s, aborting.", subject(),
                      daemon_config.user_name);
    }
}
