/* The equations as JSON: formulas, certified numbers, the verdict. */
#include <stdlib.h>
#include <string.h>

#include "activation/polynomial.h"
#include "library/sde.h"
#include "readings/sde/number.h"

/* ---- certified numbers --------------------------------------------------------------------
 */

/* A number to be certified: one of these. */
typedef struct {
    const ew_sde *sde;
    const ew_sde_constant *constant;
    const fmpq_mpoly_struct *f;
    const ew_sde_verdict *verdict;
    const ew_scalar_list *gram;
    enum { CONSTANT, NUMBER, PROBABILITY, SHAPE, RATE, DRIFT } kind;
    slong entry;
} wanted;

/* The drift at the initial covariance. */
static ew_status drift_ball(arb_t x, const wanted *w, slong prec, ew_context *ctx)
{
    slong n = w->sde->n;
    arb_ptr v = _arb_vec_init(n), b = _arb_vec_init(n);
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = ew_scalar_ball(v + i, w->gram->x + i, prec, ctx);
    if (status == EW_OK)
        status = ew_sde_drift_ball(b, w->sde, NULL, v, prec, ctx);
    arb_swap(x, b + w->entry);
    _arb_vec_clear(v, n);
    _arb_vec_clear(b, n);
    return status;
}

static ew_status number_ball(arb_ptr x, mag_ptr scale, slong prec, void *data, ew_context *ctx)
{
    const wanted *w = data;
    (void) scale;
    if (w->kind == CONSTANT)
        return ew_sde_constant_ball(x, w->constant, prec, ctx);
    if (w->kind == NUMBER)
        return ew_sde_number_ball(x, w->sde, w->f, prec, ctx);
    if (w->kind == DRIFT)
        return drift_ball(x, w, prec, ctx);
    arb_t y;
    arb_init(y);
    arb_one(y);
    ew_status status = EW_OK;
    if (w->kind == PROBABILITY) {
        if (w->gram->n)
            status = ew_scalar_ball(y, w->gram->x, prec, ctx);
        if (status == EW_OK)
            status = ew_sde_explosion(x, w->verdict, y, prec, ctx);
    } else
        status = w->kind == SHAPE ? ew_sde_stationary(x, y, w->verdict, prec, ctx)
                                  : ew_sde_stationary(y, x, w->verdict, prec, ctx);
    arb_clear(y);
    return status;
}

/* Owns e (NULL: no exact form). */
static json_t *certified_json(const wanted *w, ew_expr *e, slong digits, ew_context *ctx)
{
    ew_certified x;
    wanted copy = *w;
    json_t *node = NULL;
    ew_certified_init(&x);
    ew_status status = ew_certify(&x, 1, digits, number_ball, &copy, ctx);
    if (status == EW_OK && e && !x.exact)
        x.exact = ew_expr_text(e, ctx);
    if (status == EW_OK)
        node = ew_json_certified(&x);
    ew_certified_clear(&x);
    ew_expr_free(e);
    return node;
}

static int put_constants(json_t *o, const ew_sde *sde, slong digits, ew_context *ctx)
{
    int bad = 0;
    for (slong i = 0; sde && i < sde->constants && !bad; i++) {
        const ew_sde_constant *c = &sde->constant[i];
        if (c->internal || json_object_get(o, c->name))
            continue;
        const wanted w = {.constant = c, .kind = CONSTANT};
        ew_expr *e = c->value.e ? ew_constant_canonical(ew_expr_ref(c->value.e), ctx) : NULL;
        bad = json_object_set_new(o, c->name, certified_json(&w, e, digits, ctx));
    }
    return bad;
}

static int put_numbers(json_t *o, const ew_sde_verdict *v, slong digits, ew_context *ctx)
{
    int bad = 0;
    for (slong i = 0; i < v->numbers && !bad; i++) {
        const wanted w = {.sde = v->sde, .f = &v->number[i].f, .kind = NUMBER};
        ew_expr *e;
        if (ew_sde_number_expr(&e, v->sde, &v->number[i].f, ctx) != EW_OK)
            return 1;
        bad = json_object_set_new(o, v->number[i].name, certified_json(&w, e, digits, ctx));
    }
    return bad;
}

static json_t *coefficients_json(const ew_sde_request *r, ew_context *ctx)
{
    json_t *o = json_object();
    int bad = put_numbers(o, r->verdict, r->digits, ctx);
    bad = bad || put_constants(o, r->all ? r->all : r->one, r->digits, ctx);
    bad = bad || put_constants(o, r->pair, r->digits, ctx);
    return ew_command_node(o, bad, ctx);
}

/* ---- formulas -----------------------------------------------------------------------------
 */

/* {"lhs", "rhs", "latex"} and, where it differs, the formula in the named constants. */
static json_t *equation_json(const char *lhs, const char *latex_lhs, char *rhs, char *general,
                             char *latex, ew_context *ctx)
{
    json_t *o = json_object();
    char *line = latex ? ew_format(ctx, "%s &= %s", latex_lhs, latex) : NULL;
    int bad = !rhs || !general || !line;
    if (!bad) {
        bad |= json_object_set_new(o, "lhs", json_string(lhs));
        bad |= json_object_set_new(o, "rhs", json_string(rhs));
        bad |= json_object_set_new(o, "latex", json_string(line));
        if (strcmp(rhs, general))
            bad |= json_object_set_new(o, "general", json_string(general));
    }
    free(rhs);
    free(general);
    free(latex);
    free(line);
    return ew_command_node(o, bad, ctx);
}

static json_t *drift_json(const ew_sde *sde, slong i, ew_context *ctx)
{
    char *lhs = ew_format(ctx, "b[%s]", sde->name[i]);
    char *latex = ew_format(ctx, "b[%s]", sde->latex[i]);
    json_t *o = NULL;
    if (lhs && latex)
        o = equation_json(lhs, latex, ew_sde_drift_text(sde, i, (ew_sde_style){0, 1}, ctx),
                          ew_sde_drift_text(sde, i, (ew_sde_style){0, 0}, ctx),
                          ew_sde_drift_text(sde, i, (ew_sde_style){1, 1}, ctx), ctx);
    free(lhs);
    free(latex);
    return o;
}

static json_t *diffusion_json(const ew_sde *sde, slong i, slong j, ew_context *ctx)
{
    char *lhs = ew_format(ctx, "S[%s,%s]", sde->name[i], sde->name[j]);
    char *latex = ew_format(ctx, "S[%s,%s]", sde->latex[i], sde->latex[j]);
    json_t *o = NULL;
    if (lhs && latex)
        o = equation_json(lhs, latex,
                          ew_sde_diffusion_text(sde, i, j, (ew_sde_style){0, 1}, ctx),
                          ew_sde_diffusion_text(sde, i, j, (ew_sde_style){0, 0}, ctx),
                          ew_sde_diffusion_text(sde, i, j, (ew_sde_style){1, 1}, ctx), ctx);
    free(lhs);
    free(latex);
    return o;
}

static int put_equations(json_t *body, const char *prefix, const ew_sde *sde, ew_context *ctx)
{
    json_t *drift = json_array(), *diffusion = json_array();
    char *b = ew_format(ctx, "%sdrift", prefix), *s = ew_format(ctx, "%sdiffusion", prefix);
    int bad = !b || !s;
    for (slong i = 0; i < sde->n && !bad; i++)
        bad = json_array_append_new(drift, drift_json(sde, i, ctx));
    for (slong i = 0; i < sde->n; i++)
        for (slong j = i; j < sde->n && !bad; j++)
            bad = json_array_append_new(diffusion, diffusion_json(sde, i, j, ctx));
    bad = bad || json_object_set(body, b, drift) || json_object_set(body, s, diffusion);
    json_decref(drift);
    json_decref(diffusion);
    free(b);
    free(s);
    return bad;
}

/* The special functions that occur, defined. */
static int put_functions(json_t *body, const ew_sde *sde)
{
    static const struct {
        ew_sde_function f;
        const char *name, *means;
    } known[] = {{EW_SDE_KINK, "N(x,y,z)", "(sqrt(x*z - y^2) - y*acos(y/sqrt(x*z)))/(2*pi)"},
                 {EW_SDE_ANGLE, "A(x,y,z)", "acos(y/sqrt(x*z))/(2*pi)"},
                 {EW_SDE_ROOT, "R(x,y,z)", "1/(2*pi*sqrt(x*z - y^2))"},
                 {EW_SDE_MOMENT, "E[..]",
                  "over Gaussian z1, z2, ... of covariance C_b + C_W*V; Dab: the derivative in "
                  "that of za and zb"}};
    json_t *o = json_object();
    int bad = 0;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        for (slong i = 0; i < sde->atoms; i++)
            if (sde->atom[i].f == known[k].f && (sde->needed[i] || sde->needed[sde->atoms + i]))
                bad |= json_object_set_new(o, known[k].name, json_string(known[k].means));
    if (json_object_size(o) > 0)
        bad |= json_object_set(body, "functions", o);
    json_decref(o);
    return bad;
}

/* ---- the scaling, in words ----------------------------------------------------------------
 */

static json_t *scaling_json(const ew_sde_request *r, ew_context *ctx)
{
    const ew_sde_model *m = &r->model;
    const char *n = m->clock == EW_CLOCK_WIDTH ? "n" : "L";
    long num = m->power_num ? (long) m->power_num : 1,
         den = m->power_den ? (long) m->power_den : 2;
    char *text = NULL;
    if (r->residual)
        text = ew_strdup("h' = h + L^-beta V s(W h + b), V = h.h/d", ctx);
    else if (m->shaping == EW_SHAPING_SMOOTH)
        text = ew_format(ctx, "s(x) = S phi(x/S), S = a %s^(%ld/%ld), C_W = 1/E s(g)^2", n, num,
                         den);
    else if (m->shaping == EW_SHAPING_RELU)
        text = ew_format(ctx,
                         "s(x) = s_+ max(x,0) + s_- min(x,0), s_+ = 1 + c_plus %s^(-%ld/%ld), "
                         "s_- = 1 + c_minus %s^(-%ld/%ld), C_W = 1/E s(g)^2",
                         n, num, den, n, num, den);
    else
        text = ew_strdup(r->activation->kinks ? "unshaped, C_W = 1/E s(g)^2"
                                              : "unshaped, C_W = 1/s'(0)^2, V = n K",
                         ctx);
    json_t *node = text ? json_string(text) : NULL;
    free(text);
    return node;
}

/* phi = (s - s(0))/s'(0): is that s itself? */
static ew_status is_normalised(int *same, const ew_activation *s, ew_context *ctx)
{
    arb_ptr c = _arb_vec_init(2);
    fmpq *exact = _fmpq_vec_init(2);
    int known[2];
    ew_status status = ew_activation_taylor(c, exact, known, s, 2, 64, ctx);
    *same = status == EW_OK && known[0] && known[1] && fmpq_is_zero(exact) &&
            fmpq_is_one(exact + 1);
    _fmpq_vec_clear(exact, 2);
    _arb_vec_clear(c, 2);
    return status;
}

static int put_phi(json_t *body, const ew_sde_request *r, ew_context *ctx)
{
    int same;
    if (r->residual || r->model.shaping == EW_SHAPING_RELU ||
        (r->model.shaping == EW_SHAPING_NONE && r->activation->kinks))
        return 0;
    if (is_normalised(&same, r->activation, ctx) != EW_OK)
        return 1;
    return json_object_set_new(
               body, "phi",
               json_string(same ? "phi(z) = s(z)" : "phi(z) = (s(z) - s(0))/s'(0)")) |
           json_object_set_new(body, "normalised", json_boolean(!same));
}

/* ---- the verdict --------------------------------------------------------------------------
 */

static int put_verdict(json_t *body, const ew_sde_request *r, ew_context *ctx)
{
    const ew_sde_verdict *v = r->verdict;
    wanted w = {.verdict = v, .gram = &r->gram, .kind = PROBABILITY};
    int bad = json_object_set_new(body, "verdict", json_string(ew_fate_name(v->fate)));
    bad |= json_object_set_new(body, "condition", json_string(v->condition));
    bad |= json_object_set_new(body, "meaning", json_string(v->meaning));
    if (!bad && v->fate == EW_EXPLODES)
        bad |= json_object_set_new(body, "explosion_probability",
                                   certified_json(&w, NULL, r->digits, ctx));
    if (!bad && v->law)
        bad |= json_object_set_new(body, "stationary", json_pack("{s:s}", "law", v->law));
    if (!bad && v->fate == EW_STATIONARY && !v->law) {
        json_t *law = json_object();
        w.kind = SHAPE;
        bad |= json_object_set_new(law, "shape", certified_json(&w, NULL, r->digits, ctx));
        w.kind = RATE;
        if (!bad)
            bad |= json_object_set_new(law, "rate", certified_json(&w, NULL, r->digits, ctx));
        bad |= json_object_set(body, "stationary", law);
        json_decref(law);
    }
    return bad;
}

/* Are Q of the derivative with itself and with its input r times those entries? */
static int is_linear(const ew_sde *sde, slong p)
{
    const ew_sde_constant *r = ew_sde_find(sde, "r");
    fmpq_mpoly_t f, g;
    if (!r)
        return 0;
    fmpq_mpoly_init(f, sde->ring);
    fmpq_mpoly_init(g, sde->ring);
    fmpq_mpoly_gen(f, p, sde->ring);
    fmpq_mpoly_gen(g, sde->constant0 + (r - sde->constant), sde->ring);
    fmpq_mpoly_mul(f, f, g, sde->ring);
    int same = fmpq_mpoly_equal(f, sde->drift + p, sde->ring);
    fmpq_mpoly_clear(f, sde->ring);
    fmpq_mpoly_clear(g, sde->ring);
    return same;
}

/* Where Q is r times the covariance for h and all its derivatives, the network is dh = dA h, A
 * a matrix of independent Brownian motions of variance r/d; and A^T has the law of A, and its
 * increments in the opposite order, too. */
static int put_gradient(json_t *body, const ew_sde_request *r)
{
    const ew_sde *sde = r->all;
    if (!r->residual || !r->model.direction)
        return 0;
    slong u = r->model.direction;
    int linear = 1;
    for (slong a = 0; a <= u; a++)
        for (slong b = a; b <= u; b++)
            linear = linear && is_linear(sde, ew_sde_pair(sde, a, b));
    return json_object_set_new(
        body, "gradient",
        json_string(
            linear ? "|J v|^2/d has the equation and the fate of V11, and so has |J^T p|^2/d"
                   : "|J v|^2/d moves with V11 and has no fate of its own; |J^T p|^2/d "
                     "is not Markov with them"));
}

static int put_boundaries(json_t *body, const ew_sde *pair, ew_context *ctx)
{
    static const char *const name[] = {"rho=1", "rho=-1"};
    json_t *o = json_object();
    int bad = 0;
    for (int i = 0; i < 2 && !bad; i++) {
        ew_boundary b;
        bad = ew_sde_boundary(&b, pair, i ? -1 : 1, ctx) != EW_OK ||
              json_object_set_new(o, name[i], json_string(ew_boundary_name(b)));
    }
    bad = bad || json_object_set(body, "boundaries", o);
    json_decref(o);
    return bad;
}

/* Expectations without a closed form have numbers at the covariance given. */
static int put_drift_there(json_t *body, const ew_sde_request *r, ew_context *ctx)
{
    const ew_sde *sde = r->all;
    if (!sde || !sde->moments || r->gram.n != sde->n)
        return 0;
    json_t *o = json_object();
    int bad = 0;
    for (slong i = 0; i < sde->n && !bad; i++) {
        const wanted w = {.sde = sde, .gram = &r->gram, .kind = DRIFT, .entry = i};
        bad = json_object_set_new(o, sde->name[i], certified_json(&w, NULL, r->digits, ctx));
    }
    bad = bad || json_object_set(body, "drift_at_gram", o);
    json_decref(o);
    return bad;
}

/* ---- all of it ----------------------------------------------------------------------------
 */

static const char *clock_text(const ew_sde_request *r, const ew_sde *sde)
{
    if (r->residual)
        return "t = l/L";
    return sde->clock == EW_CLOCK_WIDTH ? "t = l/n" : "t = l/L, L/n -> 0";
}

json_t *ew_sde_equations_json(const ew_sde_request *r, ew_context *ctx)
{
    const ew_sde *sde = r->all ? r->all : r->one;
    json_t *body = json_object();
    int bad = json_object_set_new(body, "scaling", scaling_json(r, ctx));
    bad = bad || put_phi(body, r, ctx);
    bad = bad || json_object_set_new(body, "clock", json_string(clock_text(r, sde)));
    bad = bad || put_verdict(body, r, ctx);
    bad = bad || put_gradient(body, r);
    if (!bad && r->pair && r->pair->state == EW_SDE_CORRELATION && !r->model.orthogonal &&
        r->model.clock == EW_CLOCK_WIDTH)
        bad = put_boundaries(body, r->pair, ctx);
    bad = bad || json_object_set_new(body, "coefficients", coefficients_json(r, ctx));
    bad = bad || put_drift_there(body, r, ctx);
    bad = bad || put_functions(body, sde);
    bad = bad || put_equations(body, "", sde, ctx);
    if (!bad && r->pair)
        bad = put_equations(body,
                            r->pair->state == EW_SDE_ANGLE_STATE ? "angle_" : "correlation_",
                            r->pair, ctx);
    return ew_command_node(body, bad, ctx);
}

static int put_expr(json_t *o, const char *name, const ew_expr *e, slong digits,
                    ew_context *ctx)
{
    const ew_scalar x = {.e = (ew_expr *) e};
    return e ? json_object_set_new(o, name, ew_scalar_json(&x, digits, ctx)) : 0;
}

json_t *ew_sde_network_json(const ew_sde_request *r, ew_context *ctx)
{
    static const char *const shaping[] = {
        [EW_SHAPING_NONE] = "none", [EW_SHAPING_SMOOTH] = "smooth", [EW_SHAPING_RELU] = "relu"};
    const ew_sde_model *m = &r->model;
    json_t *o = json_object(), *gram = json_array();
    int bad = 0;
    if (r->activation)
        bad |= json_object_set_new(o, "activation", json_string(r->activation->text));
    if (r->residual) {
        bad |= put_expr(o, "residual_beta", r->residual->beta.e, r->digits, ctx);
        bad |= put_expr(o, "residual_cv", r->residual->cv.e, r->digits, ctx);
        bad |= put_expr(o, "cw", r->cw, r->digits, ctx);
        bad |= put_expr(o, "cb", r->cb, r->digits, ctx);
        bad |= put_expr(o, "width", r->width, r->digits, ctx);
    } else
        bad |= json_object_set_new(o, "shaping", json_string(shaping[m->shaping]));
    bad |= put_expr(o, "a", r->a, r->digits, ctx);
    bad |= put_expr(o, "c_plus", r->c_plus, r->digits, ctx);
    bad |= put_expr(o, "c_minus", r->c_minus, r->digits, ctx);
    if (m->ntk) {
        bad |= put_expr(o, "lambda_w", r->lambda_w, r->digits, ctx);
        bad |= put_expr(o, "lambda_b", r->lambda_b, r->digits, ctx);
    }
    bad |= json_object_set_new(o, "clock",
                               json_string(m->clock == EW_CLOCK_WIDTH ? "width" : "depth"));
    bad |= json_object_set_new(o, "ensemble",
                               json_string(m->orthogonal ? "orthogonal" : "gaussian"));
    bad |= json_object_set_new(o, "input_count", json_integer((json_int_t) m->inputs));
    for (slong i = 0; i < r->gram.n; i++)
        bad |= json_array_append_new(gram, ew_scalar_json(r->gram.x + i, r->digits, ctx));
    if (r->gram.n)
        bad |= json_object_set(o, "gram", gram);
    json_decref(gram);
    bad |= json_object_set_new(o, "digits", json_integer((json_int_t) r->digits));
    return ew_command_node(o, bad, ctx);
}
