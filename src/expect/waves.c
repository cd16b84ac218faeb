/* From expressions to sums of waves. */
#include "expect/waves.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WAVES = 600, MAX_POWER = 64, MAX_DEGREE = 400 };

void ew_waves_init(ew_waves *f)
{
    memset(f, 0, sizeof *f);
}

static void wave_clear(ew_wave *w)
{
    acb_clear(w->c);
    acb_clear(w->b);
    arb_clear(w->q);
    arb_clear(w->alpha);
}

void ew_waves_clear(ew_waves *f)
{
    for (slong i = 0; i < f->n; i++)
        wave_clear(f->w + i);
    free(f->w);
    ew_waves_init(f);
}

/* What a step can end in: outside the class is an answer, not a failure. */
typedef struct {
    int known;
    slong prec;
    ew_context *ctx;
    ew_status status;
} builder;

static int outside(builder *b)
{
    b->known = 0;
    return 0;
}

static void wave_init(ew_wave *w)
{
    acb_init(w->c);
    acb_init(w->b);
    arb_init(w->q);
    arb_init(w->alpha);
    acb_one(w->c);
    w->p = 0;
    w->with_erf = 0;
}

static void wave_set(ew_wave *w, const ew_wave *v)
{
    acb_set(w->c, v->c);
    acb_set(w->b, v->b);
    arb_set(w->q, v->q);
    arb_set(w->alpha, v->alpha);
    w->p = v->p;
    w->with_erf = v->with_erf;
}

/* Equal for certain: only exact numbers may be identified. */
static int same_kind(const ew_wave *v, const ew_wave *w)
{
    return v->p == w->p && v->with_erf == w->with_erf && acb_is_exact(v->b) &&
           arb_is_exact(v->q) && arb_is_exact(v->alpha) && acb_equal(v->b, w->b) &&
           arb_equal(v->q, w->q) && arb_equal(v->alpha, w->alpha);
}

/* f += v, merged with a wave of its kind. */
static int add_wave(ew_waves *f, const ew_wave *v, builder *b)
{
    if (acb_is_zero(v->c))
        return 1;
    for (slong i = 0; i < f->n; i++)
        if (same_kind(f->w + i, v)) {
            acb_add(f->w[i].c, f->w[i].c, v->c, b->prec);
            return 1;
        }
    if (f->n >= MAX_WAVES)
        return outside(b);
    if (f->n == f->room) {
        slong room = 2 * f->room + 4;
        ew_wave *w = ew_realloc(f->w, (size_t) room * sizeof *w, b->ctx);
        if (!w) {
            b->status = EW_MEMORY;
            return outside(b);
        }
        f->w = w;
        f->room = room;
    }
    wave_init(f->w + f->n);
    wave_set(f->w + f->n++, v);
    return 1;
}

static int add_all(ew_waves *f, const ew_waves *g, builder *b)
{
    for (slong i = 0; i < g->n; i++)
        if (!add_wave(f, g->w + i, b))
            return 0;
    return 1;
}

/* w = u v */
static int wave_mul(ew_wave *w, const ew_wave *u, const ew_wave *v, builder *b)
{
    if (u->with_erf && v->with_erf)
        return outside(b);
    acb_mul(w->c, u->c, v->c, b->prec);
    acb_add(w->b, u->b, v->b, b->prec);
    arb_add(w->q, u->q, v->q, b->prec);
    arb_set(w->alpha, u->with_erf ? u->alpha : v->alpha);
    w->with_erf = u->with_erf | v->with_erf;
    w->p = u->p + v->p;
    return w->p <= MAX_DEGREE ? 1 : outside(b);
}

/* f = f g */
static int multiply(ew_waves *f, const ew_waves *g, builder *b)
{
    ew_waves h;
    ew_wave w;
    int good = 1;
    ew_waves_init(&h);
    wave_init(&w);
    for (slong i = 0; i < f->n && good; i++)
        for (slong j = 0; j < g->n && good; j++)
            good = wave_mul(&w, f->w + i, g->w + j, b) && add_wave(&h, &w, b);
    wave_clear(&w);
    ew_waves_clear(f);
    *f = h;
    return good;
}

static int set_constant(ew_waves *f, const acb_t c, builder *b)
{
    ew_wave w;
    wave_init(&w);
    acb_set(w.c, c);
    ew_waves_clear(f);
    int good = add_wave(f, &w, b);
    wave_clear(&w);
    return good;
}

/* c[0..2] of a quadratic polynomial; more is outside. */
static int quadratic(acb_ptr c, const ew_waves *f, builder *b)
{
    _acb_vec_zero(c, 3);
    for (slong i = 0; i < f->n; i++) {
        const ew_wave *w = f->w + i;
        if (w->with_erf || w->p > 2 || !acb_is_zero(w->b) || !arb_is_zero(w->q) ||
            !acb_is_real(w->c))
            return outside(b);
        acb_add(c + w->p, c + w->p, w->c, b->prec);
    }
    return 1;
}

/* f += scale exp(unit (c0 + c1 z + c2 z^2)); a square needs a real exponent. */
static int add_exponential(ew_waves *f, const acb_t scale, const acb_t unit, acb_srcptr c,
                           builder *b)
{
    ew_wave w;
    wave_init(&w);
    acb_mul(w.c, unit, c, b->prec);
    acb_exp(w.c, w.c, b->prec);
    acb_mul(w.c, w.c, scale, b->prec);
    acb_mul(w.b, unit, c + 1, b->prec);
    arb_neg(w.q, acb_realref(c + 2));
    int good = (acb_is_one(unit) || arb_is_zero(w.q)) ? add_wave(f, &w, b) : outside(b);
    wave_clear(&w);
    return good;
}

/* exp, sin, cos, sinh, cosh of a quadratic polynomial as sums of exponentials. */
static int exponential(ew_waves *f, ew_op op, const ew_waves *arg, builder *b)
{
    acb_ptr c = _acb_vec_init(3);
    acb_t unit, scale;
    acb_init(unit);
    acb_init(scale);
    acb_one(unit);
    acb_one(scale);
    int good = quadratic(c, arg, b);
    if (op == EW_SIN || op == EW_COS)
        acb_onei(unit);
    if (op != EW_EXP)
        acb_mul_2exp_si(scale, scale, -1);
    if (op == EW_SIN)
        acb_div_onei(scale, scale);
    good = good && add_exponential(f, scale, unit, c, b);
    if (good && op != EW_EXP) {
        acb_neg(unit, unit);
        if (op == EW_SIN || op == EW_SINH)
            acb_neg(scale, scale);
        good = add_exponential(f, scale, unit, c, b);
    }
    acb_clear(unit);
    acb_clear(scale);
    _acb_vec_clear(c, 3);
    return good;
}

/* erf(alpha z), or 1 - erf(alpha z); a shift is outside. */
static int error_function(ew_waves *f, ew_op op, const ew_waves *arg, builder *b)
{
    acb_ptr c = _acb_vec_init(3);
    ew_wave w;
    wave_init(&w);
    int good = quadratic(c, arg, b);
    if (good && (!acb_is_zero(c) || !acb_is_zero(c + 2)))
        good = outside(b);
    if (op == EW_ERFC)
        good = good && add_wave(f, &w, b);
    w.with_erf = 1;
    arb_set(w.alpha, acb_realref(c + 1));
    if (op == EW_ERFC)
        acb_neg(w.c, w.c);
    good = good && add_wave(f, &w, b);
    wave_clear(&w);
    _acb_vec_clear(c, 3);
    return good;
}

static int build(ew_waves *f, const ew_expr *e, builder *b);

static int build_product(ew_waves *f, const ew_expr *e, builder *b)
{
    ew_waves g;
    int good = 1;
    for (slong i = 0; i < e->n && good; i++) {
        ew_waves_init(&g);
        good = build(i ? &g : f, e->arg[i], b) && (i == 0 || multiply(f, &g, b));
        ew_waves_clear(&g);
    }
    return good;
}

static int build_sum(ew_waves *f, const ew_expr *e, builder *b)
{
    ew_waves g;
    int good = 1;
    for (slong i = 0; i < e->n && good; i++) {
        ew_waves_init(&g);
        good = build(&g, e->arg[i], b) && add_all(f, &g, b);
        ew_waves_clear(&g);
    }
    return good;
}

static int build_quotient(ew_waves *f, const ew_expr *e, builder *b)
{
    ew_waves g;
    acb_t c;
    if (e->arg[1]->has_z)
        return outside(b);
    ew_waves_init(&g);
    acb_init(c);
    ew_expr_constant(acb_realref(c), e->arg[1], b->prec);
    acb_inv(c, c, b->prec);
    int good = build(f, e->arg[0], b) && set_constant(&g, c, b) && multiply(f, &g, b);
    acb_clear(c);
    ew_waves_clear(&g);
    return good;
}

static int build_power(ew_waves *f, const ew_expr *e, builder *b)
{
    ew_waves g;
    acb_t one;
    fmpq_t k;
    fmpq_init(k);
    int whole = ew_expr_rational(k, e->arg[1]) && fmpz_is_one(fmpq_denref(k)) &&
                fmpq_sgn(k) >= 0 && fmpz_cmp_ui(fmpq_numref(k), MAX_POWER) <= 0;
    ulong n = whole ? fmpz_get_ui(fmpq_numref(k)) : 0;
    fmpq_clear(k);
    if (!whole)
        return outside(b);
    ew_waves_init(&g);
    acb_init(one);
    acb_one(one);
    int good = build(&g, e->arg[0], b) && set_constant(f, one, b);
    for (ulong i = 0; i < n && good; i++)
        good = multiply(f, &g, b);
    acb_clear(one);
    ew_waves_clear(&g);
    return good;
}

static int build_function(ew_waves *f, const ew_expr *e, builder *b)
{
    ew_waves arg;
    ew_waves_init(&arg);
    int good = build(&arg, e->arg[0], b);
    if (e->op == EW_ERF || e->op == EW_ERFC)
        good = good && error_function(f, e->op, &arg, b);
    else
        good = good && exponential(f, e->op, &arg, b);
    ew_waves_clear(&arg);
    return good;
}

static int build_leaf(ew_waves *f, const ew_expr *e, builder *b)
{
    acb_t c;
    acb_init(c);
    acb_one(c);
    if (!e->has_z)
        ew_expr_constant(acb_realref(c), e, b->prec);
    int good = acb_is_finite(c) ? set_constant(f, c, b) : outside(b);
    if (good && e->has_z)
        f->w[0].p = 1;
    acb_clear(c);
    return good;
}

/* f, initially zero, = e */
static int build(ew_waves *f, const ew_expr *e, builder *b)
{
    if (!e->has_z || e->op == EW_Z)
        return build_leaf(f, e, b);
    switch (e->op) {
    case EW_ADD:
        return build_sum(f, e, b);
    case EW_MUL:
        return build_product(f, e, b);
    case EW_DIV:
        return build_quotient(f, e, b);
    case EW_POW:
        return build_power(f, e, b);
    case EW_EXP:
    case EW_SIN:
    case EW_COS:
    case EW_SINH:
    case EW_COSH:
    case EW_ERF:
    case EW_ERFC:
        return build_function(f, e, b);
    default:
        return outside(b);
    }
}

/* f += w' : the derivative of c z^p exp(b z - q z^2) erf(alpha z). */
static int add_derivative(ew_waves *f, const ew_wave *w, builder *b)
{
    ew_wave t;
    int good = 1;
    wave_init(&t);
    if (w->p > 0) {
        wave_set(&t, w);
        acb_mul_si(t.c, t.c, w->p, b->prec);
        t.p--;
        good = add_wave(f, &t, b);
    }
    wave_set(&t, w);
    acb_mul(t.c, t.c, w->b, b->prec);
    good = good && add_wave(f, &t, b);
    wave_set(&t, w);
    acb_mul_arb(t.c, t.c, w->q, b->prec);
    acb_mul_si(t.c, t.c, -2, b->prec);
    t.p++;
    good = good && add_wave(f, &t, b);
    if (good && w->with_erf) {
        arb_t root;
        arb_init(root);
        arb_const_sqrt_pi(root, b->prec);
        wave_set(&t, w);
        t.with_erf = 0;
        acb_mul_arb(t.c, t.c, w->alpha, b->prec);
        acb_mul_2exp_si(t.c, t.c, 1);
        acb_div_arb(t.c, t.c, root, b->prec);
        arb_addmul(t.q, w->alpha, w->alpha, b->prec);
        arb_zero(t.alpha);
        good = add_wave(f, &t, b);
        arb_clear(root);
    }
    wave_clear(&t);
    return good;
}

static int derive(ew_waves *f, builder *b)
{
    ew_waves g;
    int good = 1;
    ew_waves_init(&g);
    for (slong i = 0; i < f->n && good; i++)
        good = add_derivative(&g, f->w + i, b);
    ew_waves_clear(f);
    *f = g;
    return good;
}

/* f = scale * monomial in the given jets */
static int build_monomial(ew_waves *f, const fmpq_t scale, const ew_monomial *m,
                          const ew_waves *jets, builder *b)
{
    acb_t c;
    acb_init(c);
    arb_set_fmpq(acb_realref(c), scale, b->prec);
    int good = set_constant(f, c, b);
    acb_clear(c);
    if (good && f->n == 1)
        f->w[0].p = m->z;
    for (slong i = 0; i <= ew_monomial_order(m) && good; i++)
        for (slong k = 0; k < m->e[i] && good; k++)
            good = multiply(f, jets + i, b);
    return good;
}

ew_status ew_waves_set(ew_waves *f, int *known, const ew_activation *s, const ew_jetsum *F,
                       slong prec, ew_context *ctx)
{
    builder b = {1, prec, ctx, EW_OK};
    ew_waves jets[EW_JETS], part;
    slong top = -1;
    *known = 0;
    ew_waves_clear(f);
    if (s->kinks > 0)
        return EW_OK;
    for (slong i = 0; i < F->n; i++)
        top = FLINT_MAX(top, ew_monomial_order(F->m + i));
    for (slong i = 0; i <= top; i++)
        ew_waves_init(jets + i);
    int good = top < 0 || build(jets, s->piece[0].f, &b);
    for (slong i = 1; i <= top && good; i++)
        good = add_all(jets + i, jets + i - 1, &b) && derive(jets + i, &b);
    for (slong i = 0; i < F->n && good; i++) {
        ew_waves_init(&part);
        good = build_monomial(&part, F->coef + i, F->m + i, jets, &b) && add_all(f, &part, &b);
        ew_waves_clear(&part);
    }
    for (slong i = 0; i <= top; i++)
        ew_waves_clear(jets + i);
    *known = good;
    return b.status;
}
