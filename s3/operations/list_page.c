#include "s3/operations/list_page.h"

#include "decon/s3/uri.h"
#include "base/array.h"
#include "base/util.h"
#include "s3/protocol/http_date.h"
#include "s3/protocol/xml.h"

/* Upper bound for the text of a page of 16 MiB. */
#define TEXT_MAX_BYTES ((size_t)64 * 1024 * 1024)

static const page_form objects = {.operation = "ListObjectsV2",
                                  .root = "ListBucketResult",
                                  .entry = "Contents",
                                  .next = "NextContinuationToken"};
static const page_form versions = {.operation = "ListObjectVersions",
                                   .root = "ListVersionsResult",
                                   .entry = "Version",
                                   .next = "NextKeyMarker",
                                   .marker = "DeleteMarker"};

void page_init(list_page *p, bool of_versions)
{
    *p = (list_page){.form = of_versions ? &versions : &objects, .text = BUF(TEXT_MAX_BYTES)};
}

void page_deinit(list_page *p)
{
    buf_deinit(&p->text);
    free(p->entries);
    free(p->previous_etag);
    free(p->previous_version);
    *p = (list_page){0};
}

const char *page_text(const list_page *p, size_t offset)
{
    return offset ? p->text.data + offset : NULL;
}

static void reset(list_page *p)
{
    buf text = p->text;
    buf_clear(&text);
    buf_append_char(&text, '\0'); /* so that no text has the offset 0 */
    *p = (list_page){.form = p->form,
                     .text = text,
                     .entries = p->entries,
                     .capacity = p->capacity,
                     .previous = p->previous,
                     .previous_etag = p->previous_etag,
                     .previous_version = p->previous_version};
}

/* --- reading --- */

static bool keep(list_page *p, size_t *at, const char *element, const char *text, err *e)
{
    if (*at && !str_equal(page_text(p, *at), text))
        return err_set(e, ERR_S3_REPLY, "%s: the reply has two different %s elements",
                       p->form->operation, element);
    if (*at)
        return true;
    *at = p->text.len;
    return (buf_append_str(&p->text, text) && buf_append_char(&p->text, '\0')) ||
           err_set(e, ERR_S3_REPLY, "%s: the page is too large", p->form->operation);
}

static bool add_entry(list_page *p, err *e)
{
    if (p->count == PAGE_ENTRIES_MAX)
        return err_set(e, ERR_S3_REPLY, "%s: the page has more than %d keys", p->form->operation,
                       PAGE_ENTRIES_MAX);
    *ARRAY_PUSH(p->entries, p->count, p->capacity) = p->current;
    p->current = (page_entry){0};
    return true;
}

static bool end_object(list_page *p, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    const page_entry *it = &p->current;
    if (!it->key)
        return err_set(e, ERR_S3_REPLY, "%s: the reply has an object without Key",
                       p->form->operation);
    contract_name(page_text(p, it->key), name);
    if (p->form->marker && !it->version)
        return err_set(e, ERR_S3_REPLY, "%s: the object '%s' has no VersionId", p->form->operation,
                       name);
    return it->has_size || it->is_marker
               ? add_entry(p, e)
               : err_set(e, ERR_S3_REPLY, "%s: the object '%s' has no Size", p->form->operation,
                         name);
}

static bool take_size(list_page *p, const char *text, err *e)
{
    uint64_t size = 0;
    if (!num_parse_u64(text, &size) || (p->current.has_size && size != p->current.size_bytes))
        return err_set(e, ERR_S3_REPLY, "%s: the Size '%.32s' is not a size", p->form->operation,
                       text);
    p->current.size_bytes = size;
    p->current.has_size = true;
    return true;
}

static bool take_field(list_page *p, const char *field, const char *text, err *e)
{
    page_entry *it = &p->current;
    if (str_equal(field, "/Key"))
        return keep(p, &it->key, "Key", text, e);
    if (str_equal(field, "/Size"))
        return take_size(p, text, e);
    if (str_equal(field, "/ETag"))
        return keep(p, &it->etag, "ETag", text, e);
    if (str_equal(field, "/StorageClass"))
        return keep(p, &it->storage_class, "StorageClass", text, e);
    if (str_equal(field, "/VersionId"))
        return !p->form->marker || !*text || keep(p, &it->version, "VersionId", text, e);
    if (str_equal(field, "/IsLatest"))
        it->is_latest = str_equal(text, "true");
    if (str_equal(field, "/LastModified"))
        return s3_when_parse(text, &it->last_modified_s) ||
               err_set(e, ERR_S3_REPLY, "%s: the LastModified '%.64s' is not a date",
                       p->form->operation, text);
    return *field || end_object(p, e);
}

static bool take_marker_field(list_page *p, const char *field, const char *text, err *e)
{
    p->current.is_marker = true;
    return take_field(p, field, text, e);
}

static bool end_prefix(list_page *p, err *e)
{
    if (!p->current.key)
        return err_set(e, ERR_S3_REPLY, "%s: the reply has CommonPrefixes without Prefix",
                       p->form->operation);
    p->current.is_prefix = true;
    return add_entry(p, e);
}

/* Some stores put several Prefix elements into one CommonPrefixes. */
static bool take_prefix(list_page *p, const char *field, const char *text, err *e)
{
    if (!str_equal(field, "/Prefix"))
        return true;
    return keep(p, &p->current.key, "Prefix", text, e) && end_prefix(p, e);
}

/* "" for the element itself, "/Key" for one inside it; NULL for others. */
static const char *field_of(const char *name, const char *element)
{
    size_t len = element ? strlen(element) : 0;
    bool inside = element && strncmp(name, element, len) == 0 && (!name[len] || name[len] == '/');
    return inside ? name + len : NULL;
}

static bool take_head(list_page *p, const char *name, const char *text, err *e)
{
    const struct {
        const char *name;
        size_t *at;
    } rows[] = {
        {"IsTruncated", &p->truncated_text},
        {p->form->next, &p->token},
        {"EncodingType", &p->encoding},
        {"NextVersionIdMarker", &p->next_version},
        {"Name", &p->bucket},
        {"Prefix", &p->prefix},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_equal(name, rows[i].name))
            return keep(p, rows[i].at, name, text, e);
    return true;
}

static bool on_element(void *ctx, const char *path, const char *text, err *e)
{
    list_page *p = ctx;
    const char *name = field_of(path, p->form->root);
    if (!name || !*name)
        return true;
    const char *object = field_of(++name, p->form->entry);
    const char *marker = field_of(name, p->form->marker);
    const char *prefix = field_of(name, "CommonPrefixes");
    return object   ? take_field(p, object, text, e)
           : marker ? take_marker_field(p, marker, text, e)
           : prefix ? take_prefix(p, prefix, text, e)
                    : take_head(p, name, text, e);
}

/* --- decoding and checking --- */

static bool check_head(list_page *p, const list_contract *k, err *e)
{
    const char *truncated = page_text(p, p->truncated_text);
    p->truncated = str_equal(truncated, "true");
    if (!p->truncated && !str_equal(truncated, "false"))
        return err_set(e, ERR_S3_REPLY,
                       "%s: the reply does not say whether it is the last page; check that "
                       "the endpoint is an S3 store",
                       p->form->operation);
    const char *token = page_text(p, p->token);
    if (!p->truncated && token && *token)
        return err_set(e, ERR_S3_REPLY,
                       "%s: the reply has IsTruncated false and a %s: "
                       "it is unclear whether keys follow",
                       p->form->operation, p->form->next);
    return contract_check_encoding(k, page_text(p, p->encoding), &p->url_encoded, e) &&
           contract_check_bucket(k, page_text(p, p->bucket), e) &&
           contract_check_prefix(k, page_text(p, p->prefix), p->url_encoded, e);
}

/* In place: decoded text is never longer. */
static bool decode_text(list_page *p, size_t at, buf *plain, const list_contract *k, bool *has_nul,
                        err *e)
{
    char *text = p->text.data + at;
    buf_clear(plain);
    if (!p->url_encoded)
        return true;
    if (!contract_check_encoded(k, text, e))
        return false;
    if (!s3_uri_decode(slice_from(text), true, plain, e)) {
        e->code = ERR_S3_REPLY;
        return err_context(e, "%s: the EncodingType is url, but a key is not", p->form->operation);
    }
    *has_nul = strlen(buf_str(plain)) != plain->len;
    if (!*has_nul)
        memcpy(text, buf_str(plain), plain->len + 1);
    return true;
}

/* Ceph 16 encodes keys, but not NextKeyMarker: it then equals the last key. */
static bool is_last_key(const list_page *p, const char *text)
{
    const char *last = NULL;
    for (size_t i = 0; i < p->count; i++) {
        const char *key = page_text(p, p->entries[i].key);
        last = !last || strcmp(key, last) > 0 ? key : last;
    }
    return str_equal(last, text);
}

static bool decode_keys(list_page *p, const list_contract *k, err *e)
{
    AUTO(buf) plain = BUF(S3_XML_TEXT_MAX_BYTES);
    bool token_has_nul = false;
    for (size_t i = 0; i < p->count; i++)
        if (!decode_text(p, p->entries[i].key, &plain, k, &p->entries[i].has_nul, e))
            return false;
    if (!p->form->marker || !p->token || is_last_key(p, page_text(p, p->token)))
        return true;
    return decode_text(p, p->token, &plain, k, &token_has_nul, e) &&
           (!token_has_nul || err_set(e, ERR_S3_REPLY,
                                      "%s: the next page begins at a key with a NUL character, "
                                      "which this client cannot handle",
                                      p->form->operation));
}

/* Whether the previous object, on this page or the one before, has the same key and content. */
static bool same_object(const list_page *p, const page_entry *before, const page_entry *it)
{
    const char *first = before ? page_text(p, before->etag) : p->previous_etag;
    const char *second = page_text(p, it->etag);
    uint64_t size_bytes = before ? before->size_bytes : p->previous.size_bytes;
    int64_t time_s = before ? before->last_modified_s : p->previous.last_modified_s;
    return size_bytes == it->size_bytes && str_equal(first, second) &&
           (first || time_s == it->last_modified_s);
}

static bool same_version(const list_page *p, const page_entry *before, const page_entry *it)
{
    const char *first = before ? page_text(p, before->version) : p->previous_version;
    return !it->version || str_equal(first, page_text(p, it->version));
}

/* The previous entry of the same kind; NULL: it is the page's first. */
typedef struct page_check {
    const char *key;
    const page_entry *entry;
} page_check;

static bool check_entry(list_page *p, page_entry *it, const list_contract *k, page_check *before,
                        err *e)
{
    const char *key = page_text(p, it->key);
    if (!contract_check_key(k, key, e) || !contract_check_level(k, key, it->is_prefix, e) ||
        !contract_check_order(k, before->key, key, e))
        return false;
    it->is_repeat = str_equal(before->key, key) && same_version(p, before->entry, it);
    p->repeat_count += it->is_repeat;
    if (it->is_repeat && !it->is_prefix && !same_object(p, before->entry, it))
        return contract_refuse_repeat(k, key, e);
    *before = (page_check){.key = key, .entry = it};
    return true;
}

static void keep_previous(list_page *p, const page_entry *last)
{
    if (!last)
        return;
    free(p->previous_etag);
    free(p->previous_version);
    p->previous = *last;
    p->previous_etag = xstrdup_or_null(page_text(p, last->etag));
    p->previous_version = xstrdup_or_null(page_text(p, last->version));
}

/* A page may end between two versions of a key: without an id, the older ones would be missed. */
static bool has_next_version(const list_page *p, err *e)
{
    const char *token = page_text(p, p->token), *version = page_text(p, p->next_version);
    bool inside = false;
    for (size_t i = 0; p->form->marker && token && i < p->count; i++)
        inside |= !p->entries[i].is_prefix && str_equal(page_text(p, p->entries[i].key), token);
    return !inside || (version && *version) ||
           err_set(e, ERR_S3_REPLY, "%s: the reply is truncated, but has no NextVersionIdMarker",
                   p->form->operation);
}

/* Of versions, a key and an id; the former alone after a common prefix. */
static bool check_next(const list_page *p, list_contract *k, err *e)
{
    const char *token = page_text(p, p->token), *version = page_text(p, p->next_version);
    const char *first = p->count ? page_text(p, p->entries[0].key) : NULL;
    if (!p->truncated)
        return true;
    if (!has_next_version(p, e))
        return false;
    AUTO_FREE char *both =
        token && *token && version ? xasprintf("%s %s", token, version) : xstrdup_or_null(token);
    return contract_check_next(k, both, first, e);
}

static const char *later(const char *a, const char *b)
{
    return !a ? b : !b ? a : strcmp(a, b) >= 0 ? a : b;
}

/* Versions and delete markers are ordered each for themselves: some stores list the latter last. */
static bool check_page(list_page *p, list_contract *k, err *e)
{
    page_check object = {.key = k->last_key}, marker = object, prefix = {.key = k->last_prefix};
    for (size_t i = 0; i < p->count; i++) {
        page_entry *it = &p->entries[i];
        page_check *before = it->is_prefix ? &prefix : it->is_marker ? &marker : &object;
        if (!it->has_nul && !check_entry(p, it, k, before, e))
            return false;
    }
    if (!check_next(p, k, e))
        return false;
    contract_advance(k, later(object.entry ? object.key : NULL, marker.entry ? marker.key : NULL),
                     prefix.entry ? prefix.key : NULL);
    keep_previous(p, object.entry);
    return true;
}

bool page_read(list_page *p, slice xml, list_contract *contract, err *e)
{
    reset(p);
    if (!s3_xml_read(xml, on_element, p, e))
        return e->code == ERR_PARSE ? err_context(e, "%s: the store's reply", p->form->operation)
                                    : false;
    return check_head(p, contract, e) && decode_keys(p, contract, e) && check_page(p, contract, e);
}
