/* The squared maximum mean discrepancy between networks of finite width and their Gaussian
 * limit: with the kernel exp(-|x - y|^2/(2 l^2)) on the vector of one neuron's outputs at all
 * inputs,
 *   MMD^2 = E k(x, x') - 2 E k(x, y) + E k(y, y'),  x, x' networks, y, y' the limit N(0, K).
 * Given Ghat and Ghat' the outputs are Gaussian, and E k = h(Ghat + Ghat') with
 *   h(A) = det(I + A/l^2)^(-1/2),
 * so that outputs need not be drawn: MMD^2 = E H(Ghat, Ghat'),
 *   H(G, G') = h(G + G') - h(G + K) - h(G' + K) + h(K + K).
 * The mean of H over pairs of distinct samples is unbiased, and by Rao and Blackwell has less
 * variance than that over drawn outputs.  Near K, H is the bilinear form B = D^2 h(2K)[G - K,
 * G' - K] and terms that are smaller by n^(-1/2).  B is the inner product of features of G and
 * of G', so that its mean over all pairs takes sums only; H - B is averaged over the pairs
 * within blocks.  What is left of the variance is nearly that of E[H | G], which is O(n^-3) a
 * sample; the pairs' own, O(n^-2) for B, is divided by the number of all pairs. */
#ifndef EW_READINGS_SAMPLE_MMD_H
#define EW_READINGS_SAMPLE_MMD_H

#include "readings/sample/sample.h"

/* Samples of a block, at most. */
#define EW_MMD_BLOCK 64

typedef struct {
    slong layers;
    const slong *layer;   /* ascending, from 2 on, the last at most the depth */
    const double *kernel; /* [layer * pairs + pair]: K there, upper triangle by rows */
    double length;        /* l > 0 */
} ew_mmd_question;

/* out[layers], each unbiased.  Errors are by the jackknife over *groups batches of equal size
 * (for pairs it errs on the large side); *samples are used: those of opt, less what does not
 * fill a block.  The layers share their samples; a share of the samples makes no
 * estimates (NaN).  EW_USAGE: fewer than 4 samples; else errors and teams as in sample.h.
 * opt's descent and moments are not used. */
ew_status ew_sample_mmd(ew_estimate *out, slong *groups, uint64_t *samples,
                        const ew_mmd_question *q, const ew_setting *net,
                        const ew_sample_options *opt, ew_context *ctx);

#endif
