/* Records of sessions as text. */

#include "rpc/stream/replay_record.h"

#include <inttypes.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "base/scan.h"

static const char magic[] = "OVS-REPLAY 1";

static const char *const kind_names[N_RECORD_KINDS] = {
    [RECORD_OPEN] = "open",     [RECORD_LISTEN] = "listen",
    [RECORD_ACCEPT] = "accept", [RECORD_STATE] = "state",
    [RECORD_RECV] = "recv",     [RECORD_SEND] = "send",
};

const char *
replay_kind_name(enum record_kind kind)
{
    return kind_names[kind];
}

/* Copies the line that 'text' begins with; returns its size in 'text', 0 if it
 * is not such as ours. */
static size_t
get_line(const char *text, size_t size, char line[128])
{
    const char *newline = memchr(text, '\n', size);
    size_t len = newline ? (size_t) (newline - text) : size;
    if (!newline || len >= 128 || memchr(text, '\0', len)) {
        return 0;
    }
    memcpy(line, text, len);
    line[len] = '\0';
    return len + 1;
}

void
replay_put_head(struct str *s, uint64_t seed)
{
    str_putf(s, "%s %" PRIu64 "\n", magic, seed);
}

bool
replay_parse_head(const char *text, size_t size, uint64_t *seedp,
                  size_t *usedp)
{
    char line[128];
    const char *rest;
    *usedp = get_line(text, size, line);
    return *usedp && scan_prefix(line, magic, &rest) && *rest == ' '
           && scan_u64(rest + 1, 10, seedp);
}

void
replay_put_record(struct str *s, const struct record *r)
{
    str_putf(s, "%lld %s %u %d %zu\n", r->ms, kind_names[r->kind], r->number,
             r->error, r->size);
    str_put_n(s, r->data, r->size);
    str_put_char(s, '\n');
}

/* Takes the numbers of a record's first line apart. */
static bool
parse_line(char *line, struct record *r)
{
    char *p = line;
    const char *ms = scan_token(&p, " "), *kind = scan_token(&p, " ");
    const char *number = scan_token(&p, " "), *error = scan_token(&p, " ");
    const char *size = scan_token(&p, " ");
    uint64_t n_ms, n_size;
    if (!size || !scan_u64(ms, 10, &n_ms) || n_ms > INT64_MAX
        || !scan_u32(number, 10, &r->number) || !scan_int(error, 10, &r->error)
        || !scan_u64(size, 10, &n_size)) {
        return false;
    }
    r->ms = (long long) n_ms;
    r->size = n_size;
    for (r->kind = 0; r->kind < N_RECORD_KINDS; r->kind++) {
        if (!strcmp(kind, kind_names[r->kind])) {
            return true;
        }
    }
    return false;
}

bool
replay_parse_record(const char *text, size_t size, struct record *r,
                    size_t *usedp)
{
    char line[128];
    size_t head = get_line(text, size, line);
    if (!head || !parse_line(line, r) || size - head <= r->size
        || text[head + r->size] != '\n') {
        return false;
    }
    r->data = text + head;
    *usedp = head + r->size + 1;
    return true;
}
