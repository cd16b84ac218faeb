/* `kernel --double`: kernels of data sets in double precision. */
#ifndef EW_LIBRARY_KERNEL_DATA_H
#define EW_LIBRARY_KERNEL_DATA_H

#include "library/command.h"

ew_status ew_kernel_data(ew_result **res, const ew_network *net, ew_context *ctx);

#endif
