/* Functions of emitted headers, compiled and compared with certified values. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "products/header/function.h"

/* ---- a network ----------------------------------------------------------------------------
 */

static ew_status decimal(arb_t x, slong prec, void *data, ew_context *ctx)
{
    (void) ctx;
    return arb_set_str(x, data, prec) ? EW_DOMAIN : EW_OK;
}

static ew_scalar scalars[] = {{NULL, decimal, "1.7"},
                              {NULL, decimal, "0.1"},
                              {NULL, decimal, "1"},
                              {NULL, decimal, "0.3"}};

typedef struct {
    ew_context *ctx;
    ew_activation *s;
    ew_evaluator *E;
    ew_setting net;
    ew_header_request r;
} network;

static void network_open(network *n, const char *activation, double lo, double hi)
{
    memset(n, 0, sizeof *n);
    n->ctx = ew_context_new();
    check_ok(n->ctx, ew_activation_new(&n->s, activation, n->ctx));
    check_ok(n->ctx, ew_evaluator_new(&n->E, n->s, EW_AUTO, n->ctx));
    n->net.activation = n->s;
    n->net.depth = 3;
    n->net.cw = (ew_scalar_list){1, &scalars[0]};
    n->net.cb = (ew_scalar_list){1, &scalars[1]};
    n->net.lambda_w = (ew_scalar_list){1, &scalars[2]};
    n->net.lambda_b = (ew_scalar_list){1, &scalars[3]};
    n->r = (ew_header_request){&n->net, n->E, "net", lo, hi, 3, 24};
}

static void network_close(network *n)
{
    ew_evaluator_free(n->E);
    ew_activation_free(n->s);
    ew_context_free(n->ctx);
}

/* ---- a program that checks all points -----------------------------------------------------
 */

static void put_number(FILE *f, double x)
{
    if (isnan(x))
        fprintf(f, "NAN");
    else if (isinf(x))
        fprintf(f, "INFINITY");
    else
        fprintf(f, "%a", x);
}

static void put_checks(FILE *f, const ew_header_functions *list)
{
    for (slong i = 0; i < list->n; i++)
        for (slong k = 0; k < list->function[i].probes; k++) {
            const ew_header_probe *p = &list->function[i].probe[k];
            fprintf(f, "    {\n        static const double a[] = {");
            for (int j = 0; j < p->args; j++) {
                put_number(f, p->arg[j]);
                fprintf(f, ", ");
            }
            fprintf(f, "};\n        bad += wrong(%s, ", list->function[i].call);
            put_number(f, p->lo);
            fprintf(f, ", ");
            put_number(f, p->hi);
            fprintf(f, ", %a);\n    }\n", p->bound);
        }
}

#define FAMILIES 3
typedef ew_status (*family_fn)(ew_header_functions *, const ew_header_request *, ew_context *);
static const family_fn family[FAMILIES] = {ew_header_single, ew_header_step, ew_header_dual};

/* The header and the checks of the first `families` families; *coefficient is where in the file
 * the first table's numbers are. */
static void put_program(FILE *f, network *n, int families)
{
    ew_header_functions list[FAMILIES];
    char *shared = ew_header_shared("net", n->ctx);
    assert_non_null(shared);
    fprintf(f, "%s", shared);
    free(shared);
    for (int i = 0; i < families; i++) {
        check_ok(n->ctx, family[i](&list[i], &n->r, n->ctx));
        fprintf(f, "%s", list[i].text);
    }
    fprintf(f, "static int wrong(double v, double lo, double hi, double bound)\n"
               "{\n    return lo != lo ? v == v : !(v >= lo - bound && v <= hi + bound);\n}\n"
               "int main(void)\n{\n    int bad = 0;\n");
    for (int i = 0; i < families; i++) {
        put_checks(f, &list[i]);
        ew_header_functions_clear(&list[i]);
    }
    fprintf(f, "    return bad > 100 ? 100 : bad;\n}\n");
}

static void write_program(const char *path, network *n, int families)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    put_program(f, n, families);
    assert_int_equal(fclose(f), 0);
}

/* What the program returns: how many points are wrong; -1 if it does not compile. */
static int run(const char *source, const char *options)
{
    char command[800];
    const char *cc = getenv("CC");
    snprintf(command, sizeof command,
             "%s %s -Wall -Wextra -Werror -Wno-unused-function %s -o %s.exe -lm",
             cc && *cc ? cc : "cc", options, source, source);
    if (system(command) != 0)
        return -1;
    snprintf(command, sizeof command, "./%s.exe", source);
    int status = system(command);
    snprintf(command, sizeof command, "%s.exe", source);
    remove(command);
    return status / 256;
}

/* Replace a digit of the first number after `where`. */
static void damage(const char *path, const char *where)
{
    FILE *f = fopen(path, "r+");
    static char text[1 << 20];
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    char *at = strstr(text, where);
    assert_non_null(at);
    at = strchr(strchr(at, '{'), ',') - 8;
    *at = *at == '5' ? '6' : '5';
    rewind(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void check_header(const char *activation, double lo, double hi, int families,
                         const char *options, const char *const *tables)
{
    network n;
    char path[64];
    snprintf(path, sizeof path, "header-%ld.c", (long) getpid());
    network_open(&n, activation, lo, hi);
    write_program(path, &n, families);
    int wrong = run(path, options);
    if (wrong != 0)
        fail_msg("%s: %d points are wrong", activation, wrong);
    for (; *tables; tables++) {
        write_program(path, &n, families);
        damage(path, *tables);
        assert_true(run(path, options) > 0);
    }
    remove(path);
    network_close(&n);
}

static void headers_compute_what_they_claim(void **state)
{
    (void) state;
    static const char *const none[] = {NULL}, *const all[] = {"net_ss_one_table[", NULL};
    static const char *const dual[] = {"net_dual_jump[", NULL};
    check_header("tanh", 0.75, 1, 2, "-std=c99 -pedantic -O1", none);
    check_header("elu", 0.3, 1, 2, "-std=c99 -O0", all);
    check_header("relu", 0.25, 4, 3, "-std=c99 -pedantic -O0", dual);
    check_header("erf", 0.0625, 0.125, 3, "-std=c99 -O0", none);
    check_header("gelu", 0.0625, 0.125, 3, "-std=c11 -O0", none);
}

static void domains(void **state)
{
    (void) state;
    network n;
    ew_header_functions f;
    network_open(&n, "tanh", 2, 1);
    check_status(n.ctx, ew_header_single(&f, &n.r, n.ctx), EW_DOMAIN);
    n.r.k_min = -1;
    check_status(n.ctx, ew_header_step(&f, &n.r, n.ctx), EW_DOMAIN);
    network_close(&n);
    network_open(&n, "elu", 0.5, 1);
    check_status(n.ctx, ew_header_dual(&f, &n.r, n.ctx), EW_UNABLE);
    assert_non_null(strstr(ew_context_error(n.ctx), "kinks"));
    network_close(&n);
    network_open(&n, "exp(z)", 1, 64);
    check_status(n.ctx, ew_header_single(&f, &n.r, n.ctx), EW_UNABLE);
    assert_int_equal(f.n, 0);
    network_close(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_compute_what_they_claim),
        cmocka_unit_test(domains),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
