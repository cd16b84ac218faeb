#include "expect/dual/piecewise.h"

#include <math.h>
#include <stdlib.h>

#include "expect/dual/interpolation.h"

#define POINTS (EW_PIECE_DEGREE + 1)
/* An octave as a whole, from which its pieces are cut: the ellipse has r = 3 + sqrt(8), and
 * r^-OCTAVE_POINTS is 1e-23. */
#define OCTAVE_POINTS 30
#define EACH (1 << EW_PIECE_BITS) /* pieces an octave */
#define END_BITS                                                                               \
    57 /* piece 0 is where nothing varies by more than 2^-END_BITS of its bound                \
        */
#define MOST_OCTAVES 400

void ew_piecewise_free(ew_piecewise *p, slong n)
{
    for (slong i = 0; i < n; i++) {
        free(p[i].coef);
        p[i].coef = NULL;
    }
}

/* An octave: its polynomials, and what its pieces need.  w runs over [-1, 1] on the octave. */
typedef struct {
    ew_interpolation whole, part;
    const ew_disc_functions *f;
    slong o;
    arb_ptr coef;  /* [f->n][OCTAVE_POINTS] */
    mag_ptr error; /* [f->n]: of those polynomials */
} octave;

static void octave_init(octave *x, const ew_disc_functions *f)
{
    ew_interpolation_init(&x->whole, OCTAVE_POINTS);
    ew_interpolation_init(&x->part, POINTS);
    x->f = f;
    x->coef = _arb_vec_init(f->n * OCTAVE_POINTS);
    x->error = _mag_vec_init(f->n);
}

static void octave_clear(octave *x)
{
    ew_interpolation_clear(&x->whole);
    ew_interpolation_clear(&x->part);
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
    ew_horner_error(e, tail, c, 1, EW_PIECE_DEGREE);
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
        arb_add(t, t, middle, EW_INTERPOLATION_BITS);
        status = f->value(y + k * f->n, t, EW_INTERPOLATION_BITS, f->data, ctx);
    }
    for (slong g = 0; g < f->n && status == EW_OK; g++) {
        truncation(x->error + g, f, g, middle, half, n - 1);
        ew_interpolation_radii(x->error + g, y + g, f->n, n);
        for (slong m = 0; m < n; m++)
            arb_dot(x->coef + g * n + m, NULL, 0, x->whole.map + m * n, 1, y + g, f->n, n,
                    EW_INTERPOLATION_BITS);
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
        arb_add_si(w, x->part.point + k, 2 * i + 1 - EACH, EW_INTERPOLATION_BITS);
        arb_mul_2exp_si(w, w, -EW_PIECE_BITS);
        for (slong g = 0; g < x->f->n; g++) {
            arb_ptr v = y + k * x->f->n + g;
            _arb_poly_evaluate(v, x->coef + g * n, n, w, EW_INTERPOLATION_BITS);
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
        ew_interpolation_radii(error, y + g, n, POINTS);
        for (slong m = 0; m < POINTS; m++) {
            arb_dot(c, NULL, 0, x->part.map + m * POINTS, 1, y + g, n, POINTS,
                    EW_INTERPOLATION_BITS);
            ew_round_to(coef + m, error, c);
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

static ew_status open_pieces(ew_piecewise *out, slong octaves, slong n, ew_context *ctx)
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
    }
    return EW_OK;
}

static void set_first(ew_piecewise *out, arb_srcptr at_zero, mag_ptr end, slong n)
{
    for (slong i = 0; i < n; i++) {
        ew_round_to(out[i].coef, end + i, at_zero + i);
        account(out + i, end + i, out[i].coef);
    }
}

ew_status ew_piecewise_new_down_to(ew_piecewise *out, const ew_disc_functions *f, slong octaves,
                                   ew_context *ctx)
{
    octave x;
    octave_init(&x, f);
    for (slong i = 0; i < f->n; i++)
        out[i].coef = NULL;
    ew_status status = open_pieces(out, octaves, f->n, ctx);
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
    return status;
}

ew_status ew_piecewise_new(ew_piecewise *out, const ew_disc_functions *f, ew_context *ctx)
{
    slong octaves;
    arb_t t;
    arb_init(t);
    mag_ptr end = _mag_vec_init(f->n);
    arb_ptr at_zero = _arb_vec_init(f->n);
    for (slong i = 0; i < f->n; i++)
        out[i].coef = NULL;
    ew_status status = f->value(at_zero, t, EW_INTERPOLATION_BITS, f->data, ctx);
    if (status == EW_OK)
        status = octaves_needed(&octaves, end, f, ctx);
    if (status == EW_OK)
        status = ew_piecewise_new_down_to(out, f, octaves, ctx);
    if (status == EW_OK)
        set_first(out, at_zero, end, f->n);
    _arb_vec_clear(at_zero, f->n);
    _mag_vec_clear(end, f->n);
    arb_clear(t);
    return status;
}
