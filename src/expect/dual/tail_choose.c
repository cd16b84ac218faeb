/* Where the tail of a kinked activation begins.  Estimates only: the bounds of a piece tell
 * what came out. */
#include <math.h>
#include <string.h>

#include "expect/dual/spectrum_piece.h"
#include "expect/evaluator.h"

/* What may be missed of |a|_1^2: less is not worth more coefficients than these. */
#define GOOD(n) ((n) <= 512 ? 0x1p-49 : (n) <= 1024 ? 0x1p-44 : 0x1p-40)
#define LEAST 3 /* orders */

typedef struct {
    double jump[EW_TAIL_JUMPS];      /* log of |J_k| K^(k/2) */
    double last[EW_TAIL_ORDERS + 1]; /* [orders]: log of the norm of s^(m+1), times a power */
    double slope;                    /* |a|_1^2 */
} guess;

static ew_status set_guess(guess *g, ew_evaluator *E, arb_srcptr jump, double K,
                           ew_context *ctx)
{
    enum { ATOMS = EW_TAIL_ORDERS + 2 };
    ew_atom1 atom[ATOMS];
    memset(atom, 0, sizeof atom);
    arb_t k;
    arb_init(k);
    arb_set_d(k, K);
    arb_ptr y = _arb_vec_init(ATOMS);
    for (slong i = 0; i <= EW_TAIL_ORDERS; i++)
        atom[i].f.e[2 * i + 1] = 2;
    E->regular = 1;
    ew_status status = ew_expect_one(y, NULL, E, atom, EW_TAIL_ORDERS + 1, k, 30, ctx);
    E->regular = 0;
    for (slong i = 0; i < EW_TAIL_JUMPS; i++)
        g->jump[i] = log(fabs(arf_get_d(arb_midref(jump + i), ARF_RND_NEAR)) + 1e-300) +
                     (double) i / 2 * log(K);
    for (slong i = 0; i <= EW_TAIL_ORDERS; i++)
        g->last[i] = (log(fabs(arf_get_d(arb_midref(y + i), ARF_RND_NEAR)) + 1e-300) +
                      (double) (2 * i + 1) * log(K)) /
                     2;
    g->slope = exp(2 * g->last[0]);
    _arb_vec_clear(y, ATOMS);
    arb_clear(k);
    return status;
}

/* The tail's |.|_1 times what it misses there, and the products that are left out; the squares
 * of the coefficients of J_k max(z, 0)^k/k! are about 0.13 J_k^2 K^k n^(-k - 3/2). */
static double cost_of(const guess *g, slong n, slong orders)
{
    const double N = (double) n, L = log(N);
    double size = 0, left = 0;
    for (slong k = 1; k <= 2 * orders; k++) {
        size += 0.13 * exp(2 * g->jump[k] + (0.5 - (double) k) * L) / (double) (2 * k - 1);
        for (slong j = 1; j <= 2 * orders; j++)
            if ((j + k) % 2 == 0 && j + k >= 2 * orders + (k % 2 ? 2 : 4))
                left += 0.13 * exp(g->jump[j] + g->jump[k] + (1 - (double) (j + k)) / 2 * L) /
                        (double) (j + k - 1);
    }
    double missed = exp(g->last[orders] + (lgamma(N - 2 * (double) orders) - lgamma(N)) / 2);
    return (sqrt(size) * missed + left) / g->slope;
}

ew_status ew_spectrum_choose(slong *n, slong *orders, ew_evaluator *E, arb_srcptr jump,
                             double K, ew_context *ctx)
{
    static const slong size[] = {320, 384, 512, 768, 1024, 1536, 2048};
    guess g;
    ew_status status = set_guess(&g, E, jump, K, ctx);
    double best = INFINITY;
    *n = size[0];
    *orders = LEAST;
    for (size_t i = 0; i < sizeof size / sizeof *size && best > GOOD(size[i]); i++)
        for (slong d = LEAST; d <= EW_TAIL_ORDERS && best > GOOD(size[i]); d++) {
            double cost = cost_of(&g, size[i], d);
            if (cost > best / 4) /* not worth it */
                continue;
            best = cost;
            *n = size[i];
            *orders = d;
        }
    return status;
}
