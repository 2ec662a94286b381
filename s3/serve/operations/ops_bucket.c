#include "base/util.h"
#include "s3/serve/store/key_layout.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/protocol/xml.h"
#include "s3/protocol/xml.h"

#include <sys/stat.h>

#include "base/fsutil.h"

#define DELETE_KEYS_MAX 1000

typedef struct bucket_list {
    const store *store;
    buf *body;
} bucket_list;

static bool on_bucket(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    bucket_list *list = ctx;
    struct stat st;
    AUTO_FREE char *path = store_bucket_path(list->store, name);
    if (!layout_bucket_check(name, NULL) || stat(path, &st) != 0)
        return true;
    buf_append_str(list->body, "<Bucket>");
    xml_element_str(list->body, "Name", name);
    xml_element_time(list->body, "CreationDate", (int64_t)st.st_mtime);
    buf_append_str(list->body, "</Bucket>");
    return true;
}

bool op_list_buckets(exchange *x, err *e)
{
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    bucket_list list = {x->store, &body};
    AUTO_FREE char *dir = xasprintf("%s/buckets", store_root(x->store));
    buf_append_str(&body, XML_HEAD "<ListAllMyBucketsResult " XML_NAMESPACE
                                   "><Owner><ID>decon</ID></Owner><Buckets>");
    if (!fs_each_name(dir, on_bucket, &list, e))
        return false;
    buf_append_str(&body, "</Buckets></ListAllMyBucketsResult>");
    exchange_reply_xml(x, 200, &body);
    return true;
}

bool op_create_bucket(exchange *x, err *e)
{
    if (!store_bucket_create(x->store, x->target.bucket, e))
        return false;
    exchange_add_header(x, "Location", "/%s", x->target.bucket);
    exchange_reply(x, 200, (slice){0});
    return true;
}

bool op_head_bucket(exchange *x, err *e)
{
    if (!store_bucket_check(x->store, x->target.bucket, e))
        return false;
    exchange_add_header(x, "x-amz-bucket-region", "%s", x->region);
    exchange_reply(x, 200, (slice){0});
    return true;
}

bool op_delete_bucket(exchange *x, err *e)
{
    if (!store_bucket_remove(x->store, x->target.bucket, e))
        return false;
    exchange_reply(x, 204, (slice){0});
    return true;
}

bool op_bucket_location(exchange *x, err *e)
{
    if (!store_bucket_check(x->store, x->target.bucket, e))
        return false;
    AUTO(buf) body = BUF(1024);
    buf_printf(&body, XML_HEAD "<LocationConstraint " XML_NAMESPACE ">%s</LocationConstraint>",
               str_equal(x->region, "us-east-1") ? "" : x->region);
    exchange_reply_xml(x, 200, &body);
    return true;
}

typedef struct delete_list {
    char *keys[DELETE_KEYS_MAX];
    size_t count;
    bool quiet;
} delete_list;

static void delete_list_free(delete_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->keys[i]);
    free(list);
}
DEFINE_AUTO_PTR(delete_list, delete_list_free)

static bool on_delete_element(void *ctx, const char *path, const char *text, err *e)
{
    delete_list *list = ctx;
    if (str_equal(path, "Delete/Quiet"))
        list->quiet = str_equal(text, "true");
    if (!str_equal(path, "Delete/Object/Key"))
        return true;
    if (list->count == DELETE_KEYS_MAX)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    list->keys[list->count++] = xstrdup(text);
    return true;
}

static void delete_one(exchange *x, const char *key, bool quiet, buf *body)
{
    err e = ERR_INIT;
    slice name = slice_from(key);
    if (layout_key_check(name, &e) &&
        store_object_remove(x->store, x->target.bucket, name, NULL, &e)) {
        if (quiet)
            return;
        buf_append_str(body, "<Deleted>");
        xml_element(body, "Key", name);
        buf_append_str(body, "</Deleted>");
        return;
    }
    buf_append_str(body, "<Error>");
    xml_element(body, "Key", name);
    xml_element_str(body, "Code", e.s3_code[0] ? e.s3_code : "InternalError");
    xml_element_str(body, "Message", e.s3_code[0] ? e.message : "The object was not removed.");
    buf_append_str(body, "</Error>");
}

bool op_delete_objects(exchange *x, err *e)
{
    AUTO_PTR(delete_list) list = xcalloc(1, sizeof *list);
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    if (!store_bucket_check(x->store, x->target.bucket, e))
        return false;
    if (x->sent.kind == CHECKSUM_NONE && !exchange_header(x, "Content-MD5"))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "Missing required header for this request: Content-MD5 or "
                                 "x-amz-checksum-*.");
    if (!s3_xml_read(buf_slice(&x->xml), on_delete_element, list, e) || list->count == 0)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    buf_append_str(&body, XML_HEAD "<DeleteResult " XML_NAMESPACE ">");
    for (size_t i = 0; i < list->count; i++)
        delete_one(x, list->keys[i], list->quiet, &body);
    buf_append_str(&body, "</DeleteResult>");
    exchange_reply_xml(x, 200, &body);
    return true;
}
