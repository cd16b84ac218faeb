/* What the command `header` puts into a file. */
#ifndef EW_LIBRARY_HEADER_H
#define EW_LIBRARY_HEADER_H

#include <jansson.h>

#include "library/network.h"
#include "library/setup.h"
#include "products/header/function.h"

#define EW_HEADER_COEFFICIENTS 10 /* of Taylor's and Hermite's series */

/* "A,B" with 0 < A < B into the doubles that enclose them, else EW_USAGE. */
ew_status ew_header_read_domain(double *from, double *to, const char *text, ew_context *ctx);

/* The constants of a network into `body`; EW_MEMORY recorded and nonzero when that fails. */
ew_status ew_header_put_constants(json_t *body, const ew_setup *s, const ew_network *net,
                                  ew_context *ctx);
/* The layers of its cumulants, with the susceptibilities of each. */
ew_status ew_header_put_layers(json_t *body, const ew_network *net, ew_context *ctx);
/* The coefficients of its limiting SDE. */
ew_status ew_header_put_sde(json_t *body, const ew_network *net, ew_context *ctx);

#define EW_HEADER_FAMILIES 3

/* The functions of a header. */
typedef struct {
    size_t n;
    ew_header_functions family[EW_HEADER_FAMILIES];
    char *shared; /* the text before theirs */
} ew_function_list;

/* Those the option `functions` names, none if it is not given; to be cleared in any case. */
ew_status ew_header_all_functions(ew_function_list *f, const ew_network *net,
                                  const char *prefix, ew_context *ctx);
ew_status ew_header_put_functions(json_t *root, const ew_function_list *f, ew_context *ctx);
void ew_function_list_clear(ew_function_list *f);

/* What the entries are, for comments: label -> words. */
json_t *ew_header_about(void);
/* Conventions, likewise. */
json_t *ew_header_notes(void);

#endif
