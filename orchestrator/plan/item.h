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
    ITEM_COMMITTING,
    ITEM_CONFIRMING,
    ITEM_RETIRING,
    ITEM_COOLING,
    ITEM_CLEANING,
    ITEM_DISCARDING,
    ITEM_DONE,
    ITEM_FAILED,
    ITEM_STATE_COUNT,
} item_state;

typedef struct item item;
struct item {
    /* immutable: the plan's */
    char *key;
    char *etag;
    uint64_t size_bytes;
    output_names outputs;
    bool had_report, had_marker; /* a commit object of an earlier version stands in the store */

    /* loop only */
    item_state state;
    bool admitted; /* its bytes are taken from the disk budget */
    err error;     /* why it failed */
    item *next;    /* in one of flow's queues */
    item *live_next, *live_previous;
    void *leaf;   /* what is under way for it: a download, a job, an upload ... */
    timer *timer; /* COOLING */
    void *flow;   /* whose item it is, for the callbacks of leaves */

    /* what the leaves found out */
    char *local_path;          /* of the whole file, absolute */
    bool lines_known;          /* false where verification was switched off */
    verdict verdict;           /* of the verification */
    struct line_hashes *lines; /* of the local file, until its result was checked; the flow's */
    char *job_id;              /* of the newest submission, or NULL */
    bool job_replayed;    /* the server answered the submission with a job that it knew already */
    unsigned submissions; /* how often it went to the server */
    bool fresh_key;       /* the next submission must not be answered with that old job */
    bool contaminated;
    char *report_path, *cleaned_path; /* the server's files, or NULL */
    char *upload_path;                /* the cleaned file in the input's compression */
    uint64_t contaminated_lines, report_bytes;
};

void item_free(item *it);
const char *item_state_name(item_state s); /* "DOWNLOADING" */

#endif
