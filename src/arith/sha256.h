/* SHA-256 (FIPS 180-4) as text. */
#ifndef EW_ARITH_SHA256_H
#define EW_ARITH_SHA256_H

#include <stddef.h>

#define EW_SHA256_SIZE 65 /* 64 hexadecimal digits and the terminating zero */

void ew_sha256(char hex[EW_SHA256_SIZE], const void *bytes, size_t size);

#endif
