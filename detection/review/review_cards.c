#include "base/array.h"
#include "base/util.h"
#include "detection/review/review_cards.h"

#include <inttypes.h>

#include "detection/review/html_text.h"

static size_t number_of(review_names *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_equal(l->names[i], name))
            return i;
    ARRAY_RESERVE(l->names, l->capacity, l->count + 1);
    l->names[l->count] = name;
    return l->count++;
}

/* A longer text is collapsed: its beginning is the summary line that opens it. */
#define FOLD_BYTES  700
#define START_BYTES 320

static void put_folding(buf *out, const char *text)
{
    size_t start = START_BYTES;
    while (start > 0 && text[start] != ' ' && start > START_BYTES - 40)
        start--;
    while (((unsigned char)text[start] & 0xC0) == 0x80)
        start--;
    AUTO_FREE char *first = xstrndup(text, start);
    buf_append_str(out, "<details><summary><span class=\"start\">");
    html_put_text(out, first);
    buf_append_str(out, " …</span><span class=\"less\">show less</span></summary>");
    html_put_text(out, text);
    buf_append_str(out, "</details>");
}

static void put_field(buf *out, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    buf_printf(out, "<dt>%s</dt><dd>", label);
    if (strlen(text) > FOLD_BYTES)
        put_folding(out, text);
    else
        html_put_text(out, text);
    buf_append_str(out, "</dd>\n");
}

static void put_overlap(buf *out, const review_example *x)
{
    static const char *const open[] = {
        [MARK_AROUND] = "",
        [MARK_PASSAGE] = " <mark class=\"p\" data-k=\"passage\">",
        [MARK_QUESTION] = " <mark class=\"q\" data-k=\"question\">",
        [MARK_ANSWER] = " <mark class=\"a\" data-k=\"answer\">",
    };
    if (x->part_count == 0)
        return;
    buf_append_str(out, "<dt>In training</dt><dd class=\"found\">");
    for (size_t i = 0; i < x->part_count; i++) {
        bool marked = x->parts[i].kind != MARK_AROUND;
        slice text = slice_from(x->parts[i].text);
        /* Blanks at the ends of a part are not highlighted. */
        AUTO_FREE char *inside = slice_dup(marked ? slice_trim(text) : text);
        buf_append_str(out, open[x->parts[i].kind]);
        html_put_text(out, inside);
        buf_append_str(out, marked ? "</mark> " : "");
    }
    buf_append_str(out, "</dd>\n");
}

static void put_facts(buf *out, const review_example *x)
{
    buf_printf(out,
               "<div class=\"facts\"><span>question found %.0f%% (%" PRIu64 " of %" PRIu64
               " n-grams)</span>",
               MAX(x->question_overlap, 0) * 100, x->matched_ngrams, x->ngrams);
    if (x->answer_overlap >= 0)
        buf_printf(out, "<span>answer %.0f%%</span>", x->answer_overlap * 100);
    if (x->passage_overlap >= 0)
        buf_printf(out, "<span>passage %.0f%%</span>", x->passage_overlap * 100);
    if (x->is_correct == 0)
        buf_append_str(out, "<span>the record is a wrong answer</span>");
    if (x->reference) {
        buf_append_str(out, "<span>record: ");
        html_put_text(out, x->reference);
        buf_printf(out, ", line %" PRIu64 "</span>", x->eval_line + 1);
    }
    buf_append_str(out, "<span>report: ");
    html_put_text(out, x->report);
    buf_append_str(out, "</span></div>\n");
}

static void put_card(buf *out, const review_example *x, size_t set, size_t file)
{
    buf_printf(out,
               "<article class=\"card\" data-e=\"%zu\" data-f=\"%zu\" data-s=\"%.6f\">\n"
               "<div class=\"top\"><span class=\"score%s\" title=\"score\">%.3f</span>"
               "<span class=\"where\">",
               set, file, x->score,
               x->score >= 0.95  ? " high"
               : x->score >= 0.9 ? " mid"
                                 : "",
               x->score);
    html_put_text(out, x->file);
    buf_append_str(out, ", line ");
    html_put_number(out, x->training_line + 1);
    buf_append_str(out, "</span><span class=\"soft\">");
    if (x->split) {
        html_put_text(out, x->split);
        buf_append_char(out, ' ');
    }
    buf_printf(out, "#%" PRIu64 "</span></div>\n<dl class=\"fields\">\n", x->instance);
    put_field(out, "Question", x->question);
    put_field(out, "Answer", x->answer);
    put_field(out, "Passage", x->passage);
    put_overlap(out, x);
    buf_append_str(out, "</dl>\n");
    put_facts(out, x);
    buf_append_str(out, "</article>\n");
}

void review_cards_put_set(const review_set *s, size_t number, review_names *files, buf *out)
{
    if (s->top_count == 0)
        return;
    buf_append_str(out, "<section class=\"set\">\n<h2>");
    html_put_text(out, s->count.name);
    buf_append_str(out, " <small>");
    html_put_number(out, s->count.matches);
    buf_printf(out, " match%s in ", s->count.matches == 1 ? "" : "es");
    html_put_number(out, s->count.documents);
    buf_printf(out, " document%s · the best %zu question%s</small></h2>\n<div class=\"cards\">\n",
               s->count.documents == 1 ? "" : "s", s->top_count, s->top_count == 1 ? "" : "s");
    for (size_t i = 0; i < s->top_count; i++)
        put_card(out, s->top[i], number, number_of(files, s->top[i]->file));
    buf_append_str(out, "</div>\n</section>\n");
}
