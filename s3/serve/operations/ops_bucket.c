#include "base/array.h"
#include "base/util.h"
#include "s3/serve/store/key_layout.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/protocol/xml.h"
#include "s3/protocol/xml.h"

#include <sys/stat.h>

#include "base/fsutil.h"

#define DELETE_KEYS_MAX 1000
#define BUCKETS_MAX     10000 /* per page, as in S3 */

typedef struct bucket_list {
    const store *store;
    const char *prefix, *after;
    char **names; /* owned */
    size_t count;
} bucket_list;

static void bucket_list_deinit(bucket_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
}
DEFINE_AUTO(bucket_list, bucket_list_deinit)

static bool on_bucket(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    bucket_list *list = ctx;
    if (!str_starts_with(name, list->prefix) || strcmp(name, list->after) <= 0 ||
        !store_bucket_check(list->store, name, NULL))
        return true;
    *ARRAY_ADD(list->names, list->count) = xstrdup(name);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void append_bucket(buf *body, const store *in, const char *name)
{
    struct stat st;
    AUTO_FREE char *path = store_bucket_path(in, name);
    if (stat(path, &st) != 0)
        return; /* deleted meanwhile */
    buf_append_str(body, "<Bucket>");
    xml_element_str(body, "Name", name);
    xml_element_time(body, "CreationDate", (int64_t)st.st_mtime);
    buf_append_str(body, "</Bucket>");
}

/* Sorted by name; the continuation token is the last name of the page. */
bool op_list_buckets(exchange *x, err *e)
{
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    const char *prefix = target_param(&x->target, "prefix");
    const char *token = target_param(&x->target, "continuation-token");
    AUTO(bucket_list) list = {.store = x->store, prefix ? prefix : "", token ? token : ""};
    uint64_t most = 0;
    AUTO_FREE char *dir = store_buckets_path(x->store);
    if (!target_param_number(&x->target, "max-buckets", BUCKETS_MAX, BUCKETS_MAX, &most, e) ||
        (most == 0 && !s3_refuse(e, REFUSE_INVALID_ARGUMENT)) ||
        !fs_each_name(dir, on_bucket, &list, e))
        return false;
    if (list.count > 0)
        qsort(list.names, list.count, sizeof(*list.names), compare_names);
    size_t count = list.count < most ? list.count : (size_t)most;
    buf_append_str(&body, XML_HEAD "<ListAllMyBucketsResult " XML_NAMESPACE
                                   "><Owner><ID>decon</ID></Owner><Buckets>");
    for (size_t i = 0; i < count; i++)
        append_bucket(&body, x->store, list.names[i]);
    buf_append_str(&body, "</Buckets>");
    if (count > 0 && count < list.count)
        xml_element_str(&body, "ContinuationToken", list.names[count - 1]);
    buf_append_str(&body, "</ListAllMyBucketsResult>");
    exchange_reply_xml(x, 200, &body);
    return true;
}

/* The region is the only supported setting of a new bucket. */
static bool on_create_element(void *ctx, const char *path, const char *text, err *e)
{
    const exchange *x = ctx;
    if (str_equal(path, "CreateBucketConfiguration"))
        return true;
    if (!str_equal(path, "CreateBucketConfiguration/LocationConstraint"))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "%s is not implemented here.", path);
    return !*text || !x->region_is_fixed || str_equal(text, x->region) ||
           s3_refuse_because(e, REFUSE_LOCATION,
                             "The %s location constraint is incompatible for the region specific "
                             "endpoint this request was sent to.",
                             text);
}

static bool check_creation(exchange *x, err *e)
{
    if (x->xml.len == 0 || s3_xml_read(buf_slice(&x->xml), on_create_element, x, e))
        return true;
    return e->s3_code[0] ? false : s3_refuse(e, REFUSE_MALFORMED_XML);
}

bool op_create_bucket(exchange *x, err *e)
{
    if (!check_creation(x, e))
        return false;
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

typedef struct delete_item {
    char *key, *etag; /* etag: a condition, or NULL */
    char *version;    /* or NULL */
    bool unsupported; /* another condition */
} delete_item;

typedef struct delete_list {
    delete_item items[DELETE_KEYS_MAX];
    size_t count;
    delete_item now; /* of the current element */
    bool quiet;
} delete_list;

static void delete_item_deinit(delete_item *item)
{
    free(item->key);
    free(item->etag);
    free(item->version);
    *item = (delete_item){0};
}

static void delete_list_free(delete_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        delete_item_deinit(&list->items[i]);
    delete_item_deinit(&list->now);
    free(list);
}
DEFINE_AUTO_PTR(delete_list, delete_list_free)

static bool take_item(delete_list *list, err *e)
{
    if (list->count == DELETE_KEYS_MAX || !list->now.key)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    list->items[list->count++] = list->now;
    list->now = (delete_item){0};
    return true;
}

static bool set_text(char **to, const char *text, err *e)
{
    if (*to)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    *to = xstrdup(text);
    return true;
}

static bool on_delete_element(void *ctx, const char *path, const char *text, err *e)
{
    delete_list *list = ctx;
    if (str_equal(path, "Delete"))
        return true;
    if (str_equal(path, "Delete/Quiet")) {
        list->quiet = str_equal(text, "true");
        return true;
    }
    if (str_equal(path, "Delete/Object"))
        return take_item(list, e);
    if (str_equal(path, "Delete/Object/Key"))
        return set_text(&list->now.key, text, e);
    if (str_equal(path, "Delete/Object/ETag"))
        return set_text(&list->now.etag, text, e);
    if (str_equal(path, "Delete/Object/VersionId"))
        return !*text || set_text(&list->now.version, text, e);
    list->now.unsupported = true;
    return str_starts_with(path, "Delete/Object/") || s3_refuse(e, REFUSE_MALFORMED_XML);
}

static bool remove_item(exchange *x, const delete_item *item, object_removal *r, err *e)
{
    slice name = slice_from(item->key);
    *r = (object_removal){.version = item->version, .condition = {.if_match = item->etag}};
    if (item->unsupported || (item->version && item->etag))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "Conditions other than the ETag of the current version are not "
                                 "implemented.");
    return layout_key_check(name, e) && store_object_remove(x->store, x->target.bucket, name, r, e);
}

static void append_deleted(const delete_item *item, const object_removal *r, buf *body)
{
    buf_append_str(body, "<Deleted>");
    xml_element_str(body, "Key", item->key);
    if (item->version)
        xml_element_str(body, "VersionId", item->version);
    if (r->is_marker) {
        xml_element_str(body, "DeleteMarker", "true");
        xml_element_str(body, "DeleteMarkerVersionId", r->id);
    }
    buf_append_str(body, "</Deleted>");
}

static void delete_one(exchange *x, const delete_item *item, bool quiet, buf *body)
{
    err e = ERR_INIT;
    object_removal removal;
    if (remove_item(x, item, &removal, &e)) {
        if (!quiet)
            append_deleted(item, &removal, body);
        return;
    }
    buf_append_str(body, "<Error>");
    xml_element_str(body, "Key", item->key);
    if (item->version)
        xml_element_str(body, "VersionId", item->version);
    xml_element_str(body, "Code", e.s3_code[0] ? e.s3_code : "InternalError");
    xml_element_str(body, "Message", e.s3_code[0] ? e.message : "The object was not deleted.");
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
        delete_one(x, &list->items[i], list->quiet, &body);
    buf_append_str(&body, "</DeleteResult>");
    exchange_reply_xml(x, 200, &body);
    return true;
}
