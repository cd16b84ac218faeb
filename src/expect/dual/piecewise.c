#include "expect/dual/piecewise.h"

#include <math.h>
#include <stdlib.h>

#define POINTS (EW_PIECE_DEGREE + 1)
/* An octave as a whole, from which its pieces are cut: the ellipse has r = 3 + sqrt(8), and
 * r^-OCTAVE_POINTS is 1e-23. */
#define OCTAVE_POINTS 30
#define EACH (1 << EW_PIECE_BITS) /* pieces an octave */
#define END_BITS                                                                               \
    57 /* piece 0 is where nothing varies by more than 2^-END_BITS of its bound                \
        */
#define MOST_OCTAVES 400
#define BITS 160 /* of the coefficients before they are rounded */

void ew_piecewise_free(ew_piecewise *p, slong n)
{
    for (slong i = 0; i < n; i++) {
        free(p[i].coef);
        p[i].coef = NULL;
    }
}

/* The map from values at the Chebyshev points to coefficients in w. */
typedef struct {
    slong points;
    arb_ptr point; /* [points] */
    arb_ptr map;   /* [points][points] */
} interpolation;

/* Coefficients of T_j at one point's row: that of point k in the coefficient of w^m. */
static void add_chebyshev(interpolation *c, slong j, slong k)
{
    arb_t t;
    fmpz_poly_t T;
    arb_init(t);
    fmpz_poly_init(T);
    fmpz_poly_chebyshev_t(T, (ulong) j);
    arb_chebyshev_t_ui(t, (ulong) j, c->point + k, BITS);
    arb_mul_ui(t, t, j ? 2 : 1, BITS);
    arb_div_si(t, t, c->points, BITS);
    for (slong m = 0; m <= j; m++)
        arb_addmul_fmpz(c->map + m * c->points + k, t, fmpz_poly_get_coeff_ptr(T, m), BITS);
    fmpz_poly_clear(T);
    arb_clear(t);
}

static void interpolation_init(interpolation *c, slong points)
{
    fmpq_t angle;
    fmpq_init(angle);
    c->points = points;
    c->point = _arb_vec_init(points);
    c->map = _arb_vec_init(points * points);
    for (slong k = 0; k < points; k++) {
        fmpq_set_si(angle, 2 * k + 1, (ulong) (2 * points));
        arb_cos_pi_fmpq(c->point + k, angle, BITS);
        for (slong j = 0; j < points; j++)
            add_chebyshev(c, j, k);
    }
    fmpq_clear(angle);
}

static void interpolation_clear(interpolation *c)
{
    _arb_vec_clear(c->point, c->points);
    _arb_vec_clear(c->map, c->points * c->points);
}

/* An octave: its polynomials, and what its pieces need.  w runs over [-1, 1] on the octave. */
typedef struct {
    interpolation whole, part;
    const ew_disc_functions *f;
    slong o;
    arb_ptr coef;  /* [f->n][OCTAVE_POINTS] */
    mag_ptr error; /* [f->n]: of those polynomials */
} octave;

static void octave_init(octave *x, const ew_disc_functions *f)
{
    interpolation_init(&x->whole, OCTAVE_POINTS);
    interpolation_init(&x->part, POINTS);
    x->f = f;
    x->coef = _arb_vec_init(f->n * OCTAVE_POINTS);
    x->error = _mag_vec_init(f->n);
}

static void octave_clear(octave *x)
{
    interpolation_clear(&x->whole);
    interpolation_clear(&x->part);
    _arb_vec_clear(x->coef, x->f->n * OCTAVE_POINTS);
    _mag_vec_clear(x->error, x->f->n);
}

/* Piece `i` of octave o: its middle, and half its length as a power of 2. */
static void piece_at(arb_t middle, slong *half, slong o, slong i)
{
    arb_set_si(middle, 2 * (EACH + i) + 1);
    arb_mul_2exp_si(middle, middle, -EW_PIECE_BITS - 1 - o);
    *half = -EW_PIECE_BITS - 1 - o;
}

/* What the truncation of the interpolating polynomial costs: M is the least of the bound and of
 * |g(1)| + slope * 2 * middle, the ellipse being within `middle` of the piece's middle 1 -
 * middle; a constant is interpolated without error, so that |g(1)| does not count. */
static void truncation(mag_t error, const ew_disc_functions *f, slong i, const arb_t middle,
                       slong half, slong degree)
{
    arb_t a, r;
    mag_t m;
    arb_init(a);
    arb_init(r);
    mag_init(m);
    arb_get_mag(m, middle);
    mag_mul_2exp_si(m, m, 1);
    mag_mul(m, m, f->slope + i);
    mag_min(m, m, f->bound + i);
    arb_mul_2exp_si(a, middle, -half); /* semi-axis in half-lengths; r = a + sqrt(a^2 - 1) */
    arb_mul(r, a, a, 64);
    arb_sub_ui(r, r, 1, 64);
    arb_sqrt(r, r, 64);
    arb_add(r, r, a, 64);
    arb_sub_ui(a, r, 1, 64);
    arb_pow_ui(r, r, (ulong) degree, 64);
    arb_mul(r, r, a, 64);
    arb_inv(r, r, 64);
    arb_mul_2exp_si(r, r, 2);
    arb_get_mag(error, r);
    mag_mul(error, error, m);
    mag_clear(m);
    arb_clear(r);
    arb_clear(a);
}

/* Bounds of Horner's rule for |w| <= 1 with unit roundoff u = 2^-53: with A_k the sum of |c_j|,
 * j
 * >= k, a product of a partial sum that is off by E and of w is off by E + u (A + E), and so
 * on. */
static void horner_error(mag_t error, mag_t tail, const double *c)
{
    mag_t sum, e, t;
    mag_init(sum);
    mag_init(e);
    mag_init(t);
    mag_set_d(sum, fabs(c[EW_PIECE_DEGREE]));
    for (slong k = EW_PIECE_DEGREE - 1; k >= 0; k--) {
        if (k == 0)
            mag_set(tail, sum);
        mag_add(t, sum, e);
        mag_mul_2exp_si(t, t, -53);
        mag_add(e, e, t); /* the product */
        mag_set_d(t, fabs(c[k]));
        mag_add(sum, sum, t);
        mag_add(t, sum, e);
        mag_mul_2exp_si(t, t, -53);
        mag_add(e, e, t);
    }
    mag_set_ui_2exp_si(t, 1, -1000); /* underflow of products */
    mag_add(error, e, t);
    mag_clear(t);
    mag_clear(e);
    mag_clear(sum);
}

static double upper(const mag_t x)
{
    return nextafter(mag_get_d(x), INFINITY);
}

/* Take the piece with these coefficients, off by `error`, into the bounds of the whole: |f| is
 * at least |c_0| less the other coefficients and less the error. */
static void account(ew_piecewise *p, mag_t error, const double *c)
{
    mag_t e, tail, least;
    mag_init(e);
    mag_init(tail);
    mag_init(least);
    horner_error(e, tail, c);
    mag_add(e, e, error);
    p->error = fmax(p->error, upper(e));
    mag_add(tail, tail, e);
    mag_set_d(least, fabs(c[0]));
    mag_add(least, least, tail);
    p->most = fmax(p->most, upper(least));
    mag_set_d_lower(least, fabs(c[0]));
    if (mag_cmp(tail, least) < 0) {
        mag_sub_lower(least, least, tail);
        mag_div(e, e, least);
        p->relative = fmax(p->relative, upper(e));
    } else {
        p->relative = INFINITY;
    }
    mag_clear(least);
    mag_clear(tail);
    mag_clear(e);
}

static void round_to(double *c, mag_t error, const arb_t x)
{
    arb_t t;
    mag_t m;
    arb_init(t);
    mag_init(m);
    *c = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_set_d(t, *c);
    arb_sub(t, x, t, BITS);
    arb_get_mag(m, t);
    mag_add(error, error, m);
    mag_clear(m);
    arb_clear(t);
}

/* Take the radii of values at `n` Chebyshev points out of them: an interpolating polynomial is
 * off by at most their largest times the Lebesgue constant, (2/pi) ln(n + 1) + 1 < 4 for n <=
 * 100. */
static void take_radii(mag_t error, arb_ptr y, slong stride, slong n)
{
    mag_t most;
    mag_init(most);
    for (slong k = 0; k < n; k++) {
        mag_max(most, most, arb_radref(y + k * stride));
        mag_zero(arb_radref(y + k * stride));
    }
    mag_mul_2exp_si(most, most, 2);
    mag_add(error, error, most);
    mag_clear(most);
}

/* The polynomials of octave o. */
static ew_status open_octave(octave *x, slong o, ew_context *ctx)
{
    const ew_disc_functions *f = x->f;
    const slong n = OCTAVE_POINTS, half = -1 - o;
    arb_t middle, t;
    arb_init(middle);
    arb_init(t);
    arb_ptr y = _arb_vec_init(n * f->n);
    x->o = o;
    arb_set_ui(middle, 3);
    arb_mul_2exp_si(middle, middle, half);
    ew_status status = EW_OK;
    for (slong k = 0; k < n && status == EW_OK; k++) {
        arb_mul_2exp_si(t, x->whole.point + k, half);
        arb_add(t, t, middle, BITS);
        status = f->value(y + k * f->n, t, BITS, f->data, ctx);
    }
    for (slong g = 0; g < f->n && status == EW_OK; g++) {
        truncation(x->error + g, f, g, middle, half, n - 1);
        take_radii(x->error + g, y + g, f->n, n);
        for (slong m = 0; m < n; m++)
            arb_dot(x->coef + g * n + m, NULL, 0, x->whole.map + m * n, 1, y + g, f->n, n,
                    BITS);
    }
    _arb_vec_clear(y, n * f->n);
    arb_clear(t);
    arb_clear(middle);
    return status;
}

/* The functions at the points of piece i: y[k * n + g]. */
static void values(arb_ptr y, const octave *x, slong i)
{
    const slong n = OCTAVE_POINTS;
    arb_t w;
    arb_init(w);
    for (slong k = 0; k < POINTS; k++) {
        arb_add_si(w, x->part.point + k, 2 * i + 1 - EACH, BITS);
        arb_mul_2exp_si(w, w, -EW_PIECE_BITS);
        for (slong g = 0; g < x->f->n; g++) {
            arb_ptr v = y + k * x->f->n + g;
            _arb_poly_evaluate(v, x->coef + g * n, n, w, BITS);
            arb_add_error_mag(v, x->error + g);
        }
    }
    arb_clear(w);
}

static void fit(ew_piecewise *out, const octave *x, slong i)
{
    const slong n = x->f->n;
    slong half;
    arb_t middle, c;
    mag_t error;
    arb_init(middle);
    arb_init(c);
    mag_init(error);
    arb_ptr y = _arb_vec_init(POINTS * n);
    piece_at(middle, &half, x->o, i);
    values(y, x, i);
    for (slong g = 0; g < n; g++) {
        ew_piecewise *p = out + g;
        double *coef = p->coef + (1 + (p->octaves - x->o) * EACH + i) * POINTS;
        truncation(error, x->f, g, middle, half, EW_PIECE_DEGREE);
        take_radii(error, y + g, n, POINTS);
        for (slong m = 0; m < POINTS; m++) {
            arb_dot(c, NULL, 0, x->part.map + m * POINTS, 1, y + g, n, POINTS, BITS);
            round_to(coef + m, error, c);
        }
        account(p, error, coef);
    }
    _arb_vec_clear(y, POINTS * n);
    mag_clear(error);
    arb_clear(c);
    arb_clear(middle);
}

/* The least number of octaves after which every function is constant enough. */
static ew_status octaves_needed(slong *octaves, mag_ptr end, const ew_disc_functions *f,
                                ew_context *ctx)
{
    arb_t t;
    mag_t size;
    arb_init(t);
    mag_init(size);
    ew_status status = EW_OK;
    int enough = 0;
    for (*octaves = 8; status == EW_OK && !enough; *octaves += !enough) {
        arb_one(t);
        arb_mul_2exp_si(t, t, -*octaves);
        status = f->end(end, t, f->data, ctx);
        enough = 1;
        for (slong i = 0; i < f->n && status == EW_OK; i++) {
            mag_mul_2exp_si(size, f->bound + i, -END_BITS);
            enough = enough && mag_cmp(end + i, size) <= 0;
        }
        if (status == EW_OK && !enough && *octaves == MOST_OCTAVES)
            status = ew_fail(ctx, EW_UNABLE,
                             "dual: the function varies too fast near correlation 1");
    }
    mag_clear(size);
    arb_clear(t);
    return status;
}

static ew_status open_pieces(ew_piecewise *out, slong octaves, arb_srcptr at_zero, mag_ptr end,
                             slong n, ew_context *ctx)
{
    for (slong i = 0; i < n; i++) {
        ew_piecewise *p = out + i;
        p->octaves = octaves;
        p->pieces = 1 + octaves * EACH;
        p->first = ((uint64_t) (1023 - octaves) << EW_PIECE_BITS) - 1;
        p->error = p->relative = p->most = 0;
        p->coef = ew_alloc_zero((size_t) (p->pieces * POINTS), sizeof *p->coef, ctx);
        if (!p->coef)
            return EW_MEMORY;
        round_to(p->coef, end + i, at_zero + i);
        account(p, end + i, p->coef);
    }
    return EW_OK;
}

ew_status ew_piecewise_new(ew_piecewise *out, const ew_disc_functions *f, ew_context *ctx)
{
    slong octaves;
    arb_t t;
    octave x;
    arb_init(t);
    mag_ptr end = _mag_vec_init(f->n);
    arb_ptr at_zero = _arb_vec_init(f->n);
    octave_init(&x, f);
    for (slong i = 0; i < f->n; i++)
        out[i].coef = NULL;
    ew_status status = f->value(at_zero, t, BITS, f->data, ctx);
    if (status == EW_OK)
        status = octaves_needed(&octaves, end, f, ctx);
    if (status == EW_OK)
        status = open_pieces(out, octaves, at_zero, end, f->n, ctx);
    for (slong o = 1; status == EW_OK && o <= octaves; o++) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = open_octave(&x, o, ctx);
        for (slong i = 0; i < EACH && status == EW_OK; i++)
            fit(out, &x, i);
    }
    if (status != EW_OK)
        ew_piecewise_free(out, f->n);
    octave_clear(&x);
    _arb_vec_clear(at_zero, f->n);
    _mag_vec_clear(end, f->n);
    arb_clear(t);
    return status;
}
