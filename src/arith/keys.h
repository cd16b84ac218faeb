/* Numbering keys, which are strings of integers, in order of first appearance. */
#ifndef EW_ARITH_KEYS_H
#define EW_ARITH_KEYS_H

#include "arith/context.h"
#include "arith/flint.h"

typedef struct {
    slong n, room; /* keys */
    size_t *start; /* [n + 1]: key i is pool[start[i]..start[i + 1]) */
    int *pool;
    size_t pool_room;
    slong slots; /* a power of two */
    slong *slot; /* key + 1, or 0 */
} ew_keys;

/* All zero: the empty table. */
void ew_keys_clear(ew_keys *k);
/* *id of the key, added as k->n - 1 (and *fresh set) when new. */
ew_status ew_keys_add(slong *id, int *fresh, ew_keys *k, const int *key, slong length,
                      ew_context *ctx);
/* Key `id` and its length; valid until the next addition. */
const int *ew_keys_at(slong *length, const ew_keys *k, slong id);

#endif
