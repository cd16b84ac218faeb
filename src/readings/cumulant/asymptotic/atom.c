/* Atoms in the small variable of the expansions, k = -a_1 K. */
#include "readings/cumulant/asymptotic/solve.h"

slong ew_asymptotic_taylors(const ew_hierarchy *h, slong len)
{
    slong most = 0;
    for (slong i = 0; i < h->law->atoms; i++)
        most = FLINT_MAX(most, ew_atom_taylors(&h->law->atom[i], len));
    return most;
}

void ew_asymptotic_atom(fmpq_poly_t out, const ew_atom *x, const ew_asymptotic_solver *s)
{
    fmpq_t scale;
    fmpq_init(scale);
    fmpq_inv(scale, s->a1);
    fmpq_neg(scale, scale);
    ew_atom_at_zero(out, x, s->taylor, s->taylors, s->len);
    fmpq_poly_rescale(out, out, scale);
    fmpq_clear(scale);
}
