/* Round trips of actions: text to bytes to text. */

#include "openflow/action/action.h"

#include "base/mem.h"
#include "base/test.h"
#include "net/flow/match.h"
#include "openflow/action/check.h"
#include "openflow/wire/version.h"

/* What 'text' prints as after going through the bytes of 'version'. */
static char *
round_trip(const char *text, uint8_t version)
{
    struct actions list;
    struct error *error =
        actions_parse(text, NULL, ACTIONS_PARSE_INSTRUCTIONS, &list);
    if (error) {
        return error_steal_text(error);
    }
    /* The flow has a tag and is TCP. */
    struct match match;
    match_init_any(&match);
    match.flow.vlans[0].tci = BE16_CONST(VLAN_CFI | 3);
    match.flow.nw_proto = 6;
    actions_resolve(&list, &match);

    struct writer w = WRITER_INITIALIZER;
    instructions_encode(&list, version, &w);
    actions_uninit(&list);
    enum ofperr ofperr = instructions_decode(w.data, w.size, version, &list);
    writer_uninit(&w);
    if (ofperr) {
        return xstrdup(ofperr_name(ofperr));
    }
    struct str s = STR_INITIALIZER;
    actions_format(&list, NULL, &s);
    actions_uninit(&list);
    return str_steal(&s);
}

struct round_trip_case {
    uint8_t version;
    const char *text;
    const char *result; /* NULL: the same. */
};

static void
test_action_round_trips(void **state)
{
    static const struct round_trip_case cases[] = {
#include "openflow/action/action_cases.def"
    };
    (void) state;
    int n_wrong = 0;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct round_trip_case *c = &cases[i];
        char *result = round_trip(c->text, c->version);
        const char *expected = c->result ? c->result : c->text;
        if (strcmp(result, expected)) {
            print_error("version %d, %s: \"%s\" instead of \"%s\"\n",
                        c->version, c->text, result, expected);
            n_wrong++;
        }
        free(result);
    }
    assert_int_equal(n_wrong, 0);
}

static void
test_action_set_executes_in_order(void **state)
{
    (void) state;
    struct actions set, out = ACTIONS_INITIALIZER;
    struct error *error = actions_parse(
        "output:1,dec_ttl,push_vlan:0x8100,output:2", NULL, 0, &set);
    assert_null(error);
    actions_execute_set(&set, &out);

    struct str s = STR_INITIALIZER;
    actions_format(&out, NULL, &s);
    assert_string_equal(str_text(&s), "push_vlan:0x8100,dec_ttl,output:2");
    str_uninit(&s);
    actions_uninit(&set);
    actions_uninit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_action_round_trips),
        cmocka_unit_test(test_action_set_executes_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
