/* PDLT's letters for coefficients of joint cumulants (theory.md section 5). */
#ifndef EW_READINGS_CUMULANT_NAMES_H
#define EW_READINGS_CUMULANT_NAMES_H

#include "chain/field.h"

/* "K", "Theta", "V", ..., or "k[a.a,a1.a1]_2" where there is no letter.  Fresh string. */
char *ew_cumulant_letter(const ew_fields *f, const ew_pairs *list, slong order,
                         ew_context *ctx);
/* 1 for a letter ("V", "G2"), 0 for the generic form. */
int ew_cumulant_is_letter(const char *name);
/* The letter in LaTeX. */
char *ew_cumulant_letter_latex(const char *name, ew_context *ctx);

/* Read a list of pair names separated by commas; 0 if one of them is not in f. */
int ew_pairs_read(ew_pairs *list, const ew_fields *f, const char *text);

#endif
