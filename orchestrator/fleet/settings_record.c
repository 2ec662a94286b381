#include "orchestrator/fleet/settings_record.h"

#include <string.h>

#include "base/util.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "base/options/options.h"

#define FINGERPRINT_DIGITS 64

bool settings_fingerprint_is_valid(const char *fingerprint)
{
    return fingerprint && strlen(fingerprint) == FINGERPRINT_DIGITS &&
           strspn(fingerprint, "0123456789abcdef") == FINGERPRINT_DIGITS;
}

char *settings_record_key(const char *report_prefix, const char *fingerprint)
{
    return xasprintf("%s_decon/settings/%s.json", report_prefix, fingerprint);
}

char *recall_record_key(const char *report_prefix, const char *fingerprint)
{
    return xasprintf("%s_decon/recall/%s.json", report_prefix, fingerprint);
}

static void put_json(const char *key, slice json, buf *out)
{
    if (json.len == 0)
        return;
    json_key(out, key);
    buf_append_slice(out, json);
}

/* Keys are in ascending order. */
void settings_record_write(const char *fingerprint, const settings_facts *facts, buf *out)
{
    put_json("filters", facts->filters, out);
    json_member_string(out, "fingerprint", slice_from(fingerprint));
    json_member_int(out, "format", 1);
    put_json("sets", facts->sets, out);
    put_json("settings", facts->settings.len ? facts->settings : SLICE_LIT("{}"), out);
    json_close(out);
    buf_append_char(out, '\n');
}

void recall_record_write(const char *fingerprint, slice recall, buf *out)
{
    json_member_string(out, "fingerprint", slice_from(fingerprint));
    json_member_int(out, "format", 1);
    put_json("recall", recall.len ? recall : SLICE_LIT("{}"), out);
    json_close(out);
    buf_append_char(out, '\n');
}

/* Every member of the settings (detection/config/fingerprint.c), and its name in messages. */
static const struct {
    const char *key, *name;
} members[] = {{"contamination_score_threshold", "threshold"},
               {"evaluation_records", "evaluation records"},
               {"evaluation_records_digest", NULL}, /* named with the number of records */
               {"tokenizer", "tokenizer"},
               {"tokenizer_sha256", "the tokenizer's vocabulary"},
               {"algorithm_version", "algorithm version"},
               {"unicode_version", "Unicode version"},
               {"content_key", "content_key"},
               {"mode", "mode"},
               {"compatible", "compatible"},
               {"lenient", "lenient"},
               {"invalid_utf8", "invalid_utf8"},
               {"punctuation_chars", "punctuation_chars"},
               {"ngram_size", "ngram_size"},
               {"report_sets", "the evaluation sets that are reported"},
               {"report_threshold", "report_threshold"},
               {"sample_evals", "the sample set"},
               {"sample_every_m_tokens", "sample_every_m_tokens"},
               {"question_max_consecutive_misses", "question_max_consecutive_misses"},
               {"perfect_match_decay_start", "perfect_match_decay_start"},
               {"perfect_match_decay_end", "perfect_match_decay_end"},
               {"short_answer_token_threshold", "short_answer_token_threshold"},
               {"short_answer_window_length", "short_answer_window_length"},
               {"answer_ngram_size", "answer_ngram_size"},
               {"min_long_answer_window", "min_long_answer_window"},
               {"min_passage_distance", "min_passage_distance"},
               {"passage_ngram_size", "passage_ngram_size"},
               {"passage_max_consecutive_misses", "passage_max_consecutive_misses"}};

#define MEMBER_COUNT ARRAY_LEN(members)
enum { RECORDS = 1, DIGEST = 2 }; /* in `members` */

static bool read_all(slice text, json_value values[MEMBER_COUNT])
{
    const char *keys[MEMBER_COUNT];
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        keys[i] = members[i].key;
    return json_read_members(text, keys, values, MEMBER_COUNT, NULL, NULL);
}

/* The reference server writes 0.8 as 0.800000011920929: binary32, widened. */
static bool same_fraction(slice a, slice b)
{
    bool fractions = memchr(a.data, '.', a.len) && memchr(b.data, '.', b.len);
    AUTO_FREE char *x = slice_dup(a), *y = slice_dup(b);
    return fractions && strtof(x, NULL) == strtof(y, NULL);
}

static bool same(const json_value *a, const json_value *b)
{
    bool numbers = a->type == JSON_NUMBER && b->type == JSON_NUMBER;
    return a->type == b->type &&
           (slice_equal(a->raw, b->raw) || (numbers && same_fraction(a->raw, b->raw)));
}

static void put_value(buf *words, const json_value *value)
{
    uint64_t number;
    char count[32];
    if (value->type == JSON_ABSENT) {
        buf_append_str(words, "not given");
    } else if (json_unsigned(value, &number)) {
        format_count(number, count, sizeof count);
        buf_append_str(words, count);
    } else {
        buf_append_slice(words, value->raw);
    }
}

static void put_change(buf *words, const char *name, const json_value *was, const json_value *now)
{
    buf_printf(words, "%s%s ", words->len ? "; " : "", name);
    put_value(words, was);
    buf_append_str(words, " -> ");
    put_value(words, now);
}

void settings_difference(slice was, slice now, buf *words)
{
    static const char *const member = "settings";
    json_value old, a[MEMBER_COUNT], b[MEMBER_COUNT];
    if (!json_read_members(slice_trim(was), &member, &old, 1, NULL, NULL) ||
        old.type != JSON_OBJECT || !read_all(old.raw, a) || !read_all(now, b))
        return;
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (members[i].name && !same(&a[i], &b[i]))
            put_change(words, members[i].name, &a[i], &b[i]);
    if (same(&a[RECORDS], &b[RECORDS]) && !same(&a[DIGEST], &b[DIGEST])) {
        buf_printf(words, "%sthe contents of the ", words->len ? "; " : "");
        put_value(words, &a[RECORDS]);
        buf_append_str(words, " evaluation records");
    }
}
