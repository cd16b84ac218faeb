/* The latest answers of ew_expect_two.  Among m inputs many pairs have the same covariance, or
 * one that differs in the order of the variables or, where the functions have parities, in the
 * sign: <f(u) g(v)> at -kab is <f(u) g(-v)> at kab.  The answers are functions of the balls
 * and the precision alone, so which of them is found changes no digit. */
#ifndef EW_EXPECT_MEMO_H
#define EW_EXPECT_MEMO_H

#include "expect/evaluator.h"

typedef struct {
    const ew_activation *s;
    const ew_atom2 *atoms;
    slong n;
    arb_srcptr kaa, kab, kbb;
    slong prec;
} ew_question;

typedef struct ew_memo ew_memo;

/* NULL: none are kept. */
void ew_memo_free(ew_memo *M);

/* Sets all that the answer comprises, scales and `used` too, and returns 1; else 0. */
int ew_memo_find(arb_ptr values, mag_ptr scales, const char **used, const ew_memo *M,
                 const ew_question *q);

/* Keeps a copy, perhaps in the place of another.  *M may be NULL at first. */
ew_status ew_memo_keep(ew_memo **M, const ew_question *q, arb_srcptr values, mag_srcptr scales,
                       const char *used, ew_context *ctx);

#endif
