#include "chain/frame.h"

#include <stdlib.h>
#include <string.h>

/* E exp(sum_a J_a . z_a | Ghat) = exp(sum_a J_a Ghat J_a / 2 + Phi(p_1, p_2, ...)) with p_j =
 * tr D^j, D_ab = J_a Q J_b and Phi the exponent of chain/haar.h, so that the cumulants are
 * derivatives of Phi at J = 0.  The n derivatives fall on the n factors J of a monomial of Phi:
 * each factor D joins two of them by a Q, each index that two factors D have in common joins
 * two of one neuron. The union of the two pairings is a set of cycles, one of 2j entries for
 * every p_j; conversely two pairings whose cycles are those of prod p_j^a_j arise in prod
 * (2j)^a_j a_j! ways. */

typedef struct {
    ew_terms *out;
    const ew_haar *w;
    const slong *neuron, *field;
    slong n;
    slong row[EW_FRAME_MOST], other[EW_FRAME_MOST]; /* partners by neuron, and by Q; or -1 */
    const ew_fields *f;
    ew_context *ctx;
} pairings;

/* cycles[j] = how many have 2j entries; returns in how many ways these pairings arise. */
static void count_cycles(ulong *cycles, fmpz_t ways, const pairings *p)
{
    char seen[EW_FRAME_MOST] = {0};
    memset(cycles, 0, (EW_FRAME_MOST / 2 + 1) * sizeof *cycles);
    fmpz_one(ways);
    for (slong i = 0; i < p->n; i++) {
        slong length = 0;
        for (slong k = i; !seen[k]; k = p->row[p->other[k]], length++)
            seen[k] = seen[p->other[k]] = 1;
        if (length)
            fmpz_mul_ui(ways, ways, 2 * (ulong) length * ++cycles[length]);
    }
}

static int ascending(const void *x, const void *y)
{
    return (*(const int *) x > *(const int *) y) - (*(const int *) x < *(const int *) y);
}

/* The symbols Q_p of the pairing by Q. */
static void pair_symbols(int *symbol, const pairings *p)
{
    slong n = 0;
    for (slong i = 0; i < p->n; i++)
        if (i < p->other[i])
            symbol[n++] =
                EW_FRAME_PAIR + (int) ew_pair_of(p->f, p->field[i], p->field[p->other[i]]);
    qsort(symbol, (size_t) n, sizeof *symbol, ascending);
}

/* Is the monomial of Phi the product of these cycles? */
static int same_cycles(const ulong *exp, const ulong *cycles, const ew_haar *w)
{
    for (slong j = 1; j <= EW_FRAME_MOST / 2; j++)
        if ((j <= w->order + 1 ? exp[j] : 0) != cycles[j])
            return 0;
    return 1;
}

static ew_status add_cycles(const pairings *p)
{
    const ew_haar *w = p->w;
    ulong exp[64], cycles[EW_FRAME_MOST / 2 + 1];
    int symbol[EW_FRAME_MOST / 2], inverse[64] = {EW_FRAME_INVERSE};
    ew_status status = EW_OK;
    fmpq_t c;
    fmpz_t ways;
    fmpq_init(c);
    fmpz_init(ways);
    count_cycles(cycles, ways, p);
    pair_symbols(symbol, p);
    for (slong i = 0; i < fmpq_mpoly_length(w->exponent, w->ring) && status == EW_OK; i++) {
        fmpq_mpoly_get_term_exp_ui(exp, w->exponent, i, w->ring);
        if (!same_cycles(exp, cycles, w))
            continue;
        fmpq_mpoly_get_term_coeff_fmpq(c, w->exponent, i, w->ring);
        fmpq_mul_fmpz(c, c, ways);
        status = ew_terms_add(p->out, c, inverse, (slong) exp[0], symbol, p->n / 2, p->ctx);
    }
    fmpq_clear(c);
    fmpz_clear(ways);
    return status;
}

static slong first_single(const slong *partner, slong n)
{
    slong i = 0;
    while (i < n && partner[i] >= 0)
        i++;
    return i;
}

static ew_status pair_up(pairings *p, slong *partner)
{
    slong i = first_single(partner, p->n);
    if (i == p->n)
        return partner == p->row ? pair_up(p, p->other) : add_cycles(p);
    ew_status status = EW_OK;
    for (slong j = i + 1; j < p->n && status == EW_OK; j++) {
        if (partner[j] >= 0 || (partner == p->row && p->neuron[i] != p->neuron[j]))
            continue;
        partner[i] = j;
        partner[j] = i;
        status = pair_up(p, partner);
        partner[i] = partner[j] = -1;
    }
    return status;
}

ew_status ew_frame_cumulant(ew_terms *out, const ew_haar *w, const slong *neuron,
                            const slong *field, slong n, const ew_fields *f, ew_context *ctx)
{
    if (n < 3 || n > EW_FRAME_MOST)
        return ew_fail(ctx, EW_UNABLE, "a cumulant of %ld entries of a frame", (long) n);
    pairings p = {
        .out = out, .w = w, .neuron = neuron, .field = field, .n = n, .f = f, .ctx = ctx};
    for (slong i = 0; i < n; i++)
        p.row[i] = p.other[i] = -1;
    ew_status status = n % 2 ? EW_OK : pair_up(&p, p.row);
    return status == EW_OK ? ew_terms_collect(out, ctx) : status;
}
