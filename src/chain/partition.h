/* Set partitions, by restricted growth strings. */
#ifndef EW_CHAIN_PARTITION_H
#define EW_CHAIN_PARTITION_H

#include "arith/flint.h"

#define EW_MAX_PARTITION 32

/* The partition of {0..n-1} that puts element i into block[i]; blocks are numbered in order of
 * their least elements. */
typedef struct {
    slong n, blocks;
    slong block[EW_MAX_PARTITION];
} ew_partition;

/* One block (none when n = 0). */
void ew_partition_first(ew_partition *p, slong n);
/* The next partition; 0 when there is none. */
int ew_partition_next(ew_partition *p);

#endif
