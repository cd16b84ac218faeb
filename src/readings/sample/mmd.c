#include "arith/vector.h"

#include "readings/sample/mmd.h"

#include <math.h>
#include <stdlib.h>

#include "readings/sample/reduce.h"
#include "readings/sample/semidefinite.h"

/* What a batch keeps of every layer: the sum over its blocks of the mean of H - B, the sums
 * over its samples of |features|^2 and of the features. */
enum { REST, SQUARES, FEATURES };

typedef struct {
    const ew_mmd_question *q;
    size_t inputs, pairs;
    size_t block;  /* samples */
    size_t kept;   /* numbers of a layer */
    double *root;  /* [layer * inputs^2]: R with l^2 I + 2K = R R' */
    double *limit; /* [layer]: h(2K) */
} request;

/* ---- h(A) ---------------------------------------------------------------------------------
 */

/* The place of (i, j), i <= j, in an upper triangle by rows. */
EW_INLINE size_t place(size_t i, size_t j, size_t m)
{
    return i * m - i * (i + 1) / 2 + j;
}

/* h[k] = det(I + scale (row + g_k))^(-1/2), k < n, by elimination without pivoting, since the
 * matrices are at least I.  g[pair * stride + k]; w is workspace of the same shape. */
EW_VECTOR static void determinants(double *restrict h, double *restrict w,
                                   const double *restrict g, const double *restrict row,
                                   double scale, size_t m, size_t stride, size_t n)
{
    for (size_t i = 0, p = 0; i < m; i++)
        for (size_t j = i; j < m; j++, p++)
            for (size_t k = 0; k < n; k++)
                w[p * stride + k] = (i == j) + scale * (row[p] + g[p * stride + k]);
    for (size_t k = 0; k < n; k++)
        h[k] = 1;
    for (size_t c = 0; c < m; c++) {
        const double *pivot = w + place(c, c, m) * stride;
        for (size_t k = 0; k < n; k++)
            h[k] *= pivot[k];
        for (size_t i = c + 1; i < m; i++)
            for (size_t j = i; j < m; j++) {
                const double *a = w + place(c, i, m) * stride, *b = w + place(c, j, m) * stride;
                double *to = w + place(i, j, m) * stride;
                for (size_t k = 0; k < n; k++)
                    to[k] -= a[k] * b[k] / pivot[k];
            }
    }
    for (size_t k = 0; k < n; k++)
        h[k] = 1 / sqrt(h[k]);
}

/* ---- features ------------------------------------------------------------------------------
 *
 * With Y = R^-1 (G - K) R'^-1,  D^2 h(2K)[G - K, G' - K] = h(2K) (tr Y tr Y'/4 + tr YY'/2). */

/* Y = R^-1 D R'^-1 of a symmetric D, in place: rows, then columns. */
static void solve_both(double *y, const double *root, size_t m)
{
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t c = 0; c < m; c++)
            for (size_t i = 0; i < m; i++) {
                for (size_t k = 0; k < i; k++)
                    y[i * m + c] -= root[i * m + k] * y[k * m + c];
                y[i * m + c] /= root[i * m + i];
            }
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < i; j++) {
                double t = y[i * m + j];
                y[i * m + j] = y[j * m + i];
                y[j * m + i] = t;
            }
    }
}

/* f[pairs + 1], whose inner products are B. */
static void set_features(double *f, const double *ghat, slong l, const request *r)
{
    double y[EW_MAX_INPUTS * EW_MAX_INPUTS], trace = 0;
    size_t m = r->inputs;
    const double *kernel = r->q->kernel + (size_t) l * r->pairs;
    for (size_t i = 0, p = 0; i < m; i++)
        for (size_t j = i; j < m; j++, p++)
            y[i * m + j] = y[j * m + i] = ghat[p] - kernel[p];
    solve_both(y, r->root + (size_t) l * m * m, m);
    for (size_t i = 0, p = 0; i < m; i++) {
        trace += y[i * m + i];
        for (size_t j = i; j < m; j++, p++)
            f[p] = y[i * m + j] * sqrt(r->limit[l] * (i == j ? 0.5 : 1));
    }
    f[r->pairs] = trace * sqrt(r->limit[l]) / 2;
}

static double inner(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* ---- a block ------------------------------------------------------------------------------
 */

/* The mean of H over the pairs of a block g[pair * block + sample]. */
static double block_mean(const double *g, const double *kernel, double *scratch,
                         const request *r)
{
    size_t n = r->block, m = r->inputs;
    double scale = 1 / (r->q->length * r->q->length), limit, total = 0;
    double *h = scratch, *cross = h + n, *row = cross + n, *w = row + r->pairs;
    determinants(&limit, w, kernel, kernel, scale, m, 1, 1);
    determinants(cross, w, g, kernel, scale, m, n, n);
    for (size_t i = 1; i < n; i++) {
        double sum = 0;
        for (size_t p = 0; p < r->pairs; p++)
            row[p] = g[p * n + i];
        determinants(h, w, g, row, scale, m, n, i);
        for (size_t k = 0; k < i; k++)
            sum += (h[k] - cross[k]) - (cross[i] - limit);
        total += sum;
    }
    return total / ((double) n * (double) (n - 1) / 2);
}

/* The workspace of a layer: the block's Ghat, then the sums of its features and of their
 * squares; after all layers' what block_mean needs. */
static size_t buffer_size(const request *r)
{
    return r->pairs * r->block + r->pairs + 2;
}

static size_t scratch_size(const request *r)
{
    return (size_t) r->q->layers * buffer_size(r) + 2 * r->block + r->pairs +
           r->pairs * r->block;
}

/* Take the features of a full block over into what is kept. */
static void close_block(double *kept, double *buffer, double *work, slong l, const request *r)
{
    size_t features = r->pairs + 1;
    double *sum = buffer + r->pairs * r->block, *squares = sum + features;
    double n = (double) r->block, pairs = n * (n - 1);
    kept[REST] += block_mean(buffer, r->q->kernel + (size_t) l * r->pairs, work, r) -
                  (inner(sum, sum, features) - *squares) / pairs;
    kept[SQUARES] += *squares;
    for (size_t i = 0; i < features; i++) {
        kept[FEATURES + i] += sum[i];
        sum[i] = 0;
    }
    *squares = 0;
}

static void add_sample(double *kept, double *scratch, slong layer, uint64_t sample,
                       const double *ghat, const ew_reduction *reduction)
{
    const request *r = reduction->data;
    const ew_mmd_question *q = r->q;
    slong l = 0;
    while (l < q->layers && q->layer[l] != layer)
        l++;
    if (l == q->layers)
        return;
    size_t at = (size_t) (sample % r->block), features = r->pairs + 1;
    double *buffer = scratch + (size_t) l * buffer_size(r), *sum = buffer + r->pairs * r->block;
    double *work = scratch + (size_t) q->layers * buffer_size(r), *f = work;
    for (size_t p = 0; p < r->pairs; p++)
        buffer[p * r->block + at] = ghat[p];
    set_features(f, ghat, l, r);
    for (size_t i = 0; i < features; i++)
        sum[i] += f[i];
    sum[features] += inner(f, f, features);
    if (at + 1 == r->block)
        close_block(kept + (size_t) l * r->kept, buffer, work, l, r);
}

/* ---- the whole ----------------------------------------------------------------------------
 */

/* The estimate from the sums of so many blocks; the features' part is over all pairs. */
static double combine(const double *sum, double blocks, const request *r)
{
    double n = blocks * (double) r->block;
    return sum[REST] / blocks +
           (inner(sum + FEATURES, sum + FEATURES, r->pairs + 1) - sum[SQUARES]) / (n * (n - 1));
}

/* kept[group * stride]: the sums of a layer.  Jackknife: leave out one group after another. */
static void collect(ew_estimate *out, double *total, double *rest, const double *kept,
                    slong groups, size_t stride, double blocks, const request *r)
{
    double mean = 0, square = 0, g = (double) groups;
    for (size_t i = 0; i < r->kept; i++)
        total[i] = 0;
    for (slong b = 0; b < groups; b++)
        for (size_t i = 0; i < r->kept; i++)
            total[i] += kept[(size_t) b * stride + i];
    out->mean = combine(total, blocks, r);
    for (slong b = 0; b < groups; b++) {
        for (size_t i = 0; i < r->kept; i++)
            rest[i] = total[i] - kept[(size_t) b * stride + i];
        double d = combine(rest, blocks * (g - 1) / g, r) - out->mean;
        mean += d / g;
        square += d * d;
    }
    out->se = sqrt((g - 1) / g * fmax(0, square - g * mean * mean));
}

/* What the numbers kept depend on: layers, their kernels, the length, the blocks. */
static void set_asked(double *asked, const request *r)
{
    const ew_mmd_question *q = r->q;
    for (slong l = 0; l < q->layers; l++)
        *asked++ = (double) q->layer[l];
    for (size_t i = 0; i < (size_t) q->layers * r->pairs; i++)
        *asked++ = q->kernel[i];
    *asked++ = q->length;
    *asked = (double) r->block;
}

static ew_status run(ew_estimate *out, slong groups, uint64_t blocks, request *r,
                     const ew_sample_model *model, const ew_sample_options *opt,
                     ew_context *ctx)
{
    size_t layers = (size_t) r->q->layers, asks = layers * (1 + r->pairs) + 2;
    ew_reduction reduction = {.what = "mmd",
                              .asks = asks,
                              .size = layers * r->kept,
                              .scratch = scratch_size(r),
                              .unit = blocks / (uint64_t) groups * r->block,
                              .step = r->block,
                              .add = add_sample,
                              .data = r};
    size_t numbers = (size_t) groups * reduction.size;
    double *kept = ew_alloc((numbers + 2 * r->kept + asks) * sizeof *kept, ctx);
    if (!kept)
        return EW_MEMORY;
    double *total = kept + numbers, *asked = total + 2 * r->kept;
    set_asked(asked, r);
    reduction.asked = asked;
    ew_status status = ew_sample_reduce(kept, &reduction, model, opt, ctx);
    for (size_t l = 0; l < layers && status == EW_OK; l++) {
        if (opt->shards > 0) {
            out[l] = (ew_estimate){NAN, NAN};
            continue;
        }
        collect(out + l, total, total + r->kept, kept + l * r->kept, groups, reduction.size,
                (double) blocks, r);
        if (!isfinite(out[l].mean) || !isfinite(out[l].se))
            status = ew_fail(ctx, EW_UNABLE, "mmd: covariances of layer %ld are beyond doubles",
                             (long) r->q->layer[l]);
    }
    free(kept);
    return status;
}

/* R and h(2K) of every layer. */
static ew_status set_limit(request *r, ew_context *ctx)
{
    size_t m = r->inputs, layers = (size_t) r->q->layers;
    double l2 = r->q->length * r->q->length;
    r->root = ew_alloc((layers * (m * m + 1) + r->pairs) * sizeof *r->root, ctx);
    if (!r->root)
        return EW_MEMORY;
    r->limit = r->root + layers * m * m;
    double *sum = r->limit + layers;
    for (size_t l = 0; l < layers; l++) {
        for (size_t i = 0, p = 0; i < m; i++)
            for (size_t j = i; j < m; j++, p++)
                sum[p] = 2 * r->q->kernel[l * r->pairs + p] + (i == j ? l2 : 0);
        ew_semidefinite_cholesky(r->root + l * m * m, sum, (slong) m);
        r->limit[l] = 1;
        for (size_t i = 0; i < m; i++)
            r->limit[l] *= r->q->length / r->root[l * m * m + i * (m + 1)];
    }
    return EW_OK;
}

static ew_status check(const ew_mmd_question *q, const ew_setting *net,
                       const ew_sample_options *opt, ew_context *ctx)
{
    for (slong l = 0; l < q->layers; l++)
        if (q->layer[l] < 2 || q->layer[l] > net->depth)
            return ew_fail(ctx, EW_USAGE,
                           "depth: %ld is not at least 2 (layer 1 is exactly Gaussian)",
                           (long) q->layer[l]);
    if (opt->samples < 4)
        return ew_fail(ctx, EW_USAGE, "samples: two pairs need 4");
    if (!(q->length > 0) || !isfinite(q->length))
        return ew_fail(ctx, EW_DOMAIN, "length: it is not positive");
    return ew_sample_check_gaussian(net, "mmd", ctx);
}

ew_status ew_sample_mmd(ew_estimate *out, slong *groups, uint64_t *samples,
                        const ew_mmd_question *q, const ew_setting *net,
                        const ew_sample_options *opt, ew_context *ctx)
{
    ew_sample_options plain = *opt;
    ew_setting bare = *net;
    ew_sample_model *model = NULL;
    plain.descent = 0;
    plain.moments = 0;
    bare.directions = 0;
    ew_status status = check(q, net, opt, ctx);
    if (status != EW_OK)
        return status;
    *groups = ew_reduction_batches(opt->samples / 2);
    uint64_t each = opt->samples / (uint64_t) *groups;
    uint64_t blocks = (each + EW_MMD_BLOCK - 1) / EW_MMD_BLOCK, block = each / blocks;
    blocks *= (uint64_t) *groups;
    *samples = plain.samples = blocks * block;
    status = ew_sample_model_new(&model, &bare, &plain, ctx);
    if (status == EW_OK) {
        size_t pairs = (size_t) model->program->pairs;
        request r = {.q = q,
                     .inputs = (size_t) net->inputs,
                     .pairs = pairs,
                     .block = (size_t) block,
                     .kept = pairs + 1 + FEATURES};
        status = set_limit(&r, ctx);
        if (status == EW_OK)
            status = run(out, *groups, blocks, &r, model, &plain, ctx);
        free(r.root);
    }
    ew_sample_model_free(model);
    return status;
}
