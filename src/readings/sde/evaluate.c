/* Equations evaluated in balls, at one point. */
#include "readings/sde/build.h"

#include <stdlib.h>

#include "readings/sde/moment.h"

ew_status ew_sde_constant_ball(arb_t x, const ew_sde_constant *c, slong prec, ew_context *ctx)
{
    return ew_scalar_ball(x, &c->value, prec, ctx);
}

/* rho = y/sqrt(xz), which lies in [-1, 1] by what the arguments are; 0 when a variance is. */
static void correlation(arb_t rho, const arb_t x, const arb_t y, const arb_t z, slong prec)
{
    if (arb_is_zero(x) || arb_is_zero(z)) {
        arb_zero(rho);
        return;
    }
    arb_t one;
    arb_init(one);
    arb_mul(rho, x, z, prec);
    arb_rsqrt(rho, rho, prec);
    arb_mul(rho, rho, y, prec);
    mag_one(arb_radref(one));
    if (!arb_contains(one, rho) && arb_overlaps(one, rho)) {
        arb_t cut;
        arb_init(cut);
        if (arb_intersection(cut, one, rho, prec))
            arb_set(rho, cut);
        arb_clear(cut);
    }
    arb_clear(one);
}

static void angle(arb_t v, const arb_t rho, slong prec)
{
    arb_t pi;
    arb_init(pi);
    arb_acos(v, rho, prec);
    arb_const_pi(pi, prec);
    arb_div(v, v, pi, prec);
    arb_mul_2exp_si(v, v, -1);
    arb_clear(pi);
}

/* N = sqrt(xz) [sqrt(1 - rho^2)/(2 pi) - rho arccos(rho)/(2 pi)] */
static void kink(arb_t v, const arb_t x, const arb_t y, const arb_t z, slong prec)
{
    arb_t rho, root, t;
    arb_init(rho);
    arb_init(root);
    arb_init(t);
    correlation(rho, x, y, z, prec);
    arb_mul(root, rho, rho, prec);
    arb_sub_ui(root, root, 1, prec);
    arb_neg(root, root);
    arb_nonnegative_part(root, root);
    arb_sqrt(root, root, prec);
    arb_const_pi(t, prec);
    arb_div(root, root, t, prec);
    arb_mul_2exp_si(root, root, -1);
    angle(v, rho, prec);
    arb_mul(v, v, rho, prec);
    arb_sub(v, root, v, prec);
    arb_mul(t, x, z, prec);
    arb_nonnegative_part(t, t);
    arb_sqrt(t, t, prec);
    arb_mul(v, v, t, prec);
    arb_clear(rho);
    arb_clear(root);
    arb_clear(t);
}

static void root(arb_t v, const arb_t x, const arb_t y, const arb_t z, slong prec)
{
    arb_t t;
    arb_init(t);
    arb_mul(v, x, z, prec);
    arb_submul(v, y, y, prec);
    arb_rsqrt(v, v, prec);
    arb_const_pi(t, prec);
    arb_div(v, v, t, prec);
    arb_mul_2exp_si(v, v, -1);
    arb_clear(t);
}

static void atom_ball(arb_t v, const ew_sde_atom *f, arb_srcptr variable, slong prec)
{
    arb_t one, rho;
    arb_srcptr arg[3];
    arb_init(one);
    arb_init(rho);
    arb_one(one);
    for (int j = 0; j < 3; j++)
        arg[j] = f->arg[j] == EW_SDE_ONE ? one : variable + f->arg[j];
    switch (f->f) {
    case EW_SDE_KINK:
        kink(v, arg[0], arg[1], arg[2], prec);
        break;
    case EW_SDE_ANGLE:
        correlation(rho, arg[0], arg[1], arg[2], prec);
        angle(v, rho, prec);
        break;
    case EW_SDE_ROOT:
        root(v, arg[0], arg[1], arg[2], prec);
        break;
    case EW_SDE_SQRT:
        arb_sqrt(v, arg[0], prec);
        break;
    case EW_SDE_INVERSE:
        arb_inv(v, arg[0], prec);
        break;
    default: /* a moment: those are computed together */
        break;
    }
    arb_clear(one);
    arb_clear(rho);
}

static ew_status variables(arb_ptr v, const ew_sde *sde, const arb_t t, arb_srcptr x,
                           slong prec, ew_context *ctx)
{
    _arb_vec_set(v, x, sde->n);
    if (t)
        arb_set(v + sde->time, t);
    else
        arb_zero(v + sde->time);
    for (slong i = 0; i < sde->constants; i++) {
        arb_ptr c = v + sde->constant0 + i;
        ew_status status = ew_sde_constant_ball(c, &sde->constant[i], prec, ctx);
        if (status != EW_OK)
            return status;
        if (sde->constant[i].inverse)
            arb_inv(c, c, prec);
    }
    for (slong i = 0; i < sde->atoms; i++)
        atom_ball(v + sde->atom0 + i, &sde->atom[i], v, prec);
    return sde->moments ? ew_sde_moments_ball(v, sde, prec, ctx) : EW_OK;
}

static void polynomial(arb_t y, const fmpq_mpoly_t f, arb_srcptr v, ulong *exp,
                       const ew_sde *sde, slong prec)
{
    fmpq_t c;
    arb_t term, power;
    fmpq_init(c);
    arb_init(term);
    arb_init(power);
    arb_zero(y);
    for (slong i = 0; i < fmpq_mpoly_length(f, sde->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        arb_set_fmpq(term, c, prec);
        for (slong j = 0; j < sde->variables; j++)
            if (exp[j]) {
                arb_pow_ui(power, v + j, exp[j], prec);
                arb_mul(term, term, power, prec);
            }
        arb_add(y, y, term, prec);
    }
    arb_clear(term);
    arb_clear(power);
    fmpq_clear(c);
}

static ew_status polynomials(arb_ptr y, const fmpq_mpoly_struct *f, slong n, const ew_sde *sde,
                             const arb_t t, arb_srcptr x, slong prec, ew_context *ctx)
{
    ulong *exp = ew_alloc((size_t) sde->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    arb_ptr v = _arb_vec_init(sde->variables);
    ew_status status = variables(v, sde, t, x, prec, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++)
        polynomial(y + i, f + i, v, exp, sde, prec);
    _arb_vec_clear(v, sde->variables);
    free(exp);
    return status;
}

ew_status ew_sde_drift_ball(arb_ptr b, const ew_sde *sde, const arb_t t, arb_srcptr x,
                            slong prec, ew_context *ctx)
{
    return polynomials(b, sde->drift, sde->n, sde, t, x, prec, ctx);
}

ew_status ew_sde_diffusion_ball(arb_ptr s, const ew_sde *sde, const arb_t t, arb_srcptr x,
                                slong prec, ew_context *ctx)
{
    return polynomials(s, sde->diffusion, sde->n * (sde->n + 1) / 2, sde, t, x, prec, ctx);
}
