#include "base/util.h"
#include "detection/audit/suppressions.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fsutil.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "detection/text/unicode.h"

#define FILE_MAX_BYTES ((size_t)256 << 20)
#define LINE_MAX_BYTES ((size_t)1 << 20)

enum { KEY_SET, KEY_SPLIT, KEY_INSTANCE, KEY_FILE, KEY_LINE, KEY_VERDICT, KEY_COUNT };
static const char *const keys[KEY_COUNT] = {"eval_key",      "split",         "eval_instance_index",
                                            "training_file", "training_line", "verdict"};

void suppressions_deinit(suppressions *s)
{
    instance_set_deinit(&s->everywhere);
    instance_set_deinit(&s->true_everywhere);
    instance_set_deinit(&s->in_documents);
    instance_set_deinit(&s->judged);
}

/* A pair of question and document as one text and number. */
static void put_pair(const judged_match *m, buf *out)
{
    buf_append_str(out, m->eval);
    buf_append_char(out, '\n');
    buf_append_str(out, m->split);
    buf_printf(out, "\n%llu", (unsigned long long)m->instance);
}

static void add_pair(instance_set *s, const judged_match *m)
{
    AUTO(buf) pair = BUF(LINE_MAX_BYTES);
    put_pair(m, &pair);
    (void)instance_set_add(s, buf_slice(&pair), slice_from(m->file), m->line);
}

static bool has_pair(const instance_set *s, const judged_match *m)
{
    AUTO(buf) pair = BUF(LINE_MAX_BYTES);
    put_pair(m, &pair);
    return instance_set_has(s, buf_slice(&pair), slice_from(m->file), m->line);
}

static bool has_question(const instance_set *s, const judged_match *m)
{
    return instance_set_has(s, slice_from(m->eval), slice_from(m->split), m->instance);
}

bool suppressions_has(const suppressions *s, const judged_match *m)
{
    return has_pair(&s->in_documents, m) ||
           (has_question(&s->everywhere, m) && !has_pair(&s->judged, m));
}

bool suppressions_judged(const suppressions *s, const judged_match *m)
{
    return has_question(&s->everywhere, m) || has_question(&s->true_everywhere, m) ||
           has_pair(&s->in_documents, m) || has_pair(&s->judged, m);
}

typedef struct judgement {
    char *eval, *split, *file; /* file: NULL: in every document */
    uint64_t instance, line;
    bool is_false;
} judgement;

typedef struct judgements {
    judgement *each;
    size_t count, capacity;
} judgements;

static void judgements_deinit(judgements *v)
{
    for (size_t i = 0; i < v->count; i++) {
        free(v->each[i].eval);
        free(v->each[i].split);
        free(v->each[i].file);
    }
    free(v->each);
}
DEFINE_AUTO(judgements, judgements_deinit)

static bool check_verdict(const json_value *values, const judgement *v, const char *word, err *e)
{
    if (!v->eval || !word || values[KEY_INSTANCE].type != JSON_NUMBER)
        return err_set(e, ERR_CONFIG, "eval_key, eval_instance_index or verdict is missing");
    if (!v->file && values[KEY_FILE].type == JSON_STRING)
        return err_set(e, ERR_CONFIG, "training_file cannot be read");
    return v->is_false || str_equal(word, SUPPRESSION_TRUE) ||
           err_set(e, ERR_CONFIG, "verdict is neither " SUPPRESSION_FALSE " nor " SUPPRESSION_TRUE);
}

static bool read_line(judgements *all, slice line, err *e)
{
    json_value values[KEY_COUNT];
    if (utf8_check(line) != line.len || !json_read_members(line, keys, values, KEY_COUNT, NULL, e))
        return err_set(e, ERR_CONFIG, "not a JSON object in valid UTF-8");
    AUTO_FREE char *word = json_text_dup(&values[KEY_VERDICT]);
    judgement *v = ARRAY_PUSH(all->each, all->count, all->capacity);
    *v = (judgement){.eval = json_text_dup(&values[KEY_SET]),
                     .split = json_text_dup(&values[KEY_SPLIT]),
                     .file = json_text_dup(&values[KEY_FILE]),
                     .is_false = str_equal(word, SUPPRESSION_FALSE)};
    if (!check_verdict(values, v, word, e))
        return false;
    if (!json_unsigned(&values[KEY_INSTANCE], &v->instance))
        return err_set(e, ERR_CONFIG, "eval_instance_index is not a whole number");
    return !v->file || json_unsigned(&values[KEY_LINE], &v->line) ||
           err_set(e, ERR_CONFIG, "training_file without training_line");
}

/* Later verdicts are already there: they replace this one. */
static void add_judgement(suppressions *s, const judgement *v)
{
    const judged_match m = {.eval = v->eval,
                            .split = v->split ? v->split : "",
                            .instance = v->instance,
                            .file = v->file,
                            .line = v->line};
    if (has_question(&s->everywhere, &m) || has_question(&s->true_everywhere, &m))
        return;
    if (!v->file)
        (void)instance_set_add(v->is_false ? &s->everywhere : &s->true_everywhere,
                               slice_from(m.eval), slice_from(m.split), m.instance);
    else if (!has_pair(&s->in_documents, &m) && !has_pair(&s->judged, &m))
        add_pair(v->is_false ? &s->in_documents : &s->judged, &m);
}

static bool read_lines(judgements *all, slice rest, err *e)
{
    for (unsigned long number = 1; rest.len > 0; number++) {
        const char *newline = memchr(rest.data, '\n', rest.len);
        slice line = {rest.data, newline ? (size_t)(newline - rest.data) : rest.len};
        size_t used = line.len + (newline != NULL);
        if (slice_trim(line).len > 0 && !read_line(all, slice_trim(line), e))
            return err_context(e, "line %lu", number);
        rest = (slice){rest.data + used, rest.len - used};
    }
    return true;
}

bool suppressions_read(suppressions *s, const char *path, bool may_be_new, err *e)
{
    AUTO(buf) text = BUF(FILE_MAX_BYTES);
    AUTO(judgements) all = {0};
    if (may_be_new && !fs_exists(path))
        return true;
    if (!fs_read_file(path, FILE_MAX_BYTES, &text, e))
        return false;
    if (!read_lines(&all, buf_slice(&text), e))
        return err_context(e, "%s", path);
    for (size_t i = all.count; i-- > 0;)
        add_judgement(s, &all.each[i]);
    return true;
}

bool suppressions_append(const char *path, const judged_match *m, const char *verdict, err *e)
{
    AUTO(buf) line = BUF(LINE_MAX_BYTES);
    json_member_unsigned(&line, "eval_instance_index", m->instance);
    json_member_string(&line, "eval_key", slice_from(m->eval));
    json_member_string(&line, "split", slice_from(m->split));
    if (m->file) {
        json_member_string(&line, "training_file", slice_from(m->file));
        json_member_unsigned(&line, "training_line", m->line);
    }
    json_member_string(&line, "verdict", slice_from(verdict));
    json_close(&line);
    buf_append_char(&line, '\n');
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s cannot be opened", path);
    return fs_write_all(fd, line.data, line.len, e);
}
