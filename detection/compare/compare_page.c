#include "base/util.h"
#include "detection/compare/compare_print.h"

#include <inttypes.h>

#include "decon/base/digest.h"
#include "detection/review/html_text.h"

#define TEXT_BYTES ((size_t)1 << 20)

static const char style[] =
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem;display:block;overflow-x:auto}"
    "th,td{padding:.25rem .75rem;text-align:left;border-bottom:1px solid #8886}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}"
    "td{overflow-wrap:anywhere}"
    ".soft{opacity:.7}";

static void put_head(const compare_view *v, buf *out)
{
    uint8_t digest[SHA256_BYTES];
    char base64[4 * ((SHA256_BYTES + 2) / 3) + 1];
    sha256(slice_from(style), digest);
    base64_encode(digest, sizeof digest, base64);
    buf_printf(out,
               "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "base-uri 'none'; form-action 'none'; style-src 'sha256-%s'\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
               base64);
    html_put_text(out, v->names[0]);
    buf_append_str(out, " and ");
    html_put_text(out, v->names[1]);
    buf_printf(out,
               ": comparison</title>\n<style>%s</style>\n</head>\n<body>\n"
               "<h1>Comparison of reports</h1>\n",
               style);
}

static void put_cell(buf *out, const char *text)
{
    buf_append_str(out, "<td>");
    html_put_text(out, text);
    buf_append_str(out, "</td>");
}

static void put_number(buf *out, uint64_t value)
{
    buf_append_str(out, "<td class=\"n\">");
    html_put_number(out, value);
    buf_append_str(out, "</td>");
}

static void put_sides(const compare_view *v, buf *out)
{
    buf_append_str(out, "<table>\n<tr><th></th><th>folder</th><th class=\"n\">matches</th><th "
                        "class=\"n\">documents</th><th class=\"n\">reports</th></tr>\n");
    for (size_t i = 0; i < 2; i++) {
        buf_printf(out, "<tr><td>%c</td>", 'A' + (int)i);
        put_cell(out, v->names[i]);
        put_number(out, v->c->lines[i]);
        put_number(out, v->c->documents[i]);
        put_number(out, v->c->reports[i]);
        buf_append_str(out, "</tr>\n");
    }
    buf_append_str(out, "</table>\n");
}

static void put_counts(const char *name, const compare_counts *n, buf *out)
{
    buf_append_str(out, "<tr>");
    put_cell(out, name);
    put_number(out, n->both);
    put_number(out, n->moved);
    put_number(out, n->only[0]);
    put_number(out, n->only[1]);
    buf_append_str(out, "</tr>\n");
}

static void put_sets(const compare_view *v, buf *out)
{
    AUTO_FREE uint32_t *order = compare_sets_in_order(v->c);
    buf_append_str(out, "<h2>By evaluation set</h2>\n<table>\n<tr><th>set</th><th "
                        "class=\"n\">both</th><th class=\"n\">score differs</th><th "
                        "class=\"n\">only A</th><th class=\"n\">only B</th></tr>\n");
    for (size_t i = 0; i < v->c->sets.count; i++)
        put_counts(v->c->sets.names[order[i]], &v->c->by_set[order[i]], out);
    put_counts("total", &v->c->total, out);
    buf_append_str(out, "</table>\n");
}

static void put_raw(buf *out, slice text)
{
    AUTO(buf) copy = BUF(TEXT_BYTES);
    if (text.len > 0)
        buf_append_slice(&copy, text);
    put_cell(out, buf_str(&copy));
}

static void put_difference(void *ctx, slice key, slice was, slice now)
{
    buf *out = ctx;
    buf_append_str(out, "<tr>");
    put_raw(out, key);
    put_raw(out, was);
    put_raw(out, now);
    buf_append_str(out, "</tr>\n");
}

static void put_settings(const compare_view *v, buf *out)
{
    buf_append_str(out, "<h2>Settings that differ</h2>\n");
    if (!v->settings[0]->settings || !v->settings[1]->settings) {
        buf_append_str(out, "<p class=\"soft\">Not recorded in both folders.</p>\n");
        return;
    }
    buf_append_str(out, "<table>\n<tr><th>setting</th><th>A</th><th>B</th></tr>\n");
    run_settings_each_difference(v->settings[0], v->settings[1], put_difference, out);
    buf_append_str(out, "</table>\n");
}

static void put_score(buf *out, float score)
{
    if (score >= 0)
        buf_printf(out, "<td class=\"n\">%.3f</td>", (double)score);
    else
        buf_append_str(out, "<td></td>");
}

static void put_match(const comparison *c, const compare_match *m, buf *out)
{
    buf_append_str(out, "<tr>");
    put_score(out, m->scores[0]);
    put_score(out, m->scores[1]);
    put_cell(out, c->files.names[m->file]);
    put_number(out, m->line + 1);
    put_cell(out, c->sets.names[m->set]);
    put_cell(out, c->splits.names[m->split]);
    buf_printf(out, "<td class=\"n\">%" PRIu64 "</td></tr>\n", m->instance);
}

static void put_matches(const compare_view *v, int kind, buf *out)
{
    static const char *const headings[] = {"Only in A", "Only in B", "Scores that differ"};
    AUTO_FREE const compare_match **matches = NULL;
    size_t count = compare_select(v->c, kind, &matches), shown = MIN(count, v->top);
    buf_printf(out, "<h2>%s: ", headings[kind]);
    html_put_number(out, count);
    buf_append_str(out, "</h2>\n");
    if (count == 0)
        return;
    buf_append_str(out, "<table>\n<tr><th class=\"n\">A</th><th class=\"n\">B</th><th>training "
                        "file</th><th class=\"n\">line</th><th>set</th><th>split</th><th "
                        "class=\"n\">question</th></tr>\n");
    for (size_t i = 0; i < shown; i++)
        put_match(v->c, matches[i], out);
    buf_append_str(out, "</table>\n");
    if (count > shown)
        buf_printf(out, "<p class=\"soft\">and %zu more (--top)</p>\n", count - shown);
}

void compare_page(const compare_view *v, buf *out)
{
    put_head(v, out);
    put_sides(v, out);
    put_sets(v, out);
    put_settings(v, out);
    for (int kind = 0; !v->stats && kind < COMPARE_KINDS; kind++)
        put_matches(v, kind, out);
    buf_append_str(out, "<p class=\"soft\">Made by decon " DECON_VERSION
                        ". Lines are counted from 1.</p>\n</body>\n</html>\n");
}
