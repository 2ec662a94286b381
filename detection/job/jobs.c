#include "base/list.h"
#include "base/util.h"
#include "detection/job/jobs.h"

#include <pthread.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "detection/job/job_id.h"
#include "detection/table/hash.h"
#include "base/json/json_write.h"

#define BUCKETS 65536 /* a power of two; chains stay short with the maximum number of jobs */

typedef enum job_state { JOB_PENDING, JOB_PROCESSING, JOB_COMPLETED, JOB_FAILED } job_state;

/* Identifies the version of a file that was read. */
typedef struct file_stamp {
    uint64_t inode, size_bytes, changed_s, changed_ns;
} file_stamp;

typedef struct job_private { /* guarded by the table's lock */
    server_job public;
    char *key; /* or NULL */
    job_state state;
    file_stamp stamp; /* of the input when the job was taken */
    char *output_path, *near_path, *purified_path, *error;
    err_code code; /* of `error` */
    uint64_t unread_lines;
    bool process_ended;
    uint64_t submitted_ms, finished_ms;
    size_t held_bytes;               /* computed when it finished */
    bool reported;                   /* the outcome, to a client */
    list_link link;                  /* in the queue, or in the list of finished jobs */
    struct job_private *next_by_id;  /* in a bucket */
    struct job_private *next_by_key; /* in a bucket, while the key is this job's */
} job_private;

struct jobs {
    jobs_options options; /* immutable */
    uint64_t seed;        /* immutable */
    char *fingerprint;    /* immutable; NULL: none */
    pthread_mutex_t lock;
    pthread_cond_t filled;
    /* under the lock */
    linked_list waiting, finished;
    size_t processing, completed, failed, finished_bytes;
    job_private *by_id[BUCKETS], *by_key[BUCKETS];
    bool stopping;
};

static size_t bucket(const jobs *j, const char *name)
{
    return hash_bytes(name, strlen(name), j->seed) & (BUCKETS - 1);
}

jobs *jobs_new(const jobs_options *options)
{
    jobs *j = xcalloc(1, sizeof *j);
    j->options = *options;
    j->fingerprint = xstrdup_or_null(options->fingerprint);
    if (getrandom(&j->seed, sizeof j->seed, GRND_NONBLOCK) < 0)
        j->seed = (uintptr_t)j;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->filled, NULL);
    return j;
}

static void job_free(job_private *job)
{
    free(job->public.path);
    free(job->key);
    free(job->output_path);
    free(job->near_path);
    free(job->purified_path);
    free(job->error);
    free(job);
}

void jobs_free(jobs *j)
{
    if (!j)
        return;
    LIST_EACH (waiting, &j->waiting, job_private, link)
        job_free(waiting);
    LIST_EACH (finished, &j->finished, job_private, link)
        job_free(finished);
    pthread_mutex_destroy(&j->lock);
    pthread_cond_destroy(&j->filled);
    free(j->fingerprint);
    free(j);
}

static file_stamp stamp_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (file_stamp){0};
    return (file_stamp){.inode = st.st_ino,
                        .size_bytes = (uint64_t)st.st_size,
                        .changed_s = (uint64_t)st.st_mtim.tv_sec,
                        .changed_ns = (uint64_t)st.st_mtim.tv_nsec};
}

static job_private *find_by_id(jobs *j, const char *id)
{
    job_private *job = j->by_id[bucket(j, id)];
    while (job && !str_equal(job->public.id, id))
        job = job->next_by_id;
    return job;
}

static job_private *find_by_key(jobs *j, const char *key)
{
    job_private *job = j->by_key[bucket(j, key)];
    while (job && !str_equal(job->key, key))
        job = job->next_by_key;
    return job;
}

/* Releases the key for another job. */
static void release_key(jobs *j, job_private *job)
{
    if (!job->key)
        return;
    job_private **place = &j->by_key[bucket(j, job->key)];
    while (*place && *place != job)
        place = &(*place)->next_by_key;
    if (*place)
        *place = job->next_by_key;
    free(job->key);
    job->key = NULL;
}

static void forget(jobs *j, job_private *job)
{
    release_key(j, job);
    job_private **place = &j->by_id[bucket(j, job->public.id)];
    while (*place != job)
        place = &(*place)->next_by_id;
    *place = job->next_by_id;
    job_free(job);
}

/* Memory of a finished job; the allocator's overhead is estimated. */
static size_t memory_bytes(const job_private *job)
{
    const char *const texts[] = {job->public.path, job->key,           job->output_path,
                                 job->near_path,   job->purified_path, job->error};
    size_t bytes = sizeof *job + 16;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bytes += texts[i] ? strlen(texts[i]) + 17 : 0;
    return bytes;
}

/* Its key may belong to a newer job by now; its memory is held_bytes. */
static void forget_oldest(jobs *j)
{
    job_private *job = LIST_TAKE(&j->finished, job_private, link);
    j->finished_bytes -= job->held_bytes;
    if (job->state == JOB_COMPLETED)
        j->completed--;
    else
        j->failed--;
    forget(j, job);
}

static void forget_old(jobs *j)
{
    uint64_t now_ms = j->options.now_ms();
    LIST_EACH (oldest, &j->finished, job_private, link) {
        if (j->finished_bytes <= j->options.keep_bytes &&
            now_ms - oldest->finished_ms < j->options.keep_ms)
            break;
        forget_oldest(j);
    }
}

/* Whether the outcome of a started job is still valid: outputs exist and the input is unchanged. */
static bool still_holds(const job_private *job)
{
    if (job->state == JOB_PENDING)
        return true;
    file_stamp now = stamp_of(job->public.path);
    if (memcmp(&now, &job->stamp, sizeof now) != 0)
        return false;
    return (!job->output_path || fs_exists(job->output_path)) &&
           (!job->near_path || fs_exists(job->near_path)) &&
           (!job->purified_path || fs_exists(job->purified_path));
}

static job_private *add_job(jobs *j, const job_submission *s)
{
    job_private *job = xcalloc(1, sizeof *job);
    const char *key = s->key;
    job_id_make(s->tag, job->public.id);
    job->public.private = job;
    job->public.path = xstrdup(s->path);
    job->public.lenient = s->lenient;
    job->public.cleaned_as_input = s->cleaned_as_input;
    job->submitted_ms = j->options.now_ms();
    job_private **place = &j->by_id[bucket(j, job->public.id)];
    job->next_by_id = *place;
    *place = job;
    if (key) {
        job->key = xstrdup(key);
        place = &j->by_key[bucket(j, key)];
        job->next_by_key = *place;
        *place = job;
    }
    list_append(&j->waiting, &job->link);
    pthread_cond_signal(&j->filled);
    return job;
}

static submit_result submit(jobs *j, const job_submission *s, char id[JOB_ID_BYTES])
{
    forget_old(j);
    job_private *same = s->key ? find_by_key(j, s->key) : NULL;
    if (same && !str_equal(same->public.path, s->path))
        return SUBMIT_KEY_TAKEN;
    bool will_run = same && same->public.lenient == s->lenient &&
                    same->public.cleaned_as_input == s->cleaned_as_input &&
                    (same->state != JOB_PENDING || !j->stopping);
    if (will_run && still_holds(same)) {
        memcpy(id, same->public.id, JOB_ID_BYTES);
        return SUBMIT_SAME;
    }
    if (j->stopping)
        return SUBMIT_STOPPING;
    if (j->waiting.count >= j->options.capacity)
        return SUBMIT_FULL;
    if (same)
        release_key(j, same);
    memcpy(id, add_job(j, s)->public.id, JOB_ID_BYTES);
    return SUBMIT_NEW;
}

submit_result jobs_submit(jobs *j, const job_submission *s, char id[JOB_ID_BYTES])
{
    pthread_mutex_lock(&j->lock);
    submit_result result = submit(j, s, id);
    pthread_mutex_unlock(&j->lock);
    return result;
}

static void put_status(const jobs *j, const job_private *job, buf *json)
{
    static const char *const names[] = {"pending", "processing", "completed", "failed"};
    if (!job) {
        json_member_string(json, "error", SLICE_LIT("Job not found"));
        json_close(json);
        return;
    }
    if (job->error)
        json_member_string(json, "error", slice_from(job->error));
    if (job->error)
        json_member_string(json, "error_code", slice_from(err_code_name(job->code)));
    if (j->fingerprint && job->state == JOB_COMPLETED)
        json_member_string(json, "fingerprint", slice_from(j->fingerprint));
    json_member_string(json, "job_id", slice_from(job->public.id));
    if (job->near_path)
        json_member_string(json, "near_path", slice_from(job->near_path));
    if (job->output_path)
        json_member_string(json, "output_path", slice_from(job->output_path));
    if (job->process_ended)
        json_member_bool(json, "process_ended", true);
    if (job->purified_path)
        json_member_string(json, "purified_path", slice_from(job->purified_path));
    json_member_string(json, "status", slice_from(names[job->state]));
    if (job->unread_lines > 0)
        json_member_int(json, "unread_lines", (int64_t)job->unread_lines);
    json_close(json);
}

static bool is_finished(const job_private *job)
{
    return job && (job->state == JOB_COMPLETED || job->state == JOB_FAILED);
}

bool jobs_status(jobs *j, const char *id, buf *json)
{
    pthread_mutex_lock(&j->lock);
    const job_private *job = find_by_id(j, id);
    bool finished = is_finished(job);
    put_status(j, job, json);
    pthread_mutex_unlock(&j->lock);
    return finished;
}

void jobs_reported(jobs *j, const char *id)
{
    pthread_mutex_lock(&j->lock);
    job_private *job = find_by_id(j, id);
    if (is_finished(job))
        job->reported = true;
    pthread_mutex_unlock(&j->lock);
}

bool jobs_unreported(jobs *j, uint64_t within_ms)
{
    bool unreported = false;
    pthread_mutex_lock(&j->lock);
    uint64_t now_ms = j->options.now_ms();
    LIST_EACH (job, &j->finished, job_private, link)
        unreported = unreported || (!job->reported && now_ms - job->finished_ms < within_ms);
    pthread_mutex_unlock(&j->lock);
    return unreported;
}

server_job *jobs_take(jobs *j)
{
    pthread_mutex_lock(&j->lock);
    while (!j->stopping && !j->waiting.first)
        pthread_cond_wait(&j->filled, &j->lock);
    job_private *job = j->stopping ? NULL : LIST_TAKE(&j->waiting, job_private, link);
    if (job) {
        job->state = JOB_PROCESSING;
        job->stamp = stamp_of(job->public.path);
        job->public.waited_ms = j->options.now_ms() - job->submitted_ms;
        j->processing++;
    }
    pthread_mutex_unlock(&j->lock);
    return job ? &job->public : NULL;
}

/* Under the lock. */
static void finish(jobs *j, job_private *job, job_state state)
{
    job->state = state;
    j->processing--;
    job->finished_ms = j->options.now_ms();
    job->held_bytes = memory_bytes(job);
    j->finished_bytes += job->held_bytes;
    list_append(&j->finished, &job->link);
    forget_old(j);
}

void jobs_finish(jobs *j, server_job *done, const job_outcome *outcome)
{
    job_private *job = done->private;
    pthread_mutex_lock(&j->lock);
    j->completed++;
    job->output_path = xstrdup_or_null(outcome->report_path);
    job->near_path = xstrdup_or_null(outcome->near_path);
    job->purified_path = xstrdup_or_null(outcome->cleaned_path);
    job->unread_lines = outcome->unread_lines;
    finish(j, job, JOB_COMPLETED);
    pthread_mutex_unlock(&j->lock);
}

void jobs_fail(jobs *j, server_job *done, const char *message, err_code code, bool process_ended)
{
    job_private *job = done->private;
    pthread_mutex_lock(&j->lock);
    j->failed++;
    job->error = xstrdup(message);
    job->code = code;
    job->process_ended = process_ended;
    release_key(j, job);
    finish(j, job, JOB_FAILED);
    pthread_mutex_unlock(&j->lock);
}

void jobs_stop(jobs *j)
{
    pthread_mutex_lock(&j->lock);
    j->stopping = true;
    pthread_cond_broadcast(&j->filled);
    pthread_mutex_unlock(&j->lock);
}

size_t jobs_waiting_count(jobs *j)
{
    pthread_mutex_lock(&j->lock);
    size_t count = j->waiting.count;
    pthread_mutex_unlock(&j->lock);
    return count;
}

jobs_counts jobs_count(jobs *j)
{
    pthread_mutex_lock(&j->lock);
    jobs_counts counts = {.pending = j->waiting.count,
                          .processing = j->processing,
                          .completed = j->completed,
                          .failed = j->failed,
                          .capacity = j->options.capacity,
                          .finished_bytes = j->finished_bytes};
    pthread_mutex_unlock(&j->lock);
    return counts;
}
