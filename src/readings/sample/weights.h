/* Ensembles of weight matrices: what fills one with numbers. */
#ifndef EW_READINGS_SAMPLE_WEIGHTS_H
#define EW_READINGS_SAMPLE_WEIGHTS_H

#include "arith/context.h"
#include "arith/random.h"

/* A generator of matrices of mean 0 whose entries have mean square 1, one matrix at a time.  An
 * ensemble whose rows depend on each other makes the matrix in `begin` and keeps it; one with
 * independent entries makes rows as they are asked for. */
typedef struct ew_weights ew_weights;
struct ew_weights {
    /* Turn to the rows x columns matrix that is a function of the stream. */
    ew_status (*begin)(ew_weights *w, const ew_stream *stream, size_t rows, size_t columns,
                       ew_context *ctx);
    /* out[count][columns]: rows first..first+count-1; first is a multiple of
     * EW_NORMAL_CHUNK. */
    void (*rows)(ew_weights *w, double *out, size_t first, size_t count);
    void (*free)(ew_weights *w);
};

/* Independent standard normals. */
ew_status ew_weights_gaussian(ew_weights **out, ew_context *ctx);

/* The root of n = max(rows, columns) times a uniformly distributed frame (theory.md section 7):
 * orthonormal columns, and rows where there are fewer of these; Haar on O(n) when square.
 * `begin` costs O(n^2 min(rows, columns)), between ew_product_begin and ew_product_end.
 * EW_UNABLE beyond EW_MAX_FRAME entries. */
#define EW_MAX_FRAME ((size_t) 1 << 26)
ew_status ew_weights_orthogonal(ew_weights **out, ew_context *ctx);

#endif
