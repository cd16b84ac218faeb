#include "support/check.h"

#include <math.h>

#include "activation/activation.h"
#include "readings/sample/neurons.h"

/* f_p straight from its polynomial in jets and fields, which the compiled features replace. */
static double polynomial(const ew_jet_ring *r, slong pair, const double *jets,
                         const double *field, const ew_layer_numbers *x, ulong *exponent)
{
    double value = 0;
    fmpq_mpoly_t f;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_init(f, r->ring);
    ew_feature_product(f, r, pair);
    for (slong i = 0; i < fmpq_mpoly_length(f, r->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exponent, f, i, r->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, r->ring);
        double t = fmpq_get_d(c) * pow(x->cw, (double) exponent[EW_JET_CW]) *
                   pow(x->lambda_w, (double) exponent[EW_JET_LAMBDA_W]);
        for (slong a = 0; a < r->fields->inputs; a++)
            for (slong k = 0; k < r->jets; k++)
                t *= pow(jets[a * r->jets + k], (double) exponent[ew_jet_variable(r, a, k)]);
        for (slong k = 0; k < r->fields->n; k++)
            if (ew_fields_at(r->fields, k).set)
                t *= pow(field[k], (double) exponent[ew_jet_field(r, k)]);
        value += t;
    }
    fmpq_mpoly_clear(f, r->ring);
    fmpq_clear(c);
    return value;
}

static double bias(const ew_fields *fields, slong pair, const ew_layer_numbers *x)
{
    ew_bias b = ew_pair_bias(fields, pair);
    return b == EW_BIAS_CB ? x->cb : b == EW_BIAS_LAMBDA_B ? x->lambda_b : 0;
}

/* Random fields of two inputs: Ghat from the features' Gram matrix is the mean of f_p plus B_p.
 */
static void compare(const ew_generator *kind, slong generators, const ulong *set, slong sets,
                    ew_context *ctx)
{
    enum { N = 21, MOST = 600 };
    static double field[64][N], sum[MOST], ghat[MOST], jets[16], one[64];
    ulong exponent[200];
    const ew_layer_numbers numbers = {1.5, 0.25, 0.75, 0.125};
    ew_activation *s;
    ew_fields *fields;
    ew_field_program *p;
    ew_neurons *n;
    ew_jet_ring r;
    check_rng rng;
    check_rng_init(&rng, "field_program");
    check_ok(ctx, ew_activation_new(&s, "tanh", ctx));
    check_ok(ctx, ew_fields_new(&fields, 2, kind, generators, set, sets, ctx));
    check_ok(ctx, ew_field_program_new(&p, fields, ctx));
    ew_program *activation = ew_program_new(s->expr, ctx);
    check_ok(ctx, ew_neurons_new(&n, p, activation, ctx));
    ew_jet_ring_init(&r, fields);
    assert_true(fields->pairs <= MOST && r.variables <= 200 && fields->n <= 64);
    for (slong f = 0; f < fields->n; f++)
        for (slong i = 0; i < N; i++)
            ew_neurons_field(n, f)[i] = field[f][i] = 2 * check_uniform(&rng) - 1;
    check_ok(ctx, ew_neurons_run(n, N, ctx));
    for (slong pair = 0; pair < MOST; pair++)
        sum[pair] = 0;
    ew_neurons_add(sum, n, 0, 8);
    ew_neurons_add(sum, n, 8, N - 8);
    for (slong pair = 0; pair < fields->pairs; pair++)
        sum[pair] /= N;
    ew_field_program_covariance(ghat, p, sum, &numbers);
    for (slong pair = 0; pair < fields->pairs; pair++) {
        double want = bias(fields, pair, &numbers);
        for (slong i = 0; i < N; i++) {
            for (slong f = 0; f < fields->n; f++)
                one[f] = field[f][i];
            for (slong a = 0; a < 2; a++)
                check_ok(ctx, ew_program_jet(jets + a * r.jets, activation,
                                             one + a * fields->sets, 1, (int) r.jets, ctx));
            want += polynomial(&r, pair, jets, one, &numbers, exponent) / N;
        }
        if (!(fabs(ghat[pair] - want) < 1e-14 * (1 + fabs(want))))
            fail_msg("pair %ld: %.17g, not %.17g", (long) pair, ghat[pair], want);
    }
    ew_jet_ring_clear(&r);
    ew_neurons_free(n);
    ew_program_free(activation);
    ew_field_program_free(p);
    ew_fields_free(fields);
    ew_activation_free(s);
}

static void test_features(void **state)
{
    static const ew_generator kind[4] = {EW_TANGENT, EW_TANGENT, EW_DIRECTION, EW_TANGENT};
    static const ulong none[1] = {0}, ntk[2] = {1, 2}, dntk[1] = {3}, mixed[2] = {5, 3},
                       ddntk[1] = {11};
    compare(kind, 0, none, 1, *state);
    compare(kind, 2, ntk, 2, *state);
    compare(kind, 2, dntk, 1, *state);
    compare(kind, 3, mixed, 2, *state);
    compare(kind, 4, ddntk, 1, *state);
}

static int setup(void **state)
{
    *state = ew_context_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    ew_context_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_features)};
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    flint_cleanup();
    return failed;
}
