#include "products/header/function.h"

#include <stdlib.h>

void ew_header_functions_clear(ew_header_functions *f)
{
    for (slong i = 0; i < f->n; i++) {
        free(f->function[i].name);
        free(f->function[i].call);
        free(f->function[i].domain);
        free(f->function[i].probe);
    }
    free(f->function);
    free(f->text);
    *f = (ew_header_functions){0};
}
