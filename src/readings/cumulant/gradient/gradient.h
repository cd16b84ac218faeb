/* Exploding and vanishing gradients: second and fourth moments of input gradients and of the
 * gradients of single weights and biases, as series in 1/n (theory.md section 10;
 * doc/gradients.md). */
#ifndef EW_READINGS_CUMULANT_GRADIENT_H
#define EW_READINGS_CUMULANT_GRADIENT_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"

/* Where the variance of z goes with depth, known of the network. */
typedef enum {
    EW_LIMIT_NONE,        /* unknown */
    EW_LIMIT_HOMOGENEOUS, /* s homogeneous, C_b = 0: the ratio does not depend on it */
    EW_LIMIT_ZERO         /* to 0 as 1/(-a_1 l): C_b = 0, C_W = 1/s'(0)^2, a_1 < 0 */
} ew_limit_class;

typedef struct {
    slong order;             /* M, 1..5 */
    slong digits;            /* certified significant digits */
    int exact;               /* exact rationals or EW_UNABLE */
    ew_method method;        /* EW_AUTO */
    const ew_scalar *cosine; /* between the input direction and the input; NULL: 0 */
    ulong width;             /* n of a numeric evaluation, 0: none */
    ew_limit_class limit;
} ew_gradient_options;

typedef enum { EW_GRADIENT_INPUT, EW_GRADIENT_WEIGHT, EW_GRADIENT_BIAS } ew_gradient_of;

/* What is said of one kind of gradient in one layer; series have order + 1 coefficients. */
typedef enum {
    EW_GRADIENT_MEAN_SQUARE, /* input: E g^2 for |v|^2 = n_0; others: n_l E g^2, last layer E
                                g^2 */
    EW_GRADIENT_RATIO,       /* E g^4 / (E g^2)^2 */
    EW_GRADIENT_SPREAD, /* (E mean g^4 - E (mean g^2)^2) / (E g^2)^2, mean over the layer; of
                           inputs over many directions, (E g_v^4 - E g_v^2 g_w^2) / (E g^2)^2 */
    EW_GRADIENT_SERIES
} ew_gradient_series;

/* Evaluations at width n of the ratio. */
typedef enum {
    EW_GRADIENT_AT_N,  /* the series, summed */
    EW_GRADIENT_LAST,  /* its last term */
    EW_GRADIENT_EXACT, /* the ratio itself; of use when the table says closed */
    EW_GRADIENT_NUMERIC
} ew_gradient_numeric;

typedef struct {
    slong order, layers;
    slong kinds; /* 3; 1 of residual networks, whose coordinates are not alike: the input */
    int spread_of_input;   /* is known: the direction is orthogonal to the input */
    int closed;            /* s(z) = a z + b, or homogeneous: moments close in n */
    ew_certified *series;  /* [((of * layers + l) * SERIES + which) * (order + 1) + j] */
    ew_certified *numeric; /* [(of * layers + l) * NUMERIC + which], NULL without a width */
    /* Of the input gradient at the last layer, L = layers - 1.  The ratio there is c_0 (1 +
     * strength/n + ...); slope is what the last layer adds to strength, exponent = slope
     * L/strength, growth what it multiplies E g^2 with at n = oo (exact 0 where there is one
     * layer only). */
    ew_certified strength, strength_at_n, slope, exponent, growth;
    ew_certified *limit; /* [order + 1]: the input's ratio -> sum limit[j] (L/n)^j, and of
                            residual networks with beta = 1/2 sum limit[j] n^-j as L -> oo;
                            NULL: no such law is known */
    int unbounded;       /* one of limit[1..order] is not 0 */
    const char *method;
} ew_gradient_table;

/* One input.  Input gradients are those of a preactivation of layer l, and of residual networks
 * of a read-out w.h/d^(1/2), w standard normal, of h after l - 1 blocks; weights and biases of
 * layer l have the gradients of one output of the last layer.  EW_DOMAIN: the activation jumps,
 * or the gradient vanishes; EW_UNABLE: accuracy, memory, or no rational values. */
ew_status ew_gradient_solve(ew_gradient_table **out, const ew_setting *net,
                            const ew_gradient_options *opt, ew_context *ctx);
void ew_gradient_free(ew_gradient_table *t);

/* Coefficient j of a series at layer l (from 0). */
const ew_certified *ew_gradient_at(const ew_gradient_table *t, ew_gradient_of of, slong l,
                                   ew_gradient_series which, slong j);

#endif
