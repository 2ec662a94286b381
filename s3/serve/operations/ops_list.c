/* ListObjectsV2 and ListObjects: a page of keys and common prefixes, in byte order. */
#include "s3/serve/operations/ops.h"
#include "s3/serve/store/key_walk.h"
#include "s3/serve/protocol/xml.h"

#include <unistd.h>

#include "decon/s3/uri.h"
#include "base/util.h"

#define LIST_KEYS_MAX 1000

typedef struct page {
    /* immutable */
    exchange *x;
    slice prefix, delimiter;
    uint64_t max_keys;
    bool url;    /* encoding-type=url */
    bool v2;     /* ListObjectsV2 */
    bool owners; /* returned with each key: always in version 1 */
    /* grows */
    buf items, prefixes; /* XML */
    uint64_t count;
    bool truncated;
    buf skip; /* the last common prefix written */
    buf last; /* the last key or common prefix written: the next page starts after it */
} page;

static void append_name(page *p, buf *out, const char *element, slice text)
{
    if (p->url)
        xml_element_url(out, element, text);
    else
        xml_element(out, element, text);
}

static bool starts_with(slice text, slice prefix)
{
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.data, prefix.data, prefix.len) == 0);
}

static size_t common_prefix_len(const page *p, slice key)
{
    if (p->delimiter.len == 0 || key.len <= p->prefix.len)
        return 0;
    const char *from = key.data + p->prefix.len;
    const char *at = memmem(from, key.len - p->prefix.len, p->delimiter.data, p->delimiter.len);
    return at ? (size_t)(at - key.data) + p->delimiter.len : 0;
}

static void keep(buf *out, slice text)
{
    buf_clear(out);
    buf_append_slice(out, text);
}

static bool append_object(page *p, slice key, const char *path, err *e)
{
    object_meta meta;
    UNUSED(path);
    AUTO_FD fd = store_object_open(p->x->store, p->x->target.bucket, key, &meta, e);
    if (fd < 0 && s3_is_refusal(e, REFUSE_NO_SUCH_KEY)) {
        *e = (err)ERR_INIT; /* deleted meanwhile */
        return true;
    }
    if (fd < 0)
        return false;
    buf_append_str(&p->items, "<Contents>");
    append_name(p, &p->items, "Key", key);
    xml_element_time(&p->items, "LastModified", meta.modified_s);
    xml_element_str(&p->items, "ETag", meta.etag);
    xml_element_number(&p->items, "Size", meta.size_bytes);
    if (meta.checksum[0]) {
        xml_element_str(&p->items, "ChecksumAlgorithm", checksum_name(meta.checksum_kind));
        xml_element_str(&p->items, "ChecksumType", op_checksum_type(&meta));
    }
    slice class = SLICE_LIT("STANDARD");
    object_meta_header(&meta, "x-amz-storage-class", &class);
    xml_element(&p->items, "StorageClass", class);
    if (p->owners)
        buf_append_str(&p->items, "<Owner><ID>decon</ID></Owner>");
    buf_append_str(&p->items, "</Contents>");
    p->count++;
    keep(&p->last, key);
    return true;
}

/* Injected faults: the element that was appended after `from` is moved to the front, or
 * repeated. */
static void apply_fault(page *p, size_t from)
{
    buf *items = &p->items;
    AUTO(buf) added = BUF(EXCHANGE_REPLY_MAX);
    buf_append(&added, items->data + from, items->len - from);
    if (exchange_has_fault(p->x, FAULT_REPEAT))
        buf_append_slice(items, buf_slice(&added));
    if (!exchange_has_fault(p->x, FAULT_UNORDERED))
        return;
    memmove(items->data + added.len, items->data, from);
    memcpy(items->data, added.data, added.len);
}

static bool on_key(void *ctx, slice key, const char *path, err *e)
{
    page *p = ctx;
    if (p->count == p->max_keys) {
        p->truncated = p->max_keys > 0;
        return err_set(e, ERR_CANCELLED, "the page is full");
    }
    slice common = {key.data, common_prefix_len(p, key)};
    if (common.len == 0) {
        size_t from = p->items.len;
        bool ok = append_object(p, key, path, e);
        if (ok && p->items.len > from)
            apply_fault(p, from);
        return ok;
    }
    buf_append_str(&p->prefixes, "<CommonPrefixes>");
    append_name(p, &p->prefixes, "Prefix", common);
    buf_append_str(&p->prefixes, "</CommonPrefixes>");
    p->count++;
    keep(&p->skip, common);
    keep(&p->last, common);
    return true;
}

/* A continuation token is the hex of the last element written, prefixed by `k` (a key) or `p` (a
 * common prefix: all keys with it were listed). */
static void append_token(const page *p, buf *out)
{
    buf_append_char(out, slice_equal(buf_slice(&p->skip), buf_slice(&p->last)) ? 'p' : 'k');
    for (size_t i = 0; i < p->last.len; i++)
        buf_printf(out, "%02x", (unsigned char)p->last.data[i]);
}

static bool parse_token(page *p, const char *token, buf *after, err *e)
{
    size_t len = strlen(token);
    bool ok = len > 1 && len % 2 == 1 && (token[0] == 'k' || token[0] == 'p') &&
              strspn(token + 1, "0123456789abcdef") == len - 1;
    for (size_t i = 1; ok && i < len; i += 2) {
        char pair[3] = {token[i], token[i + 1], '\0'};
        ok = buf_append_char(after, (char)strtoul(pair, NULL, 16));
    }
    if (!ok)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "The continuation token provided is incorrect.");
    if (token[0] == 'p')
        buf_append_slice(&p->skip, buf_slice(after));
    return true;
}

/* The marker of version 1 is a key or a common prefix; the latter covers all keys below it. */
static bool parse_marker(page *p, buf *after, err *e)
{
    const char *marker = target_param(&p->x->target, "marker");
    slice text = slice_from(marker);
    size_t common = text.len > 0 ? common_prefix_len(p, text) : 0;
    if (common > 0 && common == text.len && starts_with(text, p->prefix))
        keep(&p->skip, text);
    return buf_append_slice(after, text) || s3_refuse(e, REFUSE_INVALID_ARGUMENT);
}

static bool parse_start(page *p, buf *after, err *e)
{
    const target *t = &p->x->target;
    const char *token = target_param(t, "continuation-token");
    if (!p->v2)
        return parse_marker(p, after, e);
    if (token)
        return parse_token(p, token, after, e);
    const char *start_after = target_param(t, "start-after");
    return buf_append_str(after, start_after ? start_after : "") ||
           s3_refuse(e, REFUSE_INVALID_ARGUMENT);
}

static bool parse_params(page *p, buf *after, err *e)
{
    const target *t = &p->x->target;
    const char *encoding = target_param(t, "encoding-type");
    const char *type = target_param(t, "list-type");
    const char *owner = target_param(t, "fetch-owner");
    p->prefix = slice_from(target_param(t, "prefix"));
    p->delimiter = slice_from(target_param(t, "delimiter"));
    p->url = str_equal(encoding, "url");
    p->v2 = type != NULL;
    p->owners = !p->v2 || str_equal(owner, "true");
    if ((type && !str_equal(type, "2")) || (encoding && !p->url))
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "list-type must be 2, encoding-type must be url.");
    return target_param_number(t, "max-keys", LIST_KEYS_MAX, LIST_KEYS_MAX, &p->max_keys, e) &&
           parse_start(p, after, e);
}

static void append_echo(page *p, buf *body, const char *element, const char *param)
{
    const char *value = target_param(&p->x->target, param);
    if (value)
        append_name(p, body, element, slice_from(value));
}

/* The start of the next page of version 2. */
static void append_continuation(page *p, buf *body)
{
    const char *token = target_param(&p->x->target, "continuation-token");
    xml_element_number(body, "KeyCount", p->count);
    if (token)
        xml_element_str(body, "ContinuationToken", token);
    if (!p->truncated)
        return;
    buf_append_str(body, "<NextContinuationToken>");
    append_token(p, body);
    buf_append_str(body, "</NextContinuationToken>");
}

/* Of version 1: without a delimiter, clients continue from the last key. */
static void append_markers(page *p, buf *body)
{
    append_name(p, body, "Marker", slice_from(target_param(&p->x->target, "marker")));
    if (p->truncated && p->delimiter.len > 0)
        append_name(p, body, "NextMarker", buf_slice(&p->last));
}

static void write_page(page *p, buf *body)
{
    buf_append_str(body, XML_HEAD "<ListBucketResult " XML_NAMESPACE ">");
    xml_element_str(body, "Name", p->x->target.bucket);
    append_name(p, body, "Prefix", p->prefix);
    append_echo(p, body, "Delimiter", "delimiter");
    append_echo(p, body, "StartAfter", "start-after");
    if (p->url)
        xml_element_str(body, "EncodingType", "url");
    xml_element_number(body, "MaxKeys", p->max_keys);
    xml_element_str(body, "IsTruncated", p->truncated ? "true" : "false");
    if (p->v2)
        append_continuation(p, body);
    else
        append_markers(p, body);
    buf_append_slice(body, buf_slice(&p->items));
    buf_append_slice(body, buf_slice(&p->prefixes));
    buf_append_str(body, "</ListBucketResult>");
    body->overflow = body->overflow || p->items.overflow || p->prefixes.overflow;
}

static bool fill_page(page *p, slice after, err *e)
{
    AUTO_FREE char *root = store_bucket_path(p->x->store, p->x->target.bucket);
    walk_options options = {.root = root,
                            .prefix = exchange_has_fault(p->x, FAULT_UNPREFIXED) ? slice_from("")
                                                                                 : p->prefix,
                            .after = after,
                            .skip_prefix = &p->skip,
                            .plain = store_is_folder(p->x->store),
                            .visit = on_key,
                            .ctx = p};
    return walk_keys(&options, e) || e->code == ERR_CANCELLED;
}

static bool list(page *p, err *e)
{
    AUTO(buf) after = BUF(8192);
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    if (!store_bucket_check(p->x->store, p->x->target.bucket, e) || !parse_params(p, &after, e) ||
        !fill_page(p, buf_slice(&after), e))
        return false;
    write_page(p, &body);
    exchange_reply_xml(p->x, 200, &body);
    return true;
}

bool op_list_objects(exchange *x, err *e)
{
    exchange_add_header(x, "x-amz-bucket-region", "%s", x->region);
    page p = {.x = x};
    buf_init(&p.items, EXCHANGE_REPLY_MAX / 2);
    buf_init(&p.prefixes, EXCHANGE_REPLY_MAX / 2);
    buf_init(&p.skip, 8192);
    buf_init(&p.last, 8192);
    bool ok = list(&p, e);
    buf_deinit(&p.items);
    buf_deinit(&p.prefixes);
    buf_deinit(&p.skip);
    buf_deinit(&p.last);
    return ok;
}
