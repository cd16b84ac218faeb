#include "readings/sde/moment.h"

#include <stdlib.h>

/* ---- construction -------------------------------------------------------------------------
 */

void ew_sde_moments_free(ew_sde_moments *m)
{
    if (!m)
        return;
    ew_poly_program_free(m->program);
    ew_atom_plan_free(m->plan);
    ew_residual_law_free(m->law);
    ew_fields_free(m->fields);
    ew_sde_tables_free(m);
    free(m->variable);
    free(m);
}

const ew_activation *ew_sde_moments_activation(const ew_sde_moments *m)
{
    return m->s;
}

static ew_status find_variables(ew_sde_moments *m, const ew_sde *sde, ew_context *ctx)
{
    m->atoms = sde->atoms;
    m->variable = ew_alloc((size_t) sde->atoms * sizeof *m->variable, ctx);
    m->one = ew_alloc_zero((size_t) sde->atoms, sizeof *m->one, ctx);
    if (!m->variable || !m->one)
        return EW_MEMORY;
    for (slong i = 0; i < sde->atoms; i++)
        m->variable[i] = sde->atom[i].f == EW_SDE_MOMENT
                             ? ew_law_atom(m->law->law, &sde->atom[i].moment)
                             : -1;
    return EW_OK;
}

ew_status ew_sde_moments_new(ew_sde *sde, ew_fields *fields, ew_residual_law *law,
                             const char *used, const ew_activation *s, slong cw, slong cb,
                             ew_context *ctx)
{
    ew_sde_moments *m = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m) {
        ew_residual_law_free(law);
        ew_fields_free(fields);
        return EW_MEMORY;
    }
    sde->moments = m;
    m->s = s;
    m->fields = fields;
    m->law = law;
    m->inputs = fields->inputs;
    m->cw = cw;
    m->cb = cb;
    ew_status status = find_variables(m, sde, ctx);
    return status == EW_OK ? ew_atom_plan_new(&m->plan, law->law, used, s, ctx) : status;
}

/* ---- balls --------------------------------------------------------------------------------
 */

ew_status ew_sde_moments_ball(arb_ptr v, const ew_sde *sde, slong prec, ew_context *ctx)
{
    const ew_sde_moments *m = sde->moments;
    slong n = m->inputs, size = m->law->law->variables;
    ew_evaluator *E;
    ew_status status = ew_evaluator_new(&E, m->s, EW_AUTO, ctx);
    if (status != EW_OK)
        return status;
    arb_ptr gram = _arb_vec_init(n * n), x = _arb_vec_init(size);
    for (slong a = 0; a < n; a++)
        for (slong b = 0; b < n; b++) {
            slong p = ew_pair_of(m->fields, a * m->fields->sets, b * m->fields->sets);
            arb_mul(gram + a * n + b, v + m->cw, v + p, prec);
            if (m->cb >= 0)
                arb_add(gram + a * n + b, gram + a * n + b, v + m->cb, prec);
        }
    status = ew_atom_plan_ball(x, NULL, m->plan, E, gram, prec, ctx);
    for (slong i = 0; i < sde->atoms && status == EW_OK; i++)
        if (m->variable[i] >= 0)
            arb_set(v + sde->atom0 + i, x + m->variable[i]);
    _arb_vec_clear(gram, n * n);
    _arb_vec_clear(x, size);
    ew_evaluator_free(E);
    return status;
}
