#include "chain/partition.h"

static void count(ew_partition *p)
{
    p->blocks = 0;
    for (slong i = 0; i < p->n; i++)
        if (p->block[i] >= p->blocks)
            p->blocks = p->block[i] + 1;
}

void ew_partition_first(ew_partition *p, slong n)
{
    p->n = n;
    for (slong i = 0; i < n; i++)
        p->block[i] = 0;
    count(p);
}

int ew_partition_next(ew_partition *p)
{
    for (slong i = p->n - 1; i > 0; i--) {
        slong most = 0;
        for (slong j = 0; j < i; j++)
            if (p->block[j] > most)
                most = p->block[j];
        if (p->block[i] <= most) {
            p->block[i]++;
            for (slong j = i + 1; j < p->n; j++)
                p->block[j] = 0;
            count(p);
            return 1;
        }
    }
    return 0;
}
