/* Lists of records, counts of answers and passages, and sums equal those that are counted text by text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/table/sort.h"
#include "tests/fake/detect_site.h"

#define RECORDS_MOST 60
#define WORDS_MOST   40
#define NGRAM        3

static uint64_t seed = 11;

static size_t below(size_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % limit);
}

typedef struct text {
    uint32_t tokens[WORDS_MOST];
    size_t count;
} text;

/* In reading order; `place`: number in the index. */
typedef struct row {
    text parts[3]; /* question, answer, passage */
    size_t place;
} row;

typedef struct context {
    detect_site site;
    row rows[RECORDS_MOST];
    char *lines[RECORDS_MOST + 1];
    size_t count;
} context;

static void put_text(buf *out, const char *key, size_t words, size_t vocabulary)
{
    buf_printf(out, ",\"%s\":\"", key);
    for (size_t i = 0; i < words; i++)
        buf_printf(out, "%sw%zu", i ? " " : "", below(vocabulary));
    buf_append_str(out, "\"");
}

static char *make_line(context *c, size_t doc_id, size_t vocabulary)
{
    AUTO(buf) out = BUF(8192);
    if (c->count > 0 && below(4) == 0) { /* the texts of another record */
        buf_printf(&out, "{\"doc_id\":%zu%s", doc_id, strchr(c->lines[below(c->count)], ','));
        return buf_give(&out);
    }
    buf_printf(&out, "{\"doc_id\":%zu", doc_id);
    put_text(&out, "question", 1 + below(WORDS_MOST - 1), vocabulary);
    put_text(&out, "answer", below(WORDS_MOST), vocabulary);
    put_text(&out, "passage", below(WORDS_MOST), vocabulary);
    buf_append_str(&out, "}");
    return buf_give(&out);
}

static void read_text(const ngram_index *x, const char *line, const char *key, text *out)
{
    AUTO_FREE char *head = xasprintf("\"%s\":\"", key);
    const char *at = strstr(line, head) + strlen(head);
    token_list tokens = {0};
    tokenizer_encode(x->tokens, (slice){.data = at, .len = strcspn(at, "\"")}, &tokens);
    out->count = tokens.count;
    if (tokens.count > 0)
        memcpy(out->tokens, tokens.ids, tokens.count * sizeof *tokens.ids);
    token_list_deinit(&tokens);
}

static void make_context(context *c, size_t count, size_t vocabulary, bool ascending)
{
    *c = (context){0};
    detect_site_init(&c->site);
    c->site.settings.tokenizer = "word";
    c->site.settings.ngram_size = c->site.settings.answer_ngram_size = NGRAM;
    c->site.settings.passage_ngram_size = NGRAM;
    c->site.settings.short_answer_tokens = 2;
    for (; c->count < count; c->count++)
        c->lines[c->count] = make_line(c, ascending ? c->count : count - c->count, vocabulary);
    detect_site_index(&c->site, (const char *const *)c->lines);
    for (size_t i = 0; i < count; i++) {
        c->rows[i].place = ascending ? i : count - 1 - i;
        read_text(c->site.index, c->lines[i], "question", &c->rows[i].parts[0]);
        read_text(c->site.index, c->lines[i], "answer", &c->rows[i].parts[1]);
        read_text(c->site.index, c->lines[i], "passage", &c->rows[i].parts[2]);
    }
}

static void free_context(context *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->lines[i]);
    detect_site_deinit(&c->site);
}

static bool text_has(const text *t, const uint32_t *ngram)
{
    for (size_t i = 0; i + NGRAM <= t->count; i++)
        if (memcmp(t->tokens + i, ngram, NGRAM * sizeof *ngram) == 0)
            return true;
    return false;
}

static size_t count_of(const context *c, size_t part, const uint32_t *ngram)
{
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        count += text_has(&c->rows[i].parts[part], ngram);
    return count;
}

static void expect_ngram(const context *c, const uint32_t *ngram, size_t part, size_t number)
{
    const ngram_index *x = c->site.index;
    uint32_t id = ngram_table_find(&x->table, ngram, NGRAM);
    const eval_record *r = &x->records[c->rows[number].place];
    record_list docs = index_docs(x, id);
    assert_int_not_equal(id, NGRAM_UNKNOWN);
    assert_int_equal(docs.count, count_of(c, 0, ngram));
    for (size_t i = 0; i < c->count; i++)
        assert_int_equal(sorted_contains(docs.records, docs.count, (uint32_t)c->rows[i].place),
                         text_has(&c->rows[i].parts[0], ngram));
    for (size_t i = 1; i < docs.count; i++)
        assert_true(docs.records[i - 1] < docs.records[i]);
    if (part == 0) {
        assert_true(index_question_idf(x, id) == score_idf(x->question_count, docs.count));
        assert_true(ngram_filter_may_have(&x->in_questions, ngram_hash(ngram, NGRAM)));
        return;
    }
    float idf = part == 1 ? index_answer_idf(x, id) : index_passage_idf(x, id);
    const eval_part *own = part == 1 ? &r->answer : &r->passage;
    assert_true(idf == score_idf(x->question_count, count_of(c, part, ngram)));
    assert_true(sorted_contains(own->ngrams, own->ngram_count, id));
}

/* All ids of the index, ascending. */
static size_t all_ids(const ngram_index *x, uint32_t **ids)
{
    AUTO_FREE uint32_t *spare = xcalloc(x->table.count + 1, sizeof *spare);
    *ids = xcalloc(x->table.count + 1, sizeof **ids);
    for (uint32_t i = 0; i < x->table.count; i++)
        (*ids)[i] = ngram_table_id(&x->table, i);
    sort_u32(*ids, x->table.count, spare);
    return x->table.count;
}

static void expect_sum(const context *c, size_t number)
{
    const ngram_index *x = c->site.index;
    const eval_record *r = &x->records[c->rows[number].place];
    AUTO_FREE uint32_t *ids = NULL;
    size_t count = all_ids(x, &ids), distinct = 0;
    float sum = 0.0f;
    if (r->question_tokens < NGRAM)
        return;
    for (size_t i = 0; i < count; i++) {
        record_list docs = index_docs(x, ids[i]);
        if (!sorted_contains(docs.records, docs.count, (uint32_t)c->rows[number].place))
            continue;
        distinct++;
        sum += index_question_idf(x, ids[i]);
    }
    assert_int_equal(r->question_ngrams, distinct);
    assert_true(r->question_sum == sum);
}

/* Two n-grams have the same list if and only if the same records hold them. */
static void expect_shared_lists(const ngram_index *x)
{
    AUTO_FREE uint32_t *ids = NULL;
    size_t count = all_ids(x, &ids);
    for (size_t a = 0; a < count; a += 3)
        for (size_t b = a + 1; b < count; b += 7) {
            record_list one = index_docs(x, ids[a]), other = index_docs(x, ids[b]);
            bool same = one.count == other.count &&
                        (one.count == 0 ||
                         memcmp(one.records, other.records, one.count * sizeof *one.records) == 0);
            assert_int_equal(index_list(x, ids[a]) == index_list(x, ids[b]), same);
        }
}

static void lists_equal_those_counted_text_by_text(void **state)
{
    UNUSED(state);
    static const size_t vocabularies[] = {2, 4, 30, 1000};
    static context c;
    for (size_t v = 0; v < ARRAY_LEN(vocabularies); v++)
        for (int ascending = 0; ascending < 2; ascending++) {
            make_context(&c, 2 + below(RECORDS_MOST - 2), vocabularies[v], ascending);
            for (size_t i = 0; i < c.count; i++) {
                expect_sum(&c, i);
                for (size_t part = 0; part < 3; part++)
                    for (size_t k = 0; k + NGRAM <= c.rows[i].parts[part].count; k++)
                        expect_ngram(&c, c.rows[i].parts[part].tokens + k, part, i);
            }
            expect_shared_lists(c.site.index);
            free_context(&c);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_equal_those_counted_text_by_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
