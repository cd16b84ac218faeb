/* gnuplot as a process: a script in, a picture out. */
#ifndef EW_EMIT_GNUPLOT_H
#define EW_EMIT_GNUPLOT_H

#include <stddef.h>

#include "arith/context.h"

/* Run the script in the gnuplot that PATH finds, without the user's initialisation files;
 * *image, to free(), is what it writes to standard output.  With image NULL only success
 * counts. EW_UNABLE: not found, or an error, whose first line is passed on. */
ew_status ew_gnuplot(char **image, size_t *size, const char *script, ew_context *ctx);

#endif
