/* Making an equation: state, then constants, then atoms, then the polynomials. */
#ifndef EW_READINGS_SDE_BUILD_H
#define EW_READINGS_SDE_BUILD_H

#include "readings/sde/sde.h"

/* An equation of n state entries without names; inputs and fields are the caller's to set. */
ew_status ew_sde_new(ew_sde **out, ew_sde_state state, ew_clock clock, slong n,
                     ew_context *ctx);
/* Name state entry i; both texts are copied. */
ew_status ew_sde_name(ew_sde *sde, slong i, const char *name, const char *latex,
                      ew_context *ctx);
/* Add a constant; texts are copied, value.e gets a reference of its own, and value.data, of
 * `size` bytes of plain data, are copied. */
ew_status ew_sde_add_constant(ew_sde *sde, const char *name, const char *latex,
                              const char *meaning, ew_scalar value, size_t size, int inverse,
                              ew_context *ctx);
/* Add a number that the derivation works with; owns e (NULL: recorded). */
ew_status ew_sde_add_internal(slong *variable, ew_sde *sde, const char *name, ew_expr *e,
                              ew_context *ctx);
/* Take the internal numbers out of drift and diffusion by polynomial relations between
 * constants, whose leading terms (the first variables first) must tell which of two numbers
 * goes. EW_UNABLE: one of them is left. */
ew_status ew_sde_eliminate(ew_sde *sde, const fmpq_mpoly_struct *relation, slong n,
                           ew_context *ctx);
/* f += num/den * product of variables v[0..n). */
void ew_sde_add_term(fmpq_mpoly_t f, slong num, ulong den, const slong *v, slong n,
                     const ew_sde *sde);
/* Add a constant of another equation. */
ew_status ew_sde_copy_constant(ew_sde *sde, const ew_sde_constant *c, ew_context *ctx);
/* Add an atom when it is not there; *variable is its variable.  After the constants. */
ew_status ew_sde_add_atom(slong *variable, ew_sde *sde, ew_sde_function f, slong x, slong y,
                          slong z, ew_context *ctx);
/* The same for an expectation, whose variances and covariance are x, y, z. */
ew_status ew_sde_add_moment(slong *variable, ew_sde *sde, const ew_atom *moment, slong x,
                            slong y, slong z, ew_context *ctx);
/* Open the ring; drift and diffusion are zero. */
ew_status ew_sde_open(ew_sde *sde, ew_context *ctx);
/* The polynomials are there: evaluate the constants, see what is special, compile. */
ew_status ew_sde_finish(ew_sde *sde, ew_context *ctx);

/* x = the variable v, a power of it, or 1 for EW_SDE_ONE. */
void ew_sde_variable(fmpq_mpoly_t x, const ew_sde *sde, slong v);

/* Compile drift and diffusion for doubles; free the programs. */
ew_status ew_sde_compile(ew_sde *sde, ew_context *ctx);
void ew_sde_programs_free(ew_sde *sde);

#endif
