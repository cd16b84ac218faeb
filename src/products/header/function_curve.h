/* One function of K in an emitted header; internal to its functions. */
#ifndef EW_PRODUCTS_HEADER_FUNCTION_CURVE_H
#define EW_PRODUCTS_HEADER_FUNCTION_CURVE_H

#include "expect/approximate/curve.h"
#include "products/header/function_text.h"

#define EW_HEADER_K_MIN 0x1p-10 /* the default domain */
#define EW_HEADER_K_MAX 0x1p10

/* The domain asked for; *shrink: it is the default.  EW_DOMAIN. */
ew_status ew_header_domain(double *lo, double *hi, int *shrink, const ew_header_request *r,
                           ew_context *ctx);

/* The curves that every header has, of <s^2>, d<s^2>/dK and <s'^2>, over the request's domain;
 * all zero before, and after a failure. */
enum { EW_CURVE_SS, EW_CURVE_SLOPE, EW_CURVE_DD, EW_CURVES };
ew_status ew_header_curves(ew_curve curve[EW_CURVES], double *lo, double *hi,
                           const ew_header_request *r, ew_context *ctx);

/* PREFIX_name(K) and PREFIX_name_error(K), a bound of its absolute error; `what` is said in the
 * comment. */
void ew_write_curve(ew_writer *w, const char *prefix, const char *name, const char *what,
                    const ew_curve *c, double lo, double hi);

/* "the relative error is at most 3.14 * 2^-53", or where there is no such bound that
 * PREFIX_name_error(K) is one of the absolute error.  Fresh string. */
char *ew_curve_claim(const char *prefix, const char *name, double relative, ew_context *ctx);

/* What a point of a function of K is compared with: y, the certified value at K. */
typedef ew_status (*ew_header_truth_fn)(arb_t y, const arb_t K, void *data, ew_context *ctx);

/* Points of a function of K on [lo, hi]: outside of it, its ends, ends of its pieces and random
 * ones; claims: f->relative, else the piece's error. */
ew_status ew_header_probe_curve(ew_header_function *f, const ew_curve *c, double lo, double hi,
                                const ew_header_request *r, ew_header_truth_fn truth,
                                void *data, ew_context *ctx);

#endif
