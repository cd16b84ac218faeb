/* The only file that includes FLINT and Arb headers: version differences end here. */
#ifndef EW_ARITH_FLINT_H
#define EW_ARITH_FLINT_H

/* gcc takes the address of the first member of a FLINT struct, which is that of the struct, for a
 * smaller object once the accessors are inlined: false alarms only. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

#include <flint/flint.h>
#include <flint/fmpz.h>
#include <flint/fmpz_vec.h>
#include <flint/fmpz_poly.h>
#include <flint/fmpz_poly_factor.h>
#include <flint/fmpq.h>
#include <flint/fmpq_mat.h>
#include <flint/fmpq_poly.h>
#include <flint/fmpq_vec.h>
#include <flint/fmpq_mpoly.h>
#include <flint/fmpq_mpoly_factor.h>
#include <flint/ulong_extras.h>

#ifdef HAVE_FLINT_ARB_H
#include <flint/mag.h>
#include <flint/arf.h>
#include <flint/arb.h>
#include <flint/acb.h>
#include <flint/arb_mat.h>
#include <flint/arb_poly.h>
#include <flint/acb_poly.h>
#include <flint/arb_hypgeom.h>
#include <flint/acb_hypgeom.h>
#include <flint/acb_calc.h>
#else
#include <mag.h>
#include <arf.h>
#include <arb.h>
#include <acb.h>
#include <arb_mat.h>
#include <arb_poly.h>
#include <acb_poly.h>
#include <arb_hypgeom.h>
#include <acb_hypgeom.h>
#include <acb_calc.h>
#endif

#endif
