#include "arith/team.h"

int ew_team_rank(const ew_context *ctx)
{
    return ctx && ctx->team ? ctx->team->rank : 0;
}

int ew_team_size(const ew_context *ctx)
{
    return ctx && ctx->team ? ctx->team->size : 1;
}
