#include "base/util.h"
#include "detection/match/report.h"

#include "base/json/json_write.h"
#include "detection/match/overlap_text.h"

slice report_training_name(const char *path)
{
    static const char *const dropped[] = {".gz", ".zst", ".zstd"};
    const char *slash = strrchr(path, '/');
    slice name = slice_from(slash ? slash + 1 : path);
    for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
        if (slice_ends_with(name, dropped[i]) && name.len > strlen(dropped[i])) {
            name.len -= strlen(dropped[i]);
            break;
        }
    return name;
}

static void put_boundaries(buf *out, const answer_found *a, size_t first)
{
    json_key(out, "answer_boundaries");
    for (size_t i = 0; i < a->range_count; i++)
        buf_printf(out, "%s[%zu,%zu]", i == 0 ? "[" : ",", first + a->ranges[i].first,
                   first + a->ranges[i].last);
    buf_append_char(out, ']');
}

static void put_answer(buf *out, const match *m)
{
    const answer_found *a = m->answer;
    size_t first = m->first_token;
    if (!a)
        return;
    bool found = a->range_count > 0;
    if (found) {
        put_boundaries(out, a, first);
        json_member_int(out, "answer_end_idx",
                        (int64_t)(first + a->ranges[a->range_count - 1].last));
    }
    json_member_float(out, "answer_idf_overlap", a->overlap);
    json_member_float(out, "answer_overlap_ratio", a->ratio);
    if (found)
        json_member_int(out, "answer_start_idx", (int64_t)(first + a->ranges[0].first));
}

static void put_optional(buf *out, const char *key, slice text)
{
    if (text.data)
        json_member_string(out, key, text);
}

static void put_record(buf *out, const eval_record *r, const record_texts *texts)
{
    put_optional(out, "eval_answer_text", texts->answer);
    put_optional(out, "eval_dataset", r->origin->eval_key);
    json_key(out, "eval_instance_index");
    buf_printf(out, "%llu", (unsigned long long)r->instance);
    put_optional(out, "eval_key", r->origin->eval_key);
    json_member_int(out, "eval_line", (int64_t)r->line);
    put_optional(out, "eval_overlap_text", texts->question);
    put_optional(out, "eval_passage_text", texts->passage);
    put_optional(out, "eval_question_text", texts->question);
    json_member_int(out, "eval_token_length", r->question_tokens);
    json_member_int(out, "eval_unique_ngrams", r->question_ngrams);
    put_optional(out, "fingerprint", texts->fingerprint);
}

static void put_numbers(buf *out, const match *m)
{
    json_member_float(out, "idf_overlap", m->question_overlap);
    if (m->record->is_correct >= 0)
        json_member_bool(out, "is_correct", m->record->is_correct > 0);
    json_member_float(out, "length_adjusted_question_threshold", m->question_threshold);
    json_member_string(out, "method", m->aligned ? SLICE_LIT("align") : SLICE_LIT("simple"));
    json_member_int(out, "ngram_match_cnt", m->matched_ngrams);
    if (m->passage) {
        json_member_float(out, "passage_idf_overlap", m->passage->overlap);
        json_member_float(out, "passage_overlap_ratio", m->passage->ratio);
    }
    json_member_int(out, "question_end_idx", (int64_t)(m->first_token + m->question_last));
    json_member_int(out, "question_start_idx", (int64_t)(m->first_token + m->question_first));
}

void report_line(const match *m, const report_place *place, buf *scratch, buf *out)
{
    put_answer(out, m);
    json_member_int(out, "cluster_token_length", (int64_t)m->cluster_tokens);
    json_member_float(out, "contamination_score", m->score);
    record_texts texts = index_texts(m->index, m->record);
    put_record(out, m->record, &texts);
    put_numbers(out, m);
    put_optional(out, "reference_file", m->record->origin->reference_file);
    put_optional(out, "split", m->record->origin->split);
    json_member_int(out, "token_length_delta",
                    (int64_t)m->cluster_tokens - (int64_t)m->record->question_tokens);
    json_member_string(out, "training_file", place->training_file);
    json_member_int(out, "training_line", (int64_t)place->training_line);
    buf_clear(scratch);
    if (m->shows_text)
        overlap_text(m, scratch);
    if (scratch->len > 0)
        json_member_string(out, "training_overlap_text", buf_slice(scratch));
    buf_append_str(out, "}\n");
}
