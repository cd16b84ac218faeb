#include "emit/checksum.h"

#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

ew_status ew_checksum(char hex[EW_CHECKSUM_SIZE], const json_t *body, ew_context *ctx)
{
    static const char digit[] = "0123456789abcdef";
    char *text = json_dumps(body, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!text)
        return ew_fail(ctx, EW_MEMORY, "out of memory");
    uint8_t hash[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, strlen(text), (const uint8_t *) text);
    sha256_digest(&sha, sizeof hash, hash);
    free(text);
    for (size_t i = 0; i < sizeof hash; i++) {
        hex[2 * i] = digit[hash[i] >> 4];
        hex[2 * i + 1] = digit[hash[i] & 15];
    }
    hex[2 * sizeof hash] = 0;
    return EW_OK;
}
