/* Health of the detection server: one request for all waiting calls. */
#include "decon/base/log.h"
#include "base/util.h"
#include "base/json/json_read.h"
#include "base/options/options.h"
#include "orchestrator/detect/detect_client_private.h"
#include "orchestrator/detect/server_folders.h"
#include "orchestrator/detect/server_settings.h"

#define HEALTH_LIMIT_MS  5000
#define STILL_WAITING_MS 30000

static void tell_ready(detect_client *j, const server_facts *facts, const err *error)
{
    if (!j->on_ready)
        return;
    void (*on_ready)(void *, const server_facts *, const err *) = j->on_ready;
    j->on_ready = NULL;
    on_ready(j->ready_ctx, facts, error);
}

enum {
    WORKERS,
    PURIFY,
    REPORT_DIR,
    CLEANED_DIR,
    CONTENT_KEY,
    RECORDS,
    SETS,
    CODEC_MEMORY,
    MAX_LINE_SIZE,
    CLEANED_FORMATS,
    FACT_COUNT
};

/* The strings of `out` are malloc'ed. */
static bool read_facts(const exchange *x, server_facts *out, char **texts)
{
    static const char *const keys[FACT_COUNT] = {[WORKERS] = "worker_threads",
                                                 [PURIFY] = "purify",
                                                 [REPORT_DIR] = "report_output_dir",
                                                 [CLEANED_DIR] = "cleaned_output_dir",
                                                 [CONTENT_KEY] = "content_key",
                                                 [RECORDS] = "records",
                                                 [SETS] = "sets",
                                                 [CODEC_MEMORY] = "codec_memory",
                                                 [MAX_LINE_SIZE] = "max_line_size",
                                                 [CLEANED_FORMATS] = "cleaned_formats"};
    json_value values[FACT_COUNT];
    uint64_t workers = 0, records = 0, sets = 0, codec_memory = 0, max_line_size = 0;
    if (!exchange_read(x, keys, values, FACT_COUNT))
        return false;
    for (int i = REPORT_DIR; i <= CONTENT_KEY; i++)
        if (!reply_string(&values[i], &texts[i]))
            return false;
    if (!json_unsigned(&values[WORKERS], &workers))
        workers = 0;
    bool tells_records = json_unsigned(&values[RECORDS], &records);
    if (!json_unsigned(&values[SETS], &sets))
        sets = 0;
    if (!json_unsigned(&values[CODEC_MEMORY], &codec_memory))
        codec_memory = 0;
    if (!json_unsigned(&values[MAX_LINE_SIZE], &max_line_size))
        max_line_size = 0;
    *out = (server_facts){.worker_threads = (unsigned)MIN(workers, (uint64_t)100000),
                          .purify = json_is_true(&values[PURIFY]),
                          .report_dir = texts[REPORT_DIR],
                          .cleaned_dir = texts[CLEANED_DIR],
                          .content_key = texts[CONTENT_KEY],
                          .tells_records = tells_records,
                          .records = tells_records ? records : 0,
                          .sets = sets,
                          .codec_memory = codec_memory,
                          .max_line_size = max_line_size,
                          .cleans_as_input = values[CLEANED_FORMATS].type == JSON_ARRAY};
    return true;
}

static void resume_all(detect_client *j, bool was_down)
{
    for (op *o = op_list_first(&j->calls); o; o = op_next(o))
        if (((job_call *)o)->stuck)
            job_call_resume((job_call *)o, was_down);
}

/* A callback may end other calls, so the walk restarts after each. */
static bool end_one_stuck(detect_client *j, const err *e)
{
    for (op *o = op_list_first(&j->calls); o; o = op_next(o)) {
        job_call *c = (job_call *)o;
        if (c->stuck) {
            c->stuck = false;
            job_call_end(c, NULL, e);
            return true;
        }
    }
    return false;
}

static void end_all(detect_client *j, const err *e)
{
    j->asking = j->down = false;
    tell_ready(j, NULL, e);
    while (end_one_stuck(j, e))
        ;
}

/* It would report every file clean, and waiting does not help. */
static void refuse_empty_index(detect_client *j)
{
    err e = ERR_INIT;
    err_set(&e, ERR_CONFIG,
            "the detection server at %s has an index of 0 records and finds nothing; start it with "
            "evaluation data (--evals-dir)",
            j->shown_url);
    end_all(j, &e);
}

static void give_up(detect_client *j, bool busy, uint64_t waited_ms, const err *why)
{
    err e = ERR_INIT;
    char waited[32];
    format_duration(waited_ms, waited, sizeof waited);
    err_set(&e, ERR_SERVER_DOWN, "the detection server at %s %s%s%s (%s); %s", j->shown_url,
            busy ? "was not ready" : "did not answer", j->once ? "" : " for ",
            j->once ? "" : waited, why->message,
            busy ? "wait until it is ready, or look for the cause in its log"
                 : "start it, or set server_url");
    end_all(j, &e);
}

static void send_health(void *ctx)
{
    detect_client *j = ctx;
    j->health.pause = NULL;
    detect_exchange_send(j, &j->health);
}

static void tell_waiting(detect_client *j, uint64_t now_ms, uint64_t most_ms, const err *why)
{
    if (j->told_ms && now_ms - j->told_ms < STILL_WAITING_MS)
        return;
    char most[32];
    format_duration(most_ms, most, sizeof most);
    if (j->indexing)
        log_info("the detection server at %s is building its index; waiting until it is ready",
                 j->shown_url);
    else
        log_warn("waiting for the detection server at %s, for %s at most: %s", j->shown_url, most,
                 why->message);
    j->told_ms = now_ms ? now_ms : 1;
}

/* decon-server reports this from its start until it accepts jobs. */
static bool says_indexing(const detect_client *j, const http_result *result)
{
    static const char *const key = "status";
    json_value value;
    AUTO_FREE char *status = NULL;
    return result->ok && result->status == 503 && exchange_read(&j->health, &key, &value, 1) &&
           reply_string(&value, &status) && status && str_equal(status, "indexing");
}

typedef enum unready {
    SILENT,
    BUSY,
    INDEXING,
} unready;

static unready unready_of(const detect_client *j, const http_result *result)
{
    if (says_indexing(j, result))
        return INDEXING;
    return exchange_is_busy(&j->health, result) ? BUSY : SILENT;
}

static void note_unready(detect_client *j, unready how)
{
    uint64_t now_ms = clock_now_ms(j->transport);
    bool indexing = how == INDEXING;
    if (!j->down || indexing)
        j->down_since_ms = now_ms;
    if (!j->down || how != SILENT)
        j->heard_ms = now_ms;
    if (!j->down || indexing != j->indexing) {
        j->pause_ms = JOBS_FIRST_PAUSE_MS;
        j->told_ms = 0;
    }
    j->down = true;
    j->indexing = indexing;
}

/* A server that builds its index is waited for without limit. An outage counts from the last
 * reply. */
static void on_unhealthy(detect_client *j, const err *why, unready how)
{
    uint64_t now_ms = clock_now_ms(j->transport);
    note_unready(j, how);
    uint64_t since_ms = how == BUSY ? j->down_since_ms : j->heard_ms;
    uint64_t most_ms = how == BUSY ? MAX(j->busy_wait_ms, j->server_wait_ms) : j->server_wait_ms;
    if (how != INDEXING && (j->once || now_ms - since_ms >= most_ms)) {
        give_up(j, how == BUSY, most_ms, why);
        return;
    }
    tell_waiting(j, now_ms, most_ms, why);
    j->health.pause =
        timer_start(j->transport, detect_client_jittered_ms(j, j->pause_ms), send_health, j);
    j->pause_ms = MIN(j->pause_ms * 2, (uint64_t)JOBS_LONGEST_PAUSE_MS);
}

static bool keeps_near(const server_settings *s)
{
    json_value value;
    return s->json && json_read_path(slice_from(s->json), "report_threshold", &value, NULL) &&
           value.type == JSON_NUMBER;
}

static void on_health_reply(void *ctx, const http_result *result)
{
    detect_client *j = ctx;
    j->health.call = NULL;
    err e = ERR_INIT;
    server_facts facts;
    char *texts[FACT_COUNT] = {0};
    AUTO(server_settings) settings = {0};
    char **allow_dirs = NULL;
    if (!result->ok || result->status != 200) {
        exchange_describe(&j->health, result, &e);
        on_unhealthy(j, &e, unready_of(j, result));
    } else if (!read_facts(&j->health, &facts, texts)) {
        err_set(&e, ERR_PARSE, "%s/health: not the reply of a detection server", j->shown_url);
        on_unhealthy(j, &e, SILENT);
    } else if (facts.tells_records && facts.records == 0) {
        refuse_empty_index(j);
    } else {
        bool was_down = j->down;
        j->asking = j->down = false;
        j->cleans_as_input = facts.cleans_as_input;
        server_settings_read(buf_slice(&j->health.reply), &settings);
        facts.fingerprint = settings.fingerprint;
        facts.settings = settings.json;
        facts.partial_settings = settings.partial;
        facts.recall = settings.recall;
        facts.filters = settings.filters;
        facts.evaluation_sets = settings.sets;
        facts.keeps_near = keeps_near(&settings);
        allow_dirs = server_folders_read(buf_slice(&j->health.reply));
        facts.allow_dirs = (const char *const *)allow_dirs;
        if (j->on_facts)
            j->on_facts(j->ctx, &facts);
        resume_all(j, was_down);
        tell_ready(j, &facts, NULL);
    }
    server_folders_free(allow_dirs);
    for (size_t i = 0; i < FACT_COUNT; i++)
        free(texts[i]);
}

void detect_client_ask_health(detect_client *j)
{
    if (j->asking)
        return;
    j->asking = true;
    send_health(j);
}

static bool on_health_head(void *ctx, const http_reply *reply, err *e)
{
    UNUSED(e);
    detect_exchange_take_head(&((detect_client *)ctx)->health, reply);
    return true;
}

static bool on_health_body(void *ctx, slice data, err *e)
{
    return detect_exchange_take_body(&((detect_client *)ctx)->health, data, e);
}

void detect_client_health_init(detect_client *j)
{
    j->health_url = xasprintf("%s/health", j->url);
    buf_init(&j->health.reply, JOBS_REPLY_MAX_BYTES);
    j->health.request = (http_request){.method = "GET",
                                       .url = j->health_url,
                                       .body_fd = -1,
                                       .total_timeout_ms = HEALTH_LIMIT_MS,
                                       .no_proxy = true,
                                       .on_head = on_health_head,
                                       .on_body = on_health_body,
                                       .on_done = on_health_reply,
                                       .ctx = j};
}

void detect_client_wait_server(detect_client *j, bool once,
                               void (*on_done)(void *ctx, const server_facts *facts,
                                               const err *error),
                               void *ctx)
{
    j->on_ready = on_done;
    j->ready_ctx = ctx;
    j->once = once;
    detect_client_ask_health(j);
}
