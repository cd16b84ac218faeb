#include "activation/algebra.h"

#include <stdlib.h>

#include "activation/algebra_ring.h"

static int form(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e);

ew_algebra *ew_algebra_new(ew_context *ctx)
{
    ew_algebra *A = ew_alloc(sizeof *A, ctx);
    if (!A)
        return NULL;
    A->n = 0;
    fmpq_mpoly_ctx_init(A->ring, EW_ATOMS + 1, ORD_LEX);
    return A;
}

void ew_algebra_free(ew_algebra *A)
{
    if (!A)
        return;
    for (slong i = 0; i < A->n; i++) {
        fmpq_mpoly_clear(A->atom[i].arg, A->ring);
        fmpq_mpoly_clear(A->atom[i].exponent, A->ring);
    }
    fmpq_mpoly_ctx_clear(A->ring);
    free(A);
}

const fmpq_mpoly_ctx_struct *ew_algebra_ring(const ew_algebra *A)
{
    return A->ring;
}

int ew_algebra_has_z(const ew_algebra *A)
{
    int has_z = 0;
    for (slong i = 0; i < A->n; i++)
        has_z |= A->atom[i].has_z;
    return has_z;
}

/* Powers of constants with more terms stay powers: (1 - erf(4))^62, written out, cancels to 1
 * part in 10^484. */
#define CONSTANT_TERMS 16

static int form_power(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    fmpq_t k;
    fmpq_mpoly_t b, exponent;
    fmpq_init(k);
    fmpq_mpoly_init(b, A->ring);
    fmpq_mpoly_init(exponent, A->ring);
    int ok = form(b, A, e->arg[0]) && form(exponent, A, e->arg[1]);
    if (ok && fmpq_mpoly_is_fmpq(exponent, A->ring)) {
        fmpq_mpoly_get_fmpq(k, exponent, A->ring);
        ok = ew_ring_power(x, A, b, k);
        if (ok && !e->has_z && fmpq_mpoly_length(x, A->ring) > CONSTANT_TERMS)
            ok = form(b, A, e->arg[0]) && ew_ring_intern(x, A, EW_POW, 0, b, exponent);
    } else if (ok) {
        ok = ew_ring_intern(x, A, EW_POW, 0, b, exponent);
    }
    fmpq_mpoly_clear(exponent, A->ring);
    fmpq_mpoly_clear(b, A->ring);
    fmpq_clear(k);
    return ok;
}

/* The value at argument 0 of the functions that are rational there: 2 f(0), or -1. */
static int twice_value_at_zero(ew_op op)
{
    switch (op) {
    case EW_EXP:
    case EW_COS:
    case EW_COSH:
        return 2;
    case EW_SIGMOID:
        return 1;
    case EW_LOG1P:
    case EW_EXPM1:
    case EW_SIN:
    case EW_TAN:
    case EW_ASIN:
    case EW_ATAN:
    case EW_ASINH:
    case EW_SINH:
    case EW_TANH:
    case EW_ERF:
        return 0;
    default:
        return -1;
    }
}

/* x = f(u) from y = f(-u), by the reflection formula of f. */
static int reflect(fmpq_mpoly_t x, ew_algebra *A, ew_op op, const fmpq_mpoly_t y,
                   const fmpq_mpoly_t u)
{
    switch (op) {
    case EW_COS:
    case EW_COSH:
        fmpq_mpoly_set(x, y, A->ring);
        return 1;
    case EW_EXP:
        return ew_ring_inverse(x, A, y);
    case EW_SIGMOID:
        fmpq_mpoly_one(x, A->ring);
        fmpq_mpoly_sub(x, x, y, A->ring);
        return 1;
    case EW_SOFTPLUS:
        fmpq_mpoly_add(x, y, u, A->ring);
        return 1;
    default:
        fmpq_mpoly_neg(x, y, A->ring);
        return 1;
    }
}

static int reflects(ew_op op)
{
    return op == EW_SOFTPLUS ||
           (op != EW_LOG1P && op != EW_EXPM1 && twice_value_at_zero(op) >= 0);
}

/* exp(log(w)) = w where the logarithm exists, log(exp(w)) = w on the reals: x = w if u is the
 * inner function's atom. */
static int undo(fmpq_mpoly_t x, const ew_algebra *A, ew_op op, const fmpq_mpoly_t u)
{
    if (op != EW_EXP && op != EW_LOG)
        return 0;
    for (slong i = 0; i < A->n; i++)
        if (A->atom[i].op == (op == EW_EXP ? EW_LOG : EW_EXP) &&
            fmpq_mpoly_is_gen(u, i + 1, A->ring)) {
            fmpq_mpoly_set(x, A->atom[i].arg, A->ring);
            return 1;
        }
    return 0;
}

static int apply(fmpq_mpoly_t x, ew_algebra *A, ew_op op, fmpq_mpoly_t u)
{
    if (undo(x, A, op, u))
        return 1;
    if (op == EW_SQRT)
        return ew_ring_square_root(x, A, u);
    if (op == EW_LOG && fmpq_mpoly_is_one(u, A->ring)) {
        fmpq_mpoly_zero(x, A->ring);
        return 1;
    }
    if (fmpq_mpoly_is_zero(u, A->ring) && twice_value_at_zero(op) >= 0) {
        fmpq_mpoly_set_si(x, twice_value_at_zero(op), A->ring);
        fmpq_mpoly_scalar_div_si(x, x, 2, A->ring);
        return 1;
    }
    fmpq_t lead;
    fmpq_init(lead);
    if (!fmpq_mpoly_is_zero(u, A->ring))
        fmpq_mpoly_get_term_coeff_fmpq(lead, u, 0, A->ring);
    int flip = fmpq_sgn(lead) < 0 && reflects(op);
    fmpq_clear(lead);
    if (!flip)
        return ew_ring_apply(x, A, op, u);
    fmpq_mpoly_t y;
    fmpq_mpoly_init(y, A->ring);
    fmpq_mpoly_neg(y, u, A->ring);
    int ok = ew_ring_apply(y, A, op, y) && reflect(x, A, op, y, u);
    fmpq_mpoly_clear(y, A->ring);
    return ok;
}

/* erfc, expm1 and log1p are written with erf, exp and log, so that their spellings meet. */
static int form_function(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    fmpq_mpoly_t u;
    fmpq_mpoly_init(u, A->ring);
    int ok = form(u, A, e->arg[0]);
    if (ok && e->op == EW_ERFC) {
        ok = apply(x, A, EW_ERF, u);
        fmpq_mpoly_neg(x, x, A->ring);
        fmpq_mpoly_add_si(x, x, 1, A->ring);
    } else if (ok && e->op == EW_EXPM1) {
        ok = apply(x, A, EW_EXP, u);
        fmpq_mpoly_sub_si(x, x, 1, A->ring);
    } else if (ok && e->op == EW_LOG1P) {
        fmpq_mpoly_add_si(u, u, 1, A->ring);
        ok = apply(x, A, EW_LOG, u);
    } else if (ok) {
        ok = apply(x, A, e->op, u);
    }
    fmpq_mpoly_clear(u, A->ring);
    return ok;
}

static int form_nary(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    int ok = 1;
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, A->ring);
    fmpq_mpoly_set_si(x, e->op == EW_MUL, A->ring);
    for (slong i = 0; ok && i < e->n; i++) {
        ok = form(t, A, e->arg[i]);
        if (ok && e->op == EW_MUL)
            ok = ew_ring_multiply(x, A, t);
        else if (ok)
            fmpq_mpoly_add(x, x, t, A->ring);
    }
    fmpq_mpoly_clear(t, A->ring);
    return ok && ew_ring_within_limits(x, A);
}

static int form_quotient(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    fmpq_mpoly_t d;
    fmpq_mpoly_init(d, A->ring);
    int ok = form(d, A, e->arg[1]) && ew_ring_inverse(x, A, d) && form(d, A, e->arg[0]) &&
             ew_ring_multiply(x, A, d);
    fmpq_mpoly_clear(d, A->ring);
    return ok;
}

static int form_leaf(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    fmpq_mpoly_t none;
    fmpq_mpoly_init(none, A->ring);
    int ok = ew_ring_intern(x, A, e->op, e->op == EW_VAR ? e->var : 0, none, none);
    fmpq_mpoly_clear(none, A->ring);
    return ok;
}

/* A kinked node of constants is the branch its sign says. */
static int form_decided(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    if (e->has_z)
        return 0;
    arb_t u, v;
    arb_init(u);
    arb_init(v);
    ew_expr_constant(u, e->arg[0], 256);
    if (e->n == 2) {
        ew_expr_constant(v, e->arg[1], 256);
        arb_sub(u, u, v, 256);
    }
    int sign = arb_is_positive(u) ? 1 : arb_is_negative(u) ? -1 : 0;
    arb_clear(v);
    arb_clear(u);
    if (sign == 0)
        return 0;
    if (e->op == EW_SIGN || e->op == EW_STEP) {
        fmpq_mpoly_set_si(x, e->op == EW_SIGN ? sign : sign > 0, A->ring);
        return 1;
    }
    if (e->op == EW_MAX || e->op == EW_MIN)
        return form(x, A, e->arg[(e->op == EW_MAX) != (sign > 0)]);
    int ok = form(x, A, e->arg[0]);
    if (ok && sign < 0)
        fmpq_mpoly_neg(x, x, A->ring);
    return ok;
}

static int form(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    switch (e->op) {
    case EW_NUM:
        fmpq_mpoly_set_fmpq(x, e->num, A->ring);
        return ew_ring_within_limits(x, A);
    case EW_Z:
        fmpq_mpoly_gen(x, 0, A->ring);
        return 1;
    case EW_PI:
    case EW_VAR:
        return form_leaf(x, A, e);
    case EW_ADD:
    case EW_MUL:
        return form_nary(x, A, e);
    case EW_DIV:
        return form_quotient(x, A, e);
    case EW_POW:
        return form_power(x, A, e);
    case EW_ABS:
    case EW_SIGN:
    case EW_STEP:
    case EW_MAX:
    case EW_MIN:
        return form_decided(x, A, e);
    case EW_IF:
        return 0;
    default:
        return form_function(x, A, e);
    }
}

int ew_algebra_form(fmpq_mpoly_t x, ew_algebra *A, const ew_expr *e)
{
    return form(x, A, e);
}

int ew_expr_same(const ew_expr *a, int factor, const ew_expr *b, ew_context *ctx)
{
    if (factor == 1 && ew_expr_equal(a, b))
        return 1;
    ew_algebra *A = ew_algebra_new(ctx);
    if (!A)
        return 0;
    fmpq_mpoly_t x, y;
    fmpq_mpoly_init(x, A->ring);
    fmpq_mpoly_init(y, A->ring);
    int same = form(x, A, a) && form(y, A, b);
    if (same) {
        fmpq_mpoly_scalar_mul_si(y, y, factor, A->ring);
        same = fmpq_mpoly_equal(x, y, A->ring);
    }
    fmpq_mpoly_clear(y, A->ring);
    fmpq_mpoly_clear(x, A->ring);
    ew_algebra_free(A);
    return same;
}

static ew_expr *atom_expr(const ew_algebra *A, slong i, ew_context *ctx)
{
    const ew_atom *a = A->atom + i;
    if (a->op == EW_PI || a->op == EW_VAR)
        return ew_expr_leaf(a->op, a->var, ctx);
    ew_expr *arg = ew_algebra_expr(A, a->arg, ctx);
    if (a->op == EW_DIV)
        return ew_expr_2(EW_DIV, ew_expr_si(1, ctx), arg, ctx);
    if (a->op == EW_POW)
        return ew_expr_2(EW_POW, arg, ew_algebra_expr(A, a->exponent, ctx), ctx);
    return ew_expr_1(a->op, arg, ctx);
}

static ew_expr *term_expr(const ew_algebra *A, const fmpq_t c, const ulong *exps,
                          ew_context *ctx)
{
    ew_expr *e = ew_expr_num(c, ctx);
    for (slong v = 0; e && v <= A->n; v++) {
        if (exps[v] == 0)
            continue;
        ew_expr *f = v == 0 ? ew_expr_leaf(EW_Z, 0, ctx) : atom_expr(A, v - 1, ctx);
        if (exps[v] > 1)
            f = ew_expr_2(EW_POW, f, ew_expr_si((slong) exps[v], ctx), ctx);
        e = ew_expr_2(EW_MUL, e, f, ctx);
    }
    return e;
}

ew_expr *ew_algebra_expr(const ew_algebra *A, const fmpq_mpoly_t x, ew_context *ctx)
{
    slong n = fmpq_mpoly_length(x, A->ring);
    if (n == 0)
        return ew_expr_si(0, ctx);
    ew_expr **term = ew_alloc((size_t) n * sizeof *term, ctx);
    if (!term)
        return NULL;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < n; i++) {
        ulong exps[EW_ATOMS + 1];
        fmpq_mpoly_get_term_exp_ui(exps, x, i, A->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, x, i, A->ring);
        term[i] = term_expr(A, c, exps, ctx);
    }
    fmpq_clear(c);
    ew_expr *e = ew_expr_new(EW_ADD, term, n, ctx);
    free(term);
    return e;
}
