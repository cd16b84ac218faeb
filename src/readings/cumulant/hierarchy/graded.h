/* Polynomials in the unknowns of order 1 and higher, graded by their power of eps = 1/n:
 * unknown (list, j) stands for the coefficient of eps^j. */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_GRADED_H
#define EW_READINGS_CUMULANT_HIERARCHY_GRADED_H

#include "readings/cumulant/hierarchy/hierarchy.h"

typedef struct {
    fmpz c;
    short grade, n;
    short v[EW_MAX_ORDER]; /* unknowns, ascending, one entry a power */
} ew_graded_term;

/* Terms ascending by monomial, none twice, none zero.  All zero: the polynomial 0. */
typedef struct {
    slong n, room;
    ew_graded_term *t;
} ew_graded;

void ew_graded_clear(ew_graded *f);
/* f += c, f += v: to be followed by ew_graded_collect. */
ew_status ew_graded_add_constant(ew_graded *f, slong c, ew_context *ctx);
ew_status ew_graded_add_unknown(ew_graded *f, slong unknown, slong grade, ew_context *ctx);
/* f += w g h up to eps^most: to be followed by ew_graded_collect.  f is neither g nor h. */
ew_status ew_graded_add_product(ew_graded *f, const fmpz_t w, const ew_graded *g,
                                const ew_graded *h, slong most, ew_context *ctx);
/* Bring appended terms together. */
void ew_graded_collect(ew_graded *f);

#endif
