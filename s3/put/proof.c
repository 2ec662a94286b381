#include "base/util.h"
#include "s3/put/proof.h"

#include "s3/protocol/etag.h"
#include "s3/protocol/http_date.h"

/* property of the object                    verdict
 * another size                              another object
 * a checksum of the kind that was sent      confirmed if equal, else another object
 * the source's ETag                         confirmed
 * parts: "...-<count>" in the ETag          confirmed, unless older than the write; else another object
 * the ETag is an MD5                        the owner compares it
 * none of these                             confirmed, unless older than the write                    */

#define AGE_SLACK_S 2 /* both dates are whole seconds */

static bool is_another(const char *what, err *e)
{
    return err_set(e, ERR_S3_CHANGED, "HeadObject: another object exists (%s differs)", what);
}

/* Both dates are the store's: independent of this host's clock. */
static bool is_older(const s3_proof *p, const http_reply *reply)
{
    int64_t date_s = 0, modified_s = 0;
    uint64_t elapsed_ms = clock_now_ms(p->client->t) - p->began_ms;
    return s3_when_parse_http(http_reply_header(reply, "Date"), &date_s) &&
           s3_when_parse(http_reply_header(reply, "Last-Modified"), &modified_s) &&
           date_s - modified_s > (int64_t)(elapsed_ms / 1000) + AGE_SLACK_S;
}

static bool judge_etag(s3_proof *p, const http_reply *reply, err *e)
{
    char suffix[24];
    snprintf(suffix, sizeof suffix, "-%u\"", p->part_count);
    if (p->by_checksum)
        return err_set(e, ERR_S3_CHANGED, "HeadObject: the store has no checksum to compare");
    if (p->source_etag && s3_etag_equal(p->source_etag, p->etag))
        return true;
    if (p->part_count && !str_ends_with(p->etag, suffix))
        return is_another("ETag", e);
    if (!p->part_count && !p->source_etag)
        p->md5 = s3_checksum_of_etag(reply);
    return p->md5.kind == S3_CHECKSUM_MD5 || !is_older(p, reply) || is_another("Last-Modified", e);
}

static bool head_take(void *ctx, const http_reply *reply, err *e)
{
    s3_proof *p = ctx;
    uint64_t size = 0;
    p->md5 = (s3_checksum){.kind = S3_CHECKSUM_NONE};
    const char *etag = s3_etag_of_reply(reply, e);
    s3_checksum found = s3_checksum_of_reply(reply);
    if (!etag)
        return false;
    free(p->etag);
    p->etag = xstrdup(etag);
    if (!num_parse_u64(http_reply_header(reply, "Content-Length"), &size))
        return err_set(e, ERR_S3_REPLY, "Content-Length is missing in the reply");
    if (size != p->size)
        return is_another("size", e);
    if (found.kind != S3_CHECKSUM_NONE && found.kind == p->checksum.kind)
        return s3_checksum_equal(&found, &p->checksum) || is_another("checksum", e);
    return judge_etag(p, reply, e);
}

static void head_done(void *ctx, s3_request *r, const err *e)
{
    s3_proof *p = ctx;
    UNUSED(r);
    p->on_done(p->ctx, e ? NULL : p->etag, &p->md5, e);
}

void s3_proof_start(s3_proof *p)
{
    p->request = (s3_request){.operation = "HeadObject",
                              .method = "HEAD",
                              .bucket = p->bucket,
                              .key = p->key,
                              .object_headers = p->headers,
                              .on_head = head_take,
                              .on_done = head_done,
                              .ctx = p};
    if (p->checksum.kind != S3_CHECKSUM_NONE)
        s3_request_header(&p->request, "x-amz-checksum-mode", "ENABLED");
    s3_request_start(p->client, &p->request);
}

void s3_proof_cancel(s3_proof *p)
{
    s3_request_cancel(&p->request);
    free(move(p->etag));
}

void s3_proof_error(const err *doubt, const err *found, err *out)
{
    *out = *doubt;
    err_append(out, "; not confirmed by HeadObject: %s", err_cause(found));
    out->cls = ERR_CLASS_ITEM;
}
