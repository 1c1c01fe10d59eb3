/* What --help prints. */

#include <stdio.h>
#include <stdlib.h>

#include "cmd/ovsdb-server/ovsdb_server.h"
#include "rpc/stream/stream.h"
#include "rpc/stream/tls.h"
#include "sys/process/daemon.h"
#include "sys/process/dirs.h"
#include "sys/process/options.h"
#include "sys/process/program.h"

void
server_usage(void)
{
    printf("%s: Open vSwitch database server\n"
           "usage: %s [OPTIONS] [DATABASE...]\n"
           "where each DATABASE is the file of a database; without any,\n"
           "%s/conf.db.\n",
           program_name(), program_name(), dirs_dbdir());
    printf("\nJSON-RPC options (may be given several times):\n"
           "  --remote=REMOTE         connect to or listen on REMOTE\n");
    stream_print_help("JSON-RPC", true, true);
    daemon_print_help();
    options_log_print_help();
    tls_print_help(true, true);
    printf("\nOther options:\n"
           "  --run COMMAND           run COMMAND, exit when it ends\n"
           "  --unixctl=SOCKET        other control socket\n"
           "  --no-dbs                start without databases\n"
           "  --disable-file-column-diff\n"
           "                          write whole values into files\n"
           "  --disable-file-no-data-conversion\n"
           "                          write data when a schema changes\n"
           "  --record[=DIR]          put all that comes in on record\n"
           "  --replay[=DIR]          do what is on record again\n"
           "  -h, --help              this help message\n"
           "  -V, --version           version information\n");
    exit(EXIT_SUCCESS);
}
