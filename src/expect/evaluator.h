/* Inside the evaluator: what the methods share.
 *
 * Every method computes Hermite moments <F He_k(z/sqrt K)>_K, since
 *     D^j <F>_K = (2K)^-j <F He_2j(z/sqrt K)>_K
 * and, by Cauchy-Schwarz, |<F He_k>| <= <|F He_k|> <= norm sqrt(k!) with norm = sqrt <F^2>_K:
 * one size serves every k. */
#ifndef EW_EXPECT_EVALUATOR_H
#define EW_EXPECT_EVALUATOR_H

#include "expect/expect.h"

#define EW_SQUARE_BITS 64 /* precision of <F^2> */
/* Half-line nodes, boxes and panels beyond which the automatic choice looks elsewhere first. */
#define EW_HASTY_NODES 8192
#define EW_HASTY_BOXES 4000
#define EW_HASTY_PANELS 400
#define EW_MAX_NODES 200000
#define EW_MAX_POWER 100 /* largest exponent in a monomial */
#define EW_MAX_HERMITE 20000

/* <f[m] He_k(z/sqrt K)>_K */
typedef struct {
    slong m, k;
} ew_term;

/* The expectations of one call, grouped by monomial. */
typedef struct {
    slong monomials;
    ew_monomial *f;
    slong *top;    /* largest k asked of each monomial */
    double *guess; /* log2 of the norm, guessed: steers, proves nothing */
    slong n;
    ew_term *t;
    slong len; /* derivatives needed: largest order + 1 */
} ew_batch;

typedef struct ew_grid ew_grid;
typedef struct ew_panels ew_panels;

/* The norm last guessed for a monomial, and at which variance. */
typedef struct {
    ew_monomial f;
    double at, guess; /* log2 */
} ew_hint;

/* sqrt <(z^p f^(i))^2>_K from above. */
typedef struct {
    ew_monomial f;
    slong i, p;
    arb_t K;
    mag_t norm;
} ew_norm;

struct ew_expect_s {
    const ew_activation *s;
    ew_method method;
    const char *used;
    int hasty;   /* give up early: another method may be cheaper */
    int narrow;  /* K is: closed forms with K in several places bound the slope well */
    slong order; /* s^(i) is a function for i <= order */
    int regular; /* beyond that, take s^(i) between the kinks: for bounds */
    slong hints;
    ew_hint *hint;
    slong norms; /* of the present call in two variables */
    ew_norm *norm;
    ew_grid *grid;
    ew_panels *panels;
    struct ew_memo *memo; /* of answers in two variables */
};

/* A method: a[i] contains term i and norm[m] bounds sqrt <f[m]^2> from above, for every K in
 * the ball K > 0.  When K is exact the radii are at most
 * 2^-prec sqrt(k!) norm, else EW_UNABLE. */
typedef ew_status ew_method_fn(arb_ptr a, mag_ptr norm, ew_evaluator *E, const ew_batch *b,
                               const arb_t K, slong prec, ew_context *ctx);
ew_method_fn ew_grid_evaluate;
ew_method_fn ew_panels_evaluate;
ew_method_fn ew_adaptive_evaluate;

void ew_grid_free(ew_grid *g);
void ew_panels_free(ew_panels *p);

/* -1 odd, 1 even, 0 unknown: parity of f[m] (z^p and derivatives counted). */
int ew_monomial_parity(const ew_monomial *f, ew_parity s);

/* f^2, exponents doubled (at most EW_MAX_POWER each before). */
void ew_monomial_square(ew_monomial *g, const ew_monomial *f);

/* 1 + the largest derivative order in f. */
slong ew_monomial_len(const ew_monomial *f);

/* K within the range of doubles, with room to square: the methods plan in doubles. */
int ew_ordinary_variance(const arb_t K);

/* Guess every monomial's norm. */
ew_status ew_batch_guess(ew_batch *b, ew_evaluator *E, const arb_t K, ew_context *ctx);

/* Close a method's sums: add sqrt(k!) err[m] to the terms of monomial m.  Returns by how many
 * bits rounding alone exceeds 2^-prec sqrt(k!) norm (0 or less: it does not; norm may be NULL).
 */
double ew_batch_finish(arb_ptr a, const ew_batch *b, mag_srcptr norm, mag_srcptr err,
                       slong prec);

/* Every radius at most 2^-prec sqrt(k!) norm? */
int ew_batch_reached(arb_srcptr a, mag_srcptr norm, const ew_batch *b, slong prec);

/* norm = an upper bound of sqrt(square); returns whether it is a fair one: a loose bound would
 * let any radius pass. */
int ew_batch_norm(mag_t norm, const arb_t square, slong prec);

/* 0 if reached with fair norms; else 1, with guess lowered to the norms now known and the
 * working precision raised by what was lost. */
int ew_batch_retry(double *guess, slong *wp, arb_srcptr a, mag_srcptr norm, const ew_batch *b,
                   int fair, double lost, slong prec);

/* coef[k] contains <f h_k(z/sqrt K)>_K, h_k = He_k/sqrt(k!), k <= N <= EW_MAX_HERMITE, for
 * every K in the ball K > 0; radius at most 2^-prec sqrt <f^2> when K is exact, first order in
 * rad(K) otherwise.  norm (may be NULL) bounds sqrt <f^2> from above. */
ew_status ew_expect_hermite(arb_ptr coef, mag_ptr norm, ew_evaluator *E, const ew_monomial *f,
                            slong N, const arb_t K, slong prec, ew_context *ctx);

#endif
