/* Regression by a network at infinite width, certified: Gaussian process posterior, kernel
 * regression with the NTK, and training by gradient flow (theory.md section 4). */
#ifndef EW_PRODUCTS_REGRESS_H
#define EW_PRODUCTS_REGRESS_H

#include "arith/certify.h"
#include "chain/setting.h"
#include "expect/expect.h"
#include "products/flow.h"

/* The network's inputs are the trained points, then those where it is only evaluated. */
typedef struct {
    int ntk;                 /* what moves: every parameter, else the last layer's (NNGP) */
    slong train, outputs;    /* of net->inputs points */
    const fmpq *target;      /* [train * outputs] */
    const ew_scalar *ridge;  /* at least 0 */
    const ew_scalar *robust; /* the weight of |J f|^2; NULL: without */
    int mean_loss;           /* all is divided by the number of trained points */
    slong times;
    const ew_scalar *time; /* [times] */
    const char *limit;     /* [times]: t = oo */
    slong digits;
    ew_method method;
} ew_regress_options;

/* Values: f at the trained points (with `robust`, then the derivatives there, point by point),
 * then the same at the others. */
typedef struct {
    slong trained, values, outputs, times;
    ew_certified *mean;     /* [(time * values + x) * outputs + c] */
    ew_certified *variance; /* [time * values + x], alike for every output; in the limit with
                               the NNGP, of the posterior given targets of variance ridge */
    ew_certified *loss;     /* [time]: of the mean network, without the ridge's term */
    ew_certified *expected; /* [time]: the mean over initialisations */
    ew_certified *least, *most, *condition; /* of the matrix solved with; the last is
                               not there where the least is not told from 0 */
    ew_certified *all;
    const char *method;
} ew_regress_table;

/* EW_USAGE: the numbers of points.  EW_UNABLE: the limit of a singular matrix, with the reason.
 */
ew_status ew_regress_solve(ew_regress_table **out, const ew_setting *net,
                           const ew_regress_options *opt, ew_context *ctx);
void ew_regress_free(ew_regress_table *t);

/* Why the kernel matrix has no inverse, where that is known for certain: EW_UNABLE with the
 * reason, else EW_OK. */
ew_status ew_regress_regular(const ew_setting *net, const ew_regress_options *opt,
                             ew_context *ctx);

#endif
