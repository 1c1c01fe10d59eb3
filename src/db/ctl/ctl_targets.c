/* Targets of controllers and managers: rows that a set of references holds. */

#include <stdlib.h>

#include "db/ctl/ctl_private.h"
#include "rpc/stream/stream.h"
#include "sys/log/log.h"

void
ctl_print_sorted(struct ctl_context *c, struct str_vec *lines)
{
    str_vec_sort(lines);
    for (size_t i = 0; i < lines->n; i++) {
        str_putf(c->output, "%s\n", lines->items[i]);
    }
    str_vec_uninit(lines);
}

void
ctl_print_targets(struct ctl_context *c, const struct idl_row *row,
                  const char *column)
{
    struct str_vec targets = VEC_INITIALIZER;
    size_t n = ctl_read(row, column)->n;
    ctl_verify(row, column);
    for (size_t i = 0; i < n; i++) {
        const struct idl_row *ref = ctl_read_row(row, column, i);
        if (ref) {
            ctl_verify(ref, "target");
            str_vec_push(&targets, ctl_read_string(ref, "target"));
        }
    }
    ctl_print_sorted(c, &targets);
}

void
ctl_delete_refs(struct idl_row *row, const char *column)
{
    size_t n = ctl_read(row, column)->n;
    ctl_verify(row, column);
    for (size_t i = 0; i < n; i++) {
        struct idl_row *ref = ctl_read_row(row, column, i);
        if (ref) {
            idl_txn_delete(ref);
        }
    }
    ctl_clear(row, column);
}

static void
check_target(const struct ctl_context *c, const char *target)
{
    if (stream_check_name(target) && stream_check_listener_name(target)) {
        log_write(c->ctl->config->log, LOG_LEVEL_WARN,
                  "target type \"%s\" is possibly erroneous", target);
    }
}

void
ctl_insert_targets(struct ctl_context *c, struct idl_row *row,
                   const char *column, int first)
{
    const struct type *type =
        &ctl_column(c, idl_row_table(row)->index, column)->type;
    const char *probe = ctl_option(c, "--inactivity-probe");
    for (int i = first; i < c->argc; i++) {
        check_target(c, c->argv[i]);
    }
    for (int i = first; i < c->argc; i++) {
        struct idl_row *ref = idl_txn_insert(
            c->txn, type->key.uuid.ref_table->index, NULL, false);
        ctl_write_string(ref, "target", c->argv[i]);
        if (probe) {
            /* As ever, what is no number is 0. */
            ctl_write_integer(ref, "inactivity_probe",
                              strtoll(probe, NULL, 10));
        }
        ctl_add_ref(row, column, ref);
    }
}
