/* The limiting equation of residual networks against one block at L = 10^6 and 10^8: L times
 * the mean and covariance of H' - H from the block's exact law (chain/residual_law.h), for
 * inner widths 1 and 1000. */
#include "support/check.h"

#include <math.h>
#include <stdlib.h>

#include "chain/evaluate.h"
#include "chain/residual_law.h"
#include "readings/sde/derive.h"

#define CW "3/2"
#define CV "2/3"
#define D 4

static const double h[3] = {2, 0.5, 1}; /* H_aa, H_ab, H_bb */

/* The entries aa, ab, bb as lists of one pair. */
static ew_pairs entry(const ew_fields *f, slong i)
{
    static const slong a[] = {0, 0, 1}, b[] = {0, 1, 1};
    ew_pairs list = {
        1, {(int) ew_pair_of(f, ew_fields_find(f, a[i], 0), ew_fields_find(f, b[i], 0))}};
    return list;
}

/* kappa(list | H) times L. */
static double one_block(ew_residual_law *r, const ew_activation *s, const ew_pairs *list,
                        double blocks, slong m, ew_context *ctx)
{
    const ew_law *law = r->law;
    ew_evaluator *E;
    ew_atom_plan *plan;
    ew_poly_program *p;
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, law->ring);
    check_ok(ctx, ew_residual_law_cumulant(f, r, list, ctx));
    const fmpq_mpoly_struct *of[] = {f};
    check_ok(ctx, ew_poly_program_new(&p, of, 1, law, ctx));
    check_ok(ctx, ew_atom_plan_new(&plan, law, p->used, s, ctx));
    check_ok(ctx, ew_evaluator_new(&E, s, EW_AUTO, ctx));
    arb_ptr x = _arb_vec_init(law->variables), g = _arb_vec_init(4), y = _arb_vec_init(1);
    for (slong i = 0; i < 3; i++)
        arb_set_d(x + r->h + entry(law->fields, i).p[0], h[i]);
    static const int square[] = {0, 1, 1, 2};
    for (slong i = 0; i < 4; i++)
        arb_set_d(g + i, 1.5 * h[square[i]]);
    arb_set_si(x + EW_CW, 2);
    arb_div_si(x + EW_CW, x + EW_CW, 3, 256);
    arb_one(x + EW_RATIO);
    arb_set_d(x + r->alpha2, blocks);
    arb_inv(x + r->alpha2, x + r->alpha2, 256);
    arb_set_d(x + r->per_d, 1.0 / D);
    arb_set_si(x + r->per_m, m);
    arb_inv(x + r->per_m, x + r->per_m, 256);
    check_ok(ctx, ew_atom_plan_some(x, NULL, plan, p->used, E, g, 256, ctx));
    ew_poly_program_ball(y, NULL, p, x, 256);
    if (list->n == 1)
        for (slong i = 0; i < 3; i++)
            if (entry(law->fields, i).p[0] == list->p[0])
                arb_sub(y, y, x + r->h + list->p[0], 256);
    arb_div(y, y, x + r->alpha2, 256);
    double value = arf_get_d(arb_midref(y), ARF_RND_NEAR);
    _arb_vec_clear(x, law->variables);
    _arb_vec_clear(g, 4);
    _arb_vec_clear(y, 1);
    ew_evaluator_free(E);
    ew_atom_plan_free(plan);
    ew_poly_program_free(p);
    fmpq_mpoly_clear(f, law->ring);
    return value;
}

static ew_expr *expression(const char *text, ew_context *ctx)
{
    ew_expr *e;
    check_ok(ctx, ew_expr_parse(&e, text, NULL, "number", ctx));
    return e;
}

/* Both sides agree up to terms of order 1/L, and not exactly: the covariance has one of order
 * alpha^4. */
static void check_activation(const char *text)
{
    ew_context *ctx = ew_context_new();
    ew_activation *s;
    ew_fields *fields;
    ew_residual_law *r;
    ew_sde *sde;
    check_ok(ctx, ew_activation_new(&s, text, ctx));
    ew_expr *cw = expression(CW, ctx), *cv = expression(CV, ctx), *d = expression("4", ctx);
    ew_residual_model model = {
        .activation = s, .cw = cw, .cv = cv, .dimension = d, .inputs = 2};
    check_ok(ctx, ew_sde_residual(&sde, &model, ctx));
    check_ok(ctx, ew_sde_tabulate(sde, ctx));
    check_ok(ctx, ew_fields_new(&fields, 2, NULL, 0, NULL, 0, ctx));
    ew_pairs wanted[6];
    slong n = 0;
    for (slong i = 0; i < 3; i++)
        for (slong j = i; j < 3; j++) {
            wanted[n] = entry(fields, i);
            ew_pairs_add(&wanted[n++], entry(fields, j).p[0]);
        }
    check_ok(ctx, ew_residual_law_new(&r, fields, wanted, n, 0, ctx));
    double drift[3], diffusion[6];
    ew_sde_drift(drift, sde, 0, h, 1);
    ew_sde_diffusion(diffusion, sde, 0, h, 1);
    for (slong i = 0; i < 3; i++) {
        ew_pairs list = entry(fields, i);
        assert_true(fabs(one_block(r, s, &list, 1e6, 1, ctx) - drift[i]) < 1e-11);
    }
    for (slong i = 0, k = 0; i < 3; i++)
        for (slong j = i; j < 3; j++, k++) {
            double want = diffusion[ew_sde_entry(sde, i, j)];
            double few = one_block(r, s, &wanted[k], 1e6, 1, ctx) - want;
            double more = one_block(r, s, &wanted[k], 1e8, 1000, ctx) - want;
            if (!(fabs(few) < 1e-4 && fabs(few) > 1e-8 && fabs(more) < 1e-7))
                fail_msg("%s, entry %ld: off by %g at 10^6, by %g at 10^8", text, (long) k, few,
                         more);
        }
    ew_residual_law_free(r);
    ew_fields_free(fields);
    ew_sde_free(sde);
    ew_expr_free(cw);
    ew_expr_free(cv);
    ew_expr_free(d);
    ew_activation_free(s);
    ew_context_free(ctx);
}

static void relu(void **state)
{
    (void) state;
    check_activation("relu");
}

static void smooth(void **state)
{
    (void) state;
    check_activation("tanh");
}

static void leaky(void **state)
{
    (void) state;
    check_activation("leaky_relu(1/3)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(relu), cmocka_unit_test(leaky),
                                       cmocka_unit_test(smooth)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
