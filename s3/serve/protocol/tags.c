#include "s3/serve/protocol/tags.h"

#include "base/util.h"
#include "decon/s3/uri.h"
#include "s3/protocol/utf8.h"
#include "s3/protocol/xml.h"
#include "s3/serve/protocol/xml.h"

#define TAG_TEXT_MAX ((size_t)8192) /* of an encoded key or value */

typedef struct tag_list {
    buf *out;
    char *keys[TAGS_MAX];
    size_t count;
    char *key, *value; /* of the current XML element; or NULL */
} tag_list;

static void tag_list_deinit(tag_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->keys[i]);
    free(list->key);
    free(list->value);
}
DEFINE_AUTO(tag_list, tag_list_deinit)

/* Letters, digits and spaces of all scripts, and some punctuation. */
static bool check_text(const char *text, size_t chars_max)
{
    size_t chars = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        bool digit = *p >= '0' && *p <= '9';
        if (*p < 0x80 && !letter && !digit && !strchr(" +-=._:/@", *p))
            return false;
        chars += (*p & 0xc0) != 0x80;
    }
    return chars <= chars_max && s3_utf8_check(slice_from(text));
}

static void append_text(buf *out, const char *text)
{
    for (const char *p = text; *p; p++)
        if (strchr("%&=+", *p))
            buf_printf(out, "%%%02X", (unsigned)*p);
        else
            buf_append_char(out, *p);
}

static bool add(tag_list *list, const char *key, const char *value, err *e)
{
    if (!*key || !check_text(key, TAG_KEY_CHARS) || str_starts_with(key, "aws:"))
        return s3_refuse_because(e, REFUSE_INVALID_TAG, "The TagKey you have provided is invalid.");
    if (!check_text(value, TAG_VALUE_CHARS))
        return s3_refuse_because(e, REFUSE_INVALID_TAG,
                                 "The TagValue you have provided is invalid.");
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->keys[i], key))
            return s3_refuse_because(e, REFUSE_INVALID_TAG, "Multiple tags have the same key: %s",
                                     key);
    if (list->count == TAGS_MAX)
        return s3_refuse(e, REFUSE_TOO_MANY_TAGS);
    list->keys[list->count++] = xstrdup(key);
    if (list->out->len > 0)
        buf_append_char(list->out, '&');
    append_text(list->out, key);
    buf_append_char(list->out, '=');
    append_text(list->out, value);
    return true;
}

/* Calls `each` for the decoded tags of the text form. */
static bool each_pair(const char *text,
                      bool (*each)(void *ctx, const char *key, const char *value, err *e),
                      void *ctx, err *e)
{
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "&"), key_len = strcspn(at, "=&");
        AUTO(buf) key = BUF(TAG_TEXT_MAX);
        AUTO(buf) value = BUF(TAG_TEXT_MAX);
        slice raw = {at + key_len + 1, key_len < len ? len - key_len - 1 : 0};
        if (!s3_uri_decode((slice){at, key_len}, true, &key, NULL) ||
            (raw.len > 0 && !s3_uri_decode(raw, true, &value, NULL)) ||
            strlen(buf_str(&key)) != key.len || strlen(buf_str(&value)) != value.len)
            return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                                     "The header 'x-amz-tagging' shall be encoded as UTF-8 then "
                                     "URLEncoded URL query parameters without tag name "
                                     "duplicates.");
        if (len > 0 && !each(ctx, buf_str(&key), buf_str(&value), e))
            return false;
        at += len + (at[len] == '&');
    }
    return true;
}

static bool on_pair(void *ctx, const char *key, const char *value, err *e)
{
    return add(ctx, key, value, e);
}

bool tags_from_header(const char *value, buf *out, err *e)
{
    AUTO(tag_list) list = {.out = out};
    return each_pair(value, on_pair, &list, e);
}

static bool on_element(void *ctx, const char *path, const char *text, err *e)
{
    tag_list *list = ctx;
    if (str_equal(path, "Tagging/TagSet/Tag/Key") || str_equal(path, "Tagging/TagSet/Tag/Value")) {
        char **to = str_ends_with(path, "Key") ? &list->key : &list->value;
        if (*to)
            return s3_refuse(e, REFUSE_MALFORMED_XML);
        *to = xstrdup(text);
        return true;
    }
    if (str_equal(path, "Tagging") || str_equal(path, "Tagging/TagSet"))
        return true;
    if (!str_equal(path, "Tagging/TagSet/Tag"))
        return s3_refuse_because(e, REFUSE_MALFORMED_XML, "The element %s is unknown.", path);
    if (!list->key || !list->value)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    bool ok = add(list, list->key, list->value, e);
    free(move(list->key));
    free(move(list->value));
    return ok;
}

bool tags_from_xml(slice body, buf *out, err *e)
{
    AUTO(tag_list) list = {.out = out};
    if (s3_xml_read(body, on_element, &list, e))
        return true;
    return e->s3_code[0] ? false : s3_refuse(e, REFUSE_MALFORMED_XML);
}

size_t tags_count(const char *text)
{
    size_t count = *text != '\0';
    for (const char *p = text; *p; p++)
        count += *p == '&';
    return count;
}

static bool append_tag(void *ctx, const char *key, const char *value, err *e)
{
    UNUSED(e);
    buf *body = ctx;
    buf_append_str(body, "<Tag>");
    xml_element_str(body, "Key", key);
    xml_element_str(body, "Value", value);
    buf_append_str(body, "</Tag>");
    return true;
}

void tags_append_xml(const char *text, buf *body)
{
    err e = ERR_INIT;
    buf_append_str(body, "<TagSet>");
    if (!each_pair(text, append_tag, body, &e))
        body->overflow = true; /* cannot happen: the text was validated */
    buf_append_str(body, "</TagSet>");
}
