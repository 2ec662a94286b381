/* One input object on its way through the pipeline.
 *
 * What:    what the plan knows of it, where it stands, and what the leaves found out.
 * Owner:   the flow, from the moment when its turn comes to its end; item_free.
 * Threads: loop only; workers get copies of what they need.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_PLAN_ITEM_H
#define ORCHESTRATOR_PLAN_ITEM_H

#include "decon/base/err.h"
#include "decon/base/transport.h"
#include "decon/compression/verify.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/local/result_dirs.h"
#include "orchestrator/plan/write_proof.h"

/* The states of flow.c, in the order of the way; its table tells the story. */
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
    ITEM_RETIRING,
    ITEM_COOLING,
    ITEM_CLEANING,
    ITEM_DISCARDING,
    ITEM_RENEWING,
    ITEM_PROBING,
    ITEM_DONE,
    ITEM_FAILED,
    ITEM_STATE_COUNT,
} item_state;

typedef struct item item;
struct item {
    /* the plan's; ETag and size change where the input was replaced (item_renew) */
    char *key;
    char *etag;
    uint64_t size_bytes;
    output_names outputs;
    bool had_report, had_marker; /* a commit object of an earlier version stands in the store */

    /* loop only */
    item_state state;
    bool admitted; /* its bytes are taken from the disk budget */
    bool no_room;  /* it is larger than what the disk has free */
    err error;     /* why it failed */
    item_state failed_in;
    item *next; /* in one of flow's queues */
    item *live_next, *live_previous;
    void *leaf;   /* what is under way for it: a download, a job, an upload ... */
    timer *timer; /* COOLING */
    uint64_t received_bytes, verified_bytes; /* DOWNLOADING: so far */
    void *flow;                              /* whose item it is, for the callbacks of leaves */

    /* The input was replaced while it was worked on. */
    bool renewed;   /* once: it does not start over a second time */
    char *new_etag; /* of the version that RECHECKING found; NULL: none other was found */
    uint64_t new_size_bytes;
    err suspicion; /* a request was refused for another version: RECHECKING looks */

    /* what the leaves found out */
    char *read_etag;           /* of the version that was read, as GET tells it; or NULL */
    char *local_path;          /* of the whole file, absolute */
    bool lines_known;          /* false where verification was switched off */
    verdict verdict;           /* of the verification */
    struct line_hashes *lines; /* of the local file, until its result was checked; the flow's */
    char *job_id;              /* of the newest submission, or NULL */
    bool job_replayed;    /* the server answered the submission with a job that it knew already */
    unsigned submissions; /* how often it went to the server */
    bool fresh_key;       /* the next submission must not be answered with that old job */
    bool contaminated;
    char *report_path, *cleaned_path; /* as the server names its files, or NULL */
    char *settings;                   /* fingerprint that the job reported, or NULL */
    result_file report, cleaned;      /* those files, once they were opened and found to be ours */
    int recoded_fd;                   /* the cleaned file in the input's compression; 0: as it is */
    uint64_t contaminated_lines, report_bytes;
    write_proof proof;    /* of the newest upload */
    bool cleaned_written; /* by this run, before the input turned out to be replaced: stale */
    bool cleaned_current; /* by this run, of this version */
    bool refused_cleaned; /* PROBING: the cleaned folder; else the report folder */
};

void item_free(item *it);
void item_close_results(item *it); /* they stay known, for their removal */
/* It starts over with the version that RECHECKING found; nothing of the old one is kept. */
void item_renew(item *it);
const char *item_state_name(item_state s); /* "DOWNLOADING" */

#endif
