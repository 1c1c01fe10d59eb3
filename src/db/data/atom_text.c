/* Atoms in the syntax of ovs-vsctl(8). */

#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "base/utf8.h"
#include "db/data/atom.h"
#include "db/data/type.h"

/* Most elements that one range A-B may stand for. */
enum { RANGE_MAX = 4096 };

static struct error *
parse_range(union atom *atom, union atom **range_endp, const char *text)
{
    const char *dash = *text ? strchr(text + 1, '-') : NULL;
    if (!range_endp || !dash) {
        return error_create("\"%s\" is not a valid integer or range", text);
    }
    char *first = xmemdup0(text, dash - text);
    int64_t start, end;
    bool ok = scan_i64(first, 10, &start) && scan_i64(dash + 1, 10, &end);
    free(first);
    if (!ok) {
        return error_create("\"%s\" is not a valid integer or range", text);
    }
    if (end < start) {
        return error_create("\"%s\" is not a valid range. "
                            "Range end cannot be before start.",
                            text);
    }
    atom->integer = start;
    *range_endp = xzalloc(sizeof **range_endp);
    (*range_endp)->integer = end;
    return NULL;
}

static struct error *
parse_string(union atom *atom, const char *text)
{
    size_t len = strlen(text);
    if (!len) {
        return error_create("An empty string is not valid as input; "
                            "use \"\" to represent the empty string");
    }
    if (*text != '"') {
        atom->string = atom_string_create(text, len);
        return NULL;
    }
    if (len < 2 || text[len - 1] != '"') {
        return error_create("%s: missing quote at end of quoted string", text);
    }
    /* The parser takes containers only. */
    char *wrapped = xasprintf("[%s]", text);
    struct json *json;
    struct error *error = json_parse_string(wrapped, &json);
    free(wrapped);
    if (error) {
        /* Without the place, which is that in the array. */
        const char *message = strstr(error_text(error), ": ");
        message = message ? message + 2 : error_text(error);
        struct error *e = error_create("%s: %s", text, message);
        error_destroy(error);
        return e;
    }
    if (json->array.n == 1 && json_item(json, 0)->type == JSON_STRING) {
        const struct json *string = json_item(json, 0);
        atom->string =
            atom_string_create(json_text(string), string->string.len);
    } else {
        error =
            error_create("%s: missing quote at end of quoted string", text);
    }
    json_unref(json);
    return error;
}

static struct error *
parse_uuid(union atom *atom, const struct base_type *base, const char *text,
           struct symbol_table *symbols)
{
    if (*text == '@' && symbols) {
        struct symbol *symbol = symbol_get(symbols, text);
        atom->uuid = symbol->uuid;
        if (base_type_is_strong_ref(base)) {
            symbol->strong_ref = true;
        } else if (base_type_is_weak_ref(base)) {
            symbol->weak_ref = true;
        }
        return NULL;
    }
    if (!uuid_parse(text, &atom->uuid)) {
        return error_create("\"%s\" is not a valid UUID", text);
    }
    return NULL;
}

static struct error *
parse_boolean(union atom *atom, const char *text)
{
    static const char *const yes[] = { "true", "yes", "on", "1" };
    static const char *const no[] = { "false", "no", "off", "0" };
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
            atom->boolean = !strcmp(text, yes[i]);
            return NULL;
        }
    }
    return error_create(
        "\"%s\" is not a valid boolean (use \"true\" or \"false\")", text);
}

static struct error *
parse(union atom *atom, union atom **range_endp, const struct base_type *base,
      const char *text, struct symbol_table *symbols)
{
    switch (base->type) {
    case ATOM_VOID:
        break;
    case ATOM_INTEGER:
        return scan_i64(*text == '+' ? text + 1 : text, 10, &atom->integer)
                   ? NULL
                   : parse_range(atom, range_endp, text);
    case ATOM_REAL:
        return scan_double(text, &atom->real)
                   ? NULL
                   : error_create("\"%s\" is not a valid real number", text);
    case ATOM_BOOLEAN:
        return parse_boolean(atom, text);
    case ATOM_STRING:
        return parse_string(atom, text);
    case ATOM_UUID:
        return parse_uuid(atom, base, text, symbols);
    }
    NOT_REACHED();
}

char *
atom_bad_utf8(const union atom *atom)
{
    const struct atom_string *s = atom->string;
    size_t offset;
    if (utf8_check(s->text, s->len, &offset)) {
        return NULL;
    }
    /* The bytes up to the first that cannot follow, or the null byte. */
    const unsigned char *p = (const unsigned char *) s->text + offset;
    size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 1;
    if (*p > 0xf4) {
        n = 1;
    }
    struct str bytes = STR_INITIALIZER;
    str_putf(&bytes, "0x%02x", *p);
    for (size_t i = 1; i < n; i++) {
        str_putf(&bytes, " 0x%02x", p[i]);
        bool is_bad_second =
            i == 1
            && ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f)
                || (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f));
        if ((p[i] & 0xc0) != 0x80 || is_bad_second) {
            break;
        }
    }
    return str_steal(&bytes);
}

static struct error *
check_utf8(const union atom *atom)
{
    char *bytes = atom_bad_utf8(atom);
    if (!bytes) {
        return NULL;
    }
    struct error *error =
        error_create("constraint violation: not a valid UTF-8 string: "
                     "invalid UTF-8 sequence %s",
                     bytes);
    free(bytes);
    return error;
}

struct error *
atom_from_text(union atom *atom, union atom **range_endp,
               const struct base_type *base, const char *text,
               struct symbol_table *symbols)
{
    memset(atom, 0, sizeof *atom);
    if (range_endp) {
        *range_endp = NULL;
    }
    struct error *error = parse(atom, range_endp, base, text, symbols);
    if (error) {
        return error;
    }
    if (base->type == ATOM_STRING) {
        error = check_utf8(atom);
    }
    if (!error) {
        error = db_error_to_error(atom_check(atom, base));
    }
    if (!error && range_endp && *range_endp) {
        error = db_error_to_error(atom_check(*range_endp, base));
        if (!error
            && (uint64_t) (*range_endp)->integer - (uint64_t) atom->integer
                   >= RANGE_MAX) {
            error = error_create("constraint violation: Range \"%s\" is too "
                                 "big. Maximum allowed size is %d.",
                                 text, RANGE_MAX);
        }
    }
    if (error) {
        atom_uninit(atom, base->type);
        memset(atom, 0, sizeof *atom);
        if (range_endp) {
            free(*range_endp);
            *range_endp = NULL;
        }
    }
    return error;
}

bool
atom_needs_quotes(const char *s)
{
    if (!isalpha((unsigned char) *s) && *s != '_') {
        return true;
    }
    for (const char *p = s + 1; *p; p++) {
        if (!isalnum((unsigned char) *p) && !strchr("_-.", *p)) {
            return true;
        }
    }
    struct uuid uuid;
    return !strcmp(s, "true") || !strcmp(s, "false") || uuid_parse(s, &uuid);
}

void
atom_format(struct str *s, const union atom *atom, enum atom_type type)
{
    switch (type) {
    case ATOM_VOID:
        break;
    case ATOM_INTEGER:
        str_put_i64(s, atom->integer);
        return;
    case ATOM_REAL:
        str_putf(s, "%.*g", DBL_DIG, atom->real);
        return;
    case ATOM_BOOLEAN:
        str_put(s, atom->boolean ? "true" : "false");
        return;
    case ATOM_STRING:
        if (atom_needs_quotes(atom->string->text)) {
            json_put_string(s, atom->string->text, atom->string->len);
        } else {
            str_put_n(s, atom->string->text, atom->string->len);
        }
        return;
    case ATOM_UUID:
        str_putf(s, UUID_FMT, UUID_ARGS(&atom->uuid));
        return;
    }
    NOT_REACHED();
}

void
atom_format_bare(struct str *s, const union atom *atom, enum atom_type type)
{
    if (type == ATOM_STRING) {
        str_put_n(s, atom->string->text, atom->string->len);
    } else {
        atom_format(s, atom, type);
    }
}
