/* Counter-based random numbers (theory.md section 8): a number is a function of (seed, sample,
 * layer, use, index) and of nothing else, so that no split of the work can change a result. */
#ifndef EW_ARITH_RANDOM_H
#define EW_ARITH_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Who draws: one stream a seed, sample, layer and use.  (Words of the samplers'; whoever draws
 * something else says what stands for a sample and a layer.) */
typedef struct {
    uint64_t seed;
    uint64_t sample;
    uint32_t layer; /* below 2^24 */
    uint32_t use;   /* below 2^8: which field, which weight matrix */
} ew_stream;

/* Normals are made in chunks of this many; a run of them starts at a multiple of it. */
#define EW_NORMAL_CHUNK 16

/* The longest stream: 2^32 Philox blocks of two normals each. */
#define EW_NORMAL_LIMIT ((uint64_t) 1 << 33)

/* Philox4x32-10 on count blocks: out[w * count + i] is word w of the block with counter words
 * (first + i, layer + 2^24 use, sample) and key seed.  Equals Random123's philox4x32. */
void ew_philox_blocks(uint32_t *out, const ew_stream *s, uint32_t first, size_t count);

/* out[i] = standard normal number first + i of the stream, i < count; first is a multiple of
 * EW_NORMAL_CHUNK.  Box-Muller on 52-bit uniforms, with arithmetic of our own that uses only
 * correctly rounded operations: the same bits on every IEEE machine. */
void ew_normals(double *out, const ew_stream *s, uint64_t first, size_t count);

#endif
