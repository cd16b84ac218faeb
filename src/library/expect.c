/* expect: one certified Gaussian expectation of an integrand in z, s, s', ... */
#include <stdlib.h>
#include <string.h>

#include "arith/decimal.h"
#include "chain/psd.h"
#include "emit/buffer.h"
#include "expect/integrand.h"
#include "library/command.h"
#include "library/value.h"

#define PSD_BITS 1024

typedef struct {
    ew_setup *setup;
    ew_integrand *f;
    ew_evaluator *evaluator;
    ew_scalar_list k; /* the covariance, upper triangle by rows */
    slong variables;
    ew_atom1 *one; /* of one variable, of two, of more: the one that applies */
    ew_atom2 *two;
    ew_atom_many *many;
} question;

static void question_clear(question *q)
{
    ew_scalars_clear(&q->k);
    ew_evaluator_free(q->evaluator);
    ew_integrand_free(q->f);
    ew_setup_free(q->setup);
    free(q->one);
    free(q->two);
    free(q->many);
}

/* K_aa K_bb - K_ab^2 >= 0, decided exactly. */
static ew_status check_gram(const ew_scalar_list *k, ew_context *ctx)
{
    ew_expr *aa = k->x[0].e, *ab = k->x[1].e, *bb = k->x[2].e;
    ew_status status = ew_value_sign(aa, "gram", 0, ctx);
    if (status == EW_OK)
        status = ew_value_sign(bb, "gram", 0, ctx);
    if (status != EW_OK)
        return status;
    ew_expr *determinant =
        ew_expr_sub(ew_expr_2(EW_MUL, ew_expr_ref(aa), ew_expr_ref(bb), ctx),
                    ew_expr_2(EW_MUL, ew_expr_ref(ab), ew_expr_ref(ab), ctx), ctx);
    if (!determinant)
        return ew_recorded(ctx);
    int sign = ew_expr_sign(determinant);
    ew_expr_free(determinant);
    if (sign == 2)
        return ew_fail(ctx, EW_UNABLE,
                       "gram: not decided whether it is positive semi-definite");
    return sign >= 0 ? EW_OK : ew_fail(ctx, EW_DOMAIN, "gram: not positive semi-definite");
}

/* Row-major from the upper triangle. */
static slong entry(slong a, slong b, slong n)
{
    return a <= b ? a * n - a * (a - 1) / 2 + b - a : entry(b, a, n);
}

/* More variables: exactly over Q, else in balls. */
static ew_status check_matrix(const question *q, ew_context *ctx)
{
    slong n = q->variables;
    int rational = 1, psd = -1;
    fmpq *exact = _fmpq_vec_init(n * n);
    arb_ptr ball = _arb_vec_init(n * n);
    ew_status status = EW_OK;
    for (slong i = 0; i < n * n && status == EW_OK; i++) {
        const ew_scalar *x = q->k.x + entry(i / n, i % n, n);
        rational = rational && ew_scalar_rational(exact + i, x);
        status = ew_scalar_ball(ball + i, x, PSD_BITS, ctx);
    }
    if (status == EW_OK)
        status = rational ? ew_psd_rational(&psd, exact, n, ctx)
                          : ew_psd_balls(&psd, ball, n, PSD_BITS, ctx);
    _fmpq_vec_clear(exact, n * n);
    _arb_vec_clear(ball, n * n);
    if (status != EW_OK || psd > 0)
        return status;
    return psd == 0 ? ew_fail(ctx, EW_DOMAIN, "gram: not positive semi-definite")
                    : ew_fail(ctx, EW_UNABLE,
                              "gram: not decided whether it is positive semi-definite");
}

static ew_status read_covariance(question *q, const ew_network *net, ew_context *ctx)
{
    const char *k = ew_network_get(net, "k"), *gram = ew_network_get(net, "gram");
    if (k && gram)
        return ew_fail(ctx, EW_USAGE, "k and gram exclude each other");
    const char *name = gram ? "gram" : "k";
    ew_status status = ew_scalars_read(&q->k, name, gram ? gram : k ? k : "1", ctx);
    if (status != EW_OK)
        return status;
    while (q->variables * (q->variables + 1) / 2 < q->k.n)
        q->variables++;
    if (q->variables * (q->variables + 1) / 2 != q->k.n || q->variables > EW_MANY)
        return ew_fail(ctx, EW_USAGE,
                       "gram: 1, 3, 6, ... entries for 1, 2, 3, ... (up to %d) variables, "
                       "not %ld",
                       EW_MANY, (long) q->k.n);
    if (q->variables == 1)
        return ew_value_sign(q->k.x[0].e, name, 0, ctx);
    return q->variables == 2 ? check_gram(&q->k, ctx) : check_matrix(q, ctx);
}

static ew_status make_atoms(question *q, ew_context *ctx)
{
    const ew_integrand *f = q->f;
    size_t n = (size_t) f->n;
    q->one = ew_alloc_zero(n, sizeof *q->one, ctx);
    q->two = ew_alloc_zero(n, sizeof *q->two, ctx);
    q->many = ew_alloc_zero(n, sizeof *q->many, ctx);
    if (!q->one || !q->two || !q->many)
        return EW_MEMORY;
    for (slong i = 0; i < f->n; i++) {
        q->one[i].f = q->two[i].f = f->term[i].of[0];
        q->two[i].g = f->term[i].of[1];
        memcpy(q->many[i].f, f->term[i].of, sizeof q->many[i].f);
    }
    return EW_OK;
}

static ew_status read_question(question *q, const ew_network *net, ew_context *ctx)
{
    const char *text = ew_network_get(net, "integrand");
    if (!text)
        return ew_fail(ctx, EW_USAGE, "integrand: none given");
    ew_status status = read_covariance(q, net, ctx);
    if (status == EW_OK)
        status = ew_setup_brief(&q->setup, net, ctx);
    if (status == EW_OK)
        status = ew_integrand_parse(&q->f, text, q->variables, ctx);
    if (status == EW_OK)
        status = make_atoms(q, ctx);
    if (status == EW_OK)
        status = ew_evaluator_new(&q->evaluator, q->setup->activation, q->setup->method, ctx);
    return status;
}

/* ---- balls --------------------------------------------------------------------------------
 */

static ew_status many_balls(arb_ptr values, mag_ptr scales, const question *q, arb_srcptr k,
                            slong prec, ew_context *ctx)
{
    slong n = q->variables;
    arb_ptr gram = _arb_vec_init(n * n);
    for (slong i = 0; i < n * n; i++)
        arb_set(gram + i, k + entry(i / n, i % n, n));
    ew_status status =
        ew_expect_many(values, scales, q->evaluator, q->many, q->f->n, gram, n, prec, ctx);
    _arb_vec_clear(gram, n * n);
    return status;
}

static ew_status atom_balls(arb_ptr values, mag_ptr scales, const question *q, slong prec,
                            ew_context *ctx)
{
    arb_ptr k = _arb_vec_init(q->k.n);
    ew_status status = EW_OK;
    for (slong i = 0; status == EW_OK && i < q->k.n; i++)
        status = ew_scalar_ball(k + i, q->k.x + i, prec, ctx);
    if (status == EW_OK && q->variables == 1)
        status = ew_expect_one(values, scales, q->evaluator, q->one, q->f->n, k, prec, ctx);
    else if (status == EW_OK && q->variables == 2)
        status = ew_expect_two(values, scales, q->evaluator, q->two, q->f->n, k, k + 1, k + 2,
                               prec, ctx);
    else if (status == EW_OK)
        status = many_balls(values, scales, q, k, prec, ctx);
    _arb_vec_clear(k, q->k.n);
    return status;
}

static ew_status value_ball(arb_ptr value, mag_ptr scale, slong prec, void *data,
                            ew_context *ctx)
{
    const question *q = data;
    slong n = q->f->n;
    arb_ptr values = _arb_vec_init(n);
    mag_ptr scales = _mag_vec_init(n);
    ew_status status = atom_balls(values, scales, q, prec, ctx);
    arb_t c;
    mag_t size;
    arb_init(c);
    mag_init(size);
    arb_zero(value);
    for (slong i = 0; status == EW_OK && i < n; i++) {
        arb_set_fmpq(c, q->f->coef + i, prec);
        arb_addmul(value, c, values + i, prec);
        arb_get_mag(size, c);
        mag_addmul(scale, size, scales + i);
    }
    arb_clear(c);
    mag_clear(size);
    _arb_vec_clear(values, n);
    _mag_vec_clear(scales, n);
    return status;
}

/* ---- exact forms --------------------------------------------------------------------------
 */

static int atom_rational(fmpq_t x, const question *q, slong i, const fmpq *k)
{
    const ew_activation *s = q->setup->activation;
    if (q->variables > 2)
        return 0;
    return q->variables == 2 ? ew_expect_two_rational(x, s, q->two + i, k, k + 1, k + 2)
                             : ew_expect_one_rational(x, s, q->one + i, k);
}

static int value_rational(fmpq_t value, const question *q, const fmpq *k)
{
    fmpq_t x;
    int known = 1;
    fmpq_init(x);
    fmpq_zero(value);
    for (slong i = 0; known && i < q->f->n; i++) {
        known = atom_rational(x, q, i, k);
        fmpq_addmul(value, q->f->coef + i, x);
    }
    fmpq_clear(x);
    return known;
}

/* The exact forms of the atoms, times their coefficients, added up; NULL if one is not known.
 */
static char *value_exact(const question *q, const fmpq *k, ew_context *ctx)
{
    const ew_activation *s = q->setup->activation;
    ew_buffer b = {0};
    int known = 1;
    for (slong i = 0; known && i < q->f->n; i++) {
        char *form = q->variables == 2
                         ? ew_expect_two_exact(s, q->two + i, k, k + 1, k + 2, ctx)
                         : ew_expect_one_exact(s, q->one + i, k, ctx);
        char *c = ew_rational_text(q->f->coef + i);
        known = form && c;
        if (known && q->f->n == 1 && strcmp(c, "1") == 0)
            ew_buffer_add(&b, form);
        else if (known)
            ew_buffer_addf(&b, "%s(%s)*(%s)", i ? " + " : "", c, form);
        free(form);
        free(c);
    }
    char *text = ew_buffer_take(&b, known ? ctx : NULL);
    if (known)
        return text;
    free(text);
    return NULL;
}

static ew_status answer(ew_certified *x, question *q, ew_context *ctx)
{
    fmpq_t value;
    fmpq *k = _fmpq_vec_init(q->k.n);
    int rational = 1;
    fmpq_init(value);
    for (slong i = 0; rational && i < q->k.n; i++)
        rational = ew_scalar_rational(k + i, q->k.x + i);
    ew_status status;
    if (rational && value_rational(value, q, k)) {
        status = ew_certify_rational(x, value, q->setup->digits, ctx);
        x->method = "closed form";
    } else {
        status = ew_certify(x, 1, q->setup->digits, value_ball, q, ctx);
        if (status == EW_OK && rational && q->variables < 3 && !x->exact)
            x->exact = value_exact(q, k, ctx);
        if (status == EW_OK)
            x->method = ew_evaluator_method(q->evaluator);
    }
    fmpq_clear(value);
    _fmpq_vec_clear(k, q->k.n);
    return status == EW_OK ? ew_command_exact(q->setup, x, "this expectation", ctx) : status;
}

static json_t *covariance_json(const question *q, ew_context *ctx)
{
    if (q->k.n == 1)
        return ew_scalar_json(q->k.x, q->setup->digits, ctx);
    json_t *array = json_array();
    int bad = 0;
    for (slong i = 0; i < q->k.n; i++)
        bad |= json_array_append_new(array, ew_scalar_json(q->k.x + i, q->setup->digits, ctx));
    return ew_command_node(array, bad, ctx);
}

static json_t *question_json(const question *q, const ew_network *net, ew_context *ctx)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "activation", json_string(q->setup->activation->text));
    bad |= json_object_set_new(o, "integrand", json_string(ew_network_get(net, "integrand")));
    bad |= json_object_set_new(o, q->k.n == 1 ? "k" : "gram", covariance_json(q, ctx));
    bad |= json_object_set_new(o, "digits", json_integer((json_int_t) q->setup->digits));
    return ew_command_node(o, bad, ctx);
}

ew_status ew_expect(ew_result **res, const ew_network *net, ew_context *ctx)
{
    question q = {0};
    ew_certified x;
    ew_certified_init(&x);
    ew_status status = ew_command_begin(res, net, ctx);
    if (status == EW_OK)
        status = read_question(&q, net, ctx);
    if (status == EW_OK)
        status = answer(&x, &q, ctx);
    if (status == EW_OK) {
        json_t *body = json_object();
        int bad = json_object_set_new(body, "value", ew_json_certified(&x));
        status = ew_command_end(res, "expect", question_json(&q, net, ctx),
                                ew_command_node(body, bad, ctx), ctx);
    }
    ew_certified_clear(&x);
    question_clear(&q);
    return status;
}
