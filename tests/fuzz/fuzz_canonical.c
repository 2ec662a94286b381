/* Canonical requests. The input is a request in lines: method, path, query, then headers "name:value".
 * A signed request is accepted by the verifier; the order of parameters and headers, the case of
 * names and additional escaping change nothing. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "s3/serve/protocol/auth.h"
#include "decon/s3/sign.h"
#include "base/util.h"

#define HEADERS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = line ? strchr(line, '\n') : NULL;
    if (end)
        *end++ = '\0';
    *rest = end;
    static char none[1];
    return line ? line : none;
}

static bool canonical(const s3_sign_request *r, buf *out)
{
    err e = ERR_INIT;
    buf_init(out, 1 << 20);
    bool ok = s3_sign_canonical(r, out, &e);
    expect(ok || e.message[0] != '\0');
    return ok;
}

/* Parameters in reverse order, each character that may be escaped escaped. */
static void rewrite_query(slice query, buf *out)
{
    buf_init(out, 1 << 20);
    while (query.len > 0) {
        const char *cut = memrchr(query.data, '&', query.len);
        size_t begin = cut ? (size_t)(cut - query.data) + 1 : 0;
        for (size_t i = begin; i < query.len; i++) {
            char c = query.data[i];
            bool plain = (c >= 'a' && c <= 'z') && (i == begin || query.data[i - 1] != '%') &&
                         (i < begin + 2 || query.data[i - 2] != '%');
            if (plain)
                buf_printf(out, "%%%02x", (unsigned)(unsigned char)c);
            else
                buf_append_char(out, c);
        }
        query.len = begin > 0 ? begin - 1 : 0;
        if (query.len > 0)
            buf_append_char(out, '&');
    }
}

static void try_same_meaning(const s3_sign_request *request)
{
    AUTO(buf) first = {0};
    AUTO(buf) second = {0};
    AUTO(buf) query = {0};
    http_header turned[HEADERS_MAX];
    s3_sign_request other = *request;
    rewrite_query(request->query, &query);
    for (size_t i = 0; i < request->header_count; i++)
        turned[i] = request->headers[request->header_count - 1 - i];
    other.headers = turned;
    other.query = buf_slice(&query);
    bool ok = canonical(request, &first);
    expect(ok == canonical(&other, &second));
    if (ok)
        expect(slice_equal(buf_slice(&first), buf_slice(&second)));
}

static void try_checking(const s3_sign_request *request)
{
    static const s3_keys keys = {"AKIDEXAMPLE", "secret/key", NULL};
    http_header headers[HEADERS_MAX + 1];
    AUTO(buf) value = BUF(1 << 20);
    target empty = {0};
    err e = ERR_INIT;
    if (!s3_sign(request, &keys, &value, &e))
        return;
    memcpy(headers, request->headers, request->header_count * sizeof *headers);
    headers[request->header_count] = (http_header){"Authorization", buf_str(&value)};
    auth_request came = {.method = request->method,
                         .path = request->path,
                         .query = request->query,
                         .target = &empty,
                         .headers = headers,
                         .header_count = request->header_count + 1,
                         .now_s = 1369353600};
    auth_keys known = {.access_key_id = keys.access_key_id,
                       .secret_access_key = keys.secret_access_key};
    expect(auth_check(&came, &known, &e));
    known.secret_access_key = "another";
    expect(!auth_check(&came, &known, &e));
}

static bool is_known(const http_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return true;
    return strcasecmp(name, "authorization") == 0;
}

/* A name of RFC 9110 token characters that is unique in the request. */
static bool is_name(const http_header *headers, size_t count, const char *name)
{
    return name[0] &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               strlen(name) &&
           !is_known(headers, count, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = xstrndup((const char *)data, size);
    char *rest = text;
    http_header headers[HEADERS_MAX] = {{"Host", "127.0.0.1:9000"},
                                        {"x-amz-content-sha256", S3_UNSIGNED},
                                        {"x-amz-date", "20130524T000000Z"}};
    s3_sign_request request = {.method = next_line(&rest),
                               .headers = headers,
                               .header_count = 3,
                               .payload_hash = S3_UNSIGNED,
                               .amz_date = "20130524T000000Z",
                               .region = "us-east-1",
                               .service = "s3"};
    request.path = slice_from(next_line(&rest));
    request.query = slice_from(next_line(&rest));
    while (rest && request.header_count < HEADERS_MAX) {
        char *line = next_line(&rest), *colon = strchr(line, ':');
        if (colon)
            *colon = '\0';
        if (colon && is_name(headers, request.header_count, line))
            headers[request.header_count++] = (http_header){line, colon + 1};
    }
    try_same_meaning(&request);
    try_checking(&request);
    s3_authorization parsed;
    if (s3_authorization_parse(request.method, &parsed))
        expect(parsed.access_key_id.len > 0 && parsed.date.len == 8);
    return 0;
}
