/* NNGP and NTK of a data set, depth 10, in doubles with proved bounds: against a plain pass
 * over both matrices, and against NumPy when bench/kernel_data.py's two numbers are given
 * (nanoseconds an entry and layer: arc-cosine formulas; tanh by 200 x 200 Gauss-Hermite). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "readings/kernel/data/general.h"
#include "readings/kernel/data/matrix.h"

#define COORDINATES 32
#define DEPTH 10

/* Of the processor, so that other work on the machine does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void fail(ew_context *ctx)
{
    fprintf(stderr, "bench: %s\n", ew_context_error(ctx));
    exit(1);
}

typedef struct {
    size_t n;
    double *k[2];
} matrices;

static ew_status keep(size_t row, size_t column, size_t rows, size_t columns,
                      const double *nngp, const double *ntk, void *data, ew_context *ctx)
{
    (void) ctx;
    const matrices *m = data;
    const double *x[2] = {nngp, ntk};
    for (int f = 0; f < 2; f++)
        for (size_t i = 0; i < rows; i++) {
            memcpy(m->k[f] + (row + i) * m->n + column, x[f] + i * columns,
                   columns * sizeof(double));
            for (size_t j = 0; j < columns && row != column; j++)
                m->k[f][(column + j) * m->n + row + i] = x[f][i * columns + j];
        }
    return EW_OK;
}

/* Seconds of reading both matrices and writing them back. */
static double pass(const matrices *m)
{
    double t = now();
    for (int f = 0; f < 2; f++)
        for (size_t i = 0; i < m->n * m->n; i++)
            m->k[f][i] *= 1.0000001;
    return now() - t;
}

/* Points in a cube of no favoured direction, of length 1 or within a factor e^(1/5) of it. */
static void points(double *x, size_t n, int lengths)
{
    uint64_t state = 1;
    for (size_t i = 0; i < n; i++) {
        double *row = x + i * COORDINATES, square = 0;
        for (size_t j = 0; j < COORDINATES; j++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            row[j] = (double) (state >> 11) * 0x1p-52 - 1;
            square += row[j] * row[j];
        }
        double size = lengths ? exp(0.4 * ((double) i / (double) n - 0.5)) : 1;
        for (size_t j = 0; j < COORDINATES; j++)
            row[j] *= size * sqrt(COORDINATES / square);
    }
}

typedef struct {
    ew_context *ctx;
    ew_setting net;
    ew_activation *s;
    ew_scalar scalar[4];
} network;

static void network_open(network *w, const char *activation, const char *cw)
{
    const char *text[4] = {cw, "0", "1", "0"};
    memset(w, 0, sizeof *w);
    w->ctx = ew_context_new();
    if (ew_activation_new(&w->s, activation, w->ctx) != EW_OK)
        fail(w->ctx);
    ew_scalar_list *list[4] = {&w->net.cw, &w->net.cb, &w->net.lambda_w, &w->net.lambda_b};
    for (int i = 0; i < 4; i++) {
        if (ew_expr_parse(&w->scalar[i].e, text[i], NULL, "bench", w->ctx) != EW_OK)
            fail(w->ctx);
        *list[i] = (ew_scalar_list){1, &w->scalar[i]};
    }
    w->net.activation = w->s;
    w->net.depth = DEPTH;
}

static void network_close(network *w)
{
    for (int i = 0; i < 4; i++)
        ew_expr_free(w->scalar[i].e);
    ew_activation_free(w->s);
    ew_context_free(w->ctx);
}

/* The matrices, and how long tables and entries took. */
static void compute(ew_data_bound *bound, double *tables, double *entries, network *w,
                    matrices *m, const double *x, int lengths)
{
    ew_points p;
    ew_data_maps *maps = NULL;
    ew_data_net *net = NULL;
    ew_data_rows rows = {0, NULL, NULL};
    double t = now();
    ew_status status = ew_points_init(&p, x, m->n, COORDINATES, w->ctx);
    if (status == EW_OK)
        status = lengths ? ew_data_net_new(&net, &w->net, 1, w->ctx)
                         : ew_data_maps_new(&maps, &w->net, 1, w->ctx);
    if (status == EW_OK && lengths)
        status = ew_data_rows_new(&rows, &p, net, w->ctx);
    *tables = now() - t;
    t = now();
    if (status == EW_OK)
        status = lengths ? ew_data_general(bound, net, &p, NULL, keep, m, w->ctx)
                         : ew_data_kernel(bound, maps, &p, NULL, 0, keep, m, w->ctx);
    *entries = now() - t;
    if (status != EW_OK)
        fail(w->ctx);
    ew_data_rows_clear(&rows);
    ew_data_net_free(net);
    ew_data_maps_free(maps);
    ew_points_clear(&p);
}

static void run(const char *activation, const char *cw, int lengths, matrices *m, double *x,
                const char *numpy)
{
    network w;
    ew_data_bound bound;
    double tables, seconds, n = (double) m->n;
    points(x, m->n, lengths);
    network_open(&w, activation, cw);
    compute(&bound, &tables, &seconds, &w, m, x, lengths);
    double plain = pass(m), pairs = n * (n + 1) / 2;
    printf("kernel data %s, %s, %.0f x %.0f, depth %d: %.2g entries/s/core, %.1f ns a pair and "
           "layer,\n  %.2f of a plain pass; tables %.2g s; bounds %.1g, %.1g",
           activation, lengths ? "any lengths" : "one length", n, n, DEPTH, n * n / seconds,
           seconds / pairs / (DEPTH - 1) * 1e9, plain / seconds, tables, bound.nngp, bound.ntk);
    if (numpy)
        printf("; NumPy takes %.1f times as long",
               strtod(numpy, NULL) * 1e-9 * n * n * (DEPTH - 1) / seconds);
    printf("\n");
    network_close(&w);
}

int main(int argc, char **argv)
{
    const char *size = getenv("EW_BENCH_POINTS");
    matrices m = {size ? strtoul(size, NULL, 10) : 5000, {NULL, NULL}};
    double *x = malloc(m.n * COORDINATES * sizeof *x);
    m.k[0] = calloc(m.n * m.n, sizeof(double));
    m.k[1] = calloc(m.n * m.n, sizeof(double));
    if (!x || !m.k[0] || !m.k[1])
        return 1;
    const char *relu = argc > 2 ? argv[1] : NULL, *tanh = argc > 2 ? argv[2] : NULL;
    run("relu", "2", 0, &m, x, relu);
    run("tanh", "3/2", 0, &m, x, tanh);
    run("relu", "2", 1, &m, x, relu);
    run("tanh", "3/2", 1, &m, x, tanh);
    free(m.k[0]);
    free(m.k[1]);
    free(x);
    return 0;
}
