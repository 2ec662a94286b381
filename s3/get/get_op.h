/* State of one download, shared by get.c (the whole), get_range.c (one range), get_check.c
 * (verification), get_look.c (HeadObject) and get_resume.c (ranges kept for a later run).
 *
 * What:    the operation, its ranges, the expected checksum.
 * Owner:   get.c.
 * Threads: the transport's.
 * Fails:   -
 */
#ifndef S3_GET_GET_OP_H
#define S3_GET_GET_OP_H

#include "base/list.h"
#include "base/util.h"
#include "s3/client/client.h"
#include "s3/get/byte_ranges.h"
#include "s3/get/resume.h"

typedef struct get_op get_op;

typedef struct get_range {
    s3_request request;
    get_op *get;
    bool whole;
    uint64_t offset, len; /* bytes; without Range, len is set when the reply's head is known */
    uint64_t got;         /* bytes written */
    uint64_t skip;        /* bytes of this reply that were received by an earlier attempt */
    char text[64];        /* value of Range */
    bool waits;           /* for get_look.c's HeadObject; sent again after it */
    bool conditional;     /* this request has If-Match */
    list_link link;
} get_range;

typedef enum get_look_reason {
    GET_LOOK_NONE,
    GET_LOOK_MATCH, /* If-Match was refused: find out whether the object changed */
    GET_LOOK_SIZE   /* a reply without Content-Length: find out the object's size */
} get_look_reason;

/* The expected checksum, and the state of hashing. */
typedef struct get_check {
    s3_request head;  /* HeadObject, concurrent with the ranges */
    bool head_active; /* in flight */
    bool plain;       /* without If-Match: the store refused it */
    bool known;       /* the store's checksum is known: `expected`, or none */
    s3_checksum expected;
    bool passing;      /* bytes are hashed in `running` as they arrive; else by workers, or by
                          the reader that follows */
    s3_hash running;   /* also for digests, which must be fed in order */
    s3_extents hashed; /* by workers */
    op *job;           /* a worker hashes `hashing` */
    s3_extent hashing; /* crc not used */
    bool done;         /* `found` is the checksum of the whole object */
    s3_checksum found;
} get_check;

struct get_op {
    s3_op_base op;
    s3_get_options options;
    char *bucket, *key, *query, *listed_etag; /* query NULL: the current version */
    char *etag; /* the version of the ranges, or NULL if not known yet */
    bool size_known, restarted;
    bool cut; /* a GET without Range was ended since the object is larger than a range */
    uint64_t size, received;
    uint64_t next_offset; /* all bytes before it are in the file or in flight */
    int64_t last_modified_s;
    linked_list ranges; /* get_range: in flight, in the object's order */
    s3_extents have;    /* finished ranges, in the file */
    unsigned loads;     /* downloads that ended with a mismatch */
    bool loaded;        /* on_loaded was called */
    bool restarting;
    bool reader_left;    /* the reader stopped: options.ahead_bytes no longer applies */
    uint64_t read_bytes; /* by the reader */
    get_check check;
    s3_request look; /* get_look.c's HeadObject */
    get_look_reason look_reason;
    err look_error; /* why it was needed */

    /* resuming */
    char *resume_path; /* or NULL */
    int resume_root_fd;
    uint64_t kept_bytes, recorded_ms;
    op *record;
    bool record_failed;
};

/* --- get.c --- */

void get_fail(get_op *o, const err *e);
/* The object changed: starts over, or fails. */
void get_changed(get_op *o, const err *e);
/* Downloads everything again, for the version that the caller expects. May free o. */
void get_restart(get_op *o);
/* Ends the operation if nothing is pending. May free o. */
void get_settle(get_op *o);
/* A range is complete, or has failed permanently. Frees the range, and may free o. */
void get_range_ended(get_range *range, const err *e);

/* --- get_range.c --- */

void get_range_start(get_op *o, uint64_t offset_bytes, uint64_t len_bytes, bool whole);
void get_range_free(get_range *range);  /* cancels it */
void get_range_again(get_range *range); /* sends it again, from its current position */
/* Reads ETag, size and date of a reply; false if it is another version. */
bool get_pin(get_op *o, const http_reply *reply, uint64_t total_bytes, err *e) MUST_USE;
/* All bytes before this offset are in the file. */
uint64_t get_prefix_bytes(const get_op *o);
void get_report(const get_op *o);

/* --- get_look.c --- */

/* The range waits for HeadObject, which decides whether the store's If-Match is unusable, or reports
 * a missing size; then the range is sent again, or the download fails with `e`. */
void get_look_begin(get_op *o, get_range *range, get_look_reason reason, const err *e);
/* Whether HeadObject can help after this error. */
get_look_reason get_look_wanted(const get_op *o, const err *e);
/* Whether a request sends If-Match: not with a weak ETag, nor in a store where it never matches. */
bool get_look_is_conditional(const get_op *o);
void get_look_cancel(get_op *o);

/* --- get_resume.c --- */

/* Resumes from the ranges that an earlier run left in the file, if they are of the same version. */
void get_keep_take(get_op *o);
/* The same for a file that an earlier run completed. */
void get_keep_whole(get_op *o);
/* Records the finished ranges. Not after each one, since that syncs the disk, nor after the last. */
void get_keep_record(get_op *o);
void get_keep_forget(get_op *o);

/* --- get_check.c --- */

/* Requests by HEAD what the replies of ranges do not contain. */
void get_check_ask(get_op *o);
/* A reply to a request without Range contains the checksum. */
void get_check_take(get_op *o, const http_reply *reply);
/* Bytes in order, of a download without Range. */
void get_check_pass(get_op *o, slice data);
/* More bytes are in the file. */
void get_check_more(get_op *o);
/* Whether the reader that follows hashes what it reads. */
bool get_check_by_reader(const get_op *o);
/* Whether the store's checksum is known, or known to be absent. */
bool get_check_asked(const get_op *o);
/* All is downloaded: false while the checksum is unknown or not computed. */
bool get_check_ready(const get_op *o);
bool get_check_good(const get_op *o);
void get_check_reset(get_op *o); /* cancels and resets everything */

#endif
