/* Residual blocks of homogeneous s without biases.  A factor of the input is one of all fields,
 * so that a unit g^l of H, K = g^l K_0, can be taken out of every equation: what is left is
 * that of a network whose K stays where it is. */
#include <stdlib.h>

#include "readings/cumulant/asymptotic/fixed.h"

/* The law's variables at layer 1: parameters of the first block, K, atoms. */
static ew_status set_variables(fmpq *x, int *known, const ew_fixed_solver *s, ew_context *ctx)
{
    const ew_law *law = s->h->law;
    fmpq_t gram;
    fmpq_init(gram);
    ew_status status = ew_fixed_first(x + law->extra, known, s, ctx);
    *known = status == EW_OK && *known &&
             ew_law_parameters_rational(x, law, s->net, 1, s->run->tangents);
    if (*known) {
        ew_cumulant_run_gram_rational(gram, s->run, x);
        *known = ew_atom_plan_rational(x, s->run->plan, gram);
    }
    fmpq_clear(gram);
    return status;
}

ew_status ew_fixed_blocks_zero(char *zero, ew_fixed_solver *s, ew_context *ctx)
{
    const ew_law *law = s->h->law;
    int known = 0;
    fmpq *x = _fmpq_vec_init(law->variables);
    ew_status status = set_variables(x, &known, s, ctx);
    if (status == EW_OK && !known)
        status = ew_fail(ctx, EW_UNABLE,
                         "asymptotics: a number of the residual blocks is not rational");
    for (slong v = 0; v < law->variables && status == EW_OK; v++)
        if ((v < law->extra || v >= law->atom0) && s->run->program->used[v])
            zero[v] |= fmpq_is_zero(x + v) != 0;
    _fmpq_vec_clear(x, law->variables);
    return status;
}

/* y /= g^(entries of unknown i) for all of them. */
static void take_out(fmpq *y, const ew_fixed_solver *s)
{
    fmpq_t power;
    fmpq_init(power);
    for (slong i = 0; i < s->h->unknowns; i++) {
        fmpq_pow_si(power, s->growth, s->h->unknown[i].list.n);
        fmpq_div(y + i, y + i, power);
    }
    fmpq_clear(power);
}

/* y(X_i + 1) - y(X_i) is 1 for every unknown that the solution is not 0 for. */
static ew_status check_own(fmpq *x, const fmpq *before, const ew_fixed_solver *s,
                           ew_context *ctx)
{
    slong n = s->h->unknowns, K = ew_asymptotic_mean(s->h, 0);
    fmpq *y = _fmpq_vec_init(n);
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    ew_status status = EW_OK;
    for (slong i = 0; i < n && status == EW_OK; i++) {
        fmpq *own = x + s->h->law->extra + i;
        if (i == K || s->degree[i] < 0)
            continue;
        fmpq_add(own, own, one);
        ew_poly_program_rational(y, s->run->program, x);
        take_out(y, s);
        fmpq_sub(own, own, one);
        fmpq_sub(y + i, y + i, before + i);
        if (!fmpq_is_one(y + i))
            status = ew_fail(ctx, EW_UNABLE,
                             "asymptotics: %s does not grow like a power of K in residual "
                             "blocks",
                             s->h->unknown[i].name);
    }
    fmpq_clear(one);
    _fmpq_vec_clear(y, n);
    return status;
}

/* Layer after layer, K kept where it is. */
static ew_status run_layers(fmpq *value, fmpq *x, ew_fixed_solver *s, ew_context *ctx)
{
    slong n = s->h->unknowns, K = ew_asymptotic_mean(s->h, 0);
    fmpq *state = x + s->h->law->extra, *next = _fmpq_vec_init(n);
    ew_status status = EW_OK;
    for (slong l = 0; l < s->layers && status == EW_OK; l++) {
        for (slong i = 0; i < n; i++)
            fmpq_set(value + l * n + i, state + i);
        ew_poly_program_rational(next, s->run->program, x);
        if (l == 0)
            fmpq_div(s->growth, next + K, state + K);
        take_out(next, s);
        if (l == 0)
            status = check_own(x, next, s, ctx);
        for (slong i = 0; i < n; i++)
            fmpq_set(state + i, next + i);
    }
    _fmpq_vec_clear(next, n);
    return status;
}

/* Layer 1 is block 0. */
static void from_blocks(fmpq_poly_t p)
{
    fmpq_poly_t shift;
    fmpq_poly_init(shift);
    fmpq_poly_set_coeff_si(shift, 1, 1);
    fmpq_poly_set_coeff_si(shift, 0, 1);
    fmpq_poly_compose(p, p, shift);
    fmpq_poly_clear(shift);
}

ew_status ew_fixed_blocks_solve(ew_fixed_solver *s, ew_context *ctx)
{
    const ew_law *law = s->h->law;
    slong n = s->h->unknowns;
    int known;
    fmpq *x = _fmpq_vec_init(law->variables), *value = _fmpq_vec_init(s->layers * n);
    ew_status status = set_variables(x, &known, s, ctx);
    if (status == EW_OK && fmpq_is_zero(x + law->extra + ew_asymptotic_mean(s->h, 0)))
        status = ew_fail(ctx, EW_UNABLE, "asymptotics: the input is 0");
    if (status == EW_OK)
        status = run_layers(value, x, s, ctx);
    if (status == EW_OK && !(s->exact = ew_alloc((size_t) n * sizeof *s->exact, ctx)))
        status = EW_MEMORY;
    for (slong i = 0; i < n && s->exact; i++) {
        fmpq_poly_init(s->exact + i);
        ew_fixed_interpolate(s->exact + i, value + i, n, s->degree[i] + 1);
        from_blocks(s->exact + i);
    }
    _fmpq_vec_clear(x, law->variables);
    _fmpq_vec_clear(value, s->layers * n);
    return status;
}
