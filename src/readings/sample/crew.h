/* One sampling by a team of processes: rank 0 leads, the others follow.  The leader says what
 * there is to begin with; every rank draws its part of the batches; the followers send their
 * tallies as they go, and how they ended; the leader answers with the result, or with the
 * failure that ends it for all.  Without a team (one process) all of this does nothing. */
#ifndef EW_READINGS_SAMPLE_CREW_H
#define EW_READINGS_SAMPLE_CREW_H

#include "arith/team.h"
#include "readings/sample/record.h"

/* Called for every tally that the record has received: what it has more than the one before. */
typedef void (*ew_crew_fn)(void *data, slong batch, uint64_t gained);

typedef struct {
    const ew_team *team; /* NULL: one process */
    ew_sample_record *record;
    int *owner;  /* [batches]: the rank that draws it, -1: nobody needs to */
    char *ended; /* leader, [size]: ranks that send nothing more */
    int working; /* leader: the others */
    int over;    /* a failure is known to this process and on its way to the others */
    ew_crew_fn came;
    void *data;
} ew_crew;

ew_status ew_crew_new(ew_crew *c, ew_crew_fn came, void *data, ew_context *ctx);
void ew_crew_clear(ew_crew *c);

int ew_crew_leads(const ew_crew *c);
int ew_crew_rank(const ew_crew *c);

/* Leader: deal out what share k of n lacks, and tell shifts, scales and tallies begun.
 * Follower: wait for that. */
ew_status ew_crew_start(ew_crew *c, ew_sample_record *record, slong k, slong n,
                        ew_context *ctx);

/* Take in what has come.  Fails once any process has. */
ew_status ew_crew_listen(ew_crew *c, ew_context *ctx);

/* Follower: a tally for the leader. */
ew_status ew_crew_send(ew_crew *c, slong batch, const ew_tally *t, ew_context *ctx);

/* This process is through with its part, or has failed with `status`, recorded in ctx.  Leader:
 * wait for the others; after a failure, tell them and wait a second for their last tallies.
 * Follower: tell the leader.  Returns the first failure. */
ew_status ew_crew_join(ew_crew *c, ew_status status, ew_context *ctx);

/* What the leader has and the others have room for, of the same size. */
typedef struct {
    void *at;
    size_t size;
} ew_crew_part;

/* After a join without failure: the leader's status (recorded in ctx) and parts go to all. */
ew_status ew_crew_result(ew_crew *c, ew_status status, const ew_crew_part *part, int parts,
                         ew_context *ctx);

#endif
