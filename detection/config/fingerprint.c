#include "detection/config/fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "base/json/json_write.h"
#include "detection/text/unicode.h"

/* The fewest digits that read back as the same number: 0.8. */
static void put_float(buf *json, const char *key, float value)
{
    char text[32];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    json_key(json, key);
    buf_append_str(json, text);
}

static void put_size(buf *json, const char *key, size_t value)
{
    json_member_unsigned(json, key, value);
}

static void put_decay(buf *json, const char *key, bool given, size_t tokens)
{
    if (given)
        put_size(json, key, tokens);
    else
        json_member_string(json, key, SLICE_LIT("none"));
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In ascending order, each once. */
static void put_names(buf *json, const char *key, char **names)
{
    size_t count = 0;
    while (names[count])
        count++;
    AUTO_FREE char **sorted = xcalloc(count + 1, sizeof *sorted);
    memcpy(sorted, names, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_texts);
    json_key(json, key);
    buf_append_char(json, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_equal(sorted[i], sorted[i - 1]))
            continue;
        if (i > 0)
            buf_append_char(json, ',');
        json_put_string(json, slice_from(sorted[i]));
    }
    buf_append_char(json, ']');
}

static void put_records(const ngram_index *x, buf *json)
{
    char hex[RECORD_DIGEST_TEXT];
    record_digest_hex(&x->kept, hex);
    put_size(json, "evaluation_records", x->counts.indexed);
    json_member_string(json, "evaluation_records_digest", slice_from(hex));
}

/* By the names of its sets: the folder of the files is not in the fingerprint. */
static bool holds_only_samples(const eval_tally *t)
{
    static const char *const samples[] = {"harbour_quiz", "meadow_reading", "workshop_problems"};
    size_t found = 0;
    for (size_t i = 0; i < t->set_count; i++)
        for (size_t k = 0; k < ARRAY_LEN(samples); k++)
            found += t->sets[i].indexed && str_equal(t->sets[i].name, samples[k]);
    return found && found == eval_tally_sets(t);
}

/* Keys are in ascending order. */
void settings_json(const server_config *c, const ngram_index *x, buf *json)
{
    const detect_settings *s = &c->detect;
    const char *vocabulary = tokenizer_vocabulary(x->tokens);
    json_member_int(json, "algorithm_version",
                    s->extended_normal ? DETECTION_ALGORITHM_VERSION_EXTENDED
                                       : DETECTION_ALGORITHM_VERSION);
    put_size(json, "answer_ngram_size", s->answer_ngram_size);
    json_member_bool(json, "compatible", c->compatible);
    put_float(json, "contamination_score_threshold", s->threshold);
    json_member_string(json, "content_key", slice_from(c->content_key));
    put_records(x, json);
    json_member_string(json, "invalid_utf8",
                       c->invalid_utf8 ? SLICE_LIT("skip") : SLICE_LIT("fail"));
    json_member_bool(json, "lenient", c->lenient);
    put_size(json, "min_long_answer_window", s->min_long_answer_window);
    put_size(json, "min_passage_distance", s->min_passage_distance);
    json_member_string(json, "mode", slice_from(c->mode));
    put_size(json, "ngram_size", s->ngram_size);
    /* Omitted by default, so that results of versions without this option keep their
     * fingerprint. */
    if (s->extended_normal)
        json_member_string(json, "normalization", SLICE_LIT("extended"));
    put_size(json, "passage_max_consecutive_misses", s->passage_max_misses);
    put_size(json, "passage_ngram_size", s->passage_ngram_size);
    put_decay(json, "perfect_match_decay_end", s->decay.has_end, s->decay.end);
    put_decay(json, "perfect_match_decay_start", s->decay.has_start, s->decay.start);
    json_member_string(json, "punctuation_chars", slice_from(s->punctuation));
    put_size(json, "question_max_consecutive_misses", s->question_max_misses);
    if (s->recall_high) /* omitted by default, as "normalization" */
        json_member_string(json, "recall", SLICE_LIT("high"));
    if (c->report_sets[0])
        put_names(json, "report_sets", c->report_sets);
    if (s->report_threshold > 0)
        put_float(json, "report_threshold", s->report_threshold);
    if (holds_only_samples(&x->tally)) /* certificates refuse such results */
        json_member_bool(json, "sample_evals", true);
    put_size(json, "sample_every_m_tokens", s->sample_every_m_tokens);
    put_size(json, "short_answer_token_threshold", s->short_answer_tokens);
    put_size(json, "short_answer_window_length", s->short_answer_window);
    json_member_string(json, "tokenizer", slice_from(tokenizer_name(x->tokens)));
    if (vocabulary)
        json_member_string(json, "tokenizer_sha256", slice_from(vocabulary));
    json_member_string(json, "unicode_version", slice_from(unicode_version()));
    json_close(json);
}

void settings_fingerprint(const server_config *c, const ngram_index *x, char hex[FINGERPRINT_TEXT])
{
    uint8_t digest[SHA256_BYTES];
    AUTO(buf) json = BUF(SETTINGS_MAX_BYTES);
    settings_json(c, x, &json);
    sha256(buf_slice(&json), digest);
    hex_encode(digest, sizeof digest, hex);
}
