# EW_CHECK_FLINT: FLINT 3.x (Arb inside), or FLINT 2.9 with Arb 2.23 as a separate library, which
# Debian calls flint-arb and upstream arb.  Sets FLINT_LIBS, HAVE_ARB_IN_FLINT_DIR.
AC_DEFUN([EW_CHECK_FLINT], [
  AC_CHECK_HEADER([gmp.h], [], [AC_MSG_ERROR([gmp.h not found: install libgmp-dev])])
  AC_CHECK_HEADER([mpfr.h], [], [AC_MSG_ERROR([mpfr.h not found: install libmpfr-dev])])
  AC_CHECK_HEADER([flint/flint.h], [], [AC_MSG_ERROR([flint/flint.h not found: install libflint-dev])])
  AC_CHECK_HEADERS([flint/arb.h], [ew_arb_header=yes],
    [AC_CHECK_HEADERS([arb.h], [ew_arb_header=yes], [ew_arb_header=no])])
  AS_IF([test "$ew_arb_header" = no],
    [AC_MSG_ERROR([neither flint/arb.h nor arb.h found: install FLINT 3 or libflint-arb-dev])])
  ew_saved_LIBS=$LIBS
  FLINT_LIBS=
  for ew_try in "-lflint" "-lflint-arb -lflint" "-larb -lflint"; do
    AC_MSG_CHECKING([for acb_calc_integrate in $ew_try])
    LIBS="$ew_try -lmpfr -lgmp $ew_saved_LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[char acb_calc_integrate(void); char fmpq_mpoly_init(void);]],
        [[return acb_calc_integrate() + fmpq_mpoly_init();]])],
      [AC_MSG_RESULT([yes]); FLINT_LIBS="$ew_try -lmpfr -lgmp"; break],
      [AC_MSG_RESULT([no])])
  done
  LIBS=$ew_saved_LIBS
  AS_IF([test -z "$FLINT_LIBS"],
    [AC_MSG_ERROR([no FLINT with Arb to link: install FLINT 3, or libflint-dev and libflint-arb-dev])])
  AC_COMPUTE_INT([ew_flint_release], [__FLINT_RELEASE], [#include <flint/flint.h>], [ew_flint_release=0])
  AS_IF([test "$ew_flint_release" -lt 20900],
    [AC_MSG_ERROR([FLINT 2.9 or later is needed, found release $ew_flint_release])])
  ew_flint_version=`expr $ew_flint_release / 10000`.`expr $ew_flint_release / 100 % 100`
  AC_SUBST([FLINT_LIBS])
])
