#include "decon/s3/sign.h"

#include <strings.h>

#include "decon/s3/uri.h"
#include "base/util.h"

#define CANONICAL_MAX_BYTES ((size_t)256 * 1024)
#define PARTS_MAX           256

void s3_sign_date(int64_t time_s, char out[S3_DATE_SIZE])
{
    struct tm tm = {0};
    time_t time = (time_t)time_s;
    if (!gmtime_r(&time, &tm) || strftime(out, S3_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm) == 0)
        snprintf(out, S3_DATE_SIZE, "19700101T000000Z");
}

bool s3_sign_date_parse(const char *text, int64_t *time_s)
{
    struct tm tm = {0};
    const char *end = text ? strptime(text, "%Y%m%dT%H%M%SZ", &tm) : NULL;
    if (!end || *end || strlen(text) != S3_DATE_SIZE - 1)
        return false;
    *time_s = (int64_t)timegm(&tm);
    return true;
}

void s3_sign_payload_hash(slice payload, char out[S3_HASH_SIZE])
{
    uint8_t hash[SHA256_BYTES];
    if (payload.len == 0) {
        memcpy(out, S3_EMPTY_SHA256, S3_HASH_SIZE);
        return;
    }
    sha256(payload, hash);
    hex_encode(hash, sizeof hash, out);
}

/* --- canonical request --- */

/* Client and server may percent-encode different characters than UriEncode: decode,
 * then encode again. */
static bool append_normal(slice text, bool is_path, buf *out, err *e)
{
    AUTO(buf) plain = BUF(CANONICAL_MAX_BYTES);
    return s3_uri_decode(text, !is_path, &plain, e) &&
           (s3_uri_encode(buf_slice(&plain), is_path, out) || true);
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One "name=value" in normal form. */
static char *canonical_pair(slice pair, err *e)
{
    const char *equals = pair.len ? memchr(pair.data, '=', pair.len) : NULL;
    slice name = {.data = pair.data, .len = equals ? (size_t)(equals - pair.data) : pair.len};
    slice value = {0};
    if (equals)
        value = (slice){.data = equals + 1, .len = pair.len - name.len - 1};
    AUTO(buf) out = BUF(CANONICAL_MAX_BYTES);
    if (!append_normal(name, false, &out, e))
        return NULL;
    buf_append_char(&out, '=');
    if (!append_normal(value, false, &out, e))
        return NULL;
    return buf_give(&out);
}

/* The next item of `list`, up to `separator`. */
static slice take_piece(slice *list, char separator)
{
    const char *end = memchr(list->data, separator, list->len);
    slice piece = {.data = list->data, .len = end ? (size_t)(end - list->data) : list->len};
    size_t used = piece.len + (end ? 1 : 0);
    *list = (slice){.data = list->data + used, .len = list->len - used};
    return piece;
}

static bool append_query(slice query, buf *out, err *e)
{
    char *pairs[PARTS_MAX];
    size_t count = 0;
    bool ok = true;
    while (ok && query.len > 0) {
        slice pair = take_piece(&query, '&');
        if (pair.len == 0)
            continue;
        if (count == PARTS_MAX)
            ok = err_set(e, ERR_LIMIT, "the query has more than %d parameters", PARTS_MAX);
        else
            ok = (pairs[count] = canonical_pair(pair, e)) != NULL;
        count += ok;
    }
    /* Sorting whole pairs is sorting by name, then value: '=' could only come before a longer
     * name's '%', '-' or '.', which is not so. Compare names with their end as the least byte. */
    for (size_t i = 0; i < count; i++)
        *strchr(pairs[i], '=') = '\x01';
    if (count > 1)
        qsort(pairs, count, sizeof *pairs, compare_strings);
    for (size_t i = 0; i < count; i++) {
        *strchr(pairs[i], '\x01') = '=';
        if (i > 0)
            buf_append_char(out, '&');
        buf_append_str(out, pairs[i]);
        free(pairs[i]);
    }
    return ok;
}

static int compare_headers(const void *a, const void *b)
{
    const http_header *x = a, *y = b;
    return strcasecmp(x->name, y->name);
}

static void append_lower(const char *text, buf *out)
{
    size_t from = out->len;
    buf_append_str(out, text);
    for (size_t i = from; i < out->len; i++)
        if (out->data[i] >= 'A' && out->data[i] <= 'Z')
            out->data[i] = (char)(out->data[i] + 32);
}

/* White space is removed at both ends and collapsed to one space within. */
static void append_trimmed(const char *value, buf *out)
{
    slice text = slice_trim(slice_from(value));
    if (!strpbrk(value, " \t")) {
        buf_append_slice(out, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool space = text.data[i] == ' ' || text.data[i] == '\t';
        bool again = space && (text.data[i - 1] == ' ' || text.data[i - 1] == '\t');
        if (!again)
            buf_append_char(out, space ? ' ' : text.data[i]);
    }
}

static void append_signed_names(const http_header *sorted, size_t count, buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(out, ';');
        append_lower(sorted[i].name, out);
    }
}

static bool sort_headers(const s3_sign_request *r, http_header sorted[PARTS_MAX], err *e)
{
    if (r->header_count > PARTS_MAX)
        return err_set(e, ERR_LIMIT, "there are more than %d headers to sign", PARTS_MAX);
    for (size_t i = 0; i < r->header_count; i++)
        sorted[i] = r->headers[i];
    if (r->header_count > 1)
        qsort(sorted, r->header_count, sizeof *sorted, compare_headers);
    return true;
}

bool s3_sign_canonical(const s3_sign_request *r, buf *out, err *e)
{
    http_header sorted[PARTS_MAX];
    if (!sort_headers(r, sorted, e))
        return false;
    buf_printf(out, "%s\n", r->method);
    if (r->path.len == 0)
        buf_append_char(out, '/');
    if (!append_normal(r->path, true, out, e))
        return false;
    buf_append_char(out, '\n');
    if (!append_query(r->query, out, e))
        return false;
    buf_append_char(out, '\n');
    for (size_t i = 0; i < r->header_count; i++) {
        append_lower(sorted[i].name, out);
        buf_append_char(out, ':');
        append_trimmed(sorted[i].value, out);
        buf_append_char(out, '\n');
    }
    buf_append_char(out, '\n');
    append_signed_names(sorted, r->header_count, out);
    buf_printf(out, "\n%s", r->payload_hash);
    if (out->overflow)
        return err_set(e, ERR_LIMIT, "the request to sign exceeds %zu bytes", out->max_bytes);
    return true;
}

/* --- signature --- */

static slice hash_slice(const uint8_t hash[SHA256_BYTES])
{
    return (slice){.data = (const char *)hash, .len = SHA256_BYTES};
}

void s3_sign_key(const char *secret, const char *date, const char *region, const char *service,
                 uint8_t key[SHA256_BYTES])
{
    AUTO_FREE char *first = xasprintf("AWS4%s", secret);
    hmac_sha256(slice_from(first), (slice){.data = date, .len = 8}, key);
    hmac_sha256(hash_slice(key), slice_from(region), key);
    hmac_sha256(hash_slice(key), slice_from(service), key);
    hmac_sha256(hash_slice(key), SLICE_LIT("aws4_request"), key);
}

bool s3_sign_signature(const s3_sign_request *r, const char *secret_access_key,
                       char out[S3_HASH_SIZE], err *e)
{
    AUTO(buf) canonical = BUF(CANONICAL_MAX_BYTES);
    if (strlen(r->amz_date) < 8)
        return err_set(e, ERR_PARSE, "'%s' is not an x-amz-date", r->amz_date);
    if (!s3_sign_canonical(r, &canonical, e))
        return false;
    char canonical_hash[S3_HASH_SIZE];
    s3_sign_payload_hash(buf_slice(&canonical), canonical_hash);
    AUTO_FREE char *to_sign =
        xasprintf(S3_SIGN_ALGORITHM "\n%s\n%.8s/%s/%s/aws4_request\n%s", r->amz_date, r->amz_date,
                  r->region, r->service, canonical_hash);
    uint8_t key[SHA256_BYTES], signature[SHA256_BYTES];
    if (!r->key)
        s3_sign_key(secret_access_key, r->amz_date, r->region, r->service, key);
    hmac_sha256(hash_slice(r->key ? r->key : key), slice_from(to_sign), signature);
    hex_encode(signature, sizeof signature, out);
    return true;
}

bool s3_sign(const s3_sign_request *r, const s3_keys *keys, buf *out, err *e)
{
    http_header sorted[PARTS_MAX];
    char signature[S3_HASH_SIZE];
    if (!sort_headers(r, sorted, e) || !s3_sign_signature(r, keys->secret_access_key, signature, e))
        return false;
    buf_printf(out, S3_SIGN_ALGORITHM " Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=",
               keys->access_key_id, r->amz_date, r->region, r->service);
    append_signed_names(sorted, r->header_count, out);
    buf_printf(out, ", Signature=%s", signature);
    if (out->overflow)
        return err_set(e, ERR_LIMIT, "the Authorization header exceeds %zu bytes", out->max_bytes);
    return true;
}

/* --- verification by a server --- */

/* "<id>/<date>/<region>/<service>/aws4_request", parsed from the end since an id may
 * contain slashes. */
static bool parse_scope(slice scope, s3_authorization *out)
{
    slice *parts[] = {NULL, &out->service, &out->region, &out->date};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const char *slash = scope.len ? memrchr(scope.data, '/', scope.len) : NULL;
        if (!slash)
            return false;
        size_t before = (size_t)(slash - scope.data);
        slice part = {.data = slash + 1, .len = scope.len - before - 1};
        if (i == 0 && !slice_equal_str(part, "aws4_request"))
            return false;
        if (parts[i])
            *parts[i] = part;
        scope.len = before;
    }
    out->access_key_id = scope;
    return scope.len > 0 && out->date.len == 8;
}

bool s3_authorization_parse(const char *value, s3_authorization *out)
{
    *out = (s3_authorization){0};
    if (!value || !str_starts_with(value, S3_SIGN_ALGORITHM " "))
        return false;
    slice rest = slice_from(value + strlen(S3_SIGN_ALGORITHM " "));
    slice credential = {0};
    while (rest.len > 0) {
        slice field = slice_trim(take_piece(&rest, ','));
        slice name = take_piece(&field, '=');
        if (slice_equal_str(name, "Credential"))
            credential = field;
        else if (slice_equal_str(name, "SignedHeaders"))
            out->signed_headers = field;
        else if (slice_equal_str(name, "Signature"))
            out->signature = field;
    }
    return parse_scope(credential, out) && out->signed_headers.len > 0 && out->signature.len > 0;
}

bool s3_signed_header_next(slice *list, slice *name)
{
    if (list->len == 0)
        return false;
    *name = take_piece(list, ';');
    return true;
}

bool s3_signature_equal(slice a, const char *b)
{
    if (a.len != strlen(b))
        return false;
    unsigned char difference = 0;
    for (size_t i = 0; i < a.len; i++)
        difference |= (unsigned char)(a.data[i] ^ b[i]);
    return difference == 0;
}
