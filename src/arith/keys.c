#include "arith/keys.h"

#include <stdlib.h>
#include <string.h>

void ew_keys_clear(ew_keys *k)
{
    free(k->start);
    free(k->pool);
    free(k->slot);
    memset(k, 0, sizeof *k);
}

/* FNV-1a over the entries, its high bits folded in. */
static size_t hash(const int *key, slong length)
{
    unsigned long long h = 14695981039346656037ULL;
    for (slong i = 0; i < length; i++)
        h = (h ^ (unsigned int) key[i]) * 1099511628211ULL;
    return (size_t) (h ^ h >> 29);
}

const int *ew_keys_at(slong *length, const ew_keys *k, slong id)
{
    *length = (slong) (k->start[id + 1] - k->start[id]);
    return k->pool + k->start[id];
}

/* The slot of the key, or the free one it would take. */
static slong find_slot(const ew_keys *k, const int *key, slong length)
{
    size_t mask = (size_t) k->slots - 1;
    for (size_t s = hash(key, length) & mask;; s = (s + 1) & mask) {
        slong n;
        if (!k->slot[s])
            return (slong) s;
        const int *own = ew_keys_at(&n, k, k->slot[s] - 1);
        if (n == length && memcmp(own, key, (size_t) n * sizeof *key) == 0)
            return (slong) s;
    }
}

static ew_status grow_slots(ew_keys *k, ew_context *ctx)
{
    slong slots = k->slots ? 2 * k->slots : 64;
    slong *slot = ew_alloc_zero((size_t) slots, sizeof *slot, ctx);
    if (!slot)
        return EW_MEMORY;
    free(k->slot);
    k->slot = slot;
    k->slots = slots;
    for (slong i = 0; i < k->n; i++) {
        slong n;
        const int *key = ew_keys_at(&n, k, i);
        k->slot[find_slot(k, key, n)] = i + 1;
    }
    return EW_OK;
}

static ew_status grow(ew_keys *k, size_t length, ew_context *ctx)
{
    if (k->n == k->room) {
        slong room = k->room ? 2 * k->room : 64;
        size_t *start = ew_realloc(k->start, ((size_t) room + 1) * sizeof *start, ctx);
        if (!start)
            return EW_MEMORY;
        start[0] = 0;
        k->start = start;
        k->room = room;
    }
    if (!k->pool || k->start[k->n] + length > k->pool_room) {
        size_t room = 2 * k->pool_room + length + 256;
        int *pool = ew_realloc(k->pool, room * sizeof *pool, ctx);
        if (!pool)
            return EW_MEMORY;
        k->pool = pool;
        k->pool_room = room;
    }
    return 2 * k->n < k->slots ? EW_OK : grow_slots(k, ctx);
}

ew_status ew_keys_add(slong *id, int *fresh, ew_keys *k, const int *key, slong length,
                      ew_context *ctx)
{
    ew_status status = grow(k, (size_t) length, ctx);
    if (status != EW_OK)
        return status;
    slong s = find_slot(k, key, length);
    *fresh = !k->slot[s];
    if (*fresh) {
        size_t at = k->start[k->n];
        memcpy(k->pool + at, key, (size_t) length * sizeof *key);
        k->start[++k->n] = at + (size_t) length;
        k->slot[s] = k->n;
    }
    *id = k->slot[s] - 1;
    return EW_OK;
}
