/* The processes that this one was started with, by mpirun say, as a team (arith/team.h). */
#ifndef EW_CLI_TEAM_H
#define EW_CLI_TEAM_H

#include "arith/team.h"

/* Joins it: ctx->team is `team`, or NULL when there is nobody else.  A program built without
 * MPI is always alone. */
ew_status ew_team_begin(ew_team *team, ew_context *ctx);

/* Leaves it, with the exit code of this process; waits for the others, but not for ever. */
void ew_team_end(int code);

#endif
