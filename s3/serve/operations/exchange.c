#include "s3/serve/operations/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/protocol/xml.h"

const char *exchange_header(const exchange *x, const char *name)
{
    return auth_header(&x->auth, name);
}

bool exchange_is_head(const exchange *x)
{
    return str_equal(httpd_method(x->http), "HEAD");
}

bool exchange_is_signed(const exchange *x)
{
    return exchange_header(x, "Authorization") || target_param(&x->target, "X-Amz-Signature") ||
           target_param(&x->target, "Signature");
}

void exchange_take_header(exchange *x, const char *name, const char *value)
{
    x->headers_lost = x->headers_lost || x->auth.header_count == EXCHANGE_HEADERS_MAX;
    if (x->auth.header_count < EXCHANGE_HEADERS_MAX)
        x->headers_in[x->auth.header_count++] = (http_header){.name = name, .value = value};
}

void exchange_add_header(exchange *x, const char *name, const char *fmt, ...)
{
    char *text = NULL;
    if (x->header_out_count == ARRAY_LEN(x->headers_out))
        return;
    va_list args;
    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = xstrdup("");
    va_end(args);
    x->headers_out[x->header_out_count++] = (http_header){.name = xstrdup(name), .value = text};
}

void exchange_add_date(exchange *x, const char *name, int64_t time_s)
{
    time_t t = (time_t)time_s;
    struct tm parts;
    char text[64];
    gmtime_r(&t, &parts);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    exchange_add_header(x, name, "%s", text);
}

/* One line a request: METHOD TARGET STATUS BYTES-RECEIVED BYTES-SENT; the target is raw, without
 * spaces, except that the secrets of presigned URLs are replaced. */
static void write_log(const exchange *x, int status, uint64_t sent_bytes)
{
    if (!x->log)
        return;
    AUTO(buf) line = BUF(64 * 1024);
    buf_printf(&line, "%s ", httpd_method(x->http));
    target_show(httpd_raw_target(x->http), &line);
    buf_printf(&line, " %d %" PRIu64 " %" PRIu64 "\n", status, x->body_bytes, sent_bytes);
    if (!output_put(x->log, buf_slice(&line), OUTPUT_DROP) && errno != ENOBUFS)
        log_warn("the access log cannot be written");
}

static void cut_reply(exchange *x, int status, slice body, uint64_t content_length)
{
    write_log(x, status, body.len);
    httpd_reply_cut(x->http, status, x->headers_out, x->header_out_count, body, content_length);
}

bool exchange_has_fault(const exchange *x, fault_kind kind)
{
    return x->fault && x->fault->kind == kind;
}

void exchange_drop(exchange *x)
{
    write_log(x, 0, 0);
    httpd_drop(x->http);
}

void exchange_reply(exchange *x, int status, slice body)
{
    exchange_add_header(x, "x-amz-request-id", "%s", x->request_id);
    if (exchange_has_fault(x, FAULT_LOST)) {
        exchange_drop(x);
        return;
    }
    if (exchange_has_fault(x, FAULT_TRUNCATE) && !exchange_is_head(x) &&
        x->fault->truncate_bytes < body.len) {
        cut_reply(x, status, (slice){body.data, (size_t)x->fault->truncate_bytes}, body.len);
        return;
    }
    write_log(x, status, exchange_is_head(x) ? 0 : body.len);
    if (exchange_is_head(x))
        httpd_reply_head(x->http, status, x->headers_out, x->header_out_count, body.len);
    else
        httpd_reply(x->http, status, x->headers_out, x->header_out_count, body);
}

void exchange_reply_xml(exchange *x, int status, const buf *body)
{
    if (body->overflow) {
        err e = ERR_INIT;
        AUTO(buf) shown = BUF(64 * 1024);
        target_show(httpd_raw_target(x->http), &shown);
        err_set(&e, ERR_LIMIT, "%s: the reply would be too large", buf_str(&shown));
        exchange_reply_error(x, &e);
        return;
    }
    exchange_add_header(x, "Content-Type", "application/xml");
    exchange_reply(x, status, buf_slice(body));
}

/* A reply that ends early: its beginning is read into memory, which tests keep small. */
static void cut_file(exchange *x, int status, int take_fd, uint64_t offset, uint64_t len_bytes)
{
    AUTO_FD fd = take_fd;
    size_t want = (size_t)MIN(MIN(x->fault->truncate_bytes, len_bytes), 64ULL * 1024 * 1024);
    AUTO_FREE char *data = xcalloc(1, want + 1);
    ssize_t got = pread(fd, data, want, (off_t)offset);
    cut_reply(x, status, (slice){data, got > 0 ? (size_t)got : 0}, len_bytes);
}

/* An unnamed copy in which one byte differs; -1 on failure. */
static int corrupt_copy(exchange *x, int fd, uint64_t offset, uint64_t len_bytes,
                        uint64_t *data_offset, err *e)
{
    AUTO(incoming) copy = {.fd = -1};
    char byte = 0;
    file_range range = {.fd = fd, .offset = offset, .len_bytes = len_bytes};
    if (!incoming_open(x->store, &copy, e) || !incoming_append_file(&copy, &range, e))
        return -1;
    *data_offset = copy.data_offset;
    off_t middle = (off_t)(copy.data_offset + len_bytes / 2);
    bool ok = pread(copy.fd, &byte, 1, middle) == 1;
    byte = (char)(byte ^ 1);
    if (!ok || pwrite(copy.fd, &byte, 1, middle) != 1) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot be changed", copy.temp_path);
        return -1;
    }
    return fcntl(copy.fd, F_DUPFD_CLOEXEC, 0);
}

static void reply_corrupt_file(exchange *x, int status, int take_fd, uint64_t offset,
                               uint64_t len_bytes)
{
    AUTO_FD fd = take_fd;
    err e = ERR_INIT;
    uint64_t data_offset = 0;
    int copy = corrupt_copy(x, fd, offset, len_bytes, &data_offset, &e);
    if (copy < 0) {
        exchange_reply_error(x, &e);
        return;
    }
    write_log(x, status, len_bytes);
    httpd_reply_file(x->http, status, x->headers_out, x->header_out_count, copy, data_offset,
                     len_bytes);
}

void exchange_reply_file(exchange *x, int status, int take_fd, uint64_t offset, uint64_t len_bytes)
{
    exchange_add_header(x, "x-amz-request-id", "%s", x->request_id);
    if (exchange_has_fault(x, FAULT_LOST)) {
        close(take_fd);
        exchange_drop(x);
    } else if (exchange_is_head(x)) {
        close(take_fd);
        write_log(x, status, 0);
        httpd_reply_head(x->http, status, x->headers_out, x->header_out_count, len_bytes);
    } else if (exchange_has_fault(x, FAULT_TRUNCATE) && x->fault->truncate_bytes < len_bytes) {
        cut_file(x, status, take_fd, offset, len_bytes);
    } else if (exchange_has_fault(x, FAULT_CORRUPT) && len_bytes > 0) {
        reply_corrupt_file(x, status, take_fd, offset, len_bytes);
    } else {
        write_log(x, status, len_bytes);
        httpd_reply_file(x->http, status, x->headers_out, x->header_out_count, take_fd, offset,
                         len_bytes);
    }
}

void exchange_reply_error(exchange *x, const err *error)
{
    err shown = *error;
    /* As in S3: a client that used a wrong region learns the right one. */
    exchange_add_header(x, "x-amz-bucket-region", "%s", x->region);
    if (!shown.s3_code[0]) {
        AUTO(buf) asked = BUF(64 * 1024);
        target_show(httpd_raw_target(x->http), &asked);
        log_error("%s %s: %s", httpd_method(x->http), buf_str(&asked), error->message);
        s3_refuse(&shown, REFUSE_INTERNAL);
    }
    if (exchange_is_head(x)) {
        exchange_reply(x, shown.http_status, (slice){0});
        return;
    }
    AUTO(buf) body = BUF(64 * 1024);
    buf_append_str(&body, XML_HEAD "<Error>");
    xml_element_str(&body, "Code", shown.s3_code);
    xml_element_str(&body, "Message", shown.message);
    xml_element(&body, "Resource", x->target.raw_path);
    if (s3_is_refusal(&shown, REFUSE_MALFORMED_AUTH))
        xml_element_str(&body, "Region", x->region);
    xml_element_str(&body, "RequestId", x->request_id);
    buf_append_str(&body, "</Error>\n");
    exchange_reply_xml(x, shown.http_status, &body);
}
