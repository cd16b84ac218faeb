/* Polynomials as text and as LaTeX. */
#ifndef EW_READINGS_CUMULANT_EQUATIONS_PRINT_H
#define EW_READINGS_CUMULANT_EQUATIONS_PRINT_H

#include "readings/cumulant/equations/layout.h"
#include "readings/cumulant/equations/writer.h"

/* "C_W^2*r*(<s^4> - <s^2>^2) + ...", readable back as a polynomial in the symbols.  Fresh
 * string, NULL on failure (recorded).  own: as for ew_layout_new. */
char *ew_print_text(const fmpq_mpoly_t f, const ew_symbols *s, slong own, ew_context *ctx);

/* "LHS &= ... \\ &\quad + ...": rows of an align* environment that fit a landscape page. */
char *ew_print_latex(const char *lhs, const fmpq_mpoly_t f, const ew_symbols *s, slong own,
                     ew_context *ctx);

/* scale * monomial, 1 written only when nothing else is; latex chooses the form. */
char *ew_print_monomial(const fmpq_t scale, const ulong *exp, const ew_symbols *s, int latex,
                        ew_context *ctx);

/* Rows of an align* environment being filled. */
typedef struct {
    ew_writer out;
    double used; /* of the last row, in points */
} ew_latex_rows;

/* "LHS &= " */
void ew_latex_rows_open(ew_latex_rows *r, const char *lhs, ew_context *ctx);
/* A piece that stays in one row, freed; NULL is a failure.  It begins with its sign unless it
 * is the first, so that a row may begin with it, after the indent. */
void ew_latex_rows_put(ew_latex_rows *r, int first, char *piece, const char *indent);

#endif
