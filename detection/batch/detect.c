#include "detection/batch/detect.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/batch/detect_run.h"
#include "detection/batch/batch_record.h"
#include "base/json/json_write.h"
#include "detection/config/fingerprint.h"
#include "detection/config/index_load.h"
#include "detection/recall/recall.h"
#include "detection/job/job_threads.h"

/* Never the name of an input, which ends in .jsonl or .json and the compression's suffix. */
#define CLEANED_SUFFIX ".clean.jsonl.gz"
#define LINE_MAX_BYTES ((size_t)1 << 20)

enum { EXIT_SOME_FAILED = 3, EXIT_FOUND = 4, EXIT_SIGNAL = 128 };

static const char *const state_names[] = {"skipped", "clean", "contaminated", "failed"};

/* --- output --- */

static void print_line(buf *line)
{
    buf_append_char(line, '\n');
    fwrite(line->data, 1, line->len, stdout);
    fflush(stdout);
}

static void print_json(void *ctx, const detect_file *f, const detect_result *r)
{
    UNUSED(ctx);
    AUTO(buf) line = BUF(LINE_MAX_BYTES);
    const job_outcome *o = &r->outcome;
    if (o->cleaned_path)
        json_member_string(&line, "cleaned_path", slice_from(o->cleaned_path));
    json_member_int(&line, "contaminated_lines", (int64_t)o->contaminated_lines);
    if (r->error)
        json_member_string(&line, "error", slice_from(r->error));
    json_member_string(&line, "file", slice_from(f->path));
    json_member_int(&line, "lines", (int64_t)o->lines);
    json_member_int(&line, "matches", (int64_t)o->matches);
    if (o->near_path) {
        json_member_int(&line, "near_misses", (int64_t)o->near_misses);
        json_member_string(&line, "near_path", slice_from(o->near_path));
    }
    if (o->report_path)
        json_member_string(&line, "report_path", slice_from(o->report_path));
    json_member_string(&line, "status", slice_from(state_names[r->state]));
    json_member_int(&line, "text_bytes", (int64_t)o->text_bytes);
    json_member_int(&line, "unread_lines", (int64_t)o->unread_lines);
    json_close(&line);
    print_line(&line);
}

static void print_json_totals(const detect_totals *t)
{
    AUTO(buf) line = BUF(LINE_MAX_BYTES);
    json_member_int(&line, "clean", (int64_t)t->clean);
    json_member_int(&line, "contaminated", (int64_t)t->contaminated);
    json_member_int(&line, "contaminated_lines", (int64_t)t->contaminated_lines);
    json_member_int(&line, "failed", (int64_t)t->failed);
    json_member_int(&line, "files", (int64_t)t->files);
    json_member_int(&line, "lines", (int64_t)t->lines);
    json_member_int(&line, "matches", (int64_t)t->matches);
    if (t->near_misses > 0)
        json_member_int(&line, "near_misses", (int64_t)t->near_misses);
    json_key(&line, "seconds");
    buf_printf(&line, "%" PRIu64 ".%03u", t->ms / 1000, (unsigned)(t->ms % 1000));
    json_member_int(&line, "skipped", (int64_t)t->skipped);
    json_member_string(&line, "status", SLICE_LIT("summary"));
    json_member_int(&line, "text_bytes", (int64_t)t->text_bytes);
    json_member_int(&line, "unread_lines", (int64_t)t->unread_lines);
    json_close(&line);
    print_line(&line);
}

static void print_words(const server_config *c, const detect_files *files,
                        const detect_result *results)
{
    for (size_t i = 0; i < files->count; i++) {
        const job_outcome *o = &results[i].outcome;
        if (results[i].state == DETECT_CONTAMINATED)
            printf("CONTAMINATED: %s: %" PRIu64 " of %" PRIu64 " line%s, %" PRIu64
                   " match%s: %s/%s" JOB_REPORT_SUFFIX "\n",
                   files->files[i].path, o->contaminated_lines, o->lines, plural_s(o->lines),
                   o->matches, o->matches == 1 ? "" : "es", c->report_output_dir,
                   files->files[i].id);
    }
    for (size_t i = 0; i < files->count; i++)
        if (results[i].outcome.unread_lines > 0)
            printf("UNREAD: %s: %" PRIu64 " of %" PRIu64 " lines have no text under '%s'\n",
                   files->files[i].path, results[i].outcome.unread_lines, results[i].outcome.lines,
                   c->content_key);
    for (size_t i = 0; i < files->count; i++)
        if (results[i].state == DETECT_FAILED)
            printf("FAILED: %s\n", results[i].error);
}

static void print_totals(const detect_totals *t, const server_config *c)
{
    printf("SUMMARY: Files=%zu Clean=%zu Contaminated=%zu Failed=%zu Skipped=%zu Lines=%" PRIu64
           " ContaminatedLines=%" PRIu64 " Matches=%" PRIu64 " Bytes=%" PRIu64 " Time=%" PRIu64
           ".%us UnreadLines=%" PRIu64,
           t->files, t->clean, t->contaminated, t->failed, t->skipped, t->lines,
           t->contaminated_lines, t->matches, t->text_bytes, t->ms / 1000,
           (unsigned)(t->ms % 1000 / 100), t->unread_lines);
    if (c->report_threshold > 0)
        printf(" NearMisses=%" PRIu64, t->near_misses);
    puts("");
    if (t->contaminated > 0)
        printf("To see the matches: decon review %s\n", c->report_output_dir);
    fflush(stdout);
}

static detect_totals add_up(const detect_files *files, const detect_result *results, uint64_t ms)
{
    detect_totals t = {.files = files->count, .ms = ms};
    for (size_t i = 0; i < files->count; i++) {
        const job_outcome *o = &results[i].outcome;
        t.skipped += results[i].state == DETECT_SKIPPED;
        t.clean += results[i].state == DETECT_CLEAN;
        t.contaminated += results[i].state == DETECT_CONTAMINATED;
        t.failed += results[i].state == DETECT_FAILED;
        t.lines += o->lines;
        t.unread_lines += o->unread_lines;
        t.contaminated_lines += o->contaminated_lines;
        t.matches += o->matches;
        t.near_misses += o->near_misses;
        t.text_bytes += o->text_bytes;
    }
    return t;
}

static int exit_status(const detect_totals *t, const detect_batch *b, const server_config *c)
{
    if (b->signal)
        return EXIT_SIGNAL + b->signal;
    if (t->failed > 0)
        return EXIT_SOME_FAILED;
    return c->fail_on_match && t->contaminated > 0 ? EXIT_FOUND : 0;
}

/* --- run --- */

static bool find_files(const server_config *c, detect_files *files, char **names, err *e)
{
    bool has_dir = c->training_dir && *c->training_dir;
    bool takes_dir = has_dir && (!names[0] || c->training_dir_named);
    if (!names[0] && !takes_dir)
        return err_set(
            e, ERR_USAGE,
            "no training files; name files or folders, or give --training-dir (see detect --help)");
    files->skip[0] = c->job.report_dir;
    files->skip[1] = c->job.cleaned_dir;
    if (has_dir && !takes_dir)
        log_info("training_dir %s of the configuration file is ignored: files are named",
                 c->training_dir);
    if (takes_dir && !detect_files_add(files, c->training_dir, e))
        return false;
    for (size_t i = 0; names[i]; i++)
        if (!detect_files_add(files, names[i], e))
            return false;
    detect_files_finish(files);
    return files->count > 0 || err_set(e, ERR_USAGE,
                                       "no training files: the named folders contain no file that "
                                       "ends in .jsonl or .json, plain or compressed");
}

static bool make_directories(const server_config *c, err *e)
{
    return fs_make_dirs(c->job.report_dir, e) &&
           (!c->job.cleaned_dir || fs_make_dirs(c->job.cleaned_dir, e));
}

/* They describe the reports before this batch. */
static bool remove_records(const server_config *c, err *e)
{
    static const char *const names[] = {"detect.json", "merge.json", "rejudge.json"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO_FREE char *path = xasprintf("%s/" BATCH_RECORD_DIR "/%s", c->job.report_dir, names[i]);
        if (!fs_remove(path, e))
            return false;
    }
    return true;
}

static void tell(const server_config *c, const detect_batch *b, const detect_totals *t)
{
    if (c->json) {
        for (size_t i = 0; i < b->files->count; i++)
            if (b->results[i].state == DETECT_SKIPPED)
                print_json(NULL, &b->files->files[i], &b->results[i]);
        print_json_totals(t);
        return;
    }
    print_words(c, b->files, b->results);
    print_totals(t, c);
}

/* Returns the exit status; -1: it could not start. */
static int run_batch(const server_config *c, const detect_files *files, const ngram_index *x,
                     worker_processes *members, err *e)
{
    detect_batch b = {.files = files,
                      .settings = &c->job,
                      .processes = members,
                      .threads = c->workers,
                      .results = detect_results_new(files->count),
                      .each = c->json ? print_json : NULL};
    uint64_t start_ms = monotonic_ms();
    int status = -1;
    if (detect_run(&b, e)) {
        detect_totals t = add_up(files, b.results, monotonic_ms() - start_ms);
        tell(c, &b, &t);
        status = batch_record_write(c, x, &t, e) ? exit_status(&t, &b, c) : -1;
    }
    detect_results_free(b.results, files->count);
    return status;
}

/* Beside the reports: orchestrators store theirs under the same name. */
static bool store_recall(const server_config *c, const char *fingerprint, slice json, err *e)
{
    AUTO_FREE char *dir = xasprintf("%s/" BATCH_RECORD_DIR "/recall", c->job.report_dir);
    AUTO_FREE char *path = xasprintf("%s/%s.json", dir, fingerprint);
    return fs_make_dirs(dir, e) && fs_write_file(path, json, false, e);
}

static bool self_test(const server_config *c, const ngram_index *x, err *e)
{
    const recall_options options = {.evals_dir = c->evals_dir,
                                    .seed = RECALL_SEED,
                                    .per_set = (size_t)c->self_test_records,
                                    .max_line_bytes = c->max_line_size};
    AUTO(recall_result) result = {0};
    AUTO(buf) json = BUF((size_t)256 << 20);
    char fingerprint[FINGERPRINT_TEXT];
    if (!recall_run(x, &options, &result, e))
        return err_context(e, "self-test");
    settings_fingerprint(c, x, fingerprint);
    recall_json(&result, fingerprint, &json);
    buf_append_char(&json, '\n');
    if (c->json)
        fwrite(buf_str(&json), 1, json.len, stdout);
    else
        recall_print(&result, stdout);
    if (fflush(stdout) != 0)
        return err_set(e, ERR_IO, "standard output cannot be written");
    return store_recall(c, fingerprint, buf_slice(&json), e);
}

static int run_self_test(server_config *c, char **names, err *e)
{
    AUTO_PTR(ngram_index) x = NULL;
    if (names[0])
        return err_set(e, ERR_USAGE, "--self-test reads no training files; remove '%s'", names[0])
                   ? 0
                   : -1;
    return (x = load_index(c, e)) && self_test(c, x, e) ? 0 : -1;
}

static int run_files(server_config *c, char **names, err *e)
{
    AUTO(detect_files) files = {0};
    AUTO_PTR(ngram_index) x = NULL;
    fs_raise_file_limit();
    c->job.cleaned_suffix = CLEANED_SUFFIX;
    if (!find_files(c, &files, names, e) || !make_directories(c, e) || !(x = load_index(c, e)) ||
        !remove_records(c, e))
        return -1;
    c->job.meter = job_meter_new();
    worker_processes *members = worker_processes_start(&c->job, x, e);
    int status = members ? run_batch(c, &files, x, members, e) : -1;
    worker_processes_free(members);
    job_meter_free(c->job.meter);
    return status;
}

int detect_command(int argc, char **argv)
{
    err e = ERR_INIT;
    int positional = argc;
    AUTO(server_config) c = {0};
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    bool ok = server_config_read(&c, &detect_options, argc, argv, &positional, &e);
    if (ok && server_config_about(&c, &detect_options))
        return 0;
    log_setup(&(log_options){.level = c.verbose ? LOG_DEBUG : LOG_INFO,
                             .json = c.log_json,
                             .fd = STDERR_FILENO,
                             .queued = true});
    int status = -1;
    if (ok)
        status = (c.self_test ? run_self_test : run_files)(&c, argv + positional, &e);
    if (status >= 0)
        return status;
    log_error("decon detect: %s", e.message);
    return err_exit_status(&e);
}
