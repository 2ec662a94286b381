#include "orchestrator/fleet/provenance.h"

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
#define VALUE_MAX         ((size_t)4096)

static void add(provenance *p, const char *name, char *value)
{
    p->headers[p->count] = (http_header){name, value};
    p->values[p->count++] = value;
}

static void add_number(provenance *p, const char *name, uint64_t value)
{
    add(p, name, xasprintf("%llu", (unsigned long long)value));
}

static char *etag_value(const char *etag)
{
    AUTO_FREE char *bare = s3_etag_bare(etag);
    AUTO(buf) encoded = BUF(VALUE_MAX);
    s3_uri_encode(slice_from(bare), false, &encoded);
    return buf_give(&encoded);
}

void provenance_make(const provenance_facts *facts, provenance *out)
{
    *out = (provenance){0};
    if (facts->input_etag && facts->input_etag[0])
        add(out, ETAG_NAME, etag_value(facts->input_etag));
    add_number(out, SIZE_NAME, facts->input_size_bytes);
    if (facts->lines_known)
        add_number(out, LINES_NAME, facts->lines);
    add_number(out, CONTAMINATED_NAME, facts->contaminated_lines);
    if (facts->settings)
        add(out, SETTINGS_NAME, xstrdup(facts->settings));
    add(out, PREFIX "version", xstrdup(DECON_VERSION));
}

void provenance_deinit(provenance *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->values[i]);
    *p = (provenance){0};
}

static const char *value_of(const http_header *metadata, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(metadata[i].name, name) == 0)
            return metadata[i].value;
    return NULL;
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

const char *provenance_settings(const http_header *metadata, size_t count)
{
    return value_of(metadata, count, SETTINGS_NAME);
}
