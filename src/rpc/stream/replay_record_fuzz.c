/* Any bytes as a record of a session: what is read, written and read again is
 * the same. */

#include "rpc/stream/replay_record.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *) data;
    uint64_t seed, seed2;
    size_t used, offset;
    struct str s = STR_INITIALIZER;
    if (!replay_parse_head(text, size, &seed, &offset)) {
        return 0;
    }
    replay_put_head(&s, seed);
    assert(replay_parse_head(s.text, s.len, &seed2, &used));
    assert(seed == seed2 && used == s.len);

    struct record r, r2;
    while (replay_parse_record(text + offset, size - offset, &r, &used)) {
        offset += used;
        assert(offset <= size);
        str_clear(&s);
        replay_put_record(&s, &r);
        assert(replay_parse_record(s.text, s.len, &r2, &used));
        assert(used == s.len && r.ms == r2.ms && r.kind == r2.kind);
        assert(r.number == r2.number && r.error == r2.error);
        assert(r.size == r2.size && !memcmp(r.data, r2.data, r.size));
    }
    str_uninit(&s);
    return 0;
}
