/* Any bytes as a CSV file: read or refused with one line, never more. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "library/csv_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ew_csv *csv;
    ew_context *ctx = ew_context_new();
    ew_status status = ew_csv_parse(&csv, (const char *) data, size, "input", ctx);
    if (status == EW_OK) {
        if (csv->rows < 1 || csv->columns < 1)
            abort();
        for (slong i = 0; i < csv->rows * csv->columns; i++)
            if (!fmpq_is_canonical(csv->x + i))
                abort();
    } else if (csv || status != EW_USAGE || strchr(ew_context_error(ctx), '\n')) {
        abort();
    }
    ew_csv_free(csv);
    ew_context_free(ctx);
    return 0;
}
