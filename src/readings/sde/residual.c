/* Residual networks h' = h + L^(-1/2) V s(W h): with H = h^T h/d and alpha^2 = 1/L,
 *     H' - H = alpha (h^T R + R^T h)/d + alpha^2 R^T R/d,
 * the rows of R being independent of h and N(0, Q), Q_ab = C_V <s_a s_b> at covariance C_W H
 * (in the limit for any inner width).  So E[H' - H] = Q/L, and the covariance of the first term
 * is 1/L times (H_ac Q_bd + H_ad Q_bc + H_bc Q_ad + H_bd Q_ac)/d; the second one's is of order
 * 1/L^2. */
#include <stdlib.h>

#include "readings/sde/build.h"
#include "readings/sde/derive.h"
#include "readings/sde/slopes.h"

/* The fixed variables: constants and N of every pair of inputs. */
typedef struct {
    slong rate, bend, inverse_d;
    slong kink[EW_MAX_INPUTS][EW_MAX_INPUTS];
} variables;

/* Owns e. */
static ew_status add_number(slong *variable, ew_sde *sde, const char *name, const char *latex,
                            const char *meaning, ew_expr *e, int inverse, ew_context *ctx)
{
    if (!e)
        return ew_recorded(ctx);
    *variable = sde->constant0 + sde->constants;
    ew_status status =
        ew_sde_add_constant(sde, name, latex, meaning, (ew_scalar){.e = e}, 0, inverse, ctx);
    ew_expr_free(e);
    return status;
}

/* Q_ab = rate (V_ab + bend N_ab), rate = C_V C_W kap, bend = (s_+ - s_-)^2/kap. */
static ew_status add_numbers(ew_sde *sde, variables *v, const ew_residual_model *model,
                             ew_context *ctx)
{
    ew_slopes s = {NULL, NULL};
    ew_status status = ew_slopes_read(&s, model->activation, ctx);
    ew_expr *kap = status == EW_OK ? ew_slopes_kappa(&s, ctx) : NULL;
    if (status == EW_OK && kap) {
        ew_expr *rate[] = {ew_expr_ref(model->cv), ew_expr_ref(model->cw), ew_expr_ref(kap)};
        status = add_number(&v->rate, sde, "r", "r", "C_V C_W E s'(g)^2",
                            ew_expr_new(EW_MUL, rate, 3, ctx), 0, ctx);
    } else if (status == EW_OK)
        status = ew_recorded(ctx);
    if (status == EW_OK) {
        ew_expr *step = ew_expr_sub(ew_expr_ref(s.plus), ew_expr_ref(s.minus), ctx);
        ew_expr *square = ew_expr_2(EW_POW, step, ew_expr_si(2, ctx), ctx);
        status = add_number(&v->bend, sde, "g", "g", "(s_+ - s_-)^2/E s'(g)^2",
                            ew_expr_2(EW_DIV, square, ew_expr_ref(kap), ctx), 0, ctx);
    }
    if (status == EW_OK)
        status = add_number(&v->inverse_d, sde, "d", "d", "the width of h",
                            ew_expr_ref(model->dimension), 1, ctx);
    ew_expr_free(kap);
    ew_slopes_clear(&s);
    return status;
}

static ew_status name_states(ew_sde *sde, variables *v, slong m, ew_context *ctx)
{
    ew_status status = EW_OK;
    sde->inputs = sde->fields = m;
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m && status == EW_OK; b++) {
            slong ab = ew_sde_pair(sde, a, b);
            char *name = ew_format(ctx, "V%ld%ld", (long) a + 1, (long) b + 1);
            char *latex = ew_format(ctx, "V_{%ld%ld}", (long) a + 1, (long) b + 1);
            status = name && latex ? ew_sde_name(sde, ab, name, latex, ctx) : EW_MEMORY;
            free(name);
            free(latex);
            if (status == EW_OK && a != b)
                status =
                    ew_sde_add_atom(&v->kink[a][b], sde, EW_SDE_KINK, ew_sde_pair(sde, a, a),
                                    ab, ew_sde_pair(sde, b, b), ctx);
        }
    return status;
}

static void set_drift(ew_sde *sde, const variables *v, slong a, slong b)
{
    fmpq_mpoly_t x;
    fmpq_mpoly_struct *q = sde->drift + ew_sde_pair(sde, a, b);
    fmpq_mpoly_init(x, sde->ring);
    if (a != b) {
        ew_sde_variable(q, sde, v->kink[a][b]);
        ew_sde_variable(x, sde, v->bend);
        fmpq_mpoly_mul(q, q, x, sde->ring);
    }
    ew_sde_variable(x, sde, ew_sde_pair(sde, a, b));
    fmpq_mpoly_add(q, q, x, sde->ring);
    ew_sde_variable(x, sde, v->rate);
    fmpq_mpoly_mul(q, q, x, sde->ring);
    fmpq_mpoly_clear(x, sde->ring);
}

static void set_diffusion(ew_sde *sde, const variables *v, const slong f[4])
{
    static const int term[4][4] = {{0, 2, 1, 3}, {0, 3, 1, 2}, {1, 2, 0, 3}, {1, 3, 0, 2}};
    slong p = ew_sde_pair(sde, f[0], f[1]), q = ew_sde_pair(sde, f[2], f[3]);
    fmpq_mpoly_struct *s = sde->diffusion + ew_sde_entry(sde, p, q);
    fmpq_mpoly_t x;
    fmpq_mpoly_init(x, sde->ring);
    fmpq_mpoly_zero(s, sde->ring);
    for (int k = 0; k < 4; k++) {
        const int *t = term[k];
        ew_sde_variable(x, sde, ew_sde_pair(sde, f[t[0]], f[t[1]]));
        fmpq_mpoly_mul(x, x, sde->drift + ew_sde_pair(sde, f[t[2]], f[t[3]]), sde->ring);
        fmpq_mpoly_add(s, s, x, sde->ring);
    }
    ew_sde_variable(x, sde, v->inverse_d);
    fmpq_mpoly_mul(s, s, x, sde->ring);
    fmpq_mpoly_clear(x, sde->ring);
}

static void fill(ew_sde *sde, const variables *v, slong m)
{
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++)
            set_drift(sde, v, a, b);
    for (slong a = 0; a < m; a++)
        for (slong b = a; b < m; b++)
            for (slong c = 0; c < m; c++)
                for (slong d = c; d < m; d++)
                    set_diffusion(sde, v, (const slong[]){a, b, c, d});
}

ew_status ew_sde_residual(ew_sde **out, const ew_residual_model *model, ew_context *ctx)
{
    variables v;
    ew_sde *sde = NULL;
    slong m = model->inputs;
    *out = NULL;
    if (m < 1 || m > EW_MAX_INPUTS)
        return ew_fail(ctx, EW_USAGE, "sde: from 1 to %d inputs, not %ld", EW_MAX_INPUTS,
                       (long) m);
    if (!model->activation->homogeneous)
        return ew_fail(ctx, EW_UNABLE,
                       "residual: the limit is derived for s = a max(z,0) + b min(z,0) only");
    ew_status status =
        ew_sde_new(&sde, EW_SDE_COVARIANCE, EW_CLOCK_DEPTH, m * (m + 1) / 2, ctx);
    if (status == EW_OK)
        status = add_numbers(sde, &v, model, ctx);
    if (status == EW_OK)
        status = name_states(sde, &v, m, ctx);
    if (status == EW_OK)
        status = ew_sde_open(sde, ctx);
    if (status == EW_OK) {
        fill(sde, &v, m);
        status = ew_sde_finish(sde, ctx);
    }
    if (status != EW_OK) {
        ew_sde_free(sde);
        return status;
    }
    *out = sde;
    return EW_OK;
}
