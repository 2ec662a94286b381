#include "orchestrator/status/cmd_status.h"

#include <stddef.h>
#include <unistd.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/status/status_gather.h"
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
     .help = "Print one JSON object instead of text."},
    {.key = "watch",
     .type = OPTION_BOOL,
     AT(watch),
     .fallback = "false",
     .help = "Repeat until all files are done."},
    {.key = "interval",
     .type = OPTION_DURATION,
     AT(interval_ms),
     .fallback = "60",
     .min = 1,
     .max = 86400,
     .unit = "seconds",
     .help = "Pause between two updates of --watch."},
    {.key = "head_limit",
     .type = OPTION_INT,
     AT(head_limit),
     .fallback = "10000",
     .min = 0,
     .max = 1e9,
     .unit = "requests",
     .help = "Maximum number of results missing in the ledger that are requested one by one."},
};

/* --- one update --- */

static bool gather(const status_config *c, store_session *session, status_view *v,
                   status_table *table, status_sums *sums, status_runs *runs, err *e)
{
    const status_results results = {.session = session,
                                    .table = table,
                                    .sums = sums,
                                    .settings = runs->settings,
                                    .redoes = runs->redoes};
    if (!status_gather(session, &c->config, runs, v->places, table, e) ||
        !status_results_read_ledger(&results, e))
        return false;
    status_results_ask(&results, (uint64_t)c->head_limit);
    if (!status_results_read_failures(&results, e))
        return false;
    status_runs_add_missing(runs);
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

/* A round that hosts claimed before is not of the newest run, if that has a fixed share. */
static bool read_slices(store_session *session, const place *report, const status_runs *runs,
                        status_slices *out, err *e)
{
    return (runs->count && !runs->claims) || status_slices_read(session, report, out, e);
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
              read_slices(session, &report.report, &runs, &slices, &e) &&
              status_find_places(&c->config, &runs, &where, &e) &&
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
        if (!c->watch || status == 0 || status == 2 || ferror(out)) /* nothing reads on: | head */
            return status;
        store_session_begin(session);
        timer *pause = timer_start(t, c->interval_ms, store_session_wake, session);
        UNUSED(pause);
        if (!store_session_wait(session, NULL))
            return status;
    }
}

static const store_command command = {
    .rows = own_rows,
    .row_count = ARRAY_LEN(own_rows),
    .folders = true,
    .program = "decon-orchestrator status",
    .usage = "decon-orchestrator status --config FILE|s3://REPORT-FOLDER [options]",
    .intro =
        "Shows the progress of a fleet, read from the store: files done, failed and left, hosts, "
        "rate, contamination by evaluation set and by source folder. It writes nothing. "
        "With the report folder alone, input folder and input lists are those of the newest "
        "run.",
    .epilogue = "Exit status:\n"
                "  0    all is done\n"
                "  1    the store cannot be read\n"
                "  2    usage or configuration\n"
                "  3    files are left, or have failed\n",
    .options_bytes = sizeof(status_config),
    .run = run,
};

option_set cmd_status_options(option *rows)
{
    return store_command_options(&command, rows);
}

int cmd_status(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    return store_command_main(&command, argc, argv, getenv_fn, out);
}
