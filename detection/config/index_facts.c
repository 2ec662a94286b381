#include "base/util.h"
#include "detection/config/index_facts.h"

#include "base/array.h"
#include "base/fsutil.h"
#include "base/json/json_write.h"
#include "detection/table/instance_set.h"

#define SET_MAX_BYTES     ((size_t)64 << 20)
#define FILTERS_MAX_BYTES ((size_t)64 << 10)

/* Keys are in ascending order. */
void filters_json(const server_config *c, const ngram_index *x, buf *json)
{
    char instances[RECORD_DIGEST_TEXT];
    const detect_settings *s = &c->detect;
    err ignored = ERR_INIT;
    bool has_folder = s->vocabulary_dir && *s->vocabulary_dir;
    AUTO(buf) own = BUF(FILTERS_MAX_BYTES);
    AUTO_FREE char *folder = has_folder ? fs_absolute(s->vocabulary_dir, &ignored) : NULL;
    json_member_string(&own, "bad_eval_line",
                       c->bad_eval_line == 1 ? SLICE_LIT("end-file") : SLICE_LIT("refuse"));
    json_member_bool(&own, "eval_dedup", s->eval_dedup);
    json_member_unsigned(&own, "eval_min_token_length", s->eval_min_tokens);
    json_member_unsigned(&own, "eval_min_unique_word_count", s->eval_min_unique_words);
    json_member_bool(&own, "index_answers", s->index_answers);
    json_member_bool(&own, "index_passages", s->index_passages);
    record_digest_hex(&x->instances, instances);
    json_member_string(&own, "instances_digest", slice_from(instances));
    json_member_unsigned(&own, "max_line_size", c->max_line_size);
    if (folder)
        json_member_string(&own, "vocabulary_dir", slice_from(folder));
    json_close(&own);
    buf_append_slice(json, buf_slice(&own));
}

typedef struct set_count {
    slice set, split;
    uint64_t records, questions;
} set_count;

typedef struct set_counts {
    set_count *each;
    size_t count, last;
} set_counts;

static set_count *count_of(set_counts *l, const eval_record *r)
{
    /* Records of one set are usually adjacent. */
    for (size_t n = 0; n < l->count; n++) {
        size_t i = (l->last + n) % l->count;
        if (slice_equal(l->each[i].set, r->origin->eval_key) &&
            slice_equal(l->each[i].split, r->origin->split)) {
            l->last = i;
            return &l->each[i];
        }
    }
    *ARRAY_ADD(l->each, l->count) =
        (set_count){.set = r->origin->eval_key, .split = r->origin->split};
    l->last = l->count - 1;
    return &l->each[l->last];
}

static int by_name(const void *a, const void *b)
{
    const set_count *x = a, *y = b;
    int order = strcmp(x->set.data, y->set.data);
    return order ? order
                 : strcmp(x->split.data ? x->split.data : "", y->split.data ? y->split.data : "");
}

void sets_json(const ngram_index *x, buf *json)
{
    set_counts sets = {0};
    instance_set questions = {0};
    for (size_t i = 0; i < x->record_count; i++) {
        const eval_record *r = &x->records[i];
        if (!r->is_reported)
            continue;
        set_count *c = count_of(&sets, r);
        c->records++;
        c->questions +=
            instance_set_add(&questions, r->origin->eval_key, r->origin->split, r->instance);
    }
    if (sets.count > 1)
        qsort(sets.each, sets.count, sizeof *sets.each, by_name);
    for (size_t i = 0; i < sets.count; i++) {
        AUTO(buf) one = BUF(SET_MAX_BYTES);
        json_member_unsigned(&one, "questions", sets.each[i].questions);
        json_member_unsigned(&one, "records", sets.each[i].records);
        json_member_string(&one, "set", sets.each[i].set);
        json_member_string(&one, "split", sets.each[i].split);
        json_close(&one);
        buf_append_char(json, i == 0 ? '[' : ',');
        buf_append_slice(json, buf_slice(&one));
    }
    buf_append_str(json, sets.count == 0 ? "[]" : "]");
    free(sets.each);
    instance_set_deinit(&questions);
}
