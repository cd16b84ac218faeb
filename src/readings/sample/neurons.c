#include "arith/vector.h"

#include "readings/sample/neurons.h"

#include <stdlib.h>
#include <string.h>

#include "readings/sample/rows.h"

ew_status ew_neurons_new(ew_neurons **out, const ew_field_program *program,
                         const ew_program *activation, ew_context *ctx)
{
    size_t arrays = (size_t) ew_field_program_arrays(program);
    *out = NULL;
    ew_neurons *s = ew_alloc_zero(1, sizeof *s, ctx);
    if (!s)
        return EW_MEMORY;
    s->program = program;
    s->activation = activation;
    s->array = ew_alloc_zero(arrays * EW_NEURONS, sizeof(double), ctx);
    if (!s->array) {
        ew_neurons_free(s);
        return EW_MEMORY;
    }
    *out = s;
    return EW_OK;
}

void ew_neurons_free(ew_neurons *s)
{
    if (!s)
        return;
    free(s->array);
    free(s);
}

static double *array_of(const ew_neurons *s, slong number)
{
    return s->array + (size_t) number * EW_NEURONS;
}

double *ew_neurons_field(const ew_neurons *s, slong field)
{
    return array_of(s, ew_field_program_field(s->program, field));
}

const double *ew_neurons_feature(const ew_neurons *s, slong field)
{
    return array_of(s, s->program->feature[field]);
}

EW_VECTOR static void multiply(double *restrict out, const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] * y[i];
}

EW_VECTOR static void add(double *restrict out, const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] + y[i];
}

static ew_status run_jets(ew_neurons *s, slong input, size_t count, ew_context *ctx)
{
    const ew_field_program *p = s->program;
    double *jets = array_of(s, ew_field_program_jet(p, input, 0));
    const double *z = ew_neurons_field(s, input * (p->fields / p->inputs));
    ew_status status = ew_program_jet(jets, s->activation, z, count, (int) p->jets, ctx);
    /* ew_program_jet packs its rows; ours are EW_NEURONS apart. */
    for (slong i = p->jets - 1; i > 0 && count < EW_NEURONS; i--)
        memmove(jets + i * EW_NEURONS, jets + (size_t) i * count, count * sizeof(double));
    return status;
}

ew_status ew_neurons_run(ew_neurons *s, size_t count, ew_context *ctx)
{
    const ew_field_program *p = s->program;
    for (slong a = 0; a < p->inputs; a++) {
        ew_status status = run_jets(s, a, count, ctx);
        if (status != EW_OK)
            return status;
    }
    for (slong k = 0; k < p->steps; k++) {
        double *out = array_of(s, ew_field_program_step(p, k));
        const double *x = array_of(s, p->step[k].left), *y = array_of(s, p->step[k].right);
        if (p->step[k].add)
            add(out, x, y, count);
        else
            multiply(out, x, y, count);
    }
    return EW_OK;
}

void ew_neurons_add(double *sum, const ew_neurons *s, size_t at, size_t count)
{
    const ew_field_program *p = s->program;
    for (slong k = 0; k < p->pairs; k++)
        sum[k] += ew_row_dot(ew_neurons_feature(s, p->first[k]) + at,
                             ew_neurons_feature(s, p->second[k]) + at, count);
}
