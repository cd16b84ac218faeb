/* Several inputs of an unshaped network of s(x) = s_+ max(x, 0) + s_- min(x, 0) at criticality.
 *
 * One layer takes V_ab to V_ab + 4 eta^2 N(V_aa, V_ab, V_bb) on the mean, which moves rho to 1
 * within layers l = O(1) while V moves within l = O(n).  With d = 1 - rho, N falls off like
 * d^(3/2), so that q = l^2 d stays of order 1 and t = l/n is its clock: with e = 1/n, d = e^2
 * q/t^2, the mean moves d by a quantity of order e^3, and e of it at every layer of q.
 *
 * The noise of d is of order e^2 n^(-1/2).  To that order inputs differ by e times a direction:
 * z_a = z + e u_a, s(z_a) = s(z) + e s'(z) u_a but for the O(e) of neurons where z_a and z lie
 * on two sides of the kink.  So it is the noise of derivative fields along the directions u_a,
 * which the chain has a law of; and
 *     d_ab = (e^2/2) |u_a - u_b|^2/V, of the parts orthogonal to z,
 * moves by Ito's formula.  (s is homogeneous: a multiple of z in u_a changes nothing, nor does
 * the scale of z, so that V = 1 and V_zu = 0 may be assumed.) */
#include <stdlib.h>

#include "readings/sde/build.h"
#include "readings/sde/derive.h"
#include "readings/sde/expand.h"
#include "readings/sde/slopes.h"

/* ---- the mean of two inputs ---------------------------------------------------------------
 */

/* The numbers of an equation of q. */
typedef struct {
    slong mu, eta, kappa, M, c;
} numbers;

/* N(1, 1 - d, 1) = kappa d^(3/2) + ...: N and dN/dy vanish at y = 1, and d^2N/dy^2 is R = 1/(2
 * pi sqrt(2 d)) + ..., to be integrated twice: kappa = 1/(2 pi sqrt(2)) / (1/2 * 3/2). */
static ew_expr *kernel_exponent(ew_context *ctx)
{
    ew_expr *under[] = {ew_expr_si(3, ctx), ew_expr_1(EW_SQRT, ew_expr_si(2, ctx), ctx),
                        ew_expr_leaf(EW_PI, 0, ctx)};
    return ew_expr_2(EW_DIV, ew_expr_si(2, ctx), ew_expr_new(EW_MUL, under, 3, ctx), ctx);
}

/* An open equation of two inputs whose drift is what a layer moves the mean by. */
static ew_status mean_of_two(ew_sde **out, ew_scaling *scaling, const ew_slopes *s,
                             ew_context *ctx)
{
    ew_fields *fields = NULL;
    *out = NULL;
    *scaling = (ew_scaling){.homogeneous = 1, .order = 1, .weight = 1, .unit = 1};
    ew_status status = ew_fields_new(&fields, 2, NULL, 0, NULL, 0, ctx);
    if (status == EW_OK)
        status = ew_sde_new(out, EW_SDE_COVARIANCE, EW_CLOCK_DEPTH, 3, ctx);
    if (status == EW_OK)
        status = ew_sde_add_internal(&scaling->mu, *out, "mu", ew_slopes_mu(s, ctx), ctx);
    if (status == EW_OK)
        status = ew_sde_add_internal(&scaling->eta, *out, "eta", ew_slopes_eta(s, ctx), ctx);
    if (status == EW_OK) {
        (*out)->inputs = (*out)->fields = 2;
        status = ew_sde_add_atom(&scaling->kink[0][1], *out, EW_SDE_KINK, 0, 1, 2, ctx);
        scaling->kink[1][0] = scaling->kink[0][1];
    }
    if (status == EW_OK)
        status = ew_sde_open(*out, ctx);
    if (status == EW_OK)
        status = ew_sde_expand_mean(*out, scaling, fields, ctx);
    ew_fields_free(fields);
    return status;
}

/* f = what the mean of V_12 moves by at V_11 = V_22 = 1, V_12 = 1 - d, as the coefficient of
 * d^(3/2) in the ring of q's equation.  0: something is left at a lower power. */
static int expand_mean(fmpq_mpoly_t f, const ew_sde *two, const ew_scaling *scaling,
                       const ew_sde *sde, const numbers *x)
{
    const slong kink = scaling->kink[0][1];
    fmpq_mpoly_t at_one, linear;
    fmpq_mpoly_init(at_one, two->ring);
    fmpq_mpoly_init(linear, two->ring);
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    fmpq_mpoly_set(at_one, two->drift + 1, two->ring);
    int ok = fmpq_mpoly_is_zero(two->drift, two->ring) &&
             fmpq_mpoly_is_zero(two->drift + 2, two->ring);
    /* V_12 = 1 up to d = o(d^(1/2)): no term of order 1 or d may be left beside N. */
    fmpq_mpoly_derivative(linear, at_one, kink, two->ring);
    ok = ok && fmpq_mpoly_degree_si(linear, kink, two->ring) <= 0;
    for (slong v = 0; v < two->n && ok; v++)
        ok = fmpq_mpoly_evaluate_one_fmpq(linear, linear, v, one, two->ring);
    fmpq_zero(one);
    ok = ok && fmpq_mpoly_evaluate_one_fmpq(at_one, at_one, kink, one, two->ring) &&
         fmpq_mpoly_is_zero(at_one, two->ring);
    slong *to = flint_calloc((size_t) two->variables, sizeof *to);
    to[scaling->mu] = x->mu;
    to[scaling->eta] = x->eta;
    fmpq_mpoly_compose_fmpq_mpoly_gen(f, linear, to, two->ring, sde->ring);
    flint_free(to);
    fmpq_mpoly_t kappa;
    fmpq_mpoly_init(kappa, sde->ring);
    fmpq_mpoly_gen(kappa, x->kappa, sde->ring);
    fmpq_mpoly_mul(f, f, kappa, sde->ring);
    fmpq_mpoly_clear(kappa, sde->ring);
    fmpq_clear(one);
    fmpq_mpoly_clear(at_one, two->ring);
    fmpq_mpoly_clear(linear, two->ring);
    return ok;
}

/* ---- the noise of derivative fields -------------------------------------------------------
 */

/* Of one input and m - 1 directions: images of the variables in the ring of q's equation, at V
 * = 1 and V_zu = 0, G_aa = 2 q_1a, G_ab = q_1a + q_1b - q_ab. */
typedef struct {
    const ew_sde *from, *to;
    fmpq_mpoly_struct *image; /* [from->variables] */
    fmpq_mpoly_struct **list;
    slong inputs;
} projection;

/* The entry of q_ab, a and b distinct inputs. */
static slong angle_entry(slong m, slong a, slong b)
{
    slong i = a < b ? a : b, j = a < b ? b : a;
    return i * m - i * (i + 1) / 2 + (j - i - 1);
}

static void project_entries(projection *p)
{
    const ew_sde *from = p->from, *to = p->to;
    slong m = p->inputs;
    fmpq_mpoly_one(p->image, to->ring);
    for (slong a = 1; a < m; a++)
        for (slong b = a; b < m; b++) {
            fmpq_mpoly_struct *g = p->image + ew_sde_pair(from, a, b);
            const slong qa = angle_entry(m, 0, a), qb = angle_entry(m, 0, b);
            ew_sde_add_term(g, 1, 1, &qa, 1, to);
            ew_sde_add_term(g, 1, 1, &qb, 1, to);
            if (a != b) {
                const slong qab = angle_entry(m, a, b);
                ew_sde_add_term(g, -1, 1, &qab, 1, to);
            }
        }
}

static ew_status projection_new(projection *p, const ew_sde *from, const ew_sde *to,
                                const numbers *x, ew_context *ctx)
{
    size_t n = (size_t) from->variables;
    p->image = ew_alloc(n * sizeof *p->image, ctx);
    p->list = ew_alloc(n * sizeof *p->list, ctx);
    if (!p->image || !p->list) {
        free(p->image);
        free(p->list);
        return EW_MEMORY;
    }
    for (size_t v = 0; v < n; v++) {
        fmpq_mpoly_init(p->image + v, to->ring);
        p->list[v] = p->image + v;
    }
    project_entries(p);
    for (slong i = 0; i < from->constants; i++)
        if (!from->constant[i].internal)
            fmpq_mpoly_gen(p->image + from->constant0 + i, x->M, to->ring);
    return EW_OK;
}

static void projection_clear(projection *p)
{
    for (slong v = 0; v < p->from->variables; v++)
        fmpq_mpoly_clear(p->image + v, p->to->ring);
    free(p->image);
    free(p->list);
}

/* f += sign * S_ij * the images of entries u and v (-1: none). */
static ew_status add_product(fmpq_mpoly_t f, slong sign, slong i, slong j, slong u, slong v,
                             const projection *p, ew_context *ctx)
{
    const fmpq_mpoly_ctx_struct *ring = p->to->ring;
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, ring);
    int ok = fmpq_mpoly_compose_fmpq_mpoly(g, p->from->diffusion + ew_sde_entry(p->from, i, j),
                                           p->list, p->from->ring, ring);
    if (u >= 0)
        fmpq_mpoly_mul(g, g, p->image + u, ring);
    if (v >= 0)
        fmpq_mpoly_mul(g, g, p->image + v, ring);
    fmpq_mpoly_scalar_mul_si(g, g, sign, ring);
    fmpq_mpoly_add(f, f, g, ring);
    fmpq_mpoly_clear(g, ring);
    return ok ? EW_OK : ew_fail(ctx, EW_UNABLE, "sde: powers too high to compose");
}

/* What the noise drives the entry G_ab/V - V_za V_zb/V^2 by, at V = 1, V_zu = 0: -S[V_za, V_zb]
 * - S[G_ab, V] + G_ab S[V, V]. */
static ew_status ito_drift(fmpq_mpoly_t f, slong a, slong b, const projection *p,
                           ew_context *ctx)
{
    const ew_sde *s = p->from;
    slong ab = ew_sde_pair(s, a, b);
    ew_status status =
        add_product(f, -1, ew_sde_pair(s, 0, a), ew_sde_pair(s, 0, b), -1, -1, p, ctx);
    if (status == EW_OK)
        status = add_product(f, -1, ab, 0, -1, -1, p, ctx);
    return status == EW_OK ? add_product(f, 1, 0, 0, ab, -1, p, ctx) : status;
}

/* S of the entries i and j over V: S[i,j] - G_i S[V,j] - G_j S[V,i] + G_i G_j S[V,V]. */
static ew_status ito_diffusion(fmpq_mpoly_t f, slong i, slong j, const projection *p,
                               ew_context *ctx)
{
    ew_status status = add_product(f, 1, i, j, -1, -1, p, ctx);
    if (status == EW_OK)
        status = add_product(f, -1, 0, j, i, -1, p, ctx);
    if (status == EW_OK)
        status = add_product(f, -1, 0, i, j, -1, p, ctx);
    return status == EW_OK ? add_product(f, 1, 0, 0, i, j, p, ctx) : status;
}

/* 2 q_ab = G_aa + G_bb - 2 G_ab as entries and weights; input 0 has no direction. */
static slong parts(slong entry[3], slong weight[3], slong a, slong b, const ew_sde *from)
{
    slong n = 0;
    if (a > 0) {
        entry[n] = ew_sde_pair(from, a, a);
        weight[n++] = 1;
        entry[n] = ew_sde_pair(from, a, b);
        weight[n++] = -2;
    }
    entry[n] = ew_sde_pair(from, b, b);
    weight[n++] = 1;
    return n;
}

/* f += weight/den * g */
static void add_part(fmpq_mpoly_t f, slong weight, ulong den, fmpq_mpoly_t g, const ew_sde *sde)
{
    fmpq_t c;
    fmpq_init(c);
    fmpq_set_si(c, weight, den);
    fmpq_mpoly_scalar_mul_fmpq(g, g, c, sde->ring);
    fmpq_mpoly_add(f, f, g, sde->ring);
    fmpq_clear(c);
}

static ew_status add_noise_drift(fmpq_mpoly_t f, slong a, slong b, const projection *p,
                                 ew_context *ctx)
{
    slong entry[3], weight[3], n = parts(entry, weight, a, b, p->from), at[3][2];
    at[n - 1][0] = at[n - 1][1] = b;
    if (n == 3) {
        at[0][0] = at[0][1] = at[1][0] = a;
        at[1][1] = b;
    }
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        fmpq_mpoly_t g;
        fmpq_mpoly_init(g, p->to->ring);
        status = ito_drift(g, at[i][0], at[i][1], p, ctx);
        add_part(f, weight[i], 2, g, p->to);
        fmpq_mpoly_clear(g, p->to->ring);
    }
    return status;
}

static ew_status add_noise(fmpq_mpoly_t f, const slong x[2], const slong y[2],
                           const projection *p, ew_context *ctx)
{
    slong first[3], second[3], u[3], v[3];
    slong n = parts(first, u, x[0], x[1], p->from), k = parts(second, v, y[0], y[1], p->from);
    ew_status status = EW_OK;
    for (slong i = 0; i < n; i++)
        for (slong j = 0; j < k && status == EW_OK; j++) {
            fmpq_mpoly_t g;
            fmpq_mpoly_init(g, p->to->ring);
            status = ito_diffusion(g, first[i], second[j], p, ctx);
            add_part(f, u[i] * v[j], 4, g, p->to);
            fmpq_mpoly_clear(g, p->to->ring);
        }
    return status;
}

/* ---- the equation of q --------------------------------------------------------------------
 */

static ew_status add_numbers(ew_sde *sde, numbers *x, const ew_slopes *s, ew_context *ctx)
{
    ew_status status = ew_sde_add_internal(&x->mu, sde, "mu", ew_slopes_mu(s, ctx), ctx);
    if (status == EW_OK)
        status = ew_sde_add_internal(&x->eta, sde, "eta", ew_slopes_eta(s, ctx), ctx);
    if (status == EW_OK)
        status = ew_sde_add_internal(&x->kappa, sde, "kappa", kernel_exponent(ctx), ctx);
    ew_expr *M = ew_slopes_fourth(s, ctx);
    ew_expr *c = ew_expr_2(EW_MUL, ew_slopes_bend(s, ctx), kernel_exponent(ctx), ctx);
    ew_expr *q0 =
        ew_expr_2(EW_DIV, ew_expr_si(4, ctx),
                  ew_expr_2(EW_POW, c ? ew_expr_ref(c) : NULL, ew_expr_si(2, ctx), ctx), ctx);
    if (status == EW_OK && (!M || !c || !q0))
        status = ew_recorded(ctx);
    x->M = x->kappa + 1;
    x->c = x->kappa + 2;
    if (status == EW_OK)
        status = ew_sde_add_constant(sde, "M", "M", "E s'(g)^4/(E s'(g)^2)^2",
                                     (ew_scalar){.e = M}, 0, 0, ctx);
    if (status == EW_OK)
        status =
            ew_sde_add_constant(sde, "c", "c", "1 - rho falls by c (1 - rho)^(3/2) a layer",
                                (ew_scalar){.e = c}, 0, 0, ctx);
    if (status == EW_OK)
        status = ew_sde_add_constant(sde, "q0", "q_0", "q at t = 0: 4/c^2",
                                     (ew_scalar){.e = q0}, 0, 0, ctx);
    ew_expr_free(M);
    ew_expr_free(c);
    ew_expr_free(q0);
    return status;
}

static ew_status name_angles(ew_sde *sde, slong m, ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong a = 0; a < m; a++)
        for (slong b = a + 1; b < m && status == EW_OK; b++) {
            char *name = m == 2 ? ew_strdup("q", ctx)
                                : ew_format(ctx, "q%ld%ld", (long) a + 1, (long) b + 1);
            char *latex = m == 2 ? ew_strdup("q", ctx)
                                 : ew_format(ctx, "q_{%ld%ld}", (long) a + 1, (long) b + 1);
            status = name && latex ? ew_sde_name(sde, angle_entry(m, a, b), name, latex, ctx)
                                   : EW_MEMORY;
            free(name);
            free(latex);
        }
    return status;
}

/* q = l^2 d with l = t n: d(l^2) gives 2 q/t, and the mean l^2 d^(3/2) = q^(3/2)/t. */
static ew_status set_drift(ew_sde *sde, slong a, slong b, const fmpq_mpoly_t mean, slong root,
                           slong inverse, const projection *p, ew_context *ctx)
{
    slong i = angle_entry(p->inputs, a, b);
    fmpq_mpoly_t f;
    fmpq_mpoly_init(f, sde->ring);
    const slong power[] = {i, root, inverse};
    ew_sde_add_term(f, 1, 1, power, 3, sde);
    fmpq_mpoly_mul(f, f, mean, sde->ring);
    fmpq_mpoly_sub(sde->drift + i, sde->drift + i, f, sde->ring);
    fmpq_mpoly_clear(f, sde->ring);
    const slong clock[] = {i, inverse};
    ew_sde_add_term(sde->drift + i, 2, 1, clock, 2, sde);
    return add_noise_drift(sde->drift + i, a, b, p, ctx);
}

static ew_status set_diffusion(ew_sde *sde, slong a, slong b, const projection *p,
                               ew_context *ctx)
{
    slong m = p->inputs, i = angle_entry(m, a, b);
    ew_status status = EW_OK;
    for (slong c = 0; c < m; c++)
        for (slong d = c + 1; d < m && status == EW_OK; d++) {
            slong j = angle_entry(m, c, d);
            if (j >= i)
                status = add_noise(sde->diffusion + ew_sde_entry(sde, i, j),
                                   (const slong[]){a, b}, (const slong[]){c, d}, p, ctx);
        }
    return status;
}

static ew_status fill(ew_sde *sde, const fmpq_mpoly_t mean, const slong *root, slong inverse,
                      const projection *p, ew_context *ctx)
{
    slong m = p->inputs;
    ew_status status = EW_OK;
    for (slong i = 0; i < p->from->n && status == EW_OK; i++)
        if (!fmpq_mpoly_is_zero(p->from->drift + i, p->from->ring))
            status = ew_fail(ctx, EW_UNABLE, "sde: derivative fields have a drift");
    for (slong a = 0; a < m; a++)
        for (slong b = a + 1; b < m && status == EW_OK; b++) {
            status = set_drift(sde, a, b, mean, root[angle_entry(m, a, b)], inverse, p, ctx);
            if (status == EW_OK)
                status = set_diffusion(sde, a, b, p, ctx);
        }
    return status;
}

/* mu^2 = 1 - eta^2, 4 eta^4 = 4 eta^2 - M + 1, 4 eta^2 kappa = c. */
static ew_status take_parts_out(ew_sde *sde, const numbers *x, ew_context *ctx)
{
    const slong mu = x->mu, eta = x->eta;
    fmpq_mpoly_struct relation[3];
    for (int i = 0; i < 3; i++)
        fmpq_mpoly_init(relation + i, sde->ring);
    ew_sde_add_term(relation, 1, 1, (const slong[]){mu, mu}, 2, sde);
    ew_sde_add_term(relation, 1, 1, (const slong[]){eta, eta}, 2, sde);
    ew_sde_add_term(relation, -1, 1, NULL, 0, sde);
    ew_sde_add_term(relation + 1, 4, 1, (const slong[]){eta, eta, x->kappa}, 3, sde);
    ew_sde_add_term(relation + 1, -1, 1, &x->c, 1, sde);
    ew_sde_add_term(relation + 2, 4, 1, (const slong[]){eta, eta, eta, eta}, 4, sde);
    ew_sde_add_term(relation + 2, -4, 1, (const slong[]){eta, eta}, 2, sde);
    ew_sde_add_term(relation + 2, 1, 1, &x->M, 1, sde);
    ew_sde_add_term(relation + 2, -1, 1, NULL, 0, sde);
    ew_status status = ew_sde_eliminate(sde, relation, 3, ctx);
    for (int i = 0; i < 3; i++)
        fmpq_mpoly_clear(relation + i, sde->ring);
    return status;
}

static ew_status open_angle(ew_sde **out, slong *root, slong *inverse, numbers *x, slong m,
                            const ew_slopes *s, ew_context *ctx)
{
    ew_status status =
        ew_sde_new(out, EW_SDE_ANGLE_STATE, EW_CLOCK_WIDTH, m * (m - 1) / 2, ctx);
    if (status != EW_OK)
        return status;
    ew_sde *sde = *out;
    sde->inputs = sde->fields = m;
    status = name_angles(sde, m, ctx);
    if (status == EW_OK)
        status = add_numbers(sde, x, s, ctx);
    for (slong i = 0; i < sde->n && status == EW_OK; i++)
        status = ew_sde_add_atom(root + i, sde, EW_SDE_SQRT, i, EW_SDE_ONE, EW_SDE_ONE, ctx);
    if (status == EW_OK)
        status = ew_sde_add_atom(inverse, sde, EW_SDE_INVERSE, sde->time, EW_SDE_ONE,
                                 EW_SDE_ONE, ctx);
    return status == EW_OK ? ew_sde_open(sde, ctx) : status;
}

/* Everything from the two expansions. */
static ew_status combine(ew_sde *sde, const slong *root, slong inverse, const numbers *x,
                         const ew_sde *fields, const ew_slopes *s, slong m, ew_context *ctx)
{
    ew_sde *two;
    ew_scaling scaling;
    projection p = {.from = fields, .to = sde, .inputs = m};
    ew_status status = mean_of_two(&two, &scaling, s, ctx);
    if (status == EW_OK)
        status = projection_new(&p, fields, sde, x, ctx);
    if (status == EW_OK) {
        fmpq_mpoly_t mean;
        fmpq_mpoly_init(mean, sde->ring);
        status =
            expand_mean(mean, two, &scaling, sde, x)
                ? fill(sde, mean, root, inverse, &p, ctx)
                : ew_fail(ctx, EW_UNABLE, "no limit: l^2 (1 - rho) moves at another clock");
        fmpq_mpoly_clear(mean, sde->ring);
        projection_clear(&p);
    }
    ew_sde_free(two);
    return status == EW_OK ? take_parts_out(sde, x, ctx) : status;
}

ew_status ew_sde_angle(ew_sde **out, const ew_activation *a, slong m, ew_context *ctx)
{
    slong root[EW_MAX_INPUTS * (EW_MAX_INPUTS - 1) / 2], inverse;
    ew_slopes s = {NULL, NULL};
    ew_sde *sde = NULL, *fields = NULL;
    numbers x;
    *out = NULL;
    if (m < 2 || m > EW_MAX_INPUTS)
        return ew_fail(ctx, EW_USAGE, "sde: from 2 to %d inputs, not %ld", EW_MAX_INPUTS,
                       (long) m);
    const ew_sde_model model = {.shaping = EW_SHAPING_NONE,
                                .activation = a,
                                .clock = EW_CLOCK_WIDTH,
                                .inputs = 1,
                                .direction = m - 1};
    ew_status status = ew_slopes_read(&s, a, ctx);
    if (status == EW_OK && !a->kinks)
        status =
            ew_fail(ctx, EW_UNABLE, "sde: without a kink the correlation does not tend to 1");
    if (status == EW_OK)
        status = ew_sde_derive(&fields, &model, ctx);
    if (status == EW_OK)
        status = open_angle(&sde, root, &inverse, &x, m, &s, ctx);
    if (status == EW_OK)
        status = combine(sde, root, inverse, &x, fields, &s, m, ctx);
    if (status == EW_OK)
        status = ew_sde_finish(sde, ctx);
    ew_sde_free(fields);
    ew_slopes_clear(&s);
    if (status == EW_OK)
        *out = sde;
    else
        ew_sde_free(sde);
    return status;
}
