/* Reviews: sums, kept examples, and hostile reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "detection/review/review_html.h"
#include "detection/review/review_terminal.h"
#include "tests/fake/detect_site.h"

typedef struct desk {
    detect_site site;
    review_options options;
    review r;
    buf lines;
} desk;

static int set_up(void **state)
{
    desk *d = xcalloc(1, sizeof *d);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    detect_site_init(&d->site);
    d->options = (review_options){.max_score = 1, .top = 2};
    buf_init(&d->lines, (size_t)256 << 20);
    *state = d;
    return 0;
}

static int tear_down(void **state)
{
    desk *d = *state;
    review_deinit(&d->r);
    detect_site_deinit(&d->site);
    buf_deinit(&d->lines);
    free(d);
    return 0;
}

static void add_line(desk *d, const char *eval, const char *file, unsigned line, double score,
                     unsigned instance, const char *question)
{
    buf_printf(&d->lines,
               "{\"contamination_score\":%.16g,\"eval_key\":\"%s\",\"training_file\":\"%s\","
               "\"training_line\":%u,\"eval_instance_index\":%u,\"eval_question_text\":\"%s\","
               "\"ngram_match_cnt\":5,\"eval_unique_ngrams\":6,\"idf_overlap\":0.9,"
               "\"training_overlap_text\":\"... so【 %s】⟦ yes⟧ ...\"}\n",
               score, eval, file, line, instance, question, question);
}

/* Writes the lines as a report and reviews it. */
static void read_report(desk *d, const char *name)
{
    err e = ERR_INIT;
    AUTO_FREE char *path = detect_site_file(&d->site, name, buf_slice(&d->lines));
    buf_clear(&d->lines);
    if (!d->r.lookup)
        review_init(&d->r, &d->options);
    if (!review_add(&d->r, path, &e))
        fail_msg("%s", e.message);
}

static void matches_and_documents(void **state)
{
    desk *d = *state;
    add_line(d, "quiz", "f.jsonl", 1, 1, 1, "one");
    add_line(d, "quiz", "f.jsonl", 1, 0.9, 2, "two"); /* the same document */
    add_line(d, "exam", "f.jsonl", 1, 0.85, 1, "three");
    add_line(d, "quiz", "f.jsonl", 2, 0.97, 3, "four");
    read_report(d, "a.report.jsonl");
    add_line(d, "quiz", "f.jsonl", 2, 0.8, 3, "four"); /* another file's line 2 */
    read_report(d, "b.report.jsonl");
    review_finish(&d->r);
    assert_int_equal(d->r.matches, 5);
    assert_int_equal(d->r.documents, 3);
    assert_int_equal(d->r.set_count, 2);
    assert_string_equal(d->r.sets[0].count.name, "quiz"); /* largest first */
    assert_int_equal(d->r.sets[0].count.matches, 4);
    assert_int_equal(d->r.sets[0].count.documents, 3);
    assert_int_equal(d->r.sets[1].count.documents, 1);
    assert_int_equal(d->r.file_count, 2);
    assert_string_equal(d->r.files[0].name, "a");
    static const uint64_t bands[REVIEW_BANDS] = {1, 1, 1, 1, 1, 0};
    assert_memory_equal(d->r.bands, bands, sizeof bands);
}

static void reports_of_jobs_name_their_training_file(void **state)
{
    desk *d = *state;
    add_line(d, "quiz", "part-07.jsonl", 1, 1, 1, "one");
    read_report(d, "0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0.report.jsonl");
    add_line(d, "quiz", "part-07.jsonl", 1, 1, 1, "one");
    read_report(d, "part-07-simple-0.80.jsonl");
    assert_string_equal(d->r.files[0].name, "part-07.jsonl");
    assert_string_equal(d->r.files[1].name, "part-07");
}

static void the_best_examples_of_different_questions(void **state)
{
    desk *d = *state;
    add_line(d, "quiz", "f", 1, 0.85, 1, "low");
    add_line(d, "quiz", "f", 2, 0.95, 2, "good");
    add_line(d, "quiz", "f", 3, 0.9, 3, "fair");
    add_line(d, "quiz", "f", 4, 1, 2, "good"); /* better, and the same question */
    add_line(d, "quiz", "f", 5, 1, 2, "good"); /* equal: the first stays */
    read_report(d, "a.report.jsonl");
    const review_set *s = &d->r.sets[0];
    assert_int_equal(s->top_count, 2);
    assert_string_equal(s->top[0]->question, "good");
    assert_int_equal(s->top[0]->training_line, 4);
    assert_string_equal(s->top[1]->question, "fair");
    assert_int_equal(s->top[0]->part_count, 4);
    assert_int_equal(s->top[0]->parts[1].kind, MARK_QUESTION);
    assert_string_equal(s->top[0]->parts[1].text, " good");
}

static void scores_are_binary32(void **state)
{
    desk *d = *state;
    d->options.min_score = 0.9;
    d->options.max_score = 0.95;
    add_line(d, "quiz", "f", 1, 0.9F, 1, "one");   /* less than 0.9 by a hair */
    add_line(d, "quiz", "f", 2, 0.95F, 2, "two");  /* less than 0.95 */
    add_line(d, "quiz", "f", 3, 0.8F, 3, "three"); /* more than 0.8 */
    read_report(d, "a.report.jsonl");
    d->options.min_score = 0;
    d->options.max_score = 0.8;
    add_line(d, "quiz", "f", 3, 0.8F, 3, "three");
    read_report(d, "b.report.jsonl");
    review_finish(&d->r);
    assert_int_equal(d->r.matches, 3);
    static const uint64_t bands[REVIEW_BANDS] = {0, 1, 1, 0, 1, 0};
    assert_memory_equal(d->r.bands, bands, sizeof bands);
}

static void filters(void **state)
{
    desk *d = *state;
    char *evals[] = {(char[]){"QUI"}, (char[]){"e?am"}, NULL};
    char *files[] = {(char[]){"web/*"}, (char[]){"b.report"}, NULL};
    d->options.evals = evals;
    d->options.files = files;
    d->options.min_score = 0.9;
    d->options.max_score = 0.99;
    for (int i = 0; i < 2; i++) {
        add_line(d, "quiz", "f", 1, 0.9, 1, "one");
        add_line(d, "exam", "f", 2, 0.95, 1, "one");
        add_line(d, "example", "f", 3, 0.95, 1, "not named");
        add_line(d, "quiz", "f", 4, 0.89, 1, "too low");
        add_line(d, "quiz", "f", 5, 1, 1, "too high");
        read_report(d, i == 0 ? "a.report.jsonl" : "b.report.jsonl");
    }
    assert_int_equal(d->r.matches, 2);
    assert_int_equal(d->r.filtered_out, 8);
}

static void bad_lines_are_counted_and_the_rest_is_read(void **state)
{
    desk *d = *state;
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    add_line(d, "quiz", "f", 1, 1, 1, "one");
    buf_append_str(&d->lines, "no JSON\n{}\n[1]\n{\"eval_key\":3,\"contamination_score\":1}\n"
                              "{\"eval_key\":\"\xff\",\"contamination_score\":1}\n\n");
    add_line(d, "quiz", "f", 2, 1, 2, "two");
    read_report(d, "a.report.jsonl");
    assert_int_equal(d->r.matches, 2);
    assert_int_equal(d->r.bad_lines, 5);
    assert_int_equal(d->r.bad_reports, 1);
    for (int i = 0; i < 1000; i++)
        buf_append_str(&d->lines, "{\"text\":\"a training file\"}\n");
    read_report(d, "b.report.jsonl");
    assert_int_equal(d->r.bad_lines, 5 + 20); /* no longer a report */
    assert_int_equal(d->r.bad_reports, 2);
}

static void memory_is_bounded(void **state)
{
    desk *d = *state;
    char name[40];
    AUTO(buf) words = BUF(1 << 20);
    for (int i = 0; i < 500; i++)
        buf_append_str(&words, "word ");
    d->options.top = 100;
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "set-%u", i);
        add_line(d, name, "f", i, 1, i, "short");
    }
    read_report(d, "a.report.jsonl");
    assert_int_equal(d->r.set_count, REVIEW_SETS_MAX + 1);
    assert_int_equal(d->r.matches, 3000);
    uint64_t others = 0;
    for (size_t i = 0; i < d->r.set_count; i++)
        if (str_equal(d->r.sets[i].count.name, "(other evaluations)"))
            others = d->r.sets[i].count.matches;
    assert_int_equal(others, 3000 - REVIEW_SETS_MAX);
    for (unsigned i = 0; i < 12000; i++) {
        snprintf(name, sizeof name, "set-%u", i % 120);
        add_line(d, name, "f", i, 1, i, buf_str(&words));
    }
    read_report(d, "b.report.jsonl");
    assert_true(d->r.example_bytes <= REVIEW_EXAMPLE_BYTES);
    assert_in_range(d->r.top, 2, 99);
    for (size_t i = 0; i < d->r.set_count; i++)
        for (size_t k = 0; k < d->r.sets[i].top_count; k++)
            assert_in_range(strlen(d->r.sets[i].top[k]->question), 1, 2000);
}

/* --- hostile reports --- */

#define EVIL "<script>alert(1)</script>\\\"><img src=x onerror=alert(2)>'&amp;\\u001b[31m\\u202e"

static void add_row(void *ctx, const review_set *set, const review_example *x)
{
    page_rows_add(ctx, set->count.name, x);
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    while ((text = strstr(text, what)) != NULL) {
        count++;
        text += strlen(what);
    }
    return count;
}

static void a_page_shows_what_it_must_not_do(void **state)
{
    desk *d = *state;
    AUTO(buf) page = BUF((size_t)64 << 20);
    AUTO(page_rows) data = {0};
    page_rows_init(&data);
    d->options.on_match = add_row;
    d->options.ctx = &data;
    add_line(d, EVIL, EVIL, 1, 1, 1, EVIL);
    read_report(d, "0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0.report.jsonl");
    review_finish(&d->r);
    review_html(
        &(review_page){.r = &d->r, .rows = &data, .source = "<b>source</b>", .made = "today"},
        &page);
    const char *text = buf_str(&page);
    assert_null(strstr(text, "<script>alert"));
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "<b>source"));
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\u202e"));
    assert_non_null(strstr(text, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x"));
    assert_non_null(strstr(text, "&#39;&amp;amp;"));
    assert_non_null(strstr(text, "\"\\u003cscript>alert(1)\\u003c/script>\\\">\\u003cimg src=x"));
    /* One inline script, its data, and no external resources. */
    assert_int_equal(count_of(text, "<script>"), 1);
    assert_int_equal(count_of(text, "<script"), 2);
    assert_int_equal(count_of(text, "</script"), 2);
    assert_null(strstr(text, "http:"));
    assert_null(strstr(text, "https:"));
    assert_null(strstr(text, "<link"));
    assert_null(strstr(text, "url("));
}

/* Texts shared by many matches occur once in the data. */
static void a_page_has_all_matches(void **state)
{
    desk *d = *state;
    AUTO(buf) json = BUF((size_t)64 << 20);
    AUTO(page_rows) data = {0};
    page_rows_init(&data);
    d->options.on_match = add_row;
    d->options.ctx = &data;
    for (unsigned i = 0; i < 5; i++)
        add_line(d, "quiz", "f", i, 0.9, i % 2, i % 2 ? "odd" : "even");
    read_report(d, "a.report.jsonl");
    page_rows_put(&data, &json);
    assert_int_equal(data.count, 5);
    assert_int_equal(count_of(buf_str(&json), "\"odd\""), 1);
    assert_int_equal(count_of(buf_str(&json), "\"2 odd\""), 2);
    assert_non_null(strstr(buf_str(&json), "{\"sets\":[\"quiz\"],\"files\":[[\"a\",\"/"));
    assert_non_null(
        strstr(buf_str(&json), ",\"rows\":[[0,0,0,0.8999999761581421,0.9,5,6,null,null,["));
    /* At most the limit of the page. */
    data.shared_bytes = PAGE_ROWS_BYTES;
    add_line(d, "quiz", "f", 9, 0.9, 9, "late");
    read_report(d, "b.report.jsonl");
    assert_int_equal(data.count, 5);
    assert_int_equal(data.left_out, 1);
}

static char *printed(const review *r, const review_look *look)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    review_print(r, look, out);
    fclose(out);
    return text;
}

static void a_terminal_is_not_steered(void **state)
{
    desk *d = *state;
    add_line(d, EVIL, EVIL, 1, 1, 1, EVIL "\\u009b2J");
    read_report(d, "0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0.report.jsonl");
    review_finish(&d->r);
    AUTO_FREE char *text = printed(&d->r, &(review_look){.width = 80});
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\u202e"));
    assert_null(strstr(text, "\xc2\x9b"));
    assert_non_null(strstr(text, "【 <script>alert(1)</script>"));
    AUTO_FREE char *colored = printed(&d->r, &(review_look){.width = 80, .color = true});
    assert_non_null(strstr(colored, "\033[30;43m"));
    assert_null(strstr(colored, "\033[31m"));
    assert_null(strstr(colored, "【"));
}

/* Characters from start to end. */
static size_t characters(const char *start, const char *end)
{
    size_t count = 0;
    for (; start < end; start++)
        count += (*start & 0xc0) != 0x80;
    return count;
}

static void lines_fit_the_width(void **state)
{
    desk *d = *state;
    add_line(
        d, "a-name-of-an-evaluation-set-that-is-much-longer-than-a-line-has-room-for", "f", 1, 1, 1,
        "words that need more than one line of a narrow terminal and one that does not "
        "fit: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    read_report(d, "a.report.jsonl");
    review_finish(&d->r);
    AUTO_FREE char *text = printed(&d->r, &(review_look){.width = 60});
    const char *line = strstr(text, "  question");
    for (unsigned lines = 0; line && *line && lines < 6; lines++) {
        const char *end = strchrnul(line, '\n');
        if (characters(line, end) > 60)
            fail_msg("longer than 60 columns: %.*s", (int)(end - line), line);
        line = *end ? end + 1 : end;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(matches_and_documents),
        TEST(reports_of_jobs_name_their_training_file),
        TEST(the_best_examples_of_different_questions),
        TEST(scores_are_binary32),
        TEST(filters),
        TEST(bad_lines_are_counted_and_the_rest_is_read),
        TEST(memory_is_bounded),
        TEST(a_page_shows_what_it_must_not_do),
        TEST(a_page_has_all_matches),
        TEST(a_terminal_is_not_steered),
        TEST(lines_fit_the_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
