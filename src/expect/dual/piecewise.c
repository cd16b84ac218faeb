#include "expect/dual/piecewise.h"

#include <math.h>
#include <stdlib.h>

#define POINTS (EW_PIECE_DEGREE + 1)
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

/* The maps from values at the Chebyshev points to coefficients in w. */
typedef struct {
    arb_ptr point; /* [POINTS] */
    arb_ptr map;   /* [POINTS][POINTS] */
} interpolation;

static void interpolation_init(interpolation *c)
{
    c->point = _arb_vec_init(POINTS);
    c->map = _arb_vec_init(POINTS * POINTS);
    arb_t t;
    arb_poly_t cheb;
    fmpz_poly_t T;
    fmpq_t angle;
    arb_init(t);
    arb_poly_init(cheb);
    fmpz_poly_init(T);
    fmpq_init(angle);
    for (slong k = 0; k < POINTS; k++) {
        fmpq_set_si(angle, 2 * k + 1, 2 * POINTS);
        arb_cos_pi_fmpq(c->point + k, angle, BITS);
        for (slong j = 0; j < POINTS; j++) {
            fmpz_poly_chebyshev_t(T, (ulong) j);
            arb_chebyshev_t_ui(t, (ulong) j, c->point + k, BITS);
            arb_mul_ui(t, t, j ? 2 : 1, BITS);
            arb_div_ui(t, t, POINTS, BITS);
            for (slong m = 0; m <= j; m++)
                arb_addmul_fmpz(c->map + m * POINTS + k, t, fmpz_poly_get_coeff_ptr(T, m),
                                BITS);
        }
    }
    fmpq_clear(angle);
    fmpz_poly_clear(T);
    arb_poly_clear(cheb);
    arb_clear(t);
}

static void interpolation_clear(interpolation *c)
{
    _arb_vec_clear(c->point, POINTS);
    _arb_vec_clear(c->map, POINTS * POINTS);
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
                       slong half)
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
    arb_pow_ui(r, r, EW_PIECE_DEGREE, 64);
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

/* The functions at the points of a piece: y[k * n + i]. */
static ew_status values(arb_ptr y, const interpolation *c, const ew_disc_functions *f,
                        const arb_t middle, slong half, ew_context *ctx)
{
    arb_t t;
    arb_init(t);
    ew_status status = EW_OK;
    for (slong k = 0; k < POINTS && status == EW_OK; k++) {
        arb_mul_2exp_si(t, c->point + k, half);
        arb_add(t, t, middle, BITS);
        status = f->value(y + k * f->n, t, BITS, f->data, ctx);
    }
    arb_clear(t);
    return status;
}

static ew_status fit(ew_piecewise *out, const interpolation *c, const ew_disc_functions *f,
                     slong o, slong i, ew_context *ctx)
{
    slong half;
    arb_t middle, x;
    mag_t error;
    arb_init(middle);
    arb_init(x);
    mag_init(error);
    arb_ptr y = _arb_vec_init(POINTS * f->n);
    piece_at(middle, &half, o, i);
    ew_status status = values(y, c, f, middle, half, ctx);
    for (slong g = 0; g < f->n && status == EW_OK; g++) {
        ew_piecewise *p = out + g;
        double *coef = p->coef + (1 + (p->octaves - o) * EACH + i) * POINTS;
        truncation(error, f, g, middle, half);
        for (slong m = 0; m < POINTS; m++) {
            arb_dot(x, NULL, 0, c->map + m * POINTS, 1, y + g, f->n, POINTS, BITS);
            round_to(coef + m, error, x);
        }
        account(p, error, coef);
    }
    _arb_vec_clear(y, POINTS * f->n);
    mag_clear(error);
    arb_clear(x);
    arb_clear(middle);
    return status;
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
    interpolation c;
    arb_init(t);
    mag_ptr end = _mag_vec_init(f->n);
    arb_ptr at_zero = _arb_vec_init(f->n);
    interpolation_init(&c);
    for (slong i = 0; i < f->n; i++)
        out[i].coef = NULL;
    ew_status status = f->value(at_zero, t, BITS, f->data, ctx);
    if (status == EW_OK)
        status = octaves_needed(&octaves, end, f, ctx);
    if (status == EW_OK)
        status = open_pieces(out, octaves, at_zero, end, f->n, ctx);
    for (slong o = 1; status == EW_OK && o <= octaves; o++)
        for (slong i = 0; i < EACH && status == EW_OK; i++) {
            status = ew_poll(ctx);
            if (status == EW_OK)
                status = fit(out, &c, f, o, i, ctx);
        }
    if (status != EW_OK)
        ew_piecewise_free(out, f->n);
    interpolation_clear(&c);
    _arb_vec_clear(at_zero, f->n);
    _mag_vec_clear(end, f->n);
    arb_clear(t);
    return status;
}
