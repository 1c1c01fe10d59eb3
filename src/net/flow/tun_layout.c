/* Places of tunnel options. */

#include "net/flow/tun_layout.h"

#include "base/compiler.h"

static __thread const struct tun_layout *in_force;

const struct tun_layout *
tun_layout_use(const struct tun_layout *layout)
{
    const struct tun_layout *old = in_force;
    in_force = layout;
    return old;
}

const struct tun_layout *
tun_layout_in_force(void)
{
    return in_force;
}

bool
tun_layout_add(struct tun_layout *layout, unsigned i, unsigned len)
{
    bool used[TUN_METADATA_SIZE / 4] = { false };
    unsigned n = DIV_ROUND_UP(len, 4u);
    for (unsigned j = 0; j < ARRAY_SIZE(layout->len); j++) {
        for (unsigned k = 0; j != i && k < DIV_ROUND_UP(layout->len[j], 4u);
             k++) {
            used[layout->offset4[j] + k] = true;
        }
    }
    for (unsigned start = 0, run = 0; start + run < TUN_METADATA_SIZE / 4u;) {
        if (used[start + run]) {
            start += run + 1;
            run = 0;
        } else if (++run == n) {
            layout->offset4[i] = start;
            layout->len[i] = len;
            return true;
        }
    }
    return false;
}
