/* Uploads of one object, and what a store has answered. */
#ifndef TESTS_UNIT_S3_PUT_CHECKSUM_SITE_H
#define TESTS_UNIT_S3_PUT_CHECKSUM_SITE_H

#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/site.h"

#define MIB ((size_t)1024 * 1024)
#define UPLOAD                                                                                     \
    "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
/* Of "123456789", as the catalogue of CRCs has it: 0xAE8B14860A799888, 0xE3069283. */
#define NINE           "123456789"
#define NINE_CRC64NVME "rosUhgp5mIg="

typedef struct put_site {
    site s;
    FILE *file;
} put_site;

static const http_header etag_header = {"ETag", "\"e1\""};
static const fake_reply ok_reply = {.status = 200, .headers = &etag_header, .header_count = 1};

static inline void on_done(void *ctx, const s3_put_result *result, const err *e)
{
    put_site *p = ctx;
    assert_true((result != NULL) == (e == NULL));
    site_done(&p->s, e);
}

static inline void open_put(put_site *p, const char *text, s3_config config)
{
    *p = (put_site){.file = tmpfile()};
    assert_non_null(p->file);
    assert_true(fputs(text, p->file) >= 0);
    fflush(p->file);
    config.part_size_bytes = 5 * MIB;
    config.max_attempts = 3;
    site_open(&p->s, config);
}

static inline void close_put(put_site *p)
{
    fake_run_all(p->s.f);
    assert_true(s3_client_idle(p->s.c));
    site_close(&p->s);
    fclose(p->file);
}

static inline s3_put_options options(put_site *p)
{
    off_t size = lseek(fileno(p->file), 0, SEEK_END);
    return (s3_put_options){.bucket = "b",
                            .key = "k",
                            .fd = fileno(p->file),
                            .size_bytes = (uint64_t)size,
                            .on_done = on_done,
                            .ctx = p};
}

static inline err_code put(put_site *p, s3_put_options o)
{
    s3_put(p->s.c, &o);
    return site_end(&p->s);
}

static inline void expect(put_site *p, const char *method, const fake_reply *reply)
{
    fake_expect(p->s.f, &(fake_rule){.method = method, .reply = *reply});
}

static inline const char *sent(const put_site *p, size_t index, const char *name)
{
    return site_sent_header(&p->s, index, name);
}
static const fake_reply no_algorithm = {
    .status = 400,
    .body =
        SLICE_LIT("<Error><Code>InvalidArgument</Code><Message>The algorithm type you specified "
                  "in x-amz-checksum- header is invalid.</Message></Error>")};

#endif
