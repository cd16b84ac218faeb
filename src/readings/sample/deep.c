#include "arith/vector.h"

#include "readings/sample/deep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activation/jet.h"
#include "arith/pool.h"
#include "readings/sample/fractional.h"

/* Uses of streams. */
#define USE_V 201
#define USE_W 202
#define USE_BIAS 203
/* Weights of one sample that are kept, at most. */
#define MOST_WEIGHTS ((size_t) 1 << 27)

typedef struct {
    const ew_deep_options *opt;
    ew_program *program;
    ew_fractional **noise; /* [depths] */
    ew_status (*measure)(double *out, const void *run, uint64_t sample, slong i,
                         ew_context *ctx);
    double second; /* s''(0) */
    size_t slots;  /* 2, or 2 + 2 d: with what every coordinate does */
    double *out;   /* [samples][depths][slots] */
} deep_run;

/* One sample at one depth. */
typedef struct {
    const deep_run *r;
    size_t d, blocks;
    double *v, *w;             /* [blocks][d * d]; NULL where there is none */
    double *start, *h, *x, *y; /* [d] */
} walk;

static void walk_clear(walk *k)
{
    free(k->v);
    free(k->w);
    free(k->start);
    free(k->h);
    free(k->x);
    free(k->y);
}

EW_VECTOR static double dot(const double *restrict a, const double *restrict b, size_t n)
{
    double part[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++)
            part[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        part[0] += a[i] * b[i];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

/* weights[l][entry] of standard deviation `root`, one run of increments an entry. */
static ew_status draw_weights(double **weights, const walk *k, const ew_fractional *noise,
                              ew_stream stream, double root, ew_context *ctx)
{
    size_t entries = k->d * k->d;
    double *x = ew_alloc(2 * noise->size * sizeof *x, ctx);
    *weights = ew_alloc_zero(entries * k->blocks, sizeof **weights, ctx);
    for (size_t e = 0; x && *weights && e < entries; e += 2) {
        ew_fractional_draw(x, noise, &stream, e / 2);
        for (size_t l = 0; l < k->blocks; l++) {
            (*weights)[l * entries + e] = root * x[2 * l];
            if (e + 1 < entries)
                (*weights)[l * entries + e + 1] = root * x[2 * l + 1];
        }
    }
    free(x);
    return x && *weights ? EW_OK : EW_MEMORY;
}

static ew_status walk_init(walk *k, const deep_run *r, uint64_t sample, slong i,
                           ew_context *ctx)
{
    const ew_deep_options *opt = r->opt;
    size_t d = opt->width;
    *k = (walk){.r = r, .d = d, .blocks = (size_t) opt->depth[i]};
    ew_stream stream = {opt->seed, sample, 0, USE_V};
    k->start = ew_alloc_zero(d, sizeof(double), ctx);
    k->h = ew_alloc_zero(d, sizeof(double), ctx);
    k->x = ew_alloc_zero(d, sizeof(double), ctx);
    k->y = ew_alloc_zero(d, sizeof(double), ctx);
    if (!k->start || !k->h || !k->x || !k->y)
        return EW_MEMORY;
    for (size_t c = 0; c < d; c++)
        k->start[c] = sqrt(opt->size);
    if (opt->form == EW_DEEP_INNER)
        return EW_OK;
    ew_status status =
        draw_weights(&k->v, k, r->noise[i], stream, sqrt(opt->cv / (double) d), ctx);
    stream.use = USE_W;
    if (status == EW_OK && opt->form == EW_DEEP_TWO)
        status = draw_weights(&k->w, k, r->noise[i], stream, sqrt(opt->cw / (double) d), ctx);
    return status;
}

/* From h_0 to h_L: |h_L|^2/|h_0|^2 and |h_L - h_0|^2/|h_0|^2; infinite when it overflows. */
static ew_status go(double *size, double *move, walk *k, double alpha, ew_context *ctx)
{
    size_t d = k->d;
    ew_status status = EW_OK;
    memcpy(k->h, k->start, d * sizeof(double));
    for (size_t l = 0; l < k->blocks && status == EW_OK; l++) {
        for (size_t i = 0; k->w && i < d; i++)
            k->x[i] = dot(k->w + (l * d + i) * d, k->h, d);
        status = ew_program_jet(k->y, k->r->program, k->w ? k->x : k->h, d, 1, ctx);
        for (size_t i = 0; i < d; i++)
            k->h[i] += alpha * dot(k->v + (l * d + i) * d, k->y, d);
    }
    double norm = 0, sum = 0, square = 0;
    for (size_t i = 0; i < d; i++) {
        norm += k->start[i] * k->start[i];
        sum += k->h[i] * k->h[i];
        square += (k->h[i] - k->start[i]) * (k->h[i] - k->start[i]);
    }
    *size = isfinite(sum) ? sum / norm : HUGE_VAL;
    *move = isfinite(square) ? square / norm : HUGE_VAL;
    return status;
}

/* ---- the critical alpha -------------------------------------------------------------------
 */

/* ln alpha where the move reaches the level: a bracket by factors of 4, from below, so that the
 * first crossing is found; then, the move being near a power of alpha, false position in
 * logarithms with bisection as its guard. */
#define STEPS 60
#define ACCURACY 1e-4

static ew_status critical(double *out, const void *run, uint64_t sample, slong i,
                          ew_context *ctx)
{
    walk k;
    double size, move = 0, lo = 0, hi = 0, flo = 0, fhi = 0;
    int below = 0, above = 0;
    ew_status status = walk_init(&k, run, sample, i, ctx);
    double at = -log((double) k.blocks);
    for (int step = 0; step < STEPS && status == EW_OK; step++) {
        status = go(&size, &move, &k, exp(at), ctx);
        double f = log(move / EW_DEEP_LEVEL);
        if (status != EW_OK || fabs(f) < ACCURACY)
            break;
        if (f < 0) {
            lo = at;
            flo = f;
            below = 1;
        } else {
            hi = at;
            fhi = f;
            above = 1;
        }
        if (!below || !above)
            at += below ? log(4) : -log(4);
        else if (isfinite(fhi) && isfinite(flo) && step % 3)
            at = lo - flo * (hi - lo) / (fhi - flo);
        else
            at = (lo + hi) / 2;
    }
    int found = (above && below) || fabs(log(move / EW_DEEP_LEVEL)) < ACCURACY;
    out[0] = found ? at : NAN;
    out[1] = 0;
    walk_clear(&k);
    return status;
}

/* ---- at a given beta ----------------------------------------------------------------------
 */

static ew_status at_beta(double *out, const void *run, uint64_t sample, slong i,
                         ew_context *ctx)
{
    const deep_run *r = run;
    walk k;
    ew_status status = walk_init(&k, r, sample, i, ctx);
    if (status == EW_OK)
        status = go(&out[0], &out[1], &k, pow((double) k.blocks, -r->opt->beta), ctx);
    walk_clear(&k);
    return status;
}

/* Coordinate c of abar h + bbar at a knot. */
static double shift_at(size_t knot, size_t c, const double *h, const ew_deep_options *opt)
{
    size_t d = opt->width;
    return (opt->abar ? dot(opt->abar + (knot * d + c) * d, h, d) : h[c]) +
           (opt->bbar ? opt->bbar[knot * d + c] : 0);
}

/* x = abar h + bbar at time t. */
static void shift(double *x, const double *h, double t, const ew_deep_options *opt)
{
    double place = opt->knots > 1 ? t * (double) (opt->knots - 1) : 0, part = place;
    size_t knot = (size_t) place;
    part -= (double) knot;
    for (size_t c = 0; c < opt->width; c++) {
        x[c] = shift_at(knot, c, h, opt);
        if (part > 0)
            x[c] += part * (shift_at(knot + 1, c, h, opt) - x[c]);
    }
}

/* h' = h + s(A h + b): the entries of A are independent, so that A h + b is Gaussian given h,
 * with independent coordinates of variance (cw |h|^2/d + cb)/L about L^-beta (abar h + bbar):
 * drawn at once, exact in law. */
static ew_status drift(double *out, const void *run, uint64_t sample, slong i, ew_context *ctx)
{
    const deep_run *r = run;
    const ew_deep_options *opt = r->opt;
    walk k;
    ew_status status = walk_init(&k, r, sample, i, ctx);
    double l = (double) k.blocks, mean = isnan(opt->beta) ? 0 : pow(l, -opt->beta);
    double *moved = r->slots > 2 ? out + 2 : NULL, *expected = moved ? moved + k.d : NULL;
    ew_stream stream = {opt->seed, sample, 0, USE_BIAS};
    out[0] = out[1] = 0;
    if (status == EW_OK)
        memcpy(k.h, k.start, k.d * sizeof(double));
    for (size_t block = 0; block < k.blocks && status == EW_OK; block++) {
        double square = 0;
        for (size_t c = 0; c < k.d; c++)
            square += k.h[c] * k.h[c];
        double q = opt->cw * square / (double) k.d + opt->cb;
        shift(k.y, k.h, (double) block / l, opt);
        stream.layer = (uint32_t) block;
        ew_normals(k.x, &stream, 0, k.d);
        for (size_t c = 0; c < k.d; c++) {
            double b = ((opt->beta == 1 ? k.y[c] : 0) + r->second / 2 * q) / l;
            out[1] += b / (double) k.d;
            if (expected)
                expected[c] += b;
            k.x[c] = mean * k.y[c] + sqrt(q / l) * k.x[c];
        }
        status = ew_program_jet(k.y, r->program, k.x, k.d, 1, ctx);
        for (size_t c = 0; c < k.d; c++)
            k.h[c] += k.y[c];
    }
    for (size_t c = 0; c < k.d && status == EW_OK; c++) {
        out[0] += (k.h[c] - k.start[c]) / (double) k.d;
        if (moved)
            moved[c] = k.h[c] - k.start[c];
    }
    walk_clear(&k);
    return status;
}

/* ---- all samples --------------------------------------------------------------------------
 */

static ew_status one_sample(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    const deep_run *r = data;
    ew_status status = EW_OK;
    for (slong i = 0; i < r->opt->depths && status == EW_OK; i++) {
        status = ew_poll(ctx);
        if (status == EW_OK)
            status =
                r->measure(r->out + (job * (size_t) r->opt->depths + (size_t) i) * r->slots, r,
                           job, i, ctx);
        ew_pool_advance(pool, 1.0 / (double) r->opt->depths);
    }
    return status;
}

static ew_status check(const ew_deep_options *opt, ew_context *ctx)
{
    slong deepest = opt->depth[opt->depths - 1];
    if (opt->width < 1 || opt->form == EW_DEEP_INNER ||
        opt->width * opt->width <= MOST_WEIGHTS / (size_t) deepest)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE, "resnet: %zu x %zu weights in %ld blocks are too many",
                   opt->width, opt->width, (long) deepest);
}

static ew_status run_all(deep_run *r, ew_context *ctx)
{
    const ew_deep_options *opt = r->opt;
    ew_status status = check(opt, ctx);
    if (status != EW_OK)
        return status;
    r->program = ew_program_new(opt->s->expr, ctx);
    r->noise = ew_alloc_zero((size_t) opt->depths, sizeof *r->noise, ctx);
    r->slots = opt->abar ? 2 + 2 * opt->width : 2;
    r->out = ew_alloc_zero((size_t) opt->samples * (size_t) opt->depths * r->slots,
                           sizeof(double), ctx);
    if (!r->program || !r->noise || !r->out)
        return ctx->status;
    for (slong i = 0; i < opt->depths && opt->form != EW_DEEP_INNER && status == EW_OK; i++)
        status = ew_fractional_new(&r->noise[i], opt->hurst, (size_t) opt->depth[i], ctx);
    return status == EW_OK
               ? ew_pool_run((size_t) opt->samples, one_sample, r, "simulating", ctx)
               : status;
}

static void run_clear(deep_run *r)
{
    for (slong i = 0; r->noise && i < r->opt->depths; i++)
        ew_fractional_free(r->noise[i]);
    free(r->noise);
    free(r->out);
    ew_program_free(r->program);
}

/* The mean of x[0], x[stride], ... and its standard error, without those that are not numbers;
 * *used (or NULL): how many are. */
static ew_estimate mean_of(const double *x, size_t stride, uint64_t n, uint64_t *used)
{
    double sum = 0, square = 0, count = 0;
    for (uint64_t k = 0; k < n; k++)
        if (!isnan(x[k * stride])) {
            sum += x[k * stride];
            count++;
        }
    double mean = sum / count;
    for (uint64_t k = 0; k < n; k++)
        if (!isnan(x[k * stride]))
            square += (x[k * stride] - mean) * (x[k * stride] - mean);
    if (used)
        *used = (uint64_t) count;
    return (ew_estimate){mean, count > 1 ? sqrt(square / (count - 1) / count) : NAN};
}

static ew_estimate column(const deep_run *r, slong i, size_t which)
{
    return mean_of(r->out + r->slots * (size_t) i + which, r->slots * (size_t) r->opt->depths,
                   r->opt->samples, NULL);
}

/* Minus the slope of y over ln L by least squares. */
static double slope_of(const double *y, const ew_deep_options *opt)
{
    double n = (double) opt->depths, x = 0, z = 0, xx = 0, xz = 0;
    for (slong i = 0; i < opt->depths; i++) {
        x += log((double) opt->depth[i]) / n;
        z += y[2 * i] / n;
    }
    for (slong i = 0; i < opt->depths; i++) {
        double u = log((double) opt->depth[i]) - x;
        xx += u * u;
        xz += u * (y[2 * i] - z);
    }
    return -xz / xx;
}

ew_status ew_deep_critical(ew_estimate *alpha, ew_estimate *beta, uint64_t *used,
                           const ew_deep_options *opt, ew_context *ctx)
{
    deep_run r = {.opt = opt, .measure = critical};
    ew_status status = run_all(&r, ctx);
    size_t stride = 2 * (size_t) opt->depths;
    if (status == EW_OK) {
        for (slong i = 0; i < opt->depths; i++)
            alpha[i] = column(&r, i, 0);
        for (uint64_t k = 0; k < opt->samples; k++)
            r.out[k * stride + 1] = slope_of(r.out + k * stride, opt);
        *beta = mean_of(r.out + 1, stride, opt->samples, used);
        if (*used == 0)
            status = ew_fail(ctx, EW_UNABLE, "resnet: no sample moves as alpha grows");
    }
    run_clear(&r);
    return status;
}

ew_status ew_deep_at(ew_estimate *size, ew_estimate *move, const ew_deep_options *opt,
                     ew_context *ctx)
{
    deep_run r = {.opt = opt, .measure = at_beta};
    ew_status status = run_all(&r, ctx);
    for (slong i = 0; i < opt->depths && status == EW_OK; i++) {
        size[i] = column(&r, i, 0);
        move[i] = column(&r, i, 1);
    }
    run_clear(&r);
    return status;
}

ew_status ew_deep_drift(ew_estimate *move, ew_estimate *predicted, ew_estimate *ratio,
                        ew_estimate *coordinate, double second, const ew_deep_options *opt,
                        ew_context *ctx)
{
    deep_run r = {.opt = opt, .measure = drift, .second = second};
    ew_status status = run_all(&r, ctx);
    size_t stride = r.slots * (size_t) opt->depths;
    for (size_t c = 0; coordinate && c < 2 * opt->width && status == EW_OK; c++)
        coordinate[c] = column(&r, opt->depths - 1, 2 + c);
    for (slong i = 0; i < opt->depths && status == EW_OK; i++) {
        double *at = r.out + r.slots * (size_t) i;
        move[i] = column(&r, i, 0);
        predicted[i] = column(&r, i, 1);
        double q = move[i].mean / predicted[i].mean;
        for (uint64_t k = 0; k < opt->samples; k++)
            at[k * stride] -= q * at[k * stride + 1];
        ratio[i] = (ew_estimate){
            q, fabs(mean_of(at, stride, opt->samples, NULL).se / predicted[i].mean)};
    }
    run_clear(&r);
    return status;
}
