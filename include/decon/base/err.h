/* The error value of the whole program.
 *
 * What:    a fixed-size record: code, class, where it arose, errno, curl code, HTTP status, S3
 *          code, request id and one line for people. Codes, classes and exit statuses:
 *          include/decon/base/err.def.
 * Owner:   the caller, mostly on its stack; nothing in it is allocated. Copy it by assignment.
 * Threads: any; a value belongs to one thread at a time.
 * Fails:   never. Functions that can fail return a must-use bool and take `err *` last; they set
 *          it exactly once, at the origin. Callers only put context in front (err_context).
 *          Secrets never go into a message: callers pass names of objects and files, not
 *          credentials.
 */
#ifndef DECON_BASE_ERR_H
#define DECON_BASE_ERR_H

#include "decon/base/util.h"

typedef enum err_class {
    ERR_CLASS_NONE,
    ERR_CLASS_RETRY, /* may pass when tried again */
    ERR_CLASS_ITEM,  /* this object fails, the run goes on */
    ERR_CLASS_RUN,   /* the run cannot go on */
} err_class;

typedef enum err_code {
#define ERR_ROW(name, cls, status, words) ERR_##name,
#include "decon/base/err.def"
#undef ERR_ROW
} err_code;

typedef struct err {
    err_code code;
    err_class cls;       /* the code's class, unless the origin changed it */
    const char *file;    /* where it arose: __FILE__, static */
    int line;            /* and __LINE__ */
    int sys_errno;       /* 0 where errno plays no part */
    int curl_code;       /* CURLcode, 0 where curl plays no part */
    int http_status;     /* 0 where no reply came */
    char s3_code[48];    /* <Code> of the store's error reply, or empty */
    char request_id[72]; /* x-amz-request-id, or empty */
    char message[640];   /* what happened, to which object, why, what to do next: one line */
} err;

#define ERR_INIT                                                                                   \
    {                                                                                              \
        .code = ERR_NONE                                                                           \
    }

/* Sets *e (e may be NULL) and yields false, so that a function can `return err_set(e, ...)`.
 * err_set_errno also appends strerror(number) and turns ENOSPC and EDQUOT into ERR_NO_SPACE. */
#define err_set(e, code, ...) err_set_at((e), (code), __FILE__, __LINE__, 0, __VA_ARGS__)
#define err_set_errno(e, code, number, ...)                                                        \
    err_set_at((e), (code), __FILE__, __LINE__, (number), __VA_ARGS__)
bool err_set_at(err *e, err_code code, const char *file, int line, int sys_errno, const char *fmt,
                ...) PRINTF_LIKE(6, 7);

/* Puts "<context>: " in front of the message; yields false. The code stays as it is. */
bool err_context(err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

bool err_is_set(const err *e);
const char *err_code_name(err_code code);  /* "S3_NOT_FOUND" */
const char *err_code_words(err_code code); /* "no such object" */
err_class err_code_class(err_code code);
int err_exit_status(const err *e); /* of a run that ends with this error; 0 when none is set */

#endif
