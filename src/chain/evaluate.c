#include "chain/evaluate.h"

#include <stdlib.h>
#include <string.h>

/* ---- compilation --------------------------------------------------------------------------
 */

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

/* The coefficients of f over their common denominator. */
static void fill_coefficients(fmpz *coef, fmpz_t den, const fmpq_mpoly_struct *f,
                              const ew_law *law)
{
    slong n = fmpq_mpoly_length(f, law->ring);
    fmpq_t c;
    fmpq_init(c);
    fmpz_one(den);
    for (slong j = 0; j < n; j++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, j, law->ring);
        fmpz_lcm(den, den, fmpq_denref(c));
    }
    for (slong j = 0; j < n; j++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, j, law->ring);
        fmpq_mul_fmpz(c, c, den);
        fmpz_set(coef + j, fmpq_numref(c));
    }
    fmpq_clear(c);
}

static void share_prefix(ew_poly_program *p, slong t, slong length)
{
    slong before = t ? p->start[t] - p->start[t - 1] : 0, n = 0;
    while (n < before && n < length &&
           p->factor[p->start[t] + n] == p->factor[p->start[t - 1] + n])
        n++;
    p->shared[t] = n;
    if (length > p->longest)
        p->longest = length;
}

static void fill_terms(ew_poly_program *p, const fmpq_mpoly_struct *const *f, ulong *exp,
                       const ew_law *law)
{
    slong t = 0, k = 0;
    for (slong i = 0; i < p->n; i++) {
        p->first[i] = t;
        fill_coefficients(p->coef + t, p->den + i, f[i], law);
        for (slong j = 0; j < fmpq_mpoly_length(f[i], law->ring); j++, t++) {
            p->start[t] = k;
            fmpq_mpoly_get_term_exp_ui(exp, f[i], j, law->ring);
            for (slong v = 0; v < p->variables; v++)
                for (ulong e = 0; e < exp[v]; e++) {
                    p->factor[k++] = v;
                    p->used[v] = 1;
                }
            share_prefix(p, t, k - p->start[t]);
        }
    }
    p->first[p->n] = t;
    p->start[t] = k;
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
    p->shared = ew_alloc_zero((size_t) terms + 1, sizeof *p->shared, ctx);
    p->factor = ew_alloc_zero((size_t) factors + 1, sizeof *p->factor, ctx);
    p->used = ew_alloc_zero((size_t) law->variables, sizeof *p->used, ctx);
    if (!p->first || !p->start || !p->shared || !p->factor || !p->used)
        goto cleanup;
    p->coef = _fmpz_vec_init(terms);
    p->den = _fmpz_vec_init(n);
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
    if (p->coef)
        _fmpz_vec_clear(p->coef, p->terms);
    if (p->den)
        _fmpz_vec_clear(p->den, p->n);
    free(p->first);
    free(p->start);
    free(p->shared);
    free(p->factor);
    free(p->used);
    free(p);
}

void ew_poly_program_needed(char *needed, const ew_poly_program *p, const char *zero)
{
    memset(needed, 0, (size_t) p->variables);
    for (slong t = 0; t < p->terms; t++) {
        int vanishes = 0;
        for (slong j = p->start[t]; j < p->start[t + 1] && !vanishes; j++)
            vanishes = zero[p->factor[j]] != 0;
        for (slong j = p->start[t]; j < p->start[t + 1] && !vanishes; j++)
            needed[p->factor[j]] = 1;
    }
}

/* ---- evaluation: product[d] is that of the first d factors of the term at hand -------------
 */

void ew_poly_program_ball(arb_ptr y, mag_ptr scale, const ew_poly_program *p, arb_srcptr x,
                          slong prec)
{
    arb_ptr product = _arb_vec_init(p->longest + 1);
    arb_t t;
    mag_t m;
    arb_init(t);
    mag_init(m);
    arb_one(product);
    for (slong i = 0; i < p->n; i++) {
        arb_zero(y + i);
        if (scale)
            mag_zero(scale + i);
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            const slong *factor = p->factor + p->start[k];
            slong length = p->start[k + 1] - p->start[k];
            for (slong d = p->shared[k]; d < length; d++)
                arb_mul(product + d + 1, product + d, x + factor[d], prec);
            arb_mul_fmpz(t, product + length, p->coef + k, prec);
            arb_add(y + i, y + i, t, prec);
            if (scale) {
                arb_get_mag(m, t);
                mag_add(scale + i, scale + i, m);
            }
        }
        arb_div_fmpz(y + i, y + i, p->den + i, prec);
        if (scale)
            mag_div_fmpz(scale + i, scale + i, p->den + i);
    }
    _arb_vec_clear(product, p->longest + 1);
    arb_clear(t);
    mag_clear(m);
}

void ew_poly_program_scale(mag_ptr scale, const ew_poly_program *p, mag_srcptr size)
{
    mag_ptr product = _mag_vec_init(p->longest + 1);
    mag_t t;
    mag_init(t);
    mag_one(product);
    for (slong i = 0; i < p->n; i++) {
        mag_zero(scale + i);
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            const slong *factor = p->factor + p->start[k];
            slong length = p->start[k + 1] - p->start[k];
            for (slong d = p->shared[k]; d < length; d++)
                mag_mul(product + d + 1, product + d, size + factor[d]);
            mag_set_fmpz(t, p->coef + k);
            mag_addmul(scale + i, t, product + length);
        }
        mag_div_fmpz(scale + i, scale + i, p->den + i);
    }
    _mag_vec_clear(product, p->longest + 1);
    mag_clear(t);
}

void ew_poly_program_rational(fmpq *y, const ew_poly_program *p, const fmpq *x)
{
    fmpq *product = _fmpq_vec_init(p->longest + 1);
    fmpq_t t;
    fmpq_init(t);
    fmpq_one(product);
    for (slong i = 0; i < p->n; i++) {
        fmpq_zero(y + i);
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            const slong *factor = p->factor + p->start[k];
            slong length = p->start[k + 1] - p->start[k];
            for (slong d = p->shared[k]; d < length; d++)
                fmpq_mul(product + d + 1, product + d, x + factor[d]);
            if (fmpq_is_zero(product + length))
                continue;
            fmpq_mul_fmpz(t, product + length, p->coef + k);
            fmpq_add(y + i, y + i, t);
        }
        fmpq_div_fmpz(y + i, y + i, p->den + i);
    }
    _fmpq_vec_clear(product, p->longest + 1);
    fmpq_clear(t);
}

void ew_poly_program_double(double *y, const ew_poly_program *p, const double *x)
{
    for (slong i = 0; i < p->n; i++) {
        y[i] = 0;
        for (slong k = p->first[i]; k < p->first[i + 1]; k++) {
            double t = fmpz_get_d(p->coef + k);
            for (slong j = p->start[k]; j < p->start[k + 1]; j++)
                t *= x[p->factor[j]];
            y[i] += t;
        }
        y[i] /= fmpz_get_d(p->den + i);
    }
}
