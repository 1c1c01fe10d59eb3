/* --help of ovs-vsctl. */

#include <stdio.h>

#include "cmd/ovs-vsctl/vsctl.h"
#include "rpc/stream/stream.h"
#include "rpc/stream/tls.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

static const char commands_help[] =
    "\nThe switch:\n"
    "  init                        make the database ready for use\n"
    "  show                        print the configuration in short\n"
    "  emer-reset                  go back to a plain configuration\n"
    "\nBridges:\n"
    "  add-br BRIDGE               add a bridge\n"
    "  add-br BRIDGE PARENT VLAN   add a fake bridge for a VLAN of PARENT\n"
    "  del-br BRIDGE               remove a bridge with its ports\n"
    "  list-br                     print the names of bridges\n"
    "  br-exists BRIDGE            exit with status 2 if it does not exist\n"
    "  br-to-vlan BRIDGE           print the VLAN of a fake bridge, or 0\n"
    "  br-to-parent BRIDGE         print the parent of a fake bridge\n"
    "  br-set-external-id BRIDGE KEY [VALUE]  set or remove an external id\n"
    "  br-get-external-id BRIDGE [KEY]  print external ids\n"
    "\nPorts (a bond is one port):\n"
    "  list-ports BRIDGE           print the names of ports\n"
    "  add-port BRIDGE PORT        add a port with its interface\n"
    "  add-bond BRIDGE PORT IFACE...  add a bond of interfaces\n"
    "  add-bond-iface BOND IFACE   add an interface to a bond\n"
    "  del-bond-iface [BOND] IFACE  remove an interface from a bond\n"
    "  del-port [BRIDGE] PORT      remove a port\n"
    "  port-to-br PORT             print the bridge of a port\n"
    "\nInterfaces (a bond has several):\n"
    "  list-ifaces BRIDGE          print the names of interfaces\n"
    "  iface-to-br IFACE           print the bridge of an interface\n"
    "\nControllers:\n"
    "  get-controller BRIDGE       print the targets of controllers\n"
    "  del-controller BRIDGE       remove the controllers\n"
    "  [--inactivity-probe=MSECS]\n"
    "  set-controller BRIDGE TARGET...  replace the controllers\n"
    "  get-fail-mode BRIDGE        print the fail mode\n"
    "  del-fail-mode BRIDGE        remove the fail mode\n"
    "  set-fail-mode BRIDGE MODE   set the fail mode\n"
    "\nManagers:\n"
    "  get-manager                 print the targets of managers\n"
    "  del-manager                 remove the managers\n"
    "  [--inactivity-probe=MSECS]\n"
    "  set-manager TARGET...       replace the managers\n"
    "\nTLS:\n"
    "  get-ssl                     print the files of keys\n"
    "  del-ssl                     remove them\n"
    "  set-ssl PRIV-KEY CERT CA-CERT  set them\n"
    "\nAuto-Attach:\n"
    "  add-aa-mapping BRIDGE I-SID VLAN  add a mapping\n"
    "  del-aa-mapping BRIDGE I-SID VLAN  remove a mapping\n"
    "  get-aa-mapping BRIDGE       print the mappings\n"
    "\nConnection tracking and datapaths:\n"
    "  add-zone-tp DATAPATH zone=ZONE POLICY=SECONDS...  add timeouts\n"
    "  del-zone-tp DATAPATH zone=ZONE  remove timeouts\n"
    "  list-zone-tp DATAPATH       print timeouts\n"
    "  set-zone-limit DATAPATH ZONE|default LIMIT  limit connections\n"
    "  del-zone-limit DATAPATH ZONE|default  remove the limit\n"
    "  list-zone-limits DATAPATH   print limits\n"
    "  list-dp-cap DATAPATH        print what the datapath can do\n"
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
vsctl_print_help(void)
{
    printf("%s: configures ovs-vswitchd\n"
           "usage: %s [OPTIONS] COMMAND [ARG...] [-- [OPTIONS] COMMAND "
           "[ARG...]]...\n%s",
           program_name(), program_name(), commands_help);
    printf("\nOptions:\n"
           "  --db=DATABASE               server to connect to\n"
           "                              (default: unix:%s/db.sock)\n"
           "  --no-wait                   do not wait for ovs-vswitchd\n"
           "  --retry                     keep trying to connect\n"
           "  -t, --timeout=SECS          give up after SECS seconds\n"
           "  --dry-run                   change nothing\n"
           "  --oneline                   print one line per command\n",
           dirs_rundir());
    text_table_print_help();
    options_log_print_help();
    tls_print_help(true, true);
    printf("  --no-syslog                 same as "
           "--verbose=vsctl:syslog:warn\n");
    stream_print_help("database", true, true);
    printf("\nOther options:\n"
           "  -h, --help                  print this text\n"
           "  -V, --version               print the version\n");
}
