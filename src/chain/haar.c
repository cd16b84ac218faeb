#include "chain/haar.h"

#include <stdlib.h>

/* Z(J) = E exp(tr J^T X) depends on D = J J^T alone.  X X^T = N says sum_k d_ak d_bk Z = N
 * delta_ab Z.  With Z = e^Phi, Phi a function of p_j = tr D^j, and phi_j = dPhi/dp_j, the
 * coefficient of every power of the matrix D vanishes:
 *   D^0:  2 N phi_1 + sum_(j >= 2) 2j p_(j-1) phi_j = N,
 *   D^s:  2(s+1)(N+s) phi_(s+1) + sum_(j >= s+2) 2j p_(j-1-s) phi_j
 *           + sum_(j+k = s+1) 4jk (dphi_j/dp_k + phi_j phi_k) = 0.
 * Solved for phi_(s+1), each of these gains a power of 1/N on what it contains, and Phi follows
 * from sum_j j p_j phi_j, which multiplies every monomial by its weight.  W is Z over its
 * Gaussian limit e^(p_1/2). */

#define INVERSE 0 /* the variable 1/N; p_j is variable j */

/* Leave out powers of 1/N beyond the order. */
static void truncate_series(fmpq_mpoly_t f, const ew_haar *w)
{
    ulong exp[64];
    fmpq_t c;
    fmpq_mpoly_t g;
    fmpq_init(c);
    fmpq_mpoly_init(g, w->ring);
    for (slong i = 0; i < fmpq_mpoly_length(f, w->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, w->ring);
        if (exp[INVERSE] > (ulong) w->order)
            continue;
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, w->ring);
        fmpq_mpoly_push_term_fmpq_ui(g, c, exp, w->ring);
    }
    fmpq_mpoly_reduce(g, w->ring);
    fmpq_mpoly_swap(f, g, w->ring);
    fmpq_mpoly_clear(g, w->ring);
    fmpq_clear(c);
}

/* sum += c f g, or c f var where g is NULL */
static void add_product(fmpq_mpoly_t sum, slong c, const fmpq_mpoly_struct *f,
                        const fmpq_mpoly_struct *g, slong var, const ew_haar *w)
{
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, w->ring);
    if (!g)
        fmpq_mpoly_gen(t, var, w->ring);
    fmpq_mpoly_mul(t, f, g ? g : t, w->ring);
    fmpq_mpoly_scalar_mul_si(t, t, c, w->ring);
    fmpq_mpoly_add(sum, sum, t, w->ring);
    fmpq_mpoly_clear(t, w->ring);
}

/* f / (N + s) */
static void divide(fmpq_mpoly_t f, slong s, const ew_haar *w)
{
    fmpq_mpoly_t power, sum, inverse;
    fmpq_mpoly_init(power, w->ring);
    fmpq_mpoly_init(sum, w->ring);
    fmpq_mpoly_init(inverse, w->ring);
    fmpq_mpoly_gen(inverse, INVERSE, w->ring);
    fmpq_mpoly_mul(power, f, inverse, w->ring);
    for (slong i = 0; i <= w->order; i++) {
        fmpq_mpoly_add(sum, sum, power, w->ring);
        fmpq_mpoly_mul(power, power, inverse, w->ring);
        fmpq_mpoly_scalar_mul_si(power, power, -s, w->ring);
    }
    truncate_series(sum, w);
    fmpq_mpoly_swap(f, sum, w->ring);
    fmpq_mpoly_clear(power, w->ring);
    fmpq_mpoly_clear(sum, w->ring);
    fmpq_mpoly_clear(inverse, w->ring);
}

/* next = phi_(s+1) by the equation of D^s, from phi[1..order + 1]. */
static void solve_power(fmpq_mpoly_t next, slong s, const fmpq_mpoly_struct *phi,
                        const ew_haar *w)
{
    fmpq_mpoly_t d;
    fmpq_mpoly_init(d, w->ring);
    fmpq_mpoly_zero(next, w->ring);
    for (slong j = s + 2; j <= w->order + 1; j++)
        add_product(next, 2 * j, &phi[j], NULL, j - 1 - s, w);
    for (slong j = 1; j <= s; j++) {
        slong k = s + 1 - j;
        fmpq_mpoly_derivative(d, &phi[j], k, w->ring);
        fmpq_mpoly_scalar_mul_si(d, d, 4 * j * k, w->ring);
        fmpq_mpoly_add(next, next, d, w->ring);
        add_product(next, 4 * j * k, &phi[j], &phi[k], 0, w);
    }
    divide(next, s, w);
    fmpq_mpoly_scalar_div_si(next, next, -2 * (s + 1), w->ring);
    if (s == 0) {
        fmpq_mpoly_one(d, w->ring);
        fmpq_mpoly_scalar_div_si(d, d, 2, w->ring);
        fmpq_mpoly_add(next, next, d, w->ring);
    }
    fmpq_mpoly_clear(d, w->ring);
}

/* Divide every monomial by its weight, prod p_j^a_j having sum j a_j. */
static void divide_by_weight(fmpq_mpoly_t f, const ew_haar *w)
{
    ulong exp[64];
    fmpq_t c, part;
    fmpq_mpoly_t g;
    fmpq_init(c);
    fmpq_init(part);
    fmpq_mpoly_init(g, w->ring);
    for (slong i = 0; i < fmpq_mpoly_length(f, w->ring); i++) {
        ulong weight = 0;
        fmpq_mpoly_get_term_exp_ui(exp, f, i, w->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, w->ring);
        for (slong j = 1; j <= w->order + 1; j++)
            weight += (ulong) j * exp[j];
        fmpq_set_si(part, 1, weight);
        fmpq_mul(c, c, part);
        fmpq_mpoly_push_term_fmpq_ui(g, c, exp, w->ring);
    }
    fmpq_mpoly_reduce(g, w->ring);
    fmpq_mpoly_swap(f, g, w->ring);
    fmpq_mpoly_clear(g, w->ring);
    fmpq_clear(c);
    fmpq_clear(part);
}

/* One more power of 1/N in Phi. */
static void improve(fmpq_mpoly_t Phi, fmpq_mpoly_struct *phi, const ew_haar *w)
{
    fmpq_mpoly_t next, sum;
    fmpq_mpoly_init(next, w->ring);
    fmpq_mpoly_init(sum, w->ring);
    for (slong j = 1; j <= w->order + 1; j++)
        fmpq_mpoly_derivative(&phi[j], Phi, j, w->ring);
    for (slong s = 0; s <= w->order; s++) {
        solve_power(next, s, phi, w);
        add_product(sum, s + 1, next, NULL, s + 1, w);
    }
    divide_by_weight(sum, w);
    fmpq_mpoly_swap(Phi, sum, w->ring);
    fmpq_mpoly_clear(next, w->ring);
    fmpq_mpoly_clear(sum, w->ring);
}

static ew_status find_exponent(ew_haar *w, ew_context *ctx)
{
    fmpq_mpoly_struct *phi = ew_alloc((size_t) (w->order + 2) * sizeof *phi, ctx);
    if (!phi)
        return EW_MEMORY;
    fmpq_mpoly_t half;
    fmpq_mpoly_init(half, w->ring);
    for (slong j = 0; j <= w->order + 1; j++)
        fmpq_mpoly_init(&phi[j], w->ring);
    fmpq_mpoly_gen(half, 1, w->ring);
    fmpq_mpoly_scalar_div_si(half, half, 2, w->ring);
    fmpq_mpoly_set(w->exponent, half, w->ring);
    ew_status status = EW_OK;
    for (slong i = 0; i <= w->order && status == EW_OK; i++) {
        improve(w->exponent, phi, w);
        status = ew_poll(ctx);
    }
    fmpq_mpoly_sub(w->exponent, w->exponent, half, w->ring);
    for (slong j = 0; j <= w->order + 1; j++)
        fmpq_mpoly_clear(&phi[j], w->ring);
    fmpq_mpoly_clear(half, w->ring);
    free(phi);
    return status;
}

/* series[g] += the terms of f with 1/N^g */
static void split_grades(ew_haar *w, const fmpq_mpoly_t f)
{
    ulong exp[64];
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < fmpq_mpoly_length(f, w->ring); i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, w->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, w->ring);
        slong g = (slong) exp[INVERSE];
        exp[INVERSE] = 0;
        fmpq_mpoly_push_term_fmpq_ui(&w->series[g], c, exp, w->ring);
    }
    fmpq_clear(c);
}

/* W = exp(exponent), whose terms all have a factor 1/N. */
static void exponentiate(ew_haar *w)
{
    fmpq_mpoly_t power;
    fmpq_mpoly_init(power, w->ring);
    fmpq_mpoly_one(power, w->ring);
    for (slong k = 0; k <= w->order; k++) {
        split_grades(w, power);
        fmpq_mpoly_mul(power, power, w->exponent, w->ring);
        fmpq_mpoly_scalar_div_si(power, power, k + 1, w->ring);
        truncate_series(power, w);
    }
    for (slong g = 0; g <= w->order; g++) {
        fmpq_mpoly_sort_terms(&w->series[g], w->ring);
        fmpq_mpoly_combine_like_terms(&w->series[g], w->ring);
    }
    fmpq_mpoly_clear(power, w->ring);
}

ew_status ew_haar_new(ew_haar **out, slong order, ew_context *ctx)
{
    *out = NULL;
    if (order < 0 || order > 32)
        return ew_fail(ctx, EW_UNABLE, "orthogonal weights: order %ld", (long) order);
    ew_haar *w = ew_alloc_zero(1, sizeof *w, ctx);
    if (!w)
        return EW_MEMORY;
    w->order = order;
    w->series = ew_alloc((size_t) (order + 1) * sizeof *w->series, ctx);
    if (!w->series) {
        free(w);
        return EW_MEMORY;
    }
    fmpq_mpoly_ctx_init(w->ring, order + 2, ORD_LEX);
    fmpq_mpoly_init(w->exponent, w->ring);
    for (slong g = 0; g <= order; g++)
        fmpq_mpoly_init(&w->series[g], w->ring);
    ew_status status = find_exponent(w, ctx);
    if (status != EW_OK) {
        ew_haar_free(w);
        return status;
    }
    exponentiate(w);
    *out = w;
    return EW_OK;
}

void ew_haar_free(ew_haar *w)
{
    if (!w)
        return;
    for (slong g = 0; g <= w->order; g++)
        fmpq_mpoly_clear(&w->series[g], w->ring);
    fmpq_mpoly_clear(w->exponent, w->ring);
    fmpq_mpoly_ctx_clear(w->ring);
    free(w->series);
    free(w);
}

slong ew_haar_entry(slong rows, slong a, slong b)
{
    slong lo = a < b ? a : b, hi = a < b ? b : a;
    return lo * rows - lo * (lo - 1) / 2 + (hi - lo);
}

/* trace[j] = tr D^j, j = 1..most */
static void traces(fmpq_mpoly_struct *trace, slong most, slong rows, fmpq_mpoly_struct *power,
                   fmpq_mpoly_struct *next, const fmpq_mpoly_ctx_t ring)
{
    fmpq_mpoly_t t;
    fmpq_mpoly_init(t, ring);
    for (slong a = 0; a < rows; a++)
        for (slong b = 0; b < rows; b++)
            fmpq_mpoly_gen(&power[a * rows + b], ew_haar_entry(rows, a, b), ring);
    for (slong j = 1; j <= most; j++) {
        for (slong a = 0; a < rows; a++)
            fmpq_mpoly_add(&trace[j], &trace[j], &power[a * rows + a], ring);
        for (slong i = 0; j < most && i < rows * rows; i++) {
            fmpq_mpoly_zero(&next[i], ring);
            for (slong k = 0; k < rows; k++) {
                fmpq_mpoly_gen(t, ew_haar_entry(rows, k, i % rows), ring);
                fmpq_mpoly_mul(t, t, &power[i / rows * rows + k], ring);
                fmpq_mpoly_add(&next[i], &next[i], t, ring);
            }
        }
        for (slong i = 0; j < most && i < rows * rows; i++)
            fmpq_mpoly_swap(&power[i], &next[i], ring);
    }
    fmpq_mpoly_clear(t, ring);
}

/* W's coefficient with the traces put in; its power sums end with p_(grade+1). */
static ew_status put_traces(fmpq_mpoly_t out, const ew_haar *w, slong grade,
                            fmpq_mpoly_struct *trace, const fmpq_mpoly_ctx_t ring,
                            ew_context *ctx)
{
    fmpq_mpoly_struct **at = ew_alloc((size_t) (w->order + 2) * sizeof *at, ctx);
    if (!at)
        return EW_MEMORY;
    for (slong j = 0; j <= w->order + 1; j++)
        at[j] = &trace[j];
    int ok = fmpq_mpoly_compose_fmpq_mpoly(out, &w->series[grade], at, w->ring, ring);
    free(at);
    return ok ? EW_OK : ew_fail(ctx, EW_UNABLE, "orthogonal weights: powers too high");
}

ew_status ew_haar_rows(fmpq_mpoly_t out, const ew_haar *w, slong grade, slong rows,
                       const fmpq_mpoly_ctx_t ring, ew_context *ctx)
{
    slong n = w->order + 2 + 2 * rows * rows;
    fmpq_mpoly_struct *room = ew_alloc((size_t) n * sizeof *room, ctx);
    if (!room)
        return EW_MEMORY;
    for (slong i = 0; i < n; i++)
        fmpq_mpoly_init(&room[i], ring);
    fmpq_mpoly_struct *power = room + w->order + 2;
    traces(room, FLINT_MIN(grade + 1, w->order + 1), rows, power, power + rows * rows, ring);
    ew_status status = put_traces(out, w, grade, room, ring, ctx);
    for (slong i = 0; i < n; i++)
        fmpq_mpoly_clear(&room[i], ring);
    free(room);
    return status;
}
