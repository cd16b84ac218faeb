#include "expect/approximate/curve.h"

#include <math.h>
#include <stdlib.h>

#include "expect/approximate/rounded.h"

#define POINTS 36
#define VALUE_BITS 110
#define LOW_BITS 40
/* Interpolation may cost 2^-FIT_BITS of the least value, what is cut off 2^-CUT_BITS; the
 * coefficients keep 2^-KEEP_BITS. */
#define FIT_BITS 62
#define CUT_BITS 60
#define KEEP_BITS 62
/* Values below 2^-SMALL_BITS of the largest on a piece, or of <|f|> K^-j, are not resolved. */
#define SMALL_BITS 10
#define MOST_POWER 3
#define BOXES 16 /* that a piece is cut into to bound its error */

/* The relative size of the discs |w| <= R that are tried. */
static const double discs[] = {0.9, 0.8, 0.7, 0.97, 0.6};

void ew_curve_clear(ew_curve *c)
{
    free(c->coef);
    free(c->error);
    free(c->least);
    *c = (ew_curve){.degree = 0};
}

/* What is at work on one piece. */
typedef struct {
    ew_evaluator *E;
    const ew_atom1 *atoms;
    slong n;
    ew_chebyshev points;
    double m;
    arb_ptr value; /* [POINTS][n] */
    arb_ptr coef;  /* [POINTS] */
    mag_t least, most, error;
    mag_ptr natural; /* [n]: <|f|>_m m^-j */
    int *power;      /* [n] */
} work;

static ew_status work_init(work *x, ew_evaluator *E, const ew_atom1 *atoms, slong n,
                           ew_context *ctx)
{
    *x = (work){.E = E, .atoms = atoms, .n = n};
    ew_chebyshev_init(&x->points, POINTS);
    x->value = _arb_vec_init(POINTS * n);
    x->coef = _arb_vec_init(POINTS);
    x->natural = _mag_vec_init(n);
    mag_init(x->least);
    mag_init(x->most);
    mag_init(x->error);
    x->power = ew_alloc_zero((size_t) n, sizeof *x->power, ctx);
    return x->power ? EW_OK : EW_MEMORY;
}

static void work_clear(work *x)
{
    ew_chebyshev_clear(&x->points);
    _arb_vec_clear(x->value, POINTS * x->n);
    _arb_vec_clear(x->coef, POINTS);
    _mag_vec_clear(x->natural, x->n);
    mag_clear(x->least);
    mag_clear(x->most);
    mag_clear(x->error);
    free(x->power);
}

/* K^-power <..> of all atoms at x->m's points, and their natural sizes. */
static ew_status values(work *x, ew_context *ctx)
{
    ew_status status = ew_poll(ctx);
    arb_t K, t;
    arb_init(K);
    arb_init(t);
    arb_set_d(K, x->m);
    for (slong i = 0; i < x->n && status == EW_OK; i++) {
        status = ew_absolute_mean(x->natural + i, x->E, &x->atoms[i].f, K, ctx);
        arf_set_mag(arb_midref(t), x->natural + i);
        arb_mul_2exp_si(t, t, -x->atoms[i].j * (slong) lround(log2(x->m)));
        arb_get_mag(x->natural + i, t);
    }
    for (slong k = 0; k < POINTS && status == EW_OK; k++) {
        ew_octaves_point(K, x->m, x->points.point + k, EW_TABLE_BITS);
        status =
            ew_expect_one(x->value + k * x->n, NULL, x->E, x->atoms, x->n, K, VALUE_BITS, ctx);
        for (slong i = 0; i < x->n && status == EW_OK; i++) {
            arb_pow_ui(t, K, (ulong) abs(x->power[i]), EW_TABLE_BITS);
            arb_ptr y = x->value + k * x->n + i;
            if (x->power[i] > 0)
                arb_div(y, y, t, EW_TABLE_BITS);
            else
                arb_mul(y, y, t, EW_TABLE_BITS);
        }
    }
    arb_clear(t);
    arb_clear(K);
    return status;
}

/* Sizes of the values of atom i, and their radii taken out. */
static void sizes(work *x, slong i)
{
    mag_t t;
    mag_init(t);
    mag_inf(x->least);
    mag_zero(x->most);
    mag_zero(x->error);
    for (slong k = 0; k < POINTS; k++) {
        arb_ptr y = x->value + k * x->n + i;
        mag_max(x->error, x->error, arb_radref(y));
        mag_zero(arb_radref(y));
        arb_get_mag(t, y);
        mag_min(x->least, x->least, t);
        mag_max(x->most, x->most, t);
    }
    mag_mul_2exp_si(x->error, x->error, EW_LEBESGUE_BITS);
    mag_mul_2exp_si(t, x->natural + i, -x->power[i] * (slong) lround(log2(x->m)));
    mag_max(t, t, x->most);
    mag_mul_2exp_si(t, t, -SMALL_BITS);
    mag_max(x->least, x->least, t);
    mag_clear(t);
}

/* The bound in the disc |w| <= R, of K^-power times the atom: |K| is between m/q and m q. */
static ew_status disc_bound(mag_t M, const work *x, slong i, double R, ew_context *ctx)
{
    arb_t q, t;
    mag_t factor;
    arb_init(q);
    arb_init(t);
    mag_init(factor);
    ew_status status = ew_curve_bound(M, x->E, &x->atoms[i], x->m, R, ctx);
    arb_set_d(q, R);
    arb_sub_ui(t, q, 1, 64);
    arb_add_ui(q, q, 1, 64);
    arb_div(q, q, t, 64);
    arb_set_d(t, x->power[i] > 0 ? 1 / x->m : x->m);
    arb_mul_2exp_si(t, t, 1); /* 1/m is rounded */
    arb_mul(t, t, q, 64);
    arb_pow_ui(t, t, (ulong) abs(x->power[i]), 64);
    arb_get_mag(factor, t);
    mag_mul(M, M, factor);
    mag_clear(factor);
    arb_clear(t);
    arb_clear(q);
    return status;
}

static ew_status narrower(const work *x, ew_context *ctx)
{
    return ew_fail(ctx, EW_UNABLE,
                   "functions of K are certified on narrower domains, not on %g <= K <= %g",
                   x->m / EW_PIECE_MIDDLE, 2 * x->m / EW_PIECE_MIDDLE);
}

/* x->error += the least proved bound of what interpolation costs. */
static ew_status interpolation_error(work *x, slong i, ew_context *ctx)
{
    mag_t best, e, enough;
    arb_t a, W;
    ew_status status = EW_OK;
    mag_init(best);
    mag_init(e);
    mag_init(enough);
    arb_init(a);
    arb_init(W);
    mag_inf(best);
    ew_octaves_width(W, 64);
    mag_mul_2exp_si(enough, x->least, -FIT_BITS);
    for (size_t k = 0; k < sizeof discs / sizeof *discs && mag_cmp(best, enough) > 0; k++) {
        status = disc_bound(e, x, i, discs[k], ctx);
        if (status != EW_OK && status != EW_UNABLE && status != EW_DOMAIN)
            break;
        if (status == EW_OK) {
            arb_set_d(a, discs[k]);
            arb_div(a, a, W, 64);
            ew_chebyshev_error(e, e, a, POINTS);
            mag_min(best, best, e);
        }
        status = EW_OK;
        ew_clear(ctx);
    }
    if (status == EW_OK && mag_cmp(best, enough) > 0)
        status = narrower(x, ctx);
    mag_add(x->error, x->error, best);
    arb_clear(W);
    arb_clear(a);
    mag_clear(enough);
    mag_clear(e);
    mag_clear(best);
    return status;
}

/* How many Chebyshev coefficients stay; what goes is added to the error. */
static slong cut(work *x)
{
    mag_t rest, t, most;
    mag_init(rest);
    mag_init(t);
    mag_init(most);
    mag_mul_2exp_si(most, x->least, -CUT_BITS);
    slong n = POINTS;
    while (n > 1) {
        arb_get_mag(t, x->coef + n - 1);
        mag_add(t, t, rest);
        if (mag_cmp(t, most) > 0)
            break;
        mag_swap(rest, t);
        n--;
    }
    mag_add(x->error, x->error, rest);
    mag_clear(most);
    mag_clear(t);
    mag_clear(rest);
    return n;
}

/* The doubles of a piece, which are what is meant from now on. */
static void round_piece(double *coef, ew_rounded *c, work *x)
{
    slong unit = MAG_EXP(x->least) - KEEP_BITS;
    mag_t e, W, power;
    arb_t t;
    mag_init(e);
    mag_init(W);
    mag_init(power);
    arb_init(t);
    ew_octaves_width(t, 64);
    arb_get_mag(W, t);
    mag_one(power);
    for (slong k = 0; k < c->n; k++) {
        /* |w|^k <= 2^(-5k/2) */
        coef[k] = ew_round_coefficient(e, x->coef + k, unit + 5 * k / 2);
        arb_set_d(c->coef + k, coef[k]);
        mag_addmul(x->error, e, power);
        mag_mul(power, power, W);
    }
    arb_clear(t);
    mag_clear(power);
    mag_clear(W);
    mag_clear(e);
}

/* Box b of [-W, W]. */
static void box(arb_t w, slong b)
{
    arb_t W;
    arb_init(W);
    ew_octaves_width(W, 64);
    arb_set_si(w, 2 * b + 1 - BOXES);
    mag_one(arb_radref(w));
    arb_mul(w, w, W, 64);
    arb_div_ui(w, w, BOXES, 64);
    arb_clear(W);
}

/* K^|power| for w in the box. */
static void power_of(arb_t K, const arb_t w, double m, int power)
{
    arb_t t;
    arb_init(t);
    arb_add_ui(K, w, 1, 64);
    arb_sub_ui(t, w, 1, 64);
    arb_neg(t, t);
    arb_div(K, K, t, 64);
    arb_set_d(t, m);
    arb_mul(K, K, t, 64);
    arb_pow_ui(K, K, (ulong) power, 64);
    arb_clear(t);
}

/* A box where the polynomial is y, off by `error`: then K^power multiplies, with one rounding a
 * factor, (1 + u)^power - 1 < 2^-52 power in all. */
static void account_box(ew_curve *out, slong p, const arb_t y, mag_t error, const arb_t w,
                        double m)
{
    int power = abs(out->power);
    arb_t K;
    mag_t t, least;
    arb_init(K);
    mag_init(t);
    mag_init(least);
    arb_get_mag(t, y);
    mag_add(t, t, error);
    mag_mul_2exp_si(t, t, -53);
    mag_mul_ui(t, t, (ulong) power);
    mag_add(error, error, t);
    mag_mul_2exp_si(t, t, -40); /* the squares of u */
    mag_add(error, error, t);
    arb_get_mag_lower(least, y);
    mag_div(t, error, least);
    out->relative = fmax(out->relative, ew_mag_up(t));
    power_of(K, w, m, power);
    if (out->power < 0)
        arb_inv(K, K, 64);
    arb_get_mag(t, K);
    mag_mul(error, error, t);
    arb_get_mag_lower(t, K);
    mag_mul_lower(least, least, t);
    out->error[p] = fmax(out->error[p], ew_mag_up(error));
    out->least[p] = fmin(out->least[p], nextafter(mag_get_d(least), 0));
    mag_clear(least);
    mag_clear(t);
    arb_clear(K);
}

/* The errors of piece p over its boxes. */
static void account(ew_curve *out, slong p, const ew_rounded *c, const work *x)
{
    arb_t w, y;
    mag_t slack, error;
    arb_init(w);
    arb_init(y);
    mag_init(slack);
    mag_init(error);
    ew_quotient_slack(slack);
    out->least[p] = INFINITY;
    for (slong b = 0; b < BOXES; b++) {
        box(w, b);
        ew_horner(y, error, c, w, slack);
        arb_add_error_mag(y, x->error); /* the function itself */
        mag_add(error, error, x->error);
        account_box(out, p, y, error, w, x->m);
    }
    out->error[p] = ew_bound_up(out->error[p]);
    mag_clear(error);
    mag_clear(slack);
    arb_clear(y);
    arb_clear(w);
}

/* Piece p of curve i. */
static ew_status fit(ew_curve *out, work *x, slong i, slong p, ew_context *ctx)
{
    arb_t W;
    sizes(x, i);
    if (mag_is_zero(x->most) && mag_is_zero(x->error))
        return EW_OK;
    ew_status status = interpolation_error(x, i, ctx);
    if (status != EW_OK)
        return status;
    ew_rounded c;
    arb_init(W);
    ew_octaves_width(W, EW_TABLE_BITS);
    ew_chebyshev_fit(x->coef, 1, x->value + i, x->n, &x->points);
    slong n = cut(x);
    ew_chebyshev_expand(x->coef, x->coef, 1, n, W);
    ew_rounded_init(&c, n);
    round_piece(out->coef + p * (out->degree + 1), &c, x);
    account(out, p, &c, x);
    ew_rounded_clear(&c);
    arb_clear(W);
    return EW_OK;
}

static ew_status open_curve(ew_curve *c, const ew_octaves *pieces, int power, ew_context *ctx)
{
    size_t n = (size_t) pieces->n;
    c->power = power;
    c->pieces = *pieces;
    c->degree = POINTS - 1;
    c->coef = ew_alloc_zero(n * POINTS, sizeof *c->coef, ctx);
    c->error = ew_alloc_zero(n, sizeof *c->error, ctx);
    c->least = ew_alloc_zero(n, sizeof *c->least, ctx);
    return c->coef && c->error && c->least ? EW_OK : EW_MEMORY;
}

/* Leave out leading zeros that all pieces share. */
static void trim(ew_curve *c)
{
    slong rows = c->degree + 1, degree = 0;
    c->relative = ew_bound_up(c->relative);
    for (slong p = 0; p < c->pieces.n; p++)
        for (slong k = 0; k < rows; k++)
            if (c->coef[p * rows + k] != 0)
                degree = FLINT_MAX(degree, k);
    for (slong p = 0; p < c->pieces.n; p++)
        for (slong k = 0; k <= degree; k++)
            c->coef[p * (degree + 1) + k] = c->coef[p * rows + k];
    c->degree = degree;
}

/* d ln|F|/d ln K about K, a guess; -j where there is none. */
static void slopes(double *slope, const work *x, double K, ew_context *ctx)
{
    arb_ptr y = _arb_vec_init(2 * x->n);
    arb_t t;
    arb_init(t);
    ew_status status = EW_OK;
    for (int end = 0; end < 2 && status == EW_OK; end++) {
        arb_set_d(t, K * (1 + end));
        status = ew_expect_one(y + end * x->n, NULL, x->E, x->atoms, x->n, t, LOW_BITS, ctx);
    }
    ew_clear(ctx);
    for (slong i = 0; i < x->n; i++) {
        double a = arf_get_d(arb_midref(y + i), ARF_RND_NEAR),
               b = arf_get_d(arb_midref(y + x->n + i), ARF_RND_NEAR), r = log2(fabs(b / a));
        slope[i] = status == EW_OK && fabs(r) < MOST_POWER ? r : (double) -x->atoms[i].j;
    }
    arb_clear(t);
    _arb_vec_clear(y, 2 * x->n);
}

/* In between what fits at both ends of the domain. */
static ew_status choose_powers(work *x, double lo, double hi, ew_context *ctx)
{
    double *slope = ew_alloc_zero((size_t) x->n, 2 * sizeof *slope, ctx);
    if (!slope)
        return EW_MEMORY;
    slopes(slope, x, lo, ctx);
    slopes(slope + x->n, x, hi / 2, ctx);
    for (slong i = 0; i < x->n; i++)
        x->power[i] = (int) lround((slope[i] + slope[x->n + i]) / 2 - 0.125);
    free(slope);
    return EW_OK;
}

/* Piece p of all curves. */
static ew_status fit_all(ew_curve *out, work *x, slong p, ew_context *ctx)
{
    x->m = ew_octaves_middle(&out->pieces, p);
    ew_status status = values(x, ctx);
    for (slong i = 0; i < x->n && status == EW_OK; i++)
        status = fit(&out[i], x, i, p, ctx);
    return status;
}

/* May a domain end here? */
static int may_end(ew_status *status, int shrink, ew_context *ctx)
{
    if (!shrink || (*status != EW_UNABLE && *status != EW_DOMAIN))
        return 0;
    ew_clear(ctx);
    *status = EW_OK;
    return 1;
}

/* The piece to begin with: next to K = 1, or the first below it that can be certified. */
static ew_status fit_first(slong *first, ew_curve *out, work *x, int shrink, ew_context *ctx)
{
    const ew_octaves *o = &out->pieces;
    *first = FLINT_MAX(0, FLINT_MIN(-o->first, o->n - 1));
    ew_status status = fit_all(out, x, *first, ctx);
    while (*first > 0 && may_end(&status, shrink, ctx))
        status = fit_all(out, x, --*first, ctx);
    return status;
}

/* Pieces from there on, upwards (step 1) or downwards (-1); *end is where it had to stop. */
static ew_status fit_way(slong *end, ew_curve *out, work *x, slong first, int step, int shrink,
                         ew_context *ctx)
{
    ew_status status = EW_OK;
    for (*end = first + step; *end >= 0 && *end < out->pieces.n; *end += step) {
        status = fit_all(out, x, *end, ctx);
        if (status != EW_OK)
            break;
    }
    may_end(&status, shrink, ctx);
    return status;
}

/* Keep pieces from `first` up to `end`. */
static void keep(ew_curve *c, slong first, slong end)
{
    c->pieces.first += (int) first;
    c->pieces.n = end - first;
    for (slong p = first; p < end; p++) {
        c->error[p - first] = c->error[p];
        c->least[p - first] = c->least[p];
        for (slong k = 0; k <= c->degree; k++)
            c->coef[(p - first) * (c->degree + 1) + k] = c->coef[p * (c->degree + 1) + k];
    }
}

ew_status ew_curves_new(ew_curve *out, ew_evaluator *E, const ew_atom1 *atoms, slong n,
                        double *lo, double *hi, int shrink, ew_context *ctx)
{
    ew_octaves pieces;
    work x;
    slong first = 0, below = 0, above = 0;
    ew_octaves_cover(&pieces, *lo, *hi);
    ew_status status = work_init(&x, E, atoms, n, ctx);
    if (status == EW_OK)
        status = choose_powers(&x, fmin(*lo, 1), fmax(*hi, 1), ctx);
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = open_curve(&out[i], &pieces, x.power[i], ctx);
    if (status == EW_OK)
        status = fit_first(&first, out, &x, shrink, ctx);
    if (status == EW_OK)
        status = fit_way(&above, out, &x, first, 1, shrink, ctx);
    if (status == EW_OK)
        status = fit_way(&below, out, &x, first, -1, shrink, ctx);
    work_clear(&x);
    *lo = fmax(*lo, ldexp(1, pieces.first + (int) below + 1));
    *hi = fmin(*hi, ldexp(1, pieces.first + (int) above));
    for (slong i = 0; i < n; i++) {
        if (status == EW_OK) {
            keep(&out[i], below + 1, above);
            trim(&out[i]);
        } else {
            ew_curve_clear(&out[i]);
        }
    }
    return status;
}

slong ew_curve_piece(const ew_curve *c, double K)
{
    int e;
    frexp(K, &e);
    slong p = e - 1 - c->pieces.first;
    return FLINT_MAX(0, FLINT_MIN(p, c->pieces.n - 1));
}

double ew_curve_at(const ew_curve *c, double K)
{
    slong p = ew_curve_piece(c, K);
    const double *coef = c->coef + p * (c->degree + 1);
    double m = ew_octaves_middle(&c->pieces, p), w = (K - m) / (K + m), y = coef[c->degree];
    for (slong k = c->degree - 1; k >= 0; k--)
        y = y * w + coef[k];
    for (int k = 0; k < abs(c->power); k++)
        y = c->power > 0 ? y * K : y / K;
    return y;
}
