/* Reading 4: samples of finite networks (theory.md section 8). */
#ifndef EW_READINGS_SAMPLE_H
#define EW_READINGS_SAMPLE_H

#include "chain/setting.h"
#include "readings/sample/kstat.h"

#define EW_MAX_WIDTH 1000000000
/* Of explicit weights. */
#define EW_MAX_NETWORK_WIDTH 65536

typedef enum { EW_SAMPLER_CHAIN, EW_SAMPLER_NETWORK } ew_sampler_kind;

/* Where a sampling keeps its tallies (record.h), for those who want more than its estimates: to
 * write them down, or to go on from where another run ended. */
typedef struct ew_sample_identity ew_sample_identity;
typedef struct ew_sample_record ew_sample_record;
typedef struct {
    void *data;
    /* The record of the sampling `id`, fresh or with some of its batches; the keeper owns it.
     */
    ew_status (*open)(ew_sample_record **record, const ew_sample_identity *id, void *data,
                      ew_context *ctx);
    /* Write what the records hold; called every few seconds while a sampling changes them, and
     * at its end, whatever that is.  NULL: nothing is written. */
    ew_status (*save)(void *data, ew_context *ctx);
} ew_sample_keeper;

typedef struct {
    uint64_t width; /* n; layer l has n width[l-1]/width[0] neurons where the network says so */
    uint64_t samples; /* at least 1 */
    uint64_t first;   /* number of the first sample: other samples, independent ones */
    uint64_t seed;
    int descent; /* 1: with the NTK's tangents; 2: the dNTK's second derivatives; 3: third ones
                  */
    slong moments; /* entries of the joint cumulants, up to EW_KSTAT_MOST; 0: 2 */
    ew_sampler_kind sampler;
    const ew_sample_keeper *keeper; /* NULL: tallies are dropped */
    slong shard, shards; /* draw only this share of the batches, 1..shards; 0: all of them */
    uint64_t *drawn;     /* counts the samples drawn, when not NULL */
} ew_sample_options;

/* Batches that the samples are cut into, in order; fewer when there are under four samples
 * each (or under `moments`). */
#define EW_SAMPLE_BATCHES 64

typedef struct {
    slong layers, terms;
    slong *of_n;        /* [t]: number of entries in the joint cumulant */
    char ***of;         /* [t][i]: "a.a", "a1.a1" */
    ew_estimate *value; /* [l * terms + t], layer l + 1: unscaled k-statistic of all samples; se
                           by the unbiased formula (kstat.h), from three entries on by the
                           scatter of the batches */
    double *spread; /* [l * terms + t]: the root of the product of the two entries' variances,
                       which bounds their covariance; 0 but for two entries */
    slong batches;
    double *batch; /* [(b * layers + l) * terms + t]: the k-statistic of batch b, averaged over
                      permutations of the tangents; NaN where a batch is too small.  Batches are
                      independent and the mean over them is unbiased. */
} ew_sample_table;

/* Sample.  A share makes no table: *out is NULL, and the keeper has the tallies.  With a team
 * (arith/team.h) every process calls this with the same arguments, and gets the same; only that
 * of rank 0 uses its keeper.  EW_UNABLE: activations that are not finite (says how many samples
 * and from which layer); more inputs, entries or weights than can be.  EW_USAGE: no width, no
 * samples, widths that are not whole. */
ew_status ew_sample_chain(ew_sample_table **out, const ew_setting *net,
                          const ew_sample_options *opt, ew_context *ctx);
void ew_sample_free(ew_sample_table *t);

/* Seconds on a monotonic clock, and the progress report that ends a sampling: its throughput.
 */
double ew_seconds(void);
void ew_sample_report(uint64_t samples, double seconds, ew_context *ctx);

/* The term that is the joint cumulant of the entries of[0..n), or -1. */
slong ew_sample_term(const ew_sample_table *t, const char *const *of, slong n);

#endif
