/* The shared trapezoid over many layers: fifteen first-order atoms of tanh, variances falling
 * from 1 to 1/2000 as at criticality, each a ball.
 *
 *   expect_grid [LAYERS] [DIGITS]      (default 1000 100) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "expect/expect.h"

#define MONOMIALS 5
#define ATOMS (3 * MONOMIALS)

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void check(ew_status st, ew_context *ctx)
{
    if (st) {
        fprintf(stderr, "expect_grid: %s\n", ew_context_error(ctx));
        exit(1);
    }
}

static void fill_atoms(ew_atom1 *atom)
{
    static const unsigned char powers[MONOMIALS][2] = {{2, 0}, {0, 2}, {4, 0}, {2, 2}, {0, 4}};
    for (int i = 0; i < ATOMS; i++) {
        atom[i] = (ew_atom1){.j = i / MONOMIALS};
        atom[i].f.e[0] = powers[i % MONOMIALS][0];
        atom[i].f.e[1] = powers[i % MONOMIALS][1];
    }
}

static double seconds(slong layers, slong digits, ew_context *ctx)
{
    ew_atom1 atom[ATOMS];
    ew_activation *s;
    ew_evaluator *E;
    slong prec = (slong) ((double) digits * 3.33) + 30;
    arb_t K;
    arb_ptr value = _arb_vec_init(ATOMS);
    arb_init(K);
    fill_atoms(atom);
    double start = now();
    check(ew_activation_new(&s, "tanh", ctx), ctx);
    check(ew_evaluator_new(&E, s, EW_AUTO, ctx), ctx);
    for (slong l = 1; l <= layers; l++) {
        arb_set_ui(K, 1);
        arb_div_ui(K, K, (ulong) (1 + 2 * (l - 1)), prec);
        check(ew_expect_one(value, NULL, E, atom, ATOMS, K, prec, ctx), ctx);
    }
    double t = now() - start;
    ew_evaluator_free(E);
    ew_activation_free(s);
    arb_clear(K);
    _arb_vec_clear(value, ATOMS);
    return t;
}

int main(int argc, char **argv)
{
    slong layers = argc > 1 ? atol(argv[1]) : 1000, digits = argc > 2 ? atol(argv[2]) : 100;
    ew_context *ctx = ew_context_new();
    struct rusage use;
    if (!ctx)
        return 1;
    double once = seconds(layers, digits, ctx), twice = seconds(2 * layers, digits, ctx);
    getrusage(RUSAGE_SELF, &use);
    printf("%ld layers, %ld digits: %.3f s; twice the layers: %.2f times; %ld MB\n",
           (long) layers, (long) digits, once, twice / once, use.ru_maxrss / 1024);
    ew_context_free(ctx);
    return 0;
}
