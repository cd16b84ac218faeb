/* The certified predictions that validate compares with, as doubles. */
#ifndef EW_PRODUCTS_FORECAST_H
#define EW_PRODUCTS_FORECAST_H

#include "products/validate.h"

/* The most coefficients of one series: a mean's at order 6, and the next. */
#define EW_FORECAST_TERMS EW_VALIDATE_TERMS

/* Joint cumulant q of Ghat's entries: c_0 + c_1/n + ... is n^(k-1) times that of k entries. One
 * order more than asked is derived where that is cheap: it says what the others leave out. */
typedef struct {
    slong layers, quantities;
    slong *of_n;   /* [q] */
    char ***of;    /* [q][i]: "a.a", "a1.a1" */
    char **letter; /* [q * 2 + k]: name of c_k: "K", "G1", "V", ... */
    int *neurons;  /* [q]: a kappa_2k of preactivations, like a cumulant of k entries: of[q][0]
                      is its name "z1a,z1a,z2b,z2b", the other entries are empty */
    int *given;    /* [q]: how many c_k are predicted, from 1 on */
    int *known;    /* [q]: how many are known, given or one more */
    double *c;     /* [((l - 1) * quantities + q) * EW_FORECAST_TERMS + k] */
} ew_forecast;

/* Of opt: order, descent, moments, preactivations.  Order 0: the second where the engine has
 * it, else the first; the third moment needs the second.  EW_USAGE for an order too low for the
 * moments. */
ew_status ew_forecast_new(ew_forecast **out, const ew_setting *net,
                          const ew_validate_options *opt, ew_context *ctx);
void ew_forecast_free(ew_forecast *f);

/* c_0, c_1, ... of a quantity: known[quantity] of them. */
const double *ew_forecast_at(const ew_forecast *f, slong layer, slong quantity);
/* The quantity whose c_0 has this letter, or -1. */
slong ew_forecast_letter(const ew_forecast *f, const char *letter);

#endif
