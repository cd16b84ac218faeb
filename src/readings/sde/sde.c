#include "readings/sde/build.h"

#include <stdlib.h>
#include <string.h>

#include "readings/sde/moment.h"

#define MAX_CONSTANTS 32
#define MAX_ATOMS 256

ew_status ew_sde_new(ew_sde **out, ew_sde_state state, ew_clock clock, slong n, ew_context *ctx)
{
    *out = NULL;
    ew_sde *sde = ew_alloc_zero(1, sizeof *sde, ctx);
    if (!sde)
        return EW_MEMORY;
    sde->state = state;
    sde->clock = clock;
    sde->n = sde->time = n;
    sde->constant0 = n + 1;
    sde->name = ew_alloc_zero((size_t) n, sizeof *sde->name, ctx);
    sde->latex = ew_alloc_zero((size_t) n, sizeof *sde->latex, ctx);
    sde->constant = ew_alloc_zero(MAX_CONSTANTS, sizeof *sde->constant, ctx);
    sde->atom = ew_alloc_zero(MAX_ATOMS, sizeof *sde->atom, ctx);
    if (!sde->name || !sde->latex || !sde->constant || !sde->atom) {
        ew_sde_free(sde);
        return EW_MEMORY;
    }
    *out = sde;
    return EW_OK;
}

static ew_status set_text(char **to, const char *text, ew_context *ctx)
{
    char *copy = ew_strdup(text, ctx);
    if (!copy)
        return EW_MEMORY;
    free(*to);
    *to = copy;
    return EW_OK;
}

ew_status ew_sde_name(ew_sde *sde, slong i, const char *name, const char *latex,
                      ew_context *ctx)
{
    ew_status status = set_text(&sde->name[i], name, ctx);
    return status == EW_OK ? set_text(&sde->latex[i], latex, ctx) : status;
}

ew_status ew_sde_add_constant(ew_sde *sde, const char *name, const char *latex,
                              const char *meaning, ew_scalar value, size_t size, int inverse,
                              ew_context *ctx)
{
    if (sde->constants == MAX_CONSTANTS)
        return ew_fail(ctx, EW_USAGE, "sde: more than %d constants", MAX_CONSTANTS);
    ew_sde_constant *c = &sde->constant[sde->constants++];
    fmpq_init(c->rational);
    c->value = value;
    c->inverse = inverse;
    c->owned_size = size;
    if (value.e)
        c->value.e = ew_expr_ref(value.e);
    if (size) {
        if (!(c->owned = ew_alloc(size, ctx)))
            return EW_MEMORY;
        c->value.data = memcpy(c->owned, value.data, size);
    }
    ew_status status = set_text(&c->name, name, ctx);
    if (status == EW_OK)
        status = set_text(&c->latex, latex, ctx);
    return status == EW_OK ? set_text(&c->meaning, meaning, ctx) : status;
}

ew_status ew_sde_add_internal(slong *variable, ew_sde *sde, const char *name, ew_expr *e,
                              ew_context *ctx)
{
    if (!e)
        return ew_recorded(ctx);
    *variable = sde->constant0 + sde->constants;
    ew_status status = ew_sde_add_constant(sde, name, name, "of the derivation",
                                           (ew_scalar){.e = e}, 0, 0, ctx);
    if (status == EW_OK)
        sde->constant[sde->constants - 1].internal = 1;
    ew_expr_free(e);
    return status;
}

ew_status ew_sde_copy_constant(ew_sde *sde, const ew_sde_constant *c, ew_context *ctx)
{
    ew_status status = ew_sde_add_constant(sde, c->name, c->latex, c->meaning, c->value,
                                           c->owned_size, c->inverse, ctx);
    if (status == EW_OK)
        sde->constant[sde->constants - 1].internal = c->internal;
    return status;
}

static ew_status add_atom(slong *variable, ew_sde *sde, const ew_sde_atom *atom,
                          ew_context *ctx)
{
    slong i = 0;
    sde->atom0 = sde->constant0 + sde->constants;
    while (i < sde->atoms &&
           (sde->atom[i].f != atom->f ||
            memcmp(sde->atom[i].arg, atom->arg, sizeof atom->arg) != 0 ||
            memcmp(&sde->atom[i].moment, &atom->moment, sizeof atom->moment) != 0))
        i++;
    if (i == MAX_ATOMS)
        return ew_fail(ctx, EW_USAGE, "sde: more than %d special functions", MAX_ATOMS);
    if (i == sde->atoms)
        sde->atom[sde->atoms++] = *atom;
    *variable = sde->atom0 + i;
    return EW_OK;
}

ew_status ew_sde_add_atom(slong *variable, ew_sde *sde, ew_sde_function f, slong x, slong y,
                          slong z, ew_context *ctx)
{
    ew_sde_atom atom;
    memset(&atom, 0, sizeof atom);
    atom.f = f;
    atom.arg[0] = x;
    atom.arg[1] = y;
    atom.arg[2] = z;
    return add_atom(variable, sde, &atom, ctx);
}

ew_status ew_sde_add_moment(slong *variable, ew_sde *sde, const ew_atom *moment, slong x,
                            slong y, slong z, ew_context *ctx)
{
    ew_sde_atom atom;
    memset(&atom, 0, sizeof atom);
    atom.f = EW_SDE_MOMENT;
    atom.arg[0] = x;
    atom.arg[1] = y;
    atom.arg[2] = z;
    atom.moment = *moment;
    return add_atom(variable, sde, &atom, ctx);
}

static slong entries(const ew_sde *sde)
{
    return sde->n * (sde->n + 1) / 2;
}

ew_status ew_sde_open(ew_sde *sde, ew_context *ctx)
{
    sde->atom0 = sde->constant0 + sde->constants;
    sde->variables = sde->atom0 + sde->atoms;
    sde->drift = ew_alloc((size_t) sde->n * sizeof *sde->drift, ctx);
    sde->diffusion = ew_alloc((size_t) entries(sde) * sizeof *sde->diffusion, ctx);
    if (!sde->drift || !sde->diffusion) {
        free(sde->drift);
        free(sde->diffusion);
        sde->drift = sde->diffusion = NULL;
        return EW_MEMORY;
    }
    fmpq_mpoly_ctx_init(sde->ring, sde->variables, ORD_LEX);
    for (slong i = 0; i < sde->n; i++)
        fmpq_mpoly_init(sde->drift + i, sde->ring);
    for (slong i = 0; i < entries(sde); i++)
        fmpq_mpoly_init(sde->diffusion + i, sde->ring);
    return EW_OK;
}

static void free_texts(char **text, slong n)
{
    for (slong i = 0; text && i < n; i++)
        free(text[i]);
    free(text);
}

void ew_sde_free(ew_sde *sde)
{
    if (!sde)
        return;
    ew_sde_programs_free(sde);
    ew_sde_moments_free(sde->moments);
    if (sde->drift) {
        for (slong i = 0; i < sde->n; i++)
            fmpq_mpoly_clear(sde->drift + i, sde->ring);
        for (slong i = 0; i < entries(sde); i++)
            fmpq_mpoly_clear(sde->diffusion + i, sde->ring);
        fmpq_mpoly_ctx_clear(sde->ring);
    }
    free(sde->drift);
    free(sde->diffusion);
    for (slong i = 0; i < sde->constants; i++) {
        ew_sde_constant *c = &sde->constant[i];
        ew_expr_free(c->value.e);
        free(c->owned);
        free(c->name);
        free(c->latex);
        free(c->meaning);
        fmpq_clear(c->rational);
    }
    free(sde->constant);
    free(sde->atom);
    free_texts(sde->name, sde->n);
    free_texts(sde->latex, sde->n);
    free(sde);
}

slong ew_sde_entry(const ew_sde *sde, slong i, slong j)
{
    slong a = i < j ? i : j, b = i < j ? j : i;
    return a * sde->n - a * (a - 1) / 2 + (b - a);
}

slong ew_sde_pair(const ew_sde *sde, slong a, slong b)
{
    slong i = a < b ? a : b, j = a < b ? b : a;
    return i * sde->fields - i * (i - 1) / 2 + (j - i);
}

const ew_sde_constant *ew_sde_find(const ew_sde *sde, const char *name)
{
    for (slong i = 0; i < sde->constants; i++)
        if (strcmp(sde->constant[i].name, name) == 0)
            return &sde->constant[i];
    return NULL;
}

void ew_sde_variable(fmpq_mpoly_t x, const ew_sde *sde, slong v)
{
    if (v == EW_SDE_ONE)
        fmpq_mpoly_one(x, sde->ring);
    else
        fmpq_mpoly_gen(x, v, sde->ring);
}

/* ---- what is special about it -------------------------------------------------------------
 */

/* Is S_ab,cd = V_ac V_bd + V_ad V_bc? */
static int is_wishart_entry(const ew_sde *sde, slong a, slong b, slong c, slong d)
{
    const slong of[4] = {ew_sde_pair(sde, a, c), ew_sde_pair(sde, b, d), ew_sde_pair(sde, a, d),
                         ew_sde_pair(sde, b, c)};
    fmpq_mpoly_t x, y, sum;
    fmpq_mpoly_init(x, sde->ring);
    fmpq_mpoly_init(y, sde->ring);
    fmpq_mpoly_init(sum, sde->ring);
    for (int term = 0; term < 2; term++) {
        fmpq_mpoly_gen(x, of[2 * term], sde->ring);
        fmpq_mpoly_gen(y, of[2 * term + 1], sde->ring);
        fmpq_mpoly_mul(x, x, y, sde->ring);
        fmpq_mpoly_add(sum, sum, x, sde->ring);
    }
    slong i = ew_sde_entry(sde, ew_sde_pair(sde, a, b), ew_sde_pair(sde, c, d));
    int same = fmpq_mpoly_equal(sum, sde->diffusion + i, sde->ring);
    fmpq_mpoly_clear(x, sde->ring);
    fmpq_mpoly_clear(y, sde->ring);
    fmpq_mpoly_clear(sum, sde->ring);
    return same;
}

static int is_wishart(const ew_sde *sde)
{
    int same = sde->state == EW_SDE_COVARIANCE;
    for (slong a = 0; same && a < sde->fields; a++)
        for (slong b = a; same && b < sde->fields; b++)
            for (slong c = a; same && c < sde->fields; c++)
                for (slong d = c; same && d < sde->fields; d++)
                    same = is_wishart_entry(sde, a, b, c, d);
    return same;
}

/* Is S_ab,cd (V_ac Q_bd + V_ad Q_bc + V_bc Q_ad + V_bd Q_ac)/d, 1/d the variable `per`? */
static int is_residual_entry(const ew_sde *sde, const slong f[4], slong per)
{
    static const int term[4][4] = {{0, 2, 1, 3}, {0, 3, 1, 2}, {1, 2, 0, 3}, {1, 3, 0, 2}};
    fmpq_mpoly_t x, sum;
    fmpq_mpoly_init(x, sde->ring);
    fmpq_mpoly_init(sum, sde->ring);
    for (int k = 0; k < 4; k++) {
        const int *t = term[k];
        fmpq_mpoly_gen(x, ew_sde_pair(sde, f[t[0]], f[t[1]]), sde->ring);
        fmpq_mpoly_mul(x, x, sde->drift + ew_sde_pair(sde, f[t[2]], f[t[3]]), sde->ring);
        fmpq_mpoly_add(sum, sum, x, sde->ring);
    }
    fmpq_mpoly_gen(x, per, sde->ring);
    fmpq_mpoly_mul(sum, sum, x, sde->ring);
    slong i = ew_sde_entry(sde, ew_sde_pair(sde, f[0], f[1]), ew_sde_pair(sde, f[2], f[3]));
    int same = fmpq_mpoly_equal(sum, sde->diffusion + i, sde->ring);
    fmpq_mpoly_clear(x, sde->ring);
    fmpq_mpoly_clear(sum, sde->ring);
    return same;
}

static int is_residual(const ew_sde *sde)
{
    const ew_sde_constant *d = ew_sde_find(sde, "d");
    int same = sde->state == EW_SDE_COVARIANCE && d && d->inverse;
    slong m = sde->fields, per = same ? sde->constant0 + (d - sde->constant) : 0;
    for (slong a = 0; same && a < m; a++)
        for (slong b = a; same && b < m; b++)
            for (slong c = 0; same && c < m; c++)
                for (slong e = c; same && e < m; e++)
                    same = is_residual_entry(sde, (const slong[]){a, b, c, e}, per);
    return same;
}

static int has_time(const ew_sde *sde)
{
    slong degree = 0;
    for (slong i = 0; degree == 0 && i < sde->n; i++)
        degree = fmpq_mpoly_degree_si(sde->drift + i, sde->time, sde->ring);
    for (slong i = 0; degree == 0 && i < entries(sde); i++)
        degree = fmpq_mpoly_degree_si(sde->diffusion + i, sde->time, sde->ring);
    int found = degree > 0;
    for (slong i = 0; i < sde->atoms; i++)
        for (int j = 0; j < 3; j++)
            found = found || sde->atom[i].arg[j] == sde->time;
    return found;
}

static ew_status evaluate_constant(ew_sde_constant *c, ew_context *ctx)
{
    arb_t x;
    arb_init(x);
    c->exact = ew_scalar_rational(c->rational, &c->value);
    ew_status status = ew_sde_constant_ball(x, c, 128, ctx);
    if (status == EW_OK)
        c->approx = arf_get_d(arb_midref(x), ARF_RND_NEAR);
    arb_clear(x);
    return status;
}

/* x (1/x) = 1 in every term of f. */
static void cancel(fmpq_mpoly_t f, ulong *exp, const ew_sde *sde)
{
    fmpq_t c;
    fmpq_mpoly_t g;
    fmpq_init(c);
    fmpq_mpoly_init(g, sde->ring);
    for (slong i = 0; i < fmpq_mpoly_length(f, sde->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, f, i, sde->ring);
        fmpq_mpoly_get_term_exp_ui(exp, f, i, sde->ring);
        for (slong a = 0; a < sde->atoms; a++) {
            ulong *under = exp + sde->atom0 + a, *over = exp + sde->atom[a].arg[0];
            for (; sde->atom[a].f == EW_SDE_INVERSE && *under && *over; --*under)
                --*over;
        }
        fmpq_mpoly_push_term_fmpq_ui(g, c, exp, sde->ring);
    }
    fmpq_mpoly_sort_terms(g, sde->ring);
    fmpq_mpoly_combine_like_terms(g, sde->ring);
    fmpq_mpoly_swap(f, g, sde->ring);
    fmpq_mpoly_clear(g, sde->ring);
    fmpq_clear(c);
}

static ew_status simplify(ew_sde *sde, ew_context *ctx)
{
    ulong *exp = ew_alloc((size_t) sde->variables * sizeof *exp, ctx);
    if (!exp)
        return EW_MEMORY;
    for (slong i = 0; i < sde->n; i++)
        cancel(sde->drift + i, exp, sde);
    for (slong i = 0; i < entries(sde); i++)
        cancel(sde->diffusion + i, exp, sde);
    free(exp);
    return EW_OK;
}

ew_status ew_sde_finish(ew_sde *sde, ew_context *ctx)
{
    ew_status status = simplify(sde, ctx);
    for (slong i = 0; i < sde->constants && status == EW_OK; i++)
        status = evaluate_constant(&sde->constant[i], ctx);
    if (status != EW_OK)
        return status;
    sde->wishart = is_wishart(sde);
    sde->residual = is_residual(sde);
    if (sde->residual)
        sde->dimension = ew_sde_find(sde, "d")->approx;
    sde->uses_time = has_time(sde);
    return ew_sde_compile(sde, ctx);
}
