#include "readings/cumulant/equations/specialise.h"

#include <stdlib.h>

#include "readings/cumulant/equations/exact_atom.h"

static void set_parameter(ew_substitution *s, slong v, const ew_scalar *x)
{
    fmpq_t c;
    fmpq_init(c);
    if (x && ew_scalar_rational(c, x)) {
        fmpq_mpoly_set_fmpq(s->image + v, c, s->ring->ring);
        s->replaced++;
    }
    fmpq_clear(c);
}

/* The layer before has the same parameters. */
static void set_parameters_before(ew_substitution *s, const ew_equation_options *opt)
{
    const fmpq_mpoly_ctx_struct *ring = s->ring->ring;
    fmpq_t cw, rate;
    fmpq_init(cw);
    fmpq_init(rate);
    set_parameter(s, EW_CB_BEFORE, opt->cb);
    set_parameter(s, EW_LAMBDA_B_BEFORE, opt->lambda_b);
    if (opt->cw && ew_scalar_rational(cw, opt->cw) && !fmpq_is_zero(cw)) {
        fmpq_mpoly_struct *w = s->image + EW_RATE_BEFORE;
        fmpq_mpoly_gen(w, EW_LAMBDA_W, ring);
        if (opt->lambda_w && ew_scalar_rational(rate, opt->lambda_w))
            fmpq_mpoly_set_fmpq(w, rate, ring);
        fmpq_mpoly_scalar_div_fmpq(w, w, cw, ring);
        s->replaced++;
    }
    fmpq_clear(cw);
    fmpq_clear(rate);
}

/* An atom of residual blocks stands at a covariance with parameters in it. */
static ew_status set_atom(ew_substitution *s, slong v, const ew_activation *activation,
                          int strict, ew_context *ctx)
{
    const ew_law *law = s->ring->h->law;
    fmpq_mpoly_t f;
    int known;
    fmpq_mpoly_init(f, s->ring->ring);
    ew_status status =
        ew_exact_atom(f, &known, &law->atom[v - law->atom0], activation, s->ring, ctx);
    if (status == EW_OK && known && law->block)
        status = ew_substitute(f, f, s, ctx);
    if (status == EW_OK && known) {
        fmpq_mpoly_swap(s->image + v, f, s->ring->ring);
        s->replaced++;
    }
    fmpq_mpoly_clear(f, s->ring->ring);
    if (status == EW_UNABLE && !strict) {
        ew_clear(ctx);
        return EW_OK;
    }
    return status;
}

ew_status ew_substitution_new(ew_substitution **out, const ew_formula_ring *r, const char *used,
                              int strict, const ew_equation_options *opt, ew_context *ctx)
{
    const ew_law *law = r->h->law;
    slong n = r->symbols.variables;
    *out = NULL;
    ew_substitution *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s || !(s->image = ew_alloc((size_t) n * sizeof *s->image, ctx))) {
        free(s);
        return EW_MEMORY;
    }
    s->ring = r;
    for (slong v = 0; v < n; v++) {
        fmpq_mpoly_init(s->image + v, r->ring);
        fmpq_mpoly_gen(s->image + v, v, r->ring);
    }
    for (slong v = 0; v < ew_law_parameters(law); v++)
        set_parameter(s, v, ew_equation_parameter(opt, law, v));
    if (law->orthogonal)
        set_parameters_before(s, opt);
    ew_status status = EW_OK;
    for (slong v = law->atom0; v < law->variables && opt->activation && status == EW_OK; v++)
        if (used[v])
            status = set_atom(s, v, opt->activation, strict, ctx);
    if (status != EW_OK) {
        ew_substitution_free(s);
        return status;
    }
    *out = s;
    return EW_OK;
}

void ew_substitution_free(ew_substitution *s)
{
    if (!s)
        return;
    for (slong v = 0; v < s->ring->symbols.variables; v++)
        fmpq_mpoly_clear(s->image + v, s->ring->ring);
    free(s->image);
    free(s);
}

ew_status ew_substitute(fmpq_mpoly_t out, const fmpq_mpoly_t f, const ew_substitution *s,
                        ew_context *ctx)
{
    const ew_formula_ring *r = s->ring;
    slong n = r->symbols.variables;
    if (s->replaced == 0) {
        fmpq_mpoly_set(out, f, r->ring);
        return EW_OK;
    }
    fmpq_mpoly_struct **at = ew_alloc((size_t) n * sizeof *at, ctx);
    if (!at)
        return EW_MEMORY;
    for (slong v = 0; v < n; v++)
        at[v] = s->image + v;
    fmpq_mpoly_t g;
    fmpq_mpoly_init(g, r->ring);
    int ok = fmpq_mpoly_compose_fmpq_mpoly(g, f, at, r->ring, r->ring);
    fmpq_mpoly_swap(out, g, r->ring);
    fmpq_mpoly_clear(g, r->ring);
    free(at);
    return ok ? EW_OK : ew_fail(ctx, EW_UNABLE, "derive: powers too high to substitute");
}
