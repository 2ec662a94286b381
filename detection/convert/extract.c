#include "base/util.h"
#include "detection/convert/extract.h"

#include "detection/convert/choices.h"
#include "detection/convert/field.h"

#define TEXT_MAX_BYTES ((size_t)256 << 20)
#define BETWEEN_LINES  "\n"

typedef struct work {
    const extract_entry *entry;
    const json_tree *row;
    const json_node *root;
    buf passage, question;
    bool (*record)(void *ctx, const extract_record *r, err *e);
    void *ctx;
    uint64_t *count;
} work;

static const json_node *setting(const work *w, const json_node *config, const char *key)
{
    const json_node *node =
        config ? json_tree_member(w->entry->config, config, slice_from(key)) : NULL;
    return node && node->value.type != JSON_NULL ? node : NULL;
}

static void setting_text(const work *w, const json_node *config, const char *key, buf *out)
{
    const json_node *node = setting(w, config, key);
    if (node)
        (void)field_text(w->entry->config, node, BETWEEN_LINES, out);
}

static const json_node *named_field(const work *w, const json_node *config, const char *key)
{
    AUTO(buf) path = BUF(4096);
    setting_text(w, config, key, &path);
    return field_find(w->row, w->root, buf_slice(&path));
}

static void put_field(const work *w, const json_node *config, const char *key, buf *out)
{
    const json_node *node = named_field(w, config, key);
    AUTO(buf) text = BUF(TEXT_MAX_BYTES);
    if (!node || !field_text(w->row, node, BETWEEN_LINES, &text))
        return;
    if (out->len > 0)
        buf_append_str(out, BETWEEN_LINES);
    buf_append_slice(out, buf_slice(&text));
}

/* --- passage and question --- */

static size_t word_count(slice text)
{
    size_t words = 0;
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        bool space = text.data[i] == ' ' || (text.data[i] >= '\t' && text.data[i] <= '\r');
        words += !space && !inside;
        inside = !space;
    }
    return words;
}

/* The last one of at least min_words words. */
static void put_last_paragraph(work *w, const json_node *config)
{
    AUTO(buf) path = BUF(4096);
    AUTO(buf) least = BUF(32);
    AUTO(field_list) paragraphs = {0};
    uint64_t min_words;
    setting_text(w, config, "last_paragraph", &path);
    setting_text(w, config, "min_words", &least);
    if (!num_parse_u64(buf_str(&least), &min_words))
        min_words = 0;
    field_collect(w->row, w->root, buf_slice(&path), &paragraphs);
    for (size_t i = paragraphs.count; i-- > 0;) {
        buf_clear(&w->passage);
        if (field_text(w->row, paragraphs.nodes[i], BETWEEN_LINES, &w->passage) &&
            word_count(buf_slice(&w->passage)) >= min_words)
            return;
    }
    buf_clear(&w->passage);
}

static void find_passage(work *w)
{
    const json_node *config = setting(w, w->entry->node, "passage");
    if (config && config->value.type == JSON_OBJECT)
        put_last_paragraph(w, config);
    else if (config)
        put_field(w, w->entry->node, "passage", &w->passage);
}

static void put_messages(work *w, const json_node *config)
{
    AUTO(buf) content = BUF(4096);
    AUTO(field_list) messages = {0};
    const json_node *list = named_field(w, config, "field");
    setting_text(w, config, "content_field", &content);
    if (list)
        field_collect(w->row, list, buf_slice(&content), &messages);
    for (size_t i = 0; i < messages.count; i++) {
        if (i > 0)
            buf_append_str(&w->question, BETWEEN_LINES);
        (void)field_text(w->row, messages.nodes[i], BETWEEN_LINES, &w->question);
    }
}

static void find_question(work *w)
{
    const json_node *config = setting(w, w->entry->node, "prompt");
    if (!config)
        return;
    if (config->value.type != JSON_OBJECT) {
        put_field(w, w->entry->node, "prompt", &w->question);
        return;
    }
    const json_node *messages = setting(w, config, "concat_messages");
    if (messages)
        put_messages(w, messages);
    put_field(w, config, "append_field", &w->question);
}

/* --- records --- */

static bool hand_over(work *w, slice question, slice answer, int is_correct, int64_t sub_index,
                      err *e)
{
    extract_record r = {.question = question,
                        .answer = answer,
                        .passage = w->passage.len ? buf_slice(&w->passage) : (slice){0},
                        .is_correct = is_correct,
                        .sub_index = sub_index};
    (*w->count)++;
    return w->record(w->ctx, &r, e);
}

static bool one_question(work *w, err *e)
{
    AUTO(answer_list) answers = {0};
    find_question(w);
    if (slice_trim(buf_slice(&w->question)).len == 0)
        return true;
    if (w->entry->has_answers)
        answers_find(w->entry->config, setting(w, w->entry->node, "answers"), w->row, &answers);
    if (answers.count == 0)
        return hand_over(w, buf_slice(&w->question), (slice){0}, -1, -1, e);
    bool numbered = answers.count > 1 && !answers.are_choices;
    for (size_t i = 0; i < answers.count; i++)
        if (!hand_over(w, buf_slice(&w->question), buf_slice(&answers.items[i].text),
                       answers.items[i].is_correct, numbered ? (int64_t)i : -1, e))
            return false;
    return true;
}

static void collect_array(const work *w, const json_node *config, field_list *out)
{
    AUTO(buf) path = BUF(4096);
    setting_text(w, config, "array", &path);
    if (path.len > 0)
        field_collect(w->row, w->root, buf_slice(&path), out);
}

/* `answers` is a list of methods; its first `array` counts. */
static void collect_answers(const work *w, field_list *out)
{
    const json_node *config = setting(w, w->entry->node, "answers");
    if (!w->entry->has_answers || !config)
        return;
    if (config->value.type == JSON_OBJECT)
        collect_array(w, config, out);
    for (const json_node *n = json_tree_first(w->entry->config, config); n && out->count == 0;
         n = json_tree_next(w->entry->config, n))
        if (n->value.type == JSON_OBJECT)
            collect_array(w, n, out);
}

static bool parallel_arrays(work *w, const json_node *config, err *e)
{
    AUTO(field_list) questions = {0};
    AUTO(field_list) answers = {0};
    collect_array(w, config, &questions);
    collect_answers(w, &answers);
    for (size_t i = 0; i < questions.count; i++) {
        AUTO(buf) question = BUF(TEXT_MAX_BYTES);
        AUTO(buf) answer = BUF(TEXT_MAX_BYTES);
        if (!field_text(w->row, questions.nodes[i], BETWEEN_LINES, &question))
            continue;
        bool has_answer =
            i < answers.count && field_text(w->row, answers.nodes[i], BETWEEN_LINES, &answer);
        if (!hand_over(w, buf_slice(&question), has_answer ? buf_slice(&answer) : (slice){0}, -1,
                       (int64_t)i, e))
            return false;
    }
    return true;
}

bool extract_row(const extract_entry *entry, const json_tree *row,
                 bool (*record)(void *ctx, const extract_record *r, err *e), void *ctx,
                 uint64_t *count, err *e)
{
    work w = {.entry = entry,
              .row = row,
              .root = json_tree_root(row),
              .passage = BUF(TEXT_MAX_BYTES),
              .question = BUF(TEXT_MAX_BYTES),
              .record = record,
              .ctx = ctx,
              .count = count};
    *count = 0;
    find_passage(&w);
    const json_node *arrays = setting(&w, entry->node, "prompts");
    bool ok = arrays ? parallel_arrays(&w, arrays, e) : one_question(&w, e);
    buf_deinit(&w.passage);
    buf_deinit(&w.question);
    return ok;
}
