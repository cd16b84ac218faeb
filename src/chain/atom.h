/* Atoms: Gaussian expectations with their covariance derivatives unexpanded (design.md). */
#ifndef EW_CHAIN_ATOM_H
#define EW_CHAIN_ATOM_H

#include "chain/field.h"
#include "expect/expect.h"

/* <prod_a d_a^m[a] prod_i (s_a^(i))^e[a][i]>: m[a] derivatives in the preactivation z_a of
 * input a. They are read in pairs as covariance derivatives, d_a d_b = D_ab and d_a^2 = 2 D_aa,
 * with as few D_aa as possible: the *value* of an atom is D... <F>, without the powers of 2.
 * When the total number is odd, one derivative is left and acts on F itself. */
typedef struct {
    unsigned char e[EW_MAX_INPUTS][EW_JETS];
    unsigned char m[EW_MAX_INPUTS];
} ew_atom;

int ew_atom_compare(const ew_atom *x,
                    const ew_atom *y);              /* total order: by size, then simplest */
int ew_atom_trivial(const ew_atom *x, slong input); /* no s^(i) of that input */
/* The exponent of 2 in (product of d's) = 2^twos * value. */
slong ew_atom_twos(const ew_atom *x);
/* The pair (a, b), a <= b, of derivatives that the value takes next; 0 when fewer than two are
 * left; removes them from x. */
int ew_atom_take_pair(slong *a, slong *b, ew_atom *x);
/* The one derivative left when their number is odd: its input, else -1. */
slong ew_atom_odd(const ew_atom *x);
/* When one derivative is left and F = f^k f', f = s^(i), is itself a derivative, replace <F'>
 * by
 * <(f^(k+1))''>/(k+1): <(s s')'> = D<s^2>, so that kinked s needs no s''.  Returns the k + 1 to
 * divide by, 1 when nothing was done. */
slong ew_atom_lower(ew_atom *x);

/* "<s^2 s1^2>", "D^2<s^2>", "D_ab<s_a s_b>"; inputs: of the derivation.  Fresh string. */
char *ew_atom_text(const ew_atom *x, slong inputs, ew_context *ctx);
char *ew_atom_latex(const ew_atom *x, slong inputs, ew_context *ctx);

/* The atom as one of expect's, when it involves one input only (its index in *input; 0 for
 * none) and an even number of derivatives: 1, else 0. */
int ew_atom_as_one(ew_atom1 *out, slong *input, const ew_atom *x);
/* The same for the two inputs 0 (u) and 1 (v) of a derivation with two inputs. */
int ew_atom_as_two(ew_atom2 *out, const ew_atom *x);

/* The value of an atom of one input as a power series in K at K = 0, its first len coefficients,
 * exactly (theory.md section 5).  taylor[k] = s^(k)(0)/k!, k < taylors; at least ew_atom_taylors of
 * them are needed.  out must be initialised. */
void ew_atom_at_zero(fmpq_poly_t out, const ew_atom *x, const fmpq *taylor, slong taylors,
                     slong len);
slong ew_atom_taylors(const ew_atom *x, slong len);

#endif
