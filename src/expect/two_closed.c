/* Closed forms of <F(u) G(v)>: balls, rationals, text (theory.md section 4). */
#include "arith/decimal.h"
#include "expect/quadrant.h"
#include "expect/two.h"
#include "expect/waves.h"

#include <stdlib.h>

/* Working precisions tried: cancellation near |rho| = 1 and at small variances costs bits. */
enum { EXTRA_BITS = 24, ATTEMPTS = 6 };

static int accurate(const arb_t x, const mag_t scale, slong prec)
{
    mag_t t;
    mag_init(t);
    mag_mul_2exp_si(t, scale, -prec);
    int good = arb_is_finite(x) && mag_cmp(arb_radref(x), t) <= 0;
    mag_clear(t);
    return good || (arb_is_finite(x) && arb_rel_accuracy_bits(x) >= prec);
}

/* Rational coefficients: no more error than the last evaluation's, and none at all when the
 * value is rational (zero at rho = -1, say). */
static int by_rational_quadrants(arb_t x, const ew_side *F, const ew_side *G, const ew_box *box,
                                 const mag_t scale, slong prec)
{
    fmpq_t exact;
    fmpq *q = _fmpq_vec_init(EW_QUADRANT_BASIS);
    arb_ptr r = _arb_vec_init(EW_QUADRANT_BASIS);
    slong wp = prec + EXTRA_BITS;
    fmpq_init(exact);
    int known = ew_quadrant_rational(q, &F->halves, &G->halves, box->qaa, box->qab, box->qbb);
    if (known && ew_quadrant_is_rational(exact, q, box->qaa, box->qab, box->qbb)) {
        arb_set_fmpq(x, exact, wp);
    } else {
        for (int i = 0; known && i < ATTEMPTS; i++, wp *= 2) {
            for (int k = 0; k < EW_QUADRANT_BASIS; k++)
                arb_set_fmpq(r + k, q + k, wp);
            ew_quadrant_value(x, r, box->qaa, box->qab, box->qbb, wp);
            if (accurate(x, scale, prec))
                break;
        }
    }
    fmpq_clear(exact);
    _fmpq_vec_clear(q, EW_QUADRANT_BASIS);
    _arb_vec_clear(r, EW_QUADRANT_BASIS);
    return known;
}

static int by_quadrants(arb_t x, const ew_side *F, const ew_side *G, const ew_box *box,
                        const mag_t scale, slong prec)
{
    if (F->halves.rational && G->halves.rational)
        return by_rational_quadrants(x, F, G, box, scale, prec);
    arb_ptr r = _arb_vec_init(EW_QUADRANT_BASIS);
    slong wp = prec + EXTRA_BITS;
    int known = ew_quadrant_ball(r, &F->halves, &G->halves, box->qaa, box->qab, box->qbb, wp);
    if (known)
        ew_quadrant_value(x, r, box->qaa, box->qab, box->qbb, wp);
    _arb_vec_clear(r, EW_QUADRANT_BASIS);
    return known;
}

static ew_status by_waves(arb_t x, int *known, ew_evaluator *E, const ew_side *F,
                          const ew_side *G, const ew_box *box, const mag_t scale, slong prec,
                          ew_context *ctx)
{
    ew_waves f, g;
    ew_status status = EW_OK;
    slong wp = prec + EXTRA_BITS;
    ew_waves_init(&f);
    ew_waves_init(&g);
    *known = 1;
    for (int i = 0; i < ATTEMPTS && *known && status == EW_OK; i++, wp *= 2) {
        status = ew_waves_set(&f, known, E->s, &F->F, wp, ctx);
        if (status == EW_OK && *known)
            status = ew_waves_set(&g, known, E->s, &G->F, wp, ctx);
        if (status == EW_OK && *known)
            status = ew_waves_expect(x, known, &f, &g, box->aa, box->ab, box->bb, wp, ctx);
        if (accurate(x, scale, prec))
            break;
    }
    if (status == EW_OK && *known && !arb_is_finite(x))
        *known = 0;
    ew_waves_clear(&f);
    ew_waves_clear(&g);
    return status;
}

ew_status ew_two_closed(arb_t x, int *known, ew_evaluator *E, const ew_side *F,
                        const ew_side *G, const ew_box *box, const mag_t scale, slong prec,
                        ew_context *ctx)
{
    *known = 0;
    if (F->has_halves && G->has_halves) {
        if (arb_is_positive(box->aa) && arb_is_positive(box->bb))
            *known = by_quadrants(x, F, G, box, scale, prec);
        return EW_OK;
    }
    if (!F->expanded || !G->expanded)
        return EW_OK;
    return by_waves(x, known, E, F, G, box, scale, prec, ctx);
}

/* ---- exactly ---- */

/* The atom's coefficients in the quadrant basis, powers of 2 of the heat form included. */
static int quadrant_atom(fmpq *r, const ew_activation *s, const ew_atom2 *atom,
                         const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb)
{
    ew_halves F, G;
    ew_halves_init(&F);
    ew_halves_init(&G);
    int known = s->rational && atom->jaa < EW_JETS && atom->jab < EW_JETS &&
                atom->jbb < EW_JETS && ew_halves_set(&F, s, &atom->f, 64) &&
                ew_halves_set(&G, s, &atom->g, 64);
    for (slong i = 0; known && i < 2 * atom->jaa + atom->jab; i++)
        known = ew_halves_derive(&F);
    for (slong i = 0; known && i < 2 * atom->jbb + atom->jab; i++)
        known = ew_halves_derive(&G);
    known = known && ew_quadrant_rational(r, &F, &G, kaa, kab, kbb);
    for (int i = 0; known && i < EW_QUADRANT_BASIS; i++)
        fmpq_div_2exp(r + i, r + i, (flint_bitcnt_t) (atom->jaa + atom->jbb));
    ew_halves_clear(&F);
    ew_halves_clear(&G);
    return known;
}

/* kaa, kbb > 0 and det >= 0: the quadrant formulas' domain. */
static int positive(const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb)
{
    fmpq_t det;
    fmpq_init(det);
    fmpq_mul(det, kaa, kbb);
    fmpq_submul(det, kab, kab);
    int good = fmpq_sgn(kaa) > 0 && fmpq_sgn(kbb) > 0 && fmpq_sgn(det) >= 0;
    fmpq_clear(det);
    return good;
}

/* F and G have opposite parities: zero, whatever s. */
static int zero_by_parity(const ew_activation *s, const ew_atom2 *atom)
{
    return ew_monomial_parity(&atom->f, s->parity) * ew_monomial_parity(&atom->g, s->parity) <
           0;
}

/* A variance is zero: <F G> = F(0) <G>, from the one-variable values. */
static int degenerate_rational(fmpq_t value, const ew_activation *s, const ew_atom2 *atom,
                               const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb)
{
    ew_atom1 f = {atom->f, atom->jaa}, g = {atom->g, atom->jbb};
    fmpq_t t;
    if (!fmpq_is_zero(kab) || atom->jab > 0 || fmpq_sgn(kaa) < 0 || fmpq_sgn(kbb) < 0)
        return 0;
    fmpq_init(t);
    int known =
        ew_expect_one_rational(value, s, &f, kaa) && ew_expect_one_rational(t, s, &g, kbb);
    fmpq_mul(value, value, t);
    fmpq_clear(t);
    return known;
}

int ew_expect_two_rational(fmpq_t value, const ew_activation *s, const ew_atom2 *atom,
                           const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb)
{
    if (zero_by_parity(s, atom)) {
        fmpq_zero(value);
        return 1;
    }
    if (!positive(kaa, kab, kbb))
        return degenerate_rational(value, s, atom, kaa, kab, kbb);
    fmpq *r = _fmpq_vec_init(EW_QUADRANT_BASIS);
    int known = quadrant_atom(r, s, atom, kaa, kab, kbb) &&
                ew_quadrant_is_rational(value, r, kaa, kab, kbb);
    _fmpq_vec_clear(r, EW_QUADRANT_BASIS);
    return known;
}

char *ew_expect_two_exact(const ew_activation *s, const ew_atom2 *atom, const fmpq_t kaa,
                          const fmpq_t kab, const fmpq_t kbb, ew_context *ctx)
{
    char *text = NULL;
    fmpq_t value;
    fmpq_init(value);
    if (ew_expect_two_rational(value, s, atom, kaa, kab, kbb)) {
        text = ew_rational_text(value);
    } else if (positive(kaa, kab, kbb)) {
        fmpq *r = _fmpq_vec_init(EW_QUADRANT_BASIS);
        if (quadrant_atom(r, s, atom, kaa, kab, kbb))
            text = ew_quadrant_text(r, kaa, kab, kbb, ctx);
        else if (atom->jaa == 0 && atom->jab == 0 && atom->jbb == 0)
            text = ew_waves_text(s, &atom->f, &atom->g, kaa, kab, kbb, ctx);
        _fmpq_vec_clear(r, EW_QUADRANT_BASIS);
    }
    fmpq_clear(value);
    return text;
}
