#include "expect/approximate/surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/approximate/curve.h"
#include "expect/approximate/rounded.h"
#include "expect/approximate/surface_patch.h"
#include "expect/dual/source.h"

#define N EW_PATCH_POINTS
#define SERIES_BITS 120
#define LOW_BITS 40
#define FIT_BITS 60 /* interpolation may cost this much below <s'^2> */
#define SMALL_BITS 10
#define MOST_OCTAVES 30
#define MOST_TERMS 4096 /* of the series in rho at one K: minutes an octave */

static const double discs[] = {0.9, 0.8, 0.7, 0.6};

void ew_surface_clear(ew_surface *x)
{
    free(x->octaves);
    free(x->length);
    free(x->coef);
    free(x->error);
    *x = (ew_surface){.degree = 0};
}

slong ew_surface_most_rows(const ew_surface *x)
{
    slong most = 0;
    for (slong p = 0; p < x->pieces.n; p++)
        most = FLINT_MAX(most, x->octaves[p]);
    return x->functions * (most + 1) * (x->degree + 1);
}

/* ---- building -----------------------------------------------------------------------------
 */

typedef struct {
    ew_surface *out;
    ew_evaluator *E;
    const ew_activation *s;
    ew_chebyshev points, end_points;
    double m;
    slong octaves;
    arb_ptr value; /* [function][t piece][t point][K point] */
    mag_t size;    /* <s'^2> at most, on the real piece */
    mag_t by_k;    /* the error of interpolation in K */
    mag_t by_t[2]; /* that in t, times the Lebesgue constant in K: octaves, and next to 0 */
} work;

static arb_ptr value_at(const work *x, slong f, slong piece, slong t, slong k)
{
    return x->value + ((f * (x->octaves + 1) + piece) * N + t) * N + k;
}

/* K^n <(s^(n+1))^2>_K from above. */
static ew_status derivative_size(mag_t M, const work *x, slong n, const arb_t K,
                                 ew_context *ctx)
{
    ew_atom1 atom = {{0, {0}}, 0};
    atom.f.e[n + 1] = 2;
    arb_t y, t;
    arb_init(y);
    arb_init(t);
    ew_status status = ew_expect_one(y, NULL, x->E, &atom, 1, K, LOW_BITS, ctx);
    arb_pow_ui(t, K, (ulong) n, 64);
    arb_mul(y, y, t, 64);
    arb_get_mag(M, y);
    arb_clear(t);
    arb_clear(y);
    return status;
}

/* n Chebyshev points on [0, h]: |f^(n)|/n! 2 (h/4)^n, h = 2^-octaves. */
static ew_status end_error(mag_t error, const work *x, slong octaves, const arb_t K,
                           ew_context *ctx)
{
    arb_t t;
    mag_t m;
    arb_init(t);
    mag_init(m);
    ew_status status = derivative_size(error, x, EW_PATCH_END, K, ctx);
    arb_fac_ui(t, EW_PATCH_END, 64);
    arb_inv(t, t, 64);
    arb_mul_2exp_si(t, t, 1 - EW_PATCH_END * (octaves + 2));
    arb_get_mag(m, t);
    mag_mul(error, error, m);
    mag_clear(m);
    arb_clear(t);
    return status;
}

/* The least number of octaves of t after which few points do, by what is needed at the upper
 * end of the piece. */
static ew_status choose_octaves(work *x, ew_context *ctx)
{
    arb_t K;
    mag_t e, size, enough;
    arb_init(K);
    mag_init(e);
    mag_init(size);
    mag_init(enough);
    arb_set_d(K, 2 * x->m / EW_PIECE_MIDDLE);
    ew_status status = derivative_size(size, x, 0, K, ctx);
    mag_mul_2exp_si(enough, size, -FIT_BITS - 4);
    for (x->octaves = 0; status == EW_OK; x->octaves++) {
        status = end_error(e, x, x->octaves, K, ctx);
        if (status == EW_OK && mag_cmp(e, enough) <= 0)
            break;
        if (status == EW_OK && x->octaves == MOST_OCTAVES)
            status = ew_fail(ctx, EW_UNABLE,
                             "functions of K and rho vary too fast near rho = 1 for K = %g",
                             2 * x->m / EW_PIECE_MIDDLE);
    }
    mag_clear(enough);
    mag_clear(size);
    mag_clear(e);
    arb_clear(K);
    return status;
}

/* What interpolation in K costs, by the bound in the disc |w| <= R: that of one variable, times
 * q once more. */
static ew_status disc_error(mag_t e, const work *x, double R, ew_context *ctx)
{
    const ew_atom1 dd = {{0, {0, 2}}, 0};
    arb_t a, W;
    mag_t q;
    arb_init(a);
    arb_init(W);
    mag_init(q);
    ew_status status = ew_curve_bound(e, x->E, &dd, x->m, R, ctx);
    arb_set_d(a, (1 + R) / (1 - R) + 0x1p-40);
    arb_get_mag(q, a);
    mag_mul(e, e, q);
    ew_octaves_width(W, 64);
    arb_set_d(a, R);
    arb_div(a, a, W, 64);
    ew_chebyshev_error(e, e, a, N);
    mag_clear(q);
    arb_clear(W);
    arb_clear(a);
    return status;
}

static ew_status bound_in_k(work *x, ew_context *ctx)
{
    mag_t e, enough;
    ew_status status = EW_OK;
    mag_init(e);
    mag_init(enough);
    mag_mul_2exp_si(enough, x->size, -FIT_BITS);
    mag_inf(x->by_k);
    for (size_t i = 0; i < sizeof discs / sizeof *discs && mag_cmp(x->by_k, enough) > 0; i++) {
        status = disc_error(e, x, discs[i], ctx);
        if (status != EW_OK && status != EW_UNABLE && status != EW_DOMAIN)
            break;
        if (status == EW_OK)
            mag_min(x->by_k, x->by_k, e);
        status = EW_OK;
        ew_clear(ctx);
    }
    if (status == EW_OK && mag_cmp(x->by_k, enough) > 0)
        status = ew_fail(ctx, EW_UNABLE,
                         "functions of K and rho are certified on narrower domains of K, not "
                         "on %g <= K <= %g",
                         x->m / EW_PIECE_MIDDLE, 2 * x->m / EW_PIECE_MIDDLE);
    mag_clear(enough);
    mag_clear(e);
    return status;
}

/* What interpolation in t on octaves costs; the first is the widest. */
static void bound_in_t(work *x)
{
    arb_t W;
    arb_init(W);
    ew_patch_width(W, 0, 0, 64);
    arb_inv(W, W, 64);
    ew_chebyshev_error(x->by_t[0], x->size, W, N);
    mag_mul_2exp_si(x->by_t[0], x->by_t[0], EW_LEBESGUE_BITS);
    arb_clear(W);
}

/* The functions, from slopes of c and c'/K on both sides, and c/rho. */
static void set_values(work *x, arb_srcptr y, slong piece, slong i, slong k, const arb_t K)
{
    const slong prec = EW_TABLE_BITS;
    for (int side = 0; side < (x->out->functions == 4 ? 2 : 1); side++) {
        arb_set(value_at(x, EW_SURFACE_DD + 2 * side, piece, i, k),
                y + EW_DUAL_DERIVATIVE + side);
        arb_div(value_at(x, EW_SURFACE_SLOPE + 2 * side, piece, i, k), y + EW_DUAL_SLOPE + side,
                K, prec);
    }
    if (x->out->functions == 3)
        arb_div(value_at(x, EW_SURFACE_QUOTIENT, piece, i, k), y + EW_DUAL_FUNCTIONS, K, prec);
}

/* c/rho = sum a_k^2 rho^(k-1), where c' has k a_k^2: what is left out of it is less than there.
 */
static void quotient(arb_t y, const ew_dual_source *source, arb_srcptr coef)
{
    arb_dot(y, NULL, 0, coef, 1, source->power, 1, source->n, SERIES_BITS);
    arb_add_error_mag(y, source->rest);
}

/* All values at one K. */
static ew_status values_at(work *x, slong k, const arb_t K, ew_dual_source *source,
                           ew_context *ctx)
{
    arb_ptr y = _arb_vec_init(EW_DUAL_FUNCTIONS + 1), coef = _arb_vec_init(source->n);
    arb_t t;
    ew_status status = EW_OK;
    arb_init(t);
    for (slong j = 0; j < source->n; j++)
        arb_div_ui(coef + j, source->coef[EW_DUAL_DERIVATIVE] + j, (ulong) j + 1, SERIES_BITS);
    for (slong piece = 0; piece <= x->octaves && status == EW_OK; piece++) {
        const ew_chebyshev *c = piece < x->octaves ? &x->points : &x->end_points;
        for (slong i = 0; i < c->n && status == EW_OK; i++) {
            ew_patch_point(t, piece, piece == x->octaves, c->point + i, EW_TABLE_BITS);
            status = source->value(y, source, t, SERIES_BITS, ctx);
            quotient(y + EW_DUAL_FUNCTIONS, source, coef);
            if (status == EW_OK)
                set_values(x, y, piece, i, k, K);
        }
    }
    arb_clear(t);
    _arb_vec_clear(coef, source->n);
    _arb_vec_clear(y, EW_DUAL_FUNCTIONS + 1);
    return status;
}

/* How many terms a slightly smaller K needs: as many as this one, and some. */
static slong terms_needed(const ew_dual_source *source)
{
    mag_t sum, t, most;
    mag_init(sum);
    mag_init(t);
    mag_init(most);
    arb_get_mag(most, source->coef[EW_DUAL_DERIVATIVE]);
    mag_mul_2exp_si(most, most, -SERIES_BITS / 2 - 8);
    slong n = source->n;
    for (; n > 1 && mag_cmp(sum, most) < 0; n--) {
        arb_get_mag(t, source->coef[EW_DUAL_DERIVATIVE] + n - 1);
        mag_add(sum, sum, t);
    }
    mag_clear(most);
    mag_clear(t);
    mag_clear(sum);
    return n + n / 32 + 4;
}

/* Values, and the bounds that hold at these K. */
static ew_status values(work *x, ew_context *ctx)
{
    arb_t K;
    mag_t e;
    ew_status status = EW_OK;
    slong first = 0; /* the points come by descending K */
    arb_init(K);
    mag_init(e);
    mag_zero(x->size);
    mag_zero(x->by_t[1]);
    for (slong k = 0; k < N && status == EW_OK; k++) {
        ew_dual_source source;
        ew_octaves_point(K, x->m, x->points.point + k, EW_TABLE_BITS);
        ew_dual_source_init(&source, x->E, K);
        source.first = first;
        source.most = MOST_TERMS;
        status = ew_poll(ctx);
        if (status == EW_OK)
            status = ew_dual_series(&source, SERIES_BITS, ctx);
        if (status == EW_OK)
            status = values_at(x, k, K, &source, ctx);
        if (status == EW_OK)
            first = terms_needed(&source);
        ew_dual_source_clear(&source);
        if (status == EW_OK)
            status = derivative_size(e, x, 0, K, ctx);
        mag_max(x->size, x->size, e);
        if (status == EW_OK)
            status = end_error(e, x, x->octaves, K, ctx);
        mag_max(x->by_t[1], x->by_t[1], e);
    }
    mag_mul_2exp_si(x->by_t[1], x->by_t[1], EW_LEBESGUE_BITS);
    mag_clear(e);
    arb_clear(K);
    return status;
}

/* Radii taken out of a patch's values, their size, and all errors of the polynomial. */
static void open_patch(ew_patch *p, const work *x, slong f)
{
    mag_t t;
    mag_init(t);
    p->value = value_at(x, f, p->piece, 0, 0);
    mag_inf(p->least);
    mag_zero(p->error);
    for (slong i = 0; i < p->points * N; i++) {
        mag_max(p->error, p->error, arb_radref(p->value + i));
        mag_zero(arb_radref(p->value + i));
        arb_get_mag(t, p->value + i);
        mag_min(p->least, p->least, t);
    }
    mag_mul_2exp_si(p->error, p->error, 2 * EW_LEBESGUE_BITS);
    mag_add(p->error, p->error, x->by_k);
    mag_add(p->error, p->error, x->by_t[p->end]);
    mag_mul_2exp_si(t, x->size, -SMALL_BITS);
    mag_max(p->least, p->least, t);
    mag_clear(t);
}

/* ---- storing ------------------------------------------------------------------------------
 */

static ew_status make_room(ew_surface *s, ew_context *ctx)
{
    if (s->length_room < s->lengths + N) {
        slong room = 2 * (s->lengths + N);
        unsigned char *more = ew_realloc(s->length, (size_t) room, ctx);
        if (!more)
            return EW_MEMORY;
        s->length = more;
        s->length_room = room;
    }
    if (s->coef_room < s->coefs + N * N) {
        slong room = 2 * (s->coefs + N * N);
        double *more = ew_realloc(s->coef, (size_t) room * sizeof *more, ctx);
        if (!more)
            return EW_MEMORY;
        s->coef = more;
        s->coef_room = room;
    }
    return EW_OK;
}

/* Rows of N lengths for now. */
static ew_status store(ew_surface *s, const ew_patch_fit *fit, ew_context *ctx)
{
    ew_status status = make_room(s, ctx);
    for (slong j = 0; j < N && status == EW_OK; j++) {
        unsigned char n = j <= fit->degree ? fit->length[j] : 0;
        s->length[s->lengths++] = n;
        memcpy(s->coef + s->coefs, fit->coef[j], n * sizeof *s->coef);
        s->coefs += n;
    }
    s->degree = FLINT_MAX(s->degree, fit->degree);
    return status;
}

static ew_status fit_patches(work *x, slong p, ew_context *ctx)
{
    ew_surface *s = x->out;
    ew_status status = EW_OK;
    ew_patch_fit *fit = ew_alloc(sizeof *fit, ctx);
    ew_patch patch = {.in_k = &x->points};
    if (!fit)
        return EW_MEMORY;
    mag_init(patch.error);
    mag_init(patch.least);
    for (slong f = 0; f < s->functions && status == EW_OK; f++)
        for (slong i = 0; i <= x->octaves && status == EW_OK; i++) {
            patch.piece = i;
            patch.end = i == x->octaves;
            patch.in_t = patch.end ? &x->end_points : &x->points;
            patch.points = patch.in_t->n;
            open_patch(&patch, x, f);
            ew_patch_make(fit, &patch);
            s->error[p * s->functions + f] = fmax(s->error[p * s->functions + f], fit->error);
            s->relative[f] = fmax(s->relative[f], fit->relative);
            status = store(s, fit, ctx);
        }
    mag_clear(patch.least);
    mag_clear(patch.error);
    free(fit);
    return status;
}

static ew_status fit_piece(work *x, slong p, ew_context *ctx)
{
    arb_t K;
    arb_init(K);
    x->m = ew_octaves_middle(&x->out->pieces, p);
    arb_set_d(K, x->m);
    ew_status status = choose_octaves(x, ctx);
    x->out->octaves[p] = x->octaves;
    slong n = x->out->functions * (x->octaves + 1) * N * N;
    x->value = _arb_vec_init(n);
    if (status == EW_OK)
        status = derivative_size(x->size, x, 0, K, ctx);
    if (status == EW_OK)
        status = bound_in_k(x, ctx);
    if (status == EW_OK)
        status = values(x, ctx);
    if (status == EW_OK) {
        bound_in_t(x);
        status = fit_patches(x, p, ctx);
    }
    _arb_vec_clear(x->value, n);
    arb_clear(K);
    return status;
}

/* From rows of N lengths to rows of degree + 1. */
static void trim(ew_surface *s)
{
    slong rows = s->lengths / N;
    for (slong f = 0; f < s->functions; f++)
        s->relative[f] = ew_bound_up(s->relative[f]);
    for (slong i = 0; i < s->pieces.n * s->functions; i++)
        s->error[i] = ew_bound_up(s->error[i]);
    for (slong r = 0; r < rows; r++)
        memmove(s->length + r * (s->degree + 1), s->length + r * N, (size_t) s->degree + 1);
    s->lengths = rows * (s->degree + 1);
}

static ew_status open_surface(ew_surface *s, const ew_activation *a, double lo, double hi,
                              ew_context *ctx)
{
    ew_octaves_cover(&s->pieces, lo, hi);
    s->functions = a->parity == EW_PARITY_ODD ? 3 : a->parity == EW_PARITY_EVEN ? 2 : 4;
    s->octaves = ew_alloc_zero((size_t) s->pieces.n, sizeof *s->octaves, ctx);
    s->error = ew_alloc_zero((size_t) (s->pieces.n * s->functions), sizeof *s->error, ctx);
    return s->octaves && s->error ? EW_OK : EW_MEMORY;
}

static void work_init(work *x, ew_surface *out, ew_evaluator *E, const ew_activation *s)
{
    *x = (work){.out = out, .E = E, .s = s};
    ew_chebyshev_init(&x->points, N);
    ew_chebyshev_init(&x->end_points, EW_PATCH_END);
    mag_init(x->size);
    mag_init(x->by_k);
    mag_init(x->by_t[0]);
    mag_init(x->by_t[1]);
}

static void work_clear(work *x)
{
    ew_chebyshev_clear(&x->points);
    ew_chebyshev_clear(&x->end_points);
    mag_clear(x->size);
    mag_clear(x->by_k);
    mag_clear(x->by_t[0]);
    mag_clear(x->by_t[1]);
}

/* The last piece asks for most: whether its series in rho is within reach shows at once, before
 * the others have taken their minutes. */
static ew_status check_last(work *x, ew_context *ctx)
{
    ew_dual_source source;
    arb_t K;
    arb_init(K);
    x->m = ew_octaves_middle(&x->out->pieces, x->out->pieces.n - 1);
    arb_set_d(K, x->m);
    ew_dual_source_init(&source, x->E, K);
    source.most = MOST_TERMS;
    ew_status status = choose_octaves(x, ctx);
    if (status == EW_OK)
        status = ew_dual_series(&source, SERIES_BITS, ctx);
    ew_dual_source_clear(&source);
    arb_clear(K);
    return status;
}

ew_status ew_surface_new(ew_surface *out, ew_evaluator *E, const ew_activation *s, double *lo,
                         double *hi, int shrink, ew_context *ctx)
{
    work x;
    if (s->kinks)
        return ew_fail(ctx, EW_UNABLE,
                       "functions of K and rho: %s has kinks away from max(z, 0) "
                       "and min(z, 0)",
                       s->text);
    ew_status status = open_surface(out, s, *lo, *hi, ctx);
    slong p = 0;
    work_init(&x, out, E, s);
    if (status == EW_OK && !shrink && out->pieces.n > 1)
        status = check_last(&x, ctx);
    for (; p < out->pieces.n && status == EW_OK; p++) {
        ew_progress(ctx, (double) p / (double) out->pieces.n, "functions of K and rho");
        status = fit_piece(&x, p, ctx);
    }
    if (shrink && p > 1 && status == EW_UNABLE) {
        out->pieces.n = p - 1;
        *hi = ldexp(1, out->pieces.first + (int) p - 1);
        ew_clear(ctx);
        status = EW_OK;
    }
    work_clear(&x);
    if (status == EW_OK)
        trim(out);
    else
        ew_surface_clear(out);
    return status;
}

/* ---- evaluating ---------------------------------------------------------------------------
 */

slong ew_surface_rows(double *row, const ew_surface *x, double K)
{
    int e;
    frexp(K, &e);
    slong piece = FLINT_MAX(0, FLINT_MIN(e - 1 - x->pieces.first, x->pieces.n - 1));
    const unsigned char *length = x->length;
    const double *c = x->coef;
    slong rows = 0;
    for (slong p = 0; p <= piece; p++) {
        rows = x->functions * (x->octaves[p] + 1) * (x->degree + 1);
        for (slong r = 0; p < piece && r < rows; r++)
            c += *length++;
    }
    double m = ew_octaves_middle(&x->pieces, piece), w = (K - m) / (K + m);
    for (slong r = 0; r < rows; r++) {
        slong n = *length++;
        double y = n ? c[n - 1] : 0;
        for (slong k = n - 2; k >= 0; k--)
            y = y * w + c[k];
        row[r] = y;
        c += n;
    }
    return piece;
}

double ew_surface_at(const double *row, const ew_surface *x, slong piece, slong f, double t)
{
    slong octaves = x->octaves[piece], i = octaves;
    int e;
    frexp(t, &e); /* t = 2^-i: of piece i - 1, as is t = 1 of piece 0 */
    if (t > 0 && -e < octaves)
        i = FLINT_MAX(-e, 0);
    double c = ldexp(EW_PIECE_MIDDLE, -(int) i - 1),
           w = i < octaves ? (t - c) / ((1 - c) * t + c) : ldexp(t, (int) octaves);
    const double *r = row + (f * (octaves + 1) + i) * (x->degree + 1);
    double y = r[x->degree];
    for (slong k = x->degree - 1; k >= 0; k--)
        y = y * w + r[k];
    return y;
}
