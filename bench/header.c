/* Functions of emitted headers, compiled by the C compiler ($CC, else cc) with -O3
 * -march=native: nanoseconds an evaluation in a loop over an array, beside tanh and erf of the
 * C library; microseconds a plan; seconds it takes to make them, and kilobytes of text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "products/header/function.h"

static ew_context *ctx;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void check(ew_status status)
{
    if (status == EW_OK)
        return;
    fprintf(stderr, "header: %s\n", ew_context_error(ctx));
    exit(1);
}

static ew_scalar constant(slong value)
{
    return (ew_scalar){.e = ew_expr_si(value, ctx)};
}

static const char program[] =
    "#include <stdio.h>\n"
    "#include <time.h>\n"
    "#define N 4096\n"
    "static double x[N], t[N], k[N], y[N];\n"
    "static double now(void)\n"
    "{\n"
    "    struct timespec s;\n"
    "    clock_gettime(CLOCK_MONOTONIC, &s);\n"
    "    return (double) s.tv_sec + 1e-9 * (double) s.tv_nsec;\n"
    "}\n"
    "#define TIME(name, code) do { double best = 1e9; for (int r = 0; r < 400; r++) {\\\n"
    "    double s = now(); code; s = now() - s; best = s < best ? s : best; }\\\n"
    "    printf(\"  %-26s %6.2f ns\\n\", name, best / N * 1e9); } while (0)\n"
    "int main(void)\n"
    "{\n"
    "    n_dual_plan p;\n"
    "    uint64_t s = 1;\n"
    "    for (int i = 0; i < N; i++) {\n"
    "        double u[3];\n"
    "        for (int j = 0; j < 3; j++) {\n"
    "            s = s * UINT64_C(6364136223846793005) + 1442695040888963407u;\n"
    "            u[j] = (double) (s >> 11) * 0x1p-53;\n"
    "        }\n"
    "        x[i] = 2 * u[0] - 1;\n"
    "        t[i] = exp2(1 - 20 * u[1]);\n"
    "        k[i] = 0.5 + 0.5 * u[2];\n"
    "    }\n"
    "    TIME(\"plan, per K\", for (int i = 0; i < N; i++) n_dual_at(&p, k[i]); y[0] = "
    "p.one);\n"
    "    TIME(\"(K, rho) -> <s s>\", n_dual_ss_many(&p, x, y, N));\n"
    "    TIME(\"(K, rho) -> <s' s'>\", n_dual_dd_many(&p, x, y, N));\n"
    "    TIME(\"1 - rho, layer to layer\", n_dual_next_many(&p, t, y, N));\n"
    "    TIME(\"K -> chi_par\", for (int i = 0; i < N; i++) y[i] = n_chi_par(k[i]));\n"
    "    TIME(\"tanh of the C library\", for (int i = 0; i < N; i++) y[i] = tanh(x[i]));\n"
    "    TIME(\"erf of the C library\", for (int i = 0; i < N; i++) y[i] = erf(x[i]));\n"
    "    return y[N / 2] == 42;\n"
    "}\n";

/* Text of both families; its size. */
static size_t put(FILE *f, const ew_header_request *r)
{
    ew_header_functions one, two;
    char *shared = ew_header_shared(r->prefix, ctx);
    check(shared ? EW_OK : EW_MEMORY);
    check(ew_header_single(&one, r, ctx));
    check(ew_header_dual(&two, r, ctx));
    fprintf(f, "%s%s%s%s", shared, one.text, two.text, program);
    size_t size = strlen(shared) + strlen(one.text) + strlen(two.text);
    free(shared);
    ew_header_functions_clear(&one);
    ew_header_functions_clear(&two);
    return size;
}

static void measure(const char *activation)
{
    ew_activation *s;
    ew_evaluator *E;
    check(ew_activation_new(&s, activation, ctx));
    check(ew_evaluator_new(&E, s, EW_AUTO, ctx));
    ew_scalar one = constant(1), zero = constant(0);
    ew_setting net = {.activation = s,
                      .depth = 2,
                      .cw = {1, &one},
                      .cb = {1, &zero},
                      .lambda_w = {1, &one},
                      .lambda_b = {1, &zero}};
    const ew_header_request r = {&net, E, "n", 0.5, 1, 1, 0};
    FILE *f = fopen("bench-header.c", "w");
    if (!f)
        check(ew_fail(ctx, EW_IO, "bench-header.c: cannot be written"));
    double seconds = now();
    size_t size = put(f, &r);
    seconds = now() - seconds;
    fclose(f);
    printf("%s, 1/2 <= K <= 1: made in %.1f s, %.0f kB\n", activation, seconds,
           (double) size / 1000);
    fflush(stdout);
    char command[256];
    const char *cc = getenv("CC");
    snprintf(command, sizeof command,
             "%.60s -O3 -march=native -fno-math-errno bench-header.c -o bench-header.exe -lm &&"
             " ./bench-header.exe",
             cc && *cc ? cc : "cc");
    if (system(command) != 0)
        check(ew_fail(ctx, EW_IO, "the C compiler failed"));
    remove("bench-header.c");
    remove("bench-header.exe");
    ew_expr_free(one.e);
    ew_expr_free(zero.e);
    ew_evaluator_free(E);
    ew_activation_free(s);
}

int main(void)
{
    ctx = ew_context_new();
    measure("tanh");
    measure("gelu");
    measure("relu");
    ew_context_free(ctx);
    return 0;
}
