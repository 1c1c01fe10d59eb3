/* Feeds arbitrary bytes to the reader of capture files. */

#include "net/packet/pcap.h"

#include "net/packet/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pcap *pcap;
    struct packet *p = NULL;
    struct error *error = pcap_open_memory(data, size, &pcap);
    while (!error) {
        error = pcap_read(pcap, &p, NULL);
        if (!p) {
            break;
        }
        packet_free(p);
    }
    error_destroy(error);
    pcap_close(pcap);
    return 0;
}
