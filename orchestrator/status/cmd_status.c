#include "orchestrator/status/cmd_status.h"

#include <stddef.h>
#include <unistd.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/plan/input_list_fetch.h"
#include "orchestrator/status/status_print.h"
#include "orchestrator/status/status_results.h"
#include "orchestrator/status/status_runs.h"
#include "orchestrator/status/status_slices.h"
#include "orchestrator/status/status_sums.h"
#include "orchestrator/status/status_table.h"

#define OUTPUT_MAX_BYTES ((size_t)256 << 20)

#define AT(member) .offset = offsetof(status_config, member), .flags = OPTION_FLAG_ONLY

static const option own_rows[] = {
    {.key = "json",
     .type = OPTION_BOOL,
     AT(json),
     .fallback = "false",
     .section = "Output",
     .help = "One JSON object in place of the text."},
    {.key = "watch",
     .type = OPTION_BOOL,
     AT(watch),
     .fallback = "false",
     .help = "Look again and again, until all is done."},
    {.key = "interval",
     .type = OPTION_DURATION,
     AT(interval_ms),
     .fallback = "60",
     .min = 1,
     .max = 86400,
     .unit = "seconds",
     .help = "Pause between two looks of --watch."},
    {.key = "head_limit",
     .type = OPTION_INT,
     AT(head_limit),
     .fallback = "10000",
     .min = 0,
     .max = 1e9,
     .unit = "requests",
     .help = "Most results that the ledger lacks and that are asked for one by one."},
};

option_set cmd_status_options(option *rows)
{
    for (size_t i = 0; i < ARRAY_LEN(own_rows); i++)
        rows[i] = own_rows[i];
    return (option_set){
        .rows = rows,
        .row_count = store_command_rows(rows, ARRAY_LEN(own_rows)),
        .program = "decon-orchestrator status",
        .usage = "decon-orchestrator status --config FILE|s3://REPORT-FOLDER [options]",
        .intro =
            "Shows how far a fleet is, from the store alone: files done, failed and left, hosts, "
            "rate, contamination by evaluation set and by source folder. It writes nothing. "
            "With the report folder alone, input folder and input lists are those of the newest "
            "run.",
        .epilogue = "Exit status:\n"
                    "  0    all is done\n"
                    "  1    the state is not known\n"
                    "  2    usage or configuration\n"
                    "  3    files are left, or have failed\n",
        .related = &config_options,
    };
}

/* --- one look --- */

static bool on_input(void *ctx, const s3_object *object, err *e)
{
    UNUSED(e);
    status_table_add_input(ctx, object);
    return true;
}

static bool on_output(void *ctx, const s3_object *object, err *e)
{
    UNUSED(e);
    status_table_add_output(ctx, object);
    return true;
}

static bool same_place(const place *a, const place *b)
{
    return str_equal(a->bucket, b->bucket) && str_equal(a->prefix, b->prefix);
}

static bool read_lists(store_session *s, const config *c, const char *const *lists, status_table *t,
                       err *e)
{
    AUTO(listing) found = {0};
    store_session_begin(s);
    op *fetch = input_list_fetch_start(&(input_list_fetch_options){.transport = s->env.transport,
                                                                   .s3 = s->s3,
                                                                   .lists = lists,
                                                                   .columns = c->input_list_columns,
                                                                   .places = t->places,
                                                                   .out = &found,
                                                                   .on_done = store_session_end,
                                                                   .ctx = s});
    UNUSED(fetch);
    if (!store_session_wait(s, e) || !listed_drop_repeats(&found.inputs, e))
        return false;
    status_table_take_inputs(t, &found.inputs);
    return true;
}

/* The lists that are given; with the report folder alone those of the newest run that are in the store. */
static const char *const *lists_of(const status_config *c, const status_runs *runs)
{
    const config *given = &c->config;
    bool any = given->input_list && given->input_list[0];
    char **of_run = given->remote_file_input ? NULL : runs->input_lists;
    char **lists = any ? given->input_list : of_run;
    for (size_t i = 0; !any && lists && lists[i]; i++)
        if (!str_starts_with(lists[i], "s3://")) {
            log_info("input_list of the newest run: %s is a file of its host; the input folder is "
                     "listed instead",
                     lists[i]);
            return NULL;
        }
    return lists && lists[0] ? (const char *const *)lists : NULL;
}

static bool read_inputs(const status_config *c, store_session *s, const status_runs *runs,
                        status_table *t, err *e)
{
    const places *p = t->places;
    const char *const *lists = lists_of(c, runs);
    return lists ? read_lists(s, &c->config, lists, t, e)
                 : store_session_list(s, p->input.bucket, places_list_prefix(p), on_input, t, e);
}

static bool list_outputs(store_session *s, bool with_cleaned, status_table *t, err *e)
{
    const places *p = t->places;
    return store_session_list(s, p->report.bucket, p->report.prefix, on_output, t, e) &&
           (!with_cleaned || same_place(&p->report, &p->cleaned) ||
            store_session_list(s, p->cleaned.bucket, p->cleaned.prefix, on_output, t, e));
}

/* What the command line does not say, the newest run's record does. */
static bool find_places(const status_config *c, const status_runs *runs, places *out, err *e)
{
    const config *given = &c->config;
    const char *input = given->remote_file_input ? given->remote_file_input : runs->input_uri;
    const char *cleaned =
        given->remote_cleaned_output_dir ? given->remote_cleaned_output_dir : runs->cleaned_uri;
    if (!input)
        return err_set(e, ERR_PLAN,
                       "status: %s has no record of a run, so the input folder is not known; give "
                       "--remote-file-input or --config FILE",
                       given->remote_report_output_dir);
    if (!given->input_suffixes[0] && runs->suffixes)
        names_take_suffixes((const char *const *)runs->suffixes);
    return places_make(input, given->remote_report_output_dir, cleaned, out, e);
}

static bool gather(const status_config *c, store_session *session, status_view *v,
                   status_table *table, status_sums *sums, status_runs *runs, err *e)
{
    const status_results results = {
        .session = session, .table = table, .sums = sums, .settings = runs->settings};
    bool purify = runs->purify_known && runs->purify;
    table->places = v->places;
    if (!read_inputs(c, session, runs, table, e) || !list_outputs(session, purify, table, e))
        return false;
    status_table_judge(table, purify);
    if (table->inputs.count == 0)
        return err_set(
            e, ERR_PLAN,
            "status: there is no training file in s3://%s/%s; is remote_file_input right?",
            v->places->input.bucket, places_list_prefix(v->places));
    if (!status_results_read_ledger(&results, e) || !status_results_read_failures(&results, e))
        return false;
    status_results_ask(&results, (uint64_t)c->head_limit);
    status_sums_close(sums, table, runs);
    return true;
}

static bool print(const status_config *c, const status_view *v, FILE *out, err *e)
{
    AUTO(buf) text = BUF(OUTPUT_MAX_BYTES);
    if (c->watch && !c->json && isatty(fileno(out)))
        buf_append_str(&text, "\033[H\033[2J"); /* the terminal is cleared */
    if (c->json)
        status_print_json(v, &text);
    else
        status_print_text(v, &text);
    bool ok = !text.overflow && fwrite(text.data, 1, text.len, out) == text.len && fflush(out) == 0;
    return ok || err_set(e, ERR_IO, "status: cannot write the result");
}

int status_look(const status_config *c, store_session *session, FILE *out)
{
    err e = ERR_INIT;
    AUTO(places) report = {0};
    AUTO(places) where = {0};
    AUTO(status_runs) runs = {0};
    AUTO(status_table) table = {0};
    AUTO(status_sums) sums = {0};
    status_slices slices = {0};
    int64_t now_s = clock_wall_s(session->env.transport);
    status_view view = {
        .places = &where, .sums = &sums, .runs = &runs, .slices = &slices, .now_s = now_s};
    bool ok = places_make_report(c->config.remote_report_output_dir, &report, &e) &&
              status_runs_read(session, &report.report, now_s, &runs, &e) &&
              status_slices_read(session, &report.report, &slices, &e) &&
              find_places(c, &runs, &where, &e) &&
              gather(c, session, &view, &table, &sums, &runs, &e) && print(c, &view, out, &e);
    names_take_suffixes((const char *const *)c->config.input_suffixes);
    if (ok)
        return sums.left == 0 ? 0 : 3;
    log_error("%s", e.message);
    return e.code == ERR_CONFIG ? err_exit_status(&e) : 1;
}

/* --- the command --- */

static int run(void *options, store_session *session, FILE *out)
{
    const status_config *c = options;
    transport *t = session->env.transport;
    for (;;) {
        int status = status_look(c, session, out);
        if (!c->watch || status == 0 || status == 2)
            return status;
        store_session_begin(session);
        timer *pause = timer_start(t, c->interval_ms, store_session_wake, session);
        UNUSED(pause);
        if (!store_session_wait(session, NULL))
            return status;
    }
}

int cmd_status(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    option rows[STORE_COMMAND_ROWS_MAX];
    status_config c = {.json = false};
    store_command command = {.set = cmd_status_options(rows),
                             .own_count = ARRAY_LEN(own_rows),
                             .argc = argc,
                             .argv = argv,
                             .getenv_fn = getenv_fn,
                             .out = out,
                             .config = &c.config,
                             .run = run};
    int status = store_command_main(&command);
    config_deinit(&c.config);
    return status;
}
