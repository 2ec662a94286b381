#include "base/util.h"
#include "detection/review/review_example.h"

#include "detection/text/unicode.h"

/* Of longer texts the middle is omitted. */
#define HEAD_BYTES 1200
#define TAIL_BYTES 600

enum {
    KEY_SCORE,
    KEY_EVAL,
    KEY_FILE,
    KEY_LINE,
    KEY_QUESTION,
    KEY_ANSWER,
    KEY_PASSAGE,
    KEY_OVERLAP_TEXT,
    KEY_QUESTION_OVERLAP,
    KEY_ANSWER_OVERLAP,
    KEY_PASSAGE_OVERLAP,
    KEY_EVAL_LINE,
    KEY_INSTANCE,
    KEY_MATCHED,
    KEY_NGRAMS,
    KEY_REFERENCE,
    KEY_SPLIT,
    KEY_IS_CORRECT,
    KEY_TOKENS,
    KEY_START,
    KEY_METHOD,
    KEY_COUNT,
};
static const char *const keys[KEY_COUNT] = {
    "contamination_score",
    "eval_key",
    "training_file",
    "training_line",
    "eval_question_text",
    "eval_answer_text",
    "eval_passage_text",
    "training_overlap_text",
    "idf_overlap",
    "answer_idf_overlap",
    "passage_idf_overlap",
    "eval_line",
    "eval_instance_index",
    "ngram_match_cnt",
    "eval_unique_ngrams",
    "reference_file",
    "split",
    "is_correct",
    "eval_token_length",
    "question_start_idx",
    "method",
};
_Static_assert(KEY_COUNT == REVIEW_KEYS, "one value for each key");

/* --- values --- */

static double number_of(const json_value *v, double otherwise)
{
    char text[400];
    if (v->type != JSON_NUMBER || v->raw.len >= sizeof text)
        return otherwise;
    memcpy(text, v->raw.data, v->raw.len);
    text[v->raw.len] = '\0';
    return strtod(text, NULL);
}

static uint64_t count_of(const json_value *v)
{
    uint64_t count;
    return json_unsigned(v, &count) ? count : 0;
}

/* NULL if it is not a string. A NUL is shown as U+2400. */
static char *text_of(const json_value *v)
{
    if (v->type != JSON_STRING)
        return NULL;
    AUTO(buf) scratch = {0};
    AUTO(buf) out = {0};
    slice text;
    buf_init(&scratch, v->raw.len + 1);
    buf_init(&out, v->raw.len * 3 + 1);
    if (!json_text(v, &scratch, &text))
        return NULL;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0')
            buf_append_str(&out, "\u2400");
        else
            buf_append_char(&out, text.data[i]);
    return xstrdup(buf_str(&out));
}

static size_t character_start(slice text, size_t at)
{
    while (at > 0 && at < text.len && ((unsigned char)text.data[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static char *shortened(slice text)
{
    if (text.len <= HEAD_BYTES + TAIL_BYTES)
        return text.len > 0 ? slice_dup(text) : xstrdup("");
    size_t head = character_start(text, HEAD_BYTES);
    size_t tail = character_start(text, text.len - TAIL_BYTES);
    return xasprintf("%.*s … %.*s", (int)head, text.data, (int)(text.len - tail), text.data + tail);
}

static char *shortened_of(const json_value *v)
{
    AUTO_FREE char *whole = text_of(v);
    return whole ? shortened(slice_from(whole)) : NULL;
}

/* --- a line --- */

static bool is_job_id(const char *name)
{
    return strlen(name) == 36 && strspn(name, "0123456789abcdef-") == 36;
}

/* The report's name is more specific than the file's name alone, unless it is a job's id. */
static char *file_of(const json_value *v, const char *label)
{
    char *file = text_of(v);
    const char *slash = strrchr(label, '/');
    if (file && (*label == '\0' || is_job_id(slash ? slash + 1 : label)))
        return file;
    free(file);
    return xstrdup(label);
}

bool review_line_read(review_line *line, slice text, const char *label, err *e)
{
    size_t good = utf8_check(text);
    if (good != text.len)
        return err_set(e, ERR_UTF8, "byte %zu is not valid UTF-8", good);
    if (!json_read_members(slice_trim(text), keys, line->values, KEY_COUNT, NULL, e))
        return false;
    if (line->values[KEY_SCORE].type != JSON_NUMBER || line->values[KEY_EVAL].type != JSON_STRING)
        return err_set(e, ERR_PARSE, "eval_key and contamination_score are required");
    line->score = number_of(&line->values[KEY_SCORE], 0);
    line->training_line = count_of(&line->values[KEY_LINE]);
    line->instance = count_of(&line->values[KEY_INSTANCE]);
    line->question_overlap = number_of(&line->values[KEY_QUESTION_OVERLAP], -1);
    line->question_tokens = count_of(&line->values[KEY_TOKENS]);
    line->question_start = count_of(&line->values[KEY_START]);
    line->is_aligned = line->values[KEY_METHOD].type == JSON_STRING &&
                       slice_equal_str(line->values[KEY_METHOD].raw, "align");
    line->split = text_of(&line->values[KEY_SPLIT]);
    line->eval = text_of(&line->values[KEY_EVAL]);
    line->file = file_of(&line->values[KEY_FILE], label);
    return line->eval || err_set(e, ERR_PARSE, "eval_key cannot be read");
}

void review_line_deinit(review_line *line)
{
    free(line->eval);
    free(line->file);
    free(line->split);
    *line = (review_line){0};
}

/* --- an example --- */

static size_t text_bytes(const char *text)
{
    return text ? strlen(text) + 17 : 0;
}

static void fill_parts(review_example *x, const json_value *overlap, const char *question)
{
    mark_part parts[MARK_PARTS_MAX];
    AUTO_FREE char *text = text_of(overlap);
    if (!text)
        return;
    x->part_count = review_marks_split(slice_from(text), slice_from(question), parts);
    x->parts = xcalloc(x->part_count + 1, sizeof *x->parts);
    x->held_bytes += x->part_count * sizeof *x->parts;
    for (size_t i = 0; i < x->part_count; i++) {
        x->parts[i] = (review_part){.kind = parts[i].kind, .text = shortened(parts[i].text)};
        x->held_bytes += text_bytes(x->parts[i].text);
    }
}

review_example *review_example_new(const review_line *line, const char *report, size_t order)
{
    const json_value *v = line->values;
    review_example *x = xcalloc(1, sizeof *x);
    *x = (review_example){
        .score = line->score,
        .question_overlap = number_of(&v[KEY_QUESTION_OVERLAP], -1),
        .answer_overlap = number_of(&v[KEY_ANSWER_OVERLAP], -1),
        .passage_overlap = number_of(&v[KEY_PASSAGE_OVERLAP], -1),
        .training_line = line->training_line,
        .eval_line = count_of(&v[KEY_EVAL_LINE]),
        .instance = line->instance,
        .matched_ngrams = count_of(&v[KEY_MATCHED]),
        .ngrams = count_of(&v[KEY_NGRAMS]),
        .is_correct = v[KEY_IS_CORRECT].type == JSON_BOOL ? json_is_true(&v[KEY_IS_CORRECT]) : -1,
        .file = xstrdup(line->file),
        .report = xstrdup(report),
        .reference = text_of(&v[KEY_REFERENCE]),
        .split = xstrdup_or_null(line->split),
        .question = shortened_of(&v[KEY_QUESTION]),
        .answer = shortened_of(&v[KEY_ANSWER]),
        .passage = shortened_of(&v[KEY_PASSAGE]),
        .order = order};
    AUTO_FREE char *question = text_of(&v[KEY_QUESTION]);
    const char *const texts[] = {x->file,     x->report, x->reference, x->split,
                                 x->question, x->answer, x->passage};
    x->held_bytes = sizeof *x;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        x->held_bytes += text_bytes(texts[i]);
    fill_parts(x, &v[KEY_OVERLAP_TEXT], question);
    return x;
}

void review_example_free(review_example *x)
{
    if (!x)
        return;
    for (size_t i = 0; i < x->part_count; i++)
        free(x->parts[i].text);
    free(x->parts);
    free(x->file);
    free(x->report);
    free(x->reference);
    free(x->split);
    free(x->question);
    free(x->answer);
    free(x->passage);
    free(x);
}
