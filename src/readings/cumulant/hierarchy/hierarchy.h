/* The layer recursion of all cumulants of Ghat to a given order in 1/n, derived from the
 * transition law (theory.md section 5): law of total cumulance, Taylor expansion about infinite
 * width, cumulants of products, truncation. */
#ifndef EW_READINGS_CUMULANT_HIERARCHY_H
#define EW_READINGS_CUMULANT_HIERARCHY_H

#include "chain/evaluate.h"
#include "chain/law.h"

#define EW_MAX_ORDER 16 /* by structure; memory ends it earlier */
#define EW_MAX_UNKNOWNS 30000
#define EW_DERIVATION_BYTES 4e9 /* of the polynomials of a recursion */

/* The coefficient of n^-order in a joint cumulant. */
typedef struct {
    ew_pairs list; /* canonical, no odd tangent */
    slong order;
    char *name; /* "K", "V", ..., else "k[a.a,a1.a1]_2" */
} ew_unknown;

/* Unknown i is variable law->extra + i of the law's ring.  Unknowns are sorted by list, then
 * order.  Of residual blocks they are those of H = h.h/n. */
typedef struct {
    slong order;
    ew_ensemble ensemble;
    ew_fields *fields;
    ew_law *law;
    slong unknowns;
    ew_unknown *unknown;
    fmpq_mpoly_struct *next; /* [unknowns]: the coefficient in the next layer */
} ew_hierarchy;

/* What a derivation is about: one network's fields and the statistics wanted of them. */
typedef struct {
    slong order;      /* M >= 1 */
    slong inputs;     /* >= 1 */
    int descent;      /* 0: preactivations; 1: and the NTK; 2: and the dNTK (P, Q); 3: and the
                         ddNTKs (R, S, T, U) */
    slong directions; /* input derivatives along this many directions */
    ew_ensemble ensemble;
} ew_family;

/* Fields: preactivations; with the NTK, first derivatives along order + 1 tangents; with the
 * dNTK and ddNTKs, derivatives along {1,2} and {1,2,3} and their subsets; every direction by
 * itself and, with the NTK, together with each tangent.
 *
 * Unknowns: all joint cumulants of at most order + 1 entries of Ghat in which every tangent
 * occurs twice or not at all, and whose derivatives of second or third order are those of one
 * dNTK (z_12, z_1, z_2) or one ddNTK (z_123, z_1, z_2, z_3 or z_13, z_23, z_1, z_2), or of what
 * the recursion makes of them.  EW_USAGE: outside the ranges above.  EW_UNABLE: too large; says
 * how large. */
ew_status ew_hierarchy_family(ew_hierarchy **out, const ew_family *family, ew_context *ctx);

/* The same for any set of fields, with Gaussian weights: all joint cumulants of at most order +
 * 1 entries in which every tangent occurs twice or not at all. */
ew_status ew_hierarchy_new(ew_hierarchy **out, slong order, slong inputs,
                           const ew_generator *kind, slong generators, const ulong *set,
                           slong sets, ew_context *ctx);
void ew_hierarchy_free(ew_hierarchy *h);

/* The covariance of inputs a and b at which the atoms of the recursion stand, in its unknowns:
 * K_ab, or what the inner layer of a residual block makes of it. */
ew_status ew_hierarchy_argument(fmpq_mpoly_t out, const ew_hierarchy *h, slong a, slong b,
                                ew_context *ctx);

/* All of them as one program, m x m values by rows, for the inner layer of residual blocks; *out
 * NULL (EW_OK) for other networks, whose atoms stand at the unknowns K_ab themselves. */
ew_status ew_hierarchy_argument_program(ew_poly_program **out, const ew_hierarchy *h,
                                        ew_context *ctx);

/* The unknown of a list (any order of its entries and tangents) and order, or -1: it vanishes.
 */
slong ew_hierarchy_find(const ew_hierarchy *h, const ew_pairs *list, slong order);

#endif
