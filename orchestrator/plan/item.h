/* One input object in the pipeline.
 *
 * What:    its plan, its local files, its job, the job's result, and its state.
 * Owner:   the flow, from its admission to its end; item_free.
 * Threads: loop only; workers get copies of what they need.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_PLAN_ITEM_H
#define ORCHESTRATOR_PLAN_ITEM_H

#include "decon/base/err.h"
#include "base/op.h"
#include "decon/compression/verify.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/fleet/set_counts.h"
#include "orchestrator/local/result_dirs.h"
#include "orchestrator/plan/write_proof.h"

/* The states of flow.c, in order; its table describes them. */
typedef enum item_state {
    ITEM_WAITING,
    ITEM_DOWNLOADING,
    ITEM_READY,
    ITEM_SUBMITTING,
    ITEM_POLLING,
    ITEM_CHECKING,
    ITEM_UPLOADING,
    ITEM_COPYING,
    ITEM_PROVING,
    ITEM_RECHECKING,
    ITEM_COMMITTING,
    ITEM_CONFIRMING,
    ITEM_SUPERSEDING,
    ITEM_COOLING,
    ITEM_CLEANING,
    ITEM_DISCARDING,
    ITEM_RENEWING,
    ITEM_MARKING,
    ITEM_RETRYING,
    ITEM_PROBING,
    ITEM_DONE,
    ITEM_FAILED,
    ITEM_STATE_COUNT,
} item_state;

/* Facts of the plan. ETag and size change if the input was replaced (item_renew). */
typedef struct item_planned {
    char *key;
    char *etag;
    uint64_t size_bytes;
    output_names outputs;
    bool had_report, had_marker; /* the store has a commit object of an earlier version */
    unsigned crashes; /* number of times that this version ended the process of its job */
    bool renewed;     /* once: it does not start over a second time */
    char *new_etag;   /* of the version that RECHECKING found; NULL: the input was not replaced */
    uint64_t new_size_bytes;
} item_planned;

/* The usable file of the planned version in the work directory. */
typedef enum item_local_state {
    ITEM_LOCAL_NONE,
    ITEM_LOCAL_PART,  /* finished ranges of a failed download, for resuming */
    ITEM_LOCAL_WHOLE, /* downloaded and verified */
} item_local_state;

typedef struct item_local {
    item_local_state state;
    char *path;           /* absolute; set once it is WHOLE */
    char *read_etag;      /* of the version that was read, from the reply of GET; or NULL */
    s3_checksum checksum; /* of its bytes; kind NONE: not computed */
    char *version_id;     /* found by RECHECKING, if the store has versions; or NULL */
    uint64_t received_bytes, verified_bytes; /* DOWNLOADING: so far */
    bool lines_known;                        /* false if verification is disabled */
    verdict verdict;                         /* of the verification */
    struct line_hashes *lines;               /* until the result was checked; the flow's */
    bool admitted;                           /* its bytes are taken from the disk budget */
    bool too_large;                          /* larger than the free disk space */
} item_local;

typedef struct item_job {
    char *id;             /* of the newest submission, or NULL */
    bool replayed;        /* the server answered the submission with an existing job */
    unsigned submissions; /* number of submissions of the file */
    bool fresh_key;       /* the next submission must not return that old job */
    char *report_path, *near_path, *cleaned_path; /* paths reported by the server, or NULL */
    char *settings;                               /* fingerprint that the job reported, or NULL */
} item_job;

typedef struct item_result {
    bool contaminated;
    result_file report, near, cleaned; /* the job's files, once they were opened and accepted */
    int recoded_fd; /* the cleaned file in the input's compression; 0: unchanged */
    uint64_t contaminated_lines, report_bytes;
    set_counts sets;      /* contaminated lines of each evaluation set */
    write_proof proof;    /* of the newest upload */
    bool cleaned_written; /* by this run, before the input turned out to be replaced: stale */
    bool cleaned_current; /* by this run, of this version */
    bool near_stale;      /* an earlier version may have near misses in the store */
    bool refused_cleaned; /* PROBING: the cleaned folder; else the report folder */
} item_result;

typedef struct item item;
struct item {
    item_planned planned;
    item_local local;
    item_job job;
    item_result result;

    /* the flow's */
    item_state state;
    op *operation; /* of the state; or NULL */
    err error;     /* why the item failed */
    item_state failed_in;
    unsigned failed_attempts;      /* that RETRYING followed */
    uint64_t begun_ms, entered_ms; /* when it left WAITING; when it entered its state */
    err suspicion;    /* a request was refused for another version: RECHECKING checks it */
    list_link queued; /* in flow.ready or flow.again */
    list_link live;   /* in flow.live */
    void *flow;       /* whose item it is, for the callbacks of operations */
};

void item_free(item *it);
void item_close_results(item *it); /* they stay known, for their removal */
/* It starts over with the version that RECHECKING found; nothing of the old one is used. */
void item_renew(item *it);
/* It starts over with the same version; facts about the result in the store are kept. */
void item_retry(item *it);
const char *item_state_name(item_state s); /* "DOWNLOADING" */

#endif
