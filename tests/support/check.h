/* What every test program shares: cmocka, a seeded generator, ball assertions. */
#ifndef EW_TESTS_CHECK_H
#define EW_TESTS_CHECK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "arith/context.h"
#include "arith/flint.h"

/* EW_TEST_MULTIPLIER (default 1) scales the number of random trials. */
slong check_trials(slong n);

/* A generator seeded from EW_TEST_SEED (default 1) and the caller's name; print the seed on failure
 * by naming it in the assertion message. */
typedef struct {
    uint64_t state;
} check_rng;
void check_rng_init(check_rng *r, const char *name);
uint64_t check_bits(check_rng *r);
slong check_range(check_rng *r, slong lo, slong hi); /* inclusive */
double check_uniform(check_rng *r);                  /* [0, 1) */

/* The three ball checks (containment, overlap, accuracy). */
/* x contains the decimal value +- 1 unit of its last printed digit, and rad(x) <= 10^-digits |x|. */
void check_ball_value(const arb_t x, const char *decimal, slong digits);
/* x and y overlap, and both have relative radius at most 2^-bits (absolute if near zero). */
void check_ball_pair(const arb_t x, const arb_t y, slong bits);

/* Assert a status and show the context's message when it differs. */
#define check_status(ctx, expr, expected)                                                          \
    do {                                                                                           \
        ew_status check_s = (expr);                                                                \
        if (check_s != (expected))                                                                 \
            fail_msg("%s: status %d (%s), expected %d", #expr, check_s, ew_context_error(ctx),     \
                     (int) (expected));                                                            \
    } while (0)
#define check_ok(ctx, expr) check_status(ctx, expr, EW_OK)

#endif
