/* Several processes that run the same command with the same options and share the work where it
 * can be shared.  All of them reach the same results; rank 0 alone prints and writes.  This is
 * all that they need of each other; who provides it (MPI) is the program's business. */
#ifndef EW_ARITH_TEAM_H
#define EW_ARITH_TEAM_H

#include "arith/context.h"

struct ew_team {
    int rank, size;
    void *data;
    /* Returns when the bytes may be overwritten.  `kind` >= 0. */
    ew_status (*send)(const ew_team *team, int to, int kind, const void *bytes, size_t size,
                      ew_context *ctx);
    /* The next message, from anybody; *from = -1 if there is none yet.  Messages of one sender
     * arrive in order.  *bytes is to be freed. */
    ew_status (*receive)(int *from, int *kind, void **bytes, size_t *size, const ew_team *team,
                         ew_context *ctx);
};

/* Of this process; 0 of 1 without a team. */
int ew_team_rank(const ew_context *ctx);
int ew_team_size(const ew_context *ctx);

#endif
