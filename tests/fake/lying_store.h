/* A store that breaks one property of a reply at a time.
 *
 * What:    lie_make turns a true reply into a false one; lie_names are the columns of the table in
 *          docs/store-replies.md. A field is a header of the reply ("ETag"), or with a slash in front
 *          an element of its XML body or a member of its JSON body ("/UploadId").
 * Owner:   a false_reply owns its strings: false_reply_deinit.
 * Threads: one.
 * Fails:   lie_make: false if the true reply has no such field (an error of the test).
 */
#ifndef TESTS_FAKE_LYING_STORE_H
#define TESTS_FAKE_LYING_STORE_H

#include "tests/fake/transport.h"

typedef enum lie {
    MISSING,   /* the field is absent */
    EMPTY,     /* it has no text */
    DOUBLED,   /* it occurs twice, with two values */
    RECASED,   /* its name has another case */
    NAMESPACE, /* all elements have a prefix of another namespace */
    ROOT,      /* the root element has another name */
    HTML,      /* a web page, status 200 */
    TEXT,      /* plain text, status 200 */
    ERROR,     /* <Error> with status 200 */
    NOTHING,   /* no body, no header */
    TRUNCATED, /* the body is cut in the middle; Content-Length agrees */
    LENGTH,    /* Content-Length is larger than the body, or not the object's */
    CHUNKED,   /* no Content-Length */
    STATUS,    /* 202 */
    REPLACED,  /* `from` is replaced by `to`: a repeated, reordered or unrelated reply */
    LIES
} lie;

extern const char *const lie_names[LIES];

#define FALSE_HEADERS_MAX 24

typedef struct false_reply {
    fake_reply reply;
    http_header headers[FALSE_HEADERS_MAX];
    char *body;
} false_reply;

bool lie_make(lie l, const fake_reply *truth, const char *field, const char *from, const char *to,
              false_reply *out);
void false_reply_deinit(false_reply *f);

#endif
