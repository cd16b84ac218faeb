#include "arith/sha256.h"

#include <nettle/sha2.h>

void ew_sha256(char hex[EW_SHA256_SIZE], const void *bytes, size_t size)
{
    static const char digit[] = "0123456789abcdef";
    uint8_t hash[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha;
    sha256_init(&sha);
    sha256_update(&sha, size, bytes);
    sha256_digest(&sha, sizeof hash, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        hex[2 * i] = digit[hash[i] >> 4];
        hex[2 * i + 1] = digit[hash[i] & 15];
    }
    hex[2 * sizeof hash] = 0;
}
