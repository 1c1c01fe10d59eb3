/* --help of vtep-ctl. */

#include <stdio.h>

#include "cmd/vtep-ctl/vtep.h"
#include "rpc/stream/stream.h"
#include "rpc/stream/tls.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

static const char commands_help[] =
    "\nThe gateway:\n"
    "  show                        print the configuration in short\n"
    "\nPhysical switches and ports:\n"
    "  add-ps PS                   add a physical switch\n"
    "  del-ps PS                   remove a physical switch with its ports\n"
    "  list-ps                     print the names of physical switches\n"
    "  ps-exists PS                exit with status 2 if it does not exist\n"
    "  list-ports PS               print the names of ports\n"
    "  add-port PS PORT            add a port\n"
    "  del-port PS PORT            remove a port\n"
    "\nLogical switches:\n"
    "  add-ls LS                   add a logical switch\n"
    "  del-ls LS                   remove a logical switch\n"
    "  list-ls                     print the names of logical switches\n"
    "  ls-exists LS                exit with status 2 if it does not exist\n"
    "  bind-ls PS PORT VLAN LS     put a VLAN of a port into a logical "
    "switch\n"
    "  unbind-ls PS PORT VLAN      take it out again\n"
    "  list-bindings PS PORT       print VLANs and their logical switches\n"
    "  set-replication-mode LS MODE  who copies broadcast packets:\n"
    "                              service_node or source_node\n"
    "  get-replication-mode LS     print that\n"
    "\nLogical routers:\n"
    "  add-lr LR                   add a logical router\n"
    "  del-lr LR                   remove a logical router\n"
    "  list-lr                     print the names of logical routers\n"
    "  lr-exists LR                exit with status 2 if it does not exist\n"
    "\nAddresses and their tunnel end points (SIDE: local if the gateway\n"
    "learned them, remote if its controller did):\n"
    "  add-ucast-SIDE LS MAC [ENCAP] IP  set the end point of an address\n"
    "  del-ucast-SIDE LS MAC       remove an address\n"
    "  add-mcast-SIDE LS MAC [ENCAP] IP  add an end point for an address\n"
    "  del-mcast-SIDE LS MAC [ENCAP] IP  remove an end point\n"
    "  clear-SIDE-macs LS          remove all addresses\n"
    "  list-SIDE-macs LS           print the addresses\n"
    "\nManagers:\n"
    "  get-manager                 print the targets of managers\n"
    "  del-manager                 remove the managers\n"
    "  [--inactivity-probe=MSECS]\n"
    "  set-manager TARGET...       replace the managers\n"
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
vtep_print_help(void)
{
    printf("%s: configures a VXLAN gateway\n"
           "usage: %s [OPTIONS] COMMAND [ARG...] [-- [OPTIONS] COMMAND "
           "[ARG...]]...\n%s",
           program_name(), program_name(), commands_help);
    printf("\nOptions:\n"
           "  --db=DATABASE               server to connect to\n"
           "                              (default: unix:%s/db.sock)\n"
           "  -t, --timeout=SECS          give up after SECS seconds\n"
           "  --dry-run                   change nothing\n"
           "  --oneline                   print one line per command\n",
           dirs_rundir());
    text_table_print_help();
    options_log_print_help();
    tls_print_help(true, true);
    printf("  --no-syslog                 same as "
           "--verbose=vtep_ctl:syslog:warn\n");
    stream_print_help("database", true, true);
    printf("\nOther options:\n"
           "  -h, --help                  print this text\n"
           "  -V, --version               print the version\n");
}
