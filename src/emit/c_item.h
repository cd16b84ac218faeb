/* A result as the contents of a C file: named constants and arrays. */
#ifndef EW_EMIT_C_ITEM_H
#define EW_EMIT_C_ITEM_H

#include "arith/nearest.h"
#include "emit/buffer.h"
#include "emit/view.h"
#include "products/header/function.h"

typedef enum {
    EW_C_CERTIFIED, /* numbers with proved bounds */
    EW_C_SAMPLED,   /* means with standard errors */
    EW_C_REAL,
    EW_C_INTEGER,
    EW_C_TEXT
} ew_c_kind;

/* A column of a table, or one of the scalars (array = 0, n = 1). */
typedef struct {
    char *name;        /* a C identifier, unique in the file */
    const char *label; /* of the column; borrowed */
    ew_c_kind kind;
    int array;
    size_t n;
    const json_t **leaf; /* [n]: borrowed; NULL or null: nothing there */
} ew_c_item;

typedef struct {
    char *prefix;
    ew_view *view;
    size_t n;
    ew_c_item *item;   /* in the order of the file; those of a table stand together */
    size_t tables;     /* of them, those that are arrays: */
    char **table_name; /* PREFIX_TITLE */
    size_t *rows;      /* their length */
    size_t *first;     /* their first item */
} ew_c_items;

/* Names begin with the result's "prefix", or one made from the network's activation. */
ew_c_items *ew_c_items_new(const ew_result *res, ew_context *ctx);
void ew_c_items_free(ew_c_items *c);

/* EW_USAGE unless `prefix` may begin names in C99 and C++ that no standard reserves. */
ew_status ew_c_prefix_check(const char *prefix, ew_context *ctx);
/* Such a prefix made from an expression; fresh string or NULL (recorded). */
char *ew_c_prefix_of(const char *text, ew_context *ctx);

/* PREFIX_TITLE_LABEL in letters, digits and underscores, unlike the names that c has; title or
 * label may be "".  Fresh string or NULL (recorded). */
char *ew_c_name(const ew_c_items *c, const char *title, const char *label, ew_context *ctx);

/* The doubles around the number of a certified leaf; one not separated from zero gives 0. */
ew_nearness ew_c_nearest(ew_nearest *d, const json_t *leaf);
/* EW_UNABLE, naming the first number whose nearest double its digits leave open, or which has
 * none; *open says that more digits can help. */
ew_status ew_c_decide(int *open, const ew_result *res, ew_context *ctx);

/* x as the literal of C99 and the one C++ knows of old: both give exactly x. */
void ew_c_add_hex(ew_buffer *b, double x);
void ew_c_add_decimal(ew_buffer *b, double x);
/* The inverse of ew_c_add_hex, without a sign, for at most 53 bits; stops at the first
 * character that does not belong to it. */
double ew_c_read_hex(const char *text);
/* A string literal; text within a comment. */
void ew_c_add_string(ew_buffer *b, const char *text);
void ew_c_add_comment(ew_buffer *b, const char *text);
/* A leaf in words, as a string literal; "" for none. */
void ew_c_add_leaf(ew_buffer *b, const json_t *leaf);
/* in capitals */
void ew_c_add_upper(ew_buffer *b, const char *text);

/* For self-tests: what their checks of tables need, and the checks of the tables in a text. */
void ew_c_add_table_helpers(ew_buffer *b);
void ew_c_add_table_checks(ew_buffer *b, const char *text);

/* The C program that includes the header `include` and compares everything in it: numbers with
 * those of `again`, computed anew, by way of MPFR, and functions at their probes.  What is not
 * separated from zero has bounds by the digits asked for: those of `first`, the header's own
 * result, which must not be closer than those of `again` (EW_FAILED). */
char *ew_emit_c_test(const ew_result *again, const ew_result *first, const char *include,
                     const ew_header_functions *family, size_t families, ew_context *ctx);

#endif
