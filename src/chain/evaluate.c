#include "chain/evaluate.h"

#include <stdlib.h>
#include <string.h>

/* ---- compilation --------------------------------------------------------------------------
 */

/* The coefficients of f over their common denominator. */
static void fill_coefficients(fmpz *coef, fmpz_t den, const ew_terms *f)
{
    fmpz_one(den);
    for (slong j = 0; j < f->n; j++)
        fmpz_lcm(den, den, fmpq_denref(&f->t[j].c));
    for (slong j = 0; j < f->n; j++) {
        fmpz_divexact(coef + j, den, fmpq_denref(&f->t[j].c));
        fmpz_mul(coef + j, coef + j, fmpq_numref(&f->t[j].c));
    }
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

static void fill_terms(ew_poly_program *p, const ew_terms *f)
{
    slong t = 0, k = 0;
    for (slong i = 0; i < p->n; i++) {
        p->first[i] = t;
        fill_coefficients(p->coef + t, p->den + i, f + i);
        for (slong j = 0; j < f[i].n; j++, t++) {
            const int *factor = f[i].pool + f[i].t[j].at;
            p->start[t] = k;
            for (int e = 0; e < f[i].t[j].n; e++) {
                p->factor[k++] = factor[e];
                p->used[factor[e]] = 1;
            }
            share_prefix(p, t, k - p->start[t]);
        }
    }
    p->first[p->n] = t;
    p->start[t] = k;
}

ew_status ew_poly_program_of_terms(ew_poly_program **out, const ew_terms *f, slong n,
                                   slong variables, ew_context *ctx)
{
    slong terms = 0, factors = 0;
    *out = NULL;
    for (slong i = 0; i < n; i++) {
        terms += f[i].n;
        for (slong j = 0; j < f[i].n; j++)
            factors += f[i].t[j].n;
    }
    ew_poly_program *p = ew_alloc_zero(1, sizeof *p, ctx);
    if (!p)
        return EW_MEMORY;
    p->first = ew_alloc_zero((size_t) n + 1, sizeof *p->first, ctx);
    p->start = ew_alloc_zero((size_t) terms + 1, sizeof *p->start, ctx);
    p->shared = ew_alloc_zero((size_t) terms + 1, sizeof *p->shared, ctx);
    p->factor = ew_alloc_zero((size_t) factors + 1, sizeof *p->factor, ctx);
    p->used = ew_alloc_zero((size_t) variables, sizeof *p->used, ctx);
    if (!p->first || !p->start || !p->shared || !p->factor || !p->used) {
        ew_poly_program_free(p);
        return EW_MEMORY;
    }
    p->coef = _fmpz_vec_init(terms);
    p->den = _fmpz_vec_init(n);
    p->n = n;
    p->variables = variables;
    p->terms = terms;
    fill_terms(p, f);
    *out = p;
    return EW_OK;
}

/* The terms of f, in their order. */
static ew_status take_apart(ew_terms *out, const fmpq_mpoly_t f, ulong *exp, const ew_law *law,
                            ew_context *ctx)
{
    ew_status status = EW_OK;
    slong room = 0;
    int *factor = NULL;
    fmpq_t c;
    fmpq_init(c);
    for (slong j = 0; j < fmpq_mpoly_length(f, law->ring) && status == EW_OK; j++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, j, law->ring);
        fmpq_mpoly_get_term_coeff_fmpq(c, f, j, law->ring);
        slong n = ew_terms_factors(factor, room, exp, law->variables);
        if (n > room) {
            int *more = ew_realloc(factor, 2 * (size_t) n * sizeof *more, ctx);
            if (!more) {
                status = EW_MEMORY;
                break;
            }
            factor = more;
            room = 2 * n;
            ew_terms_factors(factor, room, exp, law->variables);
        }
        status = ew_terms_add(out, c, factor, n, NULL, 0, ctx);
    }
    free(factor);
    fmpq_clear(c);
    return status;
}

ew_status ew_poly_program_new(ew_poly_program **out, const fmpq_mpoly_struct *const *f, slong n,
                              const ew_law *law, ew_context *ctx)
{
    *out = NULL;
    ulong *exp = ew_alloc((size_t) law->variables * sizeof *exp, ctx);
    ew_terms *terms = ew_alloc_zero((size_t) n + 1, sizeof *terms, ctx);
    ew_status status = exp && terms ? EW_OK : EW_MEMORY;
    for (slong i = 0; i < n && status == EW_OK; i++)
        status = take_apart(terms + i, f[i], exp, law, ctx);
    if (status == EW_OK)
        status = ew_poly_program_of_terms(out, terms, n, law->variables, ctx);
    for (slong i = 0; i < n && terms; i++)
        ew_terms_clear(terms + i);
    free(terms);
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
