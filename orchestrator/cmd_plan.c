#include "orchestrator/cmd_plan.h"

#include <stddef.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "decon/base/loop.h"
#include "decon/compression/codec.h"
#include "decon/s3/put_stream.h"
#include "decon/s3/uri.h"
#include "orchestrator/config/config.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/context/run_context.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/plan/input_list.h"

#define PENDING_MAX_BYTES ((size_t)64 << 20) /* limit of encoded rows not yet uploaded */

typedef struct plan_config {
    config config; /* first: rows of the orchestrator's table mean its members */
    char *output;
} plan_config;

typedef struct plan_run {
    const plan_config *options;
    run_context context;
    listing listing;
    input_list_writer writer;
    buf pending; /* encoded rows */
    s3_op *upload;
    bool step_done;
    err error;
} plan_run;

/* --- options --- */

static const option output_row = {
    .key = "output",
    .type = OPTION_STRING,
    .offset = offsetof(plan_config, output),
    .flags = OPTION_FLAG_ONLY,
    .metavar = "FILE|URI",
    .section = "Output",
    .help = "Output file or object; its suffix (.gz, .zst, .bz2, .xz) selects the compression. "
            "Without it, "
            "a new object below _decon/inputs/ of the report folder.",
};

static bool concerns_plans(const option *row, const char *section)
{
    static const char *const keys[] = {"input_suffixes", "allow_empty", "print_reference",
                                       "print_config"};
    bool named = str_starts_with(row->key, "remote_") || str_equal(row->key, keys[0]) ||
                 str_equal(row->key, keys[1]);
    bool of_section = str_equal(section, "Store") || str_equal(section, "Log and information");
    return named || (of_section && !(row->flags & OPTION_ACCEPTED) &&
                     !str_equal(row->key, keys[2]) && !str_equal(row->key, keys[3]));
}

option_set cmd_plan_options(option *rows)
{
    size_t count = 0;
    const char *section = NULL;
    rows[count++] = output_row;
    for (size_t i = 0; i < config_options.row_count && count < CMD_PLAN_ROWS_MAX; i++) {
        section = config_options.rows[i].section ? config_options.rows[i].section : section;
        if (concerns_plans(&config_options.rows[i], section))
            rows[count++] = config_options.rows[i];
    }
    return (option_set){
        .rows = rows,
        .row_count = count,
        .program = "decon-orchestrator plan",
        .usage = "decon-orchestrator plan --config FILE [options]",
        .intro =
            "Lists the input folder once and writes the keys, sizes and ETags to a list, whose "
            "name "
            "it prints. Hosts that get it by --input-list do not list the input folder themselves.",
        .epilogue = "Exit status:\n"
                    "  0    the list was written\n"
                    "  1    the store could not be read, or the list not be written\n"
                    "  2    usage or configuration, or an input without training files\n",
        .related = &config_options,
    };
}

static bool read_options(const option_set *set, int argc, char **argv,
                         const char *(*getenv_fn)(const char *name), plan_config *out, err *e)
{
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    config *c = &out->config;
    const char *file = options_peek(argc, argv, "config", 'c');
    int positional = argc;
    if (!options_defaults(&config_options, c, e) ||
        (file && !options_yaml(set, file, out, origins, e)) ||
        !options_environment(set, getenv_fn, out, origins, e) ||
        !options_arguments(set, argc, argv, out, origins, &positional, e))
        return false;
    if (c->help || c->version)
        return true;
    if (positional < argc)
        return err_set(e, ERR_USAGE, "plan: %s: not an option; see decon-orchestrator plan --help",
                       argv[positional]);
    names_take_suffixes((const char *const *)c->input_suffixes);
    return options_check(set, out, origins, e) &&
           places_make(c->remote_file_input, c->remote_report_output_dir,
                       c->remote_cleaned_output_dir, &c->places, e);
}

/* --- steps --- */

static void end_step(void *ctx, const err *error)
{
    plan_run *r = ctx;
    if (error)
        r->error = *error;
    r->step_done = true;
}

static bool list_inputs(plan_run *r)
{
    const config *c = &r->options->config;
    op *listing_op = listing_fetch_start(&(listing_options){.s3 = r->context.s3,
                                                            .transport = r->context.transport,
                                                            .places = &c->places,
                                                            .inputs_only = true,
                                                            .out = &r->listing,
                                                            .on_done = end_step,
                                                            .ctx = r});
    UNUSED(listing_op);
    loop_run(r->context.loop, &r->step_done);
    if (err_is_set(&r->error))
        return false;
    return r->listing.inputs.count > 0 || c->allow_empty ||
           err_set(
               &r->error, ERR_CONFIG,
               "remote_file_input: there is no training file in s3://%s/%s; correct it, or give "
               "--allow-empty if an input may be empty",
               c->places.input.bucket, places_list_prefix(&c->places));
}

static bool write_all(plan_run *r, const char *name, stage *sink)
{
    AUTO_PTR(stage)
    encoder = codec_encoder_new(codec_by_suffix(name), 0, sink, &r->error);
    r->writer.to = encoder;
    while (encoder && !r->writer.ended)
        if (!input_list_write_some(&r->writer, &r->error))
            return false;
    return encoder != NULL;
}

static bool write_file(plan_run *r, const char *path)
{
    char *temp = NULL;
    AUTO_FD fd = fs_temp_create(path, &temp, &r->error);
    if (fd < 0)
        return false;
    AUTO_PTR(stage) sink = stage_fd_writer_new(fd);
    if (write_all(r, path, sink))
        return fs_temp_commit(&temp, path, &r->error);
    fs_temp_discard(&temp);
    return false;
}

/* --- an object --- */

static bool keep_pending(void *ctx, slice data, err *e)
{
    return buf_append_slice(ctx, data) || err_set(e, ERR_LIMIT, "the input list grows too fast");
}

/* Encodes only as much as the upload accepts. */
static void pump(void *ctx)
{
    plan_run *r = ctx;
    for (s3_room room = s3_put_stream_room(r->upload); room.len;
         room = s3_put_stream_room(r->upload)) {
        while (r->pending.len == 0 && !r->writer.ended)
            if (!input_list_write_some(&r->writer, &r->error)) {
                r->step_done = true;
                return;
            }
        size_t len = MIN(room.len, r->pending.len);
        if (len == 0) {
            s3_put_stream_end(r->upload);
            return;
        }
        memcpy(room.data, r->pending.data, len);
        buf_consume(&r->pending, len);
        s3_put_stream_filled(r->upload, len);
    }
}

static void on_uploaded(void *ctx, const s3_put_result *result, const err *error)
{
    UNUSED(result);
    ((plan_run *)ctx)->upload = NULL;
    end_step(ctx, error);
}

static bool write_object(plan_run *r, const char *uri_text)
{
    AUTO(s3_uri) uri = {0};
    if (!s3_uri_parse(uri_text, &uri, &r->error))
        return false;
    buf_init(&r->pending, PENDING_MAX_BYTES);
    AUTO_PTR(stage) sink = stage_callback_new(keep_pending, NULL, &r->pending);
    AUTO_PTR(stage)
    encoder = codec_encoder_new(codec_by_suffix(uri.key), 0, sink, &r->error);
    if (!encoder)
        return false;
    r->writer.to = encoder;
    r->step_done = false;
    r->upload = s3_put_stream(r->context.s3, &(s3_put_stream_options){.bucket = uri.bucket,
                                                                      .key = uri.key,
                                                                      .content_type = "text/csv",
                                                                      .on_room = pump,
                                                                      .on_done = on_uploaded,
                                                                      .ctx = r});
    pump(r);
    if (!r->step_done)
        loop_run(r->context.loop, &r->step_done);
    if (r->upload)
        s3_op_cancel(move(r->upload));
    return !err_is_set(&r->error);
}

/* --- the command --- */

/* In the report folder, below the prefix that plans ignore. */
static char *default_output(const plan_run *r)
{
    const place *report = &r->options->config.places.report;
    transport *t = r->context.transport;
    char start[RUN_TIME_BYTES];
    run_time_text(clock_wall_s(t), false, start);
    return xasprintf("s3://%s/%s" RUN_RECORDS_FOLDER "inputs/%s-%06x.csv.zst", report->bucket,
                     report->prefix, start, (unsigned)(transport_random(t) & 0xffffff));
}

static bool make_list(plan_run *r, FILE *out)
{
    const config *c = &r->options->config;
    if (!list_inputs(r))
        return false;
    AUTO_FREE char *name = r->options->output ? xstrdup(r->options->output) : default_output(r);
    r->writer = (input_list_writer){.places = &c->places, .listing = &r->listing};
    bool ok = str_starts_with(name, "s3://") ? write_object(r, name) : write_file(r, name);
    if (!ok)
        return err_context(&r->error, "plan: the input list %s", name);
    log_info("plan: %zu inputs of s3://%s/%s are listed in %s", r->listing.inputs.count,
             c->places.input.bucket, places_list_prefix(&c->places), name);
    return (fprintf(out, "%s\n", name) > 0 && fflush(out) == 0) ||
           err_set(&r->error, ERR_IO, "plan: cannot write to standard output");
}

static void run_deinit(plan_run *r)
{
    run_context_close(&r->context);
    listing_deinit(&r->listing);
    buf_deinit(&r->pending);
}
DEFINE_AUTO(plan_run, run_deinit)

static int run(const plan_config *options, const char *(*getenv_fn)(const char *name), FILE *out)
{
    AUTO(plan_run) r = {.options = options};
    const config *c = &options->config;
    bool ok = run_context_open(&r.context, c, getenv_fn, 0, &r.error) &&
              run_context_connect(&r.context, &r.error) && make_list(&r, out);
    if (!ok)
        log_error("%s", r.error.message);
    return ok ? 0 : err_exit_status(&r.error);
}

static int show_information(const option_set *set, const config *c, FILE *out)
{
    if (c->help)
        options_help(set, out);
    else
        fprintf(out, "decon-orchestrator %s\n", DECON_VERSION);
    return fflush(out) == 0 ? 0 : 1;
}

int cmd_plan(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    option rows[CMD_PLAN_ROWS_MAX];
    option_set set = cmd_plan_options(rows);
    plan_config options = {.output = NULL};
    err e = ERR_INIT;
    int status;
    if (!read_options(&set, argc, argv, getenv_fn, &options, &e)) {
        log_error("%s", e.message);
        status = err_exit_status(&e);
    } else if (options.config.help || options.config.version) {
        status = show_information(&set, &options.config, out);
    } else {
        log_setup(&(log_options){.level = (log_level)options.config.log_level,
                                 .json = options.config.log_json,
                                 .fd = STDERR_FILENO,
                                 .queued = true});
        status = run(&options, getenv_fn, out);
    }
    config_deinit(&options.config);
    free(options.output);
    return status;
}
