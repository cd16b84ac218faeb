/* The functions of the activation language. */
#ifndef EW_ACTIVATION_BUILTIN_H
#define EW_ACTIVATION_BUILTIN_H

#include "activation/expr.h"

typedef struct ew_builtin ew_builtin;

/* NULL when there is none of that name (`length` bytes of name). */
const ew_builtin *ew_builtin_find(const char *name, size_t length);

/* The known name nearest in spelling (also among `vars`, which may be NULL), NULL if none is
 * near. */
const char *ew_builtin_nearest(const char *name, size_t length, const char *const *vars);

/* Apply to n arguments as written (n = 0: a bare name, applied to z).  Owns the arguments.
 * NULL with EW_USAGE (their number) or EW_DOMAIN (a parameter that is not a constant). */
ew_expr *ew_builtin_apply(const ew_builtin *b, ew_expr **arg, slong n, ew_context *ctx);

#endif
