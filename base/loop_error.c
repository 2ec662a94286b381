/* What went wrong in curl, in the words and codes of this program. */
#include "base/loop_private.h"

#include <string.h>

char *easy_shown_name(const http_request *request)
{
    AUTO_FREE char *url = url_shown(request->url);
    return xasprintf("%s %s", request->method, url);
}

typedef struct error_row {
    CURLcode curl;
    err_code code;
    err_class cls; /* NONE: the code's own */
    const char *advice;
} error_row;

static const error_row error_rows[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_NET_DNS, ERR_CLASS_NONE,
     "check the host's name and the resolver"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_NET_DNS, ERR_CLASS_NONE, "check the proxy's name"},
    {CURLE_COULDNT_CONNECT, ERR_NET_DNS, ERR_CLASS_NONE,
     "check that it runs, its port and the firewall"},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, ERR_CLASS_NONE,
     "it is tried again; check the network if it goes on"},
    {CURLE_PARTIAL_FILE, ERR_TRUNCATED, ERR_CLASS_NONE, "it is tried again"},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_NET, ERR_CLASS_RUN,
     "check the address, or name the right authority with AWS_CA_BUNDLE"},
    {CURLE_SSL_CACERT_BADFILE, ERR_CONFIG, ERR_CLASS_NONE,
     "correct AWS_CA_BUNDLE, --ca-bundle or the profile"},
    {CURLE_URL_MALFORMAT, ERR_CONFIG, ERR_CLASS_NONE, "correct the URL"},
    {CURLE_OUT_OF_MEMORY, ERR_INTERNAL, ERR_CLASS_NONE, "free memory"},
};

static const error_row other_error = {CURLE_OK, ERR_NET, ERR_CLASS_NONE,
                                      "it is tried again; check the network if it goes on"};

static const error_row *row_of(CURLcode code)
{
    for (size_t i = 0; i < ARRAY_LEN(error_rows); i++)
        if (error_rows[i].curl == code)
            return &error_rows[i];
    return &other_error;
}

/* A connection that was never made is an address that does not answer, whatever limit said so; but
 * the limit on the whole call is the caller's impatience. */
static bool timed_out_connecting(const http_call *call)
{
    curl_off_t connected_us = 0, spent_us = 0;
    curl_easy_getinfo(call->easy->curl, CURLINFO_CONNECT_TIME_T, &connected_us);
    curl_easy_getinfo(call->easy->curl, CURLINFO_TOTAL_TIME_T, &spent_us);
    int total_ms = call->request.total_timeout_ms;
    return connected_us == 0 && !call->first_byte &&
           (total_ms <= 0 || spent_us < (curl_off_t)total_ms * 1000);
}

void easy_error(const http_call *call, CURLcode code, err *e)
{
    const error_row *row = row_of(code);
    if (call->stalled) {
        err_set(e, ERR_TIMEOUT, "%s: less than a byte a second came or went, for %.1f s (%s)",
                call->shown, call->request.stall_timeout_ms / 1000.0, row->advice);
        return;
    }
    if (code == CURLE_OPERATION_TIMEDOUT && timed_out_connecting(call))
        row = row_of(CURLE_COULDNT_CONNECT);
    /* curl quotes a proxy that it cannot read, with its password. */
    bool quotes = strchr(call->easy->words, '@') != NULL;
    const char *words =
        call->easy->words[0] && !quotes ? call->easy->words : curl_easy_strerror(code);
    err_set(e, row->code, "%s: %s (%s)", call->shown, words, row->advice);
    e->curl_code = (int)code;
    if (row->cls != ERR_CLASS_NONE)
        e->cls = row->cls;
}
