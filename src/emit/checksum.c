#include "emit/checksum.h"

#include <stdlib.h>
#include <string.h>

#include "arith/sha256.h"

ew_status ew_checksum(char hex[EW_CHECKSUM_SIZE], const json_t *body, ew_context *ctx)
{
    char *text = json_dumps(body, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!text)
        return ew_fail(ctx, EW_MEMORY, "out of memory");
    ew_sha256(hex, text, strlen(text));
    free(text);
    return EW_OK;
}
