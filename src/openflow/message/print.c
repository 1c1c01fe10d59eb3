/* Messages as text: the first line, and who prints the rest. */

#include "openflow/message/print.h"
