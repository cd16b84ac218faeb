/* Tables of samples against values known exactly, and against each other. */
#ifndef EW_TESTS_SAMPLE_CHECK_H
#define EW_TESTS_SAMPLE_CHECK_H

#include "support/check.h"

#include <math.h>

#include "readings/sample/sample.h"

static inline ew_sample_table *sample_draw(const ew_setting *net, ew_sample_options opt,
                                           ew_context *ctx)
{
    ew_sample_table *t;
    check_ok(ctx, ew_sample_chain(&t, net, &opt, ctx));
    return t;
}

static inline ew_estimate sample_value(const ew_sample_table *t, slong layer,
                                       const char *const *of, slong n)
{
    slong term = ew_sample_term(t, of, n);
    assert_true(term >= 0);
    return t->value[(layer - 1) * t->terms + term];
}

/* Within 4.5 standard errors and an allowance. */
static inline void sample_within(ew_estimate e, double want, double allowance, const char *what,
                                 slong layer)
{
    if (!(fabs(e.mean - want) <= 4.5 * e.se + allowance))
        fail_msg("%s at layer %ld: %.6g +- %.2g, expected %.6g", what, (long) layer, e.mean,
                 e.se, want);
}

static inline void sample_near(ew_estimate e, double want, const char *what, slong layer)
{
    sample_within(e, want, 1e-12 * fabs(want), what, layer);
}

/* Every term of the two samplers, which draw from different streams: about one difference in
 * 10^5 of Gaussian ones exceeds 4.5 standard errors. */
static inline void sample_agree(const ew_setting *net, ew_sample_options opt, ew_context *ctx)
{
    opt.sampler = EW_SAMPLER_CHAIN;
    ew_sample_table *x = sample_draw(net, opt, ctx);
    opt.sampler = EW_SAMPLER_NETWORK;
    ew_sample_table *y = sample_draw(net, opt, ctx);
    double chi = 0, n = 0;
    for (slong i = 0; i < x->layers * x->terms; i++) {
        double se = hypot(x->value[i].se, y->value[i].se);
        double z = (x->value[i].mean - y->value[i].mean) / se;
        if (se == 0) {
            assert_true(fabs(x->value[i].mean - y->value[i].mean) < 1e-14);
            continue;
        }
        if (!(fabs(z) < 4.5))
            fail_msg("layer %ld, %s: %g +- %g and %g +- %g", (long) (i / x->terms + 1),
                     x->of[i % x->terms][0], x->value[i].mean, x->value[i].se, y->value[i].mean,
                     y->value[i].se);
        chi += z * z;
        n += 1;
    }
    assert_true(n > 0 && chi < 2.5 * n);
    ew_sample_free(x);
    ew_sample_free(y);
}

#endif
