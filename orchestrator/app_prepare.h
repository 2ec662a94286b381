/* Steps of a run before the first file is begun: internals shared by the files app*.c.
 *
 * What:    steps that app.c calls in order; each waits in the event loop until it has ended.
 * Owner:   app.c's object, which keeps the results of steps until app_free.
 * Threads: loop.
 * Fails:   by the step's error; a signal while it waits is ERR_CANCELLED.
 */
#ifndef ORCHESTRATOR_APP_PREPARE_H
#define ORCHESTRATOR_APP_PREPARE_H

#include "orchestrator/app.h"
#include "orchestrator/runtime/run_limits.h"
#include "orchestrator/runtime/spot_notice.h"
#include "orchestrator/flow/flow.h"
#include "orchestrator/local/result_dirs.h"
#include "orchestrator/monitor/monitor.h"
#include "orchestrator/observe/progress.h"
#include "orchestrator/observe/recorder.h"
#include "orchestrator/plan/done_check.h"
#include "orchestrator/plan/listing.h"
#include "decon/s3/s3.h"
#include "base/util.h"

/* An object with the settings, while it is being written. */
typedef struct app_record {
    s3_op *op; /* or NULL */
    buf text;
    const char *what;
} app_record;

struct app {
    const config *config;
    app_env env;
    app_limits limits; /* these, codec_memory, verifier and s3 are the context's */
    uint64_t started_ms;
    int64_t started_s; /* the same by the wall clock, since 1970 UTC */

    s3_client *s3;
    workdir *workdir;
    result_dirs *result_dirs;
    result_dirs *old_folders; /* of earlier runs of this share */
    result_jobs *result_jobs; /* NULL: a debug run, which removes nothing */
    detect_client *jobs;
    codec_memory *codec_memory;
    verifier *verifier;
    listing listing;
    plan plan;
    done_check *done_check; /* or NULL */
    char *nearest;          /* the nearest existing folder, if the input does not exist; or NULL */
    server_facts server;    /* its strings are ours */
    flow *flow;
    bool flow_finished;
    run_name run;
    monitor *monitor;                          /* NULL: metrics_listen is not set */
    recorder *recorder;                        /* NULL: a debug run, or there is no work */
    bool recorded;                             /* it has been closed */
    app_record settings_record, recall_record; /* that are being written */

    struct claim_run *claim_run; /* app_claim.c; NULL: the share is fixed */

    progress *progress; /* until the flow has ended */
    /* the current step */
    op *step; /* its operation, or NULL */
    bool step_done;
    err step_error;

    int signal_number; /* 0: none came */
    bool noticed;      /* by a spot notice */
    timer *drain;      /* after the first signal or a notice: its limit */
    const char *drain_name;
    spot_notice *spot; /* NULL: not watched for */
    size_t done_before_signal;
    bool aborted;
};

void app_record_deinit(app_record *r);

/* --- one step: begin, start the operation in a->step, await; app_end_step is its callback --- */
/* `fmt`: what the run waits for, for the progress line. */
void app_begin_step(app *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool app_await_step(app *a, err *e) MUST_USE;
void app_end_step(void *ctx, const err *error);

bool app_make_client(app *a, err *e) MUST_USE;
/* Nothing is downloaded if the outputs cannot be written. */
bool app_probe_outputs(app *a, err *e) MUST_USE;
bool app_fetch_listing(app *a, err *e) MUST_USE;
/* `once`: one request; otherwise until the server answers. Its facts are then in a->server. */
bool app_wait_for_server(app *a, bool once, err *e) MUST_USE;
/* Waits for the server; its result folders are checked. */
bool app_know_server(app *a, bool *purify, err *e) MUST_USE;

/* --- app_folders.c --- */
bool app_open_work_dir(app *a, err *e) MUST_USE;
/* Callbacks of the detection client; `ctx` is the app. */
void app_learn_folders(void *ctx, const server_facts *facts);
bool app_knows_path(void *ctx, const char *path);
bool app_check_result_dirs(const app *a, err *e) MUST_USE;
/* Removes the results of this share's jobs; no item may wait for one. Those of files that failed in
 * this run stay for the next run. */
void app_sweep_results(app *a);
/* Removes downloads that the plan does not name. */
bool app_clear_work_dir(app *a, err *e) MUST_USE;

/* --- app_plan.c --- */
/* Sets *purify to the server's setting; may fail. */
typedef bool app_server_step(app *a, bool *purify, err *e);
/* The plan. know_server is called only if there is work; *server_known: whether it was called. */
bool app_make_plan(app *a, bool *server_known, app_server_step *know_server, err *e) MUST_USE;
/* The plan of the whole share, without comparing versions of results; refuses an empty input. */
bool app_list_plan(app *a, bool purify, err *e) MUST_USE;
void app_warn_of_copies(const app *a);
/* The plan of a run: the server is known if there is work, stale downloads are removed. */
bool app_plan_work(app *a, err *e) MUST_USE;

/* --- app_settings.c --- */
settings_change app_settings_policy(const app *a);
/* After done_check: false if results of other settings are refused. */
bool app_judge_settings(app *a, err *e) MUST_USE;
/* Before a claim run: the same for a few results, so that a host with other settings begins no round
 * that the others could not join. Each slice is compared with all of its results later. */
bool app_sample_settings(app *a, err *e) MUST_USE;
/* Starts writing the server's settings to the report folder; the run does not wait for it, and a
 * failure is a warning. */
void app_write_settings(app *a);

#endif
