/* Completes a multipart upload: joins its parts and their checksums to the object's. */
#include "base/util.h"
#include "s3/serve/store/upload_join.h"

typedef struct joining {
    const upload_ref *u;
    const upload_ending *ending;
    checksum_kind kind;
    bool composite;
    incoming *whole;
    checksum values; /* over the parts' values: COMPOSITE */
    char parts[PART_SIZES_MAX];
    bool parts_known;
    char sum[CHECKSUM_TEXT_SIZE]; /* of all bytes so far: FULL_OBJECT */
} joining;

static bool same_etag(const char *listed, const char *ours)
{
    slice a = slice_from(listed), b = slice_from(ours);
    slice quote = SLICE_LIT("\"");
    if (a.len >= 2 && slice_starts_with(a, quote.data) && slice_ends_with(a, quote.data))
        return slice_equal(a, b);
    return b.len >= 2 && slice_equal(a, (slice){b.data + 1, b.len - 2});
}

static void update_with_hex(digest_ctx *d, const char *etag)
{
    for (const char *p = etag + 1; p[0] && p[0] != '"' && p[1]; p += 2) {
        char pair[3] = {p[0], p[1], '\0'};
        uint8_t byte = (uint8_t)strtoul(pair, NULL, 16);
        digest_update(d, &byte, 1);
    }
}

/* The checksum to compute for a part: the upload's or, if it has none, the one in the client's
 * list. None if it was received with the part. */
static checksum_kind kind_to_compute(const joining *j, const upload_part *listed,
                                     const object_meta *part)
{
    checksum_kind wanted = j->kind != CHECKSUM_NONE ? j->kind
                           : listed->checksum[0]    ? listed->checksum_kind
                                                    : CHECKSUM_NONE;
    bool known = part->checksum[0] && part->checksum_kind == wanted;
    return known ? CHECKSUM_NONE : wanted;
}

static bool append_bytes(joining *j, int fd, const upload_part *listed, object_meta *part, err *e)
{
    checksum_kind missing = kind_to_compute(j, listed, part);
    AUTO(checksum) sum = {0};
    checksum_init(&sum, missing);
    file_range all = {
        .fd = fd, .offset = part->data_offset, .len_bytes = part->size_bytes, .sum = &sum};
    if (!incoming_append_file(j->whole, &all, e))
        return false;
    if (missing == CHECKSUM_NONE)
        return true;
    checksum_final(&sum, part->checksum);
    part->checksum_kind = missing;
    return true;
}

static bool add_value(joining *j, const object_meta *part, bool is_first)
{
    if (j->kind == CHECKSUM_NONE)
        return true;
    if (j->composite)
        return checksum_update_with_value(&j->values, part->checksum);
    if (!is_first)
        return checksum_combine(j->kind, j->sum, part->checksum, part->size_bytes, j->sum);
    memcpy(j->sum, part->checksum, sizeof j->sum);
    return true;
}

static bool append_part(joining *j, size_t index, err *e)
{
    const upload_part *listed = &j->ending->parts[index];
    object_meta part;
    AUTO_FD fd = upload_part_open(j->u, listed->number, &part, e);
    if (fd < 0 || !same_etag(listed->etag, part.etag))
        return s3_refuse(e, REFUSE_INVALID_PART);
    if (index + 1 < j->ending->count && part.size_bytes < UPLOAD_PART_MIN_SIZE)
        return s3_refuse(e, REFUSE_ENTITY_TOO_SMALL);
    update_with_hex(&j->whole->md5, part.etag);
    if (!append_bytes(j, fd, listed, &part, e))
        return false;
    if (listed->checksum[0] && (listed->checksum_kind != part.checksum_kind ||
                                !str_equal(listed->checksum, part.checksum)))
        return s3_refuse_because(e, REFUSE_INVALID_PART,
                                 "A listed part's checksum differs from the part's.");
    j->parts_known = j->parts_known && part_sizes_add(j->parts, part.size_bytes);
    return add_value(j, &part, index == 0) || s3_refuse(e, REFUSE_INTERNAL);
}

static bool check_list(const upload_ending *ending, err *e)
{
    if (ending->count == 0)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    for (size_t i = 1; i < ending->count; i++)
        if (ending->parts[i].number <= ending->parts[i - 1].number)
            return s3_refuse(e, REFUSE_INVALID_PART_ORDER);
    return true;
}

static void tell_checksum(joining *j, object_meta *meta)
{
    if (j->kind == CHECKSUM_NONE)
        return;
    if (!j->composite) {
        memcpy(meta->checksum, j->sum, sizeof meta->checksum);
        return;
    }
    checksum_final(&j->values, meta->checksum);
    size_t len = strlen(meta->checksum);
    snprintf(meta->checksum + len, sizeof meta->checksum - len, "-%zu", j->ending->count);
}

/* Checks what the client states about the whole object. */
static bool check_whole(const joining *j, const object_meta *meta, err *e)
{
    const sent_checksum *sent = &j->ending->sent;
    if (j->ending->size_known && j->ending->size_bytes != j->whole->size_bytes)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The provided 'x-amz-mp-object-size' header value does not match "
                                 "the size of the parts.");
    if (sent->kind == CHECKSUM_NONE)
        return true;
    if (sent->kind != j->kind)
        return s3_refuse_because(e, REFUSE_INVALID_REQUEST,
                                 "The upload was not created with the algorithm %s.",
                                 checksum_name(sent->kind));
    size_t value_len = strcspn(meta->checksum, "-");
    bool same = str_equal(sent->text, meta->checksum) ||
                (j->composite && strlen(sent->text) == value_len &&
                 strncmp(sent->text, meta->checksum, value_len) == 0);
    return same || s3_refuse_because(e, REFUSE_BAD_DIGEST,
                                     "The %s you specified did not match the calculated checksum.",
                                     checksum_name(sent->kind));
}

static bool join(joining *j, object_meta *meta, err *e)
{
    if (!check_list(j->ending, e))
        return false;
    for (size_t i = 0; i < j->ending->count; i++)
        if (!append_part(j, i, e))
            return false;
    uint8_t digest[MD5_BYTES];
    char hex[2 * MD5_BYTES + 1];
    digest_final(&j->whole->md5, digest);
    hex_encode(digest, sizeof digest, hex);
    snprintf(meta->etag, sizeof meta->etag, "\"%s-%zu\"", hex, j->ending->count);
    snprintf(meta->parts, sizeof meta->parts, "%s", j->parts_known ? j->parts : "");
    tell_checksum(j, meta);
    return check_whole(j, meta, e);
}

bool upload_join(const upload_ref *u, const upload_ending *ending, incoming *whole,
                 object_meta *meta, err *e)
{
    joining j = {.u = u,
                 .ending = ending,
                 .kind = meta->checksum_kind,
                 .composite = meta->composite,
                 .whole = whole,
                 .parts_known = true};
    checksum_init(&j.values, j.composite ? j.kind : CHECKSUM_NONE);
    bool ok = join(&j, meta, e);
    checksum_deinit(&j.values);
    return ok;
}
