/* Jobs over threads.  What a job computes may depend on its number only, so that results do not
 * depend on the number of threads or on who ran what. */
#ifndef EW_ARITH_POOL_H
#define EW_ARITH_POOL_H

#include "arith/context.h"

typedef struct ew_pool ew_pool;

/* One job, run by one of several threads.  `ctx` is the thread's own: ew_poll(ctx) returns
 * EW_CANCELLED once the caller has cancelled or another job has failed. */
typedef ew_status (*ew_job_fn)(size_t job, void *data, ew_pool *pool, ew_context *ctx);

/* Run jobs 0..jobs-1 on ctx->threads threads, each started in order of its number.  The calling
 * thread reports progress as `what` and asks for cancellation; it alone calls the caller's
 * functions. Fails with the failure of the job of least number among those that failed. */
ew_status ew_pool_run(size_t jobs, ew_job_fn fn, void *data, const char *what, ew_context *ctx);

/* The same, and the calling thread calls attend(data, ctx) now and then while jobs run; its
 * failure stops them and is returned. */
typedef ew_status (*ew_attend_fn)(void *data, ew_context *ctx);
ew_status ew_pool_run_attended(size_t jobs, ew_job_fn fn, void *data, ew_attend_fn attend,
                               const char *what, ew_context *ctx);

/* A job says that it has done a further part of itself; the parts of one job add up to 1. */
void ew_pool_advance(ew_pool *pool, double part);

#endif
