/* How inner loops over doubles are compiled: vectorised, for the widest vectors of the
 * machine at hand, without contraction or reassociation, so that every variant gives the same
 * bits.  To be included before anything else: the pragma holds for the whole file.  (The
 * samplers' files are built with -fno-math-errno and -fno-trapping-math, too.  They change no
 * value: they only say that errno and the floating-point flags are not looked at.) */
#ifndef EW_ARITH_VECTOR_H
#define EW_ARITH_VECTOR_H

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")
#endif

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#if __GNUC__ >= 12
#define EW_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EW_VECTOR __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#else
#define EW_VECTOR
#endif

/* Helpers of those loops: compiled into each variant. */
#ifdef __GNUC__
#define EW_INLINE static inline __attribute__((always_inline))
#else
#define EW_INLINE static inline
#endif

#endif
