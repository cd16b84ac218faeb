/* libFuzzer target: any text is parsed, analysed, expanded and compiled without a crash or a
 * leak, and what fails says so. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "activation/activation.h"
#include "activation/jet.h"

#define LONGEST 200 /* longer inputs only repeat what short ones do, slowly */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition)
        abort();
}

static void use(const ew_activation *a, ew_context *ctx)
{
    static const double z[3] = {-1.25, 0, 40};
    double value[12];
    ew_program *p = ew_program_new(a->expr, ctx);
    require(p && ew_program_jet(value, p, z, 3, 4, ctx) == EW_OK);
    ew_program_free(p);
    arb_ptr coef = _arb_vec_init(4);
    ew_status status = ew_activation_taylor(coef, NULL, NULL, a, 4, 64, ctx);
    require(status == EW_OK || *ew_context_error(ctx));
    _arb_vec_clear(coef, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[LONGEST + 1];
    if (size > LONGEST)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    ew_context *ctx = ew_context_new();
    ew_activation *a;
    ew_status status = ew_activation_new(&a, text, ctx);
    require(status == EW_OK ? a != NULL : a == NULL && *ew_context_error(ctx));
    if (a)
        use(a, ctx);
    ew_activation_free(a);
    ew_context_free(ctx);
    return 0;
}
