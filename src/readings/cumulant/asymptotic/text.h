/* Expansions as text and LaTeX; internal to the asymptotics. */
#ifndef EW_READINGS_CUMULANT_ASYMPTOTIC_TEXT_H
#define EW_READINGS_CUMULANT_ASYMPTOTIC_TEXT_H

#include "readings/cumulant/asymptotic/asymptotic.h"
#include "readings/cumulant/asymptotic/series.h"

/* The names of a ring's variables; entry EW_LN is not used.  Inverses have the name of what
 * they are the inverse of. */
typedef struct {
    char **text, **latex;
    char *inverse; /* [v]: is one */
} ew_symbols;

/* "-2/3"; fresh string. */
char *ew_asymptotic_rational(const fmpq_t x, int latex, ew_context *ctx);

/* c (not zero) as "2/3", "-5/12*c", "(2/3*c + 1/4)"; fresh string, NULL (recorded). */
char *ew_asymptotic_coefficient(const fmpq_mpoly_t c, int latex, const ew_symbols *names,
                                const ew_logring *R);

/* Append a term whose coefficient is c x^q (ln x)^log. */
ew_status ew_asymptotic_push(ew_asymptotic_sum *sum, const fmpq_t q, slong log,
                             const fmpq_mpoly_t c, const ew_symbols *names, const ew_logring *R,
                             ew_context *ctx);

/* All terms of x with exponents below `end`, and the error: the first term after them.  In l
 * (variable 'l') x is a series in 1/l. */
ew_status ew_asymptotic_terms(ew_asymptotic_sum *sum, const ew_logseries *x, const fmpq_t end,
                              char variable, const ew_symbols *names, const ew_logring *R,
                              ew_context *ctx);

/* Set sum->text and sum->latex from its terms and error. */
ew_status ew_asymptotic_assemble(ew_asymptotic_sum *sum, char variable, ew_context *ctx);
/* The first term alone; fresh string. */
char *ew_asymptotic_leading(const ew_asymptotic_sum *sum, char variable, int latex,
                            ew_context *ctx);

void ew_asymptotic_sum_clear(ew_asymptotic_sum *sum);

#endif
