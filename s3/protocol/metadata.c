#include "base/array.h"
#include "base/util.h"
#include "s3/protocol/metadata.h"

#include <strings.h>

static void drop(http_header *item)
{
    free((char *)(uintptr_t)item->name);
    free((char *)(uintptr_t)item->value);
}

void s3_fields_deinit(s3_fields *f)
{
    for (size_t i = 0; i < f->count; i++)
        drop(&f->items[i]);
    free(f->items);
    *f = (s3_fields){0};
}

void s3_fields_set(s3_fields *f, const char *name, const char *value)
{
    size_t i = 0;
    while (i < f->count && strcasecmp(f->items[i].name, name) != 0)
        i++;
    if (i < f->count) {
        drop(&f->items[i]);
        f->items[i] = f->items[--f->count];
    }
    if (!value)
        return;
    *ARRAY_ADD(f->items, f->count) = (http_header){xstrdup(name), xstrdup(value)};
}

void s3_fields_add(s3_fields *f, const http_header *more, size_t count)
{
    for (size_t i = 0; i < count; i++)
        s3_fields_set(f, more[i].name, more[i].value);
}

static bool goes_along(const char *name)
{
    static const char *const names[] = {"Content-Type",
                                        "Content-Encoding",
                                        "Content-Disposition",
                                        "Content-Language",
                                        "Cache-Control",
                                        "Expires",
                                        "x-amz-website-redirect-location"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return strncasecmp(name, "x-amz-meta-", strlen("x-amz-meta-")) == 0;
}

void s3_fields_of_reply(s3_fields *f, const http_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (goes_along(reply->headers[i].name))
            s3_fields_set(f, reply->headers[i].name, reply->headers[i].value);
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

static bool says_of_object(const char *name)
{
    static const char *const of_request[] = {"x-amz-request-id",      "x-amz-id-2",
                                             "x-amz-storage-class",   "x-amz-bucket-region",
                                             "x-amz-request-charged", NULL};
    if (strncasecmp(name, "x-amz-", strlen("x-amz-")) == 0)
        return !is_one_of(name, of_request);
    return goes_along(name);
}

void s3_fields_of_object(s3_fields *f, const http_reply *reply)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (says_of_object(reply->headers[i].name))
            s3_fields_set(f, reply->headers[i].name, reply->headers[i].value);
}

bool s3_fields_describe_content(const s3_fields *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (goes_along(f->items[i].name))
            return true;
    return false;
}

bool s3_headers_count_tags(const http_header *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(items[i].name, "x-amz-tagging-count") == 0)
            return !str_equal(items[i].value, "0");
    return false;
}
