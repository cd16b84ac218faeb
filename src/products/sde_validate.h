/* Finite networks against their limiting SDE (theory.md section 6).
 *
 * Networks of several widths n and depths 1 + T n are sampled.  At levels p of the limiting law
 * of a statistic, with quantiles x_p, the share F_n(x_p) of samples up to x_p is fitted over
 * the widths as c_0 + c_1 e + c_2 e^2, where e = 1/n for smooth and unshaped activations and
 * n^(-1/2) for ReLU-like ones, whose expansion is in c/sqrt(n); c_0 is tested against p, at one
 * family-wise level.  The Kolmogorov-Smirnov distances of each width to the limit are reported
 * beside it: what finite networks still differ by. */
#ifndef EW_PRODUCTS_SDE_VALIDATE_H
#define EW_PRODUCTS_SDE_VALIDATE_H

#include "products/sde_network.h"
#include "products/validate.h"
#include "readings/sde/marginal.h"

#define EW_SDE_LEVELS 5
extern const double ew_sde_level[EW_SDE_LEVELS]; /* 0.05, 0.25, 0.5, 0.75, 0.95 */

/* Zero means: choose. */
typedef struct {
    double time; /* 1 */
    slong widths;
    const uint64_t *width; /* ascending; 16, 32, 64, 128 */
    uint64_t samples;      /* at every width; 10000 */
    uint64_t seed;
    double level; /* 0.01 */
    int network;  /* sample explicit weights, not the chain */
} ew_sde_validate_options;

/* The limiting law of a statistic: of a marginal, or where that does not move by itself, the
 * empirical one of as many paths. */
typedef struct {
    const char *name; /* "V11", "rho", "q" */
    ew_marginal *marginal;
    double *path; /* [paths], ascending, when marginal is NULL */
    uint64_t paths;
    double quantile[EW_SDE_LEVELS];
} ew_sde_statistic;

typedef struct {
    slong statistic;
    int level;              /* of ew_sde_level */
    double predicted;       /* p */
    double observed, se, z; /* c_0 */
    double p, adjusted;
    ew_verdict verdict;
} ew_sde_check;

typedef struct {
    double time, level;
    uint64_t samples, seed;
    slong statistics, widths, checks;
    ew_sde_statistic *statistic;
    uint64_t *width;
    slong *depth;    /* [widths] */
    double **sample; /* [statistic * widths + w]: samples, ascending; those exploded at the end,
                        infinite */
    double *distance; /* [statistic * widths + w]: Kolmogorov-Smirnov */
    double critical;  /* that distance's quantile at 0.99 for samples of the law itself */
    double *share;    /* [(statistic * widths + w) * EW_SDE_LEVELS + i]: F_n(x_p) */
    ew_sde_check *check;
    ew_verdict verdict;
} ew_sde_validation;

/* EW_OK when there is a result, whatever its verdict.  One input: its variance; two: the first
 * variance and the correlation.  EW_USAGE: fewer than EW_VALIDATE_WIDTHS widths. */
ew_status ew_sde_validate(ew_sde_validation **out, const ew_sde_model *model,
                          const ew_setting *net, const ew_sde_validate_options *opt,
                          ew_context *ctx);
void ew_sde_validation_free(ew_sde_validation *v);

/* EW_OK, or EW_FAILED with one line that names the first check concerned. */
ew_status ew_sde_validation_status(const ew_sde_validation *v, ew_context *ctx);

/* The density of the limiting law of a statistic; of paths, NaN. */
double ew_sde_statistic_density(const ew_sde_statistic *s, double x);

#endif
