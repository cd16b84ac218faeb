/* PDLT's letters for coefficients of joint cumulants (theory.md section 5). */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_NAMES_H
#define EW_READINGS_CUMULANT_HIERARCHY_NAMES_H

#include "chain/field.h"

/* A letter names the leading coefficient of a joint cumulant of one input's fields; G and H
 * name the corrections to a mean, and take the order as a number: G1, G2, ... */
typedef struct {
    const char *letter, *of;
    slong order; /* of the leading coefficient; -1: the order is part of the name */
    int descent; /* 0 preactivations, 1 NTK, 2 dNTK, 3 ddNTK */
} ew_letter;

/* The table, ended by a NULL letter. */
const ew_letter *ew_letters(void);

/* "K", "Theta", "V", ..., or "k[a.a,a1.a1]_2" where there is no letter.  Fresh string. */
char *ew_cumulant_letter(const ew_fields *f, const ew_pairs *list, slong order,
                         ew_context *ctx);
/* 1 for a letter ("V", "G2"), 0 for the generic form. */
int ew_cumulant_is_letter(const char *name);

/* As the equations print it: the letter; "V_2" for the coefficient of n^-2 of what V leads;
 * "kappa3", "kappa3_3" for cumulants of Ghat_zz; else the generic form.  Fresh string. */
char *ew_cumulant_symbol(const ew_fields *f, const ew_pairs *list, slong order,
                         ew_context *ctx);
char *ew_cumulant_symbol_latex(const ew_fields *f, const ew_pairs *list, slong order,
                               ew_context *ctx);

/* "a.a12" as "aa_{12}".  Fresh string. */
char *ew_pair_latex(const ew_fields *f, slong pair, ew_context *ctx);

/* Read a list of pair names separated by commas; 0 if one of them is not in f. */
int ew_pairs_read(ew_pairs *list, const ew_fields *f, const char *text);

#endif
