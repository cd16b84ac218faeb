/* Fractional Gaussian noise: the increments of fractional Brownian motion over unit times, of
 * variance 1 and covariance r(k) = (|k+1|^2H - 2 |k|^2H + |k-1|^2H)/2.  Exact in law, by
 * circulant embedding (Davies and Harte): the covariance of n increments is a corner of a
 * circulant matrix whose eigenvalues are not negative, and those are a Fourier transform. */
#ifndef EW_READINGS_SAMPLE_FRACTIONAL_H
#define EW_READINGS_SAMPLE_FRACTIONAL_H

#include "arith/context.h"
#include "arith/random.h"

/* Immutable: threads may share it. */
typedef struct {
    size_t n;     /* increments */
    size_t size;  /* of the circulant: a power of 2, at least 2 n */
    double *root; /* [size]: sqrt(eigenvalue / size) */
    double *turn; /* [size]: cos and sin of 2 pi k/size, k < size/2 */
} ew_fractional;

/* n <= 2^20 increments of Hurst index 0 < hurst <= 1, else EW_UNABLE, EW_DOMAIN.  At 1 they are
 * all the same. */
ew_status ew_fractional_new(ew_fractional **out, double hurst, size_t n, ew_context *ctx);
void ew_fractional_free(ew_fractional *f);

/* r(k) to double precision. */
double ew_fractional_covariance(double hurst, size_t k);

/* Two independent runs of increments: x[2 k] and x[2 k + 1], k < n, the rest being scratch;
 * x[2 size].  They are function number `run` of the stream. */
void ew_fractional_draw(double *x, const ew_fractional *f, const ew_stream *stream,
                        uint64_t run);

#endif
