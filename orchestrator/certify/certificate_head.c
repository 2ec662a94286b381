#include "orchestrator/certify/certificate_head.h"

#include <string.h>

#include "base/util.h"
#include "base/json/json_canonical.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "orchestrator/fleet/run_name.h"

#define FORMAT 1
#define TYPE   "decon certificate"

static const char *const not_claimed[] = {
    "That the detection finds every copy: 'recall' is what a self-test with these settings found; "
    "null: no result of a self-test was stored.",
    "That lines without a text were scanned: a line whose member 'content_key' (see 'settings') is "
    "absent or no text has nothing that the detection could scan, and does not affect the verdict.",
    "That the evaluation records are those of published benchmarks: only their digest is named.",
    "Anything about objects outside of 'input', or about inputs that were added or changed after "
    "'created'.",
    "That an input still has the bytes that its ETag, size and checksum name: compare them with "
    "the "
    "store.",
    "That the results are true: they are based on metadata that runs wrote to the store, which any "
    "writer to the store can change. The signature shows who states them.",
    "That the time 'created' is right: it is the clock of the host that made the certificate.",
};

const char *certificate_not_claimed(size_t index)
{
    return index < ARRAY_LEN(not_claimed) ? not_claimed[index] : NULL;
}

static const char *const gap_names[GAP_COUNT] = {
    [GAP_FAILED] = "failed",        [GAP_LEFT] = "left",
    [GAP_REFUSED] = "refused",      [GAP_UNPROVEN] = "no_provenance",
    [GAP_MIXED] = "mixed_settings", [GAP_UNDESCRIBED] = "undescribed_settings",
    [GAP_SAMPLES] = "sample_set",   [GAP_JUDGED] = "judged_again",
};

const char *certificate_gap_name(certificate_gap gap)
{
    return gap_names[gap];
}

bool certificate_head_is_complete(const certificate_head *head)
{
    for (size_t i = 0; i < GAP_COUNT; i++)
        if (head->gaps[i])
            return false;
    return true;
}

/* --- writing; json_put_canonical puts the members in order --- */

static void put_gaps(const certificate_head *h, buf *json)
{
    json_open(json, "gaps");
    for (size_t i = 0; i < GAP_COUNT; i++)
        if (h->gaps[i])
            json_member_unsigned(json, gap_names[i], h->gaps[i]);
    json_close(json);
}

static void put_verdicts(const certificate_head *h, buf *json)
{
    json_open(json, "verdicts");
    for (size_t i = 0; i < CERTIFICATE_VERDICT_COUNT; i++)
        json_member_unsigned(json, certificate_verdict_name((certificate_verdict)i),
                             h->verdicts[i]);
    json_close(json);
}

static void put_object(buf *json, const char *key, const char *object)
{
    json_key(json, key);
    buf_append_str(json, object ? object : "null");
}

static void put_settings(const certificate_head *h, buf *json)
{
    json_key(json, "settings");
    buf_append_char(json, '[');
    for (size_t i = 0; i < h->settings_count; i++) {
        const certificate_settings *s = &h->settings[i];
        buf_append_str(json, i ? ",{" : "{");
        json_member_string(json, "fingerprint", slice_from(s->fingerprint));
        json_member_unsigned(json, "files", s->files);
        put_object(json, "settings", s->json);
        put_object(json, "recall", s->recall);
        json_close(json);
    }
    buf_append_char(json, ']');
}

static void put_strings(buf *json, const char *key, const char *const *strings, size_t count)
{
    json_key(json, key);
    buf_append_char(json, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_append_char(json, ',');
        json_put_string(json, slice_from(strings[i]));
    }
    buf_append_char(json, ']');
}

static size_t count_strings(const char *const *strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    return count;
}

static void put_tree(const certificate_head *h, buf *json)
{
    json_open(json, "merkle_tree");
    json_member_string(json, "hash", SLICE_LIT("SHA-256, RFC 6962"));
    json_member_unsigned(json, "leaves", h->count);
    json_member_string(json, "root", slice_from(h->root));
    json_close(json);
}

static void put_sources(const certificate_head *h, buf *json)
{
    json_open(json, "sources");
    json_member_unsigned(json, "ledger", h->from_ledger);
    json_member_unsigned(json, "results", h->from_results);
    json_close(json);
}

static void put_versions(const certificate_head *h, buf *json)
{
    json_open(json, "versions");
    json_member_string(json, "certify", SLICE_LIT(DECON_VERSION));
    put_strings(json, "results", h->versions, h->version_count);
    json_close(json);
}

bool certificate_head_write(const certificate_head *h, buf *out, err *e)
{
    char created[RUN_TIME_BYTES];
    AUTO(buf) json = BUF(CERTIFICATE_HEAD_MAX_BYTES);
    json_member_string(&json, "type", SLICE_LIT(TYPE));
    json_member_int(&json, "format", FORMAT);
    json_member_string(&json, "created", slice_from(run_time_text(h->created_s, true, created)));
    json_member_string(&json, "input", slice_from(h->input));
    put_strings(&json, "input_lists", h->lists, count_strings(h->lists));
    json_member_string(&json, "reports", slice_from(h->reports));
    json_member_unsigned(&json, "bytes", h->bytes);
    json_member_bool(&json, "complete", certificate_head_is_complete(h));
    put_gaps(h, &json);
    put_verdicts(h, &json);
    put_tree(h, &json);
    put_settings(h, &json);
    put_sources(h, &json);
    put_versions(h, &json);
    put_strings(&json, "not_claimed", not_claimed, ARRAY_LEN(not_claimed));
    json_close(&json);
    return json_put_canonical(buf_slice(&json), out, e) &&
           (buf_append_char(out, '\n') || err_set(e, ERR_LIMIT, "the head is too large"));
}

/* --- reading --- */

enum {
    K_TYPE,
    K_FORMAT,
    K_CREATED,
    K_INPUT,
    K_BYTES,
    K_COMPLETE,
    K_GAPS,
    K_VERDICTS,
    K_TREE,
    K_COUNT
};

static bool read_verdicts(const json_value *value, certificate_facts *out)
{
    const char *keys[CERTIFICATE_VERDICT_COUNT];
    json_value values[CERTIFICATE_VERDICT_COUNT];
    for (size_t i = 0; i < CERTIFICATE_VERDICT_COUNT; i++)
        keys[i] = certificate_verdict_name((certificate_verdict)i);
    bool ok = json_read_members(value->raw, keys, values, CERTIFICATE_VERDICT_COUNT, NULL, NULL);
    for (size_t i = 0; i < CERTIFICATE_VERDICT_COUNT && ok; i++)
        ok = json_unsigned(&values[i], &out->verdicts[i]);
    return ok;
}

static bool read_gaps(const json_value *value, certificate_facts *out)
{
    json_value values[GAP_COUNT];
    bool ok = json_read_members(value->raw, gap_names, values, GAP_COUNT, NULL, NULL);
    for (size_t i = 0; i < GAP_COUNT && ok; i++)
        ok = values[i].type == JSON_ABSENT || json_unsigned(&values[i], &out->gap_counts[i]);
    return ok;
}

static bool read_tree(const json_value *value, certificate_facts *out)
{
    static const char *const keys[] = {"leaves", "root"};
    json_value values[2];
    if (!json_read_members(value->raw, keys, values, 2, NULL, NULL) ||
        !json_unsigned(&values[0], &out->count) || values[1].type != JSON_STRING ||
        values[1].raw.len != MERKLE_ROOT_TEXT - 1)
        return false;
    memcpy(out->root, values[1].raw.data, MERKLE_ROOT_TEXT - 1);
    return true;
}

static bool is_canonical(slice text, err *e)
{
    AUTO(buf) again = BUF(CERTIFICATE_HEAD_MAX_BYTES);
    if (!json_put_canonical(text, &again, e))
        return false;
    buf_append_char(&again, '\n');
    return slice_equal(buf_slice(&again), text) ||
           err_set(e, ERR_PARSE, "the head is not in canonical form (RFC 8785)");
}

static bool take_values(const json_value values[K_COUNT], certificate_facts *out)
{
    uint64_t format = 0;
    out->input = json_text_dup(&values[K_INPUT]);
    out->created = json_text_dup(&values[K_CREATED]);
    out->complete = json_is_true(&values[K_COMPLETE]);
    out->gaps = values[K_GAPS].type == JSON_OBJECT ? slice_dup(values[K_GAPS].raw) : NULL;
    return values[K_TYPE].type == JSON_STRING && slice_equal_str(values[K_TYPE].raw, TYPE) &&
           json_unsigned(&values[K_FORMAT], &format) && format == FORMAT && out->input &&
           out->created && out->gaps && read_gaps(&values[K_GAPS], out) &&
           json_unsigned(&values[K_BYTES], &out->bytes) && values[K_VERDICTS].type == JSON_OBJECT &&
           read_verdicts(&values[K_VERDICTS], out) && values[K_TREE].type == JSON_OBJECT &&
           read_tree(&values[K_TREE], out);
}

bool certificate_head_read(slice text, certificate_facts *out, err *e)
{
    static const char *const keys[K_COUNT] = {
        [K_TYPE] = "type",   [K_FORMAT] = "format",     [K_CREATED] = "created",
        [K_INPUT] = "input", [K_BYTES] = "bytes",       [K_COMPLETE] = "complete",
        [K_GAPS] = "gaps",   [K_VERDICTS] = "verdicts", [K_TREE] = "merkle_tree"};
    json_value values[K_COUNT];
    *out = (certificate_facts){0};
    if (!is_canonical(text, e) || !json_read_members(text, keys, values, K_COUNT, NULL, e))
        return false;
    bool ok = take_values(values, out);
    if (!ok)
        certificate_facts_deinit(out);
    return ok || err_set(e, ERR_PARSE, "not the head of a certificate of format %d", FORMAT);
}

void certificate_facts_deinit(certificate_facts *f)
{
    free(f->input);
    free(f->created);
    free(f->gaps);
    *f = (certificate_facts){0};
}
