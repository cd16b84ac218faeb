#include "support/check.h"

#include <stdlib.h>
#include <string.h>

slong check_trials(slong n)
{
    const char *m = getenv("EW_TEST_MULTIPLIER");
    double factor = m ? atof(m) : 1.0;
    double t = factor * (double) n;
    return t < 1 ? 1 : (slong) t;
}

void check_rng_init(check_rng *r, const char *name)
{
    const char *s = getenv("EW_TEST_SEED");
    uint64_t h = s ? strtoull(s, NULL, 10) : 1;
    for (; *name; name++)
        h = (h ^ (unsigned char) *name) * 0x100000001b3u;
    r->state = h;
}

/* splitmix64 */
uint64_t check_bits(check_rng *r)
{
    uint64_t x = (r->state += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

slong check_range(check_rng *r, slong lo, slong hi)
{
    return lo + (slong) (check_bits(r) % (uint64_t) (hi - lo + 1));
}

double check_uniform(check_rng *r)
{
    return (double) (check_bits(r) >> 11) * 0x1p-53;
}

static slong decimal_places(const char *text)
{
    const char *e = strpbrk(text, "eE");
    const char *dot = strchr(text, '.');
    size_t end = e ? (size_t) (e - text) : strlen(text);
    slong places = dot ? (slong) (end - (size_t) (dot - text)) - 1 : 0;
    return places - (e ? atol(e + 1) : 0);
}

void check_ball_value(const arb_t x, const char *decimal, slong digits)
{
    arb_t v, unit;
    mag_t bound;
    arb_init(v);
    arb_init(unit);
    mag_init(bound);
    slong prec = 64 + 4 * (slong) strlen(decimal);
    assert_int_equal(arb_set_str(v, decimal, prec), 0);
    arb_set_ui(unit, 10);
    fmpz_t e;
    fmpz_init_set_si(e, -decimal_places(decimal));
    arb_pow_fmpz(unit, unit, e, 64);
    fmpz_clear(e);
    arb_add_error(v, unit);
    if (!arb_overlaps(x, v)) {
        char *s = arb_get_str(x, 30, 0);
        fail_msg("%s does not agree with %s", s, decimal);
    }
    arb_get_mag(bound, v);
    arb_set_ui(unit, 10);
    arb_pow_ui(unit, unit, (ulong) digits, 64);
    arb_inv(unit, unit, 64);
    arb_mul_arf(unit, unit, arb_midref(v), 64);
    arb_abs(unit, unit);
    arb_get_mag(bound, unit);
    if (mag_cmp(arb_radref(x), bound) > 0) {
        char *s = arb_get_str(x, 30, 0);
        fail_msg("%s is less accurate than %ld digits", s, (long) digits);
    }
    arb_clear(v);
    arb_clear(unit);
    mag_clear(bound);
}

void check_ball_pair(const arb_t x, const arb_t y, slong bits)
{
    char *s = arb_get_str(x, 30, 0), *t = arb_get_str(y, 30, 0);
    if (!arb_overlaps(x, y))
        fail_msg("%s and %s do not overlap", s, t);
    if (arb_rel_accuracy_bits(x) < bits || arb_rel_accuracy_bits(y) < bits)
        fail_msg("%s or %s has fewer than %ld bits", s, t, (long) bits);
    flint_free(s);
    flint_free(t);
}
