/* The large-depth expansions of the cumulants at criticality (theory.md section 5). */
#ifndef EW_READINGS_CUMULANT_ASYMPTOTIC_H
#define EW_READINGS_CUMULANT_ASYMPTOTIC_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

#define EW_MAX_ASYMPTOTIC_TERMS 12

typedef enum {
    EW_AT_ZERO,  /* K* = 0: C_b = 0, C_W = 1/s'(0)^2, a_1 < 0 */
    EW_AT_FIXED, /* started at a K that the kernel map keeps, with chi_par = chi_perp = 1: any K
                    for scale-invariant s, K* > 0 for the half-stable class */
    EW_AT_GROWTH /* residual blocks, s homogeneous, no biases, lambda_b = 0 for tangents: a
                    cumulant of k entries is g^(k l) times a polynomial in l */
} ew_asymptotic_class;

typedef struct {
    ew_asymptotic_class class; /* already known to hold for the network */
    slong order;               /* M >= 1 */
    int descent;               /* 0: no tangents, 1: NTK, 2: dNTK, 3: ddNTK */
    slong terms;      /* exponents from the leading one up to (not including) `terms` more */
    slong digits;     /* EW_AT_FIXED: of coefficients that are not rational */
    ew_method method; /* likewise */
} ew_asymptotic_options;

/* coefficient * x^power * (ln x)^log, x = k or l.  The coefficient is exact text, of rationals
 * and named constants, or the middle of a certified value. */
typedef struct {
    char *power, *coefficient, *latex;
    slong log;
    ew_certified value; /* mid NULL where the coefficient is exact */
} ew_asymptotic_term;

typedef struct {
    slong n;
    ew_asymptotic_term *t;     /* leading term first */
    char *error, *error_latex; /* "O(l^-2*ln(l)^3)"; NULL: there is none, the sum is exact */
    char *text, *latex;        /* the whole sum */
} ew_asymptotic_sum;

typedef struct {
    char *name, *latex; /* "V", "V/K^2" */
    int normalised;
    ew_asymptotic_sum in_k; /* in powers of k = -a_1 K; EW_AT_FIXED: empty */
    ew_asymptotic_sum in_l; /* in powers of the layer l */
    char *law, *law_latex;  /* the leading term of in_l: "2/3*l" */
} ew_asymptotic_entry;

/* A number that the recursion leaves free: the start of the network decides it. */
typedef struct {
    char *name, *latex, *meaning;
} ew_asymptotic_constant;

typedef struct {
    slong n, constants;
    ew_asymptotic_entry *entry;
    ew_asymptotic_constant *constant; /* those that occur */
    char *variable;                   /* "k = 2*K", "g = 3/2", or NULL */
} ew_asymptotics;

/* One input, the same parameters in all layers.  The depth of the setting plays no part but in
 * alpha, nor, for EW_AT_ZERO, its covariance.  For EW_AT_FIXED every quantity is a polynomial
 * in l, found from as many layers as its degree, bounded by the structure of the recursion,
 * asks for; for EW_AT_GROWTH, where l = 0 is the input, when divided by g^(k l). EW_UNABLE: no
 * exact Taylor coefficients, a_1 >= 0, per-layer parameters, limits. */
ew_status ew_cumulant_asymptotics(ew_asymptotics **out, const ew_setting *net,
                                  const ew_asymptotic_options *opt, ew_context *ctx);
void ew_asymptotics_free(ew_asymptotics *a);

/* The entry of that name, or NULL. */
const ew_asymptotic_entry *ew_asymptotic_named(const ew_asymptotics *a, const char *name);

#endif
