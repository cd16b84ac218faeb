/* ew_signs_of: polynomials by their exact roots, products factor by factor, monotone functions
 * through their argument, sums whose terms agree, and what is left on a bounded interval by
 * balls. */
#include "activation/signs.h"

#include <stdlib.h>

#include "activation/polynomial.h"
#include "activation/roots.h"
#include "activation/sign_balls.h"

#define MAX_STEPS 10000

typedef struct {
    ew_interval range;
    slong steps;
    ew_context *ctx;
} search;

static ew_status rules(ew_signs *s, const ew_expr *u, search *q);

/* rules(u) for an owned u; NULL is a recorded failure. */
static ew_status rules_owned(ew_signs *s, ew_expr *u, search *q)
{
    ew_status status = u ? rules(s, u, q) : ew_recorded(q->ctx);
    ew_expr_free(u);
    return status;
}

/* s = s combined with t. */
static ew_status absorb(ew_signs *s, const ew_signs *t, int (*rule)(int, int), ew_context *ctx)
{
    ew_signs both;
    ew_signs_init(&both);
    ew_status status = ew_signs_combine(&both, s, t, rule, ctx);
    ew_signs_clear(s);
    *s = both;
    return status;
}

static ew_status absorb_rules(ew_signs *s, const ew_expr *u, int (*rule)(int, int), search *q)
{
    ew_signs t;
    ew_signs_init(&t);
    ew_status status = rules(&t, u, q);
    if (status == EW_OK)
        status = absorb(s, &t, rule, q->ctx);
    ew_signs_clear(&t);
    return status;
}

/* The signs of an even power. */
static ew_status squared(ew_signs *s, const ew_expr *u, search *q)
{
    ew_signs t;
    ew_signs_init(&t);
    ew_status status = rules(&t, u, q);
    if (status == EW_OK)
        status = ew_signs_combine(s, &t, &t, ew_sign_product, q->ctx);
    ew_signs_clear(&t);
    if (status == EW_OK && !ew_signs_known(s) && ew_sign_nonzero_somewhere(u, q->range))
        status = ew_signs_set(s, 1, q->ctx);
    return status;
}

static ew_status constant(ew_signs *s, const ew_expr *u, ew_context *ctx)
{
    int sign;
    ew_status status = ew_constant_sign(&sign, u, ctx);
    return status == EW_OK ? ew_signs_set(s, sign, ctx) : status;
}

/* g - t changes sign where arg does, less the inverse function of g at t; bounds are those of
 * g's values in half units (half multiples of pi for atan), 1000 none.  Of sin and cos, which
 * have no such inverse, the bounds alone are of use. */
typedef struct {
    ew_op op;
    int low, high, attained;
} monotone;

static const monotone monotones[] = {
    {EW_EXP, 0, 1000, 0},     {EW_EXPM1, -2, 1000, 0},    {EW_TANH, -2, 2, 0},
    {EW_SIGMOID, 0, 2, 0},    {EW_SOFTPLUS, 0, 1000, 0},  {EW_ERF, -2, 2, 0},
    {EW_ERFC, 0, 4, 0},       {EW_ATAN, -1, 1, 0},        {EW_COSH, 2, 1000, 1},
    {EW_SQRT, 0, 1000, 1},    {EW_SINH, -1000, 1000, 0},  {EW_ASINH, -1000, 1000, 0},
    {EW_LOG, -1000, 1000, 0}, {EW_LOG1P, -1000, 1000, 0}, {EW_SIN, -2, 2, 1},
    {EW_COS, -2, 2, 1},
};

static ew_expr *log_ratio(ew_expr *num, ew_expr *den, ew_context *ctx)
{
    return ew_expr_1(EW_LOG, ew_expr_2(EW_DIV, num, den, ctx), ctx);
}

/* The inverse function of op at t as a fresh expression; *none = 1 when the language has none.
 */
static ew_expr *inverse(ew_op op, const ew_expr *t, int *none, ew_context *ctx)
{
    ew_expr *x = ew_expr_ref(t);
    switch (op) {
    case EW_EXP:
        return ew_expr_1(EW_LOG, x, ctx);
    case EW_EXPM1:
        return ew_expr_1(EW_LOG1P, x, ctx);
    case EW_SINH:
        return ew_expr_1(EW_ASINH, x, ctx);
    case EW_ASINH:
        return ew_expr_1(EW_SINH, x, ctx);
    case EW_LOG:
        return ew_expr_1(EW_EXP, x, ctx);
    case EW_LOG1P:
        return ew_expr_1(EW_EXPM1, x, ctx);
    case EW_ATAN:
        return ew_expr_1(EW_TAN, x, ctx);
    case EW_SQRT:
        return ew_expr_2(EW_POW, x, ew_expr_si(2, ctx), ctx);
    case EW_SOFTPLUS:
        return ew_expr_1(EW_LOG, ew_expr_1(EW_EXPM1, x, ctx), ctx);
    case EW_SIGMOID:
        return log_ratio(x, ew_expr_sub(ew_expr_si(1, ctx), ew_expr_ref(t), ctx), ctx);
    case EW_TANH:
        x = log_ratio(ew_expr_2(EW_ADD, ew_expr_si(1, ctx), x, ctx),
                      ew_expr_sub(ew_expr_si(1, ctx), ew_expr_ref(t), ctx), ctx);
        return ew_expr_2(EW_DIV, x, ew_expr_si(2, ctx), ctx);
    case EW_COSH:
        x = ew_expr_sub(ew_expr_2(EW_POW, x, ew_expr_si(2, ctx), ctx), ew_expr_si(1, ctx), ctx);
        x = ew_expr_2(EW_ADD, ew_expr_ref(t), ew_expr_1(EW_SQRT, x, ctx), ctx);
        return ew_expr_1(EW_LOG, x, ctx);
    default:
        ew_expr_free(x);
        *none = 1;
        return NULL;
    }
}

/* *side = 1 if all values of the function exceed t, -1 if all are below, 0 otherwise; but t may
 * be the bound itself, *touches = 1. */
static ew_status beyond(int *side, int *touches, const monotone *m, const ew_expr *t,
                        ew_context *ctx)
{
    const int bound[2] = {m->low, m->high};
    ew_status status = EW_OK;
    *side = *touches = 0;
    for (int i = 0; status == EW_OK && *side == 0 && i < 2; i++) {
        if (bound[i] == 1000 || bound[i] == -1000)
            continue;
        ew_expr *b = ew_expr_2(EW_DIV, ew_expr_si(bound[i], ctx), ew_expr_si(2, ctx), ctx);
        if (m->op == EW_ATAN)
            b = ew_expr_2(EW_MUL, b, ew_expr_leaf(EW_PI, 0, ctx), ctx);
        int order;
        status = b ? ew_constant_compare(&order, t, b, ctx) : ew_recorded(ctx);
        ew_expr_free(b);
        if (status == EW_OK && (i == 0 ? order <= 0 : order >= 0))
            *side = i == 0 ? 1 : -1;
        if (status == EW_OK && order == 0)
            *touches = 1;
    }
    return status;
}

/* Of a bound that is attained: where v is analytic on the whole line, g(v) - t has isolated
 * zeros, unless v stays at a place where it is; then, and where v may stay there for a while
 * (sqrt(z^2) + z), the bound decides nothing. */
static ew_status touching(int *side, const monotone *m, const ew_expr *v, const ew_expr *t,
                          search *q)
{
    ew_context *ctx = q->ctx;
    ew_expr *u = ew_expr_sub(ew_expr_1(m->op, ew_expr_ref(v), ctx), ew_expr_ref(t), ctx);
    if (!u)
        return ew_recorded(ctx);
    if (!v->total || !ew_sign_nonzero_somewhere(u, q->range))
        *side = 0;
    ew_expr_free(u);
    return EW_OK;
}

/* The signs of g(v) - t. */
static ew_status level(ew_signs *s, const monotone *m, const ew_expr *v, const ew_expr *t,
                       search *q)
{
    int side, touches, none = 0;
    ew_status status = beyond(&side, &touches, m, t, q->ctx);
    if (status == EW_OK && side != 0 && touches && m->attained)
        status = touching(&side, m, v, t, q);
    if (status != EW_OK || side != 0)
        return status == EW_OK ? ew_signs_set(s, side, q->ctx) : status;
    ew_expr *at = inverse(m->op, t, &none, q->ctx);
    if (none)
        return ew_signs_set(s, EW_SIGN_UNKNOWN, q->ctx);
    if (m->op != EW_COSH)
        return rules_owned(s, ew_expr_sub(ew_expr_ref(v), at, q->ctx), q);
    status =
        rules_owned(s, ew_expr_sub(ew_expr_ref(v), at ? ew_expr_ref(at) : NULL, q->ctx), q);
    ew_expr *above = ew_expr_2(EW_ADD, ew_expr_ref(v), at, q->ctx);
    if (status == EW_OK)
        status = above ? absorb_rules(s, above, ew_sign_product, q) : ew_recorded(q->ctx);
    ew_expr_free(above);
    return status;
}

/* The signs of a/b - t: those of (a - t b) b. */
static ew_status quotient_level(ew_signs *s, const ew_expr *g, const ew_expr *t, search *q)
{
    ew_expr *tb = ew_expr_2(EW_MUL, ew_expr_ref(t), ew_expr_ref(g->arg[1]), q->ctx);
    ew_status status = rules_owned(s, ew_expr_sub(ew_expr_ref(g->arg[0]), tb, q->ctx), q);
    return status == EW_OK ? absorb_rules(s, g->arg[1], ew_sign_product, q) : status;
}

/* u = k g with a constant k (fresh) and one other factor g (borrowed; NULL if there are more).
 */
static ew_expr *split_factor(const ew_expr **g, const ew_expr *u, ew_context *ctx)
{
    slong factors = 0;
    *g = u;
    ew_expr *k = ew_expr_si(1, ctx);
    for (slong i = 0; u->op == EW_MUL && i < u->n; i++) {
        if (u->arg[i]->has_z) {
            *g = u->arg[i];
            factors++;
        } else {
            k = ew_expr_2(EW_MUL, k, ew_expr_ref(u->arg[i]), ctx);
        }
    }
    if (factors > 1)
        *g = NULL;
    return k;
}

/* The signs of k g + c. */
static ew_status shifted(ew_signs *s, const ew_expr *k, const ew_expr *g, const ew_expr *c,
                         search *q)
{
    int side;
    ew_context *ctx = q->ctx;
    ew_expr *t = ew_expr_neg(ew_expr_ref(c), ctx);
    t = ew_constant_canonical(ew_expr_2(EW_DIV, t, ew_expr_ref(k), ctx), ctx);
    ew_status status = t ? ew_constant_sign(&side, k, ctx) : ew_recorded(ctx);
    if (status == EW_OK) {
        status = ew_signs_set(s, EW_SIGN_UNKNOWN, ctx);
        for (size_t i = 0; status == EW_OK && i < sizeof monotones / sizeof *monotones; i++)
            if (monotones[i].op == g->op)
                status = level(s, monotones + i, g->arg[0], t, q);
        if (status == EW_OK && g->op == EW_DIV)
            status = quotient_level(s, g, t, q);
    }
    for (slong i = 0; status == EW_OK && i <= s->n; i++)
        if (s->sign[i] != EW_SIGN_UNKNOWN)
            s->sign[i] *= side;
    ew_expr_free(t);
    return status;
}

/* sum += k u, constant factors multiplied into sums, for the terms that do (do not) depend on
 * z; owns sum and k. */
static ew_expr *gather(ew_expr *sum, ew_expr *k, const ew_expr *u, int with_z, ew_context *ctx)
{
    if (u->op == EW_ADD) {
        for (slong i = 0; i < u->n; i++)
            sum = gather(sum, k ? ew_expr_ref(k) : NULL, u->arg[i], with_z, ctx);
        ew_expr_free(k);
        return sum;
    }
    if (u->op == EW_DIV && u->has_z && !u->arg[1]->has_z) {
        k = ew_expr_2(EW_DIV, k, ew_expr_ref(u->arg[1]), ctx);
        return gather(sum, k, u->arg[0], with_z, ctx);
    }
    if (u->op == EW_MUL && u->has_z) {
        const ew_expr *g;
        ew_expr *c = split_factor(&g, u, ctx);
        if (g)
            return gather(sum, ew_expr_2(EW_MUL, k, c, ctx), g, with_z, ctx);
        ew_expr_free(c);
    }
    if (u->has_z != with_z) {
        ew_expr_free(k);
        return sum;
    }
    return ew_expr_2(EW_ADD, sum, ew_expr_2(EW_MUL, k, ew_expr_ref(u), ctx), ctx);
}

static ew_expr *terms(const ew_expr *u, int with_z, ew_context *ctx)
{
    return gather(ew_expr_si(0, ctx), ew_expr_si(1, ctx), u, with_z, ctx);
}

static ew_status level_of_sum(ew_signs *s, const ew_expr *u, search *q)
{
    const ew_expr *g = NULL;
    ew_expr *c = terms(u, 0, q->ctx), *rest = terms(u, 1, q->ctx), *k = NULL;
    ew_status status = c && rest ? EW_OK : ew_recorded(q->ctx);
    if (status == EW_OK && !(k = split_factor(&g, rest, q->ctx)))
        status = ew_recorded(q->ctx);
    if (status == EW_OK && g)
        status = shifted(s, k, g, c, q);
    ew_expr_free(k);
    ew_expr_free(rest);
    ew_expr_free(c);
    return status;
}

/* An upper bound of |u| on the real line from the bounded functions; infinite when there is
 * none. */
static void size(mag_t m, const ew_expr *u)
{
    mag_t t;
    arb_t x;
    mag_init(t);
    arb_init(x);
    mag_inf(m);
    if (!u->has_z) {
        ew_expr_constant(x, u, 64);
        arb_get_mag(m, x);
    } else if (u->op == EW_SIN || u->op == EW_COS || u->op == EW_TANH || u->op == EW_ERF ||
               u->op == EW_SIGMOID) {
        mag_one(m);
    } else if (u->op == EW_ADD || u->op == EW_MUL) {
        mag_set_ui(m, u->op == EW_MUL);
        for (slong i = 0; i < u->n && mag_is_finite(m); i++) {
            size(t, u->arg[i]);
            if (u->op == EW_MUL && mag_is_finite(t))
                mag_mul(m, m, t);
            else
                mag_add(m, m, t);
        }
    }
    arb_clear(x);
    mag_clear(t);
}

/* c + bounded terms smaller than |c|. */
static ew_status dominated(ew_signs *s, const ew_expr *u, ew_context *ctx)
{
    ew_expr *c = terms(u, 0, ctx), *rest = terms(u, 1, ctx);
    ew_status status = c && rest ? EW_OK : ew_recorded(ctx);
    if (status == EW_OK) {
        mag_t low, m;
        arb_t x;
        mag_init(low);
        mag_init(m);
        arb_init(x);
        ew_expr_constant(x, c, 64);
        arb_get_mag_lower(low, x);
        size(m, rest);
        if (mag_cmp(m, low) < 0 && arb_is_finite(x))
            status = ew_signs_set(s, arf_sgn(arb_midref(x)), ctx);
        arb_clear(x);
        mag_clear(m);
        mag_clear(low);
    }
    ew_expr_free(rest);
    ew_expr_free(c);
    return status;
}

/* Terms that are polynomials are taken together, since it is their sum that has roots. */
static ew_status agreeing_terms(ew_signs *s, const ew_expr *u, search *q)
{
    ew_polynomial p;
    ew_polynomial_init(&p);
    slong polynomials = 0;
    ew_expr *poly = ew_expr_si(0, q->ctx);
    ew_status status = poly ? ew_signs_set(s, 0, q->ctx) : ew_recorded(q->ctx);
    for (slong i = 0; status == EW_OK && i < u->n; i++) {
        status = ew_polynomial_of(&p, u->arg[i], q->ctx);
        if (status == EW_OK && p.degree < 0)
            status = absorb_rules(s, u->arg[i], ew_sign_sum, q);
        else if (status == EW_OK &&
                 !(poly = ew_expr_2(EW_ADD, poly, ew_expr_ref(u->arg[i]), q->ctx)))
            status = ew_recorded(q->ctx);
        polynomials += p.degree >= 0;
    }
    ew_polynomial_clear(&p);
    /* Their sum may be beyond the limits of the polynomial form: then it has no other rule. */
    if (status == EW_OK && polynomials == u->n)
        status = ew_signs_set(s, EW_SIGN_UNKNOWN, q->ctx);
    else if (status == EW_OK)
        status = absorb_rules(s, poly, ew_sign_sum, q);
    ew_expr_free(poly);
    return status == EW_OK ? ew_signs_restrict(s, q->range, q->ctx) : status;
}

static ew_status sum(ew_signs *s, const ew_expr *u, search *q)
{
    ew_status status = agreeing_terms(s, u, q);
    if (status == EW_OK && !ew_signs_known(s))
        status = dominated(s, u, q->ctx);
    if (status == EW_OK && !ew_signs_known(s))
        status = level_of_sum(s, u, q);
    return status;
}

static ew_status product(ew_signs *s, const ew_expr *u, search *q)
{
    ew_status status = ew_signs_set(s, 1, q->ctx);
    for (slong i = 0; status == EW_OK && i < u->n; i++)
        status = absorb_rules(s, u->arg[i], ew_sign_product, q);
    return status;
}

/* An odd integer power has the sign of its base; every other power is positive where defined.
 */
static ew_status power(ew_signs *s, const ew_expr *u, search *q)
{
    fmpq_t k;
    fmpq_init(k);
    int odd = ew_expr_rational(k, u->arg[1]) && fmpz_is_one(fmpq_denref(k)) &&
              fmpz_is_odd(fmpq_numref(k));
    fmpq_clear(k);
    return odd ? rules(s, u->arg[0], q) : squared(s, u->arg[0], q);
}

static ew_status by_operation(ew_signs *s, const ew_expr *u, search *q)
{
    switch (u->op) {
    case EW_ADD:
        return sum(s, u, q);
    case EW_MUL:
    case EW_DIV:
        return product(s, u, q);
    case EW_POW:
        return power(s, u, q);
    case EW_EXP:
    case EW_COSH:
    case EW_SIGMOID:
    case EW_SOFTPLUS:
    case EW_ERFC:
        return ew_signs_set(s, 1, q->ctx);
    case EW_SQRT:
        return squared(s, u->arg[0], q);
    case EW_TANH:
    case EW_ATAN:
    case EW_ASINH:
    case EW_SINH:
    case EW_ERF:
    case EW_EXPM1:
    case EW_LOG1P:
        return rules(s, u->arg[0], q);
    case EW_LOG:
        return rules_owned(
            s, ew_expr_sub(ew_expr_ref(u->arg[0]), ew_expr_si(1, q->ctx), q->ctx), q);
    default:
        return ew_signs_set(s, EW_SIGN_UNKNOWN, q->ctx);
    }
}

static ew_status rules(ew_signs *s, const ew_expr *u, search *q)
{
    if (!u->has_z)
        return constant(s, u, q->ctx);
    if (q->steps++ >= MAX_STEPS)
        return ew_signs_set(s, EW_SIGN_UNKNOWN, q->ctx);
    ew_polynomial p;
    ew_polynomial_init(&p);
    ew_status status = ew_polynomial_of(&p, u, q->ctx);
    int is_polynomial = status == EW_OK && p.degree >= 0;
    if (is_polynomial)
        status = ew_roots_polynomial(s, &p, q->range, q->ctx);
    ew_polynomial_clear(&p);
    /* The terms of a sum that is a polynomial say no more than the sum. */
    if (status != EW_OK || (is_polynomial && (u->op == EW_ADD || ew_signs_known(s))))
        return status;
    return by_operation(s, u, q);
}

static ew_status no_place(const ew_expr *whole, ew_context *ctx)
{
    char *text = ew_expr_text(whole, ctx);
    if (!text)
        return EW_MEMORY;
    ew_status status =
        ew_fail(ctx, EW_DOMAIN, "%.60s has a kink at a place that is not a constant", text);
    free(text);
    return status;
}

/* Cells the rules left open, on which balls may decide.  Neighbours that turn out equal merge.
 */
static ew_status decide_by_balls(ew_signs *s, const ew_expr *u, ew_interval range,
                                 const ew_expr *whole, ew_context *ctx)
{
    ew_signs t;
    ew_signs_init(&t);
    ew_status status = EW_OK;
    for (slong i = 0; status == EW_OK && i <= s->n; i++) {
        const ew_expr *lo = i == 0 ? range.lo : s->root[i - 1];
        const ew_expr *hi = i == s->n ? range.hi : s->root[i];
        int sign = s->sign[i];
        if (sign == EW_SIGN_UNKNOWN)
            sign = ew_sign_by_balls(u, lo, hi);
        if (sign == EW_SIGN_UNKNOWN)
            status = no_place(whole, ctx);
        else if (i == 0)
            status = ew_signs_set(&t, sign, ctx);
        else
            status = ew_signs_append(&t, ew_expr_ref(lo), sign, ctx);
    }
    ew_signs_clear(s);
    *s = t;
    return status;
}

ew_status ew_signs_of(ew_signs *s, const ew_expr *u, ew_interval range, const ew_expr *whole,
                      ew_context *ctx)
{
    search q = {.range = range, .steps = 0, .ctx = ctx};
    ew_status status = rules(s, u, &q);
    if (status == EW_OK)
        status = ew_signs_restrict(s, range, ctx);
    if (status == EW_OK && !ew_signs_known(s))
        status = decide_by_balls(s, u, range, whole, ctx);
    return status;
}
