#include "readings/cumulant/asymptotic/solve.h"

#include <stdlib.h>
#include <string.h>

enum { TO_DO, IN_PROGRESS, DONE };

/* ---- equations as products of unknowns with power series ----------------------------------
 */

static slong heavy(const ew_asymptotic_solver *s)
{
    return 2 + s->h->unknowns;
}

static ew_asymptotic_group *find_group(ew_asymptotic_equation *eq, const ulong *e, slong n,
                                       ew_context *ctx)
{
    for (slong i = 0; i < eq->n; i++)
        if (memcmp(eq->g[i].e, e, (size_t) n * sizeof *e) == 0)
            return &eq->g[i];
    if (eq->n == eq->room) {
        slong room = eq->room ? 2 * eq->room : 8;
        ew_asymptotic_group *more = ew_realloc(eq->g, (size_t) room * sizeof *more, ctx);
        if (!more)
            return NULL;
        eq->g = more;
        eq->room = room;
    }
    ew_asymptotic_group *g = &eq->g[eq->n];
    g->e = ew_alloc((size_t) n * sizeof *e, ctx);
    if (!g->e)
        return NULL;
    memcpy(g->e, e, (size_t) n * sizeof *e);
    fmpq_poly_init(g->light);
    eq->n++;
    return g;
}

/* The product of the atoms (and K) in one term, times its coefficient. */
static void light_product(fmpq_poly_t p, const ulong *e, const fmpq_t c,
                          const ew_asymptotic_solver *s)
{
    const ew_law *law = s->h->law;
    fmpq_poly_t power;
    fmpq_poly_init(power);
    fmpq_poly_set_fmpq(p, c);
    for (slong v = 0; v < law->variables; v++) {
        if (!e[v] || (v < law->atom0 && v != law->extra + s->k))
            continue;
        fmpq_poly_pow_trunc(power, s->light + v, e[v], s->len);
        fmpq_poly_mullow(p, p, power, s->len);
    }
    fmpq_poly_clear(power);
}

/* The exponent of lambda_W or lambda_b.  All layers are alike: lambda_W/C_W scales as lambda_W
 * does. */
static ulong rates(const ulong *e, const ew_asymptotic_solver *s, slong parameter)
{
    if (ew_law_parameters(s->h->law) == EW_PARAMETERS)
        return e[parameter];
    return e[parameter] + e[parameter == EW_LAMBDA_W ? EW_RATE_BEFORE : EW_LAMBDA_B_BEFORE];
}

/* The exponents of the rates and of the unknowns but K. */
static void heavy_key(ulong *key, const ulong *e, const ew_asymptotic_solver *s)
{
    const ew_law *law = s->h->law;
    key[0] = rates(e, s, EW_LAMBDA_W);
    key[1] = rates(e, s, EW_LAMBDA_B);
    for (slong i = 0; i < s->h->unknowns; i++)
        key[2 + i] = i == s->k ? 0 : e[law->extra + i];
}

/* C_b = 0, and a rate that is 0 takes its terms away. */
static int vanishes(const ulong *e, const ew_asymptotic_solver *s)
{
    int before = ew_law_parameters(s->h->law) > EW_PARAMETERS && e[EW_CB_BEFORE];
    return e[EW_CB] || before ||
           (rates(e, s, EW_LAMBDA_W) && s->known[0] && fmpq_is_zero(s->rate[0])) ||
           (rates(e, s, EW_LAMBDA_B) && s->known[1] && fmpq_is_zero(s->rate[1]));
}

static ew_status add_term(ew_asymptotic_equation *eq, const ulong *e, const fmpq_t c,
                          const ew_asymptotic_solver *s, ew_context *ctx)
{
    if (vanishes(e, s))
        return EW_OK;
    ulong *key = ew_alloc((size_t) heavy(s) * sizeof *key, ctx);
    if (!key)
        return EW_MEMORY;
    heavy_key(key, e, s);
    ew_asymptotic_group *g = find_group(eq, key, heavy(s), ctx);
    free(key);
    if (!g)
        return EW_MEMORY;
    fmpq_poly_t p;
    fmpq_poly_init(p);
    light_product(p, e, c, s);
    fmpq_poly_add(g->light, g->light, p);
    fmpq_poly_clear(p);
    return EW_OK;
}

static ew_status open_equation(ew_asymptotic_equation *eq, const fmpq_mpoly_t f,
                               const ew_asymptotic_solver *s, ew_context *ctx)
{
    const ew_law *law = s->h->law;
    ew_status status = EW_OK;
    ulong *e = ew_alloc((size_t) law->variables * sizeof *e, ctx);
    if (!e)
        return EW_MEMORY;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < fmpq_mpoly_length(f, law->ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, law->ring);
        fmpq_mpoly_get_term_exp_ui(e, f, i, law->ring);
        status = add_term(eq, e, c, s, ctx);
    }
    fmpq_clear(c);
    free(e);
    return status;
}

static void clear_equation(ew_asymptotic_equation *eq)
{
    for (slong i = 0; i < eq->n; i++) {
        free(eq->g[i].e);
        fmpq_poly_clear(eq->g[i].light);
    }
    free(eq->g);
}

/* ---- evaluation in series -----------------------------------------------------------------
 */

static void from_light(ew_logseries *x, const fmpq_poly_t p, ew_asymptotic_solver *s)
{
    fmpq_t q, c;
    fmpq_mpoly_t m;
    fmpq_init(q);
    fmpq_init(c);
    fmpq_mpoly_init(m, s->R.ring);
    ew_logseries_zero(x, &s->R);
    fmpq_set_si(q, s->len, 1);
    ew_logseries_cut(x, q, &s->R);
    for (slong i = 0; i < fmpq_poly_length(p); i++) {
        fmpq_set_si(q, i, 1);
        fmpq_poly_get_coeff_fmpq(c, p, i);
        fmpq_mpoly_set_fmpq(m, c, s->R.ring);
        ew_logseries_add_term(x, q, m, &s->R);
    }
    fmpq_mpoly_clear(m, s->R.ring);
    fmpq_clear(c);
    fmpq_clear(q);
}

/* x *= rate^power, as a number where it is one. */
static void times_rate(ew_logseries *x, int which, ulong power, ew_asymptotic_solver *s)
{
    fmpq_mpoly_t c;
    fmpq_t zero;
    fmpq_init(zero);
    fmpq_mpoly_init(c, s->R.ring);
    if (s->known[which])
        fmpq_mpoly_set_fmpq(c, s->rate[which], s->R.ring);
    else
        fmpq_mpoly_gen(c, EW_RATE_W + which, s->R.ring);
    fmpq_mpoly_pow_ui(c, c, power, s->R.ring);
    if (power)
        ew_logseries_scale(x, c, zero, &s->R);
    fmpq_mpoly_clear(c, s->R.ring);
    fmpq_clear(zero);
}

/* sum += light * rates * unknowns */
static void add_group(ew_logseries *sum, const ew_asymptotic_group *g, ew_asymptotic_solver *s)
{
    ew_logseries x;
    ew_logseries_init(&x, &s->R);
    from_light(&x, g->light, s);
    times_rate(&x, 0, g->e[0], s);
    times_rate(&x, 1, g->e[1], s);
    for (slong i = 0; i < s->h->unknowns; i++)
        for (ulong j = 0; j < g->e[2 + i]; j++)
            ew_logseries_mul(&x, &x, &s->x[i], &s->R);
    ew_logseries_add(sum, &x, &s->R);
    ew_logseries_clear(&x, &s->R);
}

/* Is the group a power series times unknown i alone? */
static int is_linear_in(const ew_asymptotic_group *g, slong i, slong unknowns)
{
    for (slong j = -2; j < unknowns; j++)
        if (g->e[2 + j] != (ulong) (j == i))
            return 0;
    return 1;
}

static ew_status solve_unknown(ew_asymptotic_solver *s, slong i, ew_context *ctx);

/* Solve first for what the equation of unknown i contains. */
static ew_status solve_inputs(ew_asymptotic_solver *s, slong i, ew_context *ctx)
{
    ew_status status = EW_OK;
    const ew_asymptotic_equation *eq = &s->equation[i];
    for (slong g = 0; g < eq->n; g++) {
        if (is_linear_in(&eq->g[g], i, s->h->unknowns))
            continue;
        for (slong j = 0; j < s->h->unknowns && status == EW_OK; j++)
            if (eq->g[g].e[2 + j])
                status = solve_unknown(s, j, ctx);
    }
    return status;
}

static ew_status solve_unknown(ew_asymptotic_solver *s, slong i, ew_context *ctx)
{
    if (s->state[i] == DONE)
        return EW_OK;
    if (s->state[i] == IN_PROGRESS)
        return ew_fail(ctx, EW_UNABLE,
                       "asymptotics: the equations of %s and others are coupled",
                       s->h->unknown[i].name);
    s->state[i] = IN_PROGRESS;
    ew_status status = solve_inputs(s, i, ctx);
    ew_logseries m, source;
    ew_logseries_init(&m, &s->R);
    ew_logseries_init(&source, &s->R);
    const ew_asymptotic_equation *eq = &s->equation[i];
    for (slong g = 0; g < eq->n && status == EW_OK; g++) {
        if (is_linear_in(&eq->g[g], i, s->h->unknowns))
            from_light(&m, eq->g[g].light, s);
        else
            add_group(&source, &eq->g[g], s);
    }
    if (status == EW_OK)
        status =
            ew_asymptotic_difference(&s->x[i], &m, &source, EW_FREE + i, &s->log_step, &s->R);
    s->state[i] = DONE;
    ew_logseries_clear(&source, &s->R);
    ew_logseries_clear(&m, &s->R);
    return status;
}

/* ---- the kernel itself --------------------------------------------------------------------
 */

/* a_1 = t_3 + (3/4) t_2^2 in derivatives of t at 0. */
static void first_coefficient(ew_asymptotic_solver *s)
{
    fmpq_t square;
    fmpq_init(square);
    fmpq_mul(square, s->taylor + 2, s->taylor + 2);
    fmpq_mul_2exp(s->a1, s->taylor + 3, 1);
    fmpq_add(s->a1, s->a1, square);
    fmpq_mul_si(s->a1, s->a1, 3);
    fmpq_clear(square);
}

/* x_K = k/(-a_1), and ln(k'/k) from the equation of K. */
static ew_status kernel_step(ew_asymptotic_solver *s)
{
    const ew_asymptotic_equation *eq = &s->equation[s->k];
    ew_logring *R = &s->R;
    fmpq_t q, a;
    fmpq_mpoly_t c;
    fmpq_init(q);
    fmpq_init(a);
    fmpq_mpoly_init(c, R->ring);
    ew_logseries g;
    ew_logseries_init(&g, R);
    for (slong i = 0; i < eq->n; i++)
        add_group(&g, &eq->g[i], s);
    fmpq_neg(a, s->a1);
    fmpq_set_si(q, -1, 1);
    fmpq_mpoly_set_fmpq(c, a, R->ring);
    ew_logseries_scale(&g, c, q, R);
    ew_logseries_log(&s->log_step, &g, R);
    fmpq_inv(a, a);
    fmpq_one(q);
    fmpq_mpoly_set_fmpq(c, a, R->ring);
    ew_logseries_zero(&s->x[s->k], R);
    ew_logseries_add_term(&s->x[s->k], q, c, R);
    s->state[s->k] = DONE;
    ew_logseries_clear(&g, R);
    fmpq_mpoly_clear(c, R->ring);
    fmpq_clear(a);
    fmpq_clear(q);
    return R->failed ? EW_MEMORY : EW_OK;
}

/* ---- the object ---------------------------------------------------------------------------
 */

/* Inverses: of the rates, and of what multiplies a mean's free term. */
static ew_status open_ring(ew_asymptotic_solver *s, ew_context *ctx)
{
    slong n = s->h->unknowns, next = EW_FREE + n;
    ew_status status = ew_logring_init(&s->R, EW_FREE + 2 * n + 2, ctx);
    if (status != EW_OK)
        return status;
    s->R.inverse[EW_RATE_W] = next++;
    s->R.inverse[EW_RATE_B] = next++;
    for (slong i = 0; i < n; i++)
        if (s->h->unknown[i].list.n == 1 && s->h->unknown[i].order == 0)
            s->R.inverse[EW_FREE + i] = next++;
    return EW_OK;
}

static ew_status allocate(ew_asymptotic_solver *s, ew_context *ctx)
{
    slong n = s->h->unknowns, variables = s->h->law->variables;
    ew_status status = open_ring(s, ctx);
    if (status != EW_OK)
        return status;
    ew_logseries_init(&s->log_step, &s->R);
    s->equation = ew_alloc_zero((size_t) n, sizeof *s->equation, ctx);
    s->state = ew_alloc_zero((size_t) n, 1, ctx);
    s->light = ew_alloc((size_t) variables * sizeof *s->light, ctx);
    s->x = ew_alloc((size_t) n * sizeof *s->x, ctx);
    for (slong v = 0; s->light && v < variables; v++)
        fmpq_poly_init(s->light + v);
    for (slong i = 0; s->x && i < n; i++)
        ew_logseries_init(&s->x[i], &s->R);
    return s->equation && s->state && s->light && s->x ? EW_OK : EW_MEMORY;
}

/* The atoms, and K = k/(-a_1). */
static void expand_light(ew_asymptotic_solver *s)
{
    const ew_law *law = s->h->law;
    fmpq_t a;
    fmpq_init(a);
    for (slong i = 0; i < law->atoms; i++)
        ew_asymptotic_atom(s->light + law->atom0 + i, &law->atom[i], s);
    fmpq_inv(a, s->a1);
    fmpq_neg(a, a);
    fmpq_poly_set_coeff_fmpq(s->light + law->extra + s->k, 1, a);
    fmpq_clear(a);
}

ew_status ew_asymptotic_solve(ew_asymptotic_solver *s, ew_context *ctx)
{
    fmpq_init(s->a1);
    ew_status status = allocate(s, ctx);
    if (status != EW_OK)
        return status;
    first_coefficient(s);
    if (fmpq_sgn(s->a1) >= 0)
        return ew_fail(ctx, EW_UNABLE,
                       "asymptotics: class none, since a_1 is not negative at K = 0");
    expand_light(s);
    for (slong i = 0; i < s->h->unknowns && status == EW_OK; i++)
        status = open_equation(&s->equation[i], &s->h->next[i], s, ctx);
    if (status == EW_OK)
        status = kernel_step(s);
    for (slong i = 0; i < s->h->unknowns && status == EW_OK; i++)
        status = solve_unknown(s, i, ctx);
    return status;
}

void ew_asymptotic_solver_clear(ew_asymptotic_solver *s)
{
    slong n = s->h->unknowns;
    for (slong i = 0; s->equation && i < n; i++)
        clear_equation(&s->equation[i]);
    for (slong i = 0; s->x && i < n; i++)
        ew_logseries_clear(&s->x[i], &s->R);
    for (slong v = 0; s->light && v < s->h->law->variables; v++)
        fmpq_poly_clear(s->light + v);
    if (s->R.inverse)
        ew_logseries_clear(&s->log_step, &s->R);
    ew_logring_clear(&s->R);
    fmpq_clear(s->a1);
    free(s->equation);
    free(s->x);
    free(s->light);
    free(s->state);
}
