/* Prediction against sample (design.md, "What validate claims").
 *
 * n^(k-1) kappa_k, sampled at four widths or more, is fitted as c_0 + c_1/n + c_2/n^2; c_0 is
 * tested against the certified leading coefficient, and c_1 against the next one where that is
 * predicted (G1 and H1 in the means).  A fit is made only inside the regime of validity,
 * |c_1|/n <= |c_0|/10 on the widths it uses.  The narrower ones, and all of them where fewer
 * than four are left, are compared one by one with the partial sums of the series, with an
 * allowance for what these leave out (regime.h); where the allowance would say nothing they are
 * `out-of-regime`.  For the covariance of different entries |c_0| can be small by accident (A
 * of tanh at layer 4: |c_1/c_0| = 148), and says nothing about the series; there a natural size
 * (scale.h) stands for it where that is larger. */
#ifndef EW_PRODUCTS_VALIDATE_H
#define EW_PRODUCTS_VALIDATE_H

#include "chain/setting.h"
#include "readings/sample/sample.h"

#define EW_VALIDATE_WIDTHS 4
#define EW_VALIDATE_TERMS 8
#define EW_VALIDATE_REGIME 0.1
#define EW_VALIDATE_RATIO (1 / 3.0)

/* Zero means: choose. */
typedef struct {
    slong widths;
    const uint64_t *width; /* distinct, ascending */
    slong depths;
    const slong
        *depth; /* layers to check, ascending, from 2 on; the network's depth plays no part but
                   for residual ones, whose layer 2 is that after the first block */
    uint64_t samples; /* at every width */
    uint64_t seed;
    double level;       /* of the whole family; 0.01 */
    int descent;        /* 1: Theta, A, B, D, F, H1 too; 2: the dNTK's P and Q */
    slong moments;      /* entries of the cumulants checked; 2.  order >= moments - 1 */
    int network;        /* sample explicit weights, not the chain */
    int preactivations; /* kappa_4 of the neurons themselves, too; kappa_6 as well if
                           moments > 2 */
    slong order;        /* of the predictions; 1 */
    double work;        /* neurons drawn in all, when samples = 0; 6e8 */
    const ew_sample_keeper *keeper; /* of the samplings, one a width in order; or NULL */
    const char *perturb;            /* for tests: multiply this quantity's prediction ... */
    double factor;                  /* ... by this */
} ew_validate_options;

typedef enum { EW_PASS, EW_FAIL, EW_OUT_OF_REGIME } ew_verdict;
const char *ew_verdict_name(ew_verdict v); /* "pass", "fail", "out-of-regime" */

typedef struct {
    const char *quantity; /* PDLT's letter, or the entries "a.a,a1.a1"; "V/K^2 slope"; owned by
                             the result */
    slong layer;          /* the last one for the slope */
    slong order;          /* the coefficient of n^-order */
    double predicted;
    double observed, se; /* fitted coefficient and its standard error */
    double df;           /* of Student's t behind z */
    double z;
    double p, adjusted; /* two-sided; by Holm over all checks in the regime */
    double allowance;   /* |observed - predicted| up to this is no difference: what terms
                           beyond the fit do to it */
    double regime;      /* |c_1| / (n |c_0|) at the narrowest width used */
    slong widths;       /* used */
    ew_verdict verdict; /* out-of-regime: observed is the fit to all widths; z, p and the
                           allowance are NaN */
} ew_check;

/* One width, outside the regime of the fits: n^(k-1) kappa_k against a partial sum. */
typedef struct {
    const char *quantity; /* the letter of c_0; owned by the result */
    slong layer, order;   /* the sum's last term is that of n^-order of kappa_k */
    uint64_t width;
    double predicted, allowance;
    double observed, se, df, z, p, adjusted;
    double ratio; /* of the geometric series that bounds the terms, at most 1/3 */
    ew_verdict verdict;
} ew_narrow;

typedef struct {
    slong first; /* layers are numbered from here: 1, or 0 of a residual network */
    slong n;
    ew_check *check;
    slong narrows;
    ew_narrow *narrow;
    ew_verdict verdict; /* fail if any check fails; else out-of-regime if any is; else pass */
    double level;
    uint64_t samples, seed; /* samples 0: measurements */
    slong widths, layers, quantities;
    uint64_t *width;
    slong *layer;
    char **quantity;    /* [2 * q + k]: name of c_k; NULL where it is not predicted */
    ew_estimate *point; /* [(w * layers + l) * quantities + q]: n^(k-1) kappa_k at that width;
                           NaN where it was not measured */
    slong *entries;     /* [q]: k */
    int *given;         /* [q]: coefficients predicted */
    double *series;     /* [(l * quantities + q) * EW_VALIDATE_TERMS + j]: c_j */
    slong slope_layers; /* of the L/n law; 0: no slope */
    ew_estimate *slope; /* [w]: least-squares slope in the layer of n Var(Ghat_zz)/K^2; NaN
                           where a layer is missing */
    double *collapsed;  /* [l]: 1/K^2, or NULL: Var(Ghat_zz) times it is a function of the depth
                           over the width */
} ew_validation;

/* Sample and compare.  EW_OK when there is a result, whatever its verdict. */
ew_status ew_validate_chain(ew_validation **out, const ew_setting *net,
                            const ew_validate_options *opt, ew_context *ctx);

/* Somebody's own measurement of a cumulant, unscaled. */
typedef struct {
    char *quantity; /* the letter of c_0: "K", "V", "kappa3" */
    slong layer;    /* from 2 on */
    uint64_t width;
    double mean, se; /* se > 0, and known: as of many samples */
    slong line;      /* for messages */
} ew_measurement;

/* Put n >= 1 measurements, independent ones, through the same verdict.  Of opt count level,
 * descent, moments, order.  EW_USAGE: a quantity that is not predicted, or the same
 * measurement twice; `name` is that of the file they are from. */
ew_status ew_validate_observed(ew_validation **out, const ew_setting *net,
                               const ew_validate_options *opt, const ew_measurement *m, slong n,
                               const char *name, ew_context *ctx);
void ew_validation_free(ew_validation *v);

/* The verdict as a status: EW_OK, EW_FAILED, or EW_UNABLE, with one line that names the first
 * check concerned. */
ew_status ew_validation_status(const ew_validation *v, ew_context *ctx);

#endif
