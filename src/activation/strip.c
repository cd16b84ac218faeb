#include "activation/cover.h"
#include "activation/ends.h"
#include "activation/strip.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_R 8        /* where the search for a proof at an end begins */
#define LAST_R 1024      /* and how far it goes */
#define FARTHEST_R 1e9   /* ends of intervals and widths beyond it are not tried */
#define SEARCH_R 64      /* where the real line is searched if no end could be proved */
#define MAX_EXPONENT 1e6 /* larger p or q are of no use to anybody */

/* One end: |f| <= law for x >= R.  needed = 0: the interval is bounded there. */
typedef struct {
    int needed;
    int proved;
    int steep;     /* d = 0 and f outgrows every exponential */
    int undefined; /* d = 0 and f is not real */
    slong R;
    ew_growth law;
} end;

static ew_status prove_at(end *e, const ew_expr *f, int side, slong R, double d,
                          ew_context *ctx)
{
    ew_half S;
    ew_value v;
    S.R = R;
    S.real = d == 0;
    arb_init(S.d);
    arb_set_d(S.d, d);
    ew_value_init(&v);
    ew_end_status status = ew_end_value(&v, f, side, &S, ctx);
    e->proved = status == EW_END_OK && ew_growth_is_finite(&v.upper);
    e->steep = status == EW_END_OK && S.real && v.steep;
    e->undefined = status == EW_END_UNDEFINED;
    if (e->proved) {
        e->R = R;
        ew_growth_set(&e->law, &v.upper);
    }
    ew_value_clear(&v);
    arb_clear(S.d);
    return status == EW_END_MEMORY ? EW_MEMORY : EW_OK;
}

/* Try R, 2R, 4R, ... from a first R >= r. */
static ew_status prove_end(end *e, const ew_expr *f, int side, double r, double d,
                           ew_context *ctx)
{
    ew_status status = EW_OK;
    if (!e->needed)
        return EW_OK;
    double first = fmax(FIRST_R, fmax(2 * d, r));
    if (first > FARTHEST_R)
        return EW_OK;
    slong R = FIRST_R, last;
    while ((double) R < first)
        R *= 2;
    last = R > LAST_R ? R : LAST_R;
    for (; R <= last && status == EW_OK && !e->proved && !e->steep; R *= 2) {
        status = prove_at(e, f, side, R, d, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
    }
    return status;
}

/* The exponents p and q of a majorant that the law allows: a decaying law needs neither. */
static int take_exponents(ew_majorant *m, const ew_growth *law)
{
    arb_t t;
    arf_t u;
    int s = fmpq_sgn(law->q), ok = 1;
    if (s < 0)
        return 1;
    arb_init(t);
    arf_init(u);
    arb_set_fmpq(t, law->q, EW_GROWTH_PREC);
    arb_get_ubound_arf(u, t, 53);
    double q = arf_get_d(u, ARF_RND_CEIL);
    arb_set_fmpq(t, law->p, EW_GROWTH_PREC);
    arb_ceil(t, t, EW_GROWTH_PREC);
    arb_get_ubound_arf(u, t, 53);
    double p = arf_get_d(u, ARF_RND_CEIL);
    if (q > MAX_EXPONENT || p > MAX_EXPONENT)
        ok = 0;
    if (ok && q > m->q)
        m->q = q;
    if (ok && p > (double) m->p)
        m->p = (ulong) p;
    arb_clear(t);
    arf_clear(u);
    return ok;
}

/* Raise m->c so that law <= c x^p e^{qx} for x >= R. */
static int take_constant(ew_majorant *m, const ew_growth *law, slong R)
{
    ew_growth g;
    arb_t s;
    mag_t c;
    fmpq_t q;
    arf_t d;
    ew_growth_init(&g);
    arb_init(s);
    mag_init(c);
    fmpq_init(q);
    arf_init(d);
    ew_growth_set(&g, law);
    fmpq_sub_si(g.p, g.p, (slong) m->p);
    arf_set_d(d, m->q);
    arf_get_fmpq(q, d);
    fmpq_sub(g.q, g.q, q);
    ew_growth_sup(s, &g, R);
    int ok = arb_is_finite(s);
    if (ok) {
        arb_get_mag(c, s);
        mag_max(m->c, m->c, c);
    }
    ew_growth_clear(&g);
    arb_clear(s);
    mag_clear(c);
    fmpq_clear(q);
    arf_clear(d);
    return ok;
}

/* The text of f, cut to a readable length; "the expression" if it cannot be had. */
static void describe(char *out, size_t size, const ew_expr *f, ew_context *ctx)
{
    char *text = ew_expr_text(f, ctx);
    if (text == NULL) {
        snprintf(out, size, "the expression");
        ew_clear(ctx);
        return;
    }
    snprintf(out, size, "%s", text);
    if (strlen(text) >= size)
        memcpy(out + size - 4, "...", 4);
    free(text);
}

static ew_status not_finite(const ew_expr *f, const double where[2], ew_context *ctx)
{
    char name[64];
    arb_t x;
    describe(name, sizeof name, f, ctx);
    arb_init(x);
    arb_set_d(x, fabs(where[0]) < 0x1p-30 ? 0 : where[0]);
    char *at = arb_get_str(x, 6, ARB_STR_NO_RADIUS);
    ew_status status = ew_fail(ctx, EW_DOMAIN, "%s is not finite near z = %s", name, at);
    flint_free(at);
    arb_clear(x);
    return status;
}

static ew_status not_proved(const ew_expr *f, double d, ew_context *ctx)
{
    char name[64];
    arb_t x;
    describe(name, sizeof name, f, ctx);
    if (d == 0)
        return ew_fail(ctx, EW_UNABLE, "%s: no bound proved on the real line", name);
    arb_init(x);
    arb_set_d(x, d);
    char *width = arb_get_str(x, 6, ARB_STR_NO_RADIUS);
    ew_status status =
        ew_fail(ctx, EW_UNABLE, "%s: not proved analytic in |Im z| <= %s", name, width);
    flint_free(width);
    arb_clear(x);
    return status;
}

static ew_status end_failure(const end e[2], const ew_expr *f, double d, ew_context *ctx)
{
    char name[64];
    describe(name, sizeof name, f, ctx);
    for (int i = 0; i < 2; i++) {
        if (e[i].steep)
            return ew_fail(ctx, EW_DOMAIN, "%s outgrows the Gaussian weight", name);
        if (e[i].undefined)
            return ew_fail(ctx, EW_DOMAIN, "%s is not real for large %s z", name,
                           i ? "positive" : "negative");
    }
    return not_proved(f, d, ctx);
}

/* The strip from lo to hi (infinite where e[0], e[1] say so), |y| <= d. */
static ew_status prove_strip(ew_majorant *m, slong *boxes, const ew_expr *f, end e[2],
                             double lo, double hi, double d, ew_context *ctx)
{
    double where[2] = {0, 0};
    int ends = 1;
    ew_status status = EW_OK;
    mag_zero(m->c);
    m->p = 0;
    m->q = 0;
    for (int i = 0; i < 2 && status == EW_OK; i++) {
        status = prove_end(&e[i], f, i ? 1 : -1, fabs(i ? lo : hi), d, ctx);
        if (status == EW_OK && e[i].needed)
            ends = ends && e[i].proved && take_exponents(m, &e[i].law);
    }
    if (status != EW_OK)
        return status;
    for (int i = 0; i < 2 && ends; i++)
        if (e[i].needed)
            ends = take_constant(m, &e[i].law, e[i].R);
    if (!ends && d > 0)
        return not_proved(f, d, ctx);
    ew_box region = {e[0].needed ? -(double) (e[0].proved ? e[0].R : SEARCH_R) : lo,
                     e[1].needed ? (double) (e[1].proved ? e[1].R : SEARCH_R) : hi, 0, d};
    if (region.x0 <= region.x1)
        status = ew_cover(m, boxes, where, f, region, ctx);
    if (status == EW_DOMAIN)
        return not_finite(f, where, ctx);
    if (status == EW_UNABLE)
        return not_proved(f, d, ctx);
    if (status == EW_OK && !ends)
        return end_failure(e, f, d, ctx);
    return status;
}

static ew_status prove_between(ew_majorant *m, slong *boxes, const ew_expr *f, int left,
                               double lo, int right, double hi, double d, ew_context *ctx)
{
    end e[2];
    if (f->has_kink)
        return not_proved(f, d, ctx);
    for (int i = 0; i < 2; i++) {
        e[i] = (end){.needed = i ? right : left};
        ew_growth_init(&e[i].law);
    }
    ew_status status = prove_strip(m, boxes, f, e, left ? 0 : lo, right ? 0 : hi, d, ctx);
    for (int i = 0; i < 2; i++)
        ew_growth_clear(&e[i].law);
    return status;
}

/* The end of an interval as a double at or beyond it; 0 if it is not finite. */
static int range_end(double *x, const ew_expr *e, int side)
{
    arb_t v;
    arf_t u;
    arb_init(v);
    arf_init(u);
    ew_expr_constant(v, e, 64);
    if (side > 0)
        arb_get_ubound_arf(u, v, 53);
    else
        arb_get_lbound_arf(u, v, 53);
    *x = arf_get_d(u, side > 0 ? ARF_RND_CEIL : ARF_RND_FLOOR);
    arb_clear(v);
    arf_clear(u);
    return isfinite(*x);
}

ew_status ew_strip_majorant(ew_majorant *m, const ew_expr *f, ew_interval range, double d,
                            ew_context *ctx)
{
    double lo = 0, hi = 0;
    if ((range.lo != NULL && !range_end(&lo, range.lo, -1)) ||
        (range.hi != NULL && !range_end(&hi, range.hi, 1)))
        return ew_fail(ctx, EW_UNABLE, "an end of an interval is not a finite constant");
    return prove_between(m, NULL, f, range.lo == NULL, lo, range.hi == NULL, hi, d, ctx);
}

ew_status ew_end_majorant(ew_majorant *m, const ew_expr *f, int side, double r, double d,
                          ew_context *ctx)
{
    return prove_between(m, NULL, f, side<0, r, side> 0, -r, d, ctx);
}

ew_status ew_line_majorant(ew_majorant *m, slong *boxes, const ew_expr *f, double d,
                           ew_context *ctx)
{
    return prove_between(m, boxes, f, 1, 0, 1, 0, d, ctx);
}
