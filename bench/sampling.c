/* Speed of the samplers, as ratios in one run, on one core:
 * - nanoseconds a normal deviate;
 * - the network sampler against generating the same deviates alone plus the same matrix
 * products alone;
 * - the chain sampler against the network sampler, and against itself at another width;
 * - both against a plain NumPy loop, whose seconds a sample are the first argument if given.
 * tanh, NTK, widths 64, 256 and 1024, depth 8. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "readings/sample/model.h"
#include "readings/sample/product.h"
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
    ew_product_end();
    ew_expr_free(one.e);
    ew_expr_free(zero.e);
    ew_activation_free(s);
    ew_context_free(ctx);
    flint_cleanup();
    return 0;
}
