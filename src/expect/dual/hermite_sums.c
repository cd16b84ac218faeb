#include "arith/vector.h"

#include "expect/dual/hermite_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expect/dual/double_double.h"

#define CHUNK EW_HERMITE_CHUNK
#define STEPS EW_HERMITE_STEPS
#define LANES 8 /* of a sum */

/* U_k at the nodes of a chunk: rows k - 1, k, ..., k + STEPS. */
typedef struct {
    double h[STEPS + 2][CHUNK], l[STEPS + 2][CHUNK];
} block;

EW_VECTOR
static void climb(block *b, const double *restrict x, size_t k, ew_pairs root, ew_pairs inverse)
{
    for (size_t r = 2; r < STEPS + 2; r++, k++) {
        const ew_dd a = {root.h[k], root.l[k]}, c = {inverse.h[k + 1], inverse.l[k + 1]};
        const double *h0 = b->h[r - 2], *l0 = b->l[r - 2], *h1 = b->h[r - 1], *l1 = b->l[r - 1];
        double *restrict h = b->h[r], *restrict l = b->l[r];
        for (size_t i = 0; i < CHUNK; i++) {
            ew_dd up = ew_dd_mul_d((ew_dd){h1[i], l1[i]}, x[i]);
            ew_dd down = ew_dd_mul((ew_dd){h0[i], l0[i]}, a);
            ew_dd y = ew_dd_mul(ew_dd_sub(up, down), c);
            h[i] = y.h;
            l[i] = y.l;
        }
    }
}

/* Products and partial sums are split exactly; what is split off is added in doubles. */
EW_VECTOR
static ew_dd product(const double *restrict ah, const double *restrict al,
                     const double *restrict bh, const double *restrict bl)
{
    double s[LANES] = {0}, c[LANES] = {0};
    for (size_t i = 0; i < CHUNK; i += LANES)
        for (size_t w = 0; w < LANES; w++) {
            size_t j = i + w;
            ew_dd p = ew_dd_product(ah[j], bh[j]), t = ew_dd_sum(s[w], p.h);
            s[w] = t.h;
            c[w] += (p.l + (ah[j] * bl[j] + al[j] * bh[j])) + t.l;
        }
    ew_dd sum = {0, 0};
    for (size_t w = 0; w < LANES; w++) {
        ew_dd t = ew_dd_sum(sum.h, s[w]);
        sum = (ew_dd){t.h, sum.l + (t.l + c[w])};
    }
    return sum;
}

EW_VECTOR
static double largest(const double *x, size_t n)
{
    double most[LANES] = {0};
    for (size_t i = 0; i < n; i += LANES)
        for (size_t w = 0; w < LANES; w++) {
            double y = x[i + w] < 0 ? -x[i + w] : x[i + w];
            most[w] = y > most[w] ? y : most[w];
        }
    for (size_t w = 1; w < LANES; w++)
        most[0] = most[w] > most[0] ? most[w] : most[0];
    return most[0];
}

/* Row r of the block into the sums of polynomial k. */
static void add_row(ew_pairs sum, const ew_hermite_grid *g, size_t k, const block *b, size_t r,
                    size_t node)
{
    const ew_pairs *part = g->part + k % 2;
    for (size_t f = 0; part->h && f < g->functions; f++) {
        const double *h = part->h + f * g->nodes + node, *l = part->l + f * g->nodes + node;
        ew_dd y = product(b->h[r], b->l[r], h, l);
        size_t at = k * g->functions + f;
        ew_dd t = ew_dd_sum(sum.h[at], y.h);
        sum.h[at] = t.h;
        sum.l[at] += t.l + y.l;
    }
}

/* All polynomials at the nodes of a chunk. */
static ew_status add_chunk(ew_pairs sum, double *most, const ew_hermite_grid *g, size_t n,
                           ew_pairs root, ew_pairs inverse, size_t node, block *b,
                           ew_context *ctx)
{
    const size_t bytes = CHUNK * sizeof(double);
    ew_status status = EW_OK;
    memset(b->h[0], 0, bytes);
    memset(b->l[0], 0, bytes);
    memcpy(b->h[1], g->start.h + node, bytes);
    memcpy(b->l[1], g->start.l + node, bytes);
    for (size_t k = 0; k < n && status == EW_OK; k += STEPS) {
        status = ew_poll(ctx);
        climb(b, g->x + node, k, root, inverse);
        *most = fmax(*most, largest(b->h[1], STEPS * CHUNK));
        for (size_t r = 0; r < STEPS; r++)
            add_row(sum, g, k + r, b, r + 1, node);
        for (size_t r = 0; r < 2; r++) {
            memcpy(b->h[r], b->h[r + STEPS], bytes);
            memcpy(b->l[r], b->l[r + STEPS], bytes);
        }
    }
    return status;
}

ew_status ew_hermite_sums(ew_pairs sum, double *most, const ew_hermite_grid *g, size_t n,
                          ew_pairs root, ew_pairs inverse, ew_context *ctx)
{
    block *b = ew_alloc(sizeof *b, ctx);
    ew_status status = b ? EW_OK : EW_MEMORY;
    memset(sum.h, 0, n * g->functions * sizeof *sum.h);
    memset(sum.l, 0, n * g->functions * sizeof *sum.l);
    *most = 0;
    for (size_t node = 0; node < g->nodes && status == EW_OK; node += CHUNK)
        status = add_chunk(sum, most, g, n, root, inverse, node, b, ctx);
    *most *= 1 + 0x1p-40; /* the low parts */
    free(b);
    return status;
}

/* A step makes an error of at most e = 2^-101 of its two terms.  With X = x^2/4 these are at
 * most 3 U_j in the first of the two regions, and U_j is at most the largest of all: up to k =
 * X
 * + 1 errors add up to (k + 2)^2 2^-99 of U_k.  One more step at most, which no more than
 * triples them and adds its own, leads to where 4 j - x^2 >= 4; from there two errors d, d' of
 * neighbours become at most (2 j (d^2 + d'^2))^(1/2), and those of new steps, 3 e of the
 * largest, at most sqrt(j) times that, or sqrt(2) times where j >= 2 X. */
double ew_hermite_drift(double reach, size_t n)
{
    const double X = reach * reach / 4 + 2, first = (X + 3) * (X + 3) * 0x1p-99;
    const double carried = 2 * sqrt(X) * (4 * first);
    return carried + (2 * X * sqrt(2 * X) + 1.5 * (double) n) * 0x1p-99;
}

/* A lane's CHUNK/LANES products, then a chain over lanes and chunks: what is split off is at
 * most u times the number of terms of the whole, and is added with an error of u times that
 * number. */
double ew_hermite_rounding(size_t nodes)
{
    double terms = (double) nodes / CHUNK * LANES + CHUNK / LANES + 32;
    return 4 * terms * terms * 0x1p-106;
}
