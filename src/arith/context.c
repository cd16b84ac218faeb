#include "arith/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/flint.h"

static char out_of_memory[] = "out of memory";

ew_context *ew_context_new(void)
{
    ew_context *ctx = calloc(1, sizeof *ctx);
    if (ctx)
        ctx->threads = 1;
    return ctx;
}

static void drop_message(ew_context *ctx)
{
    if (ctx->message != out_of_memory)
        free(ctx->message);
    ctx->message = NULL;
}

void ew_context_free(ew_context *ctx)
{
    if (!ctx)
        return;
    drop_message(ctx);
    free(ctx);
}

void ew_context_on_progress(ew_context *ctx, ew_progress_fn fn, void *data)
{
    ctx->progress = fn;
    ctx->progress_data = data;
}

void ew_context_on_cancel(ew_context *ctx, ew_cancel_fn fn, void *data)
{
    ctx->cancel = fn;
    ctx->cancel_data = data;
}

void ew_context_set_threads(ew_context *ctx, int threads)
{
    ctx->threads = threads < 1 ? 1 : threads;
}

ew_status ew_context_status(const ew_context *ctx)
{
    return ctx->status;
}

const char *ew_context_error(const ew_context *ctx)
{
    return ctx->message ? ctx->message : "";
}

static char *format_list(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = n < 0 ? NULL : malloc((size_t) n + 1);
    if (text)
        vsnprintf(text, (size_t) n + 1, format, args);
    return text;
}

ew_status ew_fail(ew_context *ctx, ew_status status, const char *format, ...)
{
    if (!ctx)
        return status;
    drop_message(ctx);
    va_list args;
    va_start(args, format);
    ctx->message = format_list(format, args);
    va_end(args);
    if (!ctx->message) {
        ctx->message = out_of_memory;
        status = EW_MEMORY;
    }
    return ctx->status = status;
}

void ew_fail_detail(ew_context *ctx, const char *line)
{
    if (!ctx || !ctx->message || ctx->message == out_of_memory)
        return;
    size_t have = strlen(ctx->message), more = strlen(line);
    char *longer = realloc(ctx->message, have + more + 2);
    if (!longer)
        return;
    longer[have] = '\n';
    memcpy(longer + have + 1, line, more + 1);
    ctx->message = longer;
}

void ew_clear(ew_context *ctx)
{
    if (!ctx)
        return;
    drop_message(ctx);
    ctx->status = EW_OK;
}

ew_status ew_recorded(const ew_context *ctx)
{
    return ctx && ctx->status != EW_OK ? ctx->status : EW_MEMORY;
}

ew_status ew_poll(ew_context *ctx)
{
    if (ctx && ctx->cancel && ctx->cancel(ctx->cancel_data))
        return ew_fail(ctx, EW_CANCELLED, "cancelled");
    return EW_OK;
}

void ew_progress(ew_context *ctx, double fraction, const char *what)
{
    if (ctx && ctx->progress)
        ctx->progress(ctx->progress_data, fraction, what);
}

static void *checked(void *block, ew_context *ctx)
{
    if (!block)
        ew_fail(ctx, EW_MEMORY, "out of memory");
    return block;
}

void *ew_alloc(size_t bytes, ew_context *ctx)
{
    return checked(malloc(bytes ? bytes : 1), ctx);
}

void *ew_alloc_zero(size_t count, size_t size, ew_context *ctx)
{
    return checked(calloc(count ? count : 1, size ? size : 1), ctx);
}

void *ew_realloc(void *block, size_t bytes, ew_context *ctx)
{
    return checked(realloc(block, bytes ? bytes : 1), ctx);
}

char *ew_strdup(const char *text, ew_context *ctx)
{
    return checked(strdup(text), ctx);
}

char *ew_format(ew_context *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_list(format, args);
    va_end(args);
    return checked(text, ctx);
}

int ew_exit_code(ew_status status)
{
    switch (status) {
    case EW_OK:
        return 0;
    case EW_FAILED:
        return 1;
    case EW_USAGE:
    case EW_DOMAIN:
        return 2;
    case EW_UNABLE:
        return 3;
    default:
        return 4;
    }
}

const char *ew_version(void)
{
    return PACKAGE_VERSION;
}

void ew_thread_cleanup(void)
{
    flint_cleanup();
}
