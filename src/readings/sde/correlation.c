/* The correlation rho = V12/sqrt(V11 V22) of two inputs by Ito's formula. */
#include "readings/sde/build.h"
#include "readings/sde/derive.h"

#include <stdlib.h>

/* Polynomials in r1 = sqrt(V11), r2 = sqrt(V22), rho, N(1, rho, 1) and the constants;
 * everything Ito's formula needs is one of them divided by (r1 r2)^4. */
enum { R1, R2, RHO, KINK, FIRST_CONSTANT };
#define POWER 4

typedef struct {
    const ew_sde *two;
    fmpq_mpoly_ctx_t ring;
    slong variables;
    ulong *exp; /* [variables of `two` and of this ring] */
} roots;

/* What a term of `two` becomes, v being one of its variables: exp of this ring. */
static int carry(ulong *exp, slong v, ulong e, const ew_sde *two)
{
    const ew_sde_atom *a = v >= two->atom0 ? &two->atom[v - two->atom0] : NULL;
    if (v == two->time || (a && a->f != EW_SDE_KINK))
        return 0;
    if (v == 0 || v == 1 || a)
        exp[R1] += v == 0 ? 2 * e : e;
    if (v == 2 || v == 1 || a)
        exp[R2] += v == 2 ? 2 * e : e;
    if (v == 1)
        exp[RHO] += e;
    if (a)
        exp[KINK] += e;
    if (!a && v >= two->constant0)
        exp[FIRST_CONSTANT + v - two->constant0] += e;
    return 1;
}

/* A factor that is known to be zero: the equation may be that of rho alone because of it. */
static int vanishes(const ulong *exp, const ew_sde *two)
{
    int zero = 0;
    for (slong i = 0; i < two->constants && !zero; i++)
        zero = exp[two->constant0 + i] && two->constant[i].exact &&
               fmpq_is_zero(two->constant[i].rational);
    return zero;
}

/* g = f in the roots. */
static ew_status in_roots(fmpq_mpoly_t g, const fmpq_mpoly_t f, const roots *r, ew_context *ctx)
{
    const ew_sde *two = r->two;
    ulong *from = r->exp + r->variables;
    fmpq_t c;
    fmpq_init(c);
    fmpq_mpoly_zero(g, r->ring);
    int ok = 1;
    for (slong i = 0; i < fmpq_mpoly_length(f, two->ring) && ok; i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, two->ring);
        fmpq_mpoly_get_term_exp_ui(from, f, i, two->ring);
        if (vanishes(from, two))
            continue;
        for (slong v = 0; v < r->variables; v++)
            r->exp[v] = 0;
        for (slong v = 0; v < two->variables; v++)
            if (from[v])
                ok = ok && carry(r->exp, v, from[v], two);
        fmpq_mpoly_push_term_fmpq_ui(g, c, r->exp, r->ring);
    }
    fmpq_mpoly_sort_terms(g, r->ring);
    fmpq_mpoly_combine_like_terms(g, r->ring);
    fmpq_clear(c);
    return ok ? EW_OK
              : ew_fail(ctx, EW_UNABLE,
                        "sde: no correlation of an equation with such functions");
}

/* sum += num/den rho^power r1^i r2^j f, f of `two`. */
static ew_status add(fmpq_mpoly_t sum, slong num, ulong den, ulong power, slong i, slong j,
                     const fmpq_mpoly_t f, const roots *r, ew_context *ctx)
{
    fmpq_t c;
    fmpq_mpoly_t g, m;
    fmpq_init(c);
    fmpq_mpoly_init(g, r->ring);
    fmpq_mpoly_init(m, r->ring);
    ew_status status = in_roots(g, f, r, ctx);
    for (slong v = 0; v < r->variables; v++)
        r->exp[v] = 0;
    r->exp[R1] = (ulong) (i + POWER);
    r->exp[R2] = (ulong) (j + POWER);
    r->exp[RHO] = power;
    fmpq_set_si(c, num, den);
    fmpq_mpoly_push_term_fmpq_ui(m, c, r->exp, r->ring);
    fmpq_mpoly_mul(g, g, m, r->ring);
    fmpq_mpoly_add(sum, sum, g, r->ring);
    fmpq_mpoly_clear(g, r->ring);
    fmpq_mpoly_clear(m, r->ring);
    fmpq_clear(c);
    return status;
}

/* One term of a sum below: num/den rho^power r1^i r2^j times an entry of drift (b >= 0) or of
 * S. */
typedef struct {
    slong num;
    ulong den, power;
    slong i, j;
    int b, p, q;
} ito;

static ew_status add_all(fmpq_mpoly_t sum, const ito *t, slong n, const roots *r,
                         ew_context *ctx)
{
    ew_status status = EW_OK;
    for (slong k = 0; k < n && status == EW_OK; k++)
        status = add(sum, t[k].num, t[k].den, t[k].power, t[k].i, t[k].j,
                     t[k].b >= 0 ? r->two->drift + t[k].b
                                 : r->two->diffusion + ew_sde_entry(r->two, t[k].p, t[k].q),
                     r, ctx);
    return status;
}

/* With d rho/dV12 = 1/(r1 r2), d rho/dVaa = -rho/(2 Vaa) and so on; entries 0, 1, 2 are V11,
 * V12, V22. */
static const ito drift_rho[] = {{1, 1, 0, -1, -1, 1, 0, 0},   {-1, 2, 1, -2, 0, 0, 0, 0},
                                {-1, 2, 1, 0, -2, 2, 0, 0},   {-1, 2, 0, -3, -1, -1, 1, 0},
                                {-1, 2, 0, -1, -3, -1, 1, 2}, {3, 8, 1, -4, 0, -1, 0, 0},
                                {3, 8, 1, 0, -4, -1, 2, 2},   {1, 4, 1, -2, -2, -1, 0, 2}};
static const ito s_rho_rho[] = {{1, 1, 0, -2, -2, -1, 1, 1},  {-1, 1, 1, -3, -1, -1, 1, 0},
                                {-1, 1, 1, -1, -3, -1, 1, 2}, {1, 4, 2, -4, 0, -1, 0, 0},
                                {1, 4, 2, 0, -4, -1, 2, 2},   {1, 2, 2, -2, -2, -1, 0, 2}};
static const ito s_11_rho[] = {
    {1, 1, 0, -1, -1, -1, 0, 1}, {-1, 2, 1, -2, 0, -1, 0, 0}, {-1, 2, 1, 0, -2, -1, 0, 2}};
static const ito s_22_rho[] = {
    {1, 1, 0, -1, -1, -1, 2, 1}, {-1, 2, 1, -2, 0, -1, 0, 2}, {-1, 2, 1, 0, -2, -1, 2, 2}};
static const ito b_11[] = {{1, 1, 0, 0, 0, 0, 0, 0}}, b_22[] = {{1, 1, 0, 0, 0, 2, 0, 0}},
                 s_11_11[] = {{1, 1, 0, 0, 0, -1, 0, 0}},
                 s_11_22[] = {{1, 1, 0, 0, 0, -1, 0, 2}},
                 s_22_22[] = {{1, 1, 0, 0, 0, -1, 2, 2}};

#define LENGTH(x) (slong)(sizeof(x) / sizeof *(x))

/* ---- the new equation ---------------------------------------------------------------------
 */

/* Its variables: of the state (r1, r2 >= 0: those of V11, V22), and special functions. */
typedef struct {
    ew_sde *sde;
    slong rho, v[2], root[2], inverse[2], kink;
} target;

/* r1^e as powers of V11, 1/V11 and sqrt(V11). */
static void put_root(ulong *exp, slong e, slong v, slong root, slong inverse)
{
    slong odd = e & 1, half = (e - odd) / 2;
    if (odd)
        exp[root]++;
    if (half > 0)
        exp[v] += (ulong) half;
    if (half < 0)
        exp[inverse] += (ulong) -half;
}

/* out = f / (r1 r2)^POWER in the new ring. */
static ew_status translate(fmpq_mpoly_t out, const fmpq_mpoly_t f, const target *to,
                           const roots *r, ew_context *ctx)
{
    const ew_sde *sde = to->sde;
    fmpq_t c;
    ulong *exp = ew_alloc((size_t) sde->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    fmpq_init(c);
    for (slong i = 0; i < fmpq_mpoly_length(f, r->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, r->ring);
        fmpq_mpoly_get_term_exp_ui(r->exp, f, i, r->ring);
        for (slong v = 0; v < sde->variables; v++)
            exp[v] = 0;
        exp[to->rho] = r->exp[RHO];
        for (int a = 0; a < 2; a++)
            if ((slong) r->exp[a] != POWER)
                put_root(exp, (slong) r->exp[a] - POWER, to->v[a], to->root[a], to->inverse[a]);
        if (r->exp[KINK])
            exp[to->kink] = r->exp[KINK];
        for (slong v = 0; v < sde->constants; v++)
            exp[sde->constant0 + v] = r->exp[FIRST_CONSTANT + v];
        fmpq_mpoly_push_term_fmpq_ui(out, c, exp, sde->ring);
    }
    fmpq_mpoly_sort_terms(out, sde->ring);
    fmpq_mpoly_combine_like_terms(out, sde->ring);
    fmpq_clear(c);
    free(exp);
    return EW_OK;
}

/* Does f / (r1 r2)^POWER depend on rho alone? */
static int rho_alone(const fmpq_mpoly_t f, const roots *r)
{
    int alone = 1;
    for (slong i = 0; i < fmpq_mpoly_length(f, r->ring) && alone; i++) {
        fmpq_mpoly_get_term_exp_ui(r->exp, f, i, r->ring);
        alone = r->exp[R1] == POWER && r->exp[R2] == POWER;
    }
    return alone;
}

static ew_status name_states(const target *to, const ew_sde *two, ew_context *ctx)
{
    ew_status status = ew_sde_name(to->sde, to->rho, "rho", "\\rho", ctx);
    for (int a = 0; a < 2 && to->sde->n == 3 && status == EW_OK; a++)
        status = ew_sde_name(to->sde, to->v[a], two->name[2 * a], two->latex[2 * a], ctx);
    return status;
}

static ew_status open_target(target *to, const ew_sde *two, int alone, ew_context *ctx)
{
    *to = (target){.rho = !alone, .v = {0, 2}};
    ew_status status = ew_sde_new(&to->sde, alone ? EW_SDE_CORRELATION : EW_SDE_TRIPLE,
                                  two->clock, alone ? 1 : 3, ctx);
    if (status == EW_OK) {
        to->sde->inputs = to->sde->fields = 2;
        status = name_states(to, two, ctx);
    }
    for (slong i = 0; i < two->constants && status == EW_OK; i++)
        status = ew_sde_copy_constant(to->sde, &two->constant[i], ctx);
    if (status == EW_OK && two->atoms)
        status = ew_sde_add_atom(&to->kink, to->sde, EW_SDE_KINK, EW_SDE_ONE, to->rho,
                                 EW_SDE_ONE, ctx);
    for (int a = 0; a < 2 && !alone && status == EW_OK; a++) {
        status = ew_sde_add_atom(&to->root[a], to->sde, EW_SDE_SQRT, to->v[a], EW_SDE_ONE,
                                 EW_SDE_ONE, ctx);
        if (status == EW_OK)
            status = ew_sde_add_atom(&to->inverse[a], to->sde, EW_SDE_INVERSE, to->v[a],
                                     EW_SDE_ONE, EW_SDE_ONE, ctx);
    }
    return status == EW_OK ? ew_sde_open(to->sde, ctx) : status;
}

/* The other entries of (V11, rho, V22). */
static ew_status fill_triple(const target *to, const roots *r, ew_context *ctx)
{
    static const struct {
        const ito *t;
        slong n;
        int drift, i, j;
    } entry[] = {{b_11, 1, 1, 0, 0},    {b_22, 1, 1, 2, 0},    {s_11_11, 1, 0, 0, 0},
                 {s_11_22, 1, 0, 0, 2}, {s_22_22, 1, 0, 2, 2}, {s_11_rho, 3, 0, 0, 1},
                 {s_22_rho, 3, 0, 1, 2}};
    ew_status status = EW_OK;
    for (size_t k = 0; k < sizeof entry / sizeof *entry && status == EW_OK; k++) {
        fmpq_mpoly_t f;
        fmpq_mpoly_init(f, r->ring);
        status = add_all(f, entry[k].t, entry[k].n, r, ctx);
        if (status == EW_OK)
            status =
                translate(entry[k].drift ? to->sde->drift + entry[k].i
                                         : to->sde->diffusion +
                                               ew_sde_entry(to->sde, entry[k].i, entry[k].j),
                          f, to, r, ctx);
        fmpq_mpoly_clear(f, r->ring);
    }
    return status;
}

static ew_status fill(target *to, const fmpq_mpoly_t b, const fmpq_mpoly_t s, const roots *r,
                      ew_context *ctx)
{
    int alone = rho_alone(b, r) && rho_alone(s, r);
    ew_status status = open_target(to, r->two, alone, ctx);
    if (status == EW_OK)
        status = translate(to->sde->drift + to->rho, b, to, r, ctx);
    if (status == EW_OK)
        status = translate(to->sde->diffusion + ew_sde_entry(to->sde, to->rho, to->rho), s, to,
                           r, ctx);
    if (status == EW_OK && !alone)
        status = fill_triple(to, r, ctx);
    return status == EW_OK ? ew_sde_finish(to->sde, ctx) : status;
}

ew_status ew_sde_correlation(ew_sde **out, const ew_sde *two, ew_context *ctx)
{
    roots r = {.two = two, .variables = FIRST_CONSTANT + two->constants};
    target to = {.sde = NULL};
    *out = NULL;
    if (two->state != EW_SDE_COVARIANCE || two->fields != 2)
        return ew_fail(ctx, EW_USAGE, "sde: a correlation is that of two inputs");
    r.exp = ew_alloc((size_t) (r.variables + two->variables) * sizeof *r.exp, ctx);
    if (!r.exp)
        return EW_MEMORY;
    fmpq_mpoly_t b, s;
    fmpq_mpoly_ctx_init(r.ring, r.variables, ORD_LEX);
    fmpq_mpoly_init(b, r.ring);
    fmpq_mpoly_init(s, r.ring);
    ew_status status = add_all(b, drift_rho, LENGTH(drift_rho), &r, ctx);
    if (status == EW_OK)
        status = add_all(s, s_rho_rho, LENGTH(s_rho_rho), &r, ctx);
    if (status == EW_OK)
        status = fill(&to, b, s, &r, ctx);
    fmpq_mpoly_clear(b, r.ring);
    fmpq_mpoly_clear(s, r.ring);
    fmpq_mpoly_ctx_clear(r.ring);
    free(r.exp);
    if (status != EW_OK) {
        ew_sde_free(to.sde);
        return status;
    }
    *out = to.sde;
    return EW_OK;
}
