#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arith/context.h"
#include "cli/arguments.h"
#include "cli/failure.h"
#include "cli/help.h"
#include "cli/progress.h"
#include "cli/team.h"
#include "emit/file.h"
#include "library/decided.h"

/* "edgeworth COMMAND: what, where", and for expressions the source and a caret. */
static int complain(const char *command, ew_status status, const ew_context *ctx)
{
    const char *text = ctx && *ew_context_error(ctx) ? ew_context_error(ctx) : "out of memory";
    if (ew_team_rank(ctx) == 0)
        fprintf(stderr, "edgeworth%s%s: %s\n", command ? " " : "", command ? command : "",
                text);
    if (status == EW_CANCELLED && ew_signal_caught())
        return 128 + ew_signal_caught();
    return ew_exit_code(status);
}

static ew_status print(const char *text, ew_context *ctx)
{
    errno = 0;
    if (ew_team_rank(ctx) > 0)
        return EW_OK;
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0 && fclose(stdout) == 0)
        return EW_OK;
    return ew_fail(ctx, EW_IO, "cannot write standard output: %s", strerror(errno));
}

static ew_status show_help(const char *topic, ew_context *ctx)
{
    ew_status status;
    char *text = ew_help(topic, &status, ctx);
    if (status == EW_OK)
        status = print(text, ctx);
    free(text);
    return status;
}

/* A comparison that failed has a result too: its status stays, unless writing fails. */
static ew_status write_result(const ew_result *res, const ew_request *request, ew_status status,
                              ew_context *ctx)
{
    char *text;
    ew_status written = ew_result_format(&text, res, request->format, ctx);
    if (written == EW_OK)
        written =
            request->output ? ew_write_file(request->output, text, ctx) : print(text, ctx);
    free(text);
    return written == EW_OK ? status : written;
}

static ew_status run(const ew_command *command, const ew_request *request, ew_context *ctx)
{
    ew_result *res = NULL;
    ew_progress_bar bar;
    int rank = ew_team_rank(ctx); /* all processes work, and the first one speaks */
    if (request->output && rank == 0) {
        ew_status status = ew_file_check(request->output, ctx);
        if (status != EW_OK)
            return status;
    }
    ew_progress_begin(&bar, request->quiet || rank > 0, ctx);
    int digits = strcmp(request->format, "c") == 0 && command->run && command->run != ew_header;
    ew_status status = digits
                           ? ew_run_decided(&res, command->run, request->net, ctx)
                           : ew_command_run(&res, command, request, ctx);
    ew_progress_end(&bar);
    if (res && rank == 0)
        status = write_result(res, request, status, ctx);
    ew_result_free(res);
    return status;
}

/* Tables and shards are files for the program to read again, headers for compilers. */
static const char *default_format(const ew_command *command, int shard)
{
    if (strcmp(command->name, "header") == 0)
        return "c";
    return shard || strcmp(command->name, "table") == 0 ? "json" : "text";
}

/* A self-test includes the header by the name it gets. */
static ew_status name_include(ew_request *request, ew_context *ctx)
{
    if (!request->output || !ew_network_get(request->net, "self-test") ||
        ew_network_get(request->net, "include"))
        return EW_OK;
    const char *slash = strrchr(request->output, '/');
    return ew_network_set(request->net, "include", slash ? slash + 1 : request->output, ctx);
}

static ew_status choose_format(ew_request *request, const ew_command *command, ew_context *ctx)
{
    int shard = ew_network_get(request->net, "shard") != NULL;
    if (!request->format)
        request->format = default_format(command, shard);
    if (shard && strcmp(request->format, "json") != 0)
        return ew_fail(ctx, EW_USAGE, "--format: a shard is json, not %s", request->format);
    return EW_OK;
}

/* Everything after the command's name. */
static ew_status perform(const ew_command *command, int argc, char *const *argv,
                         ew_context *ctx)
{
    ew_request request = {.argument =
                              ew_alloc_zero((size_t) argc, sizeof *request.argument, ctx)};
    ew_status status = request.argument ? ew_network_new(&request.net, ctx) : EW_MEMORY;
    if (status == EW_OK)
        status = ew_arguments_read(&request, command, argc, argv, ctx);
    if (status == EW_OK)
        status = choose_format(&request, command, ctx);
    if (status == EW_OK)
        status = name_include(&request, ctx);
    if (status == EW_OK)
        status = request.help ? show_help(command->name, ctx) : run(command, &request, ctx);
    ew_network_free(request.net);
    free(request.argument);
    return status;
}

/* The words that are not commands; *known says whether argv begins with one. */
static ew_status own_command(int *known, int argc, char *const *argv, ew_context *ctx)
{
    const char *word = argc > 1 ? argv[1] : "";
    *known = 1;
    if (strcmp(word, "--version") == 0)
        return print("edgeworth " PACKAGE_VERSION "\n", ctx);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return show_help(NULL, ctx);
    if (strcmp(word, "help") == 0)
        return argc > 3 ? ew_fail(ctx, EW_USAGE, "'%.40s': unexpected argument", argv[3])
                        : show_help(argc > 2 ? argv[2] : NULL, ctx);
    *known = 0;
    if (argc < 2)
        return ew_fail(ctx, EW_USAGE, "no command given (see edgeworth help)");
    return EW_OK;
}

int main(int argc, char **argv)
{
    int known = 1;
    ew_team team;
    setenv("OPENBLAS_NUM_THREADS", "1", 0); /* samples run in parallel, not matrix products */
    ew_failure_install();
    ew_context *ctx = ew_context_new();
    if (!ctx)
        return complain(NULL, EW_MEMORY, NULL);
    ew_signals_install(ctx);
    ew_status status = ew_team_begin(&team, ctx);
    if (ctx->team)
        ew_signals_team();
    const ew_command *command = argc > 1 ? ew_command_find(argv[1]) : NULL;
    if (status == EW_OK)
        status = own_command(&known, argc, argv, ctx);
    if (status == EW_OK && !known && !command)
        status =
            ew_fail(ctx, EW_USAGE, "'%.40s': unknown command (see edgeworth help)", argv[1]);
    if (status == EW_OK && command)
        status = perform(command, argc - 2, argv + 2, ctx);
    int code = 0;
    if (status != EW_OK)
        code = status == EW_FAILED && !*ew_context_error(ctx)
                   ? 1
                   : complain(command ? command->name : NULL, status, ctx);
    ew_team_end(code);
    ew_context_free(ctx);
    ew_thread_cleanup();
    return code;
}
