#include "products/regress.h"

#include <stdlib.h>

#include "products/regress_fill.h"
#include "products/regress_kernel.h"
#include "readings/kernel/jacobian/jacobian.h"

/* The order of the certified numbers: per time the means, the variances, the two losses; then
 * the eigenvalues and their quotient. */
enum { LEAST, MOST, CONDITION, SPECTRUM };

typedef struct {
    const ew_setting *net;
    const ew_regress_options *opt;
    ew_regress_kernel *kernel;
    slong trained, values, stride;
    int singular;
} solver;

static slong total(const solver *s)
{
    return s->opt->times * s->stride + SPECTRUM;
}

/* ---- what is certainly singular ---- */

static ew_status equal_points(const ew_setting *net, const ew_regress_options *opt,
                              ew_context *ctx)
{
    slong m = net->inputs, found = 0;
    fmpq_t aa, ab, bb;
    fmpq_init(aa);
    fmpq_init(ab);
    fmpq_init(bb);
    ew_status status = EW_OK;
    for (slong a = 0; a < opt->train && !found; a++)
        for (slong b = a + 1; b < opt->train && !found; b++) {
            slong row = a * m - a * (a - 1) / 2;
            found = ew_scalar_rational(aa, net->gram + row) &&
                    ew_scalar_rational(ab, net->gram + row + b - a) &&
                    ew_scalar_rational(bb, net->gram + b * m - b * (b - 1) / 2) &&
                    fmpq_equal(aa, ab) && fmpq_equal(ab, bb);
            if (found)
                status =
                    ew_fail(ctx, EW_UNABLE,
                            "inputs: points %ld and %ld have the same features, so that "
                            "the kernel matrix is singular and t = inf has no answer: give "
                            "a regularisation",
                            (long) a + 1, (long) b + 1);
        }
    fmpq_clear(aa);
    fmpq_clear(ab);
    fmpq_clear(bb);
    return status;
}

static int to_the_limit(const ew_regress_options *opt)
{
    for (slong i = 0; i < opt->times; i++)
        if (opt->limit[i])
            return 1;
    return 0;
}

static int no_ridge(const ew_regress_options *opt)
{
    fmpq_t x;
    fmpq_init(x);
    int zero = ew_scalar_rational(x, opt->ridge) && fmpq_is_zero(x);
    fmpq_clear(x);
    return zero;
}

/* f(c x) = c^k f(x) makes x.J f = k f. */
static ew_status dependent_jacobian(const ew_jacobian_relation *r,
                                    const ew_regress_options *opt, ew_context *ctx)
{
    if (r->input < 0 || r->input >= opt->train || (opt->ntk && !r->ntk))
        return EW_OK;
    return ew_fail(
        ctx, EW_UNABLE,
        "robust: without biases x.J f is a multiple of f for this homogeneous "
        "activation, so that the kernel matrix is singular (point %ld) and t = inf has "
        "no answer: give a regularisation",
        (long) r->input + 1);
}

static int unique(const ew_regress_options *opt)
{
    return !to_the_limit(opt) || !no_ridge(opt);
}

ew_status ew_regress_regular(const ew_setting *net, const ew_regress_options *opt,
                             ew_context *ctx)
{
    if (unique(opt))
        return EW_OK;
    ew_status status = equal_points(net, opt, ctx);
    if (status != EW_OK || !opt->robust)
        return status;
    ew_jacobian_relation r = ew_jacobian_singular(net);
    return dependent_jacobian(&r, opt, ctx);
}

ew_status ew_regress_regular_data(const ew_setting *net, const ew_regress_options *opt,
                                  const ew_directions *along, ew_context *ctx)
{
    ew_jacobian_relation r = ew_jacobian_homogeneous(net);
    return unique(opt) || !ew_directions_all(along) ? EW_OK : dependent_jacobian(&r, opt, ctx);
}

/* ---- balls ---- */

static void set_targets(ew_flow *f, const solver *s, slong prec)
{
    const ew_regress_options *opt = s->opt;
    for (slong i = 0; i < opt->train; i++)
        for (slong c = 0; c < opt->outputs; c++)
            arb_set_fmpq(arb_mat_entry(f->y, i, c), opt->target + i * opt->outputs + c, prec);
}

/* A mean loss slows the motion down by the number of points. */
static ew_status read_time(arb_t t, const solver *s, slong i, slong prec, ew_context *ctx)
{
    ew_status status = ew_scalar_ball(t, s->opt->time + i, prec, ctx);
    if (status == EW_OK && s->opt->mean_loss)
        arb_div_ui(t, t, (ulong) s->opt->train, prec);
    return status;
}

/* loss = 1/2 sum (mean - y)^2, and with the variances of the trained values added. */
static void losses(arb_ptr loss, mag_ptr scale, const ew_flow_state *x, const ew_flow *f,
                   const solver *s, int fitted, slong prec)
{
    if (fitted)
        return; /* exact zeros */
    arb_t r, size;
    arb_init(r);
    arb_init(size);
    arb_zero(loss);
    for (slong i = 0; i < f->n; i++)
        for (slong c = 0; c < f->outputs; c++) {
            arb_sub(r, arb_mat_entry(x->mean, i, c), arb_mat_entry(f->y, i, c), prec);
            arb_addmul(loss, r, r, prec);
            arb_addmul(size, arb_mat_entry(f->y, i, c), arb_mat_entry(f->y, i, c), prec);
        }
    arb_zero(r);
    for (slong i = 0; i < f->n; i++)
        arb_add(r, r, x->variance + i, prec);
    arb_mul_si(r, r, f->outputs, prec);
    arb_add(loss + 1, loss, r, prec);
    for (int k = 0; k < 2; k++) {
        arb_mul_2exp_si(loss + k, loss + k, -1);
        if (s->opt->mean_loss)
            arb_div_ui(loss + k, loss + k, (ulong) s->opt->train, prec);
        arb_get_mag(scale + k, size);
    }
    arb_clear(r);
    arb_clear(size);
}

/* What a value that cancels is compared to: the targets, the variance at the start. */
static void set_scales(mag_ptr scales, const ew_flow *f)
{
    mag_t most, x;
    mag_init(most);
    mag_init(x);
    for (slong i = 0; i < f->n; i++)
        for (slong c = 0; c < f->outputs; c++) {
            arb_get_mag(x, arb_mat_entry(f->y, i, c));
            mag_max(most, most, x);
        }
    for (slong i = 0; i < f->all * f->outputs; i++)
        mag_set(scales + i, most);
    for (slong i = 0; i < f->all; i++)
        arb_get_mag(scales + f->all * f->outputs + i, f->own + i);
    mag_clear(most);
    mag_clear(x);
}

/* With the last layer's kernel and targets of variance ridge, t = oo is conditioning: the
 * posterior's variance is k_xx - 2 b.k + b.(k + ridge) b. */
static void one_time(arb_ptr values, mag_ptr scales, ew_flow_state *x, const ew_flow *f,
                     const solver *s, slong i, slong prec)
{
    slong n = f->all * f->outputs;
    for (slong v = 0; v < f->all; v++)
        for (slong c = 0; c < f->outputs; c++)
            arb_set(values + v * f->outputs + c, arb_mat_entry(x->mean, v, c));
    int fitted = s->opt->limit[i] && arb_is_zero(f->ridge);
    losses(values + n + f->all, scales + n + f->all, x, f, s, fitted, prec);
    for (slong v = 0; v < f->all; v++) {
        arb_set(values + n + v, x->variance + v);
        if (s->opt->limit[i] && !s->opt->ntk)
            arb_addmul(values + n + v, f->ridge, x->norm2 + v, prec);
    }
    set_scales(scales, f);
}

/* Trained derivatives were scaled by the root of their weight. */
static ew_status unscale(arb_ptr values, const ew_flow *f, const solver *s, slong prec,
                         ew_context *ctx)
{
    if (!s->opt->robust)
        return EW_OK;
    arb_t weight, root;
    arb_init(weight);
    arb_init(root);
    ew_status status = ew_scalar_ball(weight, s->opt->robust, prec, ctx);
    arb_sqrt(root, weight, prec);
    for (slong v = s->opt->train; v < f->n && status == EW_OK; v++) {
        for (slong c = 0; c < f->outputs; c++)
            arb_div(values + v * f->outputs + c, values + v * f->outputs + c, root, prec);
        arb_ptr variance = values + f->all * f->outputs + v;
        arb_div(variance, variance, weight, prec);
    }
    arb_clear(weight);
    arb_clear(root);
    return status;
}

/* Precision enough for the last answer of ew_certify. */
static int is_last(const solver *s, slong prec)
{
    return prec >= (slong) (3.33 * (double) (4 * s->opt->digits + 64));
}

static void spectrum(arb_ptr values, mag_ptr scales, const ew_flow *f, solver *s, slong prec)
{
    arb_set(values + LEAST, f->eigen.d);
    arb_set(values + MOST, f->eigen.d + f->n - 1);
    arb_add_error_mag(values + LEAST, f->eigen.error);
    arb_add_error_mag(values + MOST, f->eigen.error);
    arb_get_mag(scales + LEAST, values + MOST);
    arb_get_mag(scales + MOST, values + MOST);
    s->singular = !arb_is_positive(values + LEAST);
    if (!s->singular)
        arb_div(values + CONDITION, values + MOST, values + LEAST, prec);
    else if (!is_last(s, prec))
        arb_indeterminate(values + CONDITION);
    else
        arb_zero(values + CONDITION);
}

static ew_status not_positive(const ew_flow *f, ew_context *ctx)
{
    double least = arf_get_d(arb_midref(f->eigen.d), ARF_RND_NEAR) + mag_get_d(f->eigen.error);
    return ew_fail(ctx, EW_UNABLE,
                   "the kernel matrix is singular or too close to it for t = inf: its least "
                   "eigenvalue is at most %.2g; give a regularisation or a finite time",
                   least);
}

static ew_status all_times(arb_ptr values, mag_ptr scales, const ew_flow *f, const solver *s,
                           slong prec, ew_context *ctx)
{
    ew_flow_state x;
    arb_t t, least;
    arb_init(t);
    arb_init(least);
    ew_flow_state_init(&x, f);
    ew_flow_least(least, f, prec);
    ew_status status = EW_OK;
    for (slong i = 0; i < s->opt->times && status == EW_OK; i++) {
        arb_ptr v = values + i * s->stride;
        status = ew_poll(ctx);
        if (status == EW_OK && s->opt->limit[i] && !arb_is_positive(least)) {
            if (is_last(s, prec))
                status = not_positive(f, ctx);
            for (slong j = 0; j < s->stride; j++)
                arb_indeterminate(v + j);
            continue;
        }
        if (status == EW_OK && !s->opt->limit[i])
            status = read_time(t, s, i, prec, ctx);
        if (status == EW_OK)
            status = ew_flow_at(&x, f, s->opt->limit[i] ? NULL : t, prec, ctx);
        if (status == EW_OK) {
            one_time(v, scales + i * s->stride, &x, f, s, i, prec);
            status = unscale(v, f, s, prec, ctx);
        }
    }
    ew_flow_state_clear(&x, f);
    arb_clear(t);
    arb_clear(least);
    return status;
}

static ew_status evaluate(arb_ptr values, mag_ptr scales, slong prec, void *data,
                          ew_context *ctx)
{
    solver *s = data;
    ew_flow f;
    ew_flow_init(&f, s->trained, s->values, s->opt->outputs);
    ew_status status = ew_regress_kernel_fill(&f, NULL, s->kernel, prec, ctx);
    if (status == EW_OK)
        status = ew_flow_prepare(&f, prec, ctx);
    if (status == EW_OK) {
        slong end = s->opt->times * s->stride;
        set_targets(&f, s, prec);
        spectrum(values + end, scales + end, &f, s, prec);
        status = all_times(values, scales, &f, s, prec, ctx);
    }
    ew_flow_clear(&f);
    return status;
}

/* ---- the table ---- */

static void deal(ew_regress_table *t, const solver *s)
{
    slong n = s->values * s->opt->outputs;
    ew_certified *at = t->all + total(s) - SPECTRUM;
    t->least = at + LEAST;
    t->most = at + MOST;
    t->condition = s->singular ? NULL : at + CONDITION;
    for (slong i = 0; i < t->times; i++) {
        ew_certified *row = t->all + i * s->stride;
        for (slong j = 0; j < n; j++)
            t->mean[i * n + j] = row[j];
        for (slong j = 0; j < s->values; j++)
            t->variance[i * s->values + j] = row[n + j];
        t->loss[i] = row[n + s->values];
        t->expected[i] = row[n + s->values + 1];
    }
}

static ew_status table_new(ew_regress_table **out, const solver *s, ew_context *ctx)
{
    ew_regress_table *t = ew_alloc_zero(1, sizeof *t, ctx);
    *out = t;
    if (!t)
        return EW_MEMORY;
    t->trained = s->trained;
    t->values = s->values;
    t->outputs = s->opt->outputs;
    t->times = s->opt->times;
    size_t n = (size_t) (t->times * t->values);
    t->mean = ew_alloc_zero(n * (size_t) t->outputs + 1, sizeof *t->mean, ctx);
    t->variance = ew_alloc_zero(n + 1, sizeof *t->variance, ctx);
    t->loss = ew_alloc_zero((size_t) t->times + 1, sizeof *t->loss, ctx);
    t->expected = ew_alloc_zero((size_t) t->times + 1, sizeof *t->expected, ctx);
    return t->mean && t->variance && t->loss && t->expected ? EW_OK : EW_MEMORY;
}

/* The arrays show numbers of `all`. */
void ew_regress_free(ew_regress_table *t)
{
    if (!t)
        return;
    ew_certified_free(t->all, t->times * (t->values * (t->outputs + 1) + 2) + SPECTRUM);
    free(t->mean);
    free(t->variance);
    free(t->loss);
    free(t->expected);
    free(t);
}

static ew_status check(const ew_setting *net, const ew_regress_options *opt, ew_context *ctx)
{
    if (opt->train < 1 || opt->train > net->inputs || opt->outputs < 1)
        return ew_fail(ctx, EW_USAGE, "regress: no points to train on");
    return EW_OK;
}

ew_status ew_regress_solve(ew_regress_table **out, const ew_setting *net,
                           const ew_regress_options *opt, ew_context *ctx)
{
    solver s = {.net = net, .opt = opt};
    ew_regress_table *t = NULL;
    *out = NULL;
    ew_status status = check(net, opt, ctx);
    if (status == EW_OK)
        status = ew_regress_kernel_new(&s.kernel, net, opt, ctx);
    if (status == EW_OK)
        status = ew_regress_regular(net, opt, ctx);
    if (status == EW_OK) {
        s.trained = ew_regress_trained(s.kernel);
        s.values = ew_regress_values(s.kernel);
        s.stride = s.values * (opt->outputs + 1) + 2;
        status = table_new(&t, &s, ctx);
    }
    if (status == EW_OK && !(t->all = ew_certified_new(total(&s), ctx)))
        status = EW_MEMORY;
    if (status == EW_OK)
        status = ew_certify(t->all, total(&s), opt->digits, evaluate, &s, ctx);
    if (status == EW_OK) {
        deal(t, &s);
        t->method = ew_regress_kernel_method(s.kernel);
    }
    ew_regress_kernel_free(s.kernel);
    if (status != EW_OK)
        ew_regress_free(t);
    else
        *out = t;
    return status;
}
