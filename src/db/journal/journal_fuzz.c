/* Any bytes as a journal file: read to the end or to an error. */

#include "db/journal/journal.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("journal", 0);
    char name[32];
    struct journal *j = NULL;
    struct json *json = NULL;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    struct error *error = write(fd, data, size) < 0
                              ? NULL
                              : journal_open(name, JOURNAL_READ, &j);
    while (!error && !(error = journal_read(j, &json)) && json) {
        json_unref(json);
    }
    error_destroy(error);
    journal_close(j);
    return close(fd);
}
