#include "cli/team.h"

ew_status ew_team_begin(ew_team *team, ew_context *ctx)
{
    *team = (ew_team){.size = 1};
    ctx->team = NULL;
    return EW_OK;
}

void ew_team_end(int code)
{
    (void) code;
}
