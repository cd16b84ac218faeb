/* Paths and densities as JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "library/sde_law.h"

#define COUNT 21
/* What the points of a density leave out on each side. */
#define TAIL 0.001

static int put_real(json_t *o, const char *key, double x)
{
    return json_object_set_new(o, key, ew_json_real(x));
}

static json_t *number(double x, double se)
{
    return isnan(se) ? ew_json_real(x) : ew_json_sampled(x, se);
}

static int put_quantiles(json_t *o, const ew_sde_scalar *s, int sampled)
{
    int bad = 0;
    for (int i = 0; i < EW_SUMMARY_LEVELS; i++) {
        char key[16];
        snprintf(key, sizeof key, "q%02d", (int) lround(100 * ew_summary_level[i]));
        bad |= json_object_set_new(
            o, key,
            sampled ? number(s->summary.quantile[i], s->summary.quantile_se[i])
                    : ew_json_real(ew_marginal_quantile(s->law, ew_summary_level[i])));
    }
    return bad;
}

/* One row for the paths, one for the density. */
static json_t *simulated_json(const ew_sde_scalar *s)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "quantity", json_string(s->name));
    bad |= json_object_set_new(o, "by", json_string("paths"));
    bad |= json_object_set_new(o, "expectation", number(s->summary.mean, s->summary.mean_se));
    bad |=
        json_object_set_new(o, "variance", number(s->summary.variance, s->summary.variance_se));
    bad |= put_quantiles(o, s, 1);
    return ew_command_node(o, bad, NULL);
}

static json_t *solved_json(const ew_sde_scalar *s)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "quantity", json_string(s->name));
    bad |= json_object_set_new(o, "by", json_string("density"));
    bad |= put_real(o, "expectation", s->mean);
    bad |= put_real(o, "variance", s->variance);
    bad |= put_quantiles(o, s, 0);
    bad |= put_real(o, "exploded", s->law->law->exploded);
    bad |= put_real(o, "error", s->law->law->error);
    return ew_command_node(o, bad, NULL);
}

static json_t *laws_json(const ew_sde_laws *l)
{
    json_t *rows = json_array();
    int bad = 0;
    for (slong i = 0; i < l->scalars; i++) {
        if (l->scalar[i].law)
            bad |= json_array_append_new(rows, solved_json(l->scalar + i));
        if (l->scalar[i].path)
            bad |= json_array_append_new(rows, simulated_json(l->scalar + i));
    }
    return ew_command_node(rows, bad, NULL);
}

/* {"quantity": "E[1/V11]", "exact", "density"}. */
static int add_closed(json_t *rows, const ew_sde_scalar *s, int inverse)
{
    double exact = inverse ? s->closed_inverse : s->closed_mean;
    if (!isfinite(exact))
        return 0;
    json_t *o = json_object();
    char name[32];
    snprintf(name, sizeof name, inverse ? "E[1/%.8s]" : "E[%.8s]", s->name);
    int bad = json_object_set_new(o, "quantity", json_string(name));
    bad |= put_real(o, "exact", exact);
    if (s->law)
        bad |= put_real(o, "density", ew_marginal_moment(s->law, inverse ? -1 : 1));
    return json_array_append_new(rows, ew_command_node(o, bad, NULL));
}

static json_t *closed_json(const ew_sde_laws *l)
{
    json_t *rows = json_array();
    int bad = 0;
    for (slong i = 0; i < l->scalars; i++)
        bad |= add_closed(rows, l->scalar + i, 0) | add_closed(rows, l->scalar + i, 1);
    return ew_command_node(rows, bad, NULL);
}

static json_t *point_json(const ew_sde_scalar *s, double x)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "quantity", json_string(s->name));
    bad |= put_real(o, "value", x);
    bad |= put_real(o, "density", ew_marginal_density(s->law, x));
    bad |= put_real(o, "distribution", ew_marginal_distribution(s->law, x));
    return ew_command_node(o, bad, NULL);
}

/* Equally far apart in the coordinate of the solver, where laws are near normal. */
static json_t *points_json(const ew_sde_laws *l, slong count)
{
    json_t *rows = json_array();
    int bad = 0;
    for (slong i = 0; i < l->scalars; i++) {
        const ew_sde_scalar *s = l->scalar + i;
        if (!s->law)
            continue;
        double kept = 1 - s->law->law->exploded;
        double low = ew_marginal_coordinate(s->law, ew_marginal_quantile(s->law, TAIL * kept));
        double high =
            ew_marginal_coordinate(s->law, ew_marginal_quantile(s->law, (1 - TAIL) * kept));
        for (slong k = 0; k < count; k++) {
            double u = count > 1 ? (double) k / (double) (count - 1) : 0.5;
            double x = ew_marginal_value(s->law, low + u * (high - low));
            bad |= json_array_append_new(rows, point_json(s, x));
        }
    }
    return ew_command_node(rows, bad, NULL);
}

/* The share of paths that exploded, and when they did. */
static int put_explosions(json_t *result, const ew_sde_laws *l)
{
    const ew_path_ensemble *e = l->ensemble;
    double n = (double) e->paths, count = 0;
    double *when = ew_alloc(e->paths * sizeof *when, NULL);
    if (!when)
        return 1;
    for (uint64_t i = 0; i < e->paths; i++)
        if (isfinite(e->end[i]))
            when[(uint64_t) count++] = e->end[i];
    double p = count / n;
    int bad = json_object_set_new(result, "exploded", number(p, sqrt(p * (1 - p) / n)));
    if (count > 0) {
        ew_summary s;
        ew_summarise(&s, when, (uint64_t) count);
        json_t *o = json_object();
        for (int i = 0; i < EW_SUMMARY_LEVELS; i++) {
            char key[16];
            snprintf(key, sizeof key, "q%02d", (int) lround(100 * ew_summary_level[i]));
            bad |= json_object_set_new(o, key, number(s.quantile[i], s.quantile_se[i]));
        }
        bad |= json_object_set_new(result, "explosion_time", o);
    }
    free(when);
    return bad;
}

static json_t *path_json(const ew_sde_laws *l, slong path, uint64_t step)
{
    const ew_path_ensemble *e = l->ensemble;
    const ew_sde *sde = l->of->all;
    json_t *o = json_object();
    const double *v =
        e->trace + ((uint64_t) path * (e->steps + 1) + step) * (uint64_t) e->pairs;
    int bad = json_object_set_new(o, "path", json_integer((json_int_t) path));
    bad |= put_real(o, "t", l->time * (double) step / (double) e->steps);
    for (slong k = 0; k < e->pairs; k++)
        bad |= put_real(o, sde->name[k], v[k]);
    return ew_command_node(o, bad, NULL);
}

static json_t *paths_json(const ew_sde_laws *l)
{
    json_t *rows = json_array();
    int bad = 0;
    for (slong i = 0; i < l->ensemble->traced && !bad; i++)
        for (uint64_t k = 0; k <= l->ensemble->steps && !bad; k++)
            bad |= json_array_append_new(rows, path_json(l, i, k));
    return ew_command_node(rows, bad, NULL);
}

int ew_sde_laws_put(json_t *result, const ew_sde_laws *l, const ew_network *net)
{
    int bad = 0;
    if (!l)
        return 0;
    if (l->ensemble && l->ensemble->traced)
        bad |= json_object_set_new(result, "paths", paths_json(l));
    bad |= json_object_set_new(result, "laws", laws_json(l));
    if (l->ensemble)
        bad |= put_explosions(result, l);
    json_t *closed = closed_json(l);
    if (json_array_size(closed) > 0)
        bad |= json_object_set(result, "closed_forms", closed);
    json_decref(closed);
    if (ew_network_get(net, "density"))
        bad |= json_object_set_new(result, "points",
                                   points_json(l, ew_network_integer(net, "count", COUNT)));
    return bad;
}

int ew_sde_laws_put_network(json_t *network, const ew_sde_laws *l)
{
    if (!l)
        return 0;
    int bad = put_real(network, "time", l->time);
    if (!l->ensemble)
        return bad;
    bad |= json_object_set_new(network, "paths", json_integer((json_int_t) l->run.paths));
    bad |= json_object_set_new(network, "steps", json_integer((json_int_t) l->run.steps));
    bad |= json_object_set_new(
        network, "scheme", json_string(l->run.scheme == EW_SCHEME_EULER ? "euler" : "second"));
    bad |= json_object_set_new(network, "seed", ew_json_unsigned(l->run.seed));
    return bad;
}
