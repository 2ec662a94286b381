#include "s3/protocol/etag.h"

#include <string.h>
#include <strings.h>

#include "decon/base/buf.h"
#include "base/util.h"

static slice opaque_part(const char *etag)
{
    if (!etag)
        return (slice){0};
    etag += strspn(etag, " \t");
    if (s3_etag_is_weak(etag))
        etag += 2;
    size_t len = strlen(etag);
    while (len > 0 && (etag[len - 1] == ' ' || etag[len - 1] == '\t'))
        len--;
    if (len >= 2 && etag[0] == '"' && etag[len - 1] == '"')
        return (slice){etag + 1, len - 2};
    return (slice){etag, len};
}

bool s3_etag_is_weak(const char *etag)
{
    return etag && (etag[0] == 'W' || etag[0] == 'w') && etag[1] == '/';
}

bool s3_etag_is_present(const char *etag)
{
    slice part = opaque_part(etag);
    for (size_t i = 0; i < part.len; i++)
        if (!strchr("\" \t", part.data[i]))
            return true;
    return false;
}

bool s3_etag_equal(const char *a, const char *b)
{
    if (!s3_etag_is_present(a) || !s3_etag_is_present(b))
        return false;
    slice x = opaque_part(a), y = opaque_part(b);
    return x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
}

bool s3_header_once(const http_reply *reply, const char *name, const char **value, err *e)
{
    *value = NULL;
    for (size_t i = 0; i < reply->header_count; i++) {
        const http_header *h = &reply->headers[i];
        if (strcasecmp(h->name, name) != 0)
            continue;
        if (*value && strcmp(*value, h->value) != 0)
            return err_set(e, ERR_S3_REPLY, "%s occurs twice in the reply with different values",
                           name);
        *value = h->value;
    }
    if (*value && !**value)
        *value = NULL;
    return true;
}

const char *s3_etag_of_reply(const http_reply *reply, err *e)
{
    const char *etag;
    if (!s3_header_once(reply, "ETag", &etag, e))
        return NULL;
    if (s3_etag_is_present(etag))
        return etag;
    (void)err_set(e, ERR_S3_REPLY,
                  etag ? "ETag is empty in the reply" : "ETag is missing in the reply");
    return NULL;
}

char *s3_etag_bare(const char *etag)
{
    return slice_dup(opaque_part(etag));
}
