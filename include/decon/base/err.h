/* The error value of the whole program.
 *
 * What:    a fixed-size record: code, class, where it arose, errno, curl code, HTTP status, S3
 *          code, request id and one line for people. Codes, classes and exit statuses:
 *          include/decon/base/err.def.
 * Owner:   the caller, mostly on its stack; nothing in it is allocated. Copy it by assignment.
 * Threads: any; a value belongs to one thread at a time.
 * Fails:   never. Functions that can fail return a must-use bool and take `err *` last; they set
 *          it exactly once, at the origin. Callers only put context in front (decon_err_context).
 *          Secrets never go into a message: callers pass names of objects and files, not
 *          credentials.
 */
#ifndef DECON_BASE_ERR_H
#define DECON_BASE_ERR_H

#include "decon/base/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum decon_err_class {
    DECON_ERR_CLASS_NONE,
    DECON_ERR_CLASS_RETRY, /* may pass when tried again */
    DECON_ERR_CLASS_ITEM,  /* this object fails, the run goes on */
    DECON_ERR_CLASS_RUN,   /* the run cannot go on */
} decon_err_class;

#ifndef DECON_ERR_CODE
#define DECON_ERR_CODE(name) DECON_ERR_##name
#endif

typedef enum decon_err_code {
#define DECON_ERR_ROW(name, cls, status, words) DECON_ERR_CODE(name),
#include "decon/base/err.def"
#undef DECON_ERR_ROW
} decon_err_code;

typedef struct decon_err {
    decon_err_code code;
    decon_err_class cls; /* the code's class, unless the origin changed it */
    const char *file;    /* where it arose: __FILE__, static */
    int line;            /* and __LINE__ */
    int sys_errno;       /* 0 where errno plays no part */
    int curl_code;       /* CURLcode, 0 where curl plays no part */
    int http_status;     /* 0 where no reply came */
    char s3_code[48];    /* <Code> of the store's error reply, or empty */
    char request_id[72]; /* x-amz-request-id, or empty */
    char message[640];   /* what happened, to which object, why, what to do next: one line */
} decon_err;

#ifdef __cplusplus
/* clang-format off */
#define DECON_ERR_INIT {}
/* clang-format on */
#else
/* clang-format off */
#define DECON_ERR_INIT {.code = DECON_ERR_CODE(NONE)}
/* clang-format on */
#endif

/* Sets *e (e may be NULL) and yields false, so that a function can `return decon_err_set(e, ...)`.
 * decon_err_set_errno also appends strerror(number) and turns ENOSPC and EDQUOT into DECON_ERR_NO_SPACE. */
#define decon_err_set(e, code, ...)                                                                \
    decon_err_set_at((e), (code), __FILE__, __LINE__, 0, __VA_ARGS__)
#define decon_err_set_errno(e, code, number, ...)                                                  \
    decon_err_set_at((e), (code), __FILE__, __LINE__, (number), __VA_ARGS__)
bool decon_err_set_at(decon_err *e, decon_err_code code, const char *file, int line, int sys_errno,
                      const char *fmt, ...) DECON_PRINTF_LIKE(6, 7);

/* Puts "<context>: " in front of the message; yields false. The code stays as it is. */
bool decon_err_context(decon_err *e, const char *fmt, ...) DECON_PRINTF_LIKE(2, 3);

bool decon_err_is_set(const decon_err *e);
const char *decon_err_code_name(decon_err_code code);  /* "S3_NOT_FOUND" */
const char *decon_err_code_words(decon_err_code code); /* "no such object" */
decon_err_class decon_err_code_class(decon_err_code code);
int decon_err_exit_status(
    const decon_err *e); /* of a run that ends with this error; 0 when none is set */

#ifdef __cplusplus
}
#endif

#endif
