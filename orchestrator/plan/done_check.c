#include "orchestrator/plan/done_check.h"

#include <ctype.h>
#include <strings.h>

#include "decon/base/log.h"
#include "base/array.h"
#include "base/util.h"
#include "orchestrator/fleet/provenance.h"

typedef struct look {
    done_check *check;
    const planned *row;
    s3_op *op; /* or NULL */
} look;

struct done_check {
    done_check_options options;
    look *looks; /* options.at_once of them */
    size_t next, active;
    superseded_inputs superseded;
    done_check_counts counts;
    char *other_settings; /* of the first result that differs */
    err error;            /* the first error: no more requests are sent */
};

static void note_superseded(done_check *c, const planned *row, const char *why)
{
    superseded_inputs *s = &c->superseded;
    *ARRAY_ADD(s->objects, s->count) = row->object;
    log_info("%s: %s", row->object->key, why);
}

static bool may_not_be_read(const err *error)
{
    return error->http_status == 403 || error->http_status == 405 || error->http_status == 501;
}

static char *lower_case(const char *text)
{
    char *copy = xstrdup(text);
    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

static void judge_settings(done_check *c, const planned *row, const s3_object *result)
{
    const char *found = provenance_settings(result->metadata, result->metadata_count);
    if (!c->options.settings)
        return;
    if (!found) {
        c->counts.without_settings++;
    } else if (strcasecmp(found, c->options.settings) != 0) { /* some stores change the case */
        c->counts.other_settings++;
        if (!c->other_settings)
            c->other_settings = lower_case(found);
        if (c->options.redo_other_settings)
            note_superseded(c, row, "its result was made with other settings");
    }
}

static void judge(done_check *c, const planned *row, const s3_object *result)
{
    AUTO_FREE char *etag = listed_etag(row->object);
    switch (provenance_compare(result->metadata, result->metadata_count, etag,
                               row->object->size_bytes)) {
    case PROVENANCE_OTHER:
        note_superseded(c, row, "changed since its result was made");
        return;
    case PROVENANCE_UNKNOWN:
        c->counts.unmarked++;
        break;
    case PROVENANCE_SAME:
        break;
    }
    judge_settings(c, row, result);
}

static void note_failure(done_check *c, const planned *row, const err *error)
{
    if (error->code == ERR_S3_NOT_FOUND)
        note_superseded(c, row, "its result was removed");
    else if (may_not_be_read(error))
        c->counts.unreadable++;
    else if (!err_is_set(&c->error))
        c->error = *error;
}

static int compare_objects(const void *a, const void *b)
{
    const listed *x = *(const listed *const *)a, *y = *(const listed *const *)b;
    return x < y ? -1 : x > y;
}

static void finish(done_check *c)
{
    superseded_inputs *s = &c->superseded;
    if (s->count)
        qsort(s->objects, s->count, sizeof *s->objects, compare_objects);
    c->options.on_done(c->options.ctx, err_is_set(&c->error) ? &c->error : NULL);
}

static void start_look(look *l);

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    look *l = ctx;
    done_check *c = l->check;
    l->op = NULL;
    c->active--;
    if (error)
        note_failure(c, l->row, error);
    else
        judge(c, l->row, object);
    start_look(l);
    if (c->active == 0)
        finish(c);
}

static void start_look(look *l)
{
    done_check *c = l->check;
    const plan *p = c->options.plan;
    if (err_is_set(&c->error) || c->next == p->done_count)
        return;
    l->row = &p->done_rows[c->next++];
    AUTO_FREE char *key = plan_commit_key(p, l->row);
    c->active++;
    l->op = s3_head(c->options.s3, p->places->report.bucket, key, on_head, l);
}

done_check *done_check_start(const done_check_options *options)
{
    done_check *c = xcalloc(1, sizeof *c);
    c->options = *options;
    c->looks = xcalloc(options->at_once, sizeof *c->looks);
    for (unsigned i = 0; i < options->at_once; i++) {
        c->looks[i].check = c;
        start_look(&c->looks[i]);
    }
    return c;
}

const superseded_inputs *done_check_superseded(const done_check *c)
{
    return &c->superseded;
}

const char *done_check_other_settings(const done_check *c)
{
    return c->other_settings;
}

done_check_counts done_check_count(const done_check *c)
{
    return c->counts;
}

void done_check_free(done_check *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < c->options.at_once; i++)
        if (c->looks[i].op)
            s3_op_cancel(c->looks[i].op);
    free(c->looks);
    free(c->superseded.objects);
    free(c->other_settings);
    free(c);
}
