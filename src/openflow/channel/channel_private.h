/* What the files of channels share. */

#pragma once

#include "openflow/channel/channel.h"

/* A channel over 'stream', which it takes, that will not connect again. */
struct channel *channel_accepted(struct loop *, struct stream *,
                                 const struct channel_options *);
