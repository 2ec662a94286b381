#include "base/util.h"
#include "s3/serve/operations/ops.h"

#include <strings.h>
#include <unistd.h>

#include "s3/serve/protocol/tags.h"
#include "s3/serve/store/uploads.h"
#include "s3/serve/store/versions.h"

static bool add_object_headers(exchange *x, const object_meta *meta, bool partial, err *e)
{
    bool changed = exchange_has_fault(x, FAULT_ETAG);
    exchange_add_header(x, "ETag", "%s%s", changed ? "\"0" : "", meta->etag + (changed ? 1 : 0));
    exchange_add_header(x, "Accept-Ranges", "bytes");
    exchange_add_date(x, "Last-Modified", meta->modified_s);
    if (!op_add_kept_headers(x, meta, e))
        return false;
    if (meta->tags[0])
        exchange_add_header(x, "x-amz-tagging-count", "%zu", tags_count(meta->tags));
    const char *mode = exchange_header(x, "x-amz-checksum-mode");
    if (mode && strcasecmp(mode, "ENABLED") == 0 && !partial)
        op_add_checksum_headers(x, meta);
    return true;
}

static bool is_of_parts(const object_meta *meta)
{
    return strchr(meta->etag, '-') != NULL;
}

/* For partNumber: one part, or the whole object if it has no parts and partNumber is 1. */
static bool part_range(exchange *x, const object_meta *meta, byte_range *out, err *e)
{
    uint64_t number = 0;
    part_place place = {.len_bytes = meta->size_bytes, .count = 1};
    if (!target_param_number(&x->target, "partNumber", 0, UINT64_MAX, &number, e))
        return false;
    if (exchange_header(x, "Range"))
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "Range and partNumber cannot be combined.");
    if (number < 1 || number > UPLOAD_PARTS_MAX)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "Part number must be an integer between 1 and %d.",
                                 UPLOAD_PARTS_MAX);
    if (is_of_parts(meta) && (!meta->parts[0] || !part_sizes_find(meta->parts, number, &place)))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "The parts of this object have too many different sizes; use "
                                 "Range.");
    if (number > place.count)
        return s3_refuse(e, REFUSE_INVALID_PART_NUMBER);
    if (is_of_parts(meta))
        exchange_add_header(x, "x-amz-mp-parts-count", "%llu", (unsigned long long)place.count);
    *out = (byte_range){place.len_bytes > 0, place.offset, place.len_bytes};
    return true;
}

static bool find_range(exchange *x, const object_meta *meta, byte_range *out, err *e)
{
    if (target_param(&x->target, "partNumber"))
        return part_range(x, meta, out, e);
    const char *range = op_range_holds(x, meta) ? exchange_header(x, "Range") : NULL;
    if (byte_range_parse(range, meta->size_bytes, out, e))
        return true;
    exchange_add_header(x, "Content-Range", "bytes */%llu", (unsigned long long)meta->size_bytes);
    return false;
}

static void reply_not_modified(exchange *x, const object_meta *meta)
{
    exchange_add_header(x, "ETag", "%s", meta->etag);
    exchange_add_date(x, "Last-Modified", meta->modified_s);
    exchange_reply(x, 304, (slice){0});
}

static bool reply_object(exchange *x, const object_meta *meta, int *fd, err *e)
{
    byte_range range;
    read_condition condition = op_read_condition(x, "", meta);
    bool seems_changed = exchange_has_fault(x, FAULT_ETAG) && exchange_header(x, "If-Match");
    if (condition == READ_FAILED || seems_changed)
        return s3_refuse(e, REFUSE_PRECONDITION_FAILED);
    if (condition == READ_NOT_MODIFIED) {
        reply_not_modified(x, meta);
        return true;
    }
    if (!find_range(x, meta, &range, e))
        return false;
    /* No checksum is returned for a Range, even if it covers the whole object; it is
     * for a single part. */
    bool whole = !range.partial ||
                 (target_param(&x->target, "partNumber") && range.len_bytes == meta->size_bytes);
    if (!add_object_headers(x, meta, !whole, e))
        return false;
    if (range.partial)
        exchange_add_header(x, "Content-Range", "bytes %llu-%llu/%llu",
                            (unsigned long long)range.offset,
                            (unsigned long long)(range.offset + range.len_bytes - 1),
                            (unsigned long long)meta->size_bytes);
    int take_fd = *fd;
    *fd = -1;
    exchange_reply_file(x, range.partial ? 206 : 200, take_fd, meta->data_offset + range.offset,
                        range.len_bytes);
    return true;
}

bool op_check_readable(const object_meta *meta, err *e)
{
    slice class = {0};
    bool archived = object_meta_header(meta, "x-amz-storage-class", &class) &&
                    (slice_equal_str(class, "GLACIER") || slice_equal_str(class, "DEEP_ARCHIVE"));
    return !archived || s3_refuse(e, REFUSE_INVALID_OBJECT_STATE);
}

static bool refuse_marker(exchange *x, const object_meta *marker, refusal why, err *e)
{
    op_add_marker_headers(x, versions_id(marker));
    return s3_refuse(e, why);
}

bool op_get_object(exchange *x, err *e)
{
    object_meta meta;
    const char *version;
    if (!op_version(x, &version, e) || !store_bucket_check(x->store, x->target.bucket, e))
        return false;
    AUTO_FD fd = store_version_open(x->store, x->target.bucket, exchange_key(x), version, &meta, e);
    if (fd < 0 && s3_is_refusal(e, REFUSE_NO_SUCH_KEY) &&
        versions_marker(x->store, x->target.bucket, exchange_key(x), &meta))
        return refuse_marker(x, &meta, REFUSE_NO_SUCH_KEY, e);
    if (fd >= 0 && meta.is_marker)
        return refuse_marker(x, &meta, REFUSE_METHOD_NOT_ALLOWED, e);
    if (fd >= 0)
        op_add_version_header(x, &meta);
    return fd >= 0 && op_check_reader_key(x, &meta, false, e) &&
           (exchange_is_head(x) || op_check_readable(&meta, e)) && reply_object(x, &meta, &fd, e);
}

bool op_write_condition(const exchange *x, commit_condition *out, err *e)
{
    *out = (commit_condition){.if_match = exchange_header(x, "If-Match"),
                              .if_none_match = exchange_header(x, "If-None-Match")};
    return !out->if_none_match || str_equal(out->if_none_match, "*") ||
           s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "If-None-Match supports only * here.");
}

bool op_put_object(exchange *x, err *e)
{
    object_meta meta = {0};
    commit_condition condition;
    if (!op_write_condition(x, &condition, e) || !exchange_check_body(x, &meta, e) ||
        !op_keep_headers(x, &meta, e) || !op_keep_tags(x, &meta, e) ||
        !store_object_commit(x->store, x->target.bucket, exchange_key(x), &x->in, &meta, &condition,
                             e))
        return false;
    exchange_add_header(x, "ETag", "%s", meta.etag);
    op_add_version_header(x, &meta);
    op_add_checksum_headers(x, &meta);
    op_add_encryption_headers(x, &meta);
    exchange_reply(x, 200, (slice){0});
    return true;
}

bool op_delete_object(exchange *x, err *e)
{
    object_removal r = {0};
    const commit_condition *condition = &r.condition;
    if (!op_version(x, &r.version, e) || !store_bucket_check(x->store, x->target.bucket, e) ||
        !op_write_condition(x, &r.condition, e))
        return false;
    if (r.version && (condition->if_match || condition->if_none_match))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "A condition for one version is not implemented.");
    if (!store_object_remove(x->store, x->target.bucket, exchange_key(x), &r, e))
        return false;
    if (r.id[0])
        exchange_add_header(x, "x-amz-version-id", "%s", r.id);
    if (r.is_marker)
        exchange_add_header(x, "x-amz-delete-marker", "true");
    exchange_reply(x, 204, (slice){0});
    return true;
}
