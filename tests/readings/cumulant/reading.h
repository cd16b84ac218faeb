/* Printed equations read back as polynomials. */
#ifndef EW_TESTS_READINGS_READING_H
#define EW_TESTS_READINGS_READING_H

#include "chain/formula.h"
#include "readings/cumulant/equations/equations.h"
#include "readings/cumulant/equations/formula.h"

/* One hierarchy, and the ring its equations are printed in. */
typedef struct {
    ew_hierarchy *h;
    ew_formula_ring *ring;
} reading;

void reading_open(reading *r, slong order, slong inputs, int descent, slong directions);
void reading_close(reading *r);

/* A printed right-hand side, views included, in r's ring. */
void reading_text(fmpq_mpoly_t out, const char *text, const reading *r);
/* The right-hand side of LaTeX rows "X' &= ..."; breaks and spacing are skipped. */
void reading_latex(fmpq_mpoly_t out, const char *latex, const reading *r);

/* The unknown that is printed by that symbol, fails if there is none. */
slong reading_unknown(const reading *r, const char *symbol);

#endif
