/* Properties of a request, and its reply. */
#include "base/util.h"
#include "base/httpd/httpd_private.h"

#include <microhttpd.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- replies --- */

static void reply_set(httpd_request *r, int status, const http_header *headers, size_t header_count,
                      struct MHD_Response *take_response)
{
    if (r->reply || r->dropped || !take_response) { /* only the first reply counts */
        if (take_response)
            MHD_destroy_response(take_response);
        return;
    }
    for (size_t i = 0; i < header_count; i++)
        if (strcasecmp(headers[i].name, MHD_HTTP_HEADER_CONTENT_LENGTH) != 0) /* set by the reply */
            /* libmicrohttpd refuses empty values; clients remove the blank. */
            MHD_add_response_header(take_response, headers[i].name,
                                    headers[i].value[0] ? headers[i].value : " ");
    r->reply = take_response;
    r->status = (unsigned)status;
}

static struct MHD_Response *response_from_slice(slice body)
{
    void *data = (void *)(uintptr_t)(body.len ? body.data : "");
    return MHD_create_response_from_buffer(body.len, data, MHD_RESPMEM_MUST_COPY);
}

void httpd_reply(httpd_request *r, int status, const http_header *headers, size_t header_count,
                 slice body)
{
    reply_set(r, status, headers, header_count, response_from_slice(body));
}

void httpd_reply_file(httpd_request *r, int status, const http_header *headers, size_t header_count,
                      int take_fd, uint64_t offset, uint64_t len_bytes)
{
    struct MHD_Response *response = NULL;
    if (len_bytes > 0)
        response = MHD_create_response_from_fd_at_offset64(len_bytes, take_fd, offset);
    if (!response) {
        close(take_fd);
        if (len_bytes > 0)
            status = 500;
        response = response_from_slice((slice){0});
    }
    reply_set(r, status, headers, header_count, response);
}

/* The body of httpd_reply_cut and httpd_reply_head: `len` bytes, then the connection breaks. */
typedef struct cut_body {
    size_t len;
    char data[];
} cut_body;

static ssize_t cut_read(void *ctx, uint64_t position, char *out, size_t max)
{
    const cut_body *cut = ctx;
    if (position >= cut->len)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t count = MIN(max, cut->len - (size_t)position);
    memcpy(out, cut->data + position, count);
    return (ssize_t)count;
}

void httpd_reply_cut(httpd_request *r, int status, const http_header *headers, size_t header_count,
                     slice body, uint64_t content_length)
{
    cut_body *cut = xcalloc(1, sizeof *cut + body.len + 1);
    cut->len = body.len;
    if (body.len)
        memcpy(cut->data, body.data, body.len);
    reply_set(r, status, headers, header_count,
              MHD_create_response_from_callback(content_length, 16384, cut_read, cut, free));
}

void httpd_reply_head(httpd_request *r, int status, const http_header *headers, size_t header_count,
                      uint64_t content_length)
{
    httpd_reply_cut(r, status, headers, header_count, (slice){0}, content_length);
}

void httpd_drop(httpd_request *r)
{
    r->dropped = true;
}

bool httpd_replied(const httpd_request *r)
{
    return r->reply != NULL || r->dropped;
}

/* --- the request --- */

const char *httpd_method(const httpd_request *r)
{
    return r->method;
}

const char *httpd_raw_target(const httpd_request *r)
{
    return r->target;
}

const char *httpd_header(const httpd_request *r, const char *name)
{
    const char *value = NULL;
    size_t len = 0;
    if (MHD_lookup_connection_value_n(r->connection, MHD_HEADER_KIND, name, strlen(name), &value,
                                      &len) != MHD_YES)
        return NULL;
    return value ? value : "";
}

typedef struct each_header {
    void (*each)(void *ctx, const char *name, const char *value);
    void *ctx;
} each_header;

static enum MHD_Result each_header_called(void *ctx, enum MHD_ValueKind kind, const char *name,
                                          const char *value)
{
    UNUSED(kind);
    const each_header *call = ctx;
    call->each(call->ctx, name, value ? value : "");
    return MHD_YES;
}

void httpd_each_header(const httpd_request *r,
                       void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
    each_header call = {.each = each, .ctx = ctx};
    MHD_get_connection_values(r->connection, MHD_HEADER_KIND, each_header_called, &call);
}

void httpd_local_address(const httpd_request *r, char out[HTTPD_ADDRESS_BYTES])
{
    static const char mapped[] = "::ffff:";
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    out[0] = '\0';
    if (getsockname(fd->connect_fd, (struct sockaddr *)&at, &len) != 0 ||
        getnameinfo((struct sockaddr *)&at, len, out, HTTPD_ADDRESS_BYTES, NULL, 0,
                    NI_NUMERICHOST) != 0)
        out[0] = '\0';
    if (str_starts_with(out, mapped) && strchr(out, '.'))
        memmove(out, out + strlen(mapped), strlen(out) - strlen(mapped) + 1);
}
