/* Replays fuzz inputs without a fuzzing engine: every file below the
 * directories (or the files) named on the command line goes through the fuzz
 * target once.  A missing directory counts as an empty corpus. */

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *name, const struct stat *st, int type)
{
    if (type != FTW_F) {
        return 0;
    }
    FILE *file = fopen(name, "rb");
    uint8_t *data = malloc(st->st_size ? st->st_size : 1);
    if (!file || !data) {
        perror(name);
        exit(1);
    }
    size_t size = fread(data, 1, st->st_size, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int
main(int argc, char *argv[])
{
    LLVMFuzzerTestOneInput((const uint8_t *) "", 0);
    for (int i = 1; i < argc; i++) {
        ftw(argv[i], replay_file, 16);
    }
    return 0;
}
