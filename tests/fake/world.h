/* A world for the orchestrator: a small store and a detection server on a scripted transport.
 *
 * What:    objects in memory, jobs that read local files (a line with BAD in it is contaminated,
 *          one with NEAR is a near miss), a fake clock, a pool of 0 threads, the log in a buffer. world_run executes one whole run
 *          of the real app; knobs cause failures.
 * Owner:   world_new / world_free. Strings given to knobs are borrowed.
 * Threads: one.
 * Fails:   by failing the running test.
 */
#ifndef TESTS_FAKE_WORLD_H
#define TESTS_FAKE_WORLD_H

#include "orchestrator/app.h"
#include "tests/fake/transport.h"

#define WORLD_BUCKET "b"

typedef struct world_object {
    char *key;
    char *data;
    size_t len;
    int64_t time_s;
    unsigned version;        /* its etag */
    http_header metadata[8]; /* x-amz-meta-..., both strings are the object's */
    size_t metadata_count;
} world_object;

typedef struct world_job {
    char id[40];
    char *path, *key;
    bool known; /* false: forgotten */
    bool done;
    unsigned polls;
    uint64_t ready_ms; /* not done before this time, if the server has a speed */
} world_job;

typedef struct world {
    fake_transport *fake;
    pool *pool;
    timer *collect;
    app *app;
    char *dir; /* holds work/, reports/, cleaned/ */
    world_object objects[256];
    size_t object_count;
    world_object records[64]; /* of runs, below `_decon/`: not in counts or order */
    size_t record_count;
    unsigned versions;
    world_job jobs[256];
    size_t job_count;
    buf log;

    /* the server's knobs */
    const char *server_content_key;       /* in the reply of /health; NULL: absent */
    const char *server_members;           /* more members of /health: ",\"records\":0"; or NULL */
    const char *job_fingerprint;          /* of each finished job; NULL: not reported */
    unsigned unread_lines;                /* of each finished job */
    unsigned lenient_submits;             /* counted */
    bool tags;                            /* a server of ours: Job-Tag begins the ids */
    bool purify, server_down, keys_known; /* keys_known: Idempotency-Key is honoured */
    unsigned polls_before_done;
    unsigned submit_500;         /* number of submissions that are answered 500 */
    bool refuse_host;            /* requests for jobs are answered 403, for their Host header */
    int refuse_submits;          /* all submissions are answered with this status; 0: none */
    const char *fail;            /* jobs of paths that contain this fail */
    const char *hang;            /* requests whose path begins with this are never answered */
    unsigned hang_after_healths; /* number of /health requests that are answered; 0: all */
    const char *endless;         /* jobs of paths that contain this stay "processing" */
    bool one_at_a_time;          /* jobs are "pending" until the earlier ones are done */
    unsigned busy_submits, busy_healths; /* answered 503 with Retry-After */
    unsigned busy_looks;  /* number of /status requests after the first that are answered 503 */
    unsigned forget_jobs; /* number of jobs that are forgotten after their submission */
    unsigned fail_jobs;   /* number of jobs that fail */
    unsigned crash_jobs;  /* number of jobs that end their process */
    const char *fail_codes[2]; /* error_code of jobs that fail, in turn; NULL: none */
    bool no_near;              /* further jobs find no near misses */
    bool read_half; /* drops the last line, as a server that reads only the first member */
    /* Changes of what a job writes; NULL: none. */
    void (*change_report)(buf *text);
    void (*change_cleaned)(buf *text);
    void (*change_cleaned_file)(const char *path, const char *input_path);
    /* Reported instead of a result's path; an asterisk is replaced by the job's id. */
    const char *name_report, *name_cleaned;
    const char *tell_report_dir, *tell_cleaned_dir;             /* /health; JSON values */
    void (*before_status)(struct world *w, const char *job_id); /* before a job's end is reported */
    unsigned moves_at_submit; /* at this submission the server restarts with other folders */
    bool moved;
    uint64_t server_bytes_per_s; /* of jobs, one after another; 0: they take no time */
    uint64_t server_free_ms;
    /* the store's knobs */
    unsigned store_latency_ms;  /* of each reply */
    uint64_t store_bytes_per_s; /* of the body of each reply; 0: no time */
    const char *refuse_put;     /* PUT of keys that contain this: 403 */
    const char *missing_bucket;
    const char *huge; /* keys that contain this are listed as 1 PiB */
    void (*before_put)(struct world *w, const char *key);
    const char *gone;             /* GET of keys that contain this: 404 */
    const char *forbidden;        /* GET of keys that contain this: 403 */
    const char *slow_put;         /* PUT of keys that contain this: answered after 25 s */
    bool signal_at_listing;       /* the first signal comes with the first listing */
    const char *slow_get;         /* GET of keys that contain this: answered after 25 s */
    unsigned get_503;             /* number of GETs that are answered 503 */
    bool md5_etags;               /* ETags are MD5; else "v<version>" */
    bool weak_etags;              /* HEAD, GET and PUT report W/"...", listings do not */
    bool no_conditions;           /* If-Match and If-None-Match of PUT are ignored */
    const char *ignore_condition; /* the ignored one: "If-Match" or "If-None-Match" */
    const char *refuse_condition; /* PUT with this one is always answered 412 */
    int64_t clock_ahead_s;        /* of written objects */
    bool drop_metadata;           /* does not keep x-amz-meta-... */
    bool metadata_full;           /* copies that set x-amz-meta-...: 400 MetadataTooLarge */
    bool upper_metadata;          /* returns its names and values in capitals */
    const char *forget_put; /* PUT of keys that contain this: 200 with an ETag, nothing is stored */
    const char *cut_put;    /* PUT of keys that contain this: 200, the last byte is not stored */
    const char *refuse_head; /* HEAD of keys that contain this: 403 */
    bool refuse_list;        /* listings with a delimiter: 403 */
    bool refuse_probe;       /* a multipart upload cannot be begun: 403 */
    bool version_ids;        /* HEAD of inputs answers with x-amz-version-id */
    const char *checksums;   /* HEAD of keys that contain this answers with their CRC64NVME */
    /* Called when a request has arrived, before it is answered. */
    void (*on_request)(struct world *w, const char *method, const char *key);
    /* The metadata service answers 200 to this path after notice_at_submit submissions, 404
     * before. */
    const char *notice;
    unsigned notice_at_submit;
    /* signals: sent after this number of submissions */
    unsigned signal_at_submit, second_signal_at_submit, signal_at_health;

    /* what happened */
    unsigned submits, healths, looks, peak_open_jobs, downloads;
    char order[4096]; /* "PUT key\n", "DELETE key\n" ... in order */
} world;

world *world_new(void);
void world_free(world *w);

/* An input `data/<name>`; compressed as its suffix says. */
void world_add(world *w, const char *name, const char *text);
void world_put(world *w, const char *key, const char *data, size_t len, int64_t time_s);
void world_drop(world *w, const char *key);                      /* existing object */
const world_object *world_find(const world *w, const char *key); /* NULL: absent */

/* Runs with --remote-file-input s3://b/data, reports in s3://b/rep, cleaned in s3://b/cle, and
 * these further arguments (NULL-terminated, or NULL). The exit status. */
int world_run(world *w, const char *const *words);

bool world_logged(const world *w, const char *part);
const char *world_last_line(const world *w);              /* of the log; in a static buffer */
size_t world_files_in(const world *w, const char *below); /* regular files under dir/<below> */

#endif
