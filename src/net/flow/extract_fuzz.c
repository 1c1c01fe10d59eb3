/* Arbitrary packets: the fast parser must agree with the general one. */

#include "net/flow/extract.h"

#include <assert.h>
#include <stdlib.h>

#include "net/flow/mask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packet *p = packet_create_copy(data, size < 65536 ? size : 65536);
    struct flow fast, general;
    flow_extract(p, &fast);
    uint16_t l3 = p->l3_offset, l4 = p->l4_offset, pad = p->l2_pad;
    flow_extract_general(p, &general);
    if (!flow_equal(&fast, &general) || l3 != p->l3_offset
        || l4 != p->l4_offset || pad != p->l2_pad) {
        abort();
    }
    packet_free(p);
    return 0;
}
