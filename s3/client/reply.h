/* Classifies replies: success, retry, sign again, or fail; builds error messages.
 *
 * What:    the table of S3's error codes and HTTP statuses; pure functions.
 * Owner:   s3_reply is a plain value; nothing is allocated.
 * Threads: any.
 * Fails:   never.
 * Sources: Amazon S3 API Reference, "Error responses"; AWS SDKs, "Retry behavior".
 */
#ifndef S3_CLIENT_REPLY_H
#define S3_CLIENT_REPLY_H

#include "decon/base/transport.h"
#include "base/util.h"

typedef enum s3_verdict {
    S3_VERDICT_FAIL,
    S3_VERDICT_RETRY,
    S3_VERDICT_THROTTLED, /* retry, with a lower request rate */
    S3_VERDICT_FREE,      /* the reused connection had been closed: retry at once, on a new one */
    S3_VERDICT_RENEW,     /* retry with new credentials */
    S3_VERDICT_REGION,    /* retry, signed for reply.region */
    S3_VERDICT_CLOCK      /* retry, signed with the store's time */
} s3_verdict;

typedef struct s3_reply { /* of an unsuccessful request */
    int status;
    char code[48];
    char words[256]; /* <Message>, or the first line of a page or text */
    bool foreign;    /* the body is a page or text: not from an S3 store */
    char request_id[72];
    char region[48];         /* x-amz-bucket-region or <Region>; or "" */
    char server[48];         /* the header Server, or "" */
    int64_t date_s;          /* 0: no Date header */
    uint64_t retry_after_ms; /* 0: no Retry-After */
} s3_reply;

/* Reads the headers. `now_s`: for a Retry-After that is a date. */
void s3_reply_take_head(s3_reply *r, const http_reply *head, int64_t now_s);
/* Reads <Error> from a body; false if there is none. */
bool s3_reply_take_error(s3_reply *r, slice body);
/* Whether the status means success for this operation. Other 2xx (202, 203, 205 ...) are errors. */
bool s3_reply_is_success(const char *operation, int status);
/* Checks a success without content (PutObject, UploadPart): status 200, 201 or 204, and no body. */
bool s3_reply_is_bare(const s3_reply *r, slice body, err *e) MUST_USE;
/* The first line of text in a body that is a web page or plain text; "" for XML and other data. */
#define S3_REPLY_TEXT_SIZE 160
void s3_reply_text(slice body, char out[S3_REPLY_TEXT_SIZE]);

/* If the body of a 2xx is a page or text, adds the responder and the likely cause to the
 * error; true if it is. */
bool s3_reply_explain(const s3_reply *r, slice body, err *e);

/* For a complete reply. */
s3_verdict s3_reply_verdict(const s3_reply *r, const char *method, int64_t now_s);
/* The request was signed for `region`, but the bucket is in another one: x-amz-bucket-region is
 * present on redirects and refusals of all kinds. */
bool s3_reply_is_elsewhere(const s3_reply *r, s3_verdict verdict, const char *region);
/* For a request that failed, or whose reply was incomplete. */
s3_verdict s3_broken_verdict(const http_result *result);

/* Advice for a page or text instead of a reply. */
const char *s3_reply_cause(const char *text);

/* Sets the error: "GetObject: 403 AccessDenied (request id X): message; advice". */
bool s3_reply_error(const s3_reply *r, const char *operation, bool has_key, err *e);

#endif
