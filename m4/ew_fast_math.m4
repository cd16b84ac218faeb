# EW_REFUSE_FAST_MATH: directed rounding and ball bounds are void under -ffast-math.
AC_DEFUN([EW_REFUSE_FAST_MATH], [
  AC_MSG_CHECKING([that floating-point semantics are kept])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifdef __FAST_MATH__
#error fast math
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error finite math only
#endif
]], [[]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([-ffast-math (or -ffinite-math-only) in CFLAGS would void every error bound; remove it])])
  case " $CFLAGS $CPPFLAGS " in
    *" -ffast-math "*|*" -Ofast "*|*" -funsafe-math-optimizations "*|*" -fassociative-math "*)
      AC_MSG_ERROR([-ffast-math and its parts in CFLAGS would void every error bound; remove them]) ;;
  esac
])
