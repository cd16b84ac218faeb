/* The parts of the law of orthogonal weights; internal to it.
 *
Given Ghat = G, the rows of the fields are z_i = x_i + gaussian, x the weights' channel with
 * covariance Q, and E F(z_1, z_2, ...) = < W(D) F > over independent rows of N(0, G), D_ij =
 * sum_AB Q_AB d^i_A d^j_B, W from chain/haar.h.  An average of n_l rows has moments
 *   E prod Ghat'_p = sum over partitions into b rows of (n_l)_b / n_l^k E prod_rows F,
 * and their cumulants follow.  This is done with the factors Q_p and <d... F> as symbols, among
 * which everything below the leading order cancels; what is left is multiplied out.
 *
 * Q is a linear function of Ghat, so that Ghat alone is the state at every order: the channel
 * of tangent g contributes lambda_W/C_W Q_(A-g, B-g) to Ghat_(A, B), hence Q_AB = Ghat_AB -
 * B_AB - (lambda_W/C_W) sum_g Q_(A-g, B-g), g the tangents of both. */
#ifndef EW_CHAIN_FRAME_LAW_H
#define EW_CHAIN_FRAME_LAW_H

#include "chain/haar.h"
#include "chain/orthogonal.h"
#include "chain/row.h"
#include "chain/terms.h"

/* The symbols: 1/N over 1/n_l, Q_p, <d... F>. */
enum { EW_SYMBOL_SHARE, EW_SYMBOL_PAIR };

struct ew_orthogonal {
    ew_haar *haar;
    ew_rows rows;
    slong powers;     /* order + 1 */
    ew_terms *moment; /* [list * powers + j]: the coefficient of n_l^-j, in symbols */
    ew_terms *cumulant;
    fmpq_mpoly_struct *q; /* [pair]: Q_p in the law's ring */
    char *q_known;
};

/* The symbol of a row's expectation; the row of a symbol, negative for other symbols. */
static inline int ew_symbol_of_row(const ew_law *law, slong row)
{
    return (int) (EW_SYMBOL_PAIR + law->fields->pairs + row);
}

static inline slong ew_row_of_symbol(const ew_law *law, int symbol)
{
    return symbol - EW_SYMBOL_PAIR - law->fields->pairs;
}

/* Derivatives in G wanted of the coefficient of n_l^-power for a list of that many entries; at
 * the limit also the vanishing covariances to be kept. */
static inline slong ew_orthogonal_derivatives(const ew_law *law, slong list, slong power)
{
    if (!law->at_limit)
        return law->derivatives[list];
    slong least = law->moment_of[list].n - 1;
    return 2 * (law->of.order - FLINT_MAX(power, least));
}

/* out += scale q^grade (the coefficient of N^-grade in E of the product of row[0..rows)), less
 * what has more than `most` factors that vanish at infinite width (-1: all of it). */
ew_status ew_frame_expand(ew_terms *out, ew_orthogonal *o, const ew_law *law, const slong *row,
                          slong rows, slong grade, slong most, const fmpq_t scale,
                          ew_context *ctx);

/* o->moment and o->cumulant of a list; the latter once those of all lists' moments are there.
 */
ew_status ew_frame_moment(ew_orthogonal *o, const ew_law *law, slong list, ew_context *ctx);
ew_status ew_frame_average_cumulant(ew_orthogonal *o, const ew_law *law, slong list,
                                    ew_context *ctx);

/* Factors of a term that vanish at infinite width. */
slong ew_frame_vanishing(const ew_orthogonal *o, const ew_law *law, const ew_terms *x,
                         const ew_terms_entry *t);

#endif
