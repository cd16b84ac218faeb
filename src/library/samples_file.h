/* Files of tallies: checkpoints and shards.  A JSON object of a head (what was asked, by which
 * version), the records of the samplings, and the SHA-256 of all that. */
#ifndef EW_LIBRARY_SAMPLES_FILE_H
#define EW_LIBRARY_SAMPLES_FILE_H

#include <jansson.h>

#include "emit/record_json.h"
#include "library/network.h"

/* {"edgeworth", "command", "schema", "options", "network"}; takes the reference to `network`.
 * Options that no sample depends on (threads, ...) are left out.  NULL: memory (recorded). */
json_t *ew_samples_head(const char *command, const ew_network *net, json_t *network,
                        ew_context *ctx);

/* The head with the records as "samplings", sealed by "sha256".  NULL: memory (recorded). */
json_t *ew_samples_seal(const json_t *head, ew_sample_record *const *record, slong n,
                        ew_context *ctx);

/* A file whose checksum fits.  EW_IO: not there (*absent = 1, when not NULL, instead) or not
 * readable; EW_USAGE: damaged, something else, or of another version. */
ew_status ew_samples_load(json_t **file, int *absent, const char *path, ew_context *ctx);

/* EW_USAGE, saying what differs, unless both heads ask for the same samples; the option `but`,
 * when not NULL, may differ. */
ew_status ew_samples_compare(const json_t *file, const json_t *head, const char *path,
                             const char *but, ew_context *ctx);

/* Its records: *record is a fresh array of *n. */
ew_status ew_samples_records(ew_sample_record ***record, slong *n, const json_t *file,
                             const char *path, ew_context *ctx);
void ew_samples_free(ew_sample_record **record, slong n);

/* Two identities in which everything is equal. */
int ew_samples_same(const ew_sample_identity *a, const ew_sample_identity *b);

/* "k/N", known to be well-formed; NULL is 1/1. */
void ew_samples_share(slong *k, slong *n, const char *text);

#endif
