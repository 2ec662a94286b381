/* Uploads of one object, also in parts. */
#ifndef TESTS_UNIT_S3_PUT_PARTS_SITE_H
#define TESTS_UNIT_S3_PUT_PARTS_SITE_H

#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL "http://store/b/k"
#define MIB ((size_t)1024 * 1024)
#define UPLOAD                                                                                     \
    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;whole-3&quot;</ETag>"                              \
    "</CompleteMultipartUploadResult>"
#define CREATE_URL   URL "?uploads="
#define COMPLETE_URL URL "?uploadId=u%2F1"
#define PART_URL(n)  URL "?partNumber=" n "&uploadId=u%2F1"

typedef struct put_site {
    site s;
    char etag[64];
    uint64_t sent;
} put_site;

static const http_header etag_header = {"ETag", "\"e1\""};

static inline void on_progress(void *ctx, uint64_t sent_bytes)
{
    put_site *p = ctx;
    assert_true(sent_bytes > p->sent);
    p->sent = sent_bytes;
}

static inline void on_done(void *ctx, const s3_put_result *result, const err *e)
{
    put_site *p = ctx;
    assert_true((result != NULL) == (e == NULL));
    if (result)
        snprintf(p->etag, sizeof p->etag, "%s", result->etag ? result->etag : "");
    site_done(&p->s, e);
}

static inline void open_put(put_site *p)
{
    *p = (put_site){0};
    site_open(&p->s, (s3_config){.part_size_bytes = 5 * MIB, .max_attempts = 3});
}

static inline s3_put_options options(put_site *p, slice data)
{
    return (s3_put_options){.bucket = "b",
                            .key = "k",
                            .data = data,
                            .fd = -1,
                            .on_progress = on_progress,
                            .on_done = on_done,
                            .ctx = p};
}

static inline void when(put_site *p, const char *method, const char *url, const fake_reply *reply,
                        unsigned times)
{
    fake_when(p->s.f, &(fake_rule){.method = method, .url = url, .reply = *reply, .times = times});
}

static const fake_reply part_reply = {.status = 200, .headers = &etag_header, .header_count = 1};
static const fake_reply create_reply = {.status = 200, .body = {UPLOAD, sizeof UPLOAD - 1}};
static const fake_reply complete_reply = {.status = 200, .body = {DONE, sizeof DONE - 1}};

/* 11 MiB of varying bytes: three parts. */
static inline char *large(void)
{
    char *data = xcalloc(11, MIB);
    for (size_t i = 0; i < 11 * MIB; i++)
        data[i] = (char)(i / 4096);
    return data;
}

static inline const fake_request *first_of(const put_site *p, const char *method, const char *url)
{
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        if (strcmp(r->method, method) == 0 && strcmp(r->url, url) == 0)
            return r;
    }
    fail_msg("%s %s was not sent", method, url);
    return NULL;
}

#endif
