/* The numbers of a network and its activation that a C header holds: the critical point, the
 * susceptibilities there, and expansions of the activation. */
#ifndef EW_PRODUCTS_HEADER_CONSTANTS_H
#define EW_PRODUCTS_HEADER_CONSTANTS_H

#include "readings/kernel/critical.h"

enum {
    EW_CONSTANT_K, /* the fixed point K* */
    EW_CONSTANT_CW,
    EW_CONSTANT_CB,
    EW_CONSTANT_CHI_PAR, /* C_W D<s^2> and C_W <s'^2> at K* */
    EW_CONSTANT_CHI_PERP,
    EW_CONSTANT_A1,
    EW_CONSTANT_B1,
    EW_CONSTANTS
};

/* out is cleared for what does not exist: C_W and C_b that differ between layers; all that
 * belongs to a critical point when the network is not at one (point NULL); K* in the
 * scale-invariant class, where it is arbitrary. */
ew_status ew_header_constants(ew_certified out[EW_CONSTANTS], const ew_setting *net,
                              ew_critical_point *point, slong digits, ew_context *ctx);

/* s = sum_k c_k z^k near 0.  EW_UNABLE: s is not smooth there. */
ew_status ew_header_taylor(ew_certified *out, slong n, const ew_activation *s, slong digits,
                           ew_context *ctx);

/* The variance of the Hermite expansion: k if given (a constant expression), else K* of a
 * critical point where it is there and not zero, else 1. */
typedef struct {
    const ew_expr *k;
    ew_critical_point *point;
} ew_header_variance;

/* *variance, and h_k with s(sqrt(K) x) = sum_k h_k He_k(x)/sqrt(k!): h_k = <s He_k>/sqrt(k!).
 * The sum of the h_k^2 is <s^2>. */
ew_status ew_header_hermite(ew_certified *variance, ew_certified *out, slong n,
                            const ew_activation *s, const ew_header_variance *at,
                            ew_method method, slong digits, ew_context *ctx);

#endif
