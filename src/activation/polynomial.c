#include "activation/polynomial.h"

#include <stdlib.h>

#include "activation/algebra.h"

void ew_polynomial_init(ew_polynomial *p)
{
    p->degree = -1;
    p->coef = NULL;
}

void ew_polynomial_clear(ew_polynomial *p)
{
    for (slong i = 0; i <= p->degree; i++)
        ew_expr_free(p->coef[i]);
    free(p->coef);
    ew_polynomial_init(p);
}

/* The part of x at z^k, as a constant expression. */
static ew_expr *coefficient(const ew_algebra *A, const fmpq_mpoly_t x, slong k, ew_context *ctx)
{
    slong z = 0;
    ulong exponent = (ulong) k;
    fmpq_mpoly_t c;
    fmpq_mpoly_init(c, ew_algebra_ring(A));
    fmpq_mpoly_get_coeff_vars_ui(c, x, &z, &exponent, 1, ew_algebra_ring(A));
    ew_expr *e = ew_algebra_expr(A, c, ctx);
    fmpq_mpoly_clear(c, ew_algebra_ring(A));
    return e;
}

static ew_status read_off(ew_polynomial *p, const ew_algebra *A, const fmpq_mpoly_t x,
                          ew_context *ctx)
{
    slong degree = FLINT_MAX(fmpq_mpoly_degree_si(x, 0, ew_algebra_ring(A)), 0);
    p->coef = ew_alloc_zero((size_t) degree + 1, sizeof *p->coef, ctx);
    if (!p->coef)
        return EW_MEMORY;
    p->degree = degree;
    for (slong k = 0; k <= degree; k++)
        if (!(p->coef[k] = coefficient(A, x, k, ctx))) {
            ew_polynomial_clear(p);
            return ew_recorded(ctx);
        }
    return EW_OK;
}

/* An atom that depends on z, even one that cancels (z/z, sqrt(z)^2), may be undefined
 * somewhere: such an expression is not a polynomial. */
ew_status ew_polynomial_of(ew_polynomial *p, const ew_expr *e, ew_context *ctx)
{
    ew_polynomial_clear(p);
    ew_algebra *A = ew_algebra_new(ctx);
    if (!A)
        return EW_MEMORY;
    ew_status status = EW_OK;
    fmpq_mpoly_t x;
    fmpq_mpoly_init(x, ew_algebra_ring(A));
    if (ew_algebra_form(x, A, e) && !ew_algebra_has_z(A))
        status = read_off(p, A, x, ctx);
    fmpq_mpoly_clear(x, ew_algebra_ring(A));
    ew_algebra_free(A);
    return status;
}

int ew_polynomial_rational(fmpq_poly_t q, const ew_polynomial *p)
{
    fmpq_t c;
    fmpq_init(c);
    int rational = p->degree >= 0;
    fmpq_poly_zero(q);
    for (slong k = 0; rational && k <= p->degree; k++) {
        rational = ew_expr_rational(c, p->coef[k]);
        if (rational)
            fmpq_poly_set_coeff_fmpq(q, k, c);
    }
    fmpq_clear(c);
    return rational;
}

ew_expr *ew_constant_canonical(ew_expr *e, ew_context *ctx)
{
    if (!e || e->op == EW_NUM)
        return e;
    ew_polynomial p;
    ew_polynomial_init(&p);
    ew_status status = ew_polynomial_of(&p, e, ctx);
    if (status == EW_OK && p.degree == 0) {
        ew_expr_free(e);
        e = ew_expr_ref(p.coef[0]);
    }
    ew_polynomial_clear(&p);
    if (status == EW_OK)
        return e;
    ew_expr_free(e);
    return NULL;
}

/* 1 if the constant is zero by algebra. */
static int vanishes(const ew_expr *e, ew_context *ctx)
{
    ew_expr *zero = ew_expr_si(0, ctx);
    int same = zero && ew_expr_same(e, 1, zero, ctx);
    ew_expr_free(zero);
    return same;
}

static ew_status undecided(const ew_expr *e, int finite, ew_context *ctx)
{
    char *text = ew_expr_text(e, ctx);
    if (!text)
        return EW_MEMORY;
    ew_status status;
    if (finite)
        status = ew_fail(ctx, EW_UNABLE, "cannot decide the sign of %.60s", text);
    else
        status = ew_fail(ctx, EW_DOMAIN, "%.60s is not a finite number", text);
    free(text);
    return status;
}

ew_status ew_constant_sign(int *sign, const ew_expr *e, ew_context *ctx)
{
    fmpq_t r;
    fmpq_init(r);
    int rational = ew_expr_rational(r, e);
    *sign = fmpq_sgn(r);
    fmpq_clear(r);
    if (rational)
        return EW_OK;
    arb_t x;
    arb_init(x);
    *sign = 2;
    int finite = 0;
    for (slong prec = 64; *sign == 2 && prec <= 10240; prec = prec == 64 ? 320 : 2 * prec) {
        ew_expr_constant(x, e, prec);
        finite = arb_is_finite(x);
        if (finite && arb_is_nonzero(x))
            *sign = arf_sgn(arb_midref(x));
        else if (finite && (arb_is_zero(x) || (prec == 64 && vanishes(e, ctx))))
            *sign = 0;
    }
    arb_clear(x);
    return *sign == 2 ? undecided(e, finite, ctx) : EW_OK;
}

ew_status ew_constant_compare(int *order, const ew_expr *a, const ew_expr *b, ew_context *ctx)
{
    *order = 0;
    if (ew_expr_equal(a, b))
        return EW_OK;
    if (a->op == EW_NUM && b->op == EW_NUM) {
        *order = fmpq_cmp(a->num, b->num);
        return EW_OK;
    }
    ew_expr *d = ew_expr_sub(ew_expr_ref(a), ew_expr_ref(b), ctx);
    ew_status status = d ? ew_constant_sign(order, d, ctx) : ew_recorded(ctx);
    ew_expr_free(d);
    return status;
}
