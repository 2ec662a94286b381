/* The error value of the whole program.
 *
 * What:    a fixed-size record: code, class, source location, errno, curl code, HTTP status, S3
 *          code, request id and a one-line message of the parts
 *              <subject>: <context>: <cause>; <advice>
 *          Codes, classes and exit statuses are listed in include/decon/base/err.def. Decisions
 *          use code, class, status and S3 code, never the message.
 * Owner:   the caller, usually on its stack; nothing in it is allocated. Copy it by assignment.
 * Threads: any; a value belongs to one thread at a time.
 * Fails:   never. Functions that can fail return a must-use bool and take `err *` last; they set
 *          it exactly once, at the origin. Callers only add the other parts.
 *          Messages contain no secrets: callers pass names of objects and files, never
 *          credentials; signatures and session tokens of presigned URLs are replaced by "...".
 *          A part that is too long loses its middle, at UTF-8 borders.
 */
#ifndef DECON_BASE_ERR_H
#define DECON_BASE_ERR_H

#include "decon/base/api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum decon_err_class {
    DECON_ERR_CLASS_NONE,
    DECON_ERR_CLASS_RETRY, /* may succeed on retry */
    DECON_ERR_CLASS_ITEM,  /* this object fails, the run continues */
    DECON_ERR_CLASS_RUN,   /* the run ends */
} decon_err_class;

#ifndef DECON_ERR_CODE
#define DECON_ERR_CODE(name) DECON_ERR_##name
#endif

typedef enum decon_err_code {
#define DECON_ERR_ROW(name, cls, status, text) DECON_ERR_CODE(name),
#include "decon/base/err.def"
#undef DECON_ERR_ROW
} decon_err_code;

typedef struct decon_err {
    decon_err_code code;
    decon_err_class cls;     /* the code's class, unless the origin changed it */
    const char *file;        /* source location: __FILE__, static */
    int line;                /* and __LINE__ */
    int sys_errno;           /* 0 if not applicable */
    int curl_code;           /* CURLcode; 0 if not applicable */
    int http_status;         /* 0 if no reply was received */
    char s3_code[48];        /* <Code> of a store's error reply, error_code of a detection
                                server's; or "" */
    char request_id[72];     /* x-amz-request-id, or "" */
    unsigned short cause_at; /* offset of the cause in `message` */
    char message[1000];      /* one line: subject, context, cause, advice */
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

/* Sets *e (e may be NULL) and returns false, for `return decon_err_set(e, ...)`.
 * decon_err_set_errno also appends strerror(number); ENOSPC and EDQUOT become
 * DECON_ERR_NO_SPACE. */
#define decon_err_set(e, code, ...)                                                                \
    decon_err_set_at((e), (code), __FILE__, __LINE__, 0, __VA_ARGS__)
#define decon_err_set_errno(e, code, number, ...)                                                  \
    decon_err_set_at((e), (code), __FILE__, __LINE__, (number), __VA_ARGS__)
bool decon_err_set_at(decon_err *e, decon_err_code code, const char *file, int line, int sys_errno,
                      const char *fmt, ...) DECON_PRINTF_LIKE(6, 7);

/* Prepends "<context>: " (at most 400 bytes) to the message and returns false. The code does not
 * change. */
bool decon_err_context(decon_err *e, const char *fmt, ...) DECON_PRINTF_LIKE(2, 3);
/* The same for the object or file concerned; does nothing if the message names it already. */
bool decon_err_subject(decon_err *e, const char *fmt, ...) DECON_PRINTF_LIKE(2, 3);
/* Whether the message names it as a whole: "a.jsonl.gz" does not name "a.jsonl". For messages, never
 * for decisions. */
bool decon_err_names(const decon_err *e, const char *subject);
/* Appends text (at most 400 bytes, with its separator: "; <advice>") and returns false. */
bool decon_err_append(decon_err *e, const char *fmt, ...) DECON_PRINTF_LIKE(2, 3);
/* Cause and advice, without what decon_err_context and decon_err_subject prepended. Borrowed from
 * *e. */
const char *decon_err_cause(const decon_err *e);

bool decon_err_is_set(const decon_err *e);
const char *decon_err_code_name(decon_err_code code);  /* "S3_NOT_FOUND" */
const char *decon_err_code_words(decon_err_code code); /* "no such object" */
decon_err_class decon_err_code_class(decon_err_code code);
/* The exit status of a run that ends with this error; 0 if none is set. */
int decon_err_exit_status(const decon_err *e);

#ifdef __cplusplus
}
#endif

#endif
