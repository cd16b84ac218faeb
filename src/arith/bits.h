/* Doubles as text, bit for bit: 16 hexadecimal digits each, those of the IEEE 754 pattern, the
 * most significant first.  The text is the same on every machine and in every locale, and what
 * is not finite survives. */
#ifndef EW_ARITH_BITS_H
#define EW_ARITH_BITS_H

#include <stddef.h>

#define EW_BITS_DIGITS 16

/* text[16 n + 1] receives x[0..n) and a terminating zero. */
void ew_bits_write(char *text, const double *x, size_t n);
/* The inverse: 0, or -1 if the text is not 16 n digits (lower case) and nothing else. */
int ew_bits_read(double *x, const char *text, size_t n);

#endif
