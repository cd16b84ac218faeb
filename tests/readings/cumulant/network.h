/* Networks given by their options, solved, and their coefficients looked up by name. */
#ifndef EW_TESTS_CUMULANT_NETWORK_H
#define EW_TESTS_CUMULANT_NETWORK_H

#include "library/setup.h"
#include "readings/cumulant/solve/cumulant.h"
#include "support/check.h"

typedef struct {
    ew_context *ctx;
    ew_network *net;
    ew_setup *setup;
    ew_cumulant_table *t;
} solved;

typedef struct {
    const char *of;
    slong order;
    const char *value;
} expected;

/* options: name, value, ..., NULL; a flag has the value "". */
void open_network(solved *s, const char *const *options);
void close_network(solved *s);
ew_status try_solve(solved *s, slong order, int descent);

/* of: "a.a,a.b"; layers from t->first on. */
slong term_of(const ew_cumulant_table *t, const char *of);
const ew_certified *coefficient(const solved *s, const char *of, slong order, slong layer);
/* The coefficient of n^-order in a joint cumulant of preactivations; of: "1a1a2b2b". */
const ew_certified *statistic(const solved *s, const char *of, slong order, slong layer);

/* Within 10^-digits of a decimal. */
void check_near(const ew_certified *c, const char *value, slong digits, const char *what);
void check_exact(const solved *s, const expected *e, slong layer);
void check_decimals(const solved *s, const expected *e, slong layer, slong digits);

#endif
