/* A result as tables: what text, CSV and LaTeX have in common. */
#ifndef EW_EMIT_VIEW_H
#define EW_EMIT_VIEW_H

#include "emit/result.h"

/* One array of objects of the result ("layers", "points", "equations", "checks"), or the
 * scalars of the result as a table of one row. */
typedef struct {
    char *title;
    json_t *columns; /* array of labels (strings), in order of first appearance */
    json_t *rows;    /* array of objects: label -> leaf */
} ew_view_table;

/* table[0..n): the scalars come first if there are any, flagged by `scalars`. */
typedef struct {
    size_t n;
    ew_view_table *table;
    int scalars;
} ew_view;

/* Labels: nested keys joined by dots, entries of arrays of more than one element counted from 1
 * in brackets: nngp[1,2], kappa.2[1].  The terms of a joint cumulant: K(a.a, a.a) n^-1.  Where
 * a layer gives the letters of all its terms, terms and kappa are left to JSON. */
ew_view *ew_view_new(const ew_result *res, ew_context *ctx);
void ew_view_free(ew_view *v);

/* A leaf in words: mid of a certified number, mean of a sampled one, the scalar itself; NULL
 * (memory) or a fresh string.  digits: significant digits of doubles. */
char *ew_leaf_text(const json_t *leaf, int digits, ew_context *ctx);
/* The rad or se of a leaf, or NULL if it has none (or on memory failure, recorded). */
char *ew_leaf_error(const json_t *leaf, int digits, ew_context *ctx);

/* Do the letters of a layer of cumulants (K, V, ...) say all that its terms say? */
int ew_view_letters_suffice(json_t *layer);
/* The network in one line, "" if there is none; fresh string or NULL (recorded). */
char *ew_network_line(json_t *network, ew_context *ctx);

/* A certified number that is not simply "correctly rounded": a tie, or absolute. */
int ew_leaf_is_loose(const json_t *leaf);

#endif
