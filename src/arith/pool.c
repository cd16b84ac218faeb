#include "arith/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* How often the calling thread looks up, in nanoseconds. */
#define GLANCE 50000000

struct ew_pool {
    pthread_mutex_t lock; /* for everything below */
    pthread_cond_t ended; /* a thread has ended */
    size_t jobs, next;
    double done; /* in jobs */
    int running; /* threads */
    int stop;
    size_t failed; /* least number of a failed job; jobs if none */
    ew_status status;
    char *message;
    ew_job_fn fn;
    void *data;
    ew_attend_fn attend; /* or NULL */
};

void ew_pool_advance(ew_pool *pool, double part)
{
    pthread_mutex_lock(&pool->lock);
    pool->done += part;
    pthread_mutex_unlock(&pool->lock);
}

static int stopped(void *data)
{
    ew_pool *pool = data;
    pthread_mutex_lock(&pool->lock);
    int stop = pool->stop;
    pthread_mutex_unlock(&pool->lock);
    return stop;
}

/* pool->jobs when there is nothing left to do. */
static size_t take_job(ew_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t job = pool->stop || pool->next >= pool->jobs ? pool->jobs : pool->next++;
    pthread_mutex_unlock(&pool->lock);
    return job;
}

/* Jobs told to stop are no news: only the first cause is kept. */
static void record_failure(ew_pool *pool, size_t job, ew_status status, const char *message)
{
    pthread_mutex_lock(&pool->lock);
    if (job < pool->failed && !(pool->stop && status == EW_CANCELLED)) {
        char *copy = ew_strdup(message, NULL);
        free(pool->message);
        pool->failed = job;
        pool->status = copy ? status : EW_MEMORY;
        pool->message = copy;
    }
    pool->stop = 1;
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *data)
{
    ew_pool *pool = data;
    ew_context *ctx = ew_context_new();
    if (ctx)
        ew_context_on_cancel(ctx, stopped, pool);
    else
        record_failure(pool, 0, EW_MEMORY, "out of memory");
    for (size_t job = 0; ctx && (job = take_job(pool)) < pool->jobs;) {
        ew_status status = pool->fn(job, pool->data, pool, ctx);
        if (status != EW_OK)
            record_failure(pool, job, status, ew_context_error(ctx));
    }
    ew_context_free(ctx);
    ew_thread_cleanup();
    pthread_mutex_lock(&pool->lock);
    pool->running--;
    pthread_cond_signal(&pool->ended);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Called with the lock held; gives it up while it waits and while it calls out. */
static ew_status watch(ew_pool *pool, const char *what, ew_context *ctx)
{
    ew_status status = EW_OK;
    while (pool->running) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_nsec += GLANCE;
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&pool->ended, &pool->lock, &t) != ETIMEDOUT)
            continue;
        double fraction = pool->done / (double) pool->jobs;
        pthread_mutex_unlock(&pool->lock);
        ew_progress(ctx, fraction < 1 ? fraction : 1, what);
        if (status == EW_OK)
            status = ew_poll(ctx);
        if (status == EW_OK && pool->attend)
            status = pool->attend(pool->data, ctx);
        pthread_mutex_lock(&pool->lock);
        if (status != EW_OK)
            pool->stop = 1;
    }
    return status;
}

/* The threads are joined by their handles; fewer than asked for will do. */
static ew_status run_threads(ew_pool *pool, pthread_t *thread, int wanted, const char *what,
                             ew_context *ctx)
{
    int started = 0;
    pthread_mutex_lock(&pool->lock);
    while (started < wanted && pthread_create(&thread[started], NULL, work, pool) == 0)
        started++;
    pool->running = started;
    ew_status status = watch(pool, what, ctx);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    return started ? status : ew_fail(ctx, EW_MEMORY, "no thread could be started");
}

ew_status ew_pool_run(size_t jobs, ew_job_fn fn, void *data, const char *what, ew_context *ctx)
{
    return ew_pool_run_attended(jobs, fn, data, NULL, what, ctx);
}

ew_status ew_pool_run_attended(size_t jobs, ew_job_fn fn, void *data, ew_attend_fn attend,
                               const char *what, ew_context *ctx)
{
    int threads = ctx && ctx->threads > 1 ? ctx->threads : 1;
    if (jobs == 0)
        return EW_OK;
    if ((size_t) threads > jobs)
        threads = (int) jobs;
    pthread_t *thread = ew_alloc((size_t) threads * sizeof *thread, ctx);
    if (!thread)
        return EW_MEMORY;
    ew_pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
                    .ended = PTHREAD_COND_INITIALIZER,
                    .jobs = jobs,
                    .failed = jobs,
                    .fn = fn,
                    .data = data,
                    .attend = attend};
    ew_status status = run_threads(&pool, thread, threads, what, ctx);
    if (status == EW_OK && pool.status != EW_OK)
        status = ew_fail(ctx, pool.status, "%s", pool.message ? pool.message : "out of memory");
    free(pool.message);
    pthread_cond_destroy(&pool.ended);
    pthread_mutex_destroy(&pool.lock);
    free(thread);
    return status;
}
