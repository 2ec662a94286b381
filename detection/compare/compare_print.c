#include "base/util.h"
#include "detection/compare/compare_print.h"

#include <inttypes.h>
#include <math.h>

#include "base/json/json_write.h"
#include "base/options/options.h"
#include "detection/review/terminal_text.h"

#define WIDTH        1000 /* lines are not wrapped */
#define NAME_MOST    40
#define LINE_BYTES   ((size_t)1 << 20)
#define OUTPUT_BYTES ((size_t)1 << 30)

/* --- choosing --- */

static bool is_of_kind(const comparison *c, const compare_match *m, int kind)
{
    if (kind == COMPARE_MOVED)
        return compare_is_moved(c, m);
    return m->scores[kind] >= 0 && m->scores[1 - kind] < 0;
}

static double movement(const compare_match *m)
{
    return fabs((double)m->scores[0] - (double)m->scores[1]);
}

static int moved_most_first(const void *a, const void *b)
{
    const compare_match *x = *(const compare_match *const *)a;
    const compare_match *y = *(const compare_match *const *)b;
    double left = movement(x), right = movement(y);
    if (left != right)
        return left > right ? -1 : 1;
    return (x > y) - (x < y);
}

size_t compare_select(const comparison *c, int kind, const compare_match ***out)
{
    size_t count = 0;
    *out = xcalloc(c->match_count + 1, sizeof **out);
    for (size_t i = 0; i < c->match_count; i++)
        if (is_of_kind(c, &c->matches[i], kind))
            (*out)[count++] = &c->matches[i];
    if (kind == COMPARE_MOVED && count > 1)
        qsort(*out, count, sizeof **out, moved_most_first);
    return count;
}

/* --- the terminal --- */

static void put_count(painter *p, uint64_t count, size_t column)
{
    char text[32];
    format_count(count, text, sizeof text);
    size_t width = strlen(text);
    paint_pad(p, column > width ? column - width : 0);
    paint_text(p, STYLE_PLAIN, text);
}

static void put_row(painter *p, const char *name, const compare_counts *n, size_t name_columns)
{
    const uint64_t values[] = {n->both, n->moved, n->only[0], n->only[1]};
    AUTO_FREE char *cut = xstrndup(name, paint_fit(name, name_columns));
    paint_text(p, STYLE_PLAIN, cut);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        put_count(p, values[i], name_columns + 12 * (i + 1));
    paint_newline(p);
}

static void put_heading_row(painter *p, size_t name_columns)
{
    static const char *const names[] = {"both", "score differs", "only A", "only B"};
    paint_text(p, STYLE_PLAIN, "set");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        paint_pad(p, name_columns + 12 * (i + 1) - strlen(names[i]));
        paint_text(p, STYLE_PLAIN, names[i]);
    }
    paint_newline(p);
}

static int by_name(const void *a, const void *b, void *names)
{
    char *const *n = names;
    return strcmp(n[*(const uint32_t *)a], n[*(const uint32_t *)b]);
}

uint32_t *compare_sets_in_order(const comparison *c)
{
    uint32_t *order = xcalloc(c->sets.count + 1, sizeof *order);
    for (size_t i = 0; i < c->sets.count; i++)
        order[i] = (uint32_t)i;
    if (c->sets.count > 1)
        qsort_r(order, c->sets.count, sizeof *order, by_name, c->sets.names);
    return order;
}

static void put_sets(painter *p, const comparison *c)
{
    AUTO_FREE uint32_t *order = compare_sets_in_order(c);
    size_t columns = strlen("total");
    for (size_t i = 0; i < c->sets.count; i++)
        columns = MAX(columns, MIN(paint_columns(c->sets.names[i]), NAME_MOST));
    put_heading_row(p, columns);
    for (size_t i = 0; i < c->sets.count; i++)
        put_row(p, c->sets.names[order[i]], &c->by_set[order[i]], columns);
    put_row(p, "total", &c->total, columns);
}

static void put_difference(void *ctx, slice key, slice was, slice now)
{
    painter *p = ctx;
    AUTO(buf) line = BUF(LINE_BYTES);
    buf_printf(&line, "  %.*s: %.*s -> %.*s", (int)key.len, key.data, (int)was.len,
               was.len ? was.data : "", (int)now.len, now.len ? now.data : "");
    paint_text(p, STYLE_PLAIN, buf_str(&line));
    paint_newline(p);
}

static void count_difference(void *ctx, slice key, slice was, slice now)
{
    UNUSED(key), UNUSED(was), UNUSED(now);
    ++*(size_t *)ctx;
}

static void put_settings(painter *p, const compare_view *v)
{
    paint_newline(p);
    for (size_t i = 0; i < 2; i++)
        if (v->settings[i]->records > 1) {
            paint_printf(p, STYLE_PLAIN, "%s was made with %zu different settings; one is shown",
                         v->names[i], v->settings[i]->records);
            paint_newline(p);
        }
    if (!v->settings[0]->settings || !v->settings[1]->settings) {
        paint_text(p, STYLE_PLAIN, "Settings: not recorded in both folders");
        paint_newline(p);
        return;
    }
    size_t count = 0;
    run_settings_each_difference(v->settings[0], v->settings[1], count_difference, &count);
    paint_text(p, STYLE_PLAIN, count > 0 ? "Settings that differ" : "Settings: the same");
    paint_newline(p);
    run_settings_each_difference(v->settings[0], v->settings[1], put_difference, p);
}

static void put_match(painter *p, const comparison *c, const compare_match *m)
{
    AUTO(buf) line = BUF(LINE_BYTES);
    buf_append_str(&line, "  ");
    for (size_t i = 0; i < 2; i++)
        if (m->scores[i] >= 0)
            buf_printf(&line, "%s%.3f", i == 1 && m->scores[0] >= 0 ? " -> " : "",
                       (double)m->scores[i]);
    const char *split = c->splits.names[m->split];
    buf_printf(&line, "  %s, line %" PRIu64 "  %s %s%s#%" PRIu64, c->files.names[m->file],
               m->line + 1, c->sets.names[m->set], split, *split ? " " : "", m->instance);
    paint_text(p, STYLE_PLAIN, buf_str(&line));
    paint_newline(p);
}

static void put_matches(painter *p, const compare_view *v, int kind)
{
    static const char *const headings[] = {"Only in A", "Only in B", "Scores that differ"};
    AUTO_FREE const compare_match **matches = NULL;
    size_t count = compare_select(v->c, kind, &matches);
    if (count == 0)
        return;
    paint_newline(p);
    paint_printf(p, STYLE_PLAIN, "%s: %zu", headings[kind], count);
    paint_newline(p);
    for (size_t i = 0; i < MIN(count, v->top); i++)
        put_match(p, v->c, matches[i]);
    if (count > v->top) {
        paint_printf(p, STYLE_PLAIN, "  and %zu more (--top)", count - v->top);
        paint_newline(p);
    }
}

void compare_print(const compare_view *v, FILE *out)
{
    AUTO(painter) p = {0};
    paint_init(&p, WIDTH, false);
    for (size_t i = 0; i < 2; i++) {
        paint_printf(&p, STYLE_PLAIN,
                     "%c  %s: %" PRIu64 " match%s in %" PRIu64 " document%s, %" PRIu64 " report%s",
                     'A' + (int)i, v->names[i], v->c->lines[i], v->c->lines[i] == 1 ? "" : "es",
                     v->c->documents[i], plural_s(v->c->documents[i]), v->c->reports[i],
                     plural_s(v->c->reports[i]));
        paint_newline(&p);
    }
    paint_newline(&p);
    put_sets(&p, v->c);
    put_settings(&p, v);
    for (int kind = 0; !v->stats && kind < COMPARE_KINDS; kind++)
        put_matches(&p, v, kind);
    fwrite(buf_str(&p.out), 1, p.out.len, out);
}

/* --- JSON --- */

static void put_json_counts(buf *out, const compare_counts *n)
{
    json_member_unsigned(out, "both", n->both);
    json_member_unsigned(out, "moved", n->moved);
    json_member_unsigned(out, "only_a", n->only[0]);
    json_member_unsigned(out, "only_b", n->only[1]);
}

static void put_json_match(buf *out, const comparison *c, const compare_match *m)
{
    AUTO(buf) one = BUF(LINE_BYTES);
    json_member_unsigned(&one, "eval_instance_index", m->instance);
    json_member_string(&one, "eval_key", slice_from(c->sets.names[m->set]));
    json_member_string(&one, "file", slice_from(c->files.names[m->file]));
    if (m->scores[0] >= 0)
        json_member_float(&one, "score_a", m->scores[0]);
    if (m->scores[1] >= 0)
        json_member_float(&one, "score_b", m->scores[1]);
    if (*c->splits.names[m->split])
        json_member_string(&one, "split", slice_from(c->splits.names[m->split]));
    json_member_unsigned(&one, "training_line", m->line);
    json_close(&one);
    buf_append_slice(out, buf_slice(&one));
}

static void put_json_kind(buf *out, const compare_view *v, const char *key, int kind)
{
    AUTO_FREE const compare_match **matches = NULL;
    size_t count = compare_select(v->c, kind, &matches);
    json_key(out, key);
    buf_append_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        put_json_match(out, v->c, matches[i]);
    }
    buf_append_char(out, ']');
}

static void put_json_difference(void *ctx, slice key, slice was, slice now)
{
    buf *out = ctx;
    AUTO(buf) name = BUF(LINE_BYTES);
    buf_append_slice(&name, key);
    json_key(out, buf_str(&name));
    buf_printf(out, "[%.*s,%.*s]", was.len ? (int)was.len : 4, was.len ? was.data : "null",
               now.len ? (int)now.len : 4, now.len ? now.data : "null");
}

static void put_json_side(buf *out, const compare_view *v, size_t side)
{
    AUTO(buf) one = BUF(LINE_BYTES);
    json_member_unsigned(&one, "documents", v->c->documents[side]);
    json_member_unsigned(&one, "matches", v->c->lines[side]);
    json_member_string(&one, "name", slice_from(v->names[side]));
    json_member_unsigned(&one, "reports", v->c->reports[side]);
    json_close(&one);
    json_key(out, side == 0 ? "a" : "b");
    buf_append_slice(out, buf_slice(&one));
}

static void put_json_sets(buf *out, const comparison *c)
{
    AUTO_FREE uint32_t *order = compare_sets_in_order(c);
    json_key(out, "sets");
    buf_append_char(out, '[');
    for (size_t i = 0; i < c->sets.count; i++) {
        AUTO(buf) one = BUF(LINE_BYTES);
        json_member_string(&one, "name", slice_from(c->sets.names[order[i]]));
        put_json_counts(&one, &c->by_set[order[i]]);
        json_close(&one);
        buf_append_str(out, i > 0 ? "," : "");
        buf_append_slice(out, buf_slice(&one));
    }
    buf_append_char(out, ']');
}

void compare_print_json(const compare_view *v, FILE *out)
{
    AUTO(buf) text = BUF(OUTPUT_BYTES);
    AUTO(buf) differences = BUF(OUTPUT_BYTES);
    put_json_side(&text, v, 0);
    put_json_side(&text, v, 1);
    json_member_unsigned(&text, "bad_lines", v->c->bad_lines);
    put_json_counts(&text, &v->c->total);
    put_json_sets(&text, v->c);
    run_settings_each_difference(v->settings[0], v->settings[1], put_json_difference, &differences);
    if (differences.len > 0) {
        json_close(&differences);
        json_key(&text, "settings");
        buf_append_slice(&text, buf_slice(&differences));
    }
    if (!v->stats) {
        put_json_kind(&text, v, "matches_moved", COMPARE_MOVED);
        put_json_kind(&text, v, "matches_only_a", COMPARE_ONLY_A);
        put_json_kind(&text, v, "matches_only_b", COMPARE_ONLY_B);
    }
    json_close(&text);
    fprintf(out, "%s\n", buf_str(&text));
}
