/* One request as a curl handle.
 *
 * What:    its options, curl's callbacks, and errors of curl as err.
 * Owner:   the loop keeps handles and reuses them.
 * Threads: the loop's.
 * Fails:   easy_prepare sets err; a callback that refuses leaves its error in the call.
 */
#ifndef BASE_LOOP_LOOP_EASY_H
#define BASE_LOOP_LOOP_EASY_H

#include <curl/curl.h>

#include "decon/base/transport.h"
#include "base/util.h"

#define GATHER_BYTES ((size_t)128 * 1024)    /* curl delivers at most 16 KiB at once */
#define EXPECT_BYTES ((uint64_t)1024 * 1024) /* larger bodies wait for 100-continue */

typedef struct easy {
    struct easy *next; /* in the list of free handles */
    CURL *curl;
    struct curl_slist *headers;    /* of the current request */
    char message[CURL_ERROR_SIZE]; /* curl's text of a failure */
    size_t gathered_bytes;
    char *gathered; /* GATHER_BYTES: body bytes not yet passed to on_body */
} easy;

easy *easy_new(void);
void easy_free(easy *h);
bool easy_prepare(http_call *call, err *e) MUST_USE; /* sets all options of call->easy */
void easy_clear(easy *h);                            /* back to unused */
bool easy_flush(http_call *call); /* passes gathered bytes to on_body; false: it ended the call */

/* loop_error.c */
void easy_error(const http_call *call, CURLcode code, err *e);
char *easy_shown_name(const http_request *request) MUST_USE;

#endif
