#include "orchestrator/transfer/result_lines.h"

#include <inttypes.h>

#include "decon/base/log.h"
#include "base/util.h"

/* --- a text through linehash --- */

typedef struct hashing {
    linehash *hash;
    bool stopped; /* `take` has returned false */
} hashing;

static bool feed_hash(void *ctx, slice text, err *e)
{
    hashing *h = ctx;
    h->stopped = !linehash_feed(h->hash, text);
    return !h->stopped || err_set(e, ERR_CANCELLED, "no more lines are needed");
}

static bool finish_hash(void *ctx, err *e)
{
    hashing *h = ctx;
    UNUSED(e);
    h->stopped = !linehash_finish(h->hash);
    return true;
}

/* Reads until `take` returns false; *stopped (or NULL) is then true. */
static bool hash_text(const text_reader *text, const linehash_sink *sink, bool *stopped, err *e)
{
    AUTO_PTR(linehash) hash = linehash_new(sink);
    hashing h = {.hash = hash};
    AUTO_PTR(stage) lines = stage_callback_new(feed_hash, finish_hash, &h);
    err error = ERR_INIT;
    bool ok = text->read(text->ctx, lines, &error);
    if (stopped)
        *stopped = h.stopped;
    if (!ok && !h.stopped)
        *e = error;
    return ok || h.stopped;
}

/* --- counting --- */

typedef struct counting {
    linehash_sink kept;
    bool keeps;
    uint64_t lines;
} counting;

static bool count_batch(void *ctx, const uint64_t *hashes, size_t count)
{
    counting *c = ctx;
    c->lines += count;
    c->keeps = c->keeps && c->kept.take(c->kept.ctx, hashes, count);
    return true;
}

bool result_lines_count(const text_reader *input, line_hashes *hashes, uint64_t *lines, err *e)
{
    counting c = {.keeps = hashes != NULL};
    if (hashes)
        c.kept = line_hashes_begin(hashes);
    linehash_sink sink = {.key = c.kept.key, .take = count_batch, .ctx = &c};
    if (!hash_text(input, &sink, NULL, e))
        return false;
    if (hashes)
        line_hashes_end(hashes);
    *lines = c.lines;
    return true;
}

/* --- digest of a sequence of hashes, with marks --- */

#define MARKS 2048

typedef struct trail {
    uint64_t digest;
    uint64_t lines;
    uint64_t step; /* lines between marks: doubled when the array is full */
    size_t count;
    uint64_t marks[MARKS]; /* marks[i]: the digest of the first (i + 1) * step lines */
} trail;

/* For a given hash, different digests stay different: a difference is never lost. */
static uint64_t digest_add(uint64_t digest, uint64_t hash)
{
    digest = (digest ^ hash) * UINT64_C(0x9FB21C651E98DF25);
    return (digest << 29 | digest >> 35) * UINT64_C(0xD6E8FEB86659FD93);
}

static void drop_every_second_mark(trail *t)
{
    t->count /= 2;
    for (size_t i = 0; i < t->count; i++)
        t->marks[i] = t->marks[2 * i + 1];
    t->step *= 2;
}

static void trail_add(trail *t, uint64_t hash)
{
    t->digest = digest_add(t->digest, hash);
    if (++t->lines % t->step != 0)
        return;
    t->marks[t->count++] = t->digest;
    if (t->count == MARKS)
        drop_every_second_mark(t);
}

/* --- the input without the removed lines --- */

typedef struct input_lines {
    const line_check *check;
    uint64_t number; /* of the next line */
    size_t removed;  /* of check->removed: before that line */
    bool (*kept)(void *ctx, uint64_t hash, uint64_t number);
    void *ctx;
} input_lines;

static bool take_input(void *ctx, const uint64_t *hashes, size_t count)
{
    input_lines *in = ctx;
    const line_check *c = in->check;
    for (size_t i = 0; i < count; i++, in->number++)
        if (in->removed < c->removed_count && c->removed[in->removed] == in->number)
            in->removed++;
        else if (!in->kept(in->ctx, hashes[i], in->number))
            return false;
    return true;
}

static bool add_to_trail(void *ctx, uint64_t hash, uint64_t number)
{
    UNUSED(number);
    trail_add(ctx, hash);
    return true;
}

/* --- the cleaned text beside it --- */

typedef struct comparison {
    const trail *wanted;
    uint64_t digest, lines;
    bool differs;
    uint64_t from; /* if they differ: the first `from` lines are equal */
} comparison;

static bool take_cleaned(void *ctx, const uint64_t *hashes, size_t count)
{
    comparison *c = ctx;
    const trail *t = c->wanted;
    for (size_t i = 0; i < count; i++) {
        c->digest = digest_add(c->digest, hashes[i]);
        if (++c->lines % t->step != 0)
            continue;
        uint64_t mark = c->lines / t->step - 1;
        c->differs = mark >= t->count || t->marks[mark] != c->digest;
        if (c->differs) {
            c->from = MIN(mark, (uint64_t)t->count) * t->step;
            return false;
        }
    }
    return true;
}

static void compare_ends(comparison *c)
{
    const trail *t = c->wanted;
    if (c->differs || (c->lines == t->lines && c->digest == t->digest))
        return;
    c->differs = true;
    c->from = MIN(c->lines, t->lines) / t->step * t->step;
}

/* --- the first difference --- */

typedef struct window {
    uint64_t at;                /* lines before it, of the kept ones */
    uint64_t from, step;        /* its place */
    size_t count;               /* of the wanted lines in it */
    uint64_t *hashes, *numbers; /* of those, numbers in the input */
    uint64_t cleaned_lines;
    bool found;
    uint64_t first; /* line of the cleaned text, from 0 */
} window;

static bool collect(void *ctx, uint64_t hash, uint64_t number)
{
    window *w = ctx;
    if (w->at++ < w->from)
        return true;
    w->hashes[w->count] = hash;
    w->numbers[w->count++] = number;
    return w->count < w->step;
}

static bool search_cleaned(void *ctx, const uint64_t *hashes, size_t count)
{
    window *w = ctx;
    for (size_t i = 0; i < count; i++) {
        uint64_t line = w->cleaned_lines++;
        if (w->found || line < w->from || line >= w->from + w->step)
            continue;
        uint64_t at = line - w->from;
        w->found = at >= w->count || w->hashes[at] != hashes[i];
        w->first = line;
    }
    return true;
}

static bool report_difference(const line_check *c, const window *w, err *e)
{
    char place[160];
    uint64_t at = w->first - w->from;
    if (!w->found)
        snprintf(place, sizeof place, "it changed while it was read");
    else if (w->first >= w->cleaned_lines)
        snprintf(place, sizeof place,
                 "it ends after line %" PRIu64 ", line %" PRIu64 " of the input is missing",
                 w->first, w->numbers[at] + 1);
    else if (at >= w->count)
        snprintf(place, sizeof place, "its line %" PRIu64 " follows the last line of the input",
                 w->first + 1);
    else
        snprintf(place, sizeof place, "its line %" PRIu64 " is not line %" PRIu64 " of the input",
                 w->first + 1, w->numbers[at] + 1);
    return err_set(
        e, ERR_RESULT,
        "%s: the cleaned file is not the input without the reported lines: %s (lines: "
        "input %" PRIu64 ", reported %zu, cleaned %" PRIu64
        "); nothing was committed; check the detection server, which must read the whole "
        "input and copy all other lines unchanged",
        c->name, place, c->input_lines, c->removed_count, w->cleaned_lines);
}

static bool name_difference(const line_check *c, const linehash_key *key, const comparison *found,
                            err *e)
{
    uint64_t step = found->wanted->step;
    AUTO_FREE uint64_t *hashes = xcalloc(step, sizeof *hashes);
    AUTO_FREE uint64_t *numbers = xcalloc(step, sizeof *numbers);
    window w = {.from = found->from, .step = step, .hashes = hashes, .numbers = numbers};
    input_lines in = {.check = c, .kept = collect, .ctx = &w};
    linehash_sink input = {.key = *key, .take = take_input, .ctx = &in};
    linehash_sink cleaned = {.key = *key, .take = search_cleaned, .ctx = &w};
    if (!hash_text(&c->input, &input, NULL, e) || !hash_text(&c->cleaned, &cleaned, NULL, e))
        return false;
    if (!w.found && w.cleaned_lines < w.from + w.count) {
        w.found = true;
        w.first = w.cleaned_lines;
    }
    return report_difference(c, &w, e);
}

/* --- the comparison --- */

static bool read_wanted(const line_check *c, const linehash_key *key, bool from_hashes,
                        trail *wanted, err *e)
{
    *wanted = (trail){.step = 1};
    input_lines in = {.check = c, .kept = add_to_trail, .ctx = wanted};
    linehash_sink sink = {.key = *key, .take = take_input, .ctx = &in};
    return from_hashes ? line_hashes_each(c->hashes, take_input, &in, e)
                       : hash_text(&c->input, &sink, NULL, e);
}

static bool compare(const line_check *c, const linehash_key *key, const trail *wanted,
                    comparison *out, err *e)
{
    *out = (comparison){.wanted = wanted};
    linehash_sink sink = {.key = *key, .take = take_cleaned, .ctx = out};
    if (!hash_text(&c->first, &sink, NULL, e))
        return false;
    compare_ends(out);
    return true;
}

bool result_lines_compare(const line_check *c, err *e)
{
    bool from_hashes = line_hashes_whole(c->hashes, c->input_lines);
    linehash_key key = from_hashes ? line_hashes_key_of(c->hashes) : line_hashes_key();
    AUTO_FREE trail *wanted = xcalloc(1, sizeof *wanted);
    comparison found;
    if (!read_wanted(c, &key, from_hashes, wanted, e) || !compare(c, &key, wanted, &found, e))
        return false;
    if (found.differs && from_hashes) {
        if (!read_wanted(c, &key, false, wanted, e) || !compare(c, &key, wanted, &found, e))
            return false;
        if (!found.differs)
            log_warn("%s: its line hashes changed on the disk; the input was decoded again and the "
                     "cleaned file is correct; check memory and disk of this host",
                     c->name);
    }
    return !found.differs || name_difference(c, &key, &found, e);
}
