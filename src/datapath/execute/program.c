/* From attributes to fixed-size operations. */

#include "datapath/execute/program.h"

#include <stdlib.h>

#include "base/mem.h"
#include "datapath/execute/execute.h"
#include "datapath/odp/attr.h"

struct program *
program_compile(const uint8_t *actions, size_t size)
{
    const struct odp_attr *a;
    size_t n = 0;

    ODP_FOR_EACH(a, actions, size)
    {
        n++;
    }
    struct program *p = xmalloc(sizeof *p + n * sizeof *p->ops);
    p->n = 0;
    ODP_FOR_EACH(a, actions, size)
    {
        p->ops[p->n] = (struct program_op){
            a->type,
            p->n + 1 == n,
            odp_attr_size(a) >= 4 ? odp_attr_u32(a) : 0,
            a,
        };
        p->n++;
    }
    return p;
}

void
program_destroy(struct program *p)
{
    free(p);
}
