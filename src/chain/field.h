/* Fields, pairs of fields and joint cumulants of pairs (theory.md section 2). */
#ifndef EW_CHAIN_FIELD_H
#define EW_CHAIN_FIELD_H

#include "arith/context.h"
#include "arith/flint.h"

#define EW_MAX_INPUTS 8      /* inputs of one derivation */
#define EW_MAX_GENERATORS 12 /* nilpotent generators */
#define EW_MAX_TANGENTS 9    /* of which tangents, named 1 to 9, */
#define EW_MAX_DIRECTIONS 8  /* and directions, named u, v, w, x, y, z, s, t */
#define EW_MAX_PAIRS 40      /* entries of a joint cumulant or a derivative */

typedef enum { EW_TANGENT, EW_DIRECTION } ew_generator;

/* The field z_(input, S); S is a bit mask over the generators. */
typedef struct {
    slong input;
    ulong set;
} ew_field;

/* A set of fields closed under subsets of S: index input * sets + (position of S among the
 * sets). */
typedef struct {
    slong inputs, generators;
    ew_generator kind[EW_MAX_GENERATORS];
    slong sets;
    ulong *set; /* by size, then by value; set[0] = {} */
    slong n;    /* fields = inputs * sets */
    slong pairs;
    ulong tangents; /* the generators that are tangents, as a set */
    short *place;   /* [set as a number]: its position among the sets, or -1 */
    short *end[2];  /* [pair]: its two fields */
    ulong *parity;  /* [pair]: tangents that occur in one of its fields only */
} ew_fields;

/* Every input gets a field for each of set[0..sets) and for all their subsets.  EW_USAGE beyond
 * the limits above. */
ew_status ew_fields_new(ew_fields **out, slong inputs, const ew_generator *kind,
                        slong generators, const ulong *set, slong sets, ew_context *ctx);
void ew_fields_free(ew_fields *f);

ew_field ew_fields_at(const ew_fields *f, slong index);
slong ew_fields_find(const ew_fields *f, slong input, ulong set); /* -1: no such field */

/* Unordered pairs of fields are numbered 0..pairs-1. */
slong ew_pair_of(const ew_fields *f, slong first, slong second);
void ew_pair_fields(slong *first, slong *second, const ew_fields *f, slong pair);
/* Both fields are preactivations: the covariance that atoms depend on. */
int ew_pair_is_base(const ew_fields *f, slong pair);
/* B_p of a pair (theory.md section 2): C_b between preactivations, lambda_b between derivatives
 * along one and the same tangent, else nothing. */
typedef enum { EW_BIAS_NONE, EW_BIAS_CB, EW_BIAS_LAMBDA_B } ew_bias;
ew_bias ew_pair_bias(const ew_fields *f, slong pair);
/* "a.a", "a.a1", "a12.b3u": input letter, tangents 1, 2, ..., directions u, v, ...  Fresh
 * string. */
char *ew_pair_name(const ew_fields *f, slong pair, ew_context *ctx);

/* A multiset of pairs, ascending: a joint cumulant of Ghat entries, or a derivative in them. */
typedef struct {
    slong n;
    int p[EW_MAX_PAIRS];
} ew_pairs;

/* Insert a pair (the list must have room). */
void ew_pairs_add(ew_pairs *list, slong pair);
int ew_pairs_compare(const ew_pairs *x, const ew_pairs *y); /* total order, by length first */
/* The same of lists with a power of 1/n, which decides between equal lists. */
int ew_pairs_compare_at(const ew_pairs *x, slong i, const ew_pairs *y, slong j);

/* Call fn for every way to split off a part `in` with the first entry, `rest` not empty; of
 * equal entries any number goes in, and `ways` counts how often that happens. */
typedef ew_status (*ew_split_fn)(void *data, const ew_pairs *in, const ew_pairs *rest,
                                 const fmpz_t ways);
ew_status ew_pairs_splits(const ew_pairs *list, ew_split_fn fn, void *data);

/* How often each generator occurs; returns the largest count. */
slong ew_pairs_weight(slong weight[EW_MAX_GENERATORS], const ew_pairs *list,
                      const ew_fields *f);
/* Some tangent occurs an odd number of times: the joint cumulant vanishes, since the law is
 * unchanged under (W'_g, b'_g) -> -(W'_g, b'_g). */
int ew_pairs_odd(const ew_pairs *list, const ew_fields *f);
/* The image of a set of generators, g -> to[g]. */
ulong ew_set_image(ulong set, const slong to[EW_MAX_GENERATORS], const ew_fields *f);
/* The image of a pair, or -1 when that is no pair of f. */
slong ew_pair_image(slong pair, const slong to[EW_MAX_GENERATORS], const ew_fields *f);
/* Tangents are exchangeable: the least list among all images under maps of the tangents that
 * occur onto the first ones (the list itself when each of these leads out of the set of
 * fields). */
void ew_pairs_canonical(ew_pairs *out, const ew_pairs *list, const ew_fields *f);
/* The same, and where each generator went. */
void ew_pairs_canonical_map(ew_pairs *out, slong to[EW_MAX_GENERATORS], const ew_pairs *list,
                            const ew_fields *f);

#endif
