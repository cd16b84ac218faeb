/* Residual networks of any activation: Q(H) against closed forms of erf, in balls and doubles;
 * derivative fields; what becomes of V; its law where Q is constant, which is that of |h|^2 for
 * a Brownian motion h.  Unshaped kinked networks of several inputs. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "readings/sde/derive.h"
#include "readings/sde/ensemble.h"
#include "readings/sde/marginal.h"
#include "readings/sde/verdict.h"

static ew_context *ctx;

static ew_expr *constant(const char *text)
{
    ew_expr *e;
    check_ok(ctx, ew_expr_parse(&e, text, NULL, "number", ctx));
    return e;
}

/* C_W = 3/2, C_V = 2/3. */
typedef struct {
    ew_activation *s;
    ew_expr *cw, *cv, *cb, *d;
    ew_sde *sde;
} network;

static void open_network(network *x, const char *activation, const char *cb, const char *d,
                         slong inputs, slong direction)
{
    check_ok(ctx, ew_activation_new(&x->s, activation, ctx));
    x->cw = constant("3/2");
    x->cv = constant("2/3");
    x->cb = cb ? constant(cb) : NULL;
    x->d = constant(d);
    ew_residual_model model = {.activation = x->s,
                               .cw = x->cw,
                               .cb = x->cb,
                               .cv = x->cv,
                               .dimension = x->d,
                               .inputs = inputs,
                               .direction = direction};
    check_ok(ctx, ew_sde_residual(&x->sde, &model, ctx));
    assert_true(x->sde->residual);
}

static void close_network(network *x)
{
    ew_sde_free(x->sde);
    ew_activation_free(x->s);
    ew_expr_free(x->cw);
    ew_expr_free(x->cv);
    ew_expr_free(x->cb);
    ew_expr_free(x->d);
}

/* <erf(u) erf(v)> = (2/pi) asin(2 K_uv/sqrt((1 + 2 K_uu)(1 + 2 K_vv))). */
static double dual_erf(double x, double y, double z)
{
    return 2 / M_PI * asin(2 * y / sqrt((1 + 2 * x) * (1 + 2 * z)));
}

static void compare(const ew_sde *sde, const double *h, const double *want, double tolerance)
{
    slong n = sde->n;
    double b[16];
    arb_ptr x = _arb_vec_init(n), y = _arb_vec_init(n);
    for (slong i = 0; i < n; i++)
        arb_set_d(x + i, h[i]);
    check_ok(ctx, ew_sde_drift_ball(y, sde, NULL, x, 128, ctx));
    ew_sde_drift(b, sde, 0, h, 1);
    for (slong i = 0; i < n; i++) {
        double at = arf_get_d(arb_midref(y + i), ARF_RND_NEAR);
        if (fabs(at - want[i]) > 1e-13 * (1 + fabs(want[i])))
            fail_msg("entry %ld: ball %.17g, not %.17g", (long) i, at, want[i]);
        assert_true(arb_rel_accuracy_bits(y + i) > 90);
        if (fabs(b[i] - want[i]) > tolerance * (1 + fabs(want[i])))
            fail_msg("entry %ld: double %.17g, not %.17g", (long) i, b[i], want[i]);
    }
    _arb_vec_clear(x, n);
    _arb_vec_clear(y, n);
}

static void test_two(void **state)
{
    (void) state;
    static const double h[][3] = {
        {2, 0.5, 1}, {1e-3, -9e-4, 1e-3}, {30, 29, 31}, {1e-7, 5e-8, 2e-7}, {0.25, 0.25, 0.25}};
    network x;
    open_network(&x, "erf", "1/5", "4", 2, 0);
    double b[3];
    ew_sde_drift(b, x.sde, 0, h[0], 1);
    assert_true(isnan(b[0]));
    check_ok(ctx, ew_sde_tabulate(x.sde, ctx));
    for (int k = 0; k < 5; k++) {
        double K[3], want[3], S[6];
        for (int i = 0; i < 3; i++)
            K[i] = 0.2 + 1.5 * h[k][i];
        want[0] = 2.0 / 3 * dual_erf(K[0], K[0], K[0]);
        want[1] = 2.0 / 3 * dual_erf(K[0], K[1], K[2]);
        want[2] = 2.0 / 3 * dual_erf(K[2], K[2], K[2]);
        compare(x.sde, h[k], want, k == 2 ? 3e-4 : 1e-9);
        ew_sde_diffusion(S, x.sde, 0, h[k], 1);
        double twelve = (h[k][0] * want[2] + 2 * h[k][1] * want[1] + h[k][2] * want[0]) / 4;
        assert_true(fabs(S[0] - h[k][0] * want[0]) < 1e-8 * (1 + h[k][0]));
        assert_true(fabs(S[3] - twelve) < (k == 2 ? 3e-4 : 1e-8) * (1 + twelve));
    }
    close_network(&x);
}

/* Far outside the tables, and where Hermite coefficients fall slowly: against balls. */
static void test_tables(void **state)
{
    (void) state;
    static const char *const text[] = {"softplus", "max(-1,min(1,z))"};
    const double h[][3] = {{1e-9, 3e-10, 1e-9}, {3, 2.9, 3}, {1, -0.5, 2}};
    for (int s = getenv("EW_SANITIZED") ? 1 : 0; s < 2; s++) {
        network x;
        open_network(&x, text[s], NULL, "3", 2, 0);
        check_ok(ctx, ew_sde_tabulate(x.sde, ctx));
        arb_ptr v = _arb_vec_init(3), y = _arb_vec_init(3);
        for (int k = 0; k < 3; k++) {
            double b[3];
            for (slong i = 0; i < 3; i++)
                arb_set_d(v + i, h[k][i]);
            check_ok(ctx, ew_sde_drift_ball(y, x.sde, NULL, v, 64, ctx));
            ew_sde_drift(b, x.sde, 0, h[k], 1);
            for (slong i = 0; i < 3; i++) {
                double want = arf_get_d(arb_midref(y + i), ARF_RND_NEAR);
                if (fabs(b[i] - want) > (s == 1 ? 2e-4 : 1e-6) * fabs(want))
                    fail_msg("%s at %g: %.9g, not %.9g", text[s], h[k][0], b[i], want);
            }
        }
        _arb_vec_clear(v, 3);
        _arb_vec_clear(y, 3);
        close_network(&x);
    }
}

/* With k(K) = <erf^2>: <s s'> = k'/2 per V_zu, <s'^2> = (4/pi)/sqrt(1 + 4 K), and the part of
 * Q_uu with V_zu^2 is twice its derivative. */
static void test_derivatives(void **state)
{
    (void) state;
    const double h[3] = {2, 0.7, 1.5}, K = 1.5 * 2;
    double want[3], cvw = 1;
    double slope =
        2 / M_PI * (2 / ((1 + 2 * K) * (1 + 2 * K))) / sqrt(1 - pow(2 * K / (1 + 2 * K), 2));
    double square = 4 / M_PI / sqrt(1 + 4 * K), bend = -8 / M_PI * pow(1 + 4 * K, -1.5);
    network x;
    open_network(&x, "erf", NULL, "4", 1, 1);
    check_ok(ctx, ew_sde_tabulate(x.sde, ctx));
    want[0] = 2.0 / 3 * dual_erf(K, K, K);
    want[1] = cvw * slope * h[1];
    want[2] = cvw * (square * h[2] + 1.5 * 2 * bend * h[1] * h[1]);
    compare(x.sde, h, want, 1e-9);
    close_network(&x);
}

/* The squared distance of a Brownian motion in d dimensions at another clock. */
static void test_fates(void **state)
{
    (void) state;
    static const struct {
        const char *s, *cb, *d;
        ew_fate fate;
    } at[] = {{"tanh", NULL, "1", EW_VANISHES},       {"tanh", "1/9", "1", EW_NULL_RECURRENT},
              {"tanh", NULL, "2", EW_NULL_RECURRENT}, {"tanh", NULL, "3", EW_GROWS},
              {"softplus", NULL, "1", EW_RECURRENT},  {"max(z,0)+1", NULL, "1", EW_STATIONARY},
              {"z^2", NULL, "3", EW_EXPLODES},        {"z^2", NULL, "2", EW_NULL_RECURRENT},
              {"z^2+1", NULL, "2", EW_STATIONARY},    {"relu", "1/9", "3", EW_GROWS},
              {"relu", "1/9", "1", EW_STATIONARY}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        network x;
        ew_sde_verdict *v;
        open_network(&x, at[i].s, at[i].cb, at[i].d, 1, 0);
        check_ok(ctx, ew_sde_verdict_new(&v, x.sde, NULL, ctx));
        if (v->fate != at[i].fate)
            fail_msg("%s, d = %s: %s, not %s", at[i].s, at[i].d, ew_fate_name(v->fate),
                     ew_fate_name(at[i].fate));
        assert_int_equal(v->law != NULL, v->fate == EW_STATIONARY);
        ew_sde_verdict_free(v);
        close_network(&x);
    }
}

/* P(|h| <= r) for h = mu e + sigma g in three dimensions. */
static double maxwell(double r, double mu, double sigma)
{
    double a = (r + mu) / sigma, b = (r - mu) / sigma;
    return 0.5 * (erf(a / sqrt(2)) + erf(b / sqrt(2))) -
           sigma / mu / sqrt(2 * M_PI) * (exp(-0.5 * b * b) - exp(-0.5 * a * a));
}

/* s = 1: V = |h|^2/3, h = h_0 + sqrt(C_V) B. */
static void test_constant(void **state)
{
    (void) state;
    network x;
    ew_marginal *m;
    ew_motion motion;
    ew_path_ensemble *e;
    const double time = 0.8, v0 = 0.5, sigma = sqrt(2.0 / 3 * time), mu = sqrt(3 * v0);
    open_network(&x, "1", NULL, "3", 1, 0);
    check_ok(ctx, ew_sde_tabulate(x.sde, ctx));
    check_ok(ctx, ew_marginal_new(&m, x.sde, 0, v0, time, 1e-5, ctx));
    for (double v = 0.05; v < 4; v *= 1.7)
        assert_true(fabs(ew_marginal_distribution(m, v) - maxwell(sqrt(3 * v), mu, sigma)) <
                    2e-5);
    ew_marginal_free(m);
    check_ok(ctx, ew_motion_of(&motion, x.sde, ctx));
    const uint64_t paths = getenv("EW_SANITIZED") ? 4000 : 20000;
    for (int euler = 0; euler < 2; euler++) {
        ew_path_ensemble_options opt = {.time = time,
                                        .paths = paths,
                                        .steps = 50,
                                        .seed = 3,
                                        .scheme = euler ? EW_SCHEME_EULER : EW_SCHEME_SECOND};
        check_ok(ctx, ew_path_ensemble_run(&e, &motion, &v0, &opt, ctx));
        for (double v = 0.3; v < 2; v *= 1.7) {
            double p = maxwell(sqrt(3 * v), mu, sigma), share = 0;
            for (uint64_t i = 0; i < e->paths; i++)
                share += e->v[i] <= v;
            share /= (double) e->paths;
            if (fabs(share - p) > 4 * sqrt(p * (1 - p) / (double) paths) + 0.01)
                fail_msg("P(V <= %g): %g, not %g", v, share, p);
        }
        ew_path_ensemble_free(e);
    }
    close_network(&x);
}

/* d = 1 and Q(0) > 0: V comes to 0 again and again, and the law there is met with a few steps.
 */
static void test_at_zero(void **state)
{
    (void) state;
    network x;
    ew_marginal *m;
    ew_motion motion;
    ew_path_ensemble *e;
    const double v0 = 1, time = 1;
    open_network(&x, "softplus", NULL, "1", 1, 0);
    check_ok(ctx, ew_sde_tabulate(x.sde, ctx));
    check_ok(ctx, ew_marginal_new(&m, x.sde, 0, v0, time, 1e-4, ctx));
    check_ok(ctx, ew_motion_of(&motion, x.sde, ctx));
    const uint64_t paths = getenv("EW_SANITIZED") ? 4000 : 40000;
    ew_path_ensemble_options opt = {
        .time = time, .paths = paths, .steps = 8, .seed = 3, .scheme = EW_SCHEME_SECOND};
    check_ok(ctx, ew_path_ensemble_run(&e, &motion, &v0, &opt, ctx));
    for (double p = 0.02; p < 1; p += 0.16) {
        double v = ew_marginal_quantile(m, p), share = 0;
        for (uint64_t i = 0; i < e->paths; i++)
            share += e->v[i] <= v;
        share /= (double) e->paths;
        if (fabs(share - p) > 4 * sqrt(p * (1 - p) / (double) paths) + 0.003)
            fail_msg("P(V <= %g): %g, not %g", v, share, p);
    }
    ew_path_ensemble_free(e);
    ew_marginal_free(m);
    close_network(&x);
}

/* Gaussian numbers by Box and Muller. */
static double normal(check_rng *r)
{
    double u = 1 - check_uniform(r), v = check_uniform(r);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

/* Networks h' = h + L^(-1/2) V tanh(W h), d = 3, of inner width 1 and L = 64 blocks, written
 * out, against the law of V and, by the chain rule, the mean of |J v|^2 against paths. */
static void test_networks(void **state)
{
    (void) state;
    enum { D = 3, L = 64 };
    const slong n = getenv("EW_SANITIZED") ? 2000 : 8000;
    const double time = 1, a = sqrt(2.0 / 3 / L), b = sqrt(1.5 / D), level[3] = {0.2, 0.5, 0.8};
    const double v0[3] = {1, 0, 1};
    double quantile[3], below[3] = {0}, square = 0, fourth = 0;
    check_rng rng;
    network x;
    ew_marginal *m;
    ew_motion motion;
    ew_path_ensemble *e;
    check_rng_init(&rng, "networks");
    open_network(&x, "tanh", NULL, "3", 1, 0);
    check_ok(ctx, ew_sde_tabulate(x.sde, ctx));
    check_ok(ctx, ew_marginal_new(&m, x.sde, 0, 1, time, 1e-4, ctx));
    for (int k = 0; k < 3; k++)
        quantile[k] = ew_marginal_quantile(m, level[k]);
    ew_marginal_free(m);
    close_network(&x);
    for (slong i = 0; i < n; i++) {
        double h[D] = {sqrt(3.0), 0, 0}, u[D] = {0, sqrt(3.0), 0}, size = 0, slope = 0;
        for (int l = 0; l < L; l++) {
            double z = 0, dz = 0;
            for (int c = 0; c < D; c++) {
                double w = b * normal(&rng);
                z += w * h[c];
                dz += w * u[c];
            }
            double s = tanh(z);
            for (int c = 0; c < D; c++) {
                double v = a * normal(&rng);
                h[c] += v * s;
                u[c] += v * (1 - s * s) * dz;
            }
        }
        for (int c = 0; c < D; c++) {
            size += h[c] * h[c] / D;
            slope += u[c] * u[c] / D;
        }
        for (int k = 0; k < 3; k++)
            below[k] += size <= quantile[k];
        square += slope;
        fourth += slope * slope;
    }
    for (int k = 0; k < 3; k++) {
        double p = level[k], se = sqrt(p * (1 - p) / (double) n);
        if (fabs(below[k] / (double) n - p) > 4 * se + 0.01)
            fail_msg("P(V <= %g): %g, not %g", quantile[k], below[k] / (double) n, p);
    }
    open_network(&x, "tanh", NULL, "3", 1, 1);
    check_ok(ctx, ew_sde_tabulate(x.sde, ctx));
    check_ok(ctx, ew_motion_of(&motion, x.sde, ctx));
    ew_path_ensemble_options opt = {.time = time,
                                    .paths = (uint64_t) n,
                                    .steps = 100,
                                    .seed = 5,
                                    .scheme = EW_SCHEME_EULER};
    check_ok(ctx, ew_path_ensemble_run(&e, &motion, v0, &opt, ctx));
    opt.scheme = EW_SCHEME_SECOND;
    ew_path_ensemble *none;
    check_status(ctx, ew_path_ensemble_run(&none, &motion, v0, &opt, ctx), EW_UNABLE);
    ew_summary s;
    ew_summarise(&s, e->v + 2 * e->paths, e->paths);
    square /= (double) n;
    double se = sqrt((fourth / (double) n - square * square) / (double) n);
    if (fabs(square - s.mean) > 4 * hypot(se, s.mean_se) + 0.02)
        fail_msg("E |Jv|^2: %g +- %g, paths %g +- %g", square, se, s.mean, s.mean_se);
    ew_path_ensemble_free(e);
    close_network(&x);
}

/* q_ab = |u_a - u_b|^2/2 of directions u, whose Gram matrix is multiplied by s'(z)^2/kap, z its
 * own factor: by hand (Isserlis) S = 2 M q q' + (M/2) (q_ad + q_bc - q_ac - q_bd)^2, which a
 * simulation of one layer (n Cov of 1 - rho at 1e-6, 4 10^7 neurons) met within 0.2%. */
static void test_angles(void **state)
{
    (void) state;
    ew_activation *s;
    ew_sde *sde;
    static const int pair[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    static const int at[3][3] = {{-1, 0, 1}, {0, -1, 2}, {1, 2, -1}};
    const double q[3] = {1, 2, 1.5}, t = 0.5;
    double M = 34.0 / 25, c = sqrt(2) * 0.4 / (3 * M_PI), b[3], S[6];
    check_ok(ctx, ew_activation_new(&s, "leaky_relu(1/2)", ctx));
    check_ok(ctx, ew_sde_angle(&sde, s, 3, ctx));
    ew_sde_drift(b, sde, t, q, 1);
    ew_sde_diffusion(S, sde, t, q, 1);
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(b[i] - ((2 * q[i] - c * pow(q[i], 1.5)) / t + M * q[i])) < 1e-12);
        for (int j = i; j < 3; j++) {
            double cross = 0;
            for (int u = 0; u < 2; u++)
                for (int v = 0; v < 2; v++) {
                    int k = at[pair[i][u]][pair[j][v]];
                    cross += (u == v ? -1 : 1) * (k < 0 ? 0 : q[k]);
                }
            double want = 2 * M * q[i] * q[j] + M / 2 * cross * cross;
            assert_true(fabs(S[ew_sde_entry(sde, i, j)] - want) < 1e-12);
        }
    }
    ew_sde_free(sde);
    check_status(ctx, ew_sde_angle(&sde, s, 1, ctx), EW_USAGE);
    ew_activation_free(s);
}

/* Theory.md section 7: of orthogonal weights V/K^2 grows by 3 a layer, not 5; derivatives: n
 * Cov from the moments of s'^2 = (1 + w sgn)^2 kap, w^2 = M - 1, by hand. */
static void test_unshaped_fields(void **state)
{
    (void) state;
    ew_activation *s;
    ew_sde *sde;
    double S[6], v[3] = {2, 0.5, 3}, M = 2;
    check_ok(ctx, ew_activation_new(&s, "relu", ctx));
    ew_sde_model model = {.shaping = EW_SHAPING_NONE,
                          .activation = s,
                          .clock = EW_CLOCK_WIDTH,
                          .inputs = 1,
                          .orthogonal = 1};
    check_ok(ctx, ew_sde_derive(&sde, &model, ctx));
    ew_sde_diffusion(S, sde, 0, v, 1);
    assert_true(fabs(S[0] - 3 * 4) < 1e-13);
    ew_sde_free(sde);
    model.orthogonal = 0;
    model.direction = 1;
    check_ok(ctx, ew_sde_derive(&sde, &model, ctx));
    ew_sde_diffusion(S, sde, 0, v, 1);
    const double want[6] = {(3 * M - 1) * v[0] * v[0],
                            (3 * M - 1) * v[0] * v[1],
                            (M - 1) * v[0] * v[2] + 2 * M * v[1] * v[1],
                            M * v[0] * v[2] + (2 * M - 1) * v[1] * v[1],
                            (3 * M - 1) * v[1] * v[2],
                            (3 * M - 1) * v[2] * v[2]};
    for (int i = 0; i < 6; i++)
        assert_true(fabs(S[i] - want[i]) < 1e-12);
    ew_sde_free(sde);
    ew_activation_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_derivatives),
        cmocka_unit_test(test_fates),
        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_at_zero),
        cmocka_unit_test(test_angles),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_unshaped_fields),
    };
    ctx = ew_context_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ew_context_free(ctx);
    flint_cleanup();
    return failed;
}
