/* Lines of evaluation files: prepared in parallel, committed in order.
 *
 * What:    lines are copied into batches; threads prepare whole batches, the owner commits their lines one by one and
 *          prepares batches itself while it waits.
 * Owner:   build_team_new / build_team_free. A line's text and its prepared form are valid until
 *          its commit returns. `work` must live until build_team_drain, or build_team_free.
 * Threads: one that adds, drains and frees; `prepare` is called in all of them, `commit` in the owner's.
 * Fails:   with the error of `commit`; the team may then only be freed. If no thread can be
 *          started, the owner does all the work.
 */
#ifndef DETECTION_INDEX_BUILD_TEAM_H
#define DETECTION_INDEX_BUILD_TEAM_H

#include "base/util.h"
#include "detection/index/prepare.h"

typedef struct team_line {
    slice text;
    uint64_t number;
    /* The result of `prepare`: */
    bool is_blank;     /* a blank line or a comment */
    const char *fault; /* NULL: none */
    prepared_record record;
} team_line;

typedef struct team_work {
    void (*prepare)(void *ctx, preparer *p, team_line *line, arena *a);
    bool (*commit)(void *ctx, team_line *line, err *e);
    void *ctx;
} team_work;

typedef struct build_team build_team;

/* `threads` help the owner, whose lines go through `own`. 0: each line is committed before the next one is
 * prepared. */
build_team *build_team_new(unsigned threads, preparer *own) MUST_USE;
void build_team_free(build_team *t); /* NULL is allowed */
DEFINE_AUTO_PTR(build_team, build_team_free)

bool build_team_add(build_team *t, const team_work *work, slice text, uint64_t number, err *e)
    MUST_USE;
/* Commits all added lines. */
bool build_team_drain(build_team *t, err *e) MUST_USE;

#endif
