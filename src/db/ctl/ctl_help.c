/* --help: what all tools have, around the tool's commands. */

#include <stdio.h>

#include "db/ctl/ctl_private.h"
#include "rpc/stream/stream.h"
#include "rpc/stream/tls.h"
#include "sys/log/log.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

static const char database_help[] =
    "\nAny table:\n"
    "  list TABLE [RECORD]...      print records\n"
    "  find TABLE CONDITION...     print records that fit\n"
    "  get TABLE RECORD COLUMN[:KEY]...  print values\n"
    "  set TABLE RECORD COLUMN[:KEY]=VALUE...  set values\n"
    "  add TABLE RECORD COLUMN [KEY=]VALUE...  add to sets and maps\n"
    "  remove TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...  remove from "
    "them\n"
    "  clear TABLE RECORD COLUMN...  empty columns\n"
    "  create TABLE COLUMN[:KEY]=VALUE...  add a record\n"
    "  destroy TABLE RECORD...     delete records\n"
    "  wait-until TABLE RECORD [COLUMN[:KEY]=VALUE]...  wait for a "
    "condition\n"
    "  comment [ARG]...            put a comment into the log\n";

void
ctl_print_help(const struct ctl_config *config)
{
    printf("%s: %s\n"
           "usage: %s [OPTIONS] COMMAND [ARG...] [-- [OPTIONS] COMMAND "
           "[ARG...]]...\n%s%s",
           program_name(), config->purpose, program_name(),
           config->commands_help, database_help);
    printf("\nOptions:\n"
           "  --db=DATABASE               server to connect to\n"
           "                              (default: unix:%s/db.sock)\n",
           dirs_rundir());
    if (config->has_wait) {
        printf("  --no-wait                   do not wait for ovs-vswitchd\n"
               "  --retry                     keep trying to connect\n");
    }
    printf("  -t, --timeout=SECS          give up after SECS seconds\n"
           "  --dry-run                   change nothing\n"
           "  --oneline                   print one line per command\n");
    text_table_print_help();
    options_log_print_help();
    tls_print_help(true, true);
    printf("  --no-syslog                 same as --verbose=%s:syslog:warn\n",
           config->log->name);
    stream_print_help("database", true, true);
    printf("\nOther options:\n"
           "  -h, --help                  print this text\n"
           "  -V, --version               print the version\n");
}
