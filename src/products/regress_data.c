#include "products/regress_data.h"

#include <math.h>
#include <stdlib.h>

#include "arith/lapack.h"
#include "products/regress_fill.h"

static ew_status numbers_new(ew_regress_numbers **out, const ew_flow_data *f,
                             const ew_regress_options *opt, ew_context *ctx)
{
    ew_regress_numbers *r = ew_alloc_zero(1, sizeof *r, ctx);
    *out = r;
    if (!r)
        return EW_MEMORY;
    r->trained = (slong) f->n;
    r->values = (slong) f->all;
    r->outputs = (slong) f->outputs;
    r->times = opt->times;
    size_t n = (size_t) opt->times * f->all;
    r->mean = ew_alloc_zero(n * f->outputs + 1, sizeof *r->mean, ctx);
    r->variance = ew_alloc_zero(n + 1, sizeof *r->variance, ctx);
    r->time = ew_alloc_zero((size_t) opt->times + 1, sizeof *r->time, ctx);
    return r->mean && r->variance && r->time ? EW_OK : EW_MEMORY;
}

void ew_regress_numbers_free(ew_regress_numbers *r)
{
    if (!r)
        return;
    free(r->mean);
    free(r->variance);
    free(r->time);
    free(r);
}

/* The posterior's variance in the limit of the last layer's kernel (ew_regress_table). */
static void add_noise(ew_flow_data_state *s, const ew_flow_data *f)
{
    double most = 0;
    for (size_t x = 0; x < f->all; x++) {
        s->variance[x] += f->ridge * s->norm2[x];
        most = fmax(most, s->variance[x]);
    }
    s->trained.variance += f->ridge * s->trained.norm2 + 0x1p-51 * most;
    s->others.variance += f->ridge * s->others.norm2 + 0x1p-51 * most;
}

/* Trained derivatives were scaled by the root of their weight (regress_jacobian.c). */
static void unscale(ew_flow_data_state *s, const ew_flow_data *f, const ew_regress_options *opt)
{
    double root = ew_regress_root(opt), mean = 0, variance = 0;
    for (size_t x = (size_t) opt->train; x < f->n; x++) {
        for (size_t c = 0; c < f->outputs; c++) {
            s->mean[x * f->outputs + c] /= root;
            mean = fmax(mean, fabs(s->mean[x * f->outputs + c]));
        }
        if (s->variance) {
            s->variance[x] = s->variance[x] / root / root;
            variance = fmax(variance, s->variance[x]);
        }
    }
    double least = fmin(root, 1) * (1 - 0x1p-50);
    s->trained.mean = s->trained.mean / least + 0x1p-51 * mean;
    s->trained.variance = s->trained.variance / least / least + 0x1p-50 * variance;
}

static ew_regress_time summary(const ew_flow_data_state *s, double divisor)
{
    ew_regress_time t = {s->loss / divisor,
                         s->expected / divisor,
                         s->loss_bound / divisor,
                         s->expected_bound / divisor,
                         fmax(s->trained.mean, s->others.mean),
                         fmax(s->trained.variance, s->others.variance)};
    return t;
}

static ew_status one_time(ew_regress_numbers *r, const ew_flow_data *f,
                          const ew_regress_options *opt, slong i, int spread, double *norm2,
                          ew_context *ctx)
{
    arb_t t;
    size_t at = (size_t) i * f->all;
    ew_flow_data_state s = {.mean = r->mean + at * f->outputs,
                            .variance = spread ? r->variance + at : NULL,
                            .norm2 = norm2};
    int limit = opt->limit[i];
    ew_status status = EW_OK;
    arb_init(t);
    if (!limit)
        status = ew_scalar_ball(t, opt->time + i, 80, ctx);
    if (opt->mean_loss)
        arb_div_ui(t, t, (ulong) opt->train, 80);
    if (status == EW_OK)
        status = ew_flow_data_at(&s, f, limit ? NULL : t, ctx);
    arb_clear(t);
    if (status != EW_OK)
        return status;
    if (spread && limit && !opt->ntk)
        add_noise(&s, f);
    if (opt->robust)
        unscale(&s, f, opt);
    for (size_t x = 0; !spread && x < f->all; x++)
        r->variance[at + x] = NAN;
    r->time[i] = summary(&s, opt->mean_loss ? (double) opt->train : 1);
    return EW_OK;
}

static ew_status run(ew_regress_numbers *r, ew_flow_data *f, const ew_regress_options *opt,
                     slong spread, double *norm2, ew_context *ctx)
{
    ew_status status = ew_flow_data_prepare(f, 1, ctx);
    for (slong i = 0; i < opt->times && status == EW_OK; i++) {
        ew_progress(ctx, (double) i / (double) opt->times, "times");
        status = one_time(r, f, opt, i, i >= spread, norm2, ctx);
    }
    if (status != EW_OK)
        return status;
    r->least = f->d[0];
    r->most = f->d[f->n - 1];
    r->error = f->error;
    r->positive = f->least > 0;
    r->h_error = f->h_error;
    r->k_error = f->k_error;
    return EW_OK;
}

ew_status ew_regress_numbers_solve(ew_regress_numbers **out, ew_flow_data *f,
                                   const ew_regress_options *opt, slong spread, ew_context *ctx)
{
    ew_regress_numbers *r = NULL;
    double *norm2 = ew_alloc(f->all * sizeof *norm2, ctx);
    *out = NULL;
    ew_status status = norm2 ? numbers_new(&r, f, opt, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_lapack_begin(ctx);
    if (status == EW_OK) {
        status = ew_lapack_complete()
                     ? run(r, f, opt, spread, norm2, ctx)
                     : ew_fail(ctx, EW_UNABLE, "matrices: this OpenBLAS has no LAPACK");
        ew_lapack_end();
    }
    free(norm2);
    if (status != EW_OK)
        ew_regress_numbers_free(r);
    else
        *out = r;
    return status;
}
