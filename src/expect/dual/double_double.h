/* Numbers carried as unevaluated sums of two doubles, for inner loops.  Include arith/vector.h
 * first.  Relative errors, u = 2^-53: a sum or difference 3 u^2, a product 7 u^2, a product
 * with a double 3 u^2 (Joldes, Muller, Popescu, Tight and rigorous error bounds for basic
 * building blocks of double-word arithmetic, 2017). */
#ifndef EW_EXPECT_DUAL_DOUBLE_DOUBLE_H
#define EW_EXPECT_DUAL_DOUBLE_DOUBLE_H

#include <math.h>

typedef struct {
    double h, l;
} ew_dd;

/* a + b exactly. */
EW_INLINE ew_dd ew_dd_sum(double a, double b)
{
    double s = a + b, t = s - a;
    return (ew_dd){s, (a - (s - t)) + (b - t)};
}

/* The same where a is not the smaller one. */
EW_INLINE ew_dd ew_dd_fast_sum(double a, double b)
{
    double s = a + b;
    return (ew_dd){s, b - (s - a)};
}

/* a b exactly. */
EW_INLINE ew_dd ew_dd_product(double a, double b)
{
    double p = a * b;
    return (ew_dd){p, fma(a, b, -p)};
}

EW_INLINE ew_dd ew_dd_sub(ew_dd a, ew_dd b)
{
    ew_dd s = ew_dd_sum(a.h, -b.h), t = ew_dd_sum(a.l, -b.l);
    s = ew_dd_fast_sum(s.h, s.l + t.h);
    return ew_dd_fast_sum(s.h, s.l + t.l);
}

EW_INLINE ew_dd ew_dd_mul(ew_dd a, ew_dd b)
{
    ew_dd p = ew_dd_product(a.h, b.h);
    return ew_dd_fast_sum(p.h, p.l + (a.h * b.l + a.l * b.h));
}

EW_INLINE ew_dd ew_dd_mul_d(ew_dd a, double b)
{
    ew_dd p = ew_dd_product(a.h, b);
    return ew_dd_fast_sum(p.h, p.l + a.l * b);
}

#endif
