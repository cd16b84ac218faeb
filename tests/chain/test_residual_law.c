/* The transition law of a residual block against theory.md section 6, and against moments
 * worked out from explicit weights. */
#include <stdlib.h>

#include "chain/formula.h"
#include "chain/residual_law.h"
#include "support/check.h"

#include "chain/evaluate.h"

typedef struct {
    ew_context *ctx;
    ew_fields *fields;
    ew_residual_law *r;
} block;

static slong base(const ew_fields *f, slong a, slong b)
{
    return ew_pair_of(f, ew_fields_find(f, a, 0), ew_fields_find(f, b, 0));
}

static void block_init(block *x, slong inputs, const ew_pairs *(*wanted)(slong *, ew_fields *) )
{
    slong n;
    x->ctx = ew_context_new();
    check_ok(x->ctx, ew_fields_new(&x->fields, inputs, NULL, 0, NULL, 0, x->ctx));
    const ew_pairs *list = wanted(&n, x->fields);
    check_ok(x->ctx, ew_residual_law_new(&x->r, x->fields, list, n, 0, x->ctx));
}

static void block_clear(block *x)
{
    ew_residual_law_free(x->r);
    ew_fields_free(x->fields);
    ew_context_free(x->ctx);
}

/* ab, cd of two inputs a, b: two entries that differ, and twice the same. */
static const ew_pairs *of_two(slong *n, ew_fields *f)
{
    static ew_pairs list[2];
    *n = 2;
    list[0] = list[1] = (ew_pairs){0, {0}};
    ew_pairs_add(&list[0], base(f, 0, 0));
    ew_pairs_add(&list[0], base(f, 0, 1));
    ew_pairs_add(&list[1], base(f, 0, 1));
    ew_pairs_add(&list[1], base(f, 0, 1));
    return list;
}

static void check_given(block *x, const ew_pairs *list, const char *formula)
{
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, x->r->law->ring);
    ew_residual_law_given(f, x->r, list);
    formula_check(f, formula, NULL, NULL, x->r->law);
    fmpq_mpoly_clear(f, x->r->law->ring);
}

static void check_rate(block *x, const ew_pairs *list, const char *formula)
{
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, x->r->law->ring);
    check_ok(x->ctx, ew_residual_law_cumulant(f, x->r, list, x->ctx));
    check_ok(x->ctx, ew_residual_law_rate(f, f, x->r, x->ctx));
    formula_check(f, formula, NULL, NULL, x->r->law);
    fmpq_mpoly_clear(f, x->r->law->ring);
}

/* (1/d)(H_ac Q_bd + H_ad Q_bc + H_bc Q_ad + H_bd Q_ac) alpha^2, and the same with alpha^2 Q for
 * both; the ring's C_W is C_V. */
static void covariances_of_two_inputs(void **state)
{
    (void) state;
    block x;
    slong n;
    block_init(&x, 2, of_two);
    const ew_pairs *list = of_two(&n, x.fields);
    ew_pairs mean = {1, {list[0].p[1]}};
    check_given(&x, &mean, "H_a.b + alpha^2*Q_a.b");
    check_given(&x, &list[0],
                "1/d*(2*alpha^2*(H_a.a*Q_a.b + H_a.b*Q_a.a) + 2*alpha^2^2*Q_a.a*Q_a.b)");
    check_given(&x, &list[1],
                "1/d*(alpha^2*(H_a.a*Q_b.b + H_b.b*Q_a.a + 2*H_a.b*Q_a.b)"
                "+ alpha^2^2*(Q_a.a*Q_b.b + Q_a.b^2))");
    check_rate(&x, &mean, "C_W*<s_a s_b>");
    check_rate(&x, &list[0], "1/d*2*C_W*(H_a.a*<s_a s_b> + H_a.b*<s_a^2>)");
    check_rate(&x, &list[1], "1/d*C_W*(H_a.a*<s_b^2> + H_b.b*<s_a^2> + 2*H_a.b*<s_a s_b>)");
    block_clear(&x);
}

static const ew_pairs *of_one(slong *n, ew_fields *f)
{
    static ew_pairs list;
    *n = 1;
    list = (ew_pairs){4, {0}};
    (void) f;
    return &list;
}

/* H = C_W = C_V = 1, s(z) = z; d, m, alpha^2 given: kappa_1 .. kappa_4. */
static void check_linear(slong d, slong m, const char *const *want)
{
    block x;
    ew_activation *s;
    ew_atom_plan *plan;
    block_init(&x, 1, of_one);
    const ew_residual_law *r = x.r;
    check_ok(x.ctx, ew_activation_new(&s, "z", x.ctx));
    char *used = ew_alloc((size_t) r->law->variables, x.ctx);
    for (slong v = 0; v < r->law->variables; v++)
        used[v] = 1;
    check_ok(x.ctx, ew_atom_plan_new(&plan, r->law, used, s, x.ctx));
    fmpq *value = _fmpq_vec_init(r->law->variables);
    fmpq_t one, got, expected;
    fmpq_init(one);
    fmpq_init(got);
    fmpq_init(expected);
    fmpq_one(one);
    fmpq_one(value + EW_CW);
    fmpq_one(value + EW_RATIO);
    fmpq_set_si(value + r->alpha2, 1, 2);
    fmpq_set_si(value + r->per_d, 1, (ulong) d);
    fmpq_set_si(value + r->per_m, 1, (ulong) m);
    fmpq_one(value + r->h);
    assert_int_equal(ew_atom_plan_rational(value, plan, one), 1);
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, r->law->ring);
    for (slong k = 1; k <= 4; k++) {
        ew_pairs list = {k, {0}};
        check_ok(x.ctx, ew_residual_law_cumulant(f, x.r, &list, x.ctx));
        const fmpq_mpoly_struct *of[] = {f};
        ew_poly_program *p;
        check_ok(x.ctx, ew_poly_program_new(&p, of, 1, r->law, x.ctx));
        ew_poly_program_rational(got, p, value);
        assert_int_equal(fmpq_set_str(expected, want[k - 1], 10), 0);
        if (!fmpq_equal(got, expected)) {
            char *text = fmpq_get_str(NULL, 10, got);
            fail_msg("d = %ld, m = %ld: kappa_%ld = %s, expected %s", (long) d, (long) m,
                     (long) k, text, want[k - 1]);
        }
        ew_poly_program_free(p);
    }
    fmpq_mpoly_clear(f, r->law->ring);
    fmpq_clear(one);
    fmpq_clear(got);
    fmpq_clear(expected);
    _fmpq_vec_clear(value, r->law->variables);
    ew_atom_plan_free(plan);
    free(used);
    ew_activation_free(s);
    block_clear(&x);
}

/* d = m = 1: H' = (1 + alpha v w)^2; m = 2: (1 + alpha (v_1 w_1 + v_2 w_2)/sqrt(2))^2; d = 2, m
 * = 1: H' = 1 + sqrt(2) alpha g v_1 + alpha^2 g^2 (v_1^2 + v_2^2)/2.  All letters standard
 * normal. */
static void explicit_weights(void **state)
{
    (void) state;
    check_linear(1, 1, (const char *const[]){"3/2", "4", "49", "1248"});
    check_linear(1, 2, (const char *const[]){"3/2", "13/4", "97/4", "2931/8"});
    check_linear(2, 1, (const char *const[]){"3/2", "9/4", "67/4", "1995/8"});
}

static void limits(void **state)
{
    (void) state;
    block x;
    slong n;
    block_init(&x, 2, of_two);
    ew_pairs unasked = {3, {0, 0, 0}}, many = {EW_RESIDUAL_ENTRIES + 1, {0}};
    ew_residual_law *r;
    fmpq_mpoly_t f;
    (void) n;
    fmpq_mpoly_init(f, x.r->law->ring);
    check_status(x.ctx, ew_residual_law_cumulant(f, x.r, &unasked, x.ctx), EW_UNABLE);
    check_status(x.ctx, ew_residual_law_cumulant(f, x.r, &many, x.ctx), EW_UNABLE);
    check_status(x.ctx, ew_residual_law_new(&r, x.fields, &many, 1, 0, x.ctx), EW_UNABLE);
    fmpq_mpoly_clear(f, x.r->law->ring);
    block_clear(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariances_of_two_inputs),
        cmocka_unit_test(explicit_weights),
        cmocka_unit_test(limits),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    flint_cleanup();
    return failed;
}
