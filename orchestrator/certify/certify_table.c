#include "orchestrator/certify/certify_table.h"

#include <string.h>

#include "base/array.h"
#include "base/util.h"
#include "decon/base/buf.h"

#define GROWTH_BYTES ((size_t)4 << 20)

/* Facts: number of settings, kind of the checksum, its length, its bytes, length of the version id,
 * the version id. */
#define FACTS_MAX_BYTES (4 + S3_CHECKSUM_TEXT_SIZE + 255)

static size_t find_name(certify_names *names, const char *text)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->each[i].text, text))
            return i;
    if (names->count > CERTIFY_NAMES_MAX)
        return CERTIFY_NAMES_MAX;
    size_t index = names->count;
    *ARRAY_ADD(names->each, names->count) =
        (certify_name){.text = xstrdup(index == CERTIFY_NAMES_MAX ? "(further ones)" : text)};
    return index;
}

static size_t count_name(certify_names *names, const char *text)
{
    size_t index = find_name(names, text);
    names->each[index].files++;
    return index;
}

static void put(certify_table *t, const void *data, size_t len)
{
    if (len)
        memcpy(t->bytes + t->used, data, len);
    t->used += len;
}

static void put_byte(certify_table *t, size_t value)
{
    t->bytes[t->used++] = (uint8_t)value;
}

static void put_checksum(certify_table *t, const s3_checksum *sum)
{
    AUTO(buf) bytes = BUF(S3_CHECKSUM_TEXT_SIZE);
    if (sum->kind == S3_CHECKSUM_MD5) /* in hexadecimal digits */
        buf_append_str(&bytes, sum->text);
    else if (!base64_decode(slice_from(sum->text), &bytes))
        buf_clear(&bytes);
    put_byte(t, bytes.len ? sum->kind : S3_CHECKSUM_NONE);
    put_byte(t, bytes.len);
    put(t, bytes.data, bytes.len);
}

void certify_table_init(certify_table *t, status_table *inputs)
{
    *t = (certify_table){.inputs = inputs};
    t->at = xcalloc(inputs->inputs.count + 1, sizeof *t->at);
}

void certify_table_add(certify_table *t, size_t index, const certify_facts *facts)
{
    size_t settings = count_name(&t->settings, facts->settings);
    if (facts->version)
        count_name(&t->versions, facts->version);
    if (t->capacity - t->used < FACTS_MAX_BYTES) {
        t->capacity += GROWTH_BYTES;
        t->bytes = xrealloc(t->bytes, t->capacity);
    }
    t->at[index] = (uint32_t)t->used + 1;
    put_byte(t, settings);
    put_checksum(t, &facts->checksum);
    size_t len = facts->version_id ? strlen(facts->version_id) : 0;
    put_byte(t, len <= 255 ? len : 0);
    put(t, facts->version_id, len <= 255 ? len : 0);
    t->inputs->state[index] |= CERTIFY_KNOWN;
}

static void take_checksum(s3_checksum_kind kind, const uint8_t *bytes, size_t len, s3_checksum *out)
{
    out->kind = kind;
    if (kind == S3_CHECKSUM_MD5)
        memcpy(out->text, bytes, len);
    else
        base64_encode(bytes, len, out->text);
}

bool certify_table_get(const certify_table *t, size_t index, certify_found *out)
{
    *out = (certify_found){.settings = 0};
    if (!t->at[index])
        return false;
    const uint8_t *p = t->bytes + t->at[index] - 1;
    out->settings = p[0];
    take_checksum((s3_checksum_kind)p[1], p + 3, p[2], &out->checksum);
    p += 3 + p[2];
    out->version_id = (slice){.data = (const char *)p + 1, .len = p[0]};
    return true;
}

static void names_deinit(certify_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->each[i].text);
    free(names->each);
    *names = (certify_names){0};
}

void certify_table_deinit(certify_table *t)
{
    free(t->at);
    free(t->bytes);
    names_deinit(&t->settings);
    names_deinit(&t->versions);
    *t = (certify_table){0};
}
