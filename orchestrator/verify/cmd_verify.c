#include "orchestrator/verify/cmd_verify.h"

#include <stddef.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/verify/verify_run.h"

typedef struct verify_config {
    config config; /* first: rows of the orchestrator's table refer to its members */
    bool json;
} verify_config;

/* ---- options: those of the orchestrator that are not specific to a run ---- */

static const option json_row = {
    .key = "json",
    .type = OPTION_BOOL,
    .offset = offsetof(verify_config, json),
    .flags = OPTION_FLAG_ONLY,
    .fallback = "false",
    .section = "Output",
    .help = "Write one JSON object per file: name, \"ok\", and the verdict or the fault.",
};

static bool concerns_runs_only(const option *row)
{
    static const char *const keys[] = {
        "redo",          "copy_uncontaminated", "dry_run",       "max_files_debug",
        "server_url",    "max_concurrent_jobs", "poll_interval", "server_wait",
        "cleanup_delay", "host_index",          "host_count",    "single",
        "gzip_level",    "zstd_level",          "bzip2_level",   "xz_level",
        "input_list",    "input_list_columns",  "distribution",  "claim_lease",
        "ledger_sha256",
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (str_equal(row->key, keys[i]))
            return true;
    return str_starts_with(row->key, "remote_") || str_starts_with(row->key, "print_") ||
           (row->flags & OPTION_ACCEPTED);
}

/* A heading moves to the first kept row below it. */
static size_t pick_rows(option *rows)
{
    size_t count = 0;
    const char *section = NULL, *written = NULL;
    rows[count++] = json_row;
    for (size_t i = 0; i < config_options.row_count && count < CMD_VERIFY_ROWS_MAX; i++) {
        const option *row = &config_options.rows[i];
        section = row->section ? row->section : section;
        if (concerns_runs_only(row))
            continue;
        rows[count] = *row;
        rows[count].section = section == written ? NULL : section;
        rows[count++].flags &= ~(unsigned)OPTION_REQUIRED;
        written = section;
    }
    return count;
}

option_set cmd_verify_options(option *rows)
{
    return (option_set){
        .rows = rows,
        .row_count = pick_rows(rows),
        .program = "decon-orchestrator verify",
        .usage = "decon-orchestrator verify [options] "
                 "FILE|FOLDER|s3://BUCKET/KEY|s3://BUCKET/FOLDER/|-...",
        .intro =
            "Decodes each file completely and checks each line, as a run does before it submits "
            "it; `-` is standard input. Folders mean the inputs below them (.jsonl and .json, "
            "plain or compressed); in the store they end with a slash. Several files are read "
            "concurrently, objects while they are downloaded.",
        .epilogue = "Exit status:\n"
                    "  0    all files are valid\n"
                    "  1    some could not be read\n"
                    "  2    usage or configuration\n"
                    "  3    some are invalid\n",
        .ignore_unknown_keys = true, /* a run's file has more keys */
    };
}

static bool read_options(const option_set *set, int argc, char **argv,
                         const char *(*getenv_fn)(const char *name), verify_config *out,
                         int *positional, err *e)
{
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    const char *file = options_peek(argc, argv, "config", 'c');
    *positional = argc;
    if (!options_defaults(set, out, e) || (file && !options_yaml(set, file, out, origins, e)) ||
        !options_environment(set, getenv_fn, out, origins, e) ||
        !options_arguments(set, argc, argv, out, origins, positional, e))
        return false;
    if (out->config.help || out->config.version)
        return true;
    names_take_suffixes((const char *const *)out->config.input_suffixes);
    if (!codec_gzip_decoder_check((codec_gzip_decoder)out->config.gzip_decoder, e))
        return false;
    if (out->config.verify == VERIFY_NONE)
        return err_set(e, ERR_USAGE,
                       "verify: none checks nothing; give --verify jsonl or --verify stream");
    return *positional < argc ||
           err_set(e, ERR_USAGE, "verify: no file is named; see decon-orchestrator verify --help");
}

/* ---- the command ---- */

/* Faults of the file's content, as opposed to reading or transferring it. */
static bool is_fault_of_file(err_code code)
{
    switch (code) {
    case ERR_CODEC_EARLY_END:
    case ERR_CODEC_CORRUPT:
    case ERR_CODEC_TRAILING:
    case ERR_CODEC_UNSUPPORTED:
    case ERR_CODEC_MEMORY:
    case ERR_JSONL:
    case ERR_NO_TEXT:
    case ERR_UTF8:
    case ERR_LIMIT:
        return true;
    default:
        return false;
    }
}

static void take_result(void *ctx, const char *name, const verdict *found, const err *error)
{
    verify_sums *sums = ctx;
    sums->valid += !error;
    sums->invalid += error && is_fault_of_file(error->code);
    sums->unreadable += error && !is_fault_of_file(error->code);
    if (found) {
        sums->lines += found->lines;
        sums->raw_bytes += found->raw_bytes;
        sums->decoded_bytes += found->decoded_bytes;
    }
    if (sums->json)
        verify_print_json(sums->out, name, found, error);
    else
        verify_print_text(sums->out, name, found, error, sums->content_key);
    fflush(sums->out);
}

static void list(verify_run *crew, char **arguments, verify_names *names)
{
    for (; *arguments; arguments++)
        if (verify_names_is_remote_folder(*arguments))
            verify_run_list(crew, *arguments, names);
        else if (str_starts_with(*arguments, "s3://"))
            verify_names_add(names, *arguments, 0);
        else
            verify_names_add_local(names, *arguments);
}

static int verify_all(const verify_config *v, const char *(*getenv_fn)(const char *name),
                      char **arguments, FILE *out)
{
    err e = ERR_INIT;
    AUTO(verify_names) names = {0};
    AUTO_PTR(verify_run) crew = verify_run_new(&v->config, getenv_fn, &e);
    if (!crew) {
        log_error("%s", e.message);
        return err_exit_status(&e);
    }
    verify_sums sums = {.out = out, .json = v->json, .content_key = v->config.content_key};
    list(crew, arguments, &names);
    verify_run_all(crew, &names, take_result, &sums);
    sums.ignored = names.ignored_count;
    if (names.any_folder || names.count > 1)
        verify_print_sums(&sums);
    if (fflush(out) != 0 || ferror(out)) {
        log_error("verify: cannot write the results");
        return 1;
    }
    return sums.unreadable > 0 ? 1 : sums.invalid > 0 ? 3 : 0;
}

int cmd_verify(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    option rows[CMD_VERIFY_ROWS_MAX];
    option_set set = cmd_verify_options(rows);
    verify_config v = {.json = false};
    err e = ERR_INIT;
    int positional, status;
    if (!read_options(&set, argc, argv, getenv_fn, &v, &positional, &e)) {
        log_error("%s", e.message);
        status = err_exit_status(&e);
    } else if (v.config.help || v.config.version) {
        if (v.config.help)
            options_help(&set, out);
        else
            fprintf(out, "decon-orchestrator %s\n", DECON_VERSION);
        status = fflush(out) == 0 ? 0 : 1;
    } else {
        log_setup(&(log_options){.level = (log_level)v.config.log_level,
                                 .json = v.config.log_json,
                                 .fd = STDERR_FILENO,
                                 .queued = true});
        status = verify_all(&v, getenv_fn, argv + positional, out);
    }
    names_take_suffixes(NULL);
    options_deinit(&set, &v);
    return status;
}
