/* The formats by name. */
#include <stdlib.h>
#include <string.h>

#include "emit/result.h"

static const struct {
    const char *name;
    char *(*emit)(const ew_result *res, ew_context *ctx);
} formats[] = {{"text", ew_emit_text},
               {"json", ew_emit_json},
               {"csv", ew_emit_csv},
               {"latex", ew_emit_latex},
               {"c", ew_emit_c}};

ew_status ew_format_check(const char *format, ew_context *ctx)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i].name) == 0)
            return EW_OK;
    return ew_fail(ctx, EW_USAGE, "format: '%s' is not one of text, json, csv, latex, c",
                   format);
}

ew_status ew_result_format(char **text, const ew_result *res, const char *format,
                           ew_context *ctx)
{
    *text = NULL;
    ew_status status = ew_format_check(format, ctx);
    if (status != EW_OK)
        return status;
    if (!res)
        return ew_fail(ctx, EW_USAGE, "no result to write");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(format, formats[i].name) == 0)
            *text = formats[i].emit(res, ctx);
    return *text ? EW_OK : ew_recorded(ctx);
}
