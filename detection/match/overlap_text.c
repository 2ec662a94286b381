#include "base/util.h"
#include "detection/match/overlap_text.h"

#include "detection/text/unicode.h"

/* Tokens first..last between two given texts; nothing if they do not form complete characters (a
 * byte-pair token may end inside one). */
static void put_tokens(const match *m, buf *out, const char *before, size_t first, size_t last,
                       const char *behind)
{
    size_t start = token_list_start(m->document, first), end = m->document->ends[last];
    slice text = {.data = m->text.data + start, .len = end - start};
    if (utf8_check(text) != text.len)
        return;
    buf_append_str(out, before);
    buf_append_slice(out, text);
    buf_append_str(out, behind);
}

/* Tokens `next` up to, but not including, `until`, if any. */
static void put_between(const match *m, buf *out, size_t next, size_t until)
{
    if (next < until)
        put_tokens(m, out, "", next, until - 1, "");
}

static size_t put_answers(const match *m, buf *out, size_t last)
{
    for (size_t i = 0; m->answer && i < m->answer->range_count; i++) {
        token_range range = m->answer->ranges[i];
        put_between(m, out, last + 1, range.first);
        put_tokens(m, out, "⟦", range.first, range.last, "⟧");
        last = range.last;
    }
    return last;
}

void overlap_text(const match *m, buf *out)
{
    size_t first = m->question_first;
    size_t start = first > OVERLAP_TOKENS_BEFORE ? first - OVERLAP_TOKENS_BEFORE : 0;
    bool passage = m->passage && m->passage->found;
    token_range range = passage ? m->passage->range : (token_range){0};
    size_t head = passage ? MIN(range.first, first) : first;
    if (start < head)
        put_tokens(m, out, "... ", start, head - 1, "");
    if (passage && range.last < first) {
        put_tokens(m, out, "⟨", range.first, range.last, "⟩");
        put_between(m, out, range.last + 1, first);
    }
    put_tokens(m, out, "【", first, m->question_last, "】");
    size_t last = put_answers(m, out, m->question_last);
    size_t end = MIN(last + OVERLAP_TOKENS_BEHIND, m->document->count - 1);
    if (last < end)
        put_tokens(m, out, " ", last + 1, end, " ...");
}
