#include "chain/evaluate.h"

#include <stdlib.h>

static void count_terms(slong *terms, slong *factors, const fmpq_mpoly_struct *const *f,
                        slong n, ulong *exp, const ew_law *law)
{
    *terms = *factors = 0;
    for (slong i = 0; i < n; i++)
        for (slong t = 0; t < fmpq_mpoly_length(f[i], law->ring); t++) {
            fmpq_mpoly_get_term_exp_ui(exp, f[i], t, law->ring);
            for (slong v = 0; v < law->variables; v++)
                *factors += (slong) exp[v];
            ++*terms;
        }
}

static void fill_terms(ew_poly_program *p, const fmpq_mpoly_struct *const *f, ulong *exp,
                       const ew_law *law)
{
    slong t = 0, k = 0;
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < p->n; i++) {
        p->first[i] = t;
        for (slong j = 0; j < fmpq_mpoly_length(f[i], law->ring); j++, t++) {
            p->start[t] = k;
            fmpq_mpoly_get_term_coeff_fmpq(c, f[i], j, law->ring);
            fmpz_set(p->num + t, fmpq_numref(c));
            fmpz_set(p->den + t, fmpq_denref(c));
            fmpq_mpoly_get_term_exp_ui(exp, f[i], j, law->ring);
            for (slong v = 0; v < p->variables; v++)
                for (ulong e = 0; e < exp[v]; e++) {
                    p->factor[k++] = v;
                    p->used[v] = 1;
                }
        }
    }
    p->first[p->n] = t;
    p->start[t] = k;
    fmpq_clear(c);
}

ew_status ew_poly_program_new(ew_poly_program **out, const fmpq_mpoly_struct *const *f, slong n,
                              const ew_law *law, ew_context *ctx)
{
    ew_status status = EW_MEMORY;
    slong terms, factors;
    *out = NULL;
    ulong *exp = ew_alloc((size_t) law->variables * sizeof *exp, ctx);
    ew_poly_program *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!exp || !p)
        goto cleanup;
    count_terms(&terms, &factors, f, n, exp, law);
    p->first = ew_alloc_zero((size_t) n + 1, sizeof *p->first, ctx);
    p->start = ew_alloc_zero((size_t) terms + 1, sizeof *p->start, ctx);
    p->factor = ew_alloc_zero((size_t) factors, sizeof *p->factor, ctx);
    p->used = ew_alloc_zero((size_t) law->variables, sizeof *p->used, ctx);
    if (!p->first || !p->start || !p->factor || !p->used)
        goto cleanup;
    p->num = _fmpz_vec_init(terms);
    p->den = _fmpz_vec_init(terms);
    p->n = n;
    p->variables = law->variables;
    p->terms = terms;
    fill_terms(p, f, exp, law);
    *out = p;
    p = NULL;
    status = EW_OK;
cleanup:
    ew_poly_program_free(p);
    free(exp);
    return status;
}

void ew_poly_program_free(ew_poly_program *p)
{
    if (!p)
        return;
    if (p->num)
        _fmpz_vec_clear(p->num, p->terms);
    if (p->den)
        _fmpz_vec_clear(p->den, p->terms);
    free(p->first);
    free(p->start);
    free(p->factor);
    free(p->used);
    free(p);
}

void ew_poly_program_ball(arb_ptr y, mag_ptr scale, const ew_poly_program *p, arb_srcptr x,
                          slong prec)
{
    arb_t t;
    mag_t m;
    arb_init(t);
    mag_init(m);
    for (slong i = 0; i < p->n; i++) {
        arb_zero(y + i);
        if (scale)
            mag_zero(scale + i);
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            arb_set_round_fmpz(t, p->num + k, prec);
            for (slong j = p->start[k]; j < p->start[k + 1]; j++)
                arb_mul(t, t, x + p->factor[j], prec);
            if (!fmpz_is_one(p->den + k))
                arb_div_fmpz(t, t, p->den + k, prec);
            arb_add(y + i, y + i, t, prec);
            if (scale) {
                arb_get_mag(m, t);
                mag_add(scale + i, scale + i, m);
            }
        }
    }
    arb_clear(t);
    mag_clear(m);
}

void ew_poly_program_scale(mag_ptr scale, const ew_poly_program *p, mag_srcptr size)
{
    mag_t t;
    mag_init(t);
    for (slong i = 0; i < p->n; i++) {
        mag_zero(scale + i);
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            mag_set_fmpz(t, p->num + k);
            for (slong j = p->start[k]; j < p->start[k + 1]; j++)
                mag_mul(t, t, size + p->factor[j]);
            if (!fmpz_is_one(p->den + k))
                mag_div_fmpz(t, t, p->den + k);
            mag_add(scale + i, scale + i, t);
        }
    }
    mag_clear(t);
}

void ew_poly_program_rational(fmpq *y, const ew_poly_program *p, const fmpq *x)
{
    fmpq_t t;
    fmpq_init(t);
    for (slong i = 0; i < p->n; i++) {
        fmpq_zero(y + i);
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            fmpq_set_fmpz_frac(t, p->num + k, p->den + k);
            for (slong j = p->start[k]; j < p->start[k + 1] && !fmpq_is_zero(t); j++)
                fmpq_mul(t, t, x + p->factor[j]);
            fmpq_add(y + i, y + i, t);
        }
    }
    fmpq_clear(t);
}

void ew_poly_program_double(double *y, const ew_poly_program *p, const double *x)
{
    for (slong i = 0; i < p->n; i++) {
        y[i] = 0;
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            double t = fmpz_get_d(p->num + k) / fmpz_get_d(p->den + k);
            for (slong j = p->start[k]; j < p->start[k + 1]; j++)
                t *= x[p->factor[j]];
            y[i] += t;
        }
    }
}
