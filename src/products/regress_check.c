#include "products/regress_check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arith/lapack.h"
#include "arith/pool.h"
#include "readings/sample/train.h"

#define NUMBER_BITS 64
/* A step times the largest eigenvalue; beyond 2 descent diverges. */
#define STEP 0.25
#define MOST_STEPS 1e6
#define MOST_WIDTH 16384
#define MOST_DEPTH 1000

const char *ew_decay_name(ew_decay d)
{
    return d == EW_DECAYS ? "pass" : d == EW_DECAYS_NOT ? "fail" : "inconclusive";
}

void ew_regress_check_free(ew_regress_check *c)
{
    if (!c)
        return;
    free(c->width);
    free(c->rms);
    free(c->se);
    free(c);
}

/* Steps from one time to the next, alike. */
typedef struct {
    double count, h;
} stretch;

typedef struct {
    const ew_flow_data *f;
    const ew_regress_check_options *opt;
    const ew_program *activation;
    const ew_layer_numbers *numbers;
    size_t depth;
    stretch *stretch; /* [times] */
    double *g;        /* [times][n]: (1 - prod (1 - h_i d))/d at the eigenvalues d */
    double *square;   /* [job]: the mean square of a network's difference */
} request;

/* ---- the steps, and the linear flow along them ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static ew_status set_stretches(request *r, ew_context *ctx)
{
    size_t n = (size_t) r->opt->times;
    double *time = ew_alloc(n * sizeof *time, ctx), before = 0, all = 0;
    double most = r->f->d[r->f->n - 1];
    if (!time)
        return EW_MEMORY;
    memcpy(time, r->opt->time, n * sizeof *time);
    qsort(time, n, sizeof *time, ascending);
    for (size_t i = 0; i < n; before = time[i++]) {
        double length = time[i] - before;
        double count = length > 0 ? fmax(1, ceil(length * most / STEP)) : 0;
        r->stretch[i] = (stretch){count, count > 0 ? length / count : 0};
        all += count;
    }
    free(time);
    if (all <= MOST_STEPS)
        return EW_OK;
    return ew_fail(
        ctx, EW_UNABLE,
        "check-widths: %.3g steps of training, more than %.0e: ask for a smaller time", all,
        MOST_STEPS);
}

static void set_factors(request *r)
{
    size_t n = r->f->n;
    for (size_t j = 0; j < n; j++) {
        double d = r->f->d[j], exponent = 0, time = 0;
        for (size_t i = 0; i < (size_t) r->opt->times; i++) {
            const stretch *s = r->stretch + i;
            exponent += s->count * log1p(-s->h * d);
            time += s->count * s->h;
            r->g[i * n + j] = d == 0 ? time : -expm1(exponent) / d;
        }
    }
}

/* ---- one network ---- */

typedef struct {
    ew_train *net;
    double *start, *now;  /* [all][outputs] */
    double *mode, *moved; /* [n][outputs]: v (u_X(0) - y), and g times that */
    double *path;         /* [all][outputs]: what training takes away */
} run;

static void run_clear(run *w)
{
    ew_train_free(w->net);
    free(w->start);
    free(w->now);
    free(w->mode);
    free(w->moved);
    free(w->path);
}

static ew_status run_open(run *w, const request *r, size_t width, ew_context *ctx)
{
    const ew_flow_data *f = r->f;
    ew_train_shape shape = {r->depth,   r->opt->coordinates, width, f->outputs,
                            r->numbers, r->activation,       f->all};
    size_t all = f->all * f->outputs, n = f->n * f->outputs;
    *w = (run){0};
    w->start = ew_alloc(all * sizeof(double), ctx);
    w->now = ew_alloc(all * sizeof(double), ctx);
    w->path = ew_alloc(all * sizeof(double), ctx);
    w->mode = ew_alloc(n * sizeof(double), ctx);
    w->moved = ew_alloc(n * sizeof(double), ctx);
    if (!w->start || !w->now || !w->path || !w->mode || !w->moved)
        return EW_MEMORY;
    return ew_train_new(&w->net, &shape, ctx);
}

static void set_modes(run *w, const ew_flow_data *f)
{
    size_t n = f->n, m = f->outputs;
    for (size_t i = 0; i < n * m; i++)
        w->moved[i] = w->start[i] - f->y[i];
    ew_blas_gemm('N', 'N', n, m, n, 1, f->v, n, w->moved, m, 0, w->mode, m);
}

/* The mean square of trained less linear at time number i. */
static double difference(run *w, const request *r, size_t i)
{
    const ew_flow_data *f = r->f;
    size_t n = f->n, m = f->outputs, all = f->all * m;
    double sum = 0;
    for (size_t j = 0; j < n * m; j++)
        w->moved[j] = r->g[i * n + j / m] * w->mode[j];
    ew_blas_gemm('N', 'N', f->all, m, n, 1, f->hv, n, w->moved, m, 0, w->path, m);
    for (size_t x = 0; x < all; x++) {
        double y = w->now[x] - (w->start[x] - w->path[x]);
        sum += y * y;
    }
    return sum / (double) all;
}

static ew_status train(run *w, const request *r, double *square, ew_context *ctx)
{
    const double *x = r->opt->x;
    ew_status status = ew_train_outputs(w->start, w->net, x, r->f->all, ctx);
    if (status == EW_OK)
        set_modes(w, r->f);
    *square = 0;
    for (size_t i = 0; i < (size_t) r->opt->times && status == EW_OK; i++) {
        const stretch *s = r->stretch + i;
        for (double k = 0; k < s->count && status == EW_OK; k++) {
            status = ew_train_step(w->net, x, r->f->y, r->f->n, s->h, ctx);
            if (status == EW_OK)
                status = ew_poll(ctx);
        }
        if (status == EW_OK)
            status = ew_train_outputs(w->now, w->net, x, r->f->all, ctx);
        if (status == EW_OK)
            *square += difference(w, r, i) / (double) r->opt->times;
    }
    return status;
}

/* Networks of different widths share no random numbers: the stream's sample has the width in
 * its upper half. */
static ew_status one_network(size_t job, void *data, ew_pool *pool, ew_context *ctx)
{
    const request *r = data;
    uint64_t width = r->opt->width[job / r->opt->samples], k = job % r->opt->samples;
    run w;
    ew_status status = run_open(&w, r, width, ctx);
    if (status == EW_OK)
        status = ew_train_draw(w.net, r->opt->seed, width << 32 | k, ctx);
    if (status == EW_OK)
        status = train(&w, r, r->square + job, ctx);
    if (status == EW_OK && !isfinite(r->square[job]))
        status = ew_fail(ctx, EW_UNABLE,
                         "check-widths: the training of a network of width %lu diverges",
                         (unsigned long) width);
    run_clear(&w);
    ew_pool_advance(pool, 1);
    return status;
}

/* ---- what they say ---- */

/* The root of the mean of the squares, and its error to first order. */
static void summarise(ew_regress_check *c, const request *r)
{
    size_t samples = (size_t) r->opt->samples;
    double n = (double) samples;
    for (size_t w = 0; w < (size_t) c->widths; w++) {
        const double *q = r->square + w * samples;
        double mean = 0, spread = 0;
        for (size_t k = 0; k < samples; k++)
            mean += q[k] / n;
        for (size_t k = 0; k < samples; k++)
            spread += (q[k] - mean) * (q[k] - mean);
        c->rms[w] = sqrt(mean);
        c->se[w] = mean > 0 ? sqrt(spread / (n * (n - 1))) / (2 * c->rms[w]) : 0;
    }
}

/* Nothing but rounding is left: networks of depth 1 are linear, and the flow is theirs. */
static int exact(const ew_regress_check *c, const ew_flow_data *f)
{
    double size = 0, most = 0;
    for (size_t i = 0; i < f->all; i++)
        size = fmax(size, sqrt(f->own[i]));
    for (size_t i = 0; i < f->n * f->outputs; i++)
        size = fmax(size, fabs(f->y[i]));
    for (slong w = 0; w < c->widths; w++)
        most = fmax(most, c->rms[w]);
    return most <= EW_CHECK_ROUNDING * size;
}

static ew_status judge(ew_regress_check *c, const request *r, ew_context *ctx)
{
    ew_point *point = ew_alloc_zero((size_t) c->widths, sizeof *point, ctx);
    if (!point)
        return EW_MEMORY;
    for (slong w = 0; w < c->widths; w++)
        point[w] = (ew_point){.x = 1 / (double) c->width[w],
                              .y = c->rms[w],
                              .se = c->se[w],
                              .df = (double) c->samples - 1};
    c->rate = (ew_power){NAN, NAN, NAN, 0};
    c->verdict = EW_DECAYS;
    if (!exact(c, r->f)) {
        c->rate = ew_fit_power(point, c->widths);
        c->rate.exponent = -c->rate.exponent;
        double low = c->rate.exponent - EW_CHECK_ERRORS * c->rate.se;
        double high = c->rate.exponent + EW_CHECK_ERRORS * c->rate.se;
        c->verdict = high < EW_CHECK_EXPONENT  ? EW_DECAYS
                     : low > EW_CHECK_EXPONENT ? EW_DECAYS_NOT
                                               : EW_DECAY_OPEN;
    }
    free(point);
    return EW_OK;
}

static ew_status collect(ew_regress_check **out, const request *r, ew_context *ctx)
{
    size_t widths = (size_t) r->opt->widths;
    ew_regress_check *c = ew_alloc_zero(1, sizeof *c, ctx);
    if (!c)
        return EW_MEMORY;
    c->widths = r->opt->widths;
    c->samples = r->opt->samples;
    c->seed = r->opt->seed;
    c->width = ew_alloc(widths * sizeof *c->width, ctx);
    c->rms = ew_alloc(widths * sizeof *c->rms, ctx);
    c->se = ew_alloc(widths * sizeof *c->se, ctx);
    ew_status status = c->width && c->rms && c->se ? EW_OK : EW_MEMORY;
    for (size_t i = 0; i < (size_t) r->opt->times; i++) {
        c->steps += r->stretch[i].count;
        c->step = fmax(c->step, r->stretch[i].h);
    }
    if (status == EW_OK) {
        memcpy(c->width, r->opt->width, widths * sizeof *c->width);
        summarise(c, r);
        status = judge(c, r, ctx);
    }
    if (status == EW_OK)
        *out = c;
    else
        ew_regress_check_free(c);
    return status;
}

/* ---- the whole ---- */

static ew_status check(const ew_flow_data *f, const ew_setting *net,
                       const ew_regress_check_options *opt, ew_context *ctx)
{
    double last = 0;
    for (slong i = 0; i < opt->times; i++) {
        if (!isfinite(opt->time[i]))
            return ew_fail(ctx, EW_USAGE, "check-widths: finite times are needed");
        last = fmax(last, opt->time[i]);
    }
    if (!(last > 0))
        return ew_fail(ctx, EW_USAGE, "check-widths: a time above 0 is needed");
    if (opt->widths < 2)
        return ew_fail(ctx, EW_USAGE, "check-widths: an exponent needs two widths");
    if (opt->width[opt->widths - 1] > MOST_WIDTH)
        return ew_fail(ctx, EW_UNABLE, "check-widths: widths up to %d only", MOST_WIDTH);
    if (net->depth > MOST_DEPTH)
        return ew_fail(ctx, EW_UNABLE, "check-widths: depths up to %d only", MOST_DEPTH);
    if (opt->samples < 2 || opt->samples > UINT32_MAX)
        return ew_fail(ctx, EW_USAGE, "samples: 2 to %lu networks of each width",
                       (unsigned long) UINT32_MAX);
    if (net->residual || net->ensemble != EW_ENSEMBLE_GAUSSIAN)
        return ew_fail(ctx, EW_UNABLE,
                       "check-widths: only plain networks with Gaussian weights are trained");
    if (f->ridge != 0)
        return ew_fail(ctx, EW_UNABLE, "check-widths: not with a regularisation");
    return EW_OK;
}

static double middle(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

/* Without the NTK only the last layer moves, at rates C_W and C_b: its kernel is K. */
static ew_status set_numbers(ew_layer_numbers *numbers, const ew_setting *net, int ntk,
                             ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_ptr x = _arb_vec_init(4);
    for (slong l = 1; l <= net->depth && status == EW_OK; l++) {
        ew_layer_numbers *n = numbers + l - 1;
        status = ew_setting_layer(x, x + 1, x + 2, x + 3, net, l, NUMBER_BITS, ctx);
        *n = (ew_layer_numbers){middle(x), middle(x + 1), middle(x + 2), middle(x + 3)};
        if (!ntk) {
            n->lambda_w = l == net->depth ? n->cw : 0;
            n->lambda_b = l == net->depth ? n->cb : 0;
        }
    }
    _arb_vec_clear(x, 4);
    return status;
}

static ew_status run_all(request *r, ew_flow_data *f, ew_context *ctx)
{
    size_t jobs = (size_t) r->opt->widths * (size_t) r->opt->samples;
    ew_status status = ew_lapack_complete()
                           ? ew_flow_data_prepare(f, 0, ctx)
                           : ew_fail(ctx, EW_UNABLE, "matrices: this OpenBLAS has no LAPACK");
    if (status == EW_OK)
        status = set_stretches(r, ctx);
    if (status != EW_OK)
        return status;
    set_factors(r);
    return ew_pool_run(jobs, one_network, r, "training", ctx);
}

ew_status ew_regress_check_run(ew_regress_check **out, ew_flow_data *f, const ew_setting *net,
                               const ew_regress_check_options *opt, ew_context *ctx)
{
    *out = NULL;
    ew_status status = check(f, net, opt, ctx);
    if (status != EW_OK)
        return status;
    size_t times = (size_t) opt->times, depth = (size_t) net->depth;
    ew_layer_numbers *numbers = ew_alloc_zero(depth, sizeof *numbers, ctx);
    ew_program *activation = ew_program_new(net->activation->expr, ctx);
    request r = {.f = f, .opt = opt, .depth = depth};
    r.activation = activation;
    r.numbers = numbers;
    r.stretch = ew_alloc_zero(times, sizeof *r.stretch, ctx);
    r.g = ew_alloc_zero(times * f->n, sizeof *r.g, ctx);
    r.square = ew_alloc_zero((size_t) opt->widths * opt->samples, sizeof *r.square, ctx);
    status = numbers && activation && r.stretch && r.g && r.square
                 ? set_numbers(numbers, net, opt->ntk, ctx)
                 : ew_recorded(ctx);
    if (status == EW_OK)
        status = ew_lapack_begin(ctx);
    if (status == EW_OK) {
        status = run_all(&r, f, ctx);
        ew_lapack_end();
    }
    if (status == EW_OK)
        status = collect(out, &r, ctx);
    free(numbers);
    ew_program_free(activation);
    free(r.stretch);
    free(r.g);
    free(r.square);
    return status;
}

ew_status ew_regress_check_status(const ew_regress_check *c, ew_context *ctx)
{
    if (c->verdict != EW_DECAYS_NOT)
        return EW_OK;
    return ew_fail(ctx, EW_FAILED,
                   "trained networks do not approach the flow: exponent %.3g +- %.2g in the "
                   "width, where -1/2 is predicted",
                   c->rate.exponent, c->rate.se);
}
