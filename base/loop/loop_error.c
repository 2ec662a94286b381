/* Errors of curl as err: code, class, text, advice. */
#include "base/util.h"
#include "base/loop/loop_private.h"
#include "base/loop/loop_proxy.h"

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
     "it is retried; check the network if it persists"},
    {CURLE_PARTIAL_FILE, ERR_TRUNCATED, ERR_CLASS_NONE, "it is retried"},
    {CURLE_SSL_CONNECT_ERROR, ERR_NET_TLS, ERR_CLASS_NONE,
     "it is retried; check the address, its scheme (https) and port"},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_NET_TLS, ERR_CLASS_RUN,
     "check the address, or name the CA certificate with AWS_CA_BUNDLE"},
    {CURLE_GOT_NOTHING, ERR_NET, ERR_CLASS_NONE,
     "it is retried; a port that speaks TLS needs https:// in the endpoint"},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_NET, ERR_CLASS_RUN,
     "check that the port speaks HTTP; one that speaks TLS needs https:// in the endpoint"},
    {CURLE_SSL_CACERT_BADFILE, ERR_CONFIG, ERR_CLASS_NONE,
     "correct AWS_CA_BUNDLE, --ca-bundle or the profile"},
    {CURLE_URL_MALFORMAT, ERR_CONFIG, ERR_CLASS_NONE, "correct the URL"},
};

/* A retry would fail the same way. */
static const error_row plain_port = {CURLE_SSL_CONNECT_ERROR, ERR_NET, ERR_CLASS_RUN,
                                     "the port does not speak TLS; write http:// in the endpoint"};

static const error_row other_error = {CURLE_OK, ERR_NET, ERR_CLASS_NONE,
                                      "it is retried; check the network if it persists"};

static const error_row *row_of(CURLcode code)
{
    for (size_t i = 0; i < ARRAY_LEN(error_rows); i++)
        if (error_rows[i].curl == code)
            return &error_rows[i];
    return &other_error;
}

/* OpenSSL's texts for a reply that is not a TLS record; curl has one code for all TLS failures. */
static bool answers_without_tls(const char *text)
{
    static const char *const reasons[] = {"wrong version number", "packet length too long",
                                          "unexpected TLS packet"};
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (strstr(text, reasons[i]))
            return true;
    return false;
}

/* Not connected by a connect timeout: reported as an address that does not answer. The total
 * timeout is the caller's limit and stays a timeout. */
static bool timed_out_connecting(const http_call *call)
{
    curl_off_t connected_us = 0, spent_us = 0;
    curl_easy_getinfo(call->easy->curl, CURLINFO_CONNECT_TIME_T, &connected_us);
    curl_easy_getinfo(call->easy->curl, CURLINFO_TOTAL_TIME_T, &spent_us);
    int total_ms = call->request.total_timeout_ms;
    return connected_us == 0 && !call->first_byte &&
           (total_ms <= 0 || spent_us < (curl_off_t)total_ms * 1000);
}

/* --- proxies --- */

/* What to do about an unreachable or refusing proxy; NULL: the error is not at the proxy. */
static char *proxy_advice(CURLcode code, long refused_with, const loop_proxy *proxy)
{
    if (refused_with == 407)
        return xasprintf("put user and password into %s: http://USER:PASSWORD@HOST:PORT",
                         proxy->name);
    if (refused_with >= 500)
        return xasprintf("the proxy cannot reach that host; check the host's name, or exclude it "
                         "from the proxy with NO_PROXY");
    if (refused_with > 0)
        return xasprintf(
            "ask the proxy's operator to allow this host, or exclude it with NO_PROXY");
    if (code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_PROXY)
        return NULL;
    return xasprintf("check that it runs; correct or unset %s, or exclude the host with NO_PROXY",
                     proxy->name);
}

static long refused_with(const http_call *call)
{
    long status = 0;
    curl_easy_getinfo(call->easy->curl, CURLINFO_HTTP_CONNECTCODE, &status);
    return status >= 300 ? status : 0;
}

/* False: no proxy was used. */
static bool proxy_error(const http_call *call, const error_row *row, const char *text, err *e)
{
    loop_proxy proxy = {0};
    if (call->request.no_proxy || !loop_proxy_find(call->request.url, &proxy))
        return false;
    if (!proxy.shown[0]) {
        err_set(e, ERR_CONFIG, "%s: the value of %s is not a proxy URL; write http://HOST:PORT",
                call->shown, proxy.name);
        return true;
    }
    long status = refused_with(call);
    AUTO_FREE char *advice = proxy_advice(row->curl, status, &proxy);
    err_set(e, row->code, "%s: %s the proxy %s (%s): %s; %s", call->shown,
            advice ? "failed at" : "through", proxy.shown, proxy.name, text,
            advice ? advice : row->advice);
    e->cls = status > 0 && status < 500 ? ERR_CLASS_RUN : e->cls;
    return true;
}

void easy_error(const http_call *call, CURLcode code, err *e)
{
    if (code == CURLE_OUT_OF_MEMORY)
        util_out_of_memory(0);
    const error_row *row = row_of(code);
    if (call->stalled) {
        err_set(e, ERR_TIMEOUT, "%s: stalled: less than 1 byte per second for %.1f s; %s",
                call->shown, call->request.stall_timeout_ms / 1000.0, row->advice);
        return;
    }
    if (code == CURLE_OPERATION_TIMEDOUT && timed_out_connecting(call))
        row = row_of(CURLE_COULDNT_CONNECT);
    if (code == CURLE_SSL_CONNECT_ERROR && answers_without_tls(call->easy->message))
        row = &plain_port;
    if (code == CURLE_RECV_ERROR && !call->first_byte &&
        str_starts_with(call->request.url, "http://"))
        row = row_of(CURLE_GOT_NOTHING);
    /* For a malformed proxy URL, curl's text contains its password. */
    bool quotes = strchr(call->easy->message, '@') != NULL;
    const char *text =
        call->easy->message[0] && !quotes ? call->easy->message : curl_easy_strerror(code);
    if (!proxy_error(call, row, text, e))
        err_set(e, row->code, "%s: %s; %s", call->shown, text, row->advice);
    e->curl_code = (int)code;
    if (row->cls != ERR_CLASS_NONE)
        e->cls = row->cls;
}
