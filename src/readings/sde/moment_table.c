#include "arith/vector.h"

#include "readings/sde/moment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/evaluator.h"

/* Tables run over log2 K, in pieces of PIECE octaves, each with a polynomial of degree DEGREE
 * through Chebyshev points: expectations are analytic in log K, |arg K| < pi/2 at least, which
 * is 2.3 half lengths of a piece away. */
#define LOW (-20)
#define HIGH 10
#define PIECE 2
#define PIECES EW_SDE_PIECES
#define POINTS EW_SDE_POINTS
#define BITS 48
/* Hermite coefficients at most, and what may be left out of <f^2>. */
#define MOST EW_SDE_MOST
#define LEFT 1e-10

_Static_assert(PIECES *PIECE == HIGH - LOW, "the pieces fill the range");

typedef ew_sde_table table;
typedef ew_sde_hermite hermite;

static void table_clear(table *t)
{
    free(t->piece);
}

void ew_sde_tables_free(ew_sde_moments *m)
{
    for (slong i = 0; m->one && i < m->atoms; i++)
        table_clear(&m->one[i]);
    for (int i = 0; i < 2; i++) {
        free(m->jet[i].coef);
        table_clear(&m->jet[i].rest);
        table_clear(&m->jet[i].square);
    }
    free(m->one);
}

/* ---- tables -------------------------------------------------------------------------------
 */

static double node(slong piece, slong k)
{
    double x = cos(M_PI * ((double) k + 0.5) / POINTS);
    return LOW + PIECE * ((double) piece + 0.5 + 0.5 * x);
}

static ew_status table_open(table *t, ew_context *ctx)
{
    t->piece = ew_alloc_zero(PIECES, sizeof *t->piece, ctx);
    return t->piece ? EW_OK : EW_MEMORY;
}

/* Chebyshev coefficient j from the values at the nodes of a piece. */
static double fitted(slong j, const double *y)
{
    double sum = 0;
    for (slong k = 0; k < POINTS; k++)
        sum += y[k] * cos(M_PI * (double) j * ((double) k + 0.5) / POINTS);
    return sum * (j ? 2.0 : 1.0) / POINTS;
}

static void table_fit(table *t, slong piece, const double *y)
{
    for (slong j = 0; j < POINTS; j++)
        t->piece[piece][j] = fitted(j, y);
}

static double inside(const table *t, double x)
{
    double u = (x - LOW) / PIECE, p = floor(u);
    p = p < 0 ? 0 : p > PIECES - 1 ? PIECES - 1 : p;
    const double *c = t->piece[(slong) p];
    double w = 2 * (u - p) - 1, b1 = 0, b2 = 0;
    for (slong j = POINTS - 1; j > 0; j--) {
        double b = 2 * w * b1 - b2 + c[j];
        b2 = b1;
        b1 = b;
    }
    return w * b1 - b2 + c[0];
}

/* How it goes on: like K, or a constant and K, towards 0; like a power towards infinity. */
static void table_close(table *t)
{
    double k = ldexp(1, LOW), y = inside(t, LOW), z = inside(t, LOW + 1);
    t->slope = (z - y) / k;
    t->low = y - t->slope * k;
    t->bend = 0;
    if (fabs(t->low) < 1e-3 * fabs(y)) {
        t->low = 0;
        t->slope = 2 * y / k - 0.5 * z / k;
        t->bend = (y / k - t->slope) / k;
    }
    /* Where s is near its asymptotes, but for a part of size K^(-1/2). */
    double high = inside(t, HIGH), before = inside(t, HIGH - 2), h = ldexp(1, HIGH);
    t->power = high * before > 0 ? 0.5 * round(log2(high / before)) : 0;
    high /= pow(h, t->power);
    before /= pow(h / 4, t->power);
    t->less = sqrt(h) * (before - high);
    t->main = high - t->less / sqrt(h);
}

static double table_at(const table *t, double variance)
{
    if (variance <= ldexp(1, LOW))
        return t->low + variance * (t->slope + t->bend * variance);
    double x = log2(variance);
    if (x < HIGH)
        return inside(t, x);
    return exp2(t->power * x) * (t->main + t->less * exp2(-0.5 * x));
}

/* ---- moments of one input -----------------------------------------------------------------
 */

/* The one input of an atom, or -1. */
static slong only_input(const ew_atom *x)
{
    slong input = -1, n = 0;
    for (slong a = 0; a < EW_MAX_INPUTS; a++)
        if (!ew_atom_trivial(x, a) || x->m[a]) {
            input = a;
            n++;
        }
    return n == 1 ? input : -1;
}

/* All moments of one input at variance 2^x: y[atom * POINTS]. */
static ew_status one_values(double *y, const ew_sde *sde, double x, ew_evaluator *E,
                            const char *needed, ew_context *ctx)
{
    const ew_sde_moments *m = sde->moments;
    slong n = m->inputs, size = m->law->law->variables;
    arb_ptr gram = _arb_vec_init(n * n), v = _arb_vec_init(size);
    for (slong a = 0; a < n; a++)
        arb_set_d(gram + a * n + a, exp2(x));
    ew_status status = ew_atom_plan_some(v, NULL, m->plan, needed, E, gram, BITS, ctx);
    for (slong i = 0; i < sde->atoms && status == EW_OK; i++)
        if (m->variable[i] >= 0 && needed[m->variable[i]])
            y[i * POINTS] = arf_get_d(arb_midref(v + m->variable[i]), ARF_RND_NEAR);
    _arb_vec_clear(gram, n * n);
    _arb_vec_clear(v, size);
    return status;
}

static ew_status tabulate_one(ew_sde *sde, ew_evaluator *E, const char *needed, ew_context *ctx)
{
    ew_sde_moments *m = sde->moments;
    double *y = ew_alloc_zero((size_t) sde->atoms * POINTS, sizeof *y, ctx);
    ew_status status = y ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < sde->atoms && status == EW_OK; i++)
        if (m->variable[i] >= 0 && needed[m->variable[i]])
            status = table_open(&m->one[i], ctx);
    for (slong p = 0; p < PIECES && status == EW_OK; p++) {
        for (slong k = 0; k < POINTS && status == EW_OK; k++)
            status = one_values(y + k, sde, node(p, k), E, needed, ctx);
        for (slong i = 0; i < sde->atoms && status == EW_OK; i++)
            if (m->one[i].piece)
                table_fit(&m->one[i], p, y + i * POINTS);
    }
    for (slong i = 0; i < sde->atoms && status == EW_OK; i++)
        if (m->one[i].piece)
            table_close(&m->one[i]);
    free(y);
    return status;
}

/* ---- moments of two inputs ----------------------------------------------------------------
 */

/* <s^(i)_a s^(j)_b>, i, j <= 1: i and j. */
static int as_product(int order[2], const ew_atom *x)
{
    int n = 0;
    for (slong a = 0; a < EW_MAX_INPUTS; a++) {
        if (x->m[a])
            return 0;
        for (int i = 0; i < EW_JETS; i++) {
            if (!x->e[a][i])
                continue;
            if (x->e[a][i] > 1 || i > 1 || n == 2)
                return 0;
            order[n++] = i;
        }
    }
    return n == 2;
}

/* Coefficients at 2^x: y[k * POINTS], k <= MOST. */
static ew_status hermite_values(double *y, int i, double x, ew_evaluator *E, ew_context *ctx)
{
    ew_monomial f;
    arb_t K;
    memset(&f, 0, sizeof f);
    f.e[i] = 1;
    arb_init(K);
    arb_set_d(K, exp2(x));
    arb_ptr a = _arb_vec_init(MOST + 1);
    ew_status status = ew_expect_hermite(a, NULL, E, &f, MOST, K, BITS, ctx);
    for (slong k = 0; k <= MOST && status == EW_OK; k++)
        y[k * POINTS] = arf_get_d(arb_midref(a + k), ARF_RND_NEAR);
    _arb_vec_clear(a, MOST + 1);
    arb_clear(K);
    return status;
}

/* <s^(i)^2> at 2^x. */
static ew_status square_value(double *y, int i, double x, ew_evaluator *E, ew_context *ctx)
{
    ew_atom1 atom;
    arb_t K, a;
    memset(&atom, 0, sizeof atom);
    atom.f.e[i] = 2;
    arb_init(K);
    arb_init(a);
    arb_set_d(K, exp2(x));
    ew_status status = ew_expect_one(a, NULL, E, &atom, 1, K, BITS, ctx);
    *y = arf_get_d(arb_midref(a), ARF_RND_NEAR);
    arb_clear(a);
    arb_clear(K);
    return status;
}

/* The parity of what is put at the power top + 1 of rho should be that of the rest. */
static slong choose_top(const double *y, const double *square, ew_parity s, int i)
{
    slong top = MOST - 1;
    double left[POINTS];
    for (; top > 1; top--) {
        int enough = 1;
        for (slong k = 0; k < POINTS; k++) {
            left[k] = square[k];
            for (slong j = 0; j < top; j++)
                left[k] -= y[j * POINTS + k] * y[j * POINTS + k];
            enough = enough && left[k] <= LEFT * square[k];
        }
        if (!enough)
            break;
    }
    int odd = (s == EW_PARITY_ODD) != (i % 2 != 0);
    if (s != EW_PARITY_NONE && (top + 1) % 2 != odd)
        top++;
    return top;
}

static void fit_hermite(hermite *h, slong p, const double *y, const double *square)
{
    double rest[POINTS];
    for (slong j = 0; j < POINTS; j++)
        for (slong k = 0; k <= h->top[p]; k++)
            h->coef[p][j][k] = fitted(j, y + k * POINTS);
    for (slong k = 0; k < POINTS; k++) {
        double left = square[k];
        for (slong j = 0; j <= h->top[p]; j++)
            left -= y[j * POINTS + k] * y[j * POINTS + k];
        rest[k] = left;
    }
    table_fit(&h->rest, p, rest);
    table_fit(&h->square, p, square);
}

/* All squares first: the grid of an evaluator is that of what it was last asked for. */
static ew_status tabulate_hermite(hermite *h, int i, const ew_activation *s, ew_evaluator *E,
                                  ew_context *ctx)
{
    double y[(MOST + 1) * POINTS], square[PIECES][POINTS];
    ew_status status = table_open(&h->rest, ctx);
    if (status == EW_OK)
        status = table_open(&h->square, ctx);
    h->coef = ew_alloc_zero(PIECES, sizeof *h->coef, ctx);
    if (status == EW_OK && !h->coef)
        status = EW_MEMORY;
    for (slong p = 0; p < PIECES; p++)
        for (slong k = 0; k < POINTS && status == EW_OK; k++)
            status = square_value(&square[p][k], i, node(p, k), E, ctx);
    for (slong p = 0; p < PIECES && status == EW_OK; p++) {
        for (slong k = 0; k < POINTS && status == EW_OK; k++)
            status = hermite_values(y + k, i, node(p, k), E, ctx);
        if (status == EW_OK)
            status = ew_poll(ctx);
        if (status == EW_OK) {
            h->top[p] = choose_top(y, square[p], s->parity, i);
            fit_hermite(h, p, y, square[p]);
        }
    }
    if (status == EW_OK)
        table_close(&h->square);
    return status;
}

ew_status ew_sde_tabulate(ew_sde *sde, ew_context *ctx)
{
    ew_sde_moments *m = sde->moments;
    if (!m || m->tabulated)
        return EW_OK;
    int order[2], jet[2] = {0, 0};
    char *needed = ew_alloc_zero((size_t) m->law->law->variables, 1, ctx);
    if (!needed)
        return EW_MEMORY;
    ew_status status = EW_OK;
    for (slong i = 0; i < sde->atoms && status == EW_OK; i++) {
        const ew_atom *x = &sde->atom[i].moment;
        if (m->variable[i] < 0)
            continue;
        if (only_input(x) >= 0)
            needed[m->variable[i]] = 1;
        else if (as_product(order, x))
            jet[order[0]] = jet[order[1]] = 1;
        else
            status = ew_fail(ctx, EW_UNABLE,
                             "sde: derivative fields of several inputs are not available in "
                             "doubles for this activation");
    }
    m->w = sde->constant[m->cw - sde->constant0].approx;
    m->b = m->cb >= 0 ? sde->constant[m->cb - sde->constant0].approx : 0;
    ew_evaluator *E = NULL;
    if (status == EW_OK)
        status = ew_evaluator_new(&E, m->s, EW_AUTO, ctx);
    if (status == EW_OK)
        status = tabulate_one(sde, E, needed, ctx);
    for (int i = 0; i < 2 && status == EW_OK; i++)
        if (jet[i])
            status = tabulate_hermite(&m->jet[i], i, m->s, E, ctx);
    m->tabulated = status == EW_OK;
    ew_evaluator_free(E);
    free(needed);
    return status;
}

/* ---- doubles ------------------------------------------------------------------------------
 */

/* A variance in the range of the tables, and where it is among the pieces. */
static slong piece_of(double *x, double variance)
{
    *x = fmin(fmax(log2(variance), LOW), HIGH);
    double p = floor((*x - LOW) / PIECE);
    return p > PIECES - 1 ? PIECES - 1 : (slong) p;
}

/* The size of a moment beyond the tables, over that at their end. */
static double beyond(const hermite *h, double variance, double x)
{
    if (variance >= ldexp(1, LOW) && x < HIGH)
        return 1;
    return sqrt(fabs(table_at(&h->square, variance) / inside(&h->square, x)));
}

/* a[k] = coefficient k <= top at x in piece p. */
EW_VECTOR static void coefficients(double *restrict a, const hermite *h, slong p, double x,
                                   slong top)
{
    double w = 2 * ((x - LOW) / PIECE - (double) p) - 1, before = w, now = 1;
    for (slong k = 0; k <= top; k++)
        a[k] = 0;
    for (slong j = 0; j < POINTS; j++) {
        const double *restrict c = h->coef[p][j];
        for (slong k = 0; k <= top; k++)
            a[k] += now * c[k];
        double next = 2 * w * now - before;
        before = now;
        now = next;
    }
}

/* Mehler's series. */
static double product_at(const ew_sde_moments *m, const int order[2], double x, double y,
                         double z)
{
    double scale = sqrt(x * z), rho = scale > 0 ? y / scale : 0, u, v, sum = 0, power = 1;
    double a[MOST + 1], b[MOST + 1];
    rho = rho > 1 ? 1 : rho < -1 ? -1 : rho;
    const hermite *f = &m->jet[order[0]], *g = &m->jet[order[1]];
    slong p = piece_of(&u, x), q = piece_of(&v, z);
    slong top = f->top[p] < g->top[q] ? f->top[p] : g->top[q];
    coefficients(a, f, p, u, top);
    coefficients(b, g, q, v, top);
    for (slong k = 0; k <= top; k++) {
        sum += power * a[k] * b[k];
        power *= rho;
    }
    if (order[0] == order[1] && f->top[p] == g->top[q]) {
        double rest = inside(&f->rest, u) * inside(&g->rest, v);
        sum += power * (rest > 0 ? sqrt(rest) : 0);
    }
    return sum * beyond(f, x, u) * beyond(g, z, v);
}

double ew_sde_moment_double(const ew_sde *sde, slong i, double x, double y, double z)
{
    const ew_sde_moments *m = sde->moments;
    int order[2];
    if (!m->tabulated)
        return NAN;
    x = m->b + m->w * x;
    if (m->one[i].piece)
        return table_at(&m->one[i], x);
    as_product(order, &sde->atom[i].moment);
    return product_at(m, order, x, m->b + m->w * y, m->b + m->w * z);
}
