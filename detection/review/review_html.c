#include "detection/review/review_html.h"

#include "decon/base/digest.h"
#include "base/util.h"
#include "detection/review/html_text.h"
#include "detection/review/review_cards.h"

/* Embeds two files of this folder; the Makefile lists them as dependencies. */
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
EMBED(css, "detection/review/review_page.css");
EMBED(js, "detection/review/review_page.js");
#define EMBEDDED(name)                                                                             \
    ((slice){.data = review_##name##_start, .len = (size_t)review_##name##_bytes})

/* --- page head --- */

static void put_hash(buf *out, slice text)
{
    uint8_t digest[SHA256_BYTES];
    char base64[4 * ((SHA256_BYTES + 2) / 3) + 1];
    sha256(text, digest);
    base64_encode(digest, sizeof digest, base64);
    buf_printf(out, "'sha256-%s'", base64);
}

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
    html_put_text(out, source);
    buf_append_str(out, ": contamination review</title>\n<style>");
    buf_append_slice(out, EMBEDDED(css));
    buf_append_str(out, "</style>\n</head>\n<body>\n<div class=\"page\">\n");
}

static void put_tile(buf *out, uint64_t value, const char *one, const char *many)
{
    buf_append_str(out, "<li><b>");
    html_put_number(out, value);
    buf_printf(out, "</b> <span class=\"soft small\">%s</span></li>\n", value == 1 ? one : many);
}

static void put_summary(const review *r, const char *source, const char *made, buf *out)
{
    buf_append_str(out, "<header>\n<h1>Contamination review</h1>\n<p class=\"soft small\">");
    html_put_text(out, source);
    buf_append_str(out, " · ");
    html_put_number(out, r->reports);
    buf_printf(out, " report%s · ", r->reports == 1 ? "" : "s");
    html_put_text(out, made);
    if (r->filtered_out > 0) {
        buf_append_str(out, " · ");
        html_put_number(out, r->filtered_out);
        buf_append_str(out, " matches left out by filters");
    }
    if (r->bad_lines > 0) {
        buf_append_str(out, " · ");
        html_put_number(out, r->bad_lines);
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

/* A bar relative to the longest, with a visible minimum. */
static void put_bar_inside(buf *out, const char *name, uint64_t value, uint64_t most)
{
    double share = most > 0 ? (double)value * 100 / (double)most : 0;
    buf_append_str(out, "<span class=\"name\" title=\"");
    html_put_text(out, name);
    buf_append_str(out, "\">");
    html_put_text(out, name);
    buf_printf(out,
               "</span><svg aria-hidden=\"true\"><rect width=\"%.2f%%\" height=\"100%%\" "
               "rx=\"4\"/></svg><span class=\"value\">",
               value > 0 && share < 1 ? 1.0 : share);
    html_put_number(out, value);
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
        html_put_number(out, r->file_count - count);
        buf_append_str(out, " more files</p>\n");
    }
    buf_append_str(out, "</section>\n");
}

/* --- filters --- */

static void put_option(buf *out, size_t value, const char *name)
{
    buf_printf(out, "<option value=\"%zu\" data-name=\"", value);
    html_put_text(out, name);
    buf_append_str(out, "\">");
    html_put_text(out, name);
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

static void put_filters(const review *r, const review_names *files, buf *out)
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

static void put_legend(buf *out)
{
    buf_append_str(out, "<p class=\"legend\">In training text: <mark class=\"q\" "
                        "data-k=\"question\">what was asked</mark> <mark class=\"a\" "
                        "data-k=\"answer\">its answer</mark> <mark class=\"p\" "
                        "data-k=\"passage\">the text before it</mark></p>\n");
}

void review_html(const review *r, const char *source, const char *made, buf *out)
{
    AUTO(buf) sets = {0};
    review_names files = {0};
    buf_init(&sets, out->max_bytes);
    for (size_t i = 0; i < r->set_count; i++)
        review_cards_put_set(&r->sets[i], i, &files, &sets);
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
    buf_append_str(out, "</main>\n<footer>Made by decon " DECON_VERSION
                        ". Lines are counted from 1. Texts are shown as the detection sees them: "
                        "lower-cased, without punctuation.</footer>\n</div>\n<script>");
    buf_append_slice(out, EMBEDDED(js));
    buf_append_str(out, "</script>\n</body>\n</html>\n");
    free(files.names);
}
