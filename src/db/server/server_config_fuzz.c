/* Any JSON as a configuration file: it is taken or refused, whole. */

#include "db/server/server_config.h"

#include <assert.h>
#include <stdint.h>

#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *json;
    struct error *e = json_parse((const char *) data, size, &json);
    if (e) {
        error_destroy(e);
        return 0;
    }
    struct server_config *config;
    struct db_error *error = server_config_parse(json, &config);
    if (error) {
        assert(!config);
        db_error_destroy(error);
    } else {
        struct strmap_node *node;
        STRMAP_FOR_EACH (node, &config->databases) {
            const struct db_config *db = node->data;
            /* What will be followed has a name. */
            assert(db->source || !(db->is_backup || db_config_is_relay(db)));
        }
        server_config_destroy(config);
    }
    json_unref(json);
    return 0;
}
