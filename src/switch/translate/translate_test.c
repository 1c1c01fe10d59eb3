/* Tests of translation by traces: tables, a flow, and what is printed. */

#include "switch/translate/translate.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/test.h"
#include "net/flow/match.h"
#include "openflow/action/action.h"
#include "switch/pipeline/pipeline.h"
#include "switch/translate/freeze.h"
#include "switch/translate/trace.h"
#include "sys/clock/clock.h"
#include "sys/thread/rcu_test.h"

enum { N_PORTS = 6 };

/* A rule as text. */
struct rule_text {
    const char *bridge; /* NULL: "br0". */
    int table;
    int priority;
    const char *match;
    const char *actions;
};

struct fixture {
    struct pipeline *pipelines[2]; /* br0, br1. */
    struct mac_table *mac_tables[2];
    struct forwarding *fw;
    struct freezer *freezer;
};

static struct forwarding_bundle *
add_port(struct forwarding_bridge *b, const char *name, uint32_t ofport,
         uint32_t odp_port)
{
    struct forwarding_bundle *bundle =
        forwarding_add_bundle(b, name, ofport & 0xffff);
    forwarding_add_port(b, bundle, name, ofport, odp_port);
    return bundle;
}

/* br0 has br0, p1 to p6 (p2 is in VLAN 20, p3 trunks it with VLAN 30, p6
 * blocks output) and a patch port 13; br1 has q1 as port 11 and the other end,
 * port 12. */
static void
fixture_init(struct fixture *f)
{
    static const struct datapath_support support = { .masked_set = true,
                                                     .trunc = true };
    memset(f, 0, sizeof *f);
    for (int i = 0; i < 2; i++) {
        f->pipelines[i] = pipeline_create();
        f->mac_tables[i] = mac_table_create();
    }
    f->freezer = freezer_create();
    f->fw = forwarding_create("dummy@ovs-dummy", &support);
    struct forwarding_bridge *br0 =
        forwarding_add_bridge(f->fw, "br0", f->pipelines[0], f->mac_tables[0]);
    struct forwarding_bridge *br1 =
        forwarding_add_bridge(f->fw, "br1", f->pipelines[1], f->mac_tables[1]);
    add_port(br0, "br0", OFPP_LOCAL, 100);
    for (int i = 1; i <= N_PORTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        struct forwarding_bundle *bundle = add_port(br0, name, i, i);
        if (i == 2) {
            bundle->vlan_mode = FORWARDING_VLAN_ACCESS;
            bundle->vlan = 20;
        }
    }
    forwarding_find_ofport(br0, 6)->config |= FORWARDING_NO_FWD;
    add_port(br0, "pa", 13, ODP_PORT_NONE);
    add_port(br1, "br1", OFPP_LOCAL, 101);
    add_port(br1, "q1", 11, 11);
    add_port(br1, "pb", 12, ODP_PORT_NONE);
    forwarding_join_patches(forwarding_find_ofport(br0, 13),
                            forwarding_find_ofport(br1, 12));
    forwarding_finish(f->fw);
}

static void
fixture_uninit(struct fixture *f)
{
    forwarding_destroy(f->fw);
    for (int i = 0; i < 2; i++) {
        pipeline_destroy(f->pipelines[i]);
        mac_table_destroy(f->mac_tables[i]);
    }
    freezer_destroy(f->freezer);
}

static void
check(struct error *error)
{
    if (error) {
        fail_msg("%s", error_text(error));
    }
}

static void
add_rule(struct fixture *f, const struct rule_text *text)
{
    struct match match;
    struct actions actions = ACTIONS_INITIALIZER;
    check(match_parse(text->match, NULL, &match));
    check(actions_parse(text->actions, NULL, ACTIONS_PARSE_INSTRUCTIONS,
                        &actions));
    struct pipeline_flow_mod fm = {
        .command = PIPELINE_ADD,
        .match = &match,
        .priority = text->priority,
        .table_id = text->table,
        .out_port = OFPP_NONE,
        .out_group = UINT32_MAX,
        .actions = &actions,
    };
    int index = text->bridge && !strcmp(text->bridge, "br1");
    assert_int_equal(pipeline_flow_mod(f->pipelines[index], &fm, 0), 0);
    actions_uninit(&actions);
}

static char *
trace(struct fixture *f, const char *bridge, const char *flow,
      const char *option)
{
    struct trace_context context = {
        .forwardings = (const struct forwarding *[]){ f->fw },
        .freezers = &f->freezer,
        .n = 1,
    };
    const char *argv[] = { "ofproto/trace", bridge, flow, option };
    struct str out = STR_INITIALIZER;
    check(trace_run(&context, false, option ? 4 : 3, argv, &out));
    return str_steal(&out);
}

/* Whether 'text' has the lines 'wanted' one after the other. */
static void
assert_has(const char *text, const char *wanted)
{
    if (!strstr(text, wanted)) {
        fail_msg("%s\n-- lacks --\n%s", text ? text : "", wanted);
    }
}

struct trace_case {
    const char *name;
    struct rule_text rules[8];
    const char *flow;
    const char *report; /* From the bridge's underline to "Final flow:". */
    const char *actions;
};

static const struct trace_case cases[] = {
    { "no rule drops",
      { { 0 } },
      "in_port=1",
      " 0. No match.\n"
      "    drop\n",
      "drop" },
    { "chain of resubmits is flat",
      { { NULL, 0, 100, "in_port=1", "resubmit(,1)" },
        { NULL, 1, 32768, "", "resubmit(,2)" } },
      "in_port=1",
      " 0. in_port=1, priority 100\n"
      "    resubmit(,1)\n"
      " 1. priority 32768\n"
      "    resubmit(,2)\n"
      " 2. No match.\n"
      "    drop\n",
      "drop" },
    { "resubmits in the middle are deeper",
      { { NULL, 0, 32768, "in_port=1", "resubmit(,1),output:3" },
        { NULL, 1, 32768, "", "resubmit(,2),output:4" },
        { NULL, 2, 32768, "", "output:5,resubmit(,3)" },
        { NULL, 3, 32768, "", "drop" } },
      "in_port=1",
      " 0. in_port=1, priority 32768\n"
      "    resubmit(,1)\n"
      "     1. priority 32768\n"
      "            resubmit(,2)\n"
      "             2. priority 32768\n"
      "                    output:5\n"
      "                    resubmit(,3)\n"
      "                 3. priority 32768\n"
      "                    drop\n"
      "            output:4\n"
      "    output:3\n",
      "5,4,3" },
    { "output checks",
      { { NULL, 0, 32768, "in_port=5",
          "in_port,local,output:77,output:5,output:6" } },
      "in_port=5",
      " 0. in_port=5, priority 32768\n"
      "    IN_PORT\n"
      "    LOCAL\n"
      "    output:77\n"
      "     >> Nonexistent output port\n"
      "    output:5\n"
      "     >> skipping output to input port\n"
      "    output:6\n"
      "     -> OFPPC_NO_FWD set, skipping output\n",
      "5,100" },
    { "normal floods what is not known",
      { { NULL, 0, 0, "", "NORMAL" } },
      "in_port=2,dl_src=50:00:00:00:00:03,dl_dst=50:00:00:00:00:02",
      " 0. priority 0\n"
      "    NORMAL\n"
      "     -> no learned MAC for destination, flooding\n"
      "     -> OFPPC_NO_FWD set, skipping output\n"
      "\n"
      "bridge(\"br1\")\n"
      "-------------\n"
      " 0. No match.\n"
      "    drop\n",
      "push_vlan(vid=20,pcp=0),100,1,3,4,5" },
    { "normal drops tagged frames on access ports",
      { { NULL, 0, 0, "", "NORMAL" } },
      "in_port=2,dl_vlan=5",
      " 0. priority 0\n"
      "    NORMAL\n"
      "     >>>> dropping VLAN 5 tagged packet received on port p2 "
      "configured as VLAN 20 access port <<<<\n"
      "     >> disallowed VLAN VID for this input port, dropping\n",
      "drop" },
    { "normal drops reserved destinations",
      { { NULL, 0, 0, "", "NORMAL" } },
      "in_port=3,dl_dst=01:80:c2:00:00:02",
      " 0. priority 0\n"
      "    NORMAL\n"
      "     -> packet has reserved destination MAC, dropping\n",
      "drop" },
    { "normal without an input port",
      { { NULL, 0, 0, "", "NORMAL" } },
      "in_port=77",
      " 0. priority 0\n"
      "    NORMAL\n"
      "     >>>> received packet on unknown port 77 <<<<\n"
      "     >> no input bundle, dropping\n",
      "drop" },
    { "patch port in the middle",
      { { NULL, 0, 32768, "in_port=1", "output:13,output:3" },
        { "br1", 0, 0, "", "NORMAL" } },
      "in_port=1,dl_dst=50:00:00:00:00:44",
      " 0. in_port=1, priority 32768\n"
      "    output:13\n"
      "\n"
      "    bridge(\"br1\")\n"
      "    -------------\n"
      "         0. priority 0\n"
      "            NORMAL\n"
      "             -> no learned MAC for destination, flooding\n"
      "    output:3\n",
      "101,11,3" },
    { "patch port at the end",
      { { NULL, 0, 32768, "in_port=1", "output:13" },
        { "br1", 0, 0, "", "NORMAL" } },
      "in_port=1",
      " 0. in_port=1, priority 32768\n"
      "    output:13\n"
      "\n"
      "bridge(\"br1\")\n"
      "-------------\n"
      " 0. priority 0\n"
      "    NORMAL\n"
      "     -> no learned MAC for destination, flooding\n",
      "101,11" },
    { "action sets",
      { { NULL, 0, 32768, "in_port=3",
          "write_actions(output:4),goto_table:1" },
        { NULL, 1, 32768, "in_port=3", "output:5" } },
      "in_port=3",
      " 0. in_port=3, priority 32768\n"
      "    write_actions(output:4)\n"
      "     -> action set is: output:4\n"
      "    goto_table:1\n"
      "     1. in_port=3, priority 32768\n"
      "            output:5\n"
      "--. Executing action set:\n"
      "    output:4\n",
      "5,4" },
    { "stack and registers",
      { { NULL, 0, 32768, "in_port=1",
          "set_field:5->reg0,push:NXM_NX_REG0[],pop:NXM_NX_REG1[],"
          "pop:NXM_NX_REG1[],output:NXM_NX_REG0[]" } },
      "in_port=1",
      " 0. in_port=1, priority 32768\n"
      "    set_field:0x5->reg0\n"
      "    push:NXM_NX_REG0[]\n"
      "    pop:NXM_NX_REG1[]\n"
      "     -> NXM_NX_REG1[] is now 0x5\n"
      "    pop:NXM_NX_REG1[]\n"
      "     >>>> stack underflow <<<<\n"
      "    output:NXM_NX_REG0[]\n"
      "     -> output port is 5\n",
      "5" },
    { "VLAN tags",
      { { NULL, 0, 32768, "in_port=1",
          "mod_vlan_vid:100,output:3,push_vlan:0x88a8,mod_vlan_vid:10,"
          "output:4,strip_vlan,output:5" } },
      "in_port=1",
      " 0. in_port=1, priority 32768\n"
      "    mod_vlan_vid:100\n"
      "    output:3\n"
      "    push_vlan:0x88a8\n"
      "    mod_vlan_vid:10\n"
      "    output:4\n"
      "    strip_vlan\n"
      "    output:5\n",
      "push_vlan(vid=100,pcp=0),3,push_vlan(tpid=0x88a8,vid=10,pcp=0),4,"
      "pop_vlan,5" },
    { "time to live",
      { { NULL, 0, 32768, "ip,in_port=1", "dec_ttl,output:3" } },
      "in_port=1,tcp,nw_ttl=1",
      " 0. ip,in_port=1, priority 32768\n"
      "    dec_ttl\n"
      "     >> IPv4 decrement TTL exception\n",
      "userspace(pid=0,controller(reason=2,dont_send=1,continuation=0,"
      "recirc_id=1,rule_cookie=0,controller_id=0,max_len=65535))" },
    { "header fields",
      { { NULL, 0, 32768, "tcp,in_port=1",
          "set_field:1.1.1.1->ip_src,set_field:5->tcp_dst,output:3,"
          "set_field:1.1.1.2->ip_src,output:4" } },
      "in_port=1,tcp",
      " 0. tcp,in_port=1, priority 32768\n"
      "    set_field:1.1.1.1->ip_src\n"
      "    set_field:5->tcp_dst\n"
      "    output:3\n"
      "    set_field:1.1.1.2->ip_src\n"
      "    output:4\n",
      "set(ipv4(src=1.1.1.1)),set(tcp(dst=5)),3,set(ipv4(src=1.1.1.2)),4" },
    { "table-miss rule",
      { { NULL, 0, 0, "", "controller:99" } },
      "in_port=5",
      " 0. priority 0\n"
      "    CONTROLLER:99\n",
      "userspace(pid=0,controller(reason=6,dont_send=1,continuation=0,"
      "recirc_id=1,rule_cookie=0,controller_id=0,max_len=99))" },
    { "exit ends everything",
      { { NULL, 0, 32768, "", "resubmit(,1),output:3" },
        { NULL, 1, 32768, "", "output:4,exit,output:5" } },
      "in_port=1",
      " 0. priority 32768\n"
      "    resubmit(,1)\n"
      " 1. priority 32768\n"
      "    output:4\n"
      "    exit\n",
      "4" },
};

static void
test_traces(void **state)
{
    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct trace_case *c = &cases[i];
        struct fixture f;
        fixture_init(&f);
        for (size_t j = 0; j < ARRAY_SIZE(c->rules) && c->rules[j].match;
             j++) {
            add_rule(&f, &c->rules[j]);
        }
        char *text = trace(&f, "br0", c->flow, NULL);
        char *wanted = xasprintf(
            "\nbridge(\"br0\")\n-------------\n%s\nFinal flow: ", c->report);
        char *actions = xasprintf("\nDatapath actions: %s", c->actions);
        const char *end = strstr(text, actions);
        if (!strstr(text, wanted) || !end || strlen(end) != strlen(actions)) {
            fail_msg("%s:\n%s\n-- lacks --%s-- or --%s", c->name, text, wanted,
                     actions);
        }
        free(text);
        free(wanted);
        free(actions);
        fixture_uninit(&f);
    }
}

static void
test_loops_end(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    add_rule(&f, &(struct rule_text){ NULL, 0, 1, "", "resubmit(,0)" });
    char *text = trace(&f, "br0", "in_port=1", NULL);
    assert_has(text, "\n     >>>> over max translation depth 64 <<<<\n\n");
    assert_has(text, "\nDatapath actions: drop\n"
                     "Translation failed (Recursion too deep), packet is "
                     "dropped.\n");
    free(text);

    add_rule(&f, &(struct rule_text){ NULL, 0, 1, "",
                                      "resubmit(,1),resubmit(,1)" });
    for (int i = 1; i < 20; i++) {
        char actions[64];
        snprintf(actions, sizeof actions, "resubmit(,%d),resubmit(,%d)", i + 1,
                 i + 1);
        add_rule(&f, &(struct rule_text){ NULL, i, 1, "", actions });
    }
    text = trace(&f, "br0", "in_port=1", NULL);
    assert_has(text, ">>>> over 4096 resubmit actions <<<<");
    assert_has(text, "Translation failed (Too many resubmits), packet is "
                     "dropped.\n");
    free(text);
    fixture_uninit(&f);
}

static void
test_learning_needs_a_packet(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    add_rule(&f, &(struct rule_text){ NULL, 0, 0, "", "NORMAL" });
    const char *flow = "in_port=1,dl_src=50:00:00:00:00:01,dl_dst="
                       "50:00:00:00:00:02";

    char *text = trace(&f, "br0", flow, NULL);
    assert_null(strstr(text, "learned that"));
    free(text);
    text = trace(&f, "br0", flow, "-generate");
    assert_has(text, "     -> learned that 50:00:00:00:00:01 is on port p1 "
                     "in VLAN 0\n"
                     "     -> no learned MAC for destination, flooding\n");
    free(text);
    text = trace(&f, "br0",
                 "in_port=3,dl_src=50:00:00:00:00:02,dl_dst="
                 "50:00:00:00:00:01",
                 "-generate");
    assert_has(text, "     -> forwarding to learned port\n");
    assert_has(text, "\nDatapath actions: 1");
    free(text);
    fixture_uninit(&f);
}

static void
test_learn_adds_flow(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    add_rule(&f, &(struct rule_text){
                     NULL, 0, 0, "",
                     "learn(table=10,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]="
                     "NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0.."
                     "15]),resubmit(,10)" });
    const char *flow = "in_port=1,vlan_tci=20,dl_src=50:00:00:00:00:01,"
                       "dl_dst=50:00:00:00:00:01";

    char *text = trace(&f, "br0", flow, NULL);
    assert_has(text, "     >> suppressing side effects, so learn action "
                     "ignored\n");
    free(text);
    assert_int_equal(pipeline_n_rules(f.pipelines[0], 10), 0);
    text = trace(&f, "br0", flow, "-generate");
    assert_has(text,
               "     -> table=10 vlan_tci=0x0014/0x0fff,dl_dst=50:00:00:00:"
               "00:01 priority=32768 actions=load:0x1->NXM_NX_REG0[0..15]\n");
    /* The tables stay as they were when the packet came. */
    assert_has(text, "10. No match.\n    drop\n");
    free(text);
    text = trace(&f, "br0", flow, "-generate");
    assert_has(text, "10. vlan_tci=0x0014/0x0fff,dl_dst=50:00:00:00:00:01, "
                     "priority 32768\n"
                     "    load:0x1->NXM_NX_REG0[0..15]\n");
    free(text);
    assert_int_equal(pipeline_n_rules(f.pipelines[0], 10), 1);
    fixture_uninit(&f);
}

/* Only resubmits to the same table or one before it count as deeper. */
static void
test_long_chains_end(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    for (int i = 0; i < 200; i++) {
        char actions[32];
        snprintf(actions, sizeof actions, "resubmit(,%d)", i + 1);
        add_rule(&f, &(struct rule_text){ NULL, i, 9, "in_port=1", actions });
    }
    add_rule(&f, &(struct rule_text){ NULL, 200, 9, "in_port=1", "3" });
    char *text = trace(&f, "br0", "in_port=1", NULL);
    assert_has(text, "\nDatapath actions: 3");
    free(text);
    fixture_uninit(&f);
}

/* A tag that is put on again has the packet's own priority. */
static void
test_priority_of_tag_is_matched(void **state)
{
    (void) state;
    struct fixture f;
    fixture_init(&f);
    add_rule(&f, &(struct rule_text){ NULL, 0, 9, "", "NORMAL" });
    char *text = trace(&f, "br0", "in_port=3,dl_vlan=20,dl_vlan_pcp=5", NULL);
    assert_has(text, "\nMegaflow: recirc_id=0,eth,in_port=3,dl_vlan=20,"
                     "dl_vlan_pcp=5,");
    free(text);
    fixture_uninit(&f);
}

static void
test_bad_arguments(void **state)
{
    (void) state;

    static const struct {
        const char *args[3];
        const char *error;
    } bad[] = {
        { { "br0" }, "syntax error at br0 (or the bridge name was omitted)" },
        { { "nobr", "in_port=1" }, "nobr: unknown bridge" },
        { { "br0", "in_port(1)" }, "Cannot find the datapath" },
        { { "ovs-dummy", "in_port(99),eth_type(0x0800)" },
          "no OpenFlow port for datapath port 99" },
        { { "br0", "in_port=1", "zz" }, "Trailing garbage in packet data" },
        { { "br0", "in_port=1", "-consistent" },
          "-consistent: unknown option" },
        { { "br0", "in_port=1", "--l7-len" },
          "Missing argument for option --l7-len" },
    };
    struct fixture f;
    fixture_init(&f);
    struct trace_context context = {
        .forwardings = (const struct forwarding *[]){ f.fw },
        .freezers = &f.freezer,
        .n = 1,
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const char *argv[4] = { "ofproto/trace" };
        int argc = 1;
        while (argc < 4 && bad[i].args[argc - 1]) {
            argv[argc] = bad[i].args[argc - 1];
            argc++;
        }
        struct str out = STR_INITIALIZER;
        struct error *error = trace_run(&context, false, argc, argv, &out);
        assert_non_null(error);
        assert_string_equal(error_text(error), bad[i].error);
        error_destroy(error);
        str_uninit(&out);
    }
    fixture_uninit(&f);
}

static int
setup(void **state)
{
    (void) state;
    clock_stop();
    return rcu_test_setup(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traces),
        cmocka_unit_test(test_loops_end),
        cmocka_unit_test(test_learning_needs_a_packet),
        cmocka_unit_test(test_learn_adds_flow),
        cmocka_unit_test(test_long_chains_end),
        cmocka_unit_test(test_priority_of_tag_is_matched),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, setup, rcu_test_teardown);
}
