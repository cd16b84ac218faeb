/* Equations for doubles: terms with their constants multiplied out, blocks of points at a time.
 */
#include "readings/sde/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readings/sde/moment.h"

/* Sum of coef[t] * product of variable[factor[start[t]..start[t+1])]. */
struct ew_sde_program {
    slong terms;
    double *coef;
    slong *start, *factor;
};

/* ---- compilation --------------------------------------------------------------------------
 */

/* The coefficient of a term with its constants, which are taken out of exp. */
static double coefficient(ulong *exp, const ew_sde *sde, const fmpq_t c)
{
    arf_t x;
    arf_init(x);
    arf_set_fmpq(x, c, 64, ARF_RND_NEAR);
    double y = arf_get_d(x, ARF_RND_NEAR);
    arf_clear(x);
    for (slong i = 0; i < sde->constants; i++) {
        double v =
            sde->constant[i].inverse ? 1 / sde->constant[i].approx : sde->constant[i].approx;
        for (ulong *e = exp + sde->constant0 + i; *e; --*e)
            y *= v;
    }
    return y;
}

/* The term with these exponents, or a new one. */
static slong find_term(struct ew_sde_program *p, const ulong *exp, const ew_sde *sde)
{
    slong n = 0, *factor = p->factor + p->start[p->terms];
    for (slong v = 0; v < sde->variables; v++)
        for (ulong e = 0; e < exp[v]; e++)
            factor[n++] = v;
    for (slong t = 0; t < p->terms; t++)
        if (p->start[t + 1] - p->start[t] == n &&
            memcmp(p->factor + p->start[t], factor, (size_t) n * sizeof *factor) == 0)
            return t;
    p->start[p->terms + 1] = p->start[p->terms] + n;
    p->coef[p->terms] = 0;
    return p->terms++;
}

static ew_status compile_one(struct ew_sde_program *p, const fmpq_mpoly_t f, const ew_sde *sde,
                             ew_context *ctx)
{
    slong n = fmpq_mpoly_length(f, sde->ring), factors = 0;
    ulong *exp = ew_alloc((size_t) sde->variables * sizeof *exp, ctx);
    for (slong i = 0; exp && i < n; i++) {
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        for (slong v = 0; v < sde->variables; v++)
            factors += (slong) exp[v];
    }
    p->coef = ew_alloc((size_t) (n + 1) * sizeof *p->coef, ctx);
    p->start = ew_alloc_zero((size_t) n + 2, sizeof *p->start, ctx);
    p->factor = ew_alloc((size_t) (factors + 1) * sizeof *p->factor, ctx);
    if (!exp || !p->coef || !p->start || !p->factor) {
        free(exp);
        return EW_MEMORY;
    }
    fmpq_t c;
    fmpq_init(c);
    for (slong i = 0; i < n; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        double x = coefficient(exp, sde, c);
        slong t = find_term(p, exp, sde);
        p->coef[t] += x;
    }
    fmpq_clear(c);
    free(exp);
    return EW_OK;
}

/* The atoms that programs [first, first + n) use. */
static void mark_needed(char *needed, const ew_sde *sde, slong first, slong n)
{
    for (slong i = first; i < first + n; i++) {
        const struct ew_sde_program *p = &sde->program[i];
        for (slong j = 0; j < p->start[p->terms]; j++)
            if (p->factor[j] >= sde->atom0)
                needed[p->factor[j] - sde->atom0] = 1;
    }
}

ew_status ew_sde_compile(ew_sde *sde, ew_context *ctx)
{
    slong s = sde->n * (sde->n + 1) / 2;
    ew_status status = EW_OK;
    sde->programs = sde->n + s;
    sde->program = ew_alloc_zero((size_t) sde->programs, sizeof *sde->program, ctx);
    sde->needed = ew_alloc_zero(2 * (size_t) sde->atoms + 1, 1, ctx);
    if (!sde->program || !sde->needed)
        return EW_MEMORY;
    for (slong i = 0; i < sde->programs && status == EW_OK; i++)
        status =
            compile_one(sde->program + i,
                        i < sde->n ? sde->drift + i : sde->diffusion + (i - sde->n), sde, ctx);
    if (status != EW_OK)
        return status;
    mark_needed(sde->needed, sde, 0, sde->n);
    mark_needed(sde->needed + sde->atoms, sde, sde->n, s);
    return EW_OK;
}

void ew_sde_programs_free(ew_sde *sde)
{
    for (slong i = 0; sde->program && i < sde->programs; i++) {
        free(sde->program[i].coef);
        free(sde->program[i].start);
        free(sde->program[i].factor);
    }
    free(sde->program);
    free(sde->needed);
}

/* ---- evaluation ---------------------------------------------------------------------------
 */

#define BLOCK 32

static double correlation(double x, double y, double z)
{
    double scale = sqrt(x * z), rho = scale > 0 ? y / scale : 0;
    return rho > 1 ? 1 : rho < -1 ? -1 : rho;
}

/* Near rho = 1, arccos(rho) = asin(sqrt(1 - rho^2)) keeps the small angle; N is of its third
 * order, and the difference of two terms of its first. */
static double kink(double x, double y, double z)
{
    double rho = correlation(x, y, z), sine = sqrt((1 - rho) * (1 + rho));
    double theta = rho > 0.5 ? asin(sine) : acos(rho), n = sine - rho * theta;
    if (theta < 0.01)
        n = theta * theta * theta *
            (1.0 / 3 - theta * theta * (1.0 / 30 - theta * theta * (1.0 / 840)));
    return sqrt(x * z) * n / (2 * M_PI);
}

static double apply(ew_sde_function f, double x, double y, double z)
{
    switch (f) {
    case EW_SDE_KINK:
        return kink(x, y, z);
    case EW_SDE_ANGLE:
        return acos(correlation(x, y, z)) / (2 * M_PI);
    case EW_SDE_ROOT:
        return 1 / (2 * M_PI * sqrt(x * z - y * y));
    case EW_SDE_SQRT:
        return sqrt(x > 0 ? x : 0);
    default:
        return 1 / x;
    }
}

/* Where a variable's values are: constants of the block have step 0. */
typedef struct {
    const double *at;
    size_t step;
} source;

static source find(const ew_sde *sde, slong v, const double *t, const double *x, size_t count,
                   const double *atoms)
{
    static const double one = 1;
    if (v == EW_SDE_ONE)
        return (source){&one, 0};
    if (v < sde->n)
        return (source){x + (size_t) v * count, 1};
    if (v == sde->time)
        return (source){t, 0};
    return (source){atoms + (size_t) (v - sde->atom0) * BLOCK, 1};
}

static void run(double *out, const struct ew_sde_program *p, const ew_sde *sde, const double *t,
                const double *x, size_t count, const double *atoms, size_t block)
{
    double term[BLOCK];
    for (size_t k = 0; k < block; k++)
        out[k] = 0;
    for (slong i = 0; i < p->terms; i++) {
        for (size_t k = 0; k < block; k++)
            term[k] = p->coef[i];
        for (slong j = p->start[i]; j < p->start[i + 1]; j++) {
            source v = find(sde, p->factor[j], t, x, count, atoms);
            if (v.step)
                for (size_t k = 0; k < block; k++)
                    term[k] *= v.at[k];
            else
                for (size_t k = 0; k < block; k++)
                    term[k] *= *v.at;
        }
        for (size_t k = 0; k < block; k++)
            out[k] += term[k];
    }
}

static void run_all(double *y, const ew_sde *sde, slong first, slong n, double t,
                    const double *x, size_t count)
{
    double atoms[(sde->atoms + 1) * BLOCK];
    const char *needed = sde->needed + (first ? sde->atoms : 0);
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t block = count - at < BLOCK ? count - at : BLOCK;
        for (slong i = 0; i < sde->atoms; i++) {
            source v[3];
            if (!needed[i])
                continue;
            for (int j = 0; j < 3; j++)
                v[j] = find(sde, sde->atom[i].arg[j], &t, x + at, count, atoms);
            if (sde->atom[i].f == EW_SDE_MOMENT) {
                for (size_t k = 0; k < block; k++)
                    atoms[(size_t) i * BLOCK + k] = ew_sde_moment_double(
                        sde, i, v[0].at[k * v[0].step], v[1].at[k * v[1].step],
                        v[2].at[k * v[2].step]);
                continue;
            }
            for (size_t k = 0; k < block; k++)
                atoms[(size_t) i * BLOCK + k] =
                    apply(sde->atom[i].f, v[0].at[k * v[0].step], v[1].at[k * v[1].step],
                          v[2].at[k * v[2].step]);
        }
        for (slong i = 0; i < n; i++)
            run(y + (size_t) i * count + at, sde->program + first + i, sde, &t, x + at, count,
                atoms, block);
    }
}

void ew_sde_drift(double *b, const ew_sde *sde, double t, const double *x, size_t count)
{
    run_all(b, sde, 0, sde->n, t, x, count);
}

void ew_sde_diffusion(double *s, const ew_sde *sde, double t, const double *x, size_t count)
{
    run_all(s, sde, sde->n, sde->n * (sde->n + 1) / 2, t, x, count);
}
