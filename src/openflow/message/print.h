/* Messages as text, as "ovs-ofctl ofp-print" shows them. */

#pragma once

#include "openflow/action/action.h"
#include "openflow/message/message.h"

/* Appends the text of a whole message, with its newline. */
void message_format(const void *data, size_t size,
                    const struct actions_format *, int verbosity,
                    struct str *);
