#include "chain/feature.h"

#include "chain/partition.h"

void ew_jet_ring_init(ew_jet_ring *r, const ew_fields *fields)
{
    r->fields = fields;
    r->jets = 1;
    for (ulong s = fields->set[fields->sets - 1]; s; s &= s - 1)
        r->jets++;
    r->variables = 2 + fields->inputs * (r->jets + fields->sets - 1);
    fmpq_mpoly_ctx_init(r->ring, r->variables, ORD_LEX);
}

void ew_jet_ring_clear(ew_jet_ring *r)
{
    fmpq_mpoly_ctx_clear(r->ring);
}

slong ew_jet_variable(const ew_jet_ring *r, slong input, slong derivative)
{
    return 2 + input * r->jets + derivative;
}

slong ew_jet_field(const ew_jet_ring *r, slong field)
{
    slong sets = r->fields->sets;
    return 2 + r->fields->inputs * r->jets + (field / sets) * (sets - 1) + field % sets - 1;
}

/* Faa di Bruno: generators are nilpotent, so [e^S] s(z(e)) is a sum over set partitions of S.
 */
static void jet_coefficient(fmpq_mpoly_t out, const ew_jet_ring *r, slong input, ulong set)
{
    slong member[EW_MAX_GENERATORS], n = 0;
    for (slong g = 0; g < r->fields->generators; g++)
        if (set >> g & 1)
            member[n++] = g;
    fmpq_mpoly_t term, factor;
    fmpq_mpoly_init(term, r->ring);
    fmpq_mpoly_init(factor, r->ring);
    fmpq_mpoly_zero(out, r->ring);
    ew_partition p;
    ew_partition_first(&p, n);
    do {
        fmpq_mpoly_gen(term, ew_jet_variable(r, input, p.blocks), r->ring);
        for (slong b = 0; b < p.blocks; b++) {
            ulong block = 0;
            for (slong i = 0; i < n; i++)
                if (p.block[i] == b)
                    block |= UWORD(1) << member[i];
            slong field = ew_fields_find(r->fields, input, block);
            fmpq_mpoly_gen(factor, ew_jet_field(r, field), r->ring);
            fmpq_mpoly_mul(term, term, factor, r->ring);
        }
        fmpq_mpoly_add(out, out, term, r->ring);
    } while (ew_partition_next(&p));
    fmpq_mpoly_clear(term, r->ring);
    fmpq_mpoly_clear(factor, r->ring);
}

/* f += rate * [e^s] s(z_a) [e^t] s(z_b): one channel. */
static void add_channel(fmpq_mpoly_t f, const ew_jet_ring *r, slong rate, ew_field a,
                        ew_field b)
{
    fmpq_mpoly_t x, y;
    fmpq_mpoly_init(x, r->ring);
    fmpq_mpoly_init(y, r->ring);
    jet_coefficient(x, r, a.input, a.set);
    jet_coefficient(y, r, b.input, b.set);
    fmpq_mpoly_mul(x, x, y, r->ring);
    fmpq_mpoly_gen(y, rate, r->ring);
    fmpq_mpoly_mul(x, x, y, r->ring);
    fmpq_mpoly_add(f, f, x, r->ring);
    fmpq_mpoly_clear(x, r->ring);
    fmpq_mpoly_clear(y, r->ring);
}

void ew_feature_product(fmpq_mpoly_t f, const ew_jet_ring *r, slong pair)
{
    slong i, j;
    ew_pair_fields(&i, &j, r->fields, pair);
    ew_field a = ew_fields_at(r->fields, i), b = ew_fields_at(r->fields, j);
    fmpq_mpoly_zero(f, r->ring);
    add_channel(f, r, EW_JET_CW, a, b);
    for (slong g = 0; g < r->fields->generators; g++) {
        ulong bit = UWORD(1) << g;
        if (r->fields->kind[g] != EW_TANGENT || !(a.set & b.set & bit))
            continue;
        ew_field at = {a.input, a.set & ~bit}, bt = {b.input, b.set & ~bit};
        add_channel(f, r, EW_JET_LAMBDA_W, at, bt);
    }
}
