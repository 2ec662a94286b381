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
    f->items = xrealloc(f->items, (f->count + 1) * sizeof *f->items);
    f->items[f->count++] = (http_header){xstrdup(name), xstrdup(value)};
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

bool s3_fields_describe_content(const s3_fields *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (goes_along(f->items[i].name))
            return true;
    return false;
}
