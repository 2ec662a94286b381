#include "base/util.h"
#include "detection/review/review_judge.h"

#define ANSWER_BYTES 64

typedef struct session {
    const review_look *look;
    const suppressions *known;
    const char *path;
    FILE *in, *out;
    size_t judged;
    bool ended;
} session;

typedef struct open_match {
    const review_set *set;
    const review_example *example;
} open_match;

static judged_match match_of(const open_match *m)
{
    const review_example *x = m->example;
    return (judged_match){.eval = m->set->count.name,
                          .split = x->split ? x->split : "",
                          .instance = x->instance,
                          .file = x->file,
                          .line = x->training_line};
}

/* The first letter of the answer in lower case; 'q' at the end of the input. */
static char ask(session *s)
{
    char answer[ANSWER_BYTES];
    fputs("false positive here [f], everywhere [e], a true match [t], skip [s], quit [q]? ",
          s->out);
    fflush(s->out);
    if (!fgets(answer, sizeof answer, s->in))
        return 'q';
    char c = answer[0];
    for (size_t len = strlen(answer); len > 0 && answer[len - 1] != '\n';
         len = fgets(answer, sizeof answer, s->in) ? strlen(answer) : 0)
        ; /* the rest of a long line */
    return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

static bool note(session *s, judged_match m, char answer, err *e)
{
    if (answer == 'e')
        m.file = NULL;
    s->judged++;
    return suppressions_append(s->path, &m, answer == 't' ? SUPPRESSION_TRUE : SUPPRESSION_FALSE,
                               e);
}

static bool judge_one(session *s, const open_match *m, err *e)
{
    review_print_example(m->set, m->example, s->look, s->out);
    for (;;) {
        char answer = ask(s);
        if (answer == 'q')
            s->ended = true;
        if (answer == 'q' || answer == 's')
            return true;
        if (answer == 'f' || answer == 'e' || answer == 't')
            return note(s, match_of(m), answer, e);
        fputs("please answer f, e, t, s or q\n", s->out);
    }
}

static int lowest_first(const void *a, const void *b)
{
    const open_match *x = a, *y = b;
    if (x->example->score != y->example->score)
        return x->example->score < y->example->score ? -1 : 1;
    return (x->example->order > y->example->order) - (x->example->order < y->example->order);
}

/* Examples without a verdict; malloc'ed. */
static open_match *open_matches(const review *r, const suppressions *known, size_t *count)
{
    size_t most = 1;
    for (size_t i = 0; i < r->set_count; i++)
        most += r->sets[i].top_count;
    open_match *all = xcalloc(most, sizeof *all);
    *count = 0;
    for (size_t i = 0; i < r->set_count; i++)
        for (size_t k = 0; k < r->sets[i].top_count; k++) {
            open_match m = {.set = &r->sets[i], .example = r->sets[i].top[k]};
            judged_match key = match_of(&m);
            if (!suppressions_judged(known, &key))
                all[(*count)++] = m;
        }
    if (*count > 1)
        qsort(all, *count, sizeof *all, lowest_first);
    return all;
}

bool review_judge(const review *r, const review_look *look, const suppressions *known,
                  const char *path, FILE *in, FILE *out, err *e)
{
    session s = {.look = look, .known = known, .path = path, .in = in, .out = out};
    size_t count = 0;
    AUTO_FREE open_match *all = open_matches(r, known, &count);
    for (size_t i = 0; i < count && !s.ended; i++)
        if (!judge_one(&s, &all[i], e))
            return false;
    fprintf(out, "%zu of %zu match%s judged; verdicts are in %s\n", s.judged, count,
            count == 1 ? "" : "es", path);
    return true;
}
