/* Formulas as the papers print them, read into a law's ring. */
#ifndef EW_TESTS_CHAIN_FORMULA_H
#define EW_TESTS_CHAIN_FORMULA_H

#include "chain/law.h"

/* text: a polynomial in the law's variable names and in the abbreviations names[i] = values[i]
 * (NULL-terminated lists, expanded first, later ones may use earlier ones). */
void formula_read(fmpq_mpoly_t out, const char *text, const char *const *names,
                  const char *const *values, const ew_law *law);
/* Fail with both polynomials printed unless f is the formula. */
void formula_check(const fmpq_mpoly_t f, const char *text, const char *const *names,
                   const char *const *values, const ew_law *law);

#endif
