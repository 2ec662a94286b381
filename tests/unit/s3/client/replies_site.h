/* The client with a store that returns one wrong property in the replies of one operation.
 *
 * What:    a cell names an operation, a wrong property and the required result; run_cells tries
 *          each: wrong in every reply and in one reply, and for writes and removals with a store
 *          that did the work and with one that did not. docs/store-replies.md has the table,
 *          tests/e2e/test_store_replies.sh compares.
 * Owner:   the test's.
 * Threads: one.
 * Fails:   by cmocka's assertions, with the cell's words.
 */
#ifndef TESTS_UNIT_S3_REPLIES_SITE_H
#define TESTS_UNIT_S3_REPLIES_SITE_H

#include "base/util.h"
#include "tests/fake/lying_store.h"
#include "tests/unit/s3/site.h"

typedef enum expectation {
    RIGHT, /* the result equals that of the true reply */
    FAILS, /* an error that names the property */
    PROVEN /* right if the store did the work, which another request confirms; otherwise such an error */
} expectation;

typedef struct cell {
    const char *operation;
    lie l;
    expectation expected;
    const char *field;
    const char *words; /* a part of the error's message; "a|b": one of them */
    const char *from, *to;
} cell;

typedef struct replies_site replies_site;

typedef struct operation {
    const char *name;
    fake_reply truth;
    bool (*is_asked)(const fake_request *r); /* for this operation */
    void (*start)(replies_site *p);
    bool (*is_right)(replies_site *p); /* after success: whether the result is the true one */
    void (*others)(replies_site *p, const fake_request *r, fake_reply *reply);
    const char *const *env; /* NULL: keys of the environment */
} operation;

struct replies_site {
    site s;
    const operation *op;
    const cell *c;
    bool once, works; /* wrong only once; the request of a wrong reply was executed */
    unsigned replies; /* of the operation */
    bool done;        /* the store has done it */
    buf result;       /* of the operation */
    char *data;
    false_reply lie;
    http_header headers[8]; /* context of `others` */
};

static inline bool url_has(const fake_request *r, const char *method, const char *part)
{
    return strcmp(r->method, method) == 0 && strstr(r->url, part);
}

static inline void reply_handler(void *ctx, const fake_request *r, fake_reply *reply)
{
    replies_site *p = ctx;
    if (!p->op->is_asked(r)) {
        if (!p->op->others)
            fail_msg("%s: %s %s was not expected", p->op->name, r->method, r->url);
        p->op->others(p, r, reply);
        return;
    }
    if (p->once && p->replies++ > 0) {
        p->done = true;
        *reply = p->op->truth;
        return;
    }
    p->done |= p->works;
    false_reply_deinit(&p->lie);
    if (!lie_make(p->c->l, &p->op->truth, p->c->field, p->c->from, p->c->to, &p->lie))
        fail_msg("%s: this false reply does not apply to %s", p->op->name,
                 p->c->field ? p->c->field : "the reply");
    *reply = p->lie.reply;
}

static inline bool has_words(const char *message, const char *words)
{
    AUTO_FREE char *all = xstrdup(words);
    char *rest = all;
    for (char *one; (one = strsep(&rest, "|"));)
        if (strcasestr(message, one))
            return true;
    return false;
}

static inline void judge(replies_site *p, const char *label)
{
    const err *e = &p->s.error;
    expectation expected = p->c->expected;
    /* A page as the first reply of all is not tried again. */
    bool is_page = p->c->l == HTML || p->c->l == TEXT;
    bool may_fail = expected == FAILS || (expected == PROVEN && !p->works && (!p->once || is_page));
    bool must_fail = may_fail && !p->once;
    if (e->code == ERR_NONE && must_fail)
        fail_msg("%s: silent success", label);
    if (e->code == ERR_NONE) {
        if (!p->op->is_right(p))
            fail_msg("%s: success, but the result is not the true one: %s", label,
                     buf_str(&p->result));
        return;
    }
    if (!may_fail)
        fail_msg("%s: %s", label, e->message);
    if (e->code == ERR_INTERNAL || !has_words(e->message, p->c->words))
        fail_msg("%s: the message does not name the property (%s): %s", label, p->c->words,
                 e->message);
}

static inline void run_cell(const operation *o, const cell *c, bool once, bool works)
{
    replies_site p = {.op = o, .c = c, .once = once, .works = works};
    AUTO_FREE char *label =
        xasprintf("%s, %s%s%s, %s, %s", o->name, lie_names[c->l], c->field ? " " : "",
                  c->field ? c->field : "", once ? "once" : "always", works ? "done" : "not done");
    site_env = o->env;
    site_open(&p.s, (s3_config){.part_size_bytes = 5 << 20, .max_attempts = 3});
    buf_init(&p.result, 1 << 20);
    fake_handle(p.s.f, reply_handler, &p);
    o->start(&p);
    if (!fake_run_until(p.s.f, &p.s.done))
        fail_msg("%s: it did not end", label);
    fake_run_all(p.s.f); /* aborts in the background */
    judge(&p, label);
    assert_int_equal(p.s.done_count, 1);
    site_close(&p.s);
    false_reply_deinit(&p.lie);
    buf_deinit(&p.result);
    free(p.data);
}

/* A right outcome after a reply like the true one requires a store that did the work. */
static inline void run_cells(const operation *o, const cell *cells, size_t count)
{
    size_t tried = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cells[i].operation, o->name) != 0)
            continue;
        for (unsigned mode = 0; mode < 4; mode++)
            if (cells[i].expected != RIGHT || mode >= 2)
                run_cell(o, &cells[i], mode % 2, mode >= 2);
        tried++;
    }
    assert_true(tried > 0);
}

#endif
