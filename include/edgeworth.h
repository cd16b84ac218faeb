/* Edgeworth: the certified finite-width theory of random neural networks.
 *
 * SPDX-License-Identifier: LGPL-3.0-or-later
 *
 * The whole public interface.  Handles are opaque; a handle may be used by one thread at a time,
 * different handles by different threads without locking.  No function aborts, prints or exits.
 * Every function that can fail returns an ew_status and leaves one line of explanation in the
 * context, read with ew_context_error.  Output handles are set to NULL on failure. */

#ifndef EDGEWORTH_H
#define EDGEWORTH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define EW_PUBLIC __attribute__((visibility("default")))
#define EW_CHECK __attribute__((warn_unused_result))
#else
#define EW_PUBLIC
#define EW_CHECK
#endif

typedef enum {
    EW_OK = 0,
    EW_FAILED,   /* a comparison failed (validate, mmd, verify, regress): the result is there to read */
    EW_USAGE,    /* wrong at every precision: syntax, unknown option, a limit */
    EW_DOMAIN,   /* mathematically undefined: exp(z^2), a gram matrix that is not PSD */
    EW_UNABLE,   /* well posed, not done: accuracy, memory or time limit, no exact form */
    EW_MEMORY,   /* memory exhausted */
    EW_IO,       /* a file could not be read or written */
    EW_CANCELLED /* the caller's cancel function said so */
} ew_status;

/* Exit code of the program for a status: 0, 1, 2 (usage, domain), 3 (unable), 4 (memory, I/O). */
EW_PUBLIC int ew_exit_code(ew_status status);

/* The version of the library, "MAJOR.MINOR.PATCH". */
EW_PUBLIC const char *ew_version(void);

/* ---- context: limits, threads, progress, the last error ---------------------------------- */

typedef struct ew_context ew_context;

/* fraction in [0, 1]; `what` is a short static phrase. */
typedef void (*ew_progress_fn)(void *data, double fraction, const char *what);
/* Return nonzero to have the work stop with EW_CANCELLED at its next step. */
typedef int (*ew_cancel_fn)(void *data);

/* NULL when memory is exhausted.  Free with ew_context_free, which accepts NULL. */
EW_PUBLIC ew_context *ew_context_new(void);
EW_PUBLIC void ew_context_free(ew_context *ctx);
EW_PUBLIC void ew_context_on_progress(ew_context *ctx, ew_progress_fn fn, void *data);
EW_PUBLIC void ew_context_on_cancel(ew_context *ctx, ew_cancel_fn fn, void *data);
/* Worker threads for sampling (default 1; results never depend on it). */
EW_PUBLIC void ew_context_set_threads(ew_context *ctx, int threads);
/* The last failure: its status, and one line of text (for expressions two more lines: the source
 * and a caret).  "" after success.  Owned by the context; valid until its next use. */
EW_PUBLIC ew_status ew_context_status(const ew_context *ctx);
EW_PUBLIC const char *ew_context_error(const ew_context *ctx);

/* ---- network: what is asked, set by the program's option names --------------------------- */

typedef struct ew_network ew_network;

EW_PUBLIC EW_CHECK ew_status ew_network_new(ew_network **net, ew_context *ctx);
EW_PUBLIC void ew_network_free(ew_network *net);
/* Set one option by its long name without the dashes ("activation", "cw", "depth", "digits", ...),
 * with the text the program would take; flags ("ntk") take NULL or "".  Copies its arguments.
 * EW_USAGE for an unknown name or a malformed value. */
EW_PUBLIC EW_CHECK ew_status ew_network_set(ew_network *net, const char *name, const char *value,
                                            ew_context *ctx);

/* ---- results: immutable trees with the JSON's paths -------------------------------------- */

typedef struct ew_result ew_result;

EW_PUBLIC void ew_result_free(ew_result *res);
/* Text at a path such as "result.layers[4].V.mid"; NULL when there is none.  Numbers of a certified
 * value are decimal strings.  Owned by the result. */
EW_PUBLIC const char *ew_result_text(const ew_result *res, const char *path);
/* A certified value (a node with "mid" and "rad") or a plain number at `path`, as a double and
 * directed bounds lo <= true value <= hi; any of the three may be NULL.  EW_USAGE if absent. */
EW_PUBLIC EW_CHECK ew_status ew_result_double(double *mid, double *lo, double *hi,
                                              const ew_result *res, const char *path);
/* The number of elements of the array at `path`; 0 if there is none. */
EW_PUBLIC size_t ew_result_length(const ew_result *res, const char *path);
/* The whole result in a format "text", "json", "csv", "latex", "c": a malloc'd string, free() it. */
EW_PUBLIC EW_CHECK ew_status ew_result_format(char **text, const ew_result *res,
                                              const char *format, ew_context *ctx);
/* Write a string to a file so that the file is complete or untouched. */
EW_PUBLIC EW_CHECK ew_status ew_write_file(const char *path, const char *text, ew_context *ctx);

/* ---- readings and products ---------------------------------------------------------------- */

/* One function a command; `net` holds its options.  Documented in doc/ under the command's name.
 * EW_FAILED (validate, mmd, verify) still yields a result, and so does EW_UNABLE from a validate whose
 * verdict is out-of-regime. */
EW_PUBLIC EW_CHECK ew_status ew_expect(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_critical(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_kernel(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_derive(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_cumulants(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_density(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_gradients(ew_result **res, const ew_network *net, ew_context *ctx);
/* The command `sde`. */
EW_PUBLIC EW_CHECK ew_status ew_sde_run(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_sample(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_validate(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_mmd(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_resnet(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_regress(ew_result **res, const ew_network *net, ew_context *ctx);
EW_PUBLIC EW_CHECK ew_status ew_table(ew_result **res, const ew_network *net, ew_context *ctx);
/* The command `header`: its text is the result in format "c". */
EW_PUBLIC EW_CHECK ew_status ew_header(ew_result **res, const ew_network *net, ew_context *ctx);
/* Re-check a table file written by ew_table, by a different method. */
EW_PUBLIC EW_CHECK ew_status ew_verify(ew_result **res, const char *table_path,
                                       const ew_network *net, ew_context *ctx);

/* The shards of one ew_sample, ew_density or ew_mmd, all n of them in any order, as the result
 * of the whole. */
EW_PUBLIC EW_CHECK ew_status ew_merge(ew_result **res, const char *const *paths, size_t n,
                                      ew_context *ctx);

/* Release the calling thread's caches of FLINT; call it before a thread ends. */
EW_PUBLIC void ew_thread_cleanup(void);

#ifdef __cplusplus
}
#endif

#endif
