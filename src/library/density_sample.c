/* Samples behind the density command: a histogram, and what it says of each curve. */
#include <math.h>
#include <stdio.h>

#include "library/command.h"
#include "library/density.h"

#define BINS 40

ew_status ew_density_sampling(ew_density_request *r, const ew_network *net, ew_context *ctx)
{
    static const char *const idle[] = {"bins", "sampler", "seed", "shard", "checkpoint"};
    r->sampling = (ew_sample_options){.samples = ew_network_unsigned(net, "samples", 0),
                                      .seed = ew_network_unsigned(net, "seed", 0),
                                      .sampler = ew_command_network(net) ? EW_SAMPLER_NETWORK
                                                                         : EW_SAMPLER_CHAIN};
    ew_command_threads(net, ctx);
    for (size_t i = 0; r->sampling.samples == 0 && i < sizeof idle / sizeof *idle; i++)
        if (ew_network_get(net, idle[i]))
            return ew_fail(ctx, EW_USAGE, "%s: nothing is sampled without samples", idle[i]);
    return EW_OK;
}

static ew_status end_of(double *x, const ew_scalar *t, ew_context *ctx)
{
    arb_t b;
    arb_init(b);
    ew_status status = ew_scalar_ball(b, t, 64, ctx);
    *x = arf_get_d(arb_midref(b), ARF_RND_NEAR);
    arb_clear(b);
    return status;
}

ew_status ew_density_sample(ew_density_request *r, const ew_network *net, ew_context *ctx)
{
    double from, to;
    if (r->sampling.samples == 0)
        return EW_OK;
    ew_status status = end_of(&from, r->grid.from, ctx);
    if (status == EW_OK)
        status = end_of(&to, r->grid.to, ctx);
    if (status != EW_OK)
        return status;
    ew_keep_use(&r->sampling, r->keep, net);
    status = ew_compare_density(&r->compared, r->density, from, to,
                                ew_network_integer(net, "bins", BINS), &r->sampling, ctx);
    return ew_keep_farewell(r->keep, status, ctx);
}

/* ---- output ---- */

/* "gaussian", "order 1", ... */
static json_t *curve_json(slong k)
{
    char name[32] = "gaussian";
    if (k > 0)
        snprintf(name, sizeof name, "order %ld", (long) k);
    return json_string(name);
}

static json_t *cell_json(const ew_comparison *c, slong i)
{
    const ew_histogram *h = c->sampled;
    double n = (double) h->samples, share = (double) h->count[i] / n;
    json_t *o = json_object(), *expected = json_array();
    int bad = 0;
    for (slong k = 1; k < c->curves; k++)
        bad |= json_array_append_new(expected, ew_json_real(c->expected[k * h->cells + i]));
    bad |= json_object_set_new(o, "from", i > 0 ? ew_json_real(h->edge[i - 1]) : json_null());
    bad |=
        json_object_set_new(o, "to", i + 1 < h->cells ? ew_json_real(h->edge[i]) : json_null());
    bad |= json_object_set_new(o, "count", json_integer((json_int_t) h->count[i]));
    bad |= json_object_set_new(o, "frequency",
                               ew_json_sampled(share, sqrt(share * (1 - share) / n)));
    bad |= json_object_set_new(o, "share", ew_json_sampled(h->share[i].mean, h->share[i].se));
    bad |= json_object_set_new(o, "gaussian", ew_json_real(c->expected[i]));
    bad |= json_object_set_new(o, "expected", expected);
    return ew_command_node(o, bad, NULL);
}

static json_t *test_json(const ew_curve_test *t, slong k)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "curve", curve_json(k));
    bad |= json_object_set_new(o, "chi2", ew_json_real(t->chi2));
    bad |= json_object_set_new(o, "df", json_integer((json_int_t) t->df));
    bad |= json_object_set_new(o, "p", ew_json_real(t->adjusted));
    bad |= json_object_set_new(o, "distance", ew_json_real(t->distance));
    bad |= json_object_set_new(o, "noise", ew_json_real(t->noise));
    bad |= json_object_set_new(o, "rejected", json_boolean(t->rejected));
    return ew_command_node(o, bad, NULL);
}

int ew_density_put_sample(json_t *result, const ew_density_request *r)
{
    const ew_comparison *c = r->compared;
    if (!c)
        return 0;
    json_t *cells = json_array(), *tests = json_array();
    int bad = 0;
    for (slong i = 0; i < c->sampled->cells && !bad; i++)
        bad |= json_array_append_new(cells, cell_json(c, i));
    for (slong k = 0; k < c->curves && !bad; k++)
        bad |= json_array_append_new(tests, test_json(c->test + k, k));
    bad |= json_object_set_new(result, "histogram", cells);
    bad |= json_object_set_new(result, "tests", tests);
    bad |= json_object_set_new(result, "closest", curve_json(c->closest));
    bad |= json_object_set_new(result, "verdict",
                               c->simplest < 0 ? json_string("none") : curve_json(c->simplest));
    return bad;
}

int ew_density_put_sampling(json_t *network, const ew_density_request *r)
{
    if (r->sampling.samples == 0)
        return 0;
    int bad =
        json_object_set_new(network, "samples", json_integer((json_int_t) r->sampling.samples));
    bad |= json_object_set_new(network, "seed", ew_json_unsigned(r->sampling.seed));
    return bad;
}
