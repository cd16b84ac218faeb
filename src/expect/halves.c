#include "expect/halves.h"

enum { MAX_DEGREE = 400 };

void ew_halves_init(ew_halves *f)
{
    f->rational = 1;
    f->whole = 0;
    f->prec = 64;
    fmpq_init(f->q_mass);
    arb_init(f->b_mass);
    for (int i = 0; i < 2; i++) {
        fmpq_poly_init(f->q[i]);
        arb_poly_init(f->b[i]);
    }
}

void ew_halves_clear(ew_halves *f)
{
    fmpq_clear(f->q_mass);
    arb_clear(f->b_mass);
    for (int i = 0; i < 2; i++) {
        fmpq_poly_clear(f->q[i]);
        arb_poly_clear(f->b[i]);
    }
}

void ew_halves_copy(ew_halves *f, const ew_halves *g)
{
    f->rational = g->rational;
    f->whole = g->whole;
    f->prec = g->prec;
    fmpq_set(f->q_mass, g->q_mass);
    arb_set(f->b_mass, g->b_mass);
    for (int i = 0; i < 2; i++) {
        fmpq_poly_set(f->q[i], g->q[i]);
        arb_poly_set(f->b[i], g->b[i]);
    }
}

int ew_halves_apply(const ew_activation *s)
{
    return s->piecewise_poly &&
           (s->kinks == 0 || (s->kinks == 1 && ew_expr_sign(s->kink[0]) == 0));
}

static slong total_degree(const ew_activation *s, const ew_monomial *m)
{
    slong d = 0;
    for (slong i = 0; i < s->n; i++)
        d = FLINT_MAX(d, s->piece[i].degree);
    slong total = m->z;
    for (slong i = 0; i < EW_JETS; i++)
        total += m->e[i] * FLINT_MAX(d - i, 0);
    return total;
}

static void side_rational(fmpq_poly_t p, const ew_piece *piece, const ew_monomial *m)
{
    fmpq_t c;
    fmpq_poly_t jet;
    fmpq_init(c);
    fmpq_poly_init(jet);
    for (slong i = 0; i <= piece->degree; i++)
        if (ew_expr_rational(c, piece->coef[i]))
            fmpq_poly_set_coeff_fmpq(jet, i, c);
    fmpq_poly_zero(p);
    fmpq_poly_set_coeff_si(p, m->z, 1);
    for (slong i = 0; i < EW_JETS; i++) {
        for (slong k = 0; k < m->e[i]; k++)
            fmpq_poly_mul(p, p, jet);
        fmpq_poly_derivative(jet, jet);
    }
    fmpq_poly_clear(jet);
    fmpq_clear(c);
}

static void side_ball(arb_poly_t p, const ew_piece *piece, const ew_monomial *m, slong prec)
{
    arb_t c;
    arb_poly_t jet;
    arb_init(c);
    arb_poly_init(jet);
    for (slong i = 0; i <= piece->degree; i++) {
        ew_expr_constant(c, piece->coef[i], prec);
        arb_poly_set_coeff_arb(jet, i, c);
    }
    arb_poly_zero(p);
    arb_poly_set_coeff_si(p, m->z, 1);
    for (slong i = 0; i < EW_JETS; i++) {
        for (slong k = 0; k < m->e[i]; k++)
            arb_poly_mul(p, p, jet, prec);
        arb_poly_derivative(jet, jet, prec);
    }
    arb_poly_clear(jet);
    arb_clear(c);
}

int ew_halves_set(ew_halves *f, const ew_activation *s, const ew_monomial *m, slong prec)
{
    if (!ew_halves_apply(s) || total_degree(s, m) > MAX_DEGREE)
        return 0;
    f->rational = s->rational;
    f->whole = s->n == 1;
    f->prec = prec;
    fmpq_zero(f->q_mass);
    arb_zero(f->b_mass);
    for (slong i = 0; i < 2; i++) {
        const ew_piece *piece = s->piece + (s->n == 1 ? 0 : i);
        if (f->rational)
            side_rational(f->q[i], piece, m);
        else
            side_ball(f->b[i], piece, m, prec);
    }
    return 1;
}

int ew_halves_has_mass(const ew_halves *f)
{
    return f->rational ? !fmpq_is_zero(f->q_mass) : !arb_is_zero(f->b_mass);
}

static void jump_rational(fmpq_t jump, const ew_halves *f)
{
    fmpq_t c;
    fmpq_init(c);
    fmpq_poly_get_coeff_fmpq(jump, f->q[1], 0);
    fmpq_poly_get_coeff_fmpq(c, f->q[0], 0);
    fmpq_sub(jump, jump, c);
    fmpq_clear(c);
}

static void jump_ball(arb_t jump, const ew_halves *f)
{
    arb_t c;
    arb_init(c);
    arb_zero(jump);
    if (!f->whole) {
        arb_poly_get_coeff_arb(jump, f->b[1], 0);
        arb_poly_get_coeff_arb(c, f->b[0], 0);
        arb_sub(jump, jump, c, f->prec);
    }
    arb_clear(c);
}

static void derive_sides(ew_halves *f)
{
    for (int i = 0; i < 2; i++) {
        fmpq_poly_derivative(f->q[i], f->q[i]);
        arb_poly_derivative(f->b[i], f->b[i], f->prec);
    }
}

int ew_halves_derive(ew_halves *f)
{
    if (ew_halves_has_mass(f))
        return 0;
    if (f->rational)
        jump_rational(f->q_mass, f);
    else
        jump_ball(f->b_mass, f);
    derive_sides(f);
    return 1;
}
void ew_halves_derive_regular(ew_halves *f)
{
    fmpq_zero(f->q_mass);
    arb_zero(f->b_mass);
    derive_sides(f);
}

slong ew_halves_degree(const ew_halves *f)
{
    slong d = 0;
    for (int i = 0; i < 2; i++)
        d = FLINT_MAX(d, f->rational ? fmpq_poly_degree(f->q[i]) : arb_poly_degree(f->b[i]));
    return d;
}

static void coefficient_bound(mag_t c, const ew_halves *f, int side, slong i)
{
    if (f->rational) {
        fmpq_t q;
        arb_t x;
        fmpq_init(q);
        arb_init(x);
        fmpq_poly_get_coeff_fmpq(q, f->q[side], i);
        arb_set_fmpq(x, q, 53);
        arb_get_mag(c, x);
        arb_clear(x);
        fmpq_clear(q);
    } else if (i < arb_poly_length(f->b[side])) {
        arb_get_mag(c, arb_poly_get_coeff_ptr(f->b[side], i));
    } else {
        mag_zero(c);
    }
}

/* Minkowski: the norm of a sum is at most the sum over i of |c_i| sqrt(<z^(2(i+p))>), with the
 * larger of the two sides' coefficients, and <z^(2k)> = (2k-1)!! K^k grows with K. */
void ew_halves_norm(mag_t bound, const ew_halves *f, slong p, const mag_t kmax)
{
    mag_t c, d, moment;
    mag_init(c);
    mag_init(d);
    mag_init(moment);
    mag_zero(bound);
    for (slong i = 0; i <= ew_halves_degree(f); i++) {
        coefficient_bound(c, f, 0, i);
        coefficient_bound(d, f, 1, i);
        mag_max(c, c, d);
        mag_one(moment);
        for (slong k = 1; k <= i + p; k++) {
            mag_mul_ui(moment, moment, (ulong) (2 * k - 1));
            mag_mul(moment, moment, kmax);
        }
        mag_sqrt(moment, moment);
        mag_addmul(bound, c, moment);
    }
    mag_clear(c);
    mag_clear(d);
    mag_clear(moment);
}

void ew_halves_jump(mag_t bound, const ew_halves *f)
{
    arb_t x;
    arb_init(x);
    if (f->rational) {
        fmpq_t c;
        fmpq_init(c);
        jump_rational(c, f);
        arb_set_fmpq(x, c, 53);
        fmpq_clear(c);
    } else {
        jump_ball(x, f);
    }
    arb_get_mag(bound, x);
    arb_clear(x);
}
