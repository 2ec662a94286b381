#include "base/util.h"
#include "detection/review/review_marks.h"

/* Opening and closing bracket of each kind, as bytes. */
static const struct {
    const char *open, *close;
} brackets[] = {
    [MARK_PASSAGE] = {"⟨", "⟩"},
    [MARK_QUESTION] = {"【", "】"},
    [MARK_ANSWER] = {"⟦", "⟧"},
};

/* The text between two brackets; `start` and `end` include the brackets. */
typedef struct pair {
    size_t start, end; /* bytes in the text; end is after the closing bracket */
    slice inside;
} pair;

static const char *find(slice text, size_t from, const char *what)
{
    return from < text.len ? memmem(text.data + from, text.len - from, what, strlen(what)) : NULL;
}

/* The first pair that begins at or after `from`. */
static bool next_pair(slice text, size_t from, mark_kind kind, pair *out)
{
    const char *open = find(text, from, brackets[kind].open);
    if (!open)
        return false;
    size_t start = (size_t)(open - text.data), inside = start + strlen(brackets[kind].open);
    const char *close = find(text, inside, brackets[kind].close);
    if (!close)
        return false;
    size_t len = (size_t)(close - text.data) - inside;
    *out = (pair){.start = start,
                  .end = inside + len + strlen(brackets[kind].close),
                  .inside = {.data = text.data + inside, .len = len}};
    return true;
}

static size_t distance(size_t a, size_t b)
{
    return a < b ? b - a : a - b;
}

static bool find_question(slice text, slice question, pair *best)
{
    pair p;
    bool found = false;
    for (size_t from = 0; next_pair(text, from, MARK_QUESTION, &p); from = p.start + 1) {
        if (!found ||
            distance(p.inside.len, question.len) < distance(best->inside.len, question.len))
            *best = p;
        found = true;
    }
    return found;
}

static bool find_passage(slice before, pair *last)
{
    pair p;
    bool found = false;
    for (size_t from = 0; next_pair(before, from, MARK_PASSAGE, &p); from = p.end) {
        *last = p;
        found = true;
    }
    return found;
}

typedef struct splitter {
    slice text;
    size_t done; /* bytes that are in parts already */
    mark_part *parts;
    size_t count;
} splitter;

static void put_around(splitter *s, size_t until)
{
    if (until > s->done)
        s->parts[s->count++] = (mark_part){
            .kind = MARK_AROUND, .text = {.data = s->text.data + s->done, .len = until - s->done}};
    s->done = until;
}

static void put_pair(splitter *s, mark_kind kind, const pair *p)
{
    put_around(s, p->start);
    s->parts[s->count++] = (mark_part){.kind = kind, .text = p->inside};
    s->done = p->end;
}

size_t review_marks_split(slice text, slice question, mark_part parts[MARK_PARTS_MAX])
{
    splitter s = {.text = text, .parts = parts};
    pair middle, p;
    if (find_question(text, question, &middle)) {
        if (find_passage((slice){.data = text.data, .len = middle.start}, &p))
            put_pair(&s, MARK_PASSAGE, &p);
        put_pair(&s, MARK_QUESTION, &middle);
        /* An answer needs two parts, and one is reserved for the rest. */
        while (s.count + 3 <= MARK_PARTS_MAX && next_pair(text, s.done, MARK_ANSWER, &p))
            put_pair(&s, MARK_ANSWER, &p);
    }
    put_around(&s, text.len);
    return s.count;
}
