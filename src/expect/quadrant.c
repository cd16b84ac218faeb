#include "expect/quadrant.h"
#include "arith/decimal.h"

#include <stdlib.h>

enum { ONE, ASIN, ROOT, EDGE_A, EDGE_B };

/* M_mn = E[u^m v^n; u > 0, v > 0] in the basis, for m <= rows, n <= cols.  Integration by
 * parts: M_mn = kaa (m-1) M_(m-2)n + kab n M_(m-1)(n-1)
 *          + kaa [m=1] E[delta(u) v^n; v > 0] + kab [n=0] E[u^(m-1) delta(v); u > 0],
 * and given u = 0, v is centred with variance det/kaa. */
typedef struct {
    slong rows, cols;
    fmpq *entry; /* (rows + 1) x (cols + 1) x basis */
    fmpq *cov;   /* kaa, kbb, kab, det */
} table;

enum { AA, BB, AB, DET };

static fmpq *at(const table *t, slong m, slong n)
{
    return t->entry + (m * (t->cols + 1) + n) * EW_QUADRANT_BASIS;
}

static void add_scaled(fmpq *r, const fmpq *a, const fmpq_t c)
{
    for (int i = 0; i < EW_QUADRANT_BASIS; i++)
        fmpq_addmul(r + i, a + i, c);
}

/* r += c sqrt(k/(2 pi)) E[x^n; x > 0] for x of variance det/k: the moment is (n-1)!! V^(n/2)
 * times 1/2 for even n and 1/sqrt(2 pi) for odd n. */
static void add_edge(fmpq *r, const table *t, int second, slong n, const fmpq_t c)
{
    const fmpq *k = t->cov + (second ? BB : AA);
    fmpq_t w, v;
    fmpq_init(w);
    fmpq_init(v);
    fmpq_div(v, t->cov + DET, k);
    fmpq_pow_si(w, v, n / 2);
    for (slong i = n - 1; i > 1; i -= 2)
        fmpq_mul_si(w, w, i);
    fmpq_mul(w, w, c);
    fmpq_div_2exp(w, w, 1);
    int slot = n % 2 ? ROOT : second ? EDGE_B : EDGE_A;
    fmpq_add(r + slot, r + slot, w);
    fmpq_clear(w);
    fmpq_clear(v);
}

/* The entry (m, n) from smaller ones; by the recursion in m, or for m = 0 its mirror image. */
static void fill_entry(table *t, slong m, slong n)
{
    fmpq *r = at(t, m, n);
    int mirror = m == 0;
    const fmpq *own = t->cov + (mirror ? BB : AA), *other = t->cov + (mirror ? AA : BB);
    fmpq_t c, one;
    fmpq_init(c);
    fmpq_init(one);
    fmpq_one(one);
    slong p = mirror ? n : m, q = mirror ? m : n; /* p is lowered */
    if (p >= 2) {
        fmpq_mul_si(c, own, p - 1);
        add_scaled(r, mirror ? at(t, m, n - 2) : at(t, m - 2, n), c);
    }
    if (q >= 1) {
        fmpq_mul_si(c, t->cov + AB, q);
        add_scaled(r, at(t, m - 1, n - 1), c);
    }
    if (p == 1)
        add_edge(r, t, mirror, q, one);
    if (q == 0) {
        fmpq_div(c, t->cov + AB, other);
        add_edge(r, t, !mirror, p - 1, c);
    }
    fmpq_clear(c);
    fmpq_clear(one);
}

static void table_init(table *t, slong rows, slong cols, const fmpq_t kaa, const fmpq_t kab,
                       const fmpq_t kbb)
{
    t->rows = rows;
    t->cols = cols;
    t->entry = _fmpq_vec_init((rows + 1) * (cols + 1) * EW_QUADRANT_BASIS);
    t->cov = _fmpq_vec_init(4);
    fmpq_set(t->cov + AA, kaa);
    fmpq_set(t->cov + BB, kbb);
    fmpq_set(t->cov + AB, kab);
    fmpq_mul(t->cov + DET, kaa, kbb);
    fmpq_submul(t->cov + DET, kab, kab);
    fmpq_set_si(at(t, 0, 0) + ONE, 1, 4);
    fmpq_set_si(at(t, 0, 0) + ASIN, 1, 2);
    for (slong m = 0; m <= rows; m++)
        for (slong n = m == 0; n <= cols; n++)
            fill_entry(t, m, n);
}

static void table_clear(table *t)
{
    _fmpq_vec_clear(t->entry, (t->rows + 1) * (t->cols + 1) * EW_QUADRANT_BASIS);
    _fmpq_vec_clear(t->cov, 4);
}

/* Sums over quadrants, in either ring. */
typedef struct {
    const ew_halves *F, *G;
    int rational;
    fmpq *q;
    arb_ptr b;
    slong prec;
} sum;

static void ball_coefficient(arb_t c, const ew_halves *f, int side, slong i)
{
    arb_poly_get_coeff_arb(c, f->b[side], i);
}

/* sum += sign F_side[m] G_side[n] * entry, where i < 0 or j < 0 stands for the mass */
static void accumulate(sum *s, int i, slong m, int j, slong n, int sign, const fmpq *entry)
{
    if (s->rational) {
        fmpq_t c, d;
        fmpq_init(c);
        fmpq_init(d);
        if (i < 0)
            fmpq_set(c, s->F->q_mass);
        else
            fmpq_poly_get_coeff_fmpq(c, s->F->q[i], m);
        if (j < 0)
            fmpq_set(d, s->G->q_mass);
        else
            fmpq_poly_get_coeff_fmpq(d, s->G->q[j], n);
        fmpq_mul(c, c, d);
        fmpq_mul_si(c, c, sign);
        if (!fmpq_is_zero(c))
            add_scaled(s->q, entry, c);
        fmpq_clear(c);
        fmpq_clear(d);
        return;
    }
    arb_t c, d;
    arb_init(c);
    arb_init(d);
    if (i < 0)
        arb_set(c, s->F->b_mass);
    else
        ball_coefficient(c, s->F, i, m);
    if (j < 0)
        arb_set(d, s->G->b_mass);
    else
        ball_coefficient(d, s->G, j, n);
    arb_mul(c, c, d, s->prec);
    arb_mul_si(c, c, sign, s->prec);
    for (int k = 0; k < EW_QUADRANT_BASIS; k++) {
        arb_set_fmpq(d, entry + k, s->prec);
        arb_addmul(s->b + k, c, d, s->prec);
    }
    arb_clear(c);
    arb_clear(d);
}

/* The quadrant (i, j) reflects to u, v > 0 with covariance +-kab; asin rho changes sign with
 * it. */
static void add_quadrants(sum *s, const table *plus, table *minus)
{
    for (slong m = 0; m <= minus->rows; m++)
        for (slong n = 0; n <= minus->cols; n++)
            fmpq_neg(at(minus, m, n) + ASIN, at(minus, m, n) + ASIN);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            for (slong m = 0; m <= plus->rows; m++)
                for (slong n = 0; n <= plus->cols; n++) {
                    int odd = (i == 0 && m % 2) ^ (j == 0 && n % 2);
                    accumulate(s, i, m, j, n, odd ? -1 : 1, at(i == j ? plus : minus, m, n));
                }
}

/* mass_F E[delta(u) G(v)], or the mirror image: half moments at variance det/k. */
static void add_mass(sum *s, const table *t, int second)
{
    fmpq_t c;
    fmpq *r = _fmpq_vec_init(EW_QUADRANT_BASIS);
    fmpq_init(c);
    const fmpq *k = t->cov + (second ? BB : AA);
    fmpq_inv(c, k);
    for (slong n = 0; n <= (second ? t->rows : t->cols); n++) {
        for (int i = 0; i < EW_QUADRANT_BASIS; i++)
            fmpq_zero(r + i);
        add_edge(r, t, second, n, c);
        for (int side = 0; side < 2; side++) {
            int sign = side == 0 && n % 2 ? -1 : 1;
            if (second)
                accumulate(s, side, n, -1, 0, sign, r);
            else
                accumulate(s, -1, 0, side, n, sign, r);
        }
    }
    fmpq_clear(c);
    _fmpq_vec_clear(r, EW_QUADRANT_BASIS);
}

/* Both masses: the density 1/(2 pi sqrt(det)) at the origin. */
static void add_masses(sum *s, const table *t)
{
    fmpq *r = _fmpq_vec_init(EW_QUADRANT_BASIS);
    fmpq_inv(r + ROOT, t->cov + DET);
    fmpq_div_2exp(r + ROOT, r + ROOT, 1);
    accumulate(s, -1, 0, -1, 0, 1, r);
    _fmpq_vec_clear(r, EW_QUADRANT_BASIS);
}

static int contract(sum *s, const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb)
{
    table plus, minus;
    fmpq_t neg;
    slong rows = ew_halves_degree(s->F), cols = ew_halves_degree(s->G);
    int fm = ew_halves_has_mass(s->F), gm = ew_halves_has_mass(s->G), good;
    fmpq_init(neg);
    fmpq_neg(neg, kab);
    table_init(&plus, rows, cols, kaa, kab, kbb);
    table_init(&minus, rows, cols, kaa, neg, kbb);
    good = !(fm && gm && fmpq_is_zero(plus.cov + DET));
    if (good) {
        add_quadrants(s, &plus, &minus);
        if (fm)
            add_mass(s, &plus, 0);
        if (gm)
            add_mass(s, &plus, 1);
        if (fm && gm)
            add_masses(s, &plus);
    }
    table_clear(&plus);
    table_clear(&minus);
    fmpq_clear(neg);
    return good;
}

int ew_quadrant_rational(fmpq *r, const ew_halves *F, const ew_halves *G, const fmpq_t kaa,
                         const fmpq_t kab, const fmpq_t kbb)
{
    sum s = {.F = F, .G = G, .rational = 1, .q = r};
    if (!F->rational || !G->rational)
        return 0;
    for (int k = 0; k < EW_QUADRANT_BASIS; k++)
        fmpq_zero(r + k);
    return contract(&s, kaa, kab, kbb);
}

int ew_quadrant_ball(arb_ptr r, const ew_halves *F, const ew_halves *G, const fmpq_t kaa,
                     const fmpq_t kab, const fmpq_t kbb, slong prec)
{
    sum s = {.F = F, .G = G, .b = r, .prec = prec};
    _arb_vec_zero(r, EW_QUADRANT_BASIS);
    return contract(&s, kaa, kab, kbb);
}

void ew_quadrant_value(arb_t x, arb_srcptr r, const fmpq_t kaa, const fmpq_t kab,
                       const fmpq_t kbb, slong prec)
{
    arb_t t, u, pi;
    fmpq_t det;
    arb_init(t);
    arb_init(u);
    arb_init(pi);
    fmpq_init(det);
    arb_const_pi(pi, prec);
    fmpq_mul(det, kaa, kbb);
    fmpq_submul(det, kab, kab);
    arb_set_fmpq(u, det, prec);
    arb_sqrt(u, u, prec);
    arb_set_fmpq(t, kab, prec);
    arb_atan2(t, t, u, prec); /* asin rho, well conditioned up to |rho| = 1 */
    arb_mul(t, t, r + ASIN, prec);
    arb_addmul(t, u, r + ROOT, prec);
    arb_div(t, t, pi, prec);
    arb_add(t, t, r + ONE, prec);
    for (int k = 0; k < 2; k++) {
        arb_set_fmpq(u, k ? kbb : kaa, prec);
        arb_div(u, u, pi, prec);
        arb_mul_2exp_si(u, u, -1);
        arb_sqrt(u, u, prec);
        arb_addmul(t, u, r + (k ? EDGE_B : EDGE_A), prec);
    }
    arb_set(x, t);
    arb_clear(t);
    arb_clear(u);
    arb_clear(pi);
    fmpq_clear(det);
}

/* asin(rho)/pi when it is rational: by Niven's theorem rho^2 is 0, 1/4, 1/2, 3/4 or 1 whenever
 * rho^2 is rational. */
static int rational_angle(fmpq_t x, const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb)
{
    static const slong twelfths[] = {0, 2, 3, 4, 6};
    int known = 0;
    fmpq_t square;
    fmpq_init(square);
    fmpq_mul(square, kab, kab);
    fmpq_div(square, square, kaa);
    fmpq_div(square, square, kbb);
    fmpq_mul_2exp(square, square, 2);
    for (slong k = 0; k < 5 && !known; k++) {
        known = fmpq_equal_si(square, k);
        if (known)
            fmpq_set_si(x, fmpq_sgn(kab) < 0 ? -twelfths[k] : twelfths[k], 12);
    }
    fmpq_clear(square);
    return known;
}

/* r[3] sqrt(kaa) + r[4] sqrt(kbb) = 0? */
static int edges_cancel(const fmpq *r, const fmpq_t kaa, const fmpq_t kbb)
{
    int cancel = fmpq_sgn(r + EDGE_A) == -fmpq_sgn(r + EDGE_B);
    fmpq_t a, b;
    fmpq_init(a);
    fmpq_init(b);
    fmpq_mul(a, r + EDGE_A, r + EDGE_A);
    fmpq_mul(a, a, kaa);
    fmpq_mul(b, r + EDGE_B, r + EDGE_B);
    fmpq_mul(b, b, kbb);
    cancel = cancel && fmpq_equal(a, b);
    fmpq_clear(a);
    fmpq_clear(b);
    return cancel;
}

int ew_quadrant_is_rational(fmpq_t x, const fmpq *r, const fmpq_t kaa, const fmpq_t kab,
                            const fmpq_t kbb)
{
    fmpq_t det, angle;
    fmpq_init(det);
    fmpq_init(angle);
    fmpq_mul(det, kaa, kbb);
    fmpq_submul(det, kab, kab);
    int good = fmpq_is_zero(r + ROOT) || fmpq_is_zero(det);
    good = good && (fmpq_is_zero(r + ASIN) || rational_angle(angle, kaa, kab, kbb));
    good = good && edges_cancel(r, kaa, kbb);
    if (good) {
        fmpq_set(x, r + ONE);
        fmpq_addmul(x, r + ASIN, angle);
    }
    fmpq_clear(det);
    fmpq_clear(angle);
    return good;
}

/* text + c*factor, with the sign written between; frees text and factor. */
static char *append(char *text, const fmpq_t c, char *factor, ew_context *ctx)
{
    char *out = NULL, *number = NULL;
    fmpq_t a;
    if (!text || !factor || fmpq_is_zero(c)) {
        int keep = text && factor;
        free(factor);
        if (keep)
            return text;
        free(text);
        return NULL;
    }
    fmpq_init(a);
    fmpq_abs(a, c);
    number = ew_rational_text(a);
    if (number && fmpq_is_one(a) && *factor)
        out = ew_format(ctx, "%s%s%s", text, fmpq_sgn(c) < 0 ? "-" : *text ? "+" : "", factor);
    else if (number)
        out = ew_format(ctx, "%s%s%s%s%s", text,
                        fmpq_sgn(c) < 0 ? "-"
                        : *text         ? "+"
                                        : "",
                        number, *factor ? "*" : "", factor);
    fmpq_clear(a);
    free(number);
    free(text);
    free(factor);
    return out;
}

/* "name(x)suffix" for a rational x. */
static char *call(const char *name, const fmpq_t x, const char *suffix, ew_context *ctx)
{
    char *number = ew_rational_text(x);
    char *out = number ? ew_format(ctx, "%s(%s)%s", name, number, suffix) : NULL;
    free(number);
    return out;
}

/* asin(rho)/pi: rho itself is written when rational, else sign sqrt(rho^2). */
static char *angle_text(const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb, ew_context *ctx)
{
    fmpq_t rho;
    char *out = NULL;
    fmpq_init(rho);
    fmpq_mul(rho, kab, kab);
    fmpq_div(rho, rho, kaa);
    fmpq_div(rho, rho, kbb);
    if (fmpz_is_square(fmpq_numref(rho)) && fmpz_is_square(fmpq_denref(rho))) {
        fmpz_sqrt(fmpq_numref(rho), fmpq_numref(rho));
        fmpz_sqrt(fmpq_denref(rho), fmpq_denref(rho));
        out = call("asin", rho, "/pi", ctx);
    } else {
        out = call("asin(sqrt", rho, ")/pi", ctx);
    }
    fmpq_clear(rho);
    return out;
}

char *ew_quadrant_text(const fmpq *r, const fmpq_t kaa, const fmpq_t kab, const fmpq_t kbb,
                       ew_context *ctx)
{
    fmpq_t x, t;
    char *text = ew_strdup("", ctx), *empty;
    fmpq_init(x);
    fmpq_init(t);
    if (ew_quadrant_is_rational(x, r, kaa, kab, kbb)) {
        free(text);
        text = ew_rational_text(x);
        goto done;
    }
    empty = ew_strdup("", ctx);
    fmpq_set(t, r + ONE);
    fmpq_set(x, r + ASIN);
    if (fmpq_sgn(kab) < 0)
        fmpq_neg(x, x);
    fmpq_t angle;
    fmpq_init(angle);
    if (rational_angle(angle, kaa, kab, kbb)) {
        fmpq_addmul(t, r + ASIN, angle);
        fmpq_zero(x);
    }
    fmpq_clear(angle);
    text = append(text, t, empty, ctx);
    text = append(text, x, angle_text(kaa, kab, kbb, ctx), ctx);
    fmpq_mul(t, kaa, kbb);
    fmpq_submul(t, kab, kab);
    if (!fmpq_is_zero(t))
        text = append(text, r + ROOT, call("sqrt", t, "/pi", ctx), ctx);
    fmpq_div_2exp(t, kaa, 1);
    text = append(text, r + EDGE_A, call("sqrt(", t, "/pi)", ctx), ctx);
    fmpq_div_2exp(t, kbb, 1);
    text = append(text, r + EDGE_B, call("sqrt(", t, "/pi)", ctx), ctx);
done:
    fmpq_clear(x);
    fmpq_clear(t);
    return text;
}
