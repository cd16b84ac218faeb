#include "readings/sample/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "activation/smoothness.h"
#include "arith/bits.h"
#include "chain/residual.h"
#include "readings/sample/semidefinite.h"
#include "readings/sample/weights.h"

#define MAX_DIRECTIONS 3
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
    free(m->outer);
    free(m->width);
    free(m->first);
    free(m);
}

const ew_row_source *ew_sample_rows(const ew_sample_model *m, const ew_sample_options *opt)
{
    if (opt->sampler == EW_SAMPLER_NETWORK)
        return &ew_network_rows;
    return m->sampler.ensemble == EW_ENSEMBLE_ORTHOGONAL ? &ew_frame_rows : &ew_chain_rows;
}

ew_status ew_sample_check_gaussian(const ew_setting *net, const char *what, ew_context *ctx)
{
    if (net->ensemble == EW_ENSEMBLE_GAUSSIAN && !net->residual)
        return EW_OK;
    return ew_fail(ctx, EW_UNABLE,
                   "%s: given the layer below, outputs of %s networks are not Gaussian", what,
                   net->residual ? "residual" : "orthogonal");
}

/* The highest derivative of s in the features: of a field with k generators, s^(k). */
static slong highest_derivative(const ew_setting *net, const ew_sample_options *opt)
{
    if (opt->descent > 1)
        return opt->descent;
    return (opt->descent > 0) + (net->directions > 0);
}

/* Where s^(k-1) jumps, s^(k) has a point mass, which the law of the fields contains and samples
 * never meet. */
static ew_status check_derivatives(const ew_setting *net, const ew_sample_options *opt,
                                   ew_context *ctx)
{
    static const char *const ordinal[] = {"", "first", "second", "third"};
    slong most = highest_derivative(net, opt), smooth;
    if (most > 0 && !net->activation->continuous)
        return ew_fail(ctx, EW_DOMAIN, "sample: %s of %s needs its derivative, and it jumps",
                       opt->descent ? "the neural tangent kernel" : "an input derivative",
                       net->activation->text);
    ew_status status = ew_activation_smoothness(&smooth, net->activation, most, ctx);
    if (status == EW_OK && smooth < most - 1)
        status =
            ew_fail(ctx, EW_UNABLE,
                    "sample: the %s derivative of %s is not proved continuous at its kinks; "
                    "if it jumps, the %s one contributes there, which samples never meet",
                    ordinal[smooth + 1], net->activation->text, ordinal[most]);
    return status;
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
    if (net->directions > MAX_DIRECTIONS)
        return ew_fail(ctx, EW_UNABLE, "sample: at most %d directions, not %ld", MAX_DIRECTIONS,
                       (long) net->directions);
    return check_derivatives(net, opt, ctx);
}

/* n_l = n r with r = width[l-1]/width[0].  That of the last layer is of importance with
 * orthogonal weights only. */
static ew_status set_widths(ew_sample_model *m, const ew_setting *net, uint64_t n,
                            ew_context *ctx)
{
    for (slong l = 1; l <= net->depth; l++) {
        m->width[l - 1] = n;
        if (net->widths != net->depth ||
            (l == net->depth && net->ensemble == EW_ENSEMBLE_GAUSSIAN))
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

static ew_status set_numbers(ew_layer_numbers *numbers, const ew_setting *net, ew_context *ctx)
{
    ew_status status = EW_OK;
    arb_t x[4];
    for (int i = 0; i < 4; i++)
        arb_init(x[i]);
    for (slong l = 1; l <= net->depth && status == EW_OK; l++) {
        status = ew_setting_layer(x[0], x[1], x[2], x[3], net, l, BITS, ctx);
        numbers[l - 1] =
            (ew_layer_numbers){middle(x[0]), middle(x[1]), middle(x[2]), middle(x[3])};
    }
    for (int i = 0; i < 4; i++)
        arb_clear(x[i]);
    return status;
}

/* A residual network's V, alpha and inner width. */
static ew_status set_blocks(ew_sample_model *m, const ew_setting *net,
                            const ew_sample_options *opt, ew_context *ctx)
{
    ew_block_layers *layers;
    ew_status status = ew_block_layers_new(&layers, net, ctx);
    if (status != EW_OK)
        return status;
    arb_t x;
    arb_init(x);
    m->outer = ew_alloc_zero((size_t) net->depth, sizeof *m->outer, ctx);
    status = m->outer ? set_numbers(m->outer, &layers->outer, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_residual_alpha2(x, net, BITS, ctx);
    ulong inner = 0;
    if (status == EW_OK)
        status = ew_residual_inner(&inner, net->residual, opt->width, ctx);
    arb_sqrt(x, x, BITS);
    m->blocks = (ew_sampler_blocks){middle(x), inner, m->outer};
    arb_clear(x);
    ew_block_layers_free(layers);
    if (status == EW_OK && opt->sampler == EW_SAMPLER_NETWORK &&
        m->blocks.inner > EW_MAX_NETWORK_WIDTH)
        return ew_fail(ctx, EW_UNABLE, "sample: explicit weights up to inner width %d only",
                       EW_MAX_NETWORK_WIDTH);
    return status;
}

/* Is the field one of the input's own, an input or a direction?  Layer 1 is linear in these. */
static int is_vector(const ew_fields *fields, slong field)
{
    ulong set = ew_fields_at(fields, field).set;
    for (slong g = 0; g < fields->generators; g++)
        if (set == UWORD(1) << g)
            return fields->kind[g] == EW_DIRECTION;
    return set == 0;
}

/* The Gram matrix of the n vectors: (Ghat^(1) - B)/C_W between them, upper triangle. */
static ew_status vector_gram(double *gram, const slong *vector, slong n, arb_srcptr ghat,
                             const ew_fields *fields, const ew_setting *net, ew_context *ctx)
{
    arb_t cw, cb, x;
    arb_init(cw);
    arb_init(cb);
    arb_init(x);
    ew_status status = ew_setting_layer(cw, cb, NULL, NULL, net, 1, BITS, ctx);
    for (slong i = 0; i < n && status == EW_OK; i++)
        for (slong j = i; j < n; j++) {
            slong pair = ew_pair_of(fields, vector[i], vector[j]);
            arb_set(x, ghat + pair);
            if (ew_pair_is_base(fields, pair))
                arb_sub(x, x, cb, BITS);
            arb_div(x, x, cw, BITS);
            *gram++ = middle(x);
        }
    arb_clear(cw);
    arb_clear(cb);
    arb_clear(x);
    return status;
}

/* Inputs and directions with the given inner products: the law depends on nothing else, since
 * that of the weights is invariant under rotations of the inputs.  But orthogonal weights know
 * the number of coordinates. */
static ew_status set_input(ew_sample_model *m, const ew_setting *net, arb_srcptr ghat,
                           ew_context *ctx)
{
    size_t most = (size_t) m->fields->n;
    slong n = 0, *vector = ew_alloc_zero(most, sizeof *vector, ctx);
    double *gram = ew_alloc_zero(most * (most + 1) / 2, sizeof *gram, ctx);
    double *l = ew_alloc_zero(most * most, sizeof *l, ctx);
    ew_status status = vector && gram && l ? EW_OK : EW_MEMORY;
    for (slong f = 0; f < m->fields->n && status == EW_OK; f++)
        if (is_vector(m->fields, f))
            vector[n++] = f;
    if (status == EW_OK)
        status = vector_gram(gram, vector, n, ghat, m->fields, net, ctx);
    m->coordinates = n;
    if (net->ensemble == EW_ENSEMBLE_ORTHOGONAL && net->coordinates > n)
        m->coordinates = net->coordinates;
    m->input = ew_alloc_zero(most * (size_t) m->coordinates, sizeof *m->input, ctx);
    if (!m->input)
        status = EW_MEMORY;
    if (status == EW_OK) {
        ew_semidefinite_cholesky(l, gram, n);
        for (slong i = 0; i < n; i++)
            for (slong c = 0; c < n; c++)
                m->input[vector[i] * m->coordinates + c] =
                    sqrt((double) m->coordinates) * l[i * n + c];
    }
    free(vector);
    free(gram);
    free(l);
    return status;
}

static ew_status set_first(ew_sample_model *m, const ew_setting *net, ew_context *ctx)
{
    slong n = m->fields->pairs;
    arb_ptr ghat = _arb_vec_init(n);
    ew_status status = ew_setting_first_fields(ghat, m->fields, net, BITS, ctx);
    for (slong p = 0; p < n && status == EW_OK; p++) {
        m->first[p] = middle(ghat + p);
        if (!isfinite(m->first[p]))
            status = ew_fail(ctx, EW_UNABLE, "sample: the first layer is beyond doubles");
    }
    if (status == EW_OK)
        status = set_input(m, net, ghat, ctx);
    _arb_vec_clear(ghat, n);
    return status;
}

/* The fields of the cumulants' families: a tangent for every entry, since each entry may be of
 * the NTK; derivatives along {1,2} and {1,2,3} for the dNTK and ddNTKs; every direction by
 * itself and together with each tangent. */
ew_status ew_sample_fields(ew_fields **out, slong inputs, slong directions, int descent,
                           slong moments, ew_context *ctx)
{
    ew_generator kind[EW_MAX_GENERATORS];
    ulong set[EW_MAX_GENERATORS * (MAX_DIRECTIONS + 1) + 1];
    slong tangents = descent == 0 ? 0 : moments > 2 ? moments : 2, sets = 0;
    if (tangents < descent)
        tangents = descent;
    slong generators = tangents + directions;
    if (generators > EW_MAX_GENERATORS)
        return ew_fail(
            ctx, EW_UNABLE,
            "sample: %ld tangents and %ld directions are more than %d; ask for fewer "
            "moments",
            (long) tangents, (long) directions, EW_MAX_GENERATORS);
    for (slong g = 0; g < generators; g++) {
        kind[g] = g < tangents ? EW_TANGENT : EW_DIRECTION;
        set[sets++] = UWORD(1) << g;
        for (slong d = tangents; g < tangents && d < generators; d++)
            set[sets++] = UWORD(1) << g | UWORD(1) << d;
    }
    if (descent > 1)
        set[sets++] = descent == 2 ? 3 : 7;
    return ew_fields_new(out, inputs, kind, generators, set, sets, ctx);
}

static ew_status allocate(ew_sample_model *m, const ew_setting *net, ew_context *ctx)
{
    size_t depth = (size_t) net->depth;
    ew_status status = ew_field_program_new(&m->program, m->fields, ctx);
    if (status != EW_OK)
        return status;
    m->activation = ew_program_new(net->activation->expr, ctx);
    m->numbers = ew_alloc_zero(depth, sizeof *m->numbers, ctx);
    m->width = ew_alloc_zero(depth, sizeof *m->width, ctx);
    m->first = ew_alloc_zero((size_t) m->fields->pairs, sizeof *m->first, ctx);
    return m->activation && m->numbers && m->width && m->first ? EW_OK : ctx->status;
}

/* The frames that the chain sampler draws exist; the matrices of the network sampler fit.
 * Inputs of unknown coordinates have no more of them than layer 1 has neurons. */
static ew_status check_frames(const ew_sample_model *m, const ew_setting *net,
                              const ew_sample_options *opt, ew_context *ctx)
{
    uint64_t in = net->coordinates ? (uint64_t) net->coordinates : 1;
    for (slong l = 1; l < net->depth && net->ensemble == EW_ENSEMBLE_ORTHOGONAL; l++) {
        uint64_t out = m->width[l - 1];
        ew_status status =
            ew_setting_check_frame((ulong) out, (ulong) in, l, m->fields->n, ctx);
        if (status != EW_OK)
            return status;
        if (opt->sampler == EW_SAMPLER_NETWORK && in > EW_MAX_FRAME / out)
            return ew_fail(ctx, EW_UNABLE,
                           "sample: explicit orthogonal weights of %" PRIu64 " x %" PRIu64
                           " have more than %zu entries (the chain sampler has the same law)",
                           out, in, EW_MAX_FRAME);
        in = out;
    }
    return EW_OK;
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
    status = ew_sample_fields(&m->fields, net->inputs, net->directions, opt->descent,
                              opt->moments, ctx);
    if (status == EW_OK)
        status = allocate(m, net, ctx);
    if (status == EW_OK)
        status = set_widths(m, net, opt->width, ctx);
    if (status == EW_OK)
        status = set_numbers(m->numbers, net, ctx);
    if (status == EW_OK && net->residual)
        status = set_blocks(m, net, opt, ctx);
    if (status == EW_OK)
        status = set_first(m, net, ctx);
    if (status == EW_OK)
        status = check_frames(m, net, opt, ctx);
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
                                    .coordinates = m->coordinates,
                                    .input = m->input,
                                    .ensemble = net->ensemble,
                                    .seed = opt->seed,
                                    .blocks = net->residual ? &m->blocks : NULL};
    *out = m;
    return EW_OK;
}

ew_status ew_sample_model_mark(char hex[EW_SHA256_SIZE], const ew_sample_model *m,
                               ew_context *ctx)
{
    size_t depth = (size_t) m->sampler.depth, fields = (size_t) m->fields->n;
    size_t layers = depth * sizeof *m->numbers / sizeof(double), n = 0;
    const double block[2] = {m->blocks.alpha, (double) m->blocks.inner};
    const struct {
        const void *x;
        size_t n;
    } part[] = {{m->numbers, layers},
                {m->first, (size_t) m->fields->pairs},
                {m->input, fields * (size_t) m->coordinates},
                {m->outer, m->outer ? layers : 0},
                {block, m->outer ? 2 : 0}};
    size_t parts = sizeof part / sizeof *part, total = depth;
    for (size_t i = 0; i < parts; i++)
        total += part[i].n;
    double *x = ew_alloc(total * sizeof *x, ctx);
    char *text = ew_alloc(EW_BITS_DIGITS * total + 1, ctx);
    if (x && text) {
        while (n < depth)
            x[n] = (double) m->width[n], n++;
        for (size_t i = 0; i < parts; n += part[i++].n)
            if (part[i].n)
                memcpy(x + n, part[i].x, part[i].n * sizeof *x);
        ew_bits_write(text, x, total);
        ew_sha256(hex, text, EW_BITS_DIGITS * total);
    }
    ew_status status = x && text ? EW_OK : EW_MEMORY;
    free(x);
    free(text);
    return status;
}
