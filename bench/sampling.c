/* Speed of the samplers, as ratios in one run, on one core:
 * - nanoseconds a normal deviate;
 * - the network sampler against generating the same deviates alone plus the same matrix
 * products alone;
 * - the chain sampler against the network sampler, and against itself at another width;
 * - orthogonal weights against the QR decomposition in them, and their chain sampler against
 * the Gaussian one;
 * - both against a plain NumPy loop, whose seconds a sample are the first argument if given.
 * tanh, NTK, widths 64, 256 and 1024, depth 8. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "readings/sample/model.h"
#include "readings/sample/product.h"
#include "readings/sample/weights.h"
#include "arith/random.h"

#define DEPTH 8
#define PANEL 32768

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void check(ew_status status, ew_context *ctx)
{
    if (status == EW_OK)
        return;
    fprintf(stderr, "%s\n", ew_context_error(ctx));
    exit(1);
}

static void nothing(slong layer, uint64_t first, size_t count, const double *ghat, void *data)
{
    double *sum = data;
    (void) layer;
    (void) first;
    *sum += ghat[0] * (double) count;
}

/* The least of five times, over `repeat` runs each. */
static double least_time(void (*run)(void *data), void *data, int repeat)
{
    double least = INFINITY;
    for (int k = 0; k < 5; k++) {
        double t = now();
        for (int i = 0; i < repeat; i++)
            run(data);
        least = fmin(least, (now() - t) / repeat);
    }
    return least;
}

typedef struct {
    ew_sampler *sampler;
    uint64_t samples;
    ew_context *ctx;
    double sum;
} sampling;

static void run_sampler(void *data)
{
    sampling *s = data;
    check(ew_sampler_run(s->sampler, 0, s->samples, nothing, &s->sum, s->ctx), s->ctx);
}

static double seconds_a_sample(const ew_row_source *rows, const ew_sample_model *model,
                               uint64_t samples, ew_context *ctx)
{
    sampling s = {.samples = samples, .ctx = ctx};
    check(ew_sampler_new(&s.sampler, rows, &model->sampler, ctx), ctx);
    double t = least_time(run_sampler, &s, 1);
    ew_sampler_free(s.sampler);
    return t / (double) samples;
}

/* One sample's weight matrices: (DEPTH - 2) of three channels, in panels. */
typedef struct {
    size_t n, rows;
    double *panel, *feature, *out;
} parts;

static void generate(void *data)
{
    const parts *p = data;
    for (uint32_t c = 0; c < 3 * (DEPTH - 2); c++)
        for (size_t row = 0; row < p->n; row += p->rows) {
            ew_stream s = {1, 0, c, 0};
            ew_normals(p->panel, &s, row * p->n, p->rows * p->n);
        }
}

static void multiply(void *data)
{
    const parts *p = data;
    for (int c = 0; c < 3 * (DEPTH - 2); c++)
        for (size_t row = 0; row < p->n; row += p->rows)
            ew_product(p->out, p->n, 1, p->feature, p->n, c % 3 == 0 ? 3 : 1, p->panel, p->rows,
                       p->n);
}

static double seconds_of_parts(size_t n, int repeat)
{
    parts p = {.n = n, .rows = PANEL / n < n ? PANEL / n : n};
    p.panel = calloc(p.rows * n, sizeof *p.panel);
    p.feature = calloc(3 * n, sizeof *p.feature);
    p.out = calloc(3 * n, sizeof *p.out);
    if (!p.panel || !p.feature || !p.out)
        exit(1);
    double t = least_time(generate, &p, repeat) + least_time(multiply, &p, repeat);
    free(p.panel);
    free(p.feature);
    free(p.out);
    return t;
}

static void some_normals(void *data)
{
    static uint64_t sample;
    ew_stream s = {1, sample++, 1, 0};
    ew_normals(data, &s, 0, 4096);
}

static void run_width(const ew_setting *net, size_t n, int ntk, double numpy, ew_context *ctx)
{
    ew_sample_model *model;
    ew_sample_options opt = {.width = n, .samples = 1, .descent = ntk};
    int samples = (int) (4e6 / ((double) n * (double) n)) + 2;
    check(ew_sample_model_new(&model, net, &opt, ctx), ctx);
    double network = seconds_a_sample(&ew_network_rows, model, (uint64_t) samples, ctx);
    double chain = seconds_a_sample(&ew_chain_rows, model, 20 * (uint64_t) samples, ctx);
    printf("width %4zu%s: network %.3g s a sample, chain %.3g s (%.0f times as fast)", n,
           ntk ? ", NTK" : "", network, chain, network / chain);
    if (ntk)
        printf("; deviates and products alone %.2f", network / seconds_of_parts(n, samples));
    if (ntk && numpy > 0)
        printf("; NumPy loop %.1f", numpy / network);
    printf("\n");
    ew_sample_model_free(model);
}

typedef void qr(const int *m, const int *n, double *a, const int *lda, double *tau,
                double *work, const int *lwork, int *info);

static qr *geqrf(void)
{
    qr *function = NULL;
#ifdef HAVE_OPENBLAS
    void *library = dlopen(EW_OPENBLAS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    void *address = library ? dlsym(library, "dgeqrf_") : NULL;
    memcpy(&function, &address, sizeof address);
#endif
    return function;
}

/* The orthogonal matrix of a layer, and LAPACK's QR decomposition of its normals by itself. */
typedef struct {
    ew_weights *weights;
    int n;
    double *a, *copy, *tau, *work;
    qr *geqrf;
    ew_context *ctx;
} frame;

static void make_frame(void *data)
{
    frame *f = data;
    ew_stream stream = {1, 2, 3, 4};
    check(f->weights->begin(f->weights, &stream, (size_t) f->n, (size_t) f->n, f->ctx), f->ctx);
}

static void decompose(void *data)
{
    frame *f = data;
    int info, size = 64 * f->n;
    memcpy(f->copy, f->a, (size_t) f->n * (size_t) f->n * sizeof *f->a);
    f->geqrf(&f->n, &f->n, f->copy, &f->n, f->tau, f->work, &size, &info);
}

static void run_frame(int n, ew_context *ctx)
{
    size_t entries = (size_t) n * (size_t) n;
    frame f = {.n = n, .ctx = ctx};
    ew_stream stream = {1, 2, 3, 4};
    f.a = malloc(entries * sizeof *f.a);
    f.copy = malloc(entries * sizeof *f.copy);
    f.tau = malloc((size_t) n * sizeof *f.tau);
    f.work = malloc(64 * (size_t) n * sizeof *f.work);
    if (!f.a || !f.copy || !f.tau || !f.work)
        exit(1);
    ew_normals(f.a, &stream, 0, entries);
    check(ew_weights_orthogonal(&f.weights, ctx), ctx);
    int repeat = (int) (1e8 / ((double) n * (double) n * (double) n)) + 1;
    double whole = least_time(make_frame, &f, repeat);
    printf("orthogonal %d x %d: %.3g s", n, n, whole);
    f.geqrf = geqrf();
    if (f.geqrf)
        printf(", %.2f times its QR decomposition", whole / least_time(decompose, &f, repeat));
    printf("\n");
    f.weights->free(f.weights);
    free(f.a);
    free(f.copy);
    free(f.tau);
    free(f.work);
}

static void run_frames(const ew_setting *net, size_t n, ew_context *ctx)
{
    ew_sample_model *model;
    ew_setting orthogonal = *net;
    ew_sample_options opt = {.width = n, .samples = 1, .descent = 1};
    orthogonal.ensemble = EW_ENSEMBLE_ORTHOGONAL;
    check(ew_sample_model_new(&model, &orthogonal, &opt, ctx), ctx);
    uint64_t samples = 4000000 / n / n + 20;
    double frames = seconds_a_sample(&ew_frame_rows, model, samples, ctx);
    double rows = seconds_a_sample(&ew_chain_rows, model, samples, ctx);
    printf("width %4zu, NTK, orthogonal chain %.3g s a sample, %.2f times the Gaussian one\n",
           n, frames, frames / rows);
    ew_sample_model_free(model);
}

static void set(ew_scalar *x, const char *text, ew_context *ctx)
{
    check(ew_expr_parse(&x->e, text, NULL, "number", ctx), ctx);
}

int main(int argc, char **argv)
{
    static double buffer[4096];
    const size_t width[3] = {64, 256, 1024};
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    ew_scalar one = {0}, zero = {0};
    check(ew_activation_new(&s, "tanh", ctx), ctx);
    set(&one, "1", ctx);
    set(&zero, "0", ctx);
    ew_setting net = {.activation = s,
                      .depth = DEPTH,
                      .cw = {1, &one},
                      .cb = {1, &zero},
                      .lambda_w = {1, &one},
                      .lambda_b = {1, &zero},
                      .inputs = 1,
                      .gram = &one};
    check(ew_product_begin(ctx), ctx);
    printf("normal deviates: %.2f ns each; products by %s\n",
           least_time(some_normals, buffer, 2000) / 4096 * 1e9, ew_product_name());
    for (int i = 0; i < 3; i++)
        for (int ntk = 0; ntk < 2; ntk++)
            run_width(&net, width[i], ntk, i + 1 < argc ? atof(argv[i + 1]) : 0, ctx);
    for (int n = 64; n <= 1024; n *= 4)
        run_frame(n, ctx);
    for (int i = 0; i < 3; i++)
        run_frames(&net, width[i], ctx);
    ew_product_end();
    ew_expr_free(one.e);
    ew_expr_free(zero.e);
    ew_activation_free(s);
    ew_context_free(ctx);
    flint_cleanup();
    return 0;
}
