#include "base/util.h"
#include "s3/put/destination.h"

#define CONFLICTS_MAX 3
#define DIGESTS_MAX   3

void s3_destination_init(s3_destination *d, const char *bucket, const char *key,
                         const s3_headers *headers)
{
    d->bucket = xstrdup(bucket);
    d->key = xstrdup(key);
    d->headers = headers ? s3_headers_copy(headers) : NULL;
}

void s3_destination_only(s3_destination *d, const char *if_none_match, const char *if_match)
{
    d->if_none_match = xstrdup_or_null(if_none_match);
    d->if_match = xstrdup_or_null(if_match);
}

void s3_destination_deinit(s3_destination *d)
{
    char *strings[] = {d->bucket, d->key, d->if_none_match, d->if_match};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    s3_headers_free(d->headers);
    s3_fields_deinit(&d->fields);
}

s3_multipart s3_destination_upload(const s3_destination *d, s3_client *c)
{
    return (s3_multipart){.client = c,
                          .bucket = d->bucket,
                          .key = d->key,
                          .if_none_match = d->if_none_match,
                          .if_match = d->if_match,
                          .headers = d->headers,
                          .create_headers = d->fields.items,
                          .create_header_count = d->fields.count};
}

bool s3_destination_begins_again(s3_destination *d, const s3_integrity *in,
                                 s3_integrity_try *carried, const err *e)
{
    if (strcmp(e->s3_code, "ConditionalRequestConflict") == 0)
        return d->conflicts++ < CONFLICTS_MAX;
    return carried && s3_integrity_lessen(in, carried, e);
}

bool s3_digest_again(unsigned *times, const err *e)
{
    return e && e->code == ERR_S3_CHECKSUM && (*times)++ < DIGESTS_MAX;
}
