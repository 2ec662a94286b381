/* False replies to copies, and to the request for tags that a copy in parts sends. */
#include "tests/unit/s3/put/replies_write_site.h"

/* --- CopyObject --- */

#define COPIED                                                                                     \
    XML "<CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                     \
        "<LastModified>2013-05-24T00:00:00.000Z</LastModified><ETag>\"e1\"</ETag>"                 \
        "</CopyObjectResult>"

static void copy_start(replies_site *p)
{
    s3_copy(p->s.c, &(s3_copy_options){.from_bucket = "from",
                                       .from_key = "k",
                                       .from_etag = "\"e1\"",
                                       .to_bucket = "b",
                                       .to_key = "k",
                                       .on_done = done,
                                       .ctx = p});
}

static void copy_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    bool was_done = p->done;
    p->done |= url_has(r, "HEAD", "/from/k") != 0;
    reply_head(p, reply, SIZE, "\"e1\"", CRC);
    p->done = was_done;
}

/* --- UploadPartCopy --- */

#define PART_COPIED                                                                                \
    XML "<CopyPartResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"                       \
        "<LastModified>2013-05-24T00:00:00.000Z</LastModified><ETag>\"p\"</ETag>"                  \
        "</CopyPartResult>"
#define FIVE_GIB_AND_ONE "5368709121"

static void large_copy_start(replies_site *p)
{
    s3_copy(p->s.c, &(s3_copy_options){.from_bucket = "from",
                                       .from_key = "k",
                                       .size_known = true,
                                       .size_bytes = ((uint64_t)5 << 30) + 1,
                                       .to_bucket = "b",
                                       .to_key = "k",
                                       .on_done = done,
                                       .ctx = p});
}

static void large_copy_others(replies_site *p, const fake_request *r, fake_reply *reply)
{
    static const fake_reply part = {.body = {PART_COPIED, sizeof PART_COPIED - 1}};
    static const fake_reply tags = {.body = SLICE_LIT("<Tagging><TagSet></TagSet></Tagging>")};
    if (is_create(r))
        *reply = created;
    else if (url_has(r, "PUT", "uploadId=u1"))
        *reply = part;
    else if (is_complete(r))
        *reply = completed;
    else if (url_has(r, "DELETE", "uploadId="))
        reply->status = 204;
    else if (url_has(r, "GET", "tagging"))
        *reply = tags;
    else {
        bool was_done = p->done;
        p->done = true;
        reply_head(p, reply, FIVE_GIB_AND_ONE, "\"e1\"", NULL);
        p->done = was_done;
    }
}

/* --- GetObjectTagging: its tags go into CreateMultipartUpload --- */

#define TAGS                                                                                       \
    XML "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>"                      \
        "<Tag><Key>team</Key><Value>data</Value></Tag></TagSet></Tagging>"

static bool is_tagging(const fake_request *r)
{
    return url_has(r, "GET", "tagging");
}

static bool tags_are_right(replies_site *p)
{
    for (size_t i = 0; i < fake_request_count(p->s.f); i++) {
        const fake_request *r = fake_request_at(p->s.f, i);
        const char *tags = fake_request_header(r, "x-amz-tagging");
        if (is_create(r) && tags && strcmp(tags, "team=data") == 0)
            return true;
    }
    return false;
}

static const operation operations[] = {
    {"CopyObject",
     {.body = {COPIED, sizeof COPIED - 1}},
     is_put,
     copy_start,
     copy_is_right,
     copy_others,
     NULL},
    {"UploadPartCopy",
     {.body = {PART_COPIED, sizeof PART_COPIED - 1}},
     is_part,
     large_copy_start,
     copy_is_right,
     large_copy_others,
     NULL},
    {"GetObjectTagging",
     {.body = {TAGS, sizeof TAGS - 1}},
     is_tagging,
     large_copy_start,
     tags_are_right,
     large_copy_others,
     NULL},
};

static const cell cells[] = {
    {"CopyObject", MISSING, PROVEN, "/ETag", "ETag is missing", NULL, NULL},
    {"CopyObject", EMPTY, PROVEN, "/ETag", "ETag is missing or empty", NULL, NULL},
    {"CopyObject", DOUBLED, PROVEN, "/ETag", "ETag occurs twice", NULL, NULL},
    {"CopyObject", RECASED, PROVEN, "/ETag", "ETag is missing", NULL, NULL},
    {"CopyObject", MISSING, RIGHT, "/LastModified", NULL, NULL, NULL},
    {"CopyObject", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"CopyObject", ROOT, RIGHT, NULL, NULL, NULL, NULL},
    {"CopyObject", HTML, PROVEN, NULL, "Welcome to nginx!", NULL, NULL},
    {"CopyObject", TEXT, PROVEN, NULL, "upstream connect error", NULL, NULL},
    {"CopyObject", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"CopyObject", NOTHING, PROVEN, NULL, "empty", NULL, NULL},
    {"CopyObject", TRUNCATED, PROVEN, NULL, "not well formed", NULL, NULL},
    {"CopyObject", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"CopyObject", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"CopyObject", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"UploadPartCopy", MISSING, FAILS, "/ETag", "ETag is missing", NULL, NULL},
    {"UploadPartCopy", EMPTY, FAILS, "/ETag", "ETag is missing or empty", NULL, NULL},
    {"UploadPartCopy", DOUBLED, FAILS, "/ETag", "ETag occurs twice", NULL, NULL},
    {"UploadPartCopy", RECASED, FAILS, "/ETag", "ETag is missing", NULL, NULL},
    {"UploadPartCopy", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPartCopy", ROOT, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPartCopy", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"UploadPartCopy", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"UploadPartCopy", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"UploadPartCopy", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"UploadPartCopy", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"UploadPartCopy", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"UploadPartCopy", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"UploadPartCopy", STATUS, FAILS, NULL, "202", NULL, NULL},

    {"GetObjectTagging", MISSING, FAILS, "/Key", "Key", NULL, NULL},
    {"GetObjectTagging", MISSING, FAILS, "/Value", "Value", NULL, NULL},
    {"GetObjectTagging", EMPTY, FAILS, "/Key", "Key", NULL, NULL},
    {"GetObjectTagging", DOUBLED, FAILS, "/Key", "two Keys", NULL, NULL},
    {"GetObjectTagging", DOUBLED, FAILS, "/Value", "Key", NULL, NULL},
    {"GetObjectTagging", RECASED, FAILS, "/Key", "Key", NULL, NULL},
    {"GetObjectTagging", RECASED, FAILS, "/TagSet", "TagSet", NULL, NULL},
    {"GetObjectTagging", NAMESPACE, RIGHT, NULL, NULL, NULL, NULL},
    {"GetObjectTagging", ROOT, FAILS, NULL, "TagSet", NULL, NULL},
    {"GetObjectTagging", HTML, FAILS, NULL, "Welcome to nginx!", NULL, NULL},
    {"GetObjectTagging", TEXT, FAILS, NULL, "upstream connect error", NULL, NULL},
    {"GetObjectTagging", ERROR, FAILS, NULL, "InternalError", NULL, NULL},
    {"GetObjectTagging", NOTHING, FAILS, NULL, "empty", NULL, NULL},
    {"GetObjectTagging", TRUNCATED, FAILS, NULL, "not well formed", NULL, NULL},
    {"GetObjectTagging", LENGTH, FAILS, NULL, "ended early", NULL, NULL},
    {"GetObjectTagging", CHUNKED, RIGHT, NULL, NULL, NULL, NULL},
    {"GetObjectTagging", STATUS, FAILS, NULL, "202", NULL, NULL},
};

static void false_replies_of_copies(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        run_cells(&operations[i], cells, ARRAY_LEN(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_replies_of_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
