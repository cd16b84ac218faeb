/* How atoms are computed: what the plan of chain/evaluate.h consists of.
 *
 * A moment is <d^m F>, F a product of functions of z_a, d^m = prod_a d_a^m[a]; an atom is
 * 2^-twos of one.  For smooth s a derivative left over acts on F (Leibniz).  For kinked s jets
 * are lowered until all are functions, by G (s^(h-1))^b s^(h) = [d(G (s^(h-1))^(b+1)) - dG
 * (s^(h-1))^(b+1)] / (b + 1), and odd moments come from even ones by parts: with W_c = <d_c d^m
 * F>, sum_c K_bc W_c = <z_b d^m F> = <d^m (z_b F)> - m_b <d^(m - e_b) F>.  */
#ifndef EW_CHAIN_ATOM_PLAN_H
#define EW_CHAIN_ATOM_PLAN_H

#include "chain/evaluate.h"

/* An even moment, computed as expect's one- or two-input atom, or as a product of polynomials
 * ("many", raw moment). */
typedef struct {
    slong a, b; /* inputs; b = -1: one; a = -1: many */
    slong twos; /* moment = 2^twos * value */
    ew_atom1 one;
    ew_atom2 two;
    ew_atom many;
} ew_moment_request;

/* The odd moments W_a, W_b at one even m, from requests and nodes before it. */
typedef struct {
    ew_atom f;                     /* F and m */
    slong a, b;                    /* b = -1: one input */
    slong request[2];              /* <d^m (z_c F)>; -1: vanishes */
    slong lower[2], lower_side[2]; /* <d^(m - e_c) F>: node and which of its W; -1: none */
} ew_moment_node;

enum { EW_FROM_REQUEST, EW_FROM_NODE, EW_INFINITE, EW_TOO_MANY_INPUTS };

/* x[variable] += coef * (request index, or W of side `side` of node index). */
typedef struct {
    slong variable;
    int from;
    slong index, side;
    fmpq coef;
    char *name; /* of the atom, where it cannot be computed */
} ew_atom_row;

struct ew_atom_plan {
    const ew_activation *s;
    slong order; /* s^(i) is a function for i <= order */
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
