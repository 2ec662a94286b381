#include "orchestrator/fleet/provenance.h"

#include <string.h>
#include <strings.h>

#include "decon/base/buf.h"
#include "decon/s3/etag.h"
#include "decon/s3/uri.h"
#include "base/util.h"

#define PREFIX            "x-amz-meta-decon-"
#define ETAG_NAME         PREFIX "input-etag"
#define SIZE_NAME         PREFIX "input-size"
#define SETTINGS_NAME     PREFIX "settings"
#define LINES_NAME        PREFIX "lines"
#define CONTAMINATED_NAME PREFIX "contaminated-lines"
#define CHECKSUM_NAME     PREFIX "input-checksum"
#define VERSION_ID_NAME   PREFIX "input-version-id"
#define VERSION_NAME      PREFIX "version"
#define RULES_NAME        PREFIX "judged-again"
#define VALUE_MAX         ((size_t)4096)
#define VERSION_ID_MAX    128 /* S3's have 32 bytes; all metadata of an object share 2 KiB */

static void add(provenance *p, const char *name, char *value)
{
    p->headers[p->count] = (http_header){name, value};
    p->values[p->count++] = value;
}

static void add_number(provenance *p, const char *name, uint64_t value)
{
    add(p, name, xasprintf("%llu", (unsigned long long)value));
}

static char *encoded_value(const char *text)
{
    AUTO(buf) encoded = BUF(VALUE_MAX);
    s3_uri_encode(slice_from(text), false, &encoded);
    return buf_give(&encoded);
}

static char *etag_value(const char *etag)
{
    AUTO_FREE char *bare = s3_etag_bare(etag);
    return encoded_value(bare);
}

/* "SHA256:<hexadecimal digits>" */
static char *checksum_value(const s3_checksum *sum)
{
    char hex[2 * S3_CHECKSUM_TEXT_SIZE + 1] = "";
    AUTO(buf) bytes = BUF(S3_CHECKSUM_TEXT_SIZE);
    if (sum->kind == S3_CHECKSUM_MD5)
        return xasprintf("%s:%s", s3_checksum_name(sum->kind), sum->text);
    if (base64_decode(slice_from(sum->text), &bytes))
        hex_encode((const uint8_t *)bytes.data, bytes.len, hex);
    return xasprintf("%s:%s", s3_checksum_name(sum->kind), hex);
}

void provenance_make(const provenance_facts *facts, provenance *out)
{
    *out = (provenance){0};
    if (facts->input_etag && facts->input_etag[0])
        add(out, ETAG_NAME, etag_value(facts->input_etag));
    add_number(out, SIZE_NAME, facts->input_size_bytes);
    if (facts->checksum.kind != S3_CHECKSUM_NONE)
        add(out, CHECKSUM_NAME, checksum_value(&facts->checksum));
    if (facts->version_id && strlen(facts->version_id) <= VERSION_ID_MAX)
        add(out, VERSION_ID_NAME, encoded_value(facts->version_id));
    if (facts->lines_known)
        add_number(out, LINES_NAME, facts->lines);
    add_number(out, CONTAMINATED_NAME, facts->contaminated_lines);
    if (facts->settings)
        add(out, SETTINGS_NAME, xstrdup(facts->settings));
    add(out, VERSION_NAME, xstrdup(DECON_VERSION));
}

static const char *value_of(const http_header *metadata, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(metadata[i].name, name) == 0)
            return metadata[i].value;
    return NULL;
}

void provenance_judge_again(const http_header *metadata, size_t count, uint64_t contaminated_lines,
                            const char *rules, provenance *out)
{
    static const char *const kept[] = {ETAG_NAME,  SIZE_NAME,     CHECKSUM_NAME, VERSION_ID_NAME,
                                       LINES_NAME, SETTINGS_NAME, VERSION_NAME};
    *out = (provenance){0};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const char *value = value_of(metadata, count, kept[i]);
        if (value)
            add(out, kept[i], xstrdup(value));
    }
    if (out->count > 0)
        add_number(out, CONTAMINATED_NAME, contaminated_lines);
    if (rules)
        add(out, RULES_NAME, xstrdup(rules));
}

void provenance_deinit(provenance *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->values[i]);
    *p = (provenance){0};
}

provenance_match provenance_compare(const http_header *metadata, size_t count,
                                    const char *input_etag, uint64_t input_size_bytes)
{
    const char *etag = value_of(metadata, count, ETAG_NAME);
    uint64_t size_bytes = 0;
    if (!num_parse_u64(value_of(metadata, count, SIZE_NAME), &size_bytes))
        return PROVENANCE_UNKNOWN;
    if (size_bytes != input_size_bytes)
        return PROVENANCE_OTHER;
    AUTO_FREE char *wanted = etag_value(input_etag);
    if (!etag || !wanted[0])
        return PROVENANCE_UNKNOWN;
    return strcasecmp(etag, wanted) == 0 ? PROVENANCE_SAME : PROVENANCE_OTHER;
}

bool provenance_read_lines(const http_header *metadata, size_t count, provenance_lines *out)
{
    return num_parse_u64(value_of(metadata, count, LINES_NAME), &out->lines) &&
           num_parse_u64(value_of(metadata, count, CONTAMINATED_NAME), &out->contaminated_lines);
}

static bool read_hex(const char *hex, buf *out)
{
    size_t len = strlen(hex);
    for (size_t i = 0; i + 1 < len; i += 2) {
        char pair[3] = {hex[i], hex[i + 1], '\0'};
        if (strspn(pair, "0123456789abcdefABCDEF") != 2)
            return false;
        buf_append_char(out, (char)strtoul(pair, NULL, 16));
    }
    return len > 0 && len % 2 == 0 && !out->overflow;
}

static bool read_checksum(const char *value, s3_checksum *out)
{
    const char *colon = value ? strchr(value, ':') : NULL;
    AUTO_FREE char *kind = colon ? xstrndup(value, (size_t)(colon - value)) : NULL;
    AUTO(buf) bytes = BUF(SHA256_BYTES);
    if (!kind || !s3_checksum_parse_kind(kind, &out->kind) || !read_hex(colon + 1, &bytes))
        return false;
    if (out->kind == S3_CHECKSUM_MD5)
        hex_encode((const uint8_t *)bytes.data, MIN(bytes.len, (size_t)MD5_BYTES), out->text);
    else
        base64_encode((const uint8_t *)bytes.data, bytes.len, out->text);
    return true;
}

s3_checksum provenance_checksum(const http_header *metadata, size_t count)
{
    s3_checksum found = {.kind = S3_CHECKSUM_NONE};
    if (!read_checksum(value_of(metadata, count, CHECKSUM_NAME), &found))
        found = (s3_checksum){.kind = S3_CHECKSUM_NONE};
    return found;
}

char *provenance_version_id(const http_header *metadata, size_t count)
{
    AUTO(buf) text = BUF(VALUE_MAX);
    const char *value = value_of(metadata, count, VERSION_ID_NAME);
    return value && s3_uri_decode(slice_from(value), false, &text, NULL) ? buf_give(&text) : NULL;
}

const char *provenance_version(const http_header *metadata, size_t count)
{
    return value_of(metadata, count, VERSION_NAME);
}

const char *provenance_settings(const http_header *metadata, size_t count)
{
    return value_of(metadata, count, SETTINGS_NAME);
}

bool provenance_is_judged_again(const http_header *metadata, size_t count)
{
    return value_of(metadata, count, RULES_NAME);
}
