/* One request in curl's terms: a handle of curl's with what it needs.
 *
 * What:    its options, the callbacks that curl calls, and what went wrong in our words.
 * Owner:   the loop keeps handles and uses them again.
 * Threads: the loop's.
 * Fails:   easy_prepare sets err; a callback that refuses leaves its error in the call.
 */
#ifndef BASE_LOOP_LOOP_EASY_H
#define BASE_LOOP_LOOP_EASY_H

#include <curl/curl.h>

#include "decon/base/transport.h"
#include "base/util.h"

#define GATHER_BYTES ((size_t)128 * 1024)    /* curl hands over 16 KiB at most */
#define EXPECT_BYTES ((uint64_t)1024 * 1024) /* bodies from here on wait for 100-continue */

typedef struct easy {
    struct easy *next; /* in the list of free ones */
    CURL *curl;
    struct curl_slist *headers;  /* of the request under way */
    char words[CURL_ERROR_SIZE]; /* curl's own, on failure */
    size_t gathered_bytes;
    char *gathered; /* GATHER_BYTES: body bytes on their way to on_body */
} easy;

easy *easy_new(void);
void easy_free(easy *h);
bool easy_prepare(http_call *call, err *e) MUST_USE; /* sets all options of call->easy */
void easy_clear(easy *h);                            /* back to unused */
bool easy_flush(http_call *call); /* hands gathered bytes to on_body; false: it ended the call */

/* loop_error.c */
void easy_error(const http_call *call, CURLcode code, err *e);
char *easy_shown_name(const http_request *request) MUST_USE;

#endif
