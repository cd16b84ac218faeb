/* Any bytes as a table: refused with one line, or compared with itself. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "library/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *root = json_loadb((const char *) data, size, JSON_REJECT_DUPLICATES, NULL);
    if (!root)
        return 0;
    ew_table_source table;
    ew_context *ctx = ew_context_new();
    ew_status status = ew_table_open(&table, root, "table", ctx);
    if (status == EW_OK) {
        ew_table_differences c;
        if (ew_table_compare(&c, root, root, ctx) != EW_OK ||
            (slong) json_array_size(c.list) > c.differences)
            abort();
        json_decref(c.list);
    } else if (!*ew_context_error(ctx)) {
        abort();
    }
    ew_table_close(&table);
    ew_context_free(ctx);
    return 0;
}
