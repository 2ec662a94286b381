#include "server/review_html.h"

#include <inttypes.h>

#include "base/digest.h"

/* The bytes of two files of this folder, as they are; the Makefile knows that they belong here. */
#define EMBED(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".global review_" #name "_start\n"                                                     \
            ".global review_" #name "_bytes\n"                                                     \
            "review_" #name "_start:\n"                                                            \
            ".incbin \"" file "\"\n"                                                               \
            "review_" #name "_end:\n"                                                              \
            ".balign 8\n"                                                                          \
            "review_" #name "_bytes: .quad review_" #name "_end - review_" #name "_start\n"        \
            ".previous\n");                                                                        \
    extern const char review_##name##_start[];                                                     \
    extern const uint64_t review_##name##_bytes
EMBED(css, "server/review_page.css");
EMBED(js, "server/review_page.js");
#define EMBEDDED(name)                                                                             \
    ((slice){.data = review_##name##_start, .len = (size_t)review_##name##_bytes})

/* --- text --- */

/* For text and for attributes in double quotes. Control characters, which a page must not hold, and
 * marks that turn the direction of writing become U+FFFD. */
static void put_escaped(buf *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool turns = (p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAE) ||
                     (p[0] == 0xE2 && p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
        bool c1 = p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0;
        if (turns || c1) {
            buf_append_str(out, "\uFFFD");
            p += turns ? 2 : 1;
        } else if (*p == '&') {
            buf_append_str(out, "&amp;");
        } else if (*p == '<') {
            buf_append_str(out, "&lt;");
        } else if (*p == '>') {
            buf_append_str(out, "&gt;");
        } else if (*p == '"') {
            buf_append_str(out, "&quot;");
        } else if (*p == '\'') {
            buf_append_str(out, "&#39;");
        } else if (*p == 0x7F || (*p < 0x20 && *p != '\n' && *p != '\t')) {
            buf_append_str(out, "\uFFFD");
        } else {
            buf_append_char(out, (char)*p);
        }
    }
}

/* 1,234,567 */
static void put_number(buf *out, uint64_t value)
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, value);
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            buf_append_char(out, ',');
        buf_append_char(out, digits[i]);
    }
}

static void put_hash(buf *out, slice text)
{
    uint8_t digest[SHA256_BYTES];
    char base64[4 * ((SHA256_BYTES + 2) / 3) + 1];
    sha256(text, digest);
    base64_encode(digest, sizeof digest, base64);
    buf_printf(out, "'sha256-%s'", base64);
}

/* --- the head --- */

static void put_head(buf *out, const char *source)
{
    buf_append_str(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                        "'none'; base-uri 'none'; form-action 'none'; style-src ");
    put_hash(out, EMBEDDED(css));
    buf_append_str(out, "; script-src ");
    put_hash(out, EMBEDDED(js));
    buf_append_str(out, "\">\n<meta name=\"viewport\" content=\"width=device-width, "
                        "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
                        "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    put_escaped(out, source);
    buf_append_str(out, ": contamination review</title>\n<style>");
    buf_append_slice(out, EMBEDDED(css));
    buf_append_str(out, "</style>\n</head>\n<body>\n<div class=\"page\">\n");
}

static void put_tile(buf *out, uint64_t value, const char *one, const char *many)
{
    buf_append_str(out, "<li><b>");
    put_number(out, value);
    buf_printf(out, "</b> <span class=\"soft small\">%s</span></li>\n", value == 1 ? one : many);
}

static void put_summary(const review *r, const char *source, const char *made, buf *out)
{
    buf_append_str(out, "<header>\n<h1>Contamination review</h1>\n<p class=\"soft small\">");
    put_escaped(out, source);
    buf_append_str(out, " · ");
    put_number(out, r->reports);
    buf_printf(out, " report%s · ", r->reports == 1 ? "" : "s");
    put_escaped(out, made);
    if (r->filtered_out > 0) {
        buf_append_str(out, " · ");
        put_number(out, r->filtered_out);
        buf_append_str(out, " matches left out by filters");
    }
    if (r->bad_lines > 0) {
        buf_append_str(out, " · ");
        put_number(out, r->bad_lines);
        buf_append_str(out, " lines could not be read");
    }
    buf_append_str(out, "</p>\n<ul class=\"tiles\">\n");
    put_tile(out, r->matches, "match", "matches");
    put_tile(out, r->documents, "contaminated document", "contaminated documents");
    put_tile(out, r->file_count, "training file", "training files");
    put_tile(out, r->set_count, "evaluation set", "evaluation sets");
    buf_append_str(out, "</ul>\n</header>\n");
}

/* --- bars --- */

/* A bar's share of the longest, at least to be seen. */
static void put_bar_inside(buf *out, const char *name, uint64_t value, uint64_t most)
{
    double share = most > 0 ? (double)value * 100 / (double)most : 0;
    buf_append_str(out, "<span class=\"name\" title=\"");
    put_escaped(out, name);
    buf_append_str(out, "\">");
    put_escaped(out, name);
    buf_printf(out,
               "</span><svg aria-hidden=\"true\"><rect width=\"%.2f%%\" height=\"100%%\" "
               "rx=\"4\"/></svg><span class=\"value\">",
               value > 0 && share < 1 ? 1.0 : share);
    put_number(out, value);
    buf_append_str(out, "</span>");
}

static void put_sets(const review *r, buf *out)
{
    uint64_t most = r->set_count > 0 ? r->sets[0].count.matches : 0;
    buf_append_str(out, "<section class=\"panel\">\n<h2>Matches by evaluation set</h2>\n"
                        "<ul class=\"bars tall\">\n");
    for (size_t i = 0; i < r->set_count; i++) {
        buf_printf(out, "<li><button type=\"button\" class=\"bar\" data-e=\"%zu\">", i);
        put_bar_inside(out, r->sets[i].count.name, r->sets[i].count.matches, most);
        buf_append_str(out, "</button></li>\n");
    }
    buf_append_str(out, "</ul>\n</section>\n");
}

static void put_bands(const review *r, buf *out)
{
    uint64_t most = 0;
    for (size_t i = 0; i < REVIEW_BANDS; i++)
        most = MAX(most, r->bands[i]);
    buf_append_str(out, "<section class=\"panel\">\n<h2>Matches by score</h2>\n"
                        "<ul class=\"bars\">\n");
    for (size_t i = 0; i < REVIEW_BANDS; i++) {
        buf_append_str(out, "<li class=\"bar\">");
        put_bar_inside(out, review_band_name(i), r->bands[i], most);
        buf_append_str(out, "</li>\n");
    }
    buf_append_str(out, "</ul>\n</section>\n");
}

#define FILES_SHOWN 100

static void put_files(const review *r, buf *out)
{
    uint64_t most = r->file_count > 0 ? r->files[0].matches : 0;
    size_t count = MIN(r->file_count, FILES_SHOWN);
    buf_append_str(out, "<section class=\"panel\">\n<h2>Matches by training file</h2>\n"
                        "<ul class=\"bars tall\">\n");
    for (size_t i = 0; i < count; i++) {
        buf_append_str(out, "<li class=\"bar\">");
        put_bar_inside(out, r->files[i].name, r->files[i].matches, most);
        buf_append_str(out, "</li>\n");
    }
    buf_append_str(out, "</ul>\n");
    if (r->file_count > count) {
        buf_append_str(out, "<p class=\"soft small\">and ");
        put_number(out, r->file_count - count);
        buf_append_str(out, " more files</p>\n");
    }
    buf_append_str(out, "</section>\n");
}

/* --- filters --- */

/* Files are numbered in the order of their examples: only those can be chosen. */
typedef struct name_list {
    const char **names;
    size_t count, capacity;
} name_list;

static size_t number_of(name_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_equal(l->names[i], name))
            return i;
    if (l->count == l->capacity) {
        l->capacity = l->capacity * 2 + 64;
        l->names = xrealloc(l->names, l->capacity * sizeof *l->names);
    }
    l->names[l->count] = name;
    return l->count++;
}

static void put_option(buf *out, size_t value, const char *name)
{
    buf_printf(out, "<option value=\"%zu\" data-name=\"", value);
    put_escaped(out, name);
    buf_append_str(out, "\">");
    put_escaped(out, name);
    buf_append_str(out, "</option>\n");
}

static double least_score(const review *r)
{
    double least = 0.8;
    for (size_t i = 0; i < r->set_count; i++)
        for (size_t k = 0; k < r->sets[i].top_count; k++)
            least = MIN(least, r->sets[i].top[k]->score);
    return (double)(int)(least * 100) / 100;
}

static void put_filters(const review *r, const name_list *files, buf *out)
{
    buf_append_str(out, "<form class=\"filters\" hidden>\n<label class=\"wide\">Search in examples"
                        "<input type=\"search\" name=\"q\" autocomplete=\"off\" "
                        "placeholder=\"words of question, answer, text\"></label>\n"
                        "<label>Evaluation set<select name=\"eval\"><option value=\"\" "
                        "data-name=\"\">all</option>\n");
    for (size_t i = 0; i < r->set_count; i++)
        put_option(out, i, r->sets[i].count.name);
    buf_append_str(out, "</select></label>\n<label>Training file<select name=\"file\"><option "
                        "value=\"\" data-name=\"\">all</option>\n");
    for (size_t i = 0; i < files->count; i++)
        put_option(out, i, files->names[i]);
    double least = least_score(r);
    buf_printf(
        out,
        "</select></label>\n<label><span>Least score <output></output></span><input type=\"range\" "
        "name=\"min\" min=\"%.2f\" max=\"1\" step=\"0.01\" value=\"%.2f\"></label>\n"
        "<button type=\"reset\">Reset</button>\n<p class=\"count\" role=\"status\"></p>\n"
        "</form>\n",
        least, least);
}

/* --- examples --- */

/* A long text begins folded up: its start is the line to open it by. */
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
    put_escaped(out, first);
    buf_append_str(out, " …</span><span class=\"less\">show less</span></summary>");
    put_escaped(out, text);
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
        put_escaped(out, text);
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
        /* Blanks at the ends of a part do not belong into its colour. */
        AUTO_FREE char *inside = slice_dup(marked ? slice_trim(text) : text);
        buf_append_str(out, open[x->parts[i].kind]);
        put_escaped(out, inside);
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
        put_escaped(out, x->reference);
        buf_printf(out, ", line %" PRIu64 "</span>", x->eval_line + 1);
    }
    buf_append_str(out, "<span>report: ");
    put_escaped(out, x->report);
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
    put_escaped(out, x->file);
    buf_append_str(out, ", line ");
    put_number(out, x->training_line + 1);
    buf_append_str(out, "</span><span class=\"soft\">");
    if (x->split) {
        put_escaped(out, x->split);
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

static void put_set(const review_set *s, size_t number, name_list *files, buf *out)
{
    if (s->top_count == 0)
        return;
    buf_append_str(out, "<section class=\"set\">\n<h2>");
    put_escaped(out, s->count.name);
    buf_append_str(out, " <small>");
    put_number(out, s->count.matches);
    buf_printf(out, " match%s in ", s->count.matches == 1 ? "" : "es");
    put_number(out, s->count.documents);
    buf_printf(out, " document%s · the best %zu question%s</small></h2>\n<div class=\"cards\">\n",
               s->count.documents == 1 ? "" : "s", s->top_count, s->top_count == 1 ? "" : "s");
    for (size_t i = 0; i < s->top_count; i++)
        put_card(out, s->top[i], number, number_of(files, s->top[i]->file));
    buf_append_str(out, "</div>\n</section>\n");
}

static void put_legend(buf *out)
{
    buf_append_str(out, "<p class=\"legend\">In training text: <mark class=\"q\" "
                        "data-k=\"question\">what was asked</mark> <mark class=\"a\" "
                        "data-k=\"answer\">its answer</mark> <mark class=\"p\" "
                        "data-k=\"passage\">the text before it</mark></p>\n");
}

void review_html(const review *r, const char *source, const char *made, buf *out)
{
    AUTO(buf) sets;
    name_list files = {0};
    buf_init(&sets, out->max_bytes);
    for (size_t i = 0; i < r->set_count; i++)
        put_set(&r->sets[i], i, &files, &sets);
    put_head(out, source);
    put_summary(r, source, made, out);
    buf_append_str(out, "<main>\n<div class=\"panels\">\n");
    put_sets(r, out);
    put_bands(r, out);
    put_files(r, out);
    buf_append_str(out, "</div>\n");
    put_filters(r, &files, out);
    put_legend(out);
    buf_append_slice(out, buf_slice(&sets));
    out->overflow |= sets.overflow;
    buf_printf(out, "<p class=\"nothing panel\"%s>%s</p>\n", r->matches > 0 ? " hidden" : "",
               r->matches > 0 ? "No example fits these filters." : "Nothing was found.");
    buf_append_str(out, "</main>\n<footer>Made by decon-server " DECON_VERSION
                        ". Lines are counted from 1. Texts are shown as the detection sees them: "
                        "lower-cased, without punctuation.</footer>\n</div>\n<script>");
    buf_append_slice(out, EMBEDDED(js));
    buf_append_str(out, "</script>\n</body>\n</html>\n");
    free(files.names);
}
