#include "arith/bits.h"

#include <stdint.h>
#include <string.h>

static const char digit[] = "0123456789abcdef";

void ew_bits_write(char *text, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t u;
        memcpy(&u, x + i, sizeof u);
        for (int k = EW_BITS_DIGITS - 1; k >= 0; k--, u >>= 4)
            text[k] = digit[u & 15];
        text += EW_BITS_DIGITS;
    }
    *text = 0;
}

static int value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int ew_bits_read(double *x, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t u = 0;
        for (int k = 0; k < EW_BITS_DIGITS; k++, text++) {
            int v = value(*text);
            if (v < 0)
                return -1;
            u = u << 4 | (uint64_t) v;
        }
        memcpy(x + i, &u, sizeof u);
    }
    return *text ? -1 : 0;
}
