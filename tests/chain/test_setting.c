#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "chain/psd.h"
#include "chain/setting.h"

static ew_scalar constant(const char *text)
{
    ew_scalar s = {NULL, NULL, NULL};
    if (ew_expr_parse(&s.e, text, NULL, "test", NULL) != EW_OK)
        fail_msg("cannot parse %s", text);
    return s;
}

typedef struct {
    ew_setting net;
    ew_scalar cw[3], cb, lw, lb, gram[16];
    slong entries;
} fixture;

static void set_up(fixture *f, slong inputs, const char *cw, const char *cb,
                   const char *const *gram)
{
    memset(f, 0, sizeof *f);
    f->entries = inputs * (inputs + 1) / 2;
    f->cw[0] = constant(cw);
    f->cw[1] = constant("3");
    f->cw[2] = constant("1/7");
    f->cb = constant(cb);
    f->lw = constant("2");
    f->lb = constant("1/3");
    for (slong i = 0; i < f->entries; i++)
        f->gram[i] = constant(gram[i]);
    f->net.depth = 3;
    f->net.cw = (ew_scalar_list){3, f->cw};
    f->net.cb = (ew_scalar_list){1, &f->cb};
    f->net.lambda_w = (ew_scalar_list){1, &f->lw};
    f->net.lambda_b = (ew_scalar_list){1, &f->lb};
    f->net.inputs = inputs;
    f->net.gram = f->gram;
}

static void shut(fixture *f)
{
    for (slong i = 0; i < 3; i++)
        ew_expr_free(f->cw[i].e);
    ew_expr_free(f->cb.e);
    ew_expr_free(f->lw.e);
    ew_expr_free(f->lb.e);
    for (slong i = 0; i < f->entries; i++)
        ew_expr_free(f->gram[i].e);
}

static ew_status twice_pi(arb_t x, slong prec, void *data, ew_context *ctx)
{
    (void) data;
    (void) ctx;
    arb_const_pi(x, prec);
    arb_mul_2exp_si(x, x, 1);
    return EW_OK;
}

static void layers_have_their_own_parameters(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    fixture f;
    arb_t cw, lb;
    fmpq_t q;
    arb_init(cw);
    arb_init(lb);
    fmpq_init(q);
    set_up(&f, 1, "1/2", "0", (const char *const[]){"1"});
    check_ok(ctx, ew_setting_layer(cw, NULL, NULL, lb, &f.net, 3, 100, ctx));
    check_ball_value(cw, "0.142857142857142857142857142857", 29);
    check_ball_value(lb, "0.333333333333333333333333333333", 29);
    assert_true(ew_scalar_rational(q, ew_scalar_at(&f.net.cw, 3)));
    ew_scalar s = {NULL, twice_pi, NULL};
    assert_false(ew_scalar_rational(q, &s));
    check_ok(ctx, ew_scalar_ball(cw, &s, 100, ctx));
    check_ball_value(cw, "6.28318530717958647692528676656", 29);
    shut(&f);
    set_up(&f, 1, "1", "-1/10", (const char *const[]){"1"});
    check_status(ctx, ew_setting_layer(NULL, lb, NULL, NULL, &f.net, 1, 64, ctx), EW_DOMAIN);
    shut(&f);
    set_up(&f, 1, "log(pi-pi)", "0", (const char *const[]){"1"});
    check_status(ctx, ew_setting_layer(cw, NULL, NULL, NULL, &f.net, 1, 64, ctx), EW_DOMAIN);
    shut(&f);
    fmpq_clear(q);
    arb_clear(cw);
    arb_clear(lb);
    ew_context_free(ctx);
}

static ew_status first(const char *cw, const char *cb, slong m, const char *const *gram,
                       arb_ptr k, arb_ptr theta, ew_context *ctx)
{
    fixture f;
    set_up(&f, m, cw, cb, gram);
    ew_status status = ew_setting_first(k, theta, &f.net, 128, ctx);
    shut(&f);
    return status;
}

static void the_first_layer_is_linear(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    arb_ptr k = _arb_vec_init(4), t = _arb_vec_init(4);
    check_ok(ctx, first("2", "1/4", 2, (const char *const[]){"1", "1/2", "2"}, k, t, ctx));
    check_ball_value(k + 1, "0.5", 30);
    check_ball_value(k + 2, "0.5", 30);
    check_ball_value(k + 3, "2.0", 30);
    /* 1/3 + 2 (K - 1/4)/2 */
    check_ball_value(t + 0, "1.08333333333333333333333333333", 29);
    check_ball_value(t + 1, "0.58333333333333333333333333333", 28);
    check_ball_value(t + 2, "0.58333333333333333333333333333", 28);
    _arb_vec_clear(k, 4);
    _arb_vec_clear(t, 4);
    ew_context_free(ctx);
}

static void impossible_covariances_are_refused(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    const char *const bad[] = {"1", "2", "1"}, *const one[] = {"1/5"};
    const char *const edge[] = {"4", "2", "1"};
    const char *const over[] = {"4", "2", "1 - 1/10^40"};
    const char *const root[] = {"2", "sqrt(2)", "1"}, *const root_over[] = {"2", "3/2",
                                                                            "sqrt(1)"};
    check_status(ctx, first("1", "0", 2, bad, NULL, NULL, ctx), EW_DOMAIN);
    check_status(ctx, first("1", "1/4", 1, one, NULL, NULL, ctx), EW_DOMAIN);
    check_status(ctx, first("0", "0", 1, one, NULL, NULL, ctx), EW_DOMAIN);
    check_ok(ctx, first("1", "0", 2, edge, NULL, NULL, ctx));
    check_status(ctx, first("1", "0", 2, over, NULL, NULL, ctx), EW_DOMAIN);
    check_status(ctx, first("1", "1/10^50", 2, edge, NULL, NULL, ctx), EW_DOMAIN);
    check_ok(ctx, first("1", "0", 2, root, NULL, NULL, ctx));
    check_status(ctx, first("1", "0", 2, root_over, NULL, NULL, ctx), EW_DOMAIN);
    ew_context_free(ctx);
}

/* a = b b^T with b of `rank` columns, less d at one diagonal entry: semi-definite iff d = 0 or
 * the matrix has full rank and d is small. */
static void gram_matrix(fmpq *a, slong n, slong rank, check_rng *r)
{
    slong *b = malloc((size_t) (n * rank) * sizeof *b);
    for (slong i = 0; i < n * rank; i++)
        b[i] = check_range(r, -9, 9);
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < n; j++) {
            slong v = 0;
            for (slong k = 0; k < rank; k++)
                v += b[i * rank + k] * b[j * rank + k];
            fmpq_set_si(a + i * n + j, v, 7);
        }
    free(b);
}

static void singular_matrices_are_decided(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    check_rng r;
    fmpq_t tiny;
    fmpq_init(tiny);
    fmpq_set_si(tiny, 1, 3);
    fmpq_pow_si(tiny, tiny, 300);
    check_rng_init(&r, "psd");
    for (slong trial = 0; trial < check_trials(8); trial++) {
        slong n = check_range(&r, 2, 14), rank = check_range(&r, 1, n - 1);
        int psd;
        fmpq *a = _fmpq_vec_init(n * n);
        gram_matrix(a, n, rank, &r);
        check_ok(ctx, ew_psd_rational(&psd, a, n, ctx));
        assert_int_equal(psd, 1);
        /* a singular matrix less anything positive on a direction of its kernel */
        for (slong i = 0; i < n; i++)
            fmpq_sub(a + i * n + i, a + i * n + i, tiny);
        check_ok(ctx, ew_psd_rational(&psd, a, n, ctx));
        assert_int_equal(psd, 0);
        for (slong i = 0; i < n; i++)
            for (int twice = 0; twice < 2; twice++)
                fmpq_add(a + i * n + i, a + i * n + i, tiny);
        check_ok(ctx, ew_psd_rational(&psd, a, n, ctx));
        assert_int_equal(psd, 1);
        _fmpq_vec_clear(a, n * n);
    }
    fmpq *zero = _fmpq_vec_init(4);
    int psd;
    check_ok(ctx, ew_psd_rational(&psd, zero, 2, ctx));
    assert_int_equal(psd, 1);
    fmpq_set_si(zero + 1, 1, 1);
    fmpq_set_si(zero + 2, 1, 1);
    check_ok(ctx, ew_psd_rational(&psd, zero, 2, ctx));
    assert_int_equal(psd, 0);
    _fmpq_vec_clear(zero, 4);
    fmpq_clear(tiny);
    ew_context_free(ctx);
}

static void hundreds_of_inputs_are_quick(void **state)
{
    (void) state;
    ew_context *ctx = ew_context_new();
    check_rng r;
    slong n = 120;
    int psd;
    check_rng_init(&r, "large");
    fmpq *a = _fmpq_vec_init(n * n);
    gram_matrix(a, n, 100, &r);
    check_ok(ctx, ew_psd_rational(&psd, a, n, ctx));
    assert_int_equal(psd, 1);
    _fmpq_vec_clear(a, n * n);
    ew_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_have_their_own_parameters),
        cmocka_unit_test(the_first_layer_is_linear),
        cmocka_unit_test(impossible_covariances_are_refused),
        cmocka_unit_test(singular_matrices_are_decided),
        cmocka_unit_test(hundreds_of_inputs_are_quick),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
