/* The batches of a record, drawn by threads and by the processes of a team, and written down by
 * the keeper on the way: what all samplings have in common.  They differ in what they keep of
 * the samples, and in what is made of it. */
#ifndef EW_READINGS_SAMPLE_DRAW_H
#define EW_READINGS_SAMPLE_DRAW_H

#include <pthread.h>

#include "readings/sample/crew.h"
#include "readings/sample/model.h"

/* What is done with the samples.  `data` of the first two is the batch, an ew_draw_batch. */
typedef struct {
    ew_sampler_fn add;
    ew_sampler_rows_fn rows; /* or NULL */
    size_t scratch;          /* doubles of workspace, 0 at first */
    uint64_t stride; /* samples, in one call of the sampler; where it ends, the workspace holds
                        nothing that is needed */
    void (*complete)(void *data, slong batch, const ew_tally *t); /* by any thread; or NULL */
    void (*taken)(void *data); /* the record has more; by the calling thread; or NULL */
    void *data;
} ew_draw_task;

/* A batch at work. */
typedef struct {
    const ew_draw_task *task;
    const ew_sample_record *record;
    ew_tally *sums;
    double *scratch;
} ew_draw_batch;

/* A batch that this process draws.  What its thread hands over is the record's next state. */
typedef struct {
    slong batch;
    const ew_tally
        *begun;      /* where to go on, or NULL: the record's, until news is handed over */
    ew_tally *tally; /* handed over: complete, or a copy on the way */
    int news, complete;
} ew_draw_job;

typedef struct {
    const ew_sample_options *opt;
    const ew_sample_model *model;
    ew_draw_task task;
    ew_sample_record *record; /* touched by the calling thread only */
    int own_record;
    ew_crew crew;
    slong jobs;
    ew_draw_job *job;
    pthread_mutex_t lock; /* for what jobs have handed over */
    uint64_t drawn;
    int changed; /* the record, since it was last saved */
    double start, next_save;
} ew_draw;

/* After this, failures of the preparation are to be handed to ew_draw_join.  Closed also on
 * failure. */
ew_status ew_draw_open(ew_draw *d, const ew_sample_options *opt, ew_context *ctx);
void ew_draw_close(ew_draw *d);

/* The keeper's record of that identity, or one for the time being.  EW_USAGE: more shares than
 * batches. */
ew_status ew_draw_record(ew_draw *d, const ew_sample_identity *id, ew_context *ctx);

/* Samples in a call of the sampler in which about so many numbers are drawn that a report of
 * progress is due. */
uint64_t ew_draw_stride(const ew_sample_model *model, const ew_sample_options *opt);

/* The leader's shifts and scales for all; then what this process has to draw is drawn.  The
 * model and the task last as long as the drawing. */
ew_status ew_draw_start(ew_draw *d, ew_context *ctx);
ew_status ew_draw_run(ew_draw *d, const ew_sample_model *model, const ew_draw_task *task,
                      ew_context *ctx);

/* Everybody is through, or one has failed: the first failure.  The record is saved, also when
 * cancelled. */
ew_status ew_draw_join(ew_draw *d, ew_status status, ew_context *ctx);

/* After that, without failure: the leader's status and what it has made of the record, at the
 * same places for everybody; and the report of what was drawn. */
ew_status ew_draw_result(ew_draw *d, ew_status status, const ew_crew_part *part, int parts,
                         ew_context *ctx);

#endif
