/* The cost of a certified first-order table, as ratios measured in one run.
 *
 *   first_order [LAYERS] [DIGITS]      (default 1000 100)
 *
 * Prints the time of the nine first-order coefficients of a critical tanh network; its ratio to the
 * same nine atoms by warm acb_calc_integrate at three variances, scaled to the layers; how it grows
 * with depth and digits; and the peak memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "readings/cumulant/solve/cumulant.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void die(ew_context *ctx)
{
    fprintf(stderr, "first_order: %s\n", ew_context_error(ctx));
    exit(1);
}

static ew_scalar constant(slong value, ew_context *ctx)
{
    return (ew_scalar){.e = ew_expr_si(value, ctx)};
}

static double seconds_once(slong layers, slong digits, ew_context *ctx)
{
    ew_activation *tanh_activation;
    if (ew_activation_new(&tanh_activation, "tanh", ctx) != EW_OK)
        die(ctx);
    ew_scalar one = constant(1, ctx), zero = constant(0, ctx);
    ew_setting net = {.activation = tanh_activation,
                      .depth = layers,
                      .cw = {1, &one},
                      .cb = {1, &zero},
                      .lambda_w = {1, &one},
                      .lambda_b = {1, &zero},
                      .inputs = 1,
                      .gram = &one};
    ew_cumulant_options opt = {.order = 1, .descent = 1, .digits = digits, .method = EW_AUTO};
    ew_cumulant_table *table;
    double start = now();
    if (ew_cumulant_solve(&table, &net, &opt, ctx) != EW_OK)
        die(ctx);
    double t = now() - start;
    ew_cumulant_free(table);
    ew_expr_free(one.e);
    ew_expr_free(zero.e);
    ew_activation_free(tanh_activation);
    return t;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static double seconds(slong layers, slong digits, ew_context *ctx)
{
    double t[3];
    for (int i = 0; i < 3; i++) {
        t[i] = seconds_once(layers, digits, ctx);
        if (t[i] > 5) /* long enough to be its own average */
            return t[i];
    }
    qsort(t, 3, sizeof *t, by_size);
    return t[1];
}

/* The relative radius to which the program computes atoms for so many digits of a thousand layers:
 * the first precision of ew_certify with the guard bits for the depth. */
#define ATOM_BITS(digits) ((slong) ((double) (digits) * 3.3219280948873626) + 101)

/* The rival: one adaptive quadrature an atom, s^a s'^b He_2j(z/sqrt K) on the half line. */
typedef struct {
    int s, s1, hermite;
    const arb_struct *K;
} atom;

static int integrand(acb_ptr out, const acb_t z, void *param, slong order, slong prec)
{
    (void) order;
    const atom *f = param;
    acb_t t, x, y;
    acb_init(t);
    acb_init(x);
    acb_init(y);
    acb_tanh(t, z, prec);
    acb_pow_ui(out, t, (ulong) f->s, prec);
    acb_mul(t, t, t, prec);
    acb_sub_ui(t, t, 1, prec);
    acb_neg(t, t);
    acb_pow_ui(t, t, (ulong) f->s1, prec);
    acb_mul(out, out, t, prec);
    acb_mul(x, z, z, prec);
    acb_div_arb(x, x, f->K, prec); /* x = z^2 / K */
    if (f->hermite == 1) {
        acb_sub_ui(y, x, 1, prec);
        acb_mul(out, out, y, prec);
    } else if (f->hermite == 2) {
        acb_sub_ui(y, x, 6, prec);
        acb_mul(y, y, x, prec);
        acb_add_ui(y, y, 3, prec);
        acb_mul(out, out, y, prec);
    }
    acb_mul_2exp_si(x, x, -1);
    acb_neg(x, x);
    acb_exp(x, x, prec);
    acb_mul(out, out, x, prec);
    acb_clear(t);
    acb_clear(x);
    acb_clear(y);
    return 0;
}

static void rival_layer(double K, slong digits)
{
    const int shape[9][3] = {{2, 0, 0}, {0, 2, 0}, {4, 0, 0}, {2, 2, 0}, {0, 4, 0},
                             {2, 0, 1}, {0, 2, 1}, {2, 0, 2}, {0, 2, 2}};
    slong goal = ATOM_BITS(digits), prec = goal + 30;
    acb_t value, lo, hi;
    arb_t variance;
    mag_t tol;
    acb_init(value);
    acb_init(lo);
    acb_init(hi);
    arb_init(variance);
    mag_init(tol);
    arb_set_d(variance, K);
    acb_set_d(hi, sqrt(2 * K * (double) prec * 0.6931471805599453));
    for (int i = 0; i < 9; i++) {
        atom f = {shape[i][0], shape[i][1], shape[i][2], variance};
        acb_calc_integrate(value, integrand, &f, lo, hi, goal, tol, NULL, prec);
    }
    acb_clear(value);
    acb_clear(lo);
    acb_clear(hi);
    arb_clear(variance);
    mag_clear(tol);
}

static double rival_seconds(slong layers, slong digits)
{
    const double K[3] = {0.39, 0.005, 0.0005};
    rival_layer(K[0], digits); /* warm: Gauss-Legendre nodes are cached from here on */
    double start = now();
    for (int i = 0; i < 3; i++)
        rival_layer(K[i], digits);
    return (now() - start) / 3 * (double) layers;
}

int main(int argc, char **argv)
{
    slong layers = argc > 1 ? atol(argv[1]) : 1000;
    slong digits = argc > 2 ? atol(argv[2]) : 100;
    ew_context *ctx = ew_context_new();
    if (!ctx)
        return 1;
    double base = seconds(layers, digits, ctx);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double rival = rival_seconds(layers, digits);
    double deeper = seconds(2 * layers, digits, ctx);
    double precise = seconds(layers, 10 * digits, ctx);
    printf("first order, tanh, %ld layers, %ld digits: %.3f s, peak memory %.0f MB\n",
           (long) layers, (long) digits, base, (double) usage.ru_maxrss / 1024);
    printf("  warm acb_calc_integrate / ours        %.0f\n", rival / base);
    printf("  %ld layers / %ld layers           %.2f\n", 2 * (long) layers, (long) layers,
           deeper / base);
    printf("  exponent in digits, %ld to %ld       %.2f\n", (long) digits, 10 * (long) digits,
           log10(precise / base));
    ew_context_free(ctx);
    flint_cleanup();
    return 0;
}
