/* sde --simulate, sde --density: the options, and the work. */
#include "library/sde_law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/plot.h"
#include "library/value.h"
#include "readings/sde/closed_form.h"

#define PATHS 10000
#define STEPS 200
#define MOST_STEPS 10000000
#define TOLERANCE 1e-5
#define BITS 64

void ew_sde_laws_free(ew_sde_laws *l)
{
    if (!l)
        return;
    for (slong i = 0; l->scalar && i < l->scalars; i++) {
        free(l->scalar[i].name);
        free(l->scalar[i].path);
        ew_marginal_free(l->scalar[i].law);
    }
    free(l->scalar);
    free(l->v0);
    ew_path_ensemble_free(l->ensemble);
    free(l);
}

/* ---- options ------------------------------------------------------------------------------
 */

ew_status ew_sde_time(double *time, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "time");
    ew_expr *e;
    arb_t x;
    if (!text)
        return ew_fail(ctx, EW_USAGE, "time: none given");
    ew_status status = ew_value_constant(&e, "time", text, ctx);
    if (status != EW_OK)
        return status;
    status = ew_value_sign(e, "time", 1, ctx);
    arb_init(x);
    ew_expr_constant(x, e, BITS);
    *time = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    if (status == EW_OK && !(*time > 1e-9 && *time < 1e4))
        status = ew_fail(ctx, EW_UNABLE, "time: %g is not between 1e-9 and 1e4", *time);
    arb_clear(x);
    ew_expr_free(e);
    return status;
}

static ew_status read_run(ew_sde_laws *l, const ew_network *net, ew_context *ctx)
{
    const char *scheme = ew_network_get(net, "scheme");
    const int first_order = l->of->residual && l->of->known > 1;
    l->run = (ew_path_ensemble_options){
        .time = l->time,
        .paths = ew_network_unsigned(net, "paths", PATHS),
        .steps = ew_network_unsigned(net, "path-steps", STEPS),
        .seed = ew_network_unsigned(net, "seed", 0),
        .scheme = (scheme ? strcmp(scheme, "euler") == 0 : first_order) ? EW_SCHEME_EULER
                                                                        : EW_SCHEME_SECOND,
        .traced = ew_network_integer(net, "trace", 0)};
    if (l->run.steps > MOST_STEPS)
        return ew_fail(ctx, EW_USAGE, "path-steps: more than %d", MOST_STEPS);
    if ((uint64_t) l->run.traced > l->run.paths)
        return ew_fail(ctx, EW_USAGE, "trace: more than the paths");
    return EW_OK;
}

static ew_status refuse_idle(int simulate, int density, const ew_network *net, ew_context *ctx)
{
    static const char *const of_paths[] = {"paths", "path-steps", "scheme",
                                           "trace", "seed",       "threads"},
                             *const of_both[] = {"time", "plot"};
    for (size_t i = 0; !simulate && i < sizeof of_paths / sizeof *of_paths; i++)
        if (ew_network_get(net, of_paths[i]))
            return ew_fail(ctx, EW_USAGE, "%s: only with simulate", of_paths[i]);
    for (size_t i = 0; !simulate && !density && i < 2; i++)
        if (ew_network_get(net, of_both[i]))
            return ew_fail(ctx, EW_USAGE, "%s: only with simulate or density", of_both[i]);
    if (!density && ew_network_get(net, "count"))
        return ew_fail(ctx, EW_USAGE, "count: only with density");
    return EW_OK;
}

/* ---- the scalars --------------------------------------------------------------------------
 */

static int unshaped_zero(const ew_sde_request *r)
{
    return !r->residual && r->model.shaping == EW_SHAPING_NONE && !r->activation->homogeneous;
}

static int is_angle(const ew_sde_request *r)
{
    return r->pair && r->pair->state == EW_SDE_ANGLE_STATE;
}

/* V = n K starts from infinity unless told otherwise. */
static ew_status set_start(ew_sde_laws *l, ew_context *ctx)
{
    const ew_sde_request *r = l->of;
    slong m = r->known;
    l->pairs = ew_motion_pairs(m);
    l->v0 = ew_alloc_zero((size_t) l->pairs, sizeof *l->v0, ctx);
    if (!l->v0)
        return EW_MEMORY;
    if (r->gram.n == 0) {
        if (m > 1 && !is_angle(r))
            return ew_fail(ctx, EW_USAGE, "gram: needed with several inputs");
        l->v0[0] = unshaped_zero(r) ? INFINITY : 1;
        for (slong p = 1; p < l->pairs; p++)
            l->v0[p] = 1;
        return EW_OK;
    }
    arb_t x;
    arb_init(x);
    ew_status status = EW_OK;
    for (slong p = 0; p < l->pairs && status == EW_OK; p++) {
        status = ew_scalar_ball(x, r->gram.x + p, BITS, ctx);
        l->v0[p] = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    }
    arb_clear(x);
    return status;
}

static double correlation(const double *v)
{
    double rho = v[1] / sqrt(v[0]) / sqrt(v[2]);
    return rho > 1 - 1e-15 ? 1 : rho < 1e-15 - 1 ? -1 : rho;
}

/* The inputs that a field of the given covariance belongs to come first among theirs. */
static slong input_field(const ew_sde_request *r, slong a)
{
    return a * (r->known / r->model.inputs);
}

static void set_closed(ew_sde_scalar *s, const ew_sde_laws *l)
{
    const ew_sde_request *r = l->of;
    const ew_sde_constant *rate = r->residual ? ew_sde_find(r->one, "r") : NULL;
    ew_variance_form f;
    s->closed_mean = s->closed_inverse = NAN;
    if (rate)
        s->closed_mean = s->from * exp(rate->approx * l->time);
    if (rate || s->field % (r->known / r->model.inputs) || !ew_variance_form_of(&f, r->one, 0))
        return;
    if (f.c == 0)
        s->closed_mean = ew_geometric_moment(&f, s->from, 1, l->time);
    if (f.c <= 0)
        s->closed_inverse = ew_inverse_mean(&f, s->from, l->time);
}

static ew_status set_variance(ew_sde_laws *l, slong a, ew_context *ctx)
{
    const ew_sde_request *r = l->of;
    ew_sde_scalar *s = l->scalar + a;
    slong place = ew_motion_pair(r->known, a, a);
    s->name = r->known == r->model.inputs
                  ? ew_format(ctx, "V%ld%ld", (long) a + 1, (long) a + 1)
                  : ew_strdup(r->all->name[place], ctx);
    s->field = a;
    s->from = l->v0[place];
    set_closed(s, l);
    return s->name ? EW_OK : EW_MEMORY;
}

/* The variances, then what two inputs have. */
static ew_status set_scalars(ew_sde_laws *l, ew_context *ctx)
{
    const ew_sde_request *r = l->of;
    int angle = is_angle(r);
    slong variances = angle ? 0 : r->known;
    ew_status status = EW_OK;
    l->scalars = variances + (angle ? r->pair->n : r->pair != NULL);
    l->scalar = ew_alloc_zero((size_t) l->scalars, sizeof *l->scalar, ctx);
    if (!l->scalar)
        return EW_MEMORY;
    for (slong a = 0; a < variances && status == EW_OK; a++)
        status = set_variance(l, a, ctx);
    for (slong a = variances; a < l->scalars && status == EW_OK; a++) {
        ew_sde_scalar *s = l->scalar + a;
        s->name = ew_strdup(angle ? r->pair->name[a] : "rho", ctx);
        s->field = -1;
        s->entry = angle ? a : 0;
        s->closed_mean = s->closed_inverse = NAN;
        if (!angle) {
            slong p = input_field(r, 0), q = input_field(r, 1), m = r->known;
            const double v[3] = {l->v0[ew_motion_pair(m, p, p)], l->v0[ew_motion_pair(m, p, q)],
                                 l->v0[ew_motion_pair(m, q, q)]};
            s->from = correlation(v);
        }
        status = s->name ? EW_OK : EW_MEMORY;
    }
    return status;
}

/* ---- densities ----------------------------------------------------------------------------
 */

/* Derivatives do not move by themselves. */
static ew_status solve(ew_sde_laws *l, ew_sde_scalar *s, ew_context *ctx)
{
    const ew_sde_request *r = l->of;
    int variance = s->field >= 0;
    if (variance ? s->field % (r->known / r->model.inputs) != 0
                 : r->pair->state == EW_SDE_TRIPLE)
        return EW_OK;
    ew_status status = ew_sde_tabulate(r->one, ctx);
    if (status == EW_OK)
        status = ew_marginal_new(&s->law, variance ? r->one : r->pair, s->entry, s->from,
                                 l->time, TOLERANCE, ctx);
    if (status == EW_OK) {
        s->mean = ew_marginal_moment(s->law, 1);
        s->variance = ew_marginal_moment(s->law, 2) - s->mean * s->mean;
    }
    return status;
}

/* ---- paths --------------------------------------------------------------------------------
 */

static ew_status keep_scalar(ew_sde_laws *l, ew_sde_scalar *s, ew_context *ctx)
{
    const ew_path_ensemble *e = l->ensemble;
    s->path = ew_alloc(e->paths * sizeof *s->path, ctx);
    if (!s->path)
        return EW_MEMORY;
    slong place = s->field >= 0 ? ew_motion_pair(e->fields, s->field, s->field) : 0;
    for (uint64_t i = 0; i < e->paths; i++)
        s->path[i] = s->field >= 0 ? e->v[(uint64_t) place * e->paths + i]
                                   : ew_path_ensemble_correlation(e, input_field(l->of, 0),
                                                                  input_field(l->of, 1), i);
    ew_summarise(&s->summary, s->path, e->paths);
    return EW_OK;
}

static ew_status simulate(ew_sde_laws *l, ew_context *ctx)
{
    const ew_sde_request *r = l->of;
    ew_motion motion;
    if (!r->all)
        return ew_fail(ctx, EW_UNABLE,
                       "simulate: there are no paths of q; density has its law");
    if (isinf(l->v0[0]))
        return ew_fail(ctx, EW_USAGE, "gram: paths need a finite beginning");
    if (r->all->fields != r->known)
        return ew_fail(ctx, EW_USAGE,
                       "gram: paths of derivatives need the covariance of all %ld fields, with "
                       "input-count",
                       (long) r->all->fields);
    ew_status status = ew_sde_tabulate(r->all, ctx);
    if (status == EW_OK)
        status = ew_motion_of(&motion, r->all, ctx);
    if (status == EW_OK)
        status = ew_path_ensemble_run(&l->ensemble, &motion, l->v0, &l->run, ctx);
    for (slong a = 0; a < l->scalars && status == EW_OK; a++)
        status = keep_scalar(l, l->scalar + a, ctx);
    return status;
}

/* Without noise there is no law. */
static ew_status check_noise(const ew_sde_request *r, ew_context *ctx)
{
    if (r->residual && r->verdict->fate == EW_CONSTANT)
        return ew_fail(ctx, EW_UNABLE, "residual: nothing moves in this limit");
    if (r->residual && r->one->dimension < (double) r->known)
        return ew_fail(ctx, EW_DOMAIN,
                       "width: h of so few coordinates has no %ld independent fields",
                       (long) r->known);
    if (!r->residual && r->one->clock == EW_CLOCK_DEPTH)
        return ew_fail(ctx, EW_UNABLE, "clock: there is no noise in units of the depth");
    if (r->model.orthogonal)
        return ew_fail(ctx, EW_UNABLE, "ensemble: there is no noise with orthogonal weights");
    return EW_OK;
}

static ew_status do_all(ew_sde_laws *l, int paths, int density, const ew_network *net,
                        ew_context *ctx)
{
    ew_status status = ew_sde_time(&l->time, net, ctx);
    if (status == EW_OK)
        status = check_noise(l->of, ctx);
    if (status == EW_OK && paths)
        status = read_run(l, net, ctx);
    if (status == EW_OK)
        status = set_start(l, ctx);
    if (status == EW_OK)
        status = set_scalars(l, ctx);
    for (slong i = 0; density && i < l->scalars && status == EW_OK; i++)
        status = solve(l, l->scalar + i, ctx);
    if (status == EW_OK && paths)
        status = simulate(l, ctx);
    return status;
}

ew_status ew_sde_laws_new(ew_sde_laws **out, const ew_sde_request *r, const ew_network *net,
                          ew_context *ctx)
{
    int paths = ew_network_get(net, "simulate") != NULL;
    int density = ew_network_get(net, "density") != NULL;
    const char *plot = ew_network_get(net, "plot");
    *out = NULL;
    ew_status status = refuse_idle(paths, density, net, ctx);
    if (status == EW_OK && plot)
        status = ew_plot_check(plot, ctx);
    if (status != EW_OK || (!paths && !density))
        return status;
    ew_sde_laws *l = ew_alloc_zero(1, sizeof *l, ctx);
    if (!l)
        return EW_MEMORY;
    l->of = r;
    l->plot = plot;
    status = do_all(l, paths, density, net, ctx);
    if (status == EW_OK && plot)
        status = ew_sde_laws_plot(l, ctx);
    if (status == EW_OK)
        *out = l;
    else
        ew_sde_laws_free(l);
    return status;
}
