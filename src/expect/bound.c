#include "expect/bound.h"

#include <math.h>

#define BITS 53

double ew_hermite_tilt(double X, double Y, slong k)
{
    /* r^(-k/2) is at most sqrt(e) there, where X and Y ask for no less */
    double lo = 0.0, hi = fmax(0.96, (double) k / (double) (k + 1));
    if (k == 0)
        return 0.0;
    /* the derivative in r of the logarithm vanishes where this increasing function is k */
    for (int i = 0; i < 20; i++) {
        double r = 0.5 * (lo + hi);
        double g = X * r / ((1 + r) * (1 + r)) + Y * r / ((1 - r) * (1 - r));
        if (g < (double) k)
            lo = r;
        else
            hi = r;
    }
    return hi;
}

/* r^(-k/2) (1 - r^2)^(-1/4) */
static void tilt_factor(arb_t f, double r, slong k)
{
    arb_t t;
    arb_init(t);
    arb_set_d(t, r);
    arb_mul(f, t, t, BITS);
    arb_sub_ui(f, f, 1, BITS);
    arb_neg(f, f);
    arb_root_ui(f, f, 4, BITS);
    if (k > 0) {
        arb_sqrt(t, t, BITS);
        arb_pow_ui(t, t, (ulong) k, BITS);
        arb_mul(f, f, t, BITS);
    }
    arb_inv(f, f, BITS);
    arb_clear(t);
}

static double tilt_factor_log2(double r, slong k)
{
    return k == 0 ? 0.0 : -0.5 * (double) k * log2(r) - 0.25 * log2(1 - r * r);
}

/* E (1 + s|g|)^p e^(q s|g|) for a standard Gaussian g.  Both signs of the exponent together are
 * 2 e^(a^2/2) times a shift of g by a = q s; then Minkowski in L^n with n even, n >= p, where
 * |g| has norm ((n-1)!!)^(1/n) <= sqrt(n - 1). */
static void growth_factor(arb_t f, const ew_majorant *m, const arb_t s)
{
    ulong n = m->p + (m->p & 1);
    arb_t t, u;
    arb_init(t);
    arb_init(u);
    arb_set_d(t, m->q);
    arb_mul(t, t, s, BITS); /* a */
    if (n > 0)
        arb_sqrt_ui(u, n - 1, BITS);
    arb_add(u, u, t, BITS);
    arb_mul(u, u, s, BITS);
    arb_add_ui(u, u, 1, BITS);
    arb_pow_ui(u, u, m->p, BITS);
    if (m->q > 0) {
        arb_mul(t, t, t, BITS);
        arb_mul_2exp_si(t, t, -1);
        arb_exp(t, t, BITS);
        arb_mul_2exp_si(t, t, 1);
        arb_mul(u, u, t, BITS);
    }
    arb_swap(f, u);
    arb_clear(t);
    arb_clear(u);
}

static double growth_factor_log2(const ew_majorant *m, double s)
{
    double n = (double) (m->p + (m->p & 1));
    double a = m->q * s;
    double b = (double) m->p * log2(1 + s * (a + (n > 0 ? sqrt(n - 1) : 0)));
    return m->q > 0 ? b + 0.5 * a * a * M_LOG2E + 1 : b;
}

void ew_bound_moment(mag_t x, const ew_majorant *m, const arb_t K)
{
    arb_t s, f;
    arb_init(s);
    arb_init(f);
    arb_sqrt(s, K, BITS);
    growth_factor(f, m, s);
    arb_get_mag(x, f);
    mag_mul(x, x, m->c);
    arb_clear(s);
    arb_clear(f);
}

double ew_bound_moment_log2(const ew_majorant *m, double K)
{
    return growth_factor_log2(m, sqrt(K));
}

static void mul_mag(arb_t x, const mag_t c)
{
    arb_t t;
    arb_init(t);
    arf_set_mag(arb_midref(t), c);
    arb_mul(x, x, t, BITS);
    arb_clear(t);
}

/* Along Im z = d the tilted weight is a Gaussian of variance K(1 + r):
 *     N = c e^(d^2/(2K(1-r))) r^(-k/2) (1-r^2)^(-1/4) sqrt(1+r) E (1+s|g|)^p e^(qs|g|),
 * s = sqrt(K(1+r)).  The error of the trapezoidal rule is the sum over the images 2 pi i/h of
 * the Fourier transform, shifted to the two edges: a geometric series. */
void ew_bound_trapezoid(mag_t err, const ew_majorant *m, slong k, double d, double h,
                        const arb_t K)
{
    double Kd = arf_get_d(arb_midref(K), ARF_RND_NEAR);
    double r = ew_hermite_tilt(0, d * d / Kd, k);
    arb_t s, t, u, v;
    arb_init(s);
    arb_init(t);
    arb_init(u);
    arb_init(v);
    arb_set_d(u, 1.0);
    arb_set_d(t, r);
    arb_add(v, u, t, BITS); /* 1 + r */
    arb_sub(u, u, t, BITS); /* 1 - r */
    arb_mul(s, K, v, BITS);
    arb_sqrt(s, s, BITS);
    growth_factor(t, m, s);
    arb_sqrt(v, v, BITS);
    arb_mul(t, t, v, BITS);
    tilt_factor(v, r, k);
    arb_mul(t, t, v, BITS);
    arb_set_d(v, d);
    arb_mul(v, v, v, BITS);
    arb_div(v, v, K, BITS);
    arb_div(v, v, u, BITS);
    arb_mul_2exp_si(v, v, -1);
    /* e^v / (e^w - 1) = e^(v - w) / (1 - e^-w),  w = 2 pi d/h */
    arb_const_pi(u, BITS);
    arb_set_d(s, d);
    arb_mul(u, u, s, BITS);
    arb_set_d(s, h);
    arb_div(u, u, s, BITS);
    arb_mul_2exp_si(u, u, 1);
    arb_sub(v, v, u, BITS);
    arb_exp(v, v, BITS);
    arb_mul(t, t, v, BITS);
    arb_neg(u, u);
    arb_expm1(u, u, BITS);
    arb_neg(u, u);
    arb_div(t, t, u, BITS);
    arb_mul_2exp_si(t, t, 1);
    mul_mag(t, m->c);
    arb_get_mag(err, t);
    arb_clear(s);
    arb_clear(t);
    arb_clear(u);
    arb_clear(v);
}

double ew_bound_trapezoid_log2(const ew_majorant *m, slong k, double d, double h, double K)
{
    double r = ew_hermite_tilt(0, d * d / K, k);
    double e = 0.5 * d * d / (K * (1 - r)) - 2 * M_PI * d / h;
    return e * M_LOG2E + 1 + tilt_factor_log2(r, k) + growth_factor_log2(m, sqrt(K * (1 + r))) +
           0.5 * log2(1 + r);
}

void ew_bound_weight(mag_t sup, slong k, double x, double y, const arb_t K)
{
    double Kd = arf_get_d(arb_midref(K), ARF_RND_NEAR);
    double r = ew_hermite_tilt(x * x / Kd, y * y / Kd, k);
    arb_t t, u, v;
    arb_init(t);
    arb_init(u);
    arb_init(v);
    arb_set_d(t, r);
    arb_add_ui(u, t, 1, BITS);
    arb_set_d(v, x);
    arb_mul(v, v, v, BITS);
    arb_div(u, v, u, BITS);
    arb_sub_ui(t, t, 1, BITS);
    arb_set_d(v, y);
    arb_mul(v, v, v, BITS);
    arb_div(v, v, t, BITS);
    arb_add(u, u, v, BITS);
    arb_div(u, u, K, BITS);
    arb_mul_2exp_si(u, u, -1);
    arb_neg(u, u);
    arb_exp(u, u, BITS);
    tilt_factor(t, r, k);
    arb_mul(u, u, t, BITS);
    arb_const_pi(v, BITS);
    arb_mul(v, v, K, BITS);
    arb_mul_2exp_si(v, v, 1);
    arb_rsqrt(v, v, BITS);
    arb_mul(u, u, v, BITS);
    arb_get_mag(sup, u);
    arb_clear(t);
    arb_clear(u);
    arb_clear(v);
}

/* b(x) = c (1+x)^p e^(qx) times the tilted weight has a decreasing logarithmic derivative, so
 * b(x) <= b(z) e^(-l (x-z)) for x >= z with l = z/(K(1+r)) - q - p/(1+z); where l > 0 the
 * integral is at most b(z)/l, and so is h (e^(-lh) + e^(-2lh) + ...) b(z). */
void ew_bound_tail(mag_t err, const ew_majorant *m, slong k, double z, const arb_t K)
{
    double Kd = arf_get_d(arb_midref(K), ARF_RND_NEAR);
    double r = ew_hermite_tilt(z * z / Kd, 0, k);
    mag_t weight;
    arb_t t, u, v;
    mag_init(weight);
    arb_init(t);
    arb_init(u);
    arb_init(v);
    arb_set_d(t, z);
    arb_set_d(u, r);
    arb_add_ui(u, u, 1, BITS);
    arb_mul(u, u, K, BITS);
    arb_div(u, t, u, BITS);
    arb_set_d(v, m->q);
    arb_sub(u, u, v, BITS);
    arb_mul(v, v, t, BITS);
    arb_exp(v, v, BITS);
    arb_add_ui(t, t, 1, BITS);
    arb_pow_ui(t, t, m->p, BITS);
    arb_mul(v, v, t, BITS);
    arb_set_d(t, z);
    arb_add_ui(t, t, 1, BITS);
    arb_inv(t, t, BITS);
    arb_submul_ui(u, t, m->p, BITS);
    if (arb_is_positive(u)) {
        arb_div(v, v, u, BITS);
        mul_mag(v, m->c);
        ew_bound_weight(weight, k, z, 0, K);
        mul_mag(v, weight);
        arb_get_mag(err, v);
    } else {
        mag_inf(err);
    }
    mag_clear(weight);
    arb_clear(t);
    arb_clear(u);
    arb_clear(v);
}

double ew_bound_tail_log2(const ew_majorant *m, slong k, double z, double K)
{
    double r = ew_hermite_tilt(z * z / K, 0, k);
    double p = (double) m->p;
    double l = z / (K * (1 + r)) - m->q - p / (1 + z);
    if (!(l > 0))
        return INFINITY;
    return p * log2(1 + z) - log2(l) - 0.5 * log2(2 * M_PI * K) +
           (m->q * z - 0.5 * z * z / (K * (1 + r))) * M_LOG2E + tilt_factor_log2(r, k);
}

double ew_bound_tail_start(const ew_majorant *m, slong k, double least, double target, double K)
{
    /* the weight alone first */
    double z = sqrt(2 * K * (target < -8 ? -target : 8) / M_LOG2E);
    for (int i = 0; i < 200; i++, z *= 1.06)
        if (ew_bound_tail_log2(m, k, z, K) <= target)
            return z < least ? least : z;
    return -1;
}
