#include "detection/review/review_html.h"

#include "decon/base/digest.h"
#include "base/util.h"
#include "detection/review/html_text.h"

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

static void put_also(buf *out, uint64_t value, const char *what)
{
    if (value == 0)
        return;
    buf_append_str(out, " · ");
    html_put_number(out, value);
    buf_append_str(out, what);
}

static void put_summary(const review_page *p, buf *out)
{
    const review *r = p->r;
    buf_append_str(out, "<header>\n<h1>Contamination review</h1>\n<p class=\"soft small\">");
    html_put_text(out, p->source);
    buf_append_str(out, " · ");
    html_put_number(out, r->reports);
    buf_printf(out, " report%s · page made ", r->reports == 1 ? "" : "s");
    html_put_text(out, p->made);
    put_also(out, r->filtered_out, " matches excluded by filters");
    put_also(out, r->suppressed, " matches judged to be false");
    put_also(out, r->bad_lines, " lines could not be read");
    buf_append_str(out, "</p>\n<ul class=\"tiles\">\n");
    put_tile(out, r->matches, "match", "matches");
    put_tile(out, r->documents, "contaminated document", "contaminated documents");
    if (p->lines > 0)
        put_tile(out, p->lines, "document checked", "documents checked");
    put_tile(out, r->file_count, "training file", "training files");
    put_tile(out, r->set_count, "evaluation set", "evaluation sets");
    buf_append_str(out, "</ul>\n</header>\n");
}

/* --- settings --- */

static void put_member(const run_settings *s, const char *key, const char *label, buf *out)
{
    AUTO(buf) text = BUF((size_t)1 << 20);
    if (!run_settings_text(s, key, &text))
        return;
    buf_printf(out, "<dt>%s</dt><dd>", label);
    html_put_text(out, buf_str(&text));
    buf_append_str(out, "</dd>\n");
}

static void put_setting(void *ctx, const char *key, const char *value)
{
    buf *out = ctx;
    buf_append_str(out, "<dt>");
    html_put_text(out, key);
    buf_append_str(out, "</dt><dd>");
    html_put_text(out, value);
    buf_append_str(out, "</dd>\n");
}

/* 2026-12-01T16:03:57Z as 2026-12-01 16:03 UTC, like the date of the page. */
static void put_time(slice time, buf *out)
{
    if (time.len == strlen("2026-12-01T16:03:57Z") && time.data[10] == 'T') {
        AUTO_FREE char *text = xasprintf("%.10s %.5s UTC", time.data, time.data + 11);
        html_put_text(out, text);
        return;
    }
    html_put_text(out, time.data);
}

static void put_settings(const run_settings *s, buf *out)
{
    AUTO(buf) threshold = BUF(1024);
    AUTO(buf) time = BUF(1024);
    if (!s || !s->settings) {
        buf_append_str(out, "<p class=\"soft small settings\">The settings of the scan are not "
                            "recorded with these reports.</p>\n");
        return;
    }
    buf_append_str(out, "<details class=\"panel settings\">\n<summary>Settings of the scan");
    if (run_settings_member(s, "contamination_score_threshold", &threshold)) {
        buf_append_str(out, ": threshold ");
        html_put_text(out, buf_str(&threshold));
    }
    if (run_settings_text(s, "time", &time)) {
        buf_append_str(out, ", ");
        put_time(buf_slice(&time), out);
    }
    if (s->records > 1)
        buf_printf(out, " (one of %zu different settings)", s->records);
    buf_append_str(out, "</summary>\n<dl class=\"fields\">\n");
    put_member(s, "time", "date", out);
    put_member(s, "version", "version", out);
    put_member(s, "fingerprint", "fingerprint", out);
    run_settings_each(s, put_setting, out);
    buf_append_str(out, "</dl>\n</details>\n");
}

/* --- bars --- */

typedef struct bar {
    const char *field; /* of the filters, and its value when the bar is selected */
    const char *name;
    uint64_t value, most;
} bar;

/* Relative to the longest, with a visible minimum. */
static void put_bar(buf *out, const bar *b, const char *choice)
{
    double share = b->most > 0 ? (double)b->value * 100 / (double)b->most : 0;
    buf_printf(out, "<li><button type=\"button\" class=\"bar\" data-field=\"%s\" data-value=\"",
               b->field);
    html_put_text(out, choice);
    buf_append_str(out, "\"><span class=\"name\">");
    html_put_text(out, b->name);
    buf_printf(out,
               "</span><svg aria-hidden=\"true\"><rect width=\"%.2f%%\" height=\"100%%\" "
               "rx=\"4\"/></svg><span class=\"value\">",
               b->value > 0 && share < 1 ? 1.0 : share);
    html_put_number(out, b->value);
    buf_append_str(out, "</span></button></li>\n");
}

static void begin_panel(buf *out, const char *kind, const char *title)
{
    buf_printf(out, "<section class=\"panel %s\">\n<h2>%s</h2>\n<ul class=\"bars\">\n", kind,
               title);
}

static void end_panel(buf *out, uint64_t left, const char *what)
{
    buf_append_str(out, "</ul>\n");
    if (left > 0) {
        buf_append_str(out, "<p class=\"soft small\">and ");
        html_put_number(out, left);
        buf_printf(out, " more %s</p>\n", what);
    }
    buf_append_str(out, "</section>\n");
}

static void put_sets(const review_page *p, buf *out)
{
    const review *r = p->r;
    uint64_t most = r->set_count > 0 ? r->sets[0].count.matches : 0;
    begin_panel(out, "tall", "Matches by evaluation set");
    for (size_t i = 0; i < r->set_count; i++) {
        const review_count *c = &r->sets[i].count;
        char number[24];
        snprintf(number, sizeof number, "%u", page_rows_set(p->rows, c->name));
        put_bar(out, &(bar){"eval", c->name, c->matches, most}, number);
    }
    end_panel(out, 0, "");
}

static void put_bands(const review *r, buf *out)
{
    uint64_t most = 0;
    for (size_t i = 0; i < REVIEW_BANDS; i++)
        most = MAX(most, r->bands[i]);
    begin_panel(out, "scores", "Matches by score");
    for (size_t i = 0; i < REVIEW_BANDS; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        put_bar(out, &(bar){"band", review_band_name(i), r->bands[i], most}, number);
    }
    end_panel(out, 0, "");
}

#define FILES_SHOWN 100

static void put_files(const review *r, buf *out)
{
    uint64_t most = r->file_count > 0 ? r->files[0].matches : 0;
    size_t count = MIN(r->file_count, FILES_SHOWN);
    begin_panel(out, "tall files", "Matches by training file");
    for (size_t i = 0; i < count; i++) {
        const review_count *c = &r->files[i];
        put_bar(out, &(bar){"file", c->name, c->matches, most}, c->name);
    }
    end_panel(out, r->file_count - count, "files");
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

static void put_set_options(const review_page *p, buf *out)
{
    buf_append_str(out, "<label>Evaluation set<select name=\"eval\"><option value=\"\" "
                        "data-name=\"\">all</option>\n");
    for (size_t i = 0; i < p->r->set_count; i++)
        put_option(out, page_rows_set(p->rows, p->r->sets[i].count.name), p->r->sets[i].count.name);
    buf_append_str(out, "</select></label>\n");
}

static void put_band_options(buf *out)
{
    buf_append_str(out, "<label>Score<select name=\"band\"><option value=\"\" data-name=\"\">"
                        "all</option>\n");
    for (size_t i = 0; i < REVIEW_BANDS; i++)
        put_option(out, i, review_band_name(i));
    buf_append_str(out, "</select></label>\n");
}

static void put_filters(const review_page *p, buf *out)
{
    buf_append_str(out, "<form class=\"filters\" hidden>\n<label class=\"wide\">Search all matches"
                        "<input type=\"search\" name=\"q\" autocomplete=\"off\" "
                        "placeholder=\"words of the texts\"></label>\n"
                        "<label class=\"wide\">Training file<input type=\"search\" name=\"file\" "
                        "autocomplete=\"off\" placeholder=\"part of its name\"></label>\n");
    put_set_options(p, out);
    put_band_options(out);
    buf_append_str(
        out, "<label>Order<select name=\"order\"><option value=\"low\">borderline first</option>"
             "<option value=\"high\">best first</option><option value=\"read\">as in the reports"
             "</option></select></label>\n"
             "<button type=\"reset\">Reset</button>\n<p class=\"count\" role=\"status\"></p>\n"
             "<p class=\"judged\" hidden></p>\n</form>\n");
}

static void put_legend(buf *out)
{
    buf_append_str(out, "<p class=\"legend\">In training text: <mark class=\"q\" "
                        "data-k=\"question\">what was asked</mark> <mark class=\"a\" "
                        "data-k=\"answer\">its answer</mark> <mark class=\"p\" "
                        "data-k=\"passage\">the text before it</mark></p>\n");
}

static void put_left_out(const page_rows *rows, buf *out)
{
    if (rows->left_out == 0)
        return;
    buf_append_str(out, "<p class=\"panel\">");
    html_put_number(out, rows->left_out);
    buf_append_str(out,
                   " matches are counted above and not listed below: the page would be too "
                   "large. Make one of fewer matches with --eval, --file or --max-score.</p>\n");
}

void review_html(const review_page *p, buf *out)
{
    put_head(out, p->source);
    put_summary(p, out);
    put_settings(p->settings, out);
    buf_append_str(out, "<main>\n<div class=\"panels\">\n");
    put_sets(p, out);
    put_bands(p->r, out);
    put_files(p->r, out);
    buf_append_str(out, "</div>\n");
    put_filters(p, out);
    put_legend(out);
    put_left_out(p->rows, out);
    buf_append_str(out, "<noscript><p class=\"panel\">The list of matches needs JavaScript.</p>"
                        "</noscript>\n<div class=\"cards\"></div>\n"
                        "<button type=\"button\" class=\"more\" hidden>Show more</button>\n");
    buf_printf(out, "<p class=\"nothing panel\"%s>%s</p>\n", p->r->matches > 0 ? " hidden" : "",
               p->r->matches > 0 ? "No match fits these filters." : "Nothing was found.");
    buf_append_str(out, "</main>\n<footer>Made by decon " DECON_VERSION
                        ". Lines are counted from 1. Texts are shown as the detection sees them: "
                        "lower-cased, without punctuation.</footer>\n</div>\n"
                        "<script type=\"application/json\" id=\"data\">");
    page_rows_put(p->rows, out);
    buf_append_str(out, "</script>\n<script>");
    buf_append_slice(out, EMBEDDED(js));
    buf_append_str(out, "</script>\n</body>\n</html>\n");
}
