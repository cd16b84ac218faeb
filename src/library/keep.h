/* What a command that samples writes down: its checkpoint, and its shard. */
#ifndef EW_LIBRARY_KEEP_H
#define EW_LIBRARY_KEEP_H

#include "emit/result.h"
#include "library/samples_file.h"

typedef struct {
    ew_sample_keeper keeper; /* to be handed to the samplings */
    const char *path;        /* of the checkpoint; NULL: none, or another process writes it */
    json_t *head;
    const char *name; /* of the file that was read */
    int loaded, given;
    ew_sample_record **record; /* of the file first, then new ones, in the order of the work */
    slong records, opened;
    ew_status failed; /* of a saving: nothing more is written */
} ew_keep;

/* The complete records of all samplings of a run, from `name`; a keep takes them over. */
struct ew_given {
    const char *name;
    ew_sample_record **record;
    slong records;
};

/* For the options `checkpoint` and `shard`, or for what is given; else *out is NULL.  Takes the
 * reference to `network`.  A checkpoint that is there is read, and refused when it is damaged
 * or of another run. */
ew_status ew_keep_new(ew_keep **out, const char *command, const ew_network *net,
                      json_t *network, ew_context *ctx);
void ew_keep_free(ew_keep *k);

/* Puts keep, which may be NULL, and the option `shard` into those of a sampling. */
void ew_keep_use(ew_sample_options *opt, ew_keep *k, const ew_network *net);

/* All that was drawn, as a result to be written: the shard. */
ew_status ew_keep_result(ew_result **res, const ew_keep *k, ew_context *ctx);

/* Adds to a cancellation what the checkpoint holds.  Returns status. */
ew_status ew_keep_farewell(const ew_keep *k, ew_status status, ew_context *ctx);

#endif
