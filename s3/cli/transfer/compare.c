#include "s3/cli/transfer/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/client/client.h"

#define CHUNK_BYTES ((size_t)1024 * 1024)
#define MIB         ((uint64_t)1024 * 1024)

/* --- ETags of files --- */

typedef struct etag_sum {
    digest_ctx part, all;
    uint64_t part_bytes, in_part, parts;
} etag_sum;

static void end_part(etag_sum *s)
{
    uint8_t md5_of_part[MD5_BYTES];
    digest_final(&s->part, md5_of_part);
    digest_update(&s->all, md5_of_part, sizeof md5_of_part);
    digest_md5_init(&s->part);
    s->in_part = 0;
    s->parts++;
}

static void add_bytes(etag_sum *s, const char *data, size_t len)
{
    while (len > 0) {
        size_t now = len;
        if (s->part_bytes > 0)
            now = (size_t)MIN((uint64_t)len, s->part_bytes - s->in_part);
        digest_update(&s->part, data, now);
        s->in_part += now;
        data += now;
        len -= now;
        if (s->part_bytes > 0 && s->in_part == s->part_bytes)
            end_part(s);
    }
}

static void write_etag(etag_sum *s, char out[COMPARE_ETAG_SIZE])
{
    uint8_t digest[MD5_BYTES];
    char hex[2 * MD5_BYTES + 1];
    if (s->part_bytes == 0) {
        digest_final(&s->part, digest);
        hex_encode(digest, sizeof digest, out);
        return;
    }
    if (s->in_part > 0 || s->parts == 0)
        end_part(s);
    digest_final(&s->all, digest);
    hex_encode(digest, sizeof digest, hex);
    snprintf(out, COMPARE_ETAG_SIZE, "%s-%llu", hex, (unsigned long long)s->parts);
}

bool compare_file_etag(cli *c, const char *path, uint64_t part_bytes, char out[COMPARE_ETAG_SIZE],
                       err *e)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    AUTO_FREE char *chunk = xcalloc(1, CHUNK_BYTES);
    etag_sum s = {.part_bytes = part_bytes};
    ssize_t got = fd < 0 ? -1 : 1;
    digest_md5_init(&s.part);
    digest_md5_init(&s.all);
    while (got > 0) {
        got = read(fd, chunk, CHUNK_BYTES);
        if (got > 0)
            add_bytes(&s, chunk, (size_t)got);
        if (c && c->loop)
            cli_breathe(c);
    }
    if (got < 0)
        err_set_errno(e, ERR_IO, errno, "%s: cannot read", path);
    else
        write_etag(&s, out);
    digest_deinit(&s.part);
    digest_deinit(&s.all);
    return got == 0;
}

/* --- comparing --- */

static slice bare_etag(const char *etag)
{
    slice s = slice_from(etag);
    if (s.len >= 2 && s.data[0] == '"' && s.data[s.len - 1] == '"')
        s = (slice){s.data + 1, s.len - 2};
    return s;
}

/* The number after the dash; 0 for an ETag that is an MD5; false for other forms. */
static bool etag_parts(slice etag, uint64_t *parts)
{
    const char *dash = etag.len ? memchr(etag.data, '-', etag.len) : NULL;
    size_t hex = dash ? (size_t)(dash - etag.data) : etag.len;
    *parts = 0;
    if (hex != (size_t)2 * MD5_BYTES)
        return false;
    if (!dash)
        return true;
    AUTO_FREE char *number = xstrndup(dash + 1, etag.len - hex - 1);
    return num_parse_u64(number, parts) && *parts > 0;
}

/* The common default part sizes that result in this number of parts. */
static uint64_t part_bytes_of(const cli *c, uint64_t size_bytes, uint64_t parts, size_t *next)
{
    const uint64_t sizes[] = {s3_put_part_bytes(c->config->part_size, size_bytes),
                              8 * MIB,
                              16 * MIB,
                              5 * MIB,
                              50 * MIB,
                              64 * MIB,
                              100 * MIB,
                              128 * MIB};
    while (*next < ARRAY_LEN(sizes)) {
        uint64_t part = sizes[(*next)++];
        if ((size_bytes + part - 1) / part == parts)
            return part;
    }
    return 0;
}

/* *known: the ETag has a form that can be computed from a file. */
static bool file_fits(cli *c, const entry *file, slice etag, bool *fits, bool *known, err *e)
{
    char own[COMPARE_ETAG_SIZE];
    uint64_t parts = 0, part_bytes = 0;
    size_t next = 0;
    *fits = *known = false;
    if (!etag_parts(etag, &parts))
        return true;
    do {
        if (parts > 0 && (part_bytes = part_bytes_of(c, file->size_bytes, parts, &next)) == 0)
            return true;
        if (!compare_file_etag(c, file->name, part_bytes, own, e))
            return false;
        *known = true;
        *fits = slice_equal_str(etag, own);
    } while (parts > 0 && !*fits);
    return true;
}

static bool by_checksum(cli *c, const comparison *k, bool *differs, char *reason, err *e)
{
    bool fits = false, known = true;
    slice there = bare_etag(k->to->etag), here = bare_etag(k->from->etag);
    if (k->from_is_object && k->to_is_object)
        fits = slice_equal(there, here);
    else if (!file_fits(c, k->from_is_object ? k->to : k->from, k->from_is_object ? here : there,
                        &fits, &known, e))
        return false;
    *differs = !fits;
    snprintf(reason, REASON_SIZE, "%s",
             fits    ? ""
             : known ? "ETag differs"
                     : "ETag cannot be compared");
    return true;
}

/* The fraction of a file's time counts: an object's time has none, and an object stored in the same
 * second may be older. */
static int compare_times(const entry *a, const entry *b)
{
    if (a->modified_s != b->modified_s)
        return a->modified_s < b->modified_s ? -1 : 1;
    return a->modified_ns < b->modified_ns ? -1 : a->modified_ns > b->modified_ns;
}

static void by_time(const comparison *k, bool *differs, char *reason)
{
    char from[PRINT_TIME_SIZE], to[PRINT_TIME_SIZE];
    bool exact = k->by == COMPARE_EXACT_TIME;
    int order = compare_times(k->from, k->to);
    bool same_object = k->from_is_object && k->to_is_object && k->from->etag &&
                       str_equal(k->from->etag, k->to->etag);
    *differs = !same_object && (exact ? k->from->modified_s != k->to->modified_s : order > 0);
    print_time(k->from->modified_s, from, sizeof from);
    print_time(k->to->modified_s, to, sizeof to);
    snprintf(reason, REASON_SIZE, "%s: %s, target %s", exact ? "time differs" : "newer", from, to);
}

bool compare_entries(cli *c, const comparison *k, bool *differs, char reason[REASON_SIZE], err *e)
{
    *differs = k->from->size_bytes != k->to->size_bytes;
    if (*differs) {
        snprintf(reason, REASON_SIZE, "size differs: %llu bytes, target %llu",
                 (unsigned long long)k->from->size_bytes, (unsigned long long)k->to->size_bytes);
        return true;
    }
    if (k->by == COMPARE_SIZE)
        return true;
    if (k->by == COMPARE_CHECKSUM)
        return by_checksum(c, k, differs, reason, e);
    by_time(k, differs, reason);
    return true;
}
