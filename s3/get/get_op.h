/* One object on its way down: what get.c (the whole), get_range.c (one range), get_check.c (is it
 * right), get_look.c (HeadObject on doubt) and get_keep.c (what stays for a later run) share.
 *
 * What:    the operation, its ranges, what it is held against.
 * Owner:   get.c.
 * Threads: the transport's.
 * Fails:   -
 */
#ifndef S3_GET_GET_OP_H
#define S3_GET_GET_OP_H

#include "base/util.h"
#include "s3/client/client.h"
#include "s3/get/byte_ranges.h"
#include "s3/get/resume.h"

typedef struct get_op get_op;

typedef struct get_range {
    s3_request request;
    get_op *get;
    bool whole;
    uint64_t offset, len; /* bytes; of a whole one len counts from the reply's head on */
    uint64_t got;         /* bytes written */
    uint64_t skip;        /* bytes of this reply that were received before */
    char text[64];        /* value of Range */
    bool waits;           /* for get_look.c's HeadObject, to be sent again */
    bool conditional;     /* this request carries If-Match */
    struct get_range *previous, *next;
} get_range;

typedef enum get_look_reason {
    GET_LOOK_NONE,
    GET_LOOK_MATCH, /* If-Match was refused: has the object changed? */
    GET_LOOK_SIZE   /* a reply without Content-Length: how many bytes does the object have? */
} get_look_reason;

/* What the bytes are held against, and how far that has come. */
typedef struct get_check {
    s3_request head;  /* HeadObject, beside the ranges */
    bool head_active; /* under way */
    bool plain;       /* without If-Match: the store refused it */
    bool known;       /* the store's word has come: `expected`, or none */
    s3_checksum expected;
    bool passing;      /* bytes are hashed in `running` as they pass by; else by workers, or by
                          the reader that follows */
    s3_hash running;   /* of digests too, which have to be fed in order */
    s3_extents hashed; /* by workers */
    op *job;           /* a worker hashes `hashing` */
    s3_extent hashing; /* crc not used */
    bool done;         /* `found` is the checksum of all */
    s3_checksum found;
} get_check;

struct get_op {
    s3_op_base op;
    s3_get_options options;
    char *bucket, *key, *listed_etag;
    char *etag; /* what the ranges are pinned to, or NULL as yet */
    bool size_known, restarted;
    bool cut; /* a GET without Range was ended: the object is larger than a range */
    uint64_t size, received;
    uint64_t next_offset; /* all before it is in the file or under way */
    int64_t last_modified_s;
    get_range *first, *last; /* under way, in the object's order */
    unsigned active;
    s3_extents have; /* finished ranges, in the file */
    unsigned loads;  /* ended with a mismatch */
    bool loaded;     /* on_loaded was called */
    bool restarting;
    bool reader_left;    /* what options.ahead_bytes promised */
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
/* Everything is loaded again, pinned to what the caller knew of it. May free o. */
void get_restart(get_op *o);
/* Ends it where nothing is left to wait for. May free o. */
void get_settle(get_op *o);
/* A range is whole, or has failed for good. Frees the range, and perhaps o. */
void get_range_ended(get_range *range, const err *e);

/* --- get_range.c --- */

void get_range_start(get_op *o, uint64_t offset_bytes, uint64_t len_bytes, bool whole);
void get_range_free(get_range *range);  /* cancels it */
void get_range_again(get_range *range); /* sends it again, from where it is */
/* Takes ETag, size and date of a reply; false where it is another object. */
bool get_pin(get_op *o, const http_reply *reply, uint64_t total_bytes, err *e) MUST_USE;
/* All before it is in the file. */
uint64_t get_prefix_bytes(const get_op *o);
void get_report(const get_op *o);

/* --- get_look.c --- */

/* The range waits for HeadObject, which tells whether an If-Match that was refused is unusable in this
 * store, or the size that a reply did not tell; then it is sent again, or the download fails with `e`. */
void get_look_begin(get_op *o, get_range *range, get_look_reason reason, const err *e);
/* Is it worth it to look after this error? */
get_look_reason get_look_wanted(const get_op *o, const err *e);
/* Does a request carry If-Match? Not with a weak ETag, and not in a store where that never matches. */
bool get_look_is_conditional(const get_op *o);
void get_look_cancel(get_op *o);

/* --- get_keep.c --- */

/* Takes over what an earlier run has in the file, where it is of the same version. */
void get_keep_take(get_op *o);
/* The same for a file that is said to hold all of it. */
void get_keep_whole(get_op *o);
/* Writes down which ranges are there. Not each is worth a sync of the disk, and the last one is not
 * worth one at all. */
void get_keep_record(get_op *o);
void get_keep_forget(get_op *o);

/* --- get_check.c --- */

/* Asks with HEAD for what no reply of the ranges tells. */
void get_check_ask(get_op *o);
/* A reply without Range: tells the checksum itself. */
void get_check_take(get_op *o, const http_reply *reply);
/* Bytes in order, of a whole one. */
void get_check_pass(get_op *o, slice data);
/* More is in the file. */
void get_check_more(get_op *o);
/* Does the reader that follows hash what it reads? */
bool get_check_by_reader(const get_op *o);
/* Is the store's word here, or is there none? */
bool get_check_asked(const get_op *o);
/* All is loaded: false while the checksum is not known or not computed. */
bool get_check_ready(const get_op *o);
bool get_check_good(const get_op *o);
void get_check_reset(get_op *o); /* cancels and forgets everything */

#endif
