#include "s3/protocol/tags.h"

#include "decon/base/buf.h"
#include "decon/s3/uri.h"
#include "base/array.h"
#include "base/util.h"
#include "s3/protocol/xml.h"

#define TEXT_MAX_BYTES ((size_t)32 * 1024) /* 10 tags of 128 and 256 characters, percent-encoded */
#define KEY_CHARS      128
#define VALUE_CHARS    256

void s3_tags_deinit(s3_tags *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->items[i].key);
        free(t->items[i].value);
    }
    free(t->items);
    *t = (s3_tags){0};
}

static void add(s3_tags *t, const char *key, const char *value)
{
    *ARRAY_ADD(t->items, t->count) = (s3_tag){xstrdup(key), xstrdup(value)};
}

/* --- the reply --- */

typedef struct reading {
    s3_tags *out;
    char *key;  /* of the tag being parsed */
    bool whole; /* the reply has only elements of a TagSet */
} reading;

static bool take_value(reading *r, const char *value, err *e)
{
    AUTO_FREE char *key = move(r->key);
    if (!key || !*key)
        return err_set(e, ERR_S3_REPLY, "the reply has a tag without Key");
    add(r->out, key, value);
    return true;
}

static bool on_element(void *ctx, const char *path, const char *text, err *e)
{
    reading *r = ctx;
    bool is_known = str_equal(path, "Tagging") || str_starts_with(path, "Tagging/TagSet");
    r->whole = r->whole && is_known;
    if (str_equal(path, "Tagging/TagSet/Tag/Value"))
        return take_value(r, text, e);
    if (str_equal(path, "Tagging/TagSet/Tag") && r->key)
        return err_set(e, ERR_S3_REPLY, "the reply has a tag without Value");
    if (!str_equal(path, "Tagging/TagSet/Tag/Key"))
        return true;
    if (r->key)
        return err_set(e, ERR_S3_REPLY, "the reply has a tag with two Keys");
    r->key = xstrdup(text);
    return true;
}

static bool read_reply(slice reply, reading *r, err *e)
{
    if (!s3_xml_read(reply, on_element, r, e)) {
        if (e->code == ERR_PARSE)
            e->cls = ERR_CLASS_RETRY;
        e->code = ERR_S3_REPLY;
        return false;
    }
    if (!r->whole)
        return err_set(e, ERR_S3_REPLY, "the reply is not a Tagging with a TagSet");
    AUTO_FREE char *text = s3_tags_text(r->out);
    return text || err_set(e, ERR_S3_REPLY, "the reply has more tags than an object can have");
}

bool s3_tags_read(slice reply, bool may_be_empty, s3_tags *out, err *e)
{
    reading r = {.out = out, .whole = true};
    s3_tags_deinit(out);
    if (may_be_empty && reply.len == 0)
        return true;
    bool ok = read_reply(reply, &r, e);
    free(r.key);
    if (!ok)
        s3_tags_deinit(out);
    return ok;
}

/* --- x-amz-tagging --- */

static size_t character_count(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool check_tag(const s3_tags *t, const char *key, const char *value, err *e)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->items[i].key, key))
            return err_set(e, ERR_USAGE, "the tag '%.200s' is set twice", key);
    if (t->count == S3_TAGS_MAX)
        return err_set(e, ERR_USAGE, "an object has at most %d tags", S3_TAGS_MAX);
    if (!*key || character_count(key) > KEY_CHARS || character_count(value) > VALUE_CHARS)
        return err_set(e, ERR_USAGE,
                       "the tag '%.200s': a key has 1 to %d characters, a value at most %d", key,
                       KEY_CHARS, VALUE_CHARS);
    return true;
}

bool s3_tags_add(s3_tags *t, const char *key, const char *value, err *e)
{
    if (!check_tag(t, key, value, e))
        return false;
    add(t, key, value);
    return true;
}

static bool decode(const char *text, size_t len, buf *plain, err *e)
{
    buf_clear(plain);
    return (s3_uri_decode((slice){text, len}, true, plain, NULL) &&
            strlen(buf_str(plain)) == plain->len) ||
           err_set(e, ERR_USAGE, "'%.*s': %% begins two hex digits; write %%25 for %%",
                   (int)MIN(len, (size_t)200), text);
}

static bool parse_pair(const char *pair, size_t len, s3_tags *out, err *e)
{
    AUTO(buf) key = BUF(TEXT_MAX_BYTES);
    AUTO(buf) value = BUF(TEXT_MAX_BYTES);
    const char *equals = memchr(pair, '=', len);
    if (!equals)
        return err_set(e, ERR_USAGE, "'%.*s': write KEY=VALUE&KEY=VALUE",
                       (int)MIN(len, (size_t)200), pair);
    size_t key_len = (size_t)(equals - pair);
    return decode(pair, key_len, &key, e) && decode(equals + 1, len - key_len - 1, &value, e) &&
           s3_tags_add(out, buf_str(&key), buf_str(&value), e);
}

bool s3_tags_parse(const char *text, s3_tags *out, err *e)
{
    s3_tags_deinit(out);
    while (*text) {
        size_t len = strcspn(text, "&");
        if (!parse_pair(text, len, out, e)) {
            s3_tags_deinit(out);
            return false;
        }
        text += len + (text[len] == '&');
    }
    return true;
}

char *s3_tags_text(const s3_tags *t)
{
    AUTO(buf) text = BUF(TEXT_MAX_BYTES);
    for (size_t i = 0; i < t->count; i++) {
        if (i > 0)
            buf_append_char(&text, '&');
        s3_uri_encode(slice_from(t->items[i].key), false, &text);
        buf_append_char(&text, '=');
        s3_uri_encode(slice_from(t->items[i].value), false, &text);
    }
    return text.overflow ? NULL : xstrdup(buf_str(&text));
}
