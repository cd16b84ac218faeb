/* How functions of an emitted header are written; internal to them.  Nothing here depends on
 * the locale. */
#ifndef EW_PRODUCTS_HEADER_FUNCTION_TEXT_H
#define EW_PRODUCTS_HEADER_FUNCTION_TEXT_H

#include "products/header/function.h"
#include "readings/cumulant/equations/writer.h"

/* A word $name$ of a template and what it stands for. */
typedef struct {
    const char *name;
    const char *value;
} ew_word;

/* The template with every '@' replaced by the prefix, and every $word$ by its value; words end
 * with a NULL name. */
void ew_template(ew_writer *w, const char *text, const char *prefix, const ew_word *words);

/* x as a hexadecimal floating constant of C99, as short as it can be; finite. */
void ew_write_double(ew_writer *w, double x);
/* "name[n] = { ... };": the bits of doubles, as whole numbers, which are shorter than decimals
 * that say as much, and which every C and C++ compiler takes. */
void ew_write_table(ew_writer *w, const char *prefix, const char *name, const double *x,
                    slong n);

/* Fresh strings, NULL on failure: a hexadecimal constant; x >= 0 rounded up to two decimals,
 * "inf" beyond 10^9. */
char *ew_double_text(double x, ew_context *ctx);
char *ew_bound_text(double x, ew_context *ctx);
/* A double in exact decimals where these are few, for people. */
char *ew_decimal_text(double x, ew_context *ctx);

/* Number i of a stream of uniform numbers in [0, 1), and one between positive lo and hi, of any
 * octave alike.  Only operations without rounding, or rounded correctly: the same everywhere.
 */
double ew_probe_uniform(uint64_t seed, uint64_t i);
double ew_probe_between(uint64_t seed, uint64_t i, double lo, double hi);

/* Room for one more function at the end of the list, all zero; NULL on failure. */
ew_header_function *ew_header_function_add(ew_header_functions *f, ew_context *ctx);
/* The same for a point of a function. */
ew_header_probe *ew_header_probe_add(ew_header_function *f, ew_context *ctx);
/* lo, hi = what encloses the ball. */
void ew_header_probe_set(ew_header_probe *p, const arb_t y);

#endif
