/* Trained networks against the flow at infinite width: what is left falls with the width. */
#ifndef EW_PRODUCTS_REGRESS_CHECK_H
#define EW_PRODUCTS_REGRESS_CHECK_H

#include "chain/setting.h"
#include "products/flow_data.h"
#include "products/power.h"

/* The exponent in the width between that of theory, -1/2, and none: the verdict compares with
 * it, by an interval of so many standard errors. */
#define EW_CHECK_EXPONENT (-0.25)
#define EW_CHECK_ERRORS 3
/* Differences below this share of the largest number in question are rounding. */
#define EW_CHECK_ROUNDING 1e-9

typedef struct {
    slong widths;
    const uint64_t *width; /* distinct, ascending, two or more */
    uint64_t samples;      /* networks of each width, 2 or more */
    uint64_t seed;
    int ntk;         /* every parameter is trained; else the last layer's, at rates C_W, C_b */
    const double *x; /* [flow->all][coordinates], the trained points first */
    size_t coordinates;
    slong times;
    const double *time; /* [times]: finite, in any order, one at least above 0 */
} ew_regress_check_options;

typedef enum { EW_DECAYS, EW_DECAYS_NOT, EW_DECAY_OPEN } ew_decay;
const char *ew_decay_name(ew_decay d); /* "pass", "fail", "inconclusive" */

typedef struct {
    slong widths;
    uint64_t *width;
    double *rms, *se; /* [widths]; of the difference over networks, points, outputs, times */
    ew_power rate;    /* of rms in the width: exponent -1/2 in theory */
    uint64_t samples, seed;
    double steps; /* of gradient descent to the last time */
    double step;  /* the longest */
    ew_decay verdict;
} ew_regress_check;

/* f has no ridge.  Every network is trained by steps h <= 1/(4 most), most the largest
 * eigenvalue of the kernel, and compared with the same steps of the linear flow from where it
 * starts itself, u - h_Xx' (1 - prod (1 - h_i A))/A (u_X - y): no error of discretisation is
 * left.  ctx->threads threads, which change no bit.  EW_USAGE: the options.  EW_UNABLE: too
 * many steps, training that is not finite, no LAPACK. */
ew_status ew_regress_check_run(ew_regress_check **out, ew_flow_data *f, const ew_setting *net,
                               const ew_regress_check_options *opt, ew_context *ctx);
void ew_regress_check_free(ew_regress_check *c);

/* EW_OK, or EW_FAILED in one line. */
ew_status ew_regress_check_status(const ew_regress_check *c, ew_context *ctx);

#endif
