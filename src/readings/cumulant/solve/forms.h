/* The terms of a table at a width: its coefficients, added up. */
#ifndef EW_READINGS_CUMULANT_SOLVE_FORMS_H
#define EW_READINGS_CUMULANT_SOLVE_FORMS_H

#include "readings/cumulant/solve/outline.h"

typedef enum {
    EW_FORM_VALUE, /* of a term at the width: sum_j c_j n^-j */
    EW_FORM_LAST   /* its last term, c_M n^-M */
} ew_form_kind;

/* sum_i coef[i] * outline entry[i]; for the term `index`. */
typedef struct {
    ew_form_kind kind;
    slong index, order;
    slong n, room;
    slong *entry;
    fmpq *coef;
} ew_form;

typedef struct {
    slong n, room;
    ew_form *form;
} ew_forms;

/* width 0: none given, and there are none. */
ew_status ew_forms_new(ew_forms **out, const ew_outline *o, ulong width, ew_context *ctx);
void ew_forms_free(ew_forms *f);

/* All forms from all entries; scale as in a run. */
void ew_forms_balls(arb_ptr value, mag_ptr scale, const ew_forms *f, arb_srcptr entry,
                    mag_srcptr entry_scale, slong prec);
void ew_forms_rationals(fmpq *value, const ew_forms *f, const fmpq *entry);

#endif
