#include "readings/sample/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Enough for a correctly rounded double, nearly always. */
#define BITS 128

void ew_sample_model_free(ew_sample_model *m)
{
    if (!m)
        return;
    ew_field_program_free(m->program);
    ew_fields_free(m->fields);
    ew_program_free(m->activation);
    free(m->numbers);
    free(m->width);
    free(m->first);
    free(m);
}

static ew_status check(const ew_setting *net, const ew_sample_options *opt, ew_context *ctx)
{
    if (net->inputs != 1)
        return ew_fail(ctx, EW_UNABLE, "sample: one input only, not %ld", (long) net->inputs);
    if (net->depth < 1 || net->depth > EW_MAX_DEPTH)
        return ew_fail(ctx, EW_USAGE, "depth: %ld is not in 1..%d", (long) net->depth,
                       EW_MAX_DEPTH);
    if (opt->width < 1 || opt->width > EW_MAX_WIDTH)
        return ew_fail(ctx, EW_USAGE, "width: %" PRIu64 " is not in 1..%d", opt->width,
                       EW_MAX_WIDTH);
    if (opt->samples < 1 || opt->samples > UINT64_MAX / 2 || opt->first > UINT64_MAX / 2)
        return ew_fail(ctx, EW_USAGE, "samples: %" PRIu64 " is not a number of samples",
                       opt->samples);
    if (opt->ntk && !net->activation->continuous)
        return ew_fail(ctx, EW_DOMAIN,
                       "sample: the neural tangent kernel of %s needs its "
                       "derivative, and it jumps",
                       net->activation->text);
    return EW_OK;
}

/* n_l = n r with r = width[l-1]/width[0]. */
static ew_status set_widths(ew_sample_model *m, const ew_setting *net, uint64_t n,
                            ew_context *ctx)
{
    for (slong l = 1; l <= net->depth; l++) {
        m->width[l - 1] = n;
        if (net->widths != net->depth || l == net->depth)
            continue;
        uint64_t here = net->width[l - 1], base = net->width[0];
        if (base == 0 || here == 0 || here > EW_MAX_WIDTH || n * here % base != 0 ||
            n * here / base > EW_MAX_WIDTH)
            return ew_fail(ctx, EW_USAGE,
                           "width: layer %ld has no whole number of neurons in 1..%d for n = "
                           "%" PRIu64,
                           (long) l, EW_MAX_WIDTH, n);
        m->width[l - 1] = n * here / base;
    }
    return EW_OK;
}

static double middle(const arb_t x)
{
    return arf_get_d(arb_midref(x), ARF_RND_NEAR);
}

static ew_status set_numbers(ew_sample_model *m, const ew_setting *net, ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_t x[4];
    for (int i = 0; i < 4; i++)
        arb_init(x[i]);
    for (slong l = 1; l <= net->depth && status == EW_OK; l++) {
        status = ew_setting_layer(x[0], x[1], x[2], x[3], net, l, BITS, ctx);
        m->numbers[l - 1] =
            (ew_layer_numbers){middle(x[0]), middle(x[1]), middle(x[2]), middle(x[3])};
    }
    for (int i = 0; i < 4; i++)
        arb_clear(x[i]);
    return status;
}

/* theory.md section 3: K between the preactivation and itself, Theta between a first derivative
 * along a tangent and itself, and the rest vanishes, tangents being independent and centred. */
static ew_status set_first(ew_sample_model *m, const ew_setting *net, ew_context *ctx)
{
    arb_t k, theta;
    arb_init(k);
    arb_init(theta);
    ew_status status = ew_setting_first(k, theta, net, BITS, ctx);
    for (slong p = 0; p < m->fields->pairs; p++) {
        slong i, j;
        ew_pair_fields(&i, &j, m->fields, p);
        m->first[p] = i != j                                ? 0
                      : ew_fields_at(m->fields, i).set == 0 ? middle(k)
                                                            : middle(theta);
        if (status == EW_OK && !isfinite(m->first[p]))
            status = ew_fail(ctx, EW_UNABLE, "sample: the first layer is beyond doubles");
    }
    arb_clear(k);
    arb_clear(theta);
    return status;
}

static ew_status allocate(ew_sample_model *m, const ew_setting *net, int ntk, ew_context *ctx)
{
    static const ew_generator tangents[2] = {EW_TANGENT, EW_TANGENT};
    static const ulong sets[3] = {0, 1, 2};
    ew_status status =
        ew_fields_new(&m->fields, 1, tangents, ntk ? 2 : 0, sets, ntk ? 3 : 1, ctx);
    if (status == EW_OK)
        status = ew_field_program_new(&m->program, m->fields, ctx);
    if (status != EW_OK)
        return status;
    m->activation = ew_program_new(net->activation->expr, ctx);
    m->numbers = ew_alloc((size_t) net->depth * sizeof *m->numbers, ctx);
    m->width = ew_alloc((size_t) net->depth * sizeof *m->width, ctx);
    m->first = ew_alloc((size_t) m->fields->pairs * sizeof *m->first, ctx);
    return m->activation && m->numbers && m->width && m->first ? EW_OK : ctx->status;
}

ew_status ew_sample_model_new(ew_sample_model **out, const ew_setting *net,
                              const ew_sample_options *opt, ew_context *ctx)
{
    *out = NULL;
    ew_status status = check(net, opt, ctx);
    if (status != EW_OK)
        return status;
    ew_sample_model *m = ew_alloc_zero(1, sizeof *m, ctx);
    if (!m)
        return EW_MEMORY;
    status = allocate(m, net, opt->ntk, ctx);
    if (status == EW_OK)
        status = set_widths(m, net, opt->width, ctx);
    if (status == EW_OK)
        status = set_numbers(m, net, ctx);
    if (status == EW_OK)
        status = set_first(m, net, ctx);
    if (status != EW_OK) {
        ew_sample_model_free(m);
        return status;
    }
    m->chain = (ew_chain_model){m->program, m->activation, net->depth, m->numbers,
                                m->width,   m->first,      opt->seed};
    *out = m;
    return EW_OK;
}
