/* Commands that only read and write texts and bytes. */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/be.h"
#include "base/mem.h"
#include "base/scan.h"
#include "cmd/ovs-ofctl/ofctl.h"
#include "openflow/message/flow_text.h"
#include "openflow/message/switch.h"
#include "sys/process/program.h"

/* Hex digits, all of the text, as bytes. */
static void
take_hex(const char *text, struct writer *w)
{
    const char *end;
    size_t max = strlen(text) / 2 + 1;
    size_t start = w->size;
    size_t n = scan_hex_bytes(text, writer_grow(w, max), max, &end);
    writer_truncate(w, start + n);
    if (*end) {
        program_fatal(0, "trailing garbage following hex bytes");
    }
}

static FILE *
open_input(const char *name)
{
    FILE *file = !strcmp(name, "-") ? stdin : fopen(name, "rb");
    if (!file) {
        program_fatal(0, "%s: open failed (%s)", name, strerror(errno));
    }
    return file;
}

void
ofctl_ofp_print(struct ofctl *ofctl, int argc, char *argv[])
{
    struct writer w = WRITER_INITIALIZER;
    uint32_t verbosity;
    if (argc > 1) {
        if (!scan_u32(argv[1], 10, &verbosity)) {
            program_fatal(0, "%s: not a verbosity", argv[1]);
        }
        ofctl->verbosity = (int) verbosity - 1;
    } else {
        ofctl->verbosity++;
    }
    take_hex(argv[0], &w);
    ofctl_print_message(ofctl, w.data, w.size, stdout);
    writer_uninit(&w);
}

void
ofctl_ofp_parse(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    FILE *file = open_input(argv[0]);
    struct writer w = WRITER_INITIALIZER;
    for (;;) {
        uint8_t header[MESSAGE_HEADER_SIZE];
        writer_clear(&w);
        size_t n = fread(header, 1, sizeof header, file);
        if (!n) {
            break;
        }
        size_t size = get_be16(header + 2);
        if (n == sizeof header && size < sizeof header) {
            program_fatal(0, "%s: message is too short (%zu bytes)", argv[0],
                          size);
        }
        writer_put(&w, header, n);
        if (n < sizeof header
            || fread(writer_grow(&w, size - n), 1, size - n, file)
                   != size - n) {
            program_fatal(0, "%s: unexpected end of file mid-message",
                          argv[0]);
        }
        ofctl_print_message(ofctl, w.data, w.size, stdout);
    }
    writer_uninit(&w);
    if (file != stdin) {
        fclose(file);
    }
}

/* Flows. */

static void
print_flow_mods(struct ofctl *ofctl, const flow_mod_vec *mods,
                unsigned int usable)
{
    char *text = flow_protocols_to_string(usable);
    if (!(usable & ofctl->protocols)) {
        program_error(0, "no usable protocol");
        printf("usable protocols: %s\n", text);
        fflush(stdout);
        exit(EXIT_FAILURE);
    }
    printf("usable protocols: %s\n", text);
    free(text);
    enum flow_protocol protocol = ofctl_choose_protocol(ofctl, usable);
    text = flow_protocols_to_string(1u << protocol);
    printf("chosen protocol: %s\n", text);
    free(text);
    struct writer w = WRITER_INITIALIZER;
    struct flow_mod *fm;
    VEC_FOR_EACH (fm, mods) {
        writer_clear(&w);
        flow_mod_encode(fm, protocol, message_next_xid(), &w);
        ofctl_print_message(ofctl, w.data, w.size, stdout);
        flow_mod_uninit(fm);
    }
    writer_uninit(&w);
}

void
ofctl_parse_flow(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    flow_mod_vec mods = VEC_INITIALIZER;
    struct flow_mod fm;
    unsigned int usable;
    struct error *error =
        flow_mod_parse(argv[0], FLOW_MOD_ADD, &ofctl->names, &fm, &usable);
    if (error) {
        program_fatal_error(error);
    }
    vec_push(&mods, fm);
    print_flow_mods(ofctl, &mods, usable);
    vec_uninit(&mods);
}

void
ofctl_parse_flows(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    flow_mod_vec mods = VEC_INITIALIZER;
    unsigned int usable;
    ofctl_parse_flow_file(ofctl, argv[0], FLOW_MOD_ADD, &mods, &usable);
    print_flow_mods(ofctl, &mods, usable);
    vec_uninit(&mods);
}

/* Actions in hex from standard input. */

/* Bytes that encoding what was decoded gives back otherwise. */
static void
print_differences(const uint8_t *old, size_t old_size, const uint8_t *new,
                  size_t new_size)
{
    for (size_t i = 0; i < MAX(old_size, new_size); i++) {
        if (i >= old_size) {
            printf("%2zu: (none) -> %02x\n", i, new[i]);
        } else if (i >= new_size) {
            printf("%2zu: %02x -> (none)\n", i, old[i]);
        } else if (old[i] != new[i]) {
            printf("%2zu: %02x -> %02x\n", i, old[i], new[i]);
        }
    }
}

static void
print_actions(const struct writer *in, uint8_t version, bool instructions)
{
    struct actions actions = ACTIONS_INITIALIZER;
    enum ofperr error =
        (instructions && version > OF10_VERSION
             ? instructions_decode
             : actions_decode)(in->data, in->size, version, &actions);
    if (error) {
        printf("bad %s %s: %s\n\n", version_name(version),
               instructions ? "instructions" : "actions", ofperr_name(error));
        return;
    }
    struct str s = STR_INITIALIZER;
    actions_format(&actions, NULL, &s);
    printf("actions=%s\n", str_text(&s));
    str_uninit(&s);
    struct writer out = WRITER_INITIALIZER;
    (instructions && version > OF10_VERSION
         ? instructions_encode
         : actions_encode)(&actions, version, &out);
    print_differences(in->data, in->size, out.data, out.size);
    putchar('\n');
    writer_uninit(&out);
    actions_uninit(&actions);
}

/* Comments go, and what follows an '&', which is for other tools. */
static bool
clean_line(struct str *line)
{
    str_truncate(line, strcspn(str_text(line), "#"));
    str_chomp(line, " \t\r\n");
    return str_text(line)[strspn(str_text(line), " \t\r\n")] != '\0';
}

static void
parse_actions(const char *version_text, bool instructions)
{
    uint8_t version = version_from_name(version_text);
    if (!version) {
        program_fatal(0, "%s: not a valid OpenFlow version", version_text);
    }
    struct str line = STR_INITIALIZER;
    struct writer bytes = WRITER_INITIALIZER;
    while (str_get_line(&line, stdin)) {
        if (!clean_line(&line)) {
            continue;
        }
        const char *end;
        writer_clear(&bytes);
        bytes.size = scan_hex_bytes(str_text(&line),
                                    writer_grow(&bytes, line.len / 2 + 1),
                                    line.len / 2 + 1, &end);
        if (*end) {
            fflush(stdout);
            program_fatal(0, "Trailing garbage in hex data");
        }
        print_actions(&bytes, version, instructions);
    }
    str_uninit(&line);
    writer_uninit(&bytes);
}

void
ofctl_parse_actions(struct ofctl *ofctl UNUSED, int argc UNUSED, char *argv[])
{
    parse_actions(argv[0], false);
}

void
ofctl_parse_instructions(struct ofctl *ofctl UNUSED, int argc UNUSED,
                         char *argv[])
{
    parse_actions(argv[0], true);
}

/* Errors and hellos. */

static enum ofperr
find_error(const char *name)
{
    enum ofperr error = ofperr_from_name(name);
    if (!error) {
        program_fatal(0, "unknown error \"%s\"", name);
    }
    return error;
}

void
ofctl_print_error(struct ofctl *ofctl UNUSED, int argc UNUSED, char *argv[])
{
    enum ofperr error = find_error(argv[0]);
    for (uint8_t v = OF10_VERSION; v <= OF15_VERSION; v++) {
        struct ofperr_code code = { 0 };
        if (ofperr_code(error, v, &code)) {
            printf("OpenFlow 1.%d: vendor %#x, type %d, code %d\n",
                   v - OF10_VERSION, code.vendor, code.type, code.code);
        }
    }
}

static void
print_hex(const struct writer *w)
{
    struct str s = STR_INITIALIZER;
    str_put_hexdump(&s, w->data, w->size, 0, false);
    fputs(str_text(&s), stdout);
    str_uninit(&s);
}

void
ofctl_encode_error_reply(struct ofctl *ofctl UNUSED, int argc UNUSED,
                         char *argv[])
{
    enum ofperr error = find_error(argv[0]);
    struct writer request = WRITER_INITIALIZER;
    struct writer reply = WRITER_INITIALIZER;
    take_hex(argv[1], &request);
    if (request.size < MESSAGE_HEADER_SIZE) {
        program_fatal(0, "Request too short");
    }
    if (request.size != get_be16(request.data + 2)) {
        program_fatal(0, "Request size inconsistent");
    }
    ofperr_encode_reply(error, request.data, request.size, &reply);
    print_hex(&reply);
    writer_uninit(&request);
    writer_uninit(&reply);
}

void
ofctl_encode_hello(struct ofctl *ofctl, int argc UNUSED, char *argv[])
{
    uint32_t versions;
    if (!scan_u32(argv[0], 0, &versions) || !(versions & ~1u)) {
        program_fatal(0, "%s: not a set of versions", argv[0]);
    }
    struct writer w = WRITER_INITIALIZER;
    hello_encode(versions & ~1u, &w);
    print_hex(&w);
    ofctl_print_message(ofctl, w.data, w.size, stdout);
    writer_uninit(&w);
}
