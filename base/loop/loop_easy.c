/* One request as a curl handle: its options and curl's callbacks. */
#include "base/util.h"
#include "base/loop/loop_private.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS  10000
#define UPLOAD_BUFFER_BYTES 131072L
#define SMALL_BUFFER_BYTES  16384L /* libcurl's minimum for uploads */

/* --- handles --- */

easy *easy_new(void)
{
    easy *h = xcalloc(1, sizeof *h);
    h->curl = curl_easy_init();
    if (!h->curl)
        util_out_of_memory(0);
    h->gathered = xrealloc(NULL, GATHER_BYTES);
    return h;
}

void easy_clear(easy *h)
{
    curl_easy_reset(h->curl); /* keeps connections, DNS and TLS sessions */
    curl_slist_free_all(h->headers);
    h->headers = NULL;
    h->gathered_bytes = 0;
    h->message[0] = '\0';
}

void easy_free(easy *h)
{
    curl_easy_cleanup(h->curl);
    curl_slist_free_all(h->headers);
    free(h->gathered);
    free(h);
}

/* --- the reply --- */

static bool refused(http_call *call)
{
    if (!err_is_set(&call->error))
        err_set(&call->error, ERR_INTERNAL, "%s: a callback refused the reply without an error",
                call->shown);
    return false;
}

static bool head_ended(http_call *call)
{
    call->in_head = false;
    if (call->status < 200) /* 100 Continue and other interim replies */
        return true;
    call->head_done = true;
    if (!call->request.on_head)
        return true;
    http_header *headers = xcalloc(call->head_count + 1, sizeof *headers);
    const char *at = call->head.data;
    for (size_t i = 0; i < call->head_count; i++) {
        headers[i].name = at;
        headers[i].value = at + strlen(at) + 1;
        at = headers[i].value + strlen(headers[i].value) + 1;
    }
    http_reply reply = {
        .status = call->status, .headers = headers, .header_count = call->head_count};
    bool taken = call->request.on_head(call->request.ctx, &reply, &call->error);
    free(headers);
    return taken || call->cancelled || refused(call);
}

/* "HTTP/1.1 200 OK" */
static void status_line(http_call *call, slice line)
{
    const char *space = memchr(line.data, ' ', line.len);
    size_t rest = space ? line.len - (size_t)(space - line.data) : 0;
    call->status = 0;
    for (size_t i = 1; i < rest && i <= 3 && space[i] >= '0' && space[i] <= '9'; i++)
        call->status = call->status * 10 + (space[i] - '0');
    call->in_head = true;
    call->head_count = 0;
    buf_clear(&call->head);
}

static bool header_line(http_call *call, slice line)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (!colon || memchr(line.data, '\0', line.len))
        return true; /* not a header: ignored, as curl does */
    slice name = {.data = line.data, .len = (size_t)(colon - line.data)};
    slice value = {.data = colon + 1, .len = line.len - name.len - 1};
    buf_append_slice(&call->head, slice_trim(name));
    buf_append_char(&call->head, '\0');
    buf_append_slice(&call->head, slice_trim(value));
    buf_append_char(&call->head, '\0');
    call->head_count++;
    if (!call->head.overflow)
        return true;
    return err_set(&call->error, ERR_LIMIT, "%s: the head of the reply is larger than %zu bytes",
                   call->shown, call->head.max_bytes);
}

static size_t head_called(char *data, size_t size, size_t count, void *ctx)
{
    http_call *call = ctx;
    slice line = slice_trim((slice){.data = data, .len = size * count});
    call->first_byte = true;
    loop_flow_alive(call, size * count);
    bool ok = true;
    if (call->cancelled)
        ok = false;
    else if (call->head_done)
        ok = true; /* a trailer of a chunked body */
    else if (!call->in_head)
        status_line(call, line);
    else if (line.len == 0)
        ok = head_ended(call);
    else
        ok = header_line(call, line);
    return ok && !call->cancelled ? size * count : 0;
}

bool easy_flush(http_call *call)
{
    easy *h = call->easy;
    slice data = {.data = h->gathered, .len = h->gathered_bytes};
    h->gathered_bytes = 0;
    if (call->cancelled)
        return false;
    if (data.len == 0 || !call->request.on_body)
        return true;
    bool taken = call->request.on_body(call->request.ctx, data, &call->error);
    if (call->cancelled)
        return false;
    return taken || refused(call);
}

static size_t body_called(char *data, size_t size, size_t count, void *ctx)
{
    http_call *call = ctx;
    easy *h = call->easy;
    size_t len = size * count;
    if (!loop_flow_may(call, FLOW_RECEIVE))
        return CURL_WRITEFUNC_PAUSE;
    loop_flow_moved(call, FLOW_RECEIVE, len);
    call->body_bytes += len;
    for (size_t done = 0; done < len;) {
        size_t piece = MIN(len - done, GATHER_BYTES - h->gathered_bytes);
        memcpy(h->gathered + h->gathered_bytes, data + done, piece);
        h->gathered_bytes += piece;
        done += piece;
        if (h->gathered_bytes == GATHER_BYTES && !easy_flush(call))
            return 0;
    }
    return call->cancelled ? 0 : len;
}

/* --- the request's body --- */

static uint64_t request_bytes(const http_request *request)
{
    return request->body_file_bytes ? request->body_file_bytes : request->body.len;
}

static ssize_t read_file(http_call *call, char *out, size_t max)
{
    const http_request *request = &call->request;
    ssize_t count;
    do
        count = pread(request->body_fd, out, max,
                      (off_t)(request->body_file_offset + call->sent_bytes));
    while (count < 0 && errno == EINTR);
    if (count < 0)
        err_set_errno(&call->error, ERR_IO, errno, "%s: the file to send cannot be read",
                      call->shown);
    else if (count == 0)
        err_set(&call->error, ERR_IO,
                "%s: the file became shorter while it was sent; do not change it during the upload",
                call->shown);
    return count;
}

static size_t upload_called(char *out, size_t size, size_t count, void *ctx)
{
    http_call *call = ctx;
    if (call->cancelled)
        return CURL_READFUNC_ABORT;
    uint64_t left = request_bytes(&call->request) - call->sent_bytes;
    size_t max = (size_t)MIN((uint64_t)(size * count), left);
    if (max == 0)
        return 0;
    if (!loop_flow_may(call, FLOW_SEND))
        return CURL_READFUNC_PAUSE;
    if (call->request.body_file_bytes) {
        ssize_t got = read_file(call, out, max);
        if (got <= 0)
            return CURL_READFUNC_ABORT;
        max = (size_t)got;
    } else {
        memcpy(out, call->request.body.data + call->sent_bytes, max);
    }
    call->sent_bytes += max;
    loop_flow_moved(call, FLOW_SEND, max);
    return max;
}

/* curl sends the request again on a new connection when a kept one turns out to be closed. */
static int rewind_called(void *ctx, curl_off_t offset, int origin)
{
    http_call *call = ctx;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > request_bytes(&call->request))
        return CURL_SEEKFUNC_CANTSEEK;
    call->sent_bytes = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* --- options --- */

static curl_socket_t socket_called(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    UNUSED(ctx), UNUSED(purpose);
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool has_header(const http_request *request, const char *name)
{
    http_reply as_reply = {.headers = request->headers, .header_count = request->header_count};
    return http_reply_header(&as_reply, name) != NULL;
}

static bool append_line(easy *h, const char *line)
{
    struct curl_slist *longer = curl_slist_append(h->headers, line);
    if (longer)
        h->headers = longer;
    return longer != NULL;
}

static bool set_headers(http_call *call, err *e)
{
    const http_request *request = &call->request;
    bool ok = true;
    for (size_t i = 0; i < request->header_count; i++) {
        const http_header *header = &request->headers[i];
        if (strpbrk(header->name, "\r\n:;") || strpbrk(header->value, "\r\n"))
            return err_set(e, ERR_INTERNAL,
                           "%s: the header %s contains a line break or a separator", call->shown,
                           header->name);
        if (strcasecmp(header->name, "Content-Length") == 0)
            continue; /* curl sets it from the body */
        AUTO_FREE char *line = header->value[0] ? xasprintf("%s: %s", header->name, header->value)
                                                : xasprintf("%s;", header->name);
        ok = ok && append_line(call->easy, line);
    }
    /* Removes headers that curl adds by itself. */
    if (!has_header(request, "Accept"))
        ok = ok && append_line(call->easy, "Accept:");
    if (!has_header(request, "Expect") && request_bytes(request) < EXPECT_BYTES)
        ok = ok && append_line(call->easy, "Expect:");
    curl_easy_setopt(call->easy->curl, CURLOPT_HTTPHEADER, call->easy->headers);
    return ok || err_set(e, ERR_INTERNAL, "%s: out of memory", call->shown);
}

static void set_method(http_call *call)
{
    CURL *c = call->easy->curl;
    const char *method = call->request.method;
    uint64_t bytes = request_bytes(&call->request);
    if (str_equal(method, "HEAD")) {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    } else if (bytes > 0 || str_equal(method, "PUT") || str_equal(method, "POST")) {
        curl_easy_setopt(c, CURLOPT_UPLOAD, 1L); /* for POST too: adds no Content-Type */
        curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)bytes);
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    } else {
        curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
        if (!str_equal(method, "GET"))
            curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
    }
}

static int sending_called(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
    http_call *call = ctx;
    UNUSED(remote), UNUSED(local), UNUSED(remote_port), UNUSED(local_port);
    call->times_sent++;
    return CURL_PREREQFUNC_OK;
}

static void set_callbacks(http_call *call)
{
    CURL *c = call->easy->curl;
    curl_easy_setopt(c, CURLOPT_PRIVATE, call);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, call->easy->message);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, head_called);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_called);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, upload_called);
    curl_easy_setopt(c, CURLOPT_READDATA, call);
    curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, rewind_called);
    curl_easy_setopt(c, CURLOPT_SEEKDATA, call);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, sending_called);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, socket_called);
}

static void set_limits(http_call *call)
{
    CURL *c = call->easy->curl;
    const http_request *request = &call->request;
    int connect_ms =
        request->connect_timeout_ms > 0 ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    if (request->total_timeout_ms > 0)
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)request->total_timeout_ms);
}

/* libcurl allocates its buffers for each request. Only a store's GET has long replies. */
static void set_buffers(http_call *call)
{
    CURL *c = call->easy->curl;
    bool long_reply = !call->request.no_proxy && str_equal(call->request.method, "GET");
    long receive_bytes = (long)call->loop->options.receive_buffer_bytes;
    bool long_body = request_bytes(&call->request) > (uint64_t)SMALL_BUFFER_BYTES;
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE,
                     long_reply ? receive_bytes : MIN(receive_bytes, SMALL_BUFFER_BYTES));
    curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE,
                     long_body ? UPLOAD_BUFFER_BYTES : SMALL_BUFFER_BYTES);
}

static void set_connection(http_call *call)
{
    CURL *c = call->easy->curl;
    const loop_options *o = &call->loop->options;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L); /* cancelling waits for no resolver */
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, o->user_agent);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    /* A store has many hosts: each new connection resolves the name again and uses a random
     * address. */
    curl_easy_setopt(c, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
    curl_easy_setopt(c, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, o->verify_tls ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, o->verify_tls ? 2L : 0L);
    if (o->ca_bundle) {
        curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_bundle);
        curl_easy_setopt(c, CURLOPT_PROXY_CAINFO, o->ca_bundle);
    }
    if (call->request.no_proxy)
        curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    if (call->request.no_reuse)
        curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
}

bool easy_prepare(http_call *call, err *e)
{
    const char *url = call->request.url;
    if (!str_starts_with(url, "http://") && !str_starts_with(url, "https://"))
        return err_set(e, ERR_CONFIG, "%s: the URL must begin with http:// or https://; correct it",
                       call->shown);
    if (curl_easy_setopt(call->easy->curl, CURLOPT_URL, url) != CURLE_OK)
        return err_set(e, ERR_LIMIT, "%s: the URL is too long", call->shown);
    set_connection(call);
    set_buffers(call);
    set_limits(call);
    set_callbacks(call);
    set_method(call);
    return set_headers(call, e);
}
