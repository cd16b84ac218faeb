/* How atoms are computed: what the plan of chain/evaluate.h consists of.
 *
 * A moment is <d^m F>, F a product of functions of z_a, d^m = prod_a d_a^m[a]; an atom is
 * 2^-twos of one.  For smooth s a derivative left over acts on F (Leibniz).  For kinked s jets
 * are lowered until all are functions, by G (s^(h-1))^b s^(h) = [d(G (s^(h-1))^(b+1)) - dG
 * (s^(h-1))^(b+1)] / (b + 1), and moments of odd order, or of more derivatives of two inputs
 * than are functions, come from ones of lower order by parts: with W_c = <d_c d^m F>, sum_c
 * K_bc W_c = <z_b d^m F> = <d^m (z_b F)> - m_b <d^(m - e_b) F>.  */
#ifndef EW_CHAIN_ATOM_PLAN_H
#define EW_CHAIN_ATOM_PLAN_H

#include "chain/evaluate.h"

/* An even moment, computed as expect's one- or two-input atom, or, over more inputs, as a
 * product of polynomials or of smooth functions ("many", raw moment). */
typedef struct {
    slong a, b; /* inputs; b = -1: one; a = -1: many */
    slong twos; /* moment = 2^twos * value */
    ew_atom1 one;
    ew_atom2 two;
    ew_atom many;
} ew_moment_request;

/* <d^m prod z_a^z[a] F>; F and m as an atom's. */
typedef struct {
    ew_atom f;
    unsigned char z[EW_MAX_INPUTS];
} ew_moment;

/* Where a moment comes from: a request, or W_a (side 0) or W_b (1) of a node. */
enum { EW_FROM_NOTHING, EW_FROM_REQUEST, EW_FROM_NODE, EW_INFINITE, EW_TOO_MANY_INPUTS };
typedef struct {
    int from;
    slong index, side;
} ew_moment_source;

/* The moments W_a, W_b at one m, from requests and from nodes before it. */
typedef struct {
    ew_moment at;
    slong a, b;               /* b = -1: one input */
    ew_moment_source plus[2]; /* <d^m (z_c F)> for c = a, b */
    ew_moment_source less[2]; /* <d^(m - e_c) F> */
} ew_moment_node;

/* x[variable] += coef * source. */
typedef struct {
    slong variable;
    ew_moment_source source;
    fmpq coef;
    char *name; /* of the atom, where it cannot be computed */
} ew_atom_row;

struct ew_atom_plan {
    const ew_activation *s;
    slong order;  /* s^(i) is a function for i <= order */
    slong masses; /* further derivatives of a product that expect takes: point masses at 0 */
    slong inputs;
    slong variables, *variable; /* every atom of the plan; those without a row are 0 */
    slong requests, request_room;
    ew_moment_request *request;
    slong nodes, node_room;
    ew_moment_node *node;
    slong rows, row_room;
    ew_atom_row *row;
};

/* What a set of atoms calls for. */
typedef struct {
    char *row, *request, *node;
} ew_atom_marks;

/* needed: NULL for all. */
ew_status ew_atom_marks_set(ew_atom_marks *marks, const ew_atom_plan *plan, const char *needed,
                            ew_context *ctx);
void ew_atom_marks_clear(ew_atom_marks *marks);

#endif
