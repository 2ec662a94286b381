/* ListObjectVersions: a page of versions and delete markers, by key, the newest first.
 *
 * Keys with a current version and keys with earlier ones are in two trees: each is walked for one
 * page, and their keys are merged. */
#include "base/array.h"
#include "base/util.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/protocol/xml.h"
#include "s3/serve/store/key_walk.h"
#include "s3/serve/store/versions.h"

#define LIST_KEYS_MAX 1000

typedef struct listed_name {
    char *text; /* of a key or a common prefix */
    size_t len;
    bool is_prefix;
} listed_name;

typedef struct listed_names {
    listed_name *items;
    size_t count;
    bool more; /* beyond the last one */
} listed_names;

static void listed_names_deinit(listed_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i].text);
    free(names->items);
}
DEFINE_AUTO(listed_names, listed_names_deinit)

typedef struct version_page {
    /* immutable */
    exchange *x;
    slice prefix, delimiter;
    uint64_t max_keys;
    bool url; /* encoding-type=url */
    /* grows */
    buf items, prefixes; /* XML */
    uint64_t count;
    bool truncated;
    const listed_name *key; /* of the versions that are visited */
    const char *skip_to;    /* a version: it and newer ones were listed before; or NULL */
    buf last_key;
    char last_id[VERSION_ID_SIZE];
} version_page;

static slice text_of(const listed_name *name)
{
    return (slice){name->text, name->len};
}

/* --- keys --- */

typedef struct gathering {
    const version_page *page;
    listed_names *out;
    buf skip; /* the last common prefix */
} gathering;

static size_t common_prefix_len(const version_page *p, slice key)
{
    if (p->delimiter.len == 0 || key.len <= p->prefix.len)
        return 0;
    const char *from = key.data + p->prefix.len;
    const char *at = memmem(from, key.len - p->prefix.len, p->delimiter.data, p->delimiter.len);
    return at ? (size_t)(at - key.data) + p->delimiter.len : 0;
}

static bool on_key(void *ctx, slice key, const char *path, err *e)
{
    gathering *g = ctx;
    UNUSED(path);
    if (g->out->count > g->page->max_keys) {
        g->out->more = true;
        return err_set(e, ERR_CANCELLED, "enough for a page");
    }
    size_t common = common_prefix_len(g->page, key);
    slice text = {key.data, common ? common : key.len};
    *ARRAY_ADD(g->out->items, g->out->count) = (listed_name){slice_dup(text), text.len, common > 0};
    if (common) {
        buf_clear(&g->skip);
        buf_append_slice(&g->skip, text);
    }
    return true;
}

static bool gather(const version_page *p, const char *root, bool plain, slice after,
                   listed_names *out, err *e)
{
    gathering g = {.page = p, .out = out};
    buf_init(&g.skip, 8192);
    /* A marker that is a common prefix covers all keys below it. */
    if (after.len > 0 && common_prefix_len(p, after) == after.len)
        buf_append_slice(&g.skip, after);
    walk_options options = {.root = root,
                            .plain = plain,
                            .prefix = p->prefix,
                            .after = after,
                            .skip_prefix = &g.skip,
                            .visit = on_key,
                            .ctx = &g};
    bool ok = walk_keys(&options, e) || e->code == ERR_CANCELLED;
    buf_deinit(&g.skip);
    return ok;
}

static int compare_names(const listed_name *a, const listed_name *b)
{
    int order = memcmp(a->text, b->text, MIN(a->len, b->len));
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* --- versions --- */

static void append_name(const version_page *p, buf *out, const char *element, slice text)
{
    if (p->url)
        xml_element_url(out, element, text);
    else
        xml_element(out, element, text);
}

static void keep_last(version_page *p, slice key, const char *id)
{
    buf_clear(&p->last_key);
    buf_append_slice(&p->last_key, key);
    snprintf(p->last_id, sizeof p->last_id, "%s", id);
}

static void append_version(version_page *p, const object_meta *meta, bool is_latest)
{
    slice class = SLICE_LIT("STANDARD");
    const char *element = meta->is_marker ? "DeleteMarker" : "Version";
    buf_printf(&p->items, "<%s>", element);
    append_name(p, &p->items, "Key", text_of(p->key));
    xml_element_str(&p->items, "VersionId", versions_id(meta));
    xml_element_str(&p->items, "IsLatest", is_latest ? "true" : "false");
    xml_element_time(&p->items, "LastModified", meta->modified_s);
    if (!meta->is_marker) {
        xml_element_str(&p->items, "ETag", meta->etag);
        xml_element_number(&p->items, "Size", meta->size_bytes);
        object_meta_header(meta, "x-amz-storage-class", &class);
        xml_element(&p->items, "StorageClass", class);
    }
    buf_printf(&p->items, "<Owner><ID>decon</ID></Owner></%s>", element);
}

static bool on_version(void *ctx, const object_meta *meta, bool is_latest, err *e)
{
    version_page *p = ctx;
    if (p->skip_to) {
        if (str_equal(p->skip_to, versions_id(meta)))
            p->skip_to = NULL;
        return true;
    }
    if (p->count == p->max_keys) {
        p->truncated = p->max_keys > 0;
        return err_set(e, ERR_CANCELLED, "the page is full");
    }
    append_version(p, meta, is_latest);
    p->count++;
    keep_last(p, text_of(p->key), versions_id(meta));
    return true;
}

static bool append_key(version_page *p, const listed_name *key, err *e)
{
    err ended = ERR_INIT;
    p->key = key;
    if (versions_each(p->x->store, p->x->target.bucket, text_of(key), on_version, p, &ended) ||
        ended.code == ERR_CANCELLED)
        return true;
    *e = ended;
    return false;
}

static bool append_item(version_page *p, const listed_name *item, err *e)
{
    if (!item->is_prefix)
        return append_key(p, item, e);
    if (p->count == p->max_keys) {
        p->truncated = p->max_keys > 0;
        return true;
    }
    buf_append_str(&p->prefixes, "<CommonPrefixes>");
    append_name(p, &p->prefixes, "Prefix", text_of(item));
    buf_append_str(&p->prefixes, "</CommonPrefixes>");
    p->count++;
    keep_last(p, text_of(item), "");
    return true;
}

/* Ends where one of the walks ended early: what follows there is unknown. */
static bool append_merged(version_page *p, const listed_names *a, const listed_names *b, err *e)
{
    size_t i = 0, k = 0;
    while (!p->truncated && (i < a->count || k < b->count)) {
        if ((i == a->count && a->more) || (k == b->count && b->more)) {
            p->truncated = true;
            break;
        }
        int order = i == a->count   ? 1
                    : k == b->count ? -1
                                    : compare_names(&a->items[i], &b->items[k]);
        if (!append_item(p, order <= 0 ? &a->items[i] : &b->items[k], e))
            return false;
        i += order <= 0;
        k += order >= 0;
    }
    p->truncated = p->truncated || a->more || b->more;
    return true;
}

/* --- the page --- */

/* Versions of the marker's key that are older than the marker; all, if it was removed meanwhile. */
static bool append_rest(version_page *p, slice key, const char *id, err *e)
{
    AUTO_FREE char *text = slice_dup(key);
    listed_name marker = {text, key.len, false};
    if (key.len < p->prefix.len ||
        (p->prefix.len > 0 && memcmp(text, p->prefix.data, p->prefix.len) != 0))
        return true;
    p->skip_to = id;
    if (!append_key(p, &marker, e))
        return false;
    bool found = !p->skip_to;
    p->skip_to = NULL;
    return found || append_key(p, &marker, e);
}

static bool fill(version_page *p, err *e)
{
    const target *t = &p->x->target;
    AUTO(listed_names) current = {0};
    AUTO(listed_names) kept = {0};
    AUTO_FREE char *root = store_bucket_path(p->x->store, t->bucket);
    AUTO_FREE char *versions = versions_root(p->x->store, t->bucket);
    const char *id = target_param(t, "version-id-marker");
    slice after = slice_from(target_param(t, "key-marker"));
    bool plain = store_is_folder(p->x->store);
    if (p->max_keys == 0)
        return true;
    if (id && *id && after.len > 0 && !append_rest(p, after, id, e))
        return false;
    return p->truncated || (gather(p, root, plain, after, &current, e) &&
                            (plain || gather(p, versions, false, after, &kept, e)) &&
                            append_merged(p, &current, &kept, e));
}

static void write_page(version_page *p, buf *body)
{
    const target *t = &p->x->target;
    buf_append_str(body, XML_HEAD "<ListVersionsResult " XML_NAMESPACE ">");
    xml_element_str(body, "Name", t->bucket);
    append_name(p, body, "Prefix", p->prefix);
    append_name(p, body, "KeyMarker", slice_from(target_param(t, "key-marker")));
    xml_element(body, "VersionIdMarker", slice_from(target_param(t, "version-id-marker")));
    if (p->delimiter.len > 0)
        append_name(p, body, "Delimiter", p->delimiter);
    if (p->url)
        xml_element_str(body, "EncodingType", "url");
    xml_element_number(body, "MaxKeys", p->max_keys);
    xml_element_str(body, "IsTruncated", p->truncated ? "true" : "false");
    if (p->truncated) {
        append_name(p, body, "NextKeyMarker", buf_slice(&p->last_key));
        if (p->last_id[0])
            xml_element_str(body, "NextVersionIdMarker", p->last_id);
    }
    buf_append_slice(body, buf_slice(&p->items));
    buf_append_slice(body, buf_slice(&p->prefixes));
    buf_append_str(body, "</ListVersionsResult>");
    body->overflow = body->overflow || p->items.overflow || p->prefixes.overflow;
}

static bool list(version_page *p, err *e)
{
    const target *t = &p->x->target;
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    const char *encoding = target_param(t, "encoding-type");
    p->prefix = slice_from(target_param(t, "prefix"));
    p->delimiter = slice_from(target_param(t, "delimiter"));
    p->url = str_equal(encoding, "url");
    if (encoding && !p->url)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT, "encoding-type must be url.");
    if (!store_bucket_check(p->x->store, t->bucket, e) ||
        !target_param_number(t, "max-keys", LIST_KEYS_MAX, LIST_KEYS_MAX, &p->max_keys, e) ||
        !fill(p, e))
        return false;
    write_page(p, &body);
    exchange_reply_xml(p->x, 200, &body);
    return true;
}

bool op_list_versions(exchange *x, err *e)
{
    version_page p = {.x = x};
    buf_init(&p.items, EXCHANGE_REPLY_MAX / 2);
    buf_init(&p.prefixes, EXCHANGE_REPLY_MAX / 2);
    buf_init(&p.last_key, 8192);
    bool ok = list(&p, e);
    buf_deinit(&p.items);
    buf_deinit(&p.prefixes);
    buf_deinit(&p.last_key);
    return ok;
}
