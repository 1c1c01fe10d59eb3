/* Patterns: how a record becomes a line. */

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock/clock.h"
#include "sys/log/log_private.h"
#include "sys/thread/thread.h"

#define DEFAULT_TIME "%Y-%m-%d %H:%M:%S.###"

enum { MAX_WIDTH = 1000 };

/* One "%..." of a pattern. */
struct escape {
    bool left;          /* Justified to the left. */
    char pad;           /* ' ' or '0'. */
    size_t width;       /* At least so many characters. */
    char letter;        /* 0 at the end of the pattern. */
    const char *braces; /* Text between braces, or NULL. */
    size_t braces_len;
};

/* RFC 5424 severities, by level. */
static const int severities[LOG_N_LEVELS] = {
    [LOG_LEVEL_EMER] = 1, [LOG_LEVEL_ERR] = 3, [LOG_LEVEL_WARN] = 4,
    [LOG_LEVEL_INFO] = 5, [LOG_LEVEL_DBG] = 7,
};

int
log_priority(enum log_level level, int default_facility)
{
    return (log_facility ? log_facility : default_facility)
           + severities[level];
}

/* Parses what follows a '%' and returns where the pattern goes on. */
static const char *
parse_escape(const char *p, struct escape *e)
{
    *e = (struct escape){ .pad = ' ' };
    if (*p == '-') {
        e->left = true;
        p++;
    }
    if (*p == '0') {
        e->pad = '0';
        p++;
    }
    for (; isdigit((unsigned char) *p); p++) {
        e->width = e->width * 10 + (*p - '0');
        if (e->width > MAX_WIDTH) {
            e->width = MAX_WIDTH;
        }
    }
    e->letter = *p;
    if (!*p) {
        return p;
    }
    p++;
    if (*p == '{' && strchr("cdD", e->letter)) {
        e->braces = p + 1;
        e->braces_len = strcspn(e->braces, "}");
        p = e->braces + e->braces_len;
        p += *p == '}';
    }
    return p;
}

static void
put_time(struct str *s, const struct escape *e, long long msec)
{
    struct str template = STR_INITIALIZER;
    if (e->braces && e->braces_len) {
        str_put_n(&template, e->braces, e->braces_len);
    } else {
        str_put(&template, DEFAULT_TIME);
    }
    str_put_time(s, str_text(&template), msec, e->letter == 'D');
    str_uninit(&template);
}

static void
put_hostname(struct str *s)
{
    char name[256];
    if (gethostname(name, sizeof name)) {
        name[0] = '-';
        name[1] = '\0';
    }
    name[sizeof name - 1] = '\0';
    str_put(s, name);
}

static void
put_value(struct str *s, const struct escape *e, const struct log_record *r,
          int default_facility)
{
    const char *thread = thread_name();
    switch (e->letter) {
    case 'A':
        str_put(s, log_program());
        break;
    case 'B':
        str_put_i64(s, log_priority(r->level, default_facility));
        break;
    case 'c':
        str_put(s, r->module);
        break;
    case 'd':
    case 'D':
        put_time(s, e, r->wall_msec);
        break;
    case 'E':
        put_hostname(s);
        break;
    case 'm':
        str_put(s, r->text);
        break;
    case 'N':
        str_put_u64(s, r->serial);
        break;
    case 'n':
        str_put_char(s, '\n');
        break;
    case 'p':
        str_put(s, log_level_name(r->level));
        break;
    case 'P':
        str_put_i64(s, getpid());
        break;
    case 'r':
        str_put_i64(s, clock_msec() - clock_boot_msec());
        break;
    case 't':
        str_put(s, *thread ? thread : "main");
        break;
    case 'T':
        if (*thread) {
            str_putf(s, "(%s)", thread);
        }
        break;
    default:
        str_put_char(s, e->letter);
        break;
    }
}

static void
pad_value(struct str *s, size_t start, const struct escape *e)
{
    size_t len = s->len - start;
    if (len >= e->width) {
        return;
    }
    size_t n = e->width - len;
    str_put_repeat(s, e->pad, n);
    if (!e->left) {
        memmove(s->text + start + n, s->text + start, len);
        memset(s->text + start, e->pad, n);
    }
}

void
log_pattern_put(struct str *s, const char *pattern, const struct log_record *r,
                int default_facility)
{
    for (const char *p = pattern; *p;) {
        const char *percent = strchrnul(p, '%');
        str_put_n(s, p, percent - p);
        if (!*percent) {
            break;
        }
        struct escape escape;
        p = parse_escape(percent + 1, &escape);
        if (escape.letter) {
            size_t start = s->len;
            put_value(s, &escape, r, default_facility);
            pad_value(s, start, &escape);
        }
    }
}

void
log_format(struct str *s, const char *pattern, const char *module,
           enum log_level level, unsigned int serial, const char *text)
{
    struct log_record record = {
        .module = module,
        .text = text,
        .level = level,
        .serial = serial,
        .wall_msec = clock_wall_msec(),
    };
    log_pattern_put(s, pattern, &record, LOG_FACILITY_LOCAL0);
}
