#include "readings/sample/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "readings/sample/semidefinite.h"

/* Enough for a correctly rounded double, nearly always. */
#define BITS 128

void ew_sample_model_free(ew_sample_model *m)
{
    if (!m)
        return;
    ew_field_program_free(m->program);
    ew_fields_free(m->fields);
    ew_program_free(m->activation);
    free(m->input);
    free(m->numbers);
    free(m->width);
    free(m->first);
    free(m);
}

static ew_status check(const ew_setting *net, const ew_sample_options *opt, ew_context *ctx)
{
    if (net->inputs > EW_MAX_INPUTS)
        return ew_fail(ctx, EW_UNABLE, "sample: at most %d inputs, not %ld", EW_MAX_INPUTS,
                       (long) net->inputs);
    if (net->depth < 1 || net->depth > EW_MAX_DEPTH)
        return ew_fail(ctx, EW_USAGE, "depth: %ld is not in 1..%d", (long) net->depth,
                       EW_MAX_DEPTH);
    if (opt->width < 1 || opt->width > EW_MAX_WIDTH)
        return ew_fail(ctx, EW_USAGE, "width: %" PRIu64 " is not in 1..%d", opt->width,
                       EW_MAX_WIDTH);
    if (opt->samples < 1 || opt->samples > UINT64_MAX / 2 || opt->first > UINT64_MAX / 2)
        return ew_fail(ctx, EW_USAGE, "samples: %" PRIu64 " is not a number of samples",
                       opt->samples);
    if (opt->moments < 0 || opt->moments > EW_KSTAT_MOST)
        return ew_fail(ctx, EW_USAGE, "moments: %ld is not in 1..%d", (long) opt->moments,
                       EW_KSTAT_MOST);
    if (opt->sampler == EW_SAMPLER_NETWORK && opt->width > EW_MAX_NETWORK_WIDTH)
        return ew_fail(ctx, EW_UNABLE,
                       "sample: explicit weights up to width %d only, not %" PRIu64
                       " (the chain sampler has the same law)",
                       EW_MAX_NETWORK_WIDTH, opt->width);
    if (opt->dntk && net->activation->kinks > 0)
        return ew_fail(ctx, EW_UNABLE,
                       "sample: the dNTK of %s has contributions of its kinks, which samples "
                       "never meet",
                       net->activation->text);
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

/* theory.md section 3: K between preactivations, Theta between first derivatives along one
 * tangent, and the rest vanishes: tangents are independent and centred, and layer 1 is linear.
 */
static double first_entry(const ew_fields *fields, slong pair, arb_srcptr k, arb_srcptr theta)
{
    slong i, j;
    ew_pair_fields(&i, &j, fields, pair);
    ew_field x = ew_fields_at(fields, i), y = ew_fields_at(fields, j);
    slong at = x.input * fields->inputs + y.input;
    if (x.set != y.set || (x.set & (x.set - 1)) != 0)
        return 0;
    return middle(x.set == 0 ? k + at : theta + at);
}

/* Inputs with the given x_a.x_b/n_0 = (K_ab - C_b)/C_W: the law depends on nothing else, since
 * the weights' is invariant under rotations of the inputs. */
static ew_status set_input(ew_sample_model *m, const ew_setting *net, arb_srcptr k,
                           ew_context *ctx)
{
    slong n = net->inputs;
    double *gram = ew_alloc_zero((size_t) (n * (n + 1) / 2), sizeof *gram, ctx);
    double *l = ew_alloc_zero((size_t) (n * n), sizeof *l, ctx);
    ew_status status = gram && l ? EW_OK : EW_MEMORY;
    arb_t cw, cb, x;
    arb_init(cw);
    arb_init(cb);
    arb_init(x);
    if (status == EW_OK)
        status = ew_setting_layer(cw, cb, NULL, NULL, net, 1, BITS, ctx);
    for (slong a = 0, p = 0; a < n && status == EW_OK; a++)
        for (slong b = a; b < n; b++) {
            arb_sub(x, k + a * n + b, cb, BITS);
            arb_div(x, x, cw, BITS);
            gram[p++] = middle(x);
        }
    if (status == EW_OK)
        ew_semidefinite_cholesky(l, gram, n);
    for (slong a = 0; a < n && status == EW_OK; a++)
        for (slong c = 0; c < n; c++)
            m->input[a * m->fields->sets * n + c] = sqrt((double) n) * l[a * n + c];
    arb_clear(cw);
    arb_clear(cb);
    arb_clear(x);
    free(gram);
    free(l);
    return status;
}

static ew_status set_first(ew_sample_model *m, const ew_setting *net, ew_context *ctx)
{
    slong n = net->inputs;
    arb_ptr k = _arb_vec_init(n * n), theta = _arb_vec_init(n * n);
    ew_status status = ew_setting_first(k, theta, net, BITS, ctx);
    for (slong p = 0; p < m->fields->pairs && status == EW_OK; p++) {
        m->first[p] = first_entry(m->fields, p, k, theta);
        if (!isfinite(m->first[p]))
            status = ew_fail(ctx, EW_UNABLE, "sample: the first layer is beyond doubles");
    }
    if (status == EW_OK)
        status = set_input(m, net, k, ctx);
    _arb_vec_clear(k, n * n);
    _arb_vec_clear(theta, n * n);
    return status;
}

/* Two tangents make the NTK, and with their mixed derivative the dNTK. */
static ew_status set_fields(ew_sample_model *m, const ew_setting *net,
                            const ew_sample_options *opt, ew_context *ctx)
{
    static const ew_generator tangents[2] = {EW_TANGENT, EW_TANGENT};
    static const ulong sets[4] = {0, 1, 2, 3};
    return ew_fields_new(&m->fields, net->inputs, tangents, opt->ntk || opt->dntk ? 2 : 0, sets,
                         opt->dntk  ? 4
                         : opt->ntk ? 3
                                    : 1,
                         ctx);
}

static ew_status allocate(ew_sample_model *m, const ew_setting *net, ew_context *ctx)
{
    size_t depth = (size_t) net->depth, fields = (size_t) m->fields->n;
    ew_status status = ew_field_program_new(&m->program, m->fields, ctx);
    if (status != EW_OK)
        return status;
    m->activation = ew_program_new(net->activation->expr, ctx);
    m->numbers = ew_alloc_zero(depth, sizeof *m->numbers, ctx);
    m->width = ew_alloc_zero(depth, sizeof *m->width, ctx);
    m->first = ew_alloc_zero((size_t) m->fields->pairs, sizeof *m->first, ctx);
    m->input = ew_alloc_zero(fields * (size_t) net->inputs, sizeof *m->input, ctx);
    return m->activation && m->numbers && m->width && m->first && m->input ? EW_OK
                                                                           : ctx->status;
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
    status = set_fields(m, net, opt, ctx);
    if (status == EW_OK)
        status = allocate(m, net, ctx);
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
    m->sampler = (ew_sampler_model){.fields = m->fields,
                                    .program = m->program,
                                    .activation = m->activation,
                                    .depth = net->depth,
                                    .numbers = m->numbers,
                                    .width = m->width,
                                    .first = m->first,
                                    .coordinates = net->inputs,
                                    .input = m->input,
                                    .seed = opt->seed};
    *out = m;
    return EW_OK;
}
