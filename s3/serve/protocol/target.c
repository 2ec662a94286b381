#include "s3/serve/protocol/target.h"

#include "s3/serve/protocol/naming.h"
#include "decon/s3/uri.h"
#include "base/util.h"

static bool decode(slice raw, bool plus_is_space, char **out, err *e)
{
    AUTO(buf) text = BUF(8192);
    if (!s3_uri_decode(raw, plus_is_space, &text, NULL) ||
        (text.len > 0 && memchr(text.data, '\0', text.len)))
        return s3_refuse(e, REFUSE_INVALID_URI);
    *out = buf_give(&text);
    return true;
}

/* The offset of `wanted` in `text`, or its length. */
static size_t find(slice text, char wanted)
{
    const char *at = text.len > 0 ? memchr(text.data, wanted, text.len) : NULL;
    return at ? (size_t)(at - text.data) : text.len;
}

static slice slice_after(slice text, size_t len)
{
    return len < text.len ? (slice){text.data + len + 1, text.len - len - 1} : (slice){0};
}

static bool parse_path(slice path, char **bucket, buf *key, err *e)
{
    size_t len = find(path, '/');
    if (len == 0 && path.len > 0)
        return s3_refuse(e, REFUSE_INVALID_URI);
    slice raw_key = slice_after(path, len);
    if (len > 0 && !decode((slice){path.data, len}, false, bucket, e))
        return false;
    if (!s3_uri_decode(raw_key, false, key, NULL))
        return s3_refuse(e, key->overflow ? REFUSE_KEY_TOO_LONG : REFUSE_INVALID_URI);
    return key->len == 0 || layout_key_check(buf_slice(key), e);
}

static bool parse_query(slice query, target *out, err *e)
{
    while (query.len > 0) {
        size_t len = find(query, '&');
        slice pair = {query.data, len};
        query = slice_after(query, len);
        size_t name_len = find(pair, '=');
        if (name_len == 0)
            continue;
        if (out->param_count == TARGET_PARAMS_MAX)
            return s3_refuse(e, REFUSE_INVALID_ARGUMENT);
        target_pair *p = &out->params[out->param_count++];
        if (!decode((slice){pair.data, name_len}, true, &p->name, e) ||
            !decode(slice_after(pair, name_len), true, &p->value, e))
            return false;
    }
    return true;
}

bool target_parse(const char *raw, target *out, err *e)
{
    *out = (target){0};
    buf_init(&out->key, 4 * LAYOUT_KEY_BYTES_MAX);
    slice whole = slice_from(raw);
    size_t path_len = find(whole, '?');
    out->raw_path = (slice){raw, path_len};
    out->raw_query = slice_after(whole, path_len);
    if (path_len == 0 || raw[0] != '/')
        return s3_refuse(e, REFUSE_INVALID_URI);
    return parse_path((slice){raw + 1, path_len - 1}, &out->bucket, &out->key, e) &&
           parse_query(out->raw_query, out, e);
}

void target_deinit(target *t)
{
    for (size_t i = 0; i < t->param_count; i++) {
        free(t->params[i].name);
        free(t->params[i].value);
    }
    free(t->bucket);
    buf_deinit(&t->key);
    *t = (target){0};
}

const char *target_param(const target *t, const char *name)
{
    for (size_t i = 0; i < t->param_count; i++)
        if (str_equal(t->params[i].name, name))
            return t->params[i].value ? t->params[i].value : "";
    return NULL;
}

bool target_param_number(const target *t, const char *name, uint64_t fallback, uint64_t max,
                         uint64_t *out, err *e)
{
    const char *text = target_param(t, name);
    *out = fallback;
    if (text && (!num_parse_u64(text, out) || *out > INT32_MAX))
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT, "%s is not a number in range.", name);
    *out = MIN(*out, max);
    return true;
}

bool target_copy_source(const char *value, char **bucket, buf *key, char **version, err *e)
{
    static const char name[] = "versionId=";
    slice path = slice_from(value);
    if (slice_starts_with(path, "/"))
        path = (slice){path.data + 1, path.len - 1};
    size_t len = find(path, '?');
    slice query = slice_after(path, len);
    if (len < path.len &&
        (!slice_starts_with(query, name) ||
         !decode((slice){query.data + sizeof name - 1, query.len - (sizeof name - 1)}, false,
                 version, e)))
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "x-amz-copy-source has no parameter but versionId.");
    if (!parse_path((slice){path.data, len}, bucket, key, e))
        return false;
    if (!*bucket || key->len == 0)
        return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                 "x-amz-copy-source must be /bucket/key.");
    return layout_bucket_check(*bucket, e);
}

/* "bytes=first-last", "bytes=first-" or "bytes=-suffix"; false for other forms. */
static bool parse_one_range(const char *header, uint64_t *first, uint64_t *last, bool *suffix)
{
    if (!header || !str_starts_with(header, "bytes="))
        return false;
    const char *text = header + strlen("bytes="), *dash = strchr(text, '-');
    if (!dash)
        return false;
    AUTO_FREE char *head = xstrndup(text, (size_t)(dash - text));
    *suffix = dash == text;
    *last = UINT64_MAX;
    if (*suffix)
        return num_parse_u64(dash + 1, last);
    if (!num_parse_u64(head, first) || (dash[1] && !num_parse_u64(dash + 1, last)))
        return false;
    return *last >= *first;
}

bool byte_range_parse(const char *header, uint64_t size_bytes, byte_range *out, err *e)
{
    uint64_t first = 0, last = 0;
    bool suffix = false;
    *out = (byte_range){.len_bytes = size_bytes};
    if (!parse_one_range(header, &first, &last, &suffix))
        return true;
    if (suffix) {
        uint64_t len = MIN(last, size_bytes);
        *out = (byte_range){true, size_bytes - len, len};
        return len > 0 || s3_refuse(e, REFUSE_INVALID_RANGE);
    }
    if (first >= size_bytes)
        return s3_refuse(e, REFUSE_INVALID_RANGE);
    *out = (byte_range){true, first, MIN(last, size_bytes - 1) - first + 1};
    return true;
}

static bool is_secret(slice name)
{
    static const char *const names[] = {"X-Amz-Signature", "X-Amz-Security-Token", "Signature"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (name.len == strlen(names[i]) && strncasecmp(name.data, names[i], name.len) == 0)
            return true;
    return false;
}

void target_show(const char *raw, buf *out)
{
    size_t path = strcspn(raw, "?");
    buf_append(out, raw, path + (raw[path] == '?'));
    for (const char *at = raw + path + (raw[path] == '?'); *at;) {
        size_t len = strcspn(at, "&"), name = strcspn(at, "=&");
        bool hide = at[name] == '=' && is_secret((slice){.data = at, .len = name});
        buf_append(out, at, hide ? name + 1 : len);
        if (hide)
            buf_append_str(out, "***");
        at += len;
        if (*at)
            buf_append_char(out, *at++);
    }
}
