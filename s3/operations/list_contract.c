#include "s3/operations/list_contract.h"

#include "decon/s3/uri.h"
#include "base/array.h"
#include "base/util.h"

#define DIRECTORY_BUCKET_SUFFIX "--x-s3"

static const char *const access_point_suffixes[] = {"-s3alias", "--ol-s3", "--xa-s3"};

void contract_init(list_contract *k, const char *operation, const char *bucket, const char *prefix,
                   const char *delimiter, bool ordered)
{
    *k = (list_contract){.operation = operation,
                         .bucket = bucket,
                         .prefix = prefix ? prefix : "",
                         .delimiter = delimiter ? delimiter : "",
                         .ordered = ordered && contract_is_ordered_bucket(bucket)};
}

void contract_deinit(list_contract *k)
{
    free(k->last_key);
    free(k->last_prefix);
    free(k->tokens.values);
    free(k->first_keys.values);
    *k = (list_contract){0};
}

bool contract_is_ordered_bucket(const char *bucket)
{
    return !str_ends_with(bucket, DIRECTORY_BUCKET_SUFFIX);
}

void contract_name(const char *name, char out[CONTRACT_NAME_SIZE])
{
    static const char more[] = "...";
    size_t len = 0, limit = CONTRACT_NAME_SIZE - sizeof more;
    for (; len < limit && name[len]; len++)
        out[len] = (unsigned char)name[len] < 0x20 || name[len] == 0x7f ? '?' : name[len];
    if (name[len]) { /* a UTF-8 character is omitted completely */
        while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
            len--;
        memcpy(out + len, more, sizeof more);
    } else {
        out[len] = '\0';
    }
}

/* --- what the reply says about itself --- */

/* An access point returns its bucket's name; Ceph omits the tenant of `tenant:bucket`. */
static bool may_have_another_name(const char *bucket, const char *echo)
{
    const char *colon = strrchr(bucket, ':');
    if (colon)
        return str_equal(colon + 1, echo);
    for (size_t i = 0; i < ARRAY_LEN(access_point_suffixes); i++)
        if (str_ends_with(bucket, access_point_suffixes[i]))
            return true;
    return false;
}

bool contract_check_bucket(const list_contract *k, const char *echo, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    if (!echo || !*echo || str_equal(echo, k->bucket) || may_have_another_name(k->bucket, echo))
        return true;
    contract_name(echo, name);
    return err_set(
        e, ERR_S3_REPLY,
        "%s: the reply lists the bucket '%s', not '%s'; check the endpoint and any proxy "
        "before it",
        k->operation, name, k->bucket);
}

static bool decodes_to(const char *text, const char *wanted)
{
    AUTO(buf) plain = BUF(strlen(text) + 1);
    err e = ERR_INIT;
    return s3_uri_decode(slice_from(text), true, &plain, &e) && str_equal(buf_str(&plain), wanted);
}

/* Not every store encodes the prefix in the reply together with the keys. */
bool contract_check_prefix(const list_contract *k, const char *echo, bool url_encoded, err *e)
{
    char asked[CONTRACT_NAME_SIZE], name[CONTRACT_NAME_SIZE];
    if (!echo || !*echo || str_equal(echo, k->prefix) ||
        (url_encoded && decodes_to(echo, k->prefix)))
        return true;
    contract_name(k->prefix, asked);
    contract_name(echo, name);
    return err_set(
        e, ERR_S3_REPLY,
        "%s: the reply is for the prefix '%s', not for '%s'; this store does not list by "
        "prefix",
        k->operation, name, asked);
}

bool contract_check_encoding(const list_contract *k, const char *echo, bool *url_encoded, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    *url_encoded = str_equal(echo, "url");
    if (!echo || !*echo || *url_encoded)
        return true;
    contract_name(echo, name);
    return err_set(e, ERR_S3_REPLY,
                   "%s: the reply has the EncodingType '%s', only 'url' is supported", k->operation,
                   name);
}

bool contract_check_encoded(const list_contract *k, const char *text, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    const char *p = text;
    while (*p > ' ' && *p != 0x7f && !strchr("\"<>\\^`{|}", *p))
        p++;
    if (!*p)
        return true;
    contract_name(text, name);
    return err_set(e, ERR_S3_REPLY,
                   "%s: the reply says EncodingType url, but the key '%s' is not URL-encoded",
                   k->operation, name);
}

/* --- keys --- */

bool contract_check_key(const list_contract *k, const char *key, err *e)
{
    char prefix[CONTRACT_NAME_SIZE], name[CONTRACT_NAME_SIZE];
    if (str_starts_with(key, k->prefix) && *key)
        return true;
    contract_name(k->prefix, prefix);
    contract_name(key, name);
    if (!*key)
        return err_set(e, ERR_S3_REPLY, "%s: the reply lists an empty key", k->operation);
    return err_set(e, ERR_S3_REPLY,
                   "%s: the store listed the key '%s', which is outside the prefix '%s'; the page "
                   "was not used. Do not copy or remove by prefix on this store",
                   k->operation, name, prefix);
}

bool contract_check_level(const list_contract *k, const char *key, bool is_prefix, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    const char *below = key + strlen(k->prefix);
    const char *found = *k->delimiter ? strstr(below, k->delimiter) : NULL;
    bool at_end = found && found[strlen(k->delimiter)] == '\0';
    if (is_prefix ? at_end : !found || at_end) /* stores may list the object `dir/` itself */
        return true;
    contract_name(key, name);
    return err_set(e, ERR_S3_REPLY,
                   is_prefix
                       ? "%s: the CommonPrefixes entry '%s' does not end at the delimiter '%s'"
                       : "%s: the key '%s' is below the delimiter '%s' and belongs to "
                         "CommonPrefixes",
                   k->operation, name, k->delimiter);
}

bool contract_check_order(const list_contract *k, const char *before, const char *key, err *e)
{
    char first[CONTRACT_NAME_SIZE], second[CONTRACT_NAME_SIZE];
    if (!k->ordered || !before || strcmp(before, key) <= 0)
        return true;
    contract_name(before, first);
    contract_name(key, second);
    return err_set(e, ERR_S3_REPLY,
                   "%s: the key '%s' is listed after '%s': not in UTF-8 byte order, so keys may be "
                   "missing or repeated; use --listing-order any (listing_order: any) for a store "
                   "that does not sort",
                   k->operation, second, first);
}

bool contract_refuse_repeat(const list_contract *k, const char *key, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    contract_name(key, name);
    return err_set(e, ERR_S3_REPLY,
                   "%s: the key '%s' is listed twice with different size or ETag; list again when "
                   "no program writes there",
                   k->operation, name);
}

/* --- pages --- */

/* FNV-1a: 64 bits suffice to distinguish the tokens of a listing. */
static uint64_t fingerprint(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
    return hash;
}

static bool set_add(contract_set *set, const char *text)
{
    uint64_t value = fingerprint(text);
    for (size_t i = 0; i < set->count; i++)
        if (set->values[i] == value)
            return false;
    *ARRAY_PUSH(set->values, set->count, set->capacity) = value;
    return true;
}

bool contract_check_next(list_contract *k, const char *token, const char *first_key, err *e)
{
    char name[CONTRACT_NAME_SIZE];
    if (!token || !*token)
        return err_set(e, ERR_S3_REPLY, "%s: the reply is truncated, but has no continuation token",
                       k->operation);
    if (!set_add(&k->tokens, token)) {
        contract_name(token, name);
        return err_set(e, ERR_S3_REPLY,
                       "%s: the continuation token '%s' is repeated: the listing does not advance",
                       k->operation, name);
    }
    if (first_key && !k->ordered && !set_add(&k->first_keys, first_key)) {
        contract_name(first_key, name);
        return err_set(e, ERR_S3_REPLY,
                       "%s: the page that begins with '%s' is repeated: the listing does not "
                       "advance",
                       k->operation, name);
    }
    k->empty_pages = first_key ? 0 : k->empty_pages + 1;
    return k->empty_pages < CONTRACT_EMPTY_PAGES_MAX ||
           err_set(e, ERR_S3_REPLY, "%s: %d consecutive empty pages: the listing does not advance",
                   k->operation, CONTRACT_EMPTY_PAGES_MAX);
}

static void keep_last(char **to, const char *text)
{
    if (!text)
        return;
    free(*to);
    *to = xstrdup(text);
}

void contract_advance(list_contract *k, const char *last_key, const char *last_prefix)
{
    keep_last(&k->last_key, last_key);
    keep_last(&k->last_prefix, last_prefix);
}
