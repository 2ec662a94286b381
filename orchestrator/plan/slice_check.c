#include "base/util.h"
#include "orchestrator/plan/slice_check.h"

#include <strings.h>

#include "orchestrator/fleet/provenance.h"

typedef struct slice_check slice_check;

/* One request: rows are examined one after the other, first the marker, then the report. */
typedef struct slice_look {
    slice_check *check;
    size_t row;
    bool report;
    s3_op *request;
} slice_look;

struct slice_check {
    op op;
    slice_check_options o;
    slice_look *looks;
    bool *done; /* of each row */
    size_t next, active;
    err error;
};

static void check_stop(op *o)
{
    slice_check *c = (slice_check *)o;
    for (unsigned i = 0; i < c->o.at_once; i++)
        op_cancel(move(c->looks[i].request));
}

static void check_free(op *o)
{
    slice_check *c = (slice_check *)o;
    free(c->looks);
    free(c->done);
    free(c);
}

static const op_kind check_kind = {.stop = check_stop, .free = check_free};

static void drop_done(slice_check *c)
{
    plan *p = c->o.plan;
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++)
        if (c->done[i]) {
            p->size_bytes -= p->rows[i].object->size_bytes;
            p->done++;
        } else {
            p->rows[kept++] = p->rows[i];
        }
    p->count = kept;
}

static void finish(slice_check *c)
{
    if (!err_is_set(&c->error))
        drop_done(c);
    op_finish(&c->op, err_is_set(&c->error) ? &c->error : NULL);
}

static bool counts(const slice_check *c, const planned *row, const s3_object *result)
{
    AUTO_FREE char *etag = listed_etag(row->object);
    const char *settings = provenance_settings(result->metadata, result->metadata_count);
    bool current = !c->o.settings || (settings && strcasecmp(settings, c->o.settings) == 0);
    return result->last_modified_s >= c->o.since_s && current &&
           provenance_compare(result->metadata, result->metadata_count, etag,
                              row->object->size_bytes) == PROVENANCE_SAME;
}

static void next_row(slice_look *l);
static void look(slice_look *l);

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    slice_look *l = ctx;
    slice_check *c = l->check;
    bool absent = error && error->code == ERR_S3_NOT_FOUND;
    l->request = NULL;
    c->active--;
    if (error && !absent && !err_is_set(&c->error))
        c->error = *error;
    if (!error && counts(c, &c->o.plan->rows[l->row], object))
        c->done[l->row] = true;
    if (absent && !l->report && !err_is_set(&c->error)) {
        l->report = true;
        look(l);
    } else {
        next_row(l);
    }
    if (c->active == 0)
        finish(c);
}

static void look(slice_look *l)
{
    slice_check *c = l->check;
    const plan *p = c->o.plan;
    planned row = p->rows[l->row];
    row.had_report = l->report;
    AUTO_FREE char *key = plan_commit_key(p, &row);
    c->active++;
    l->request = s3_head(c->o.s3, p->places->report.bucket, key, on_head, l);
}

static void next_row(slice_look *l)
{
    slice_check *c = l->check;
    if (err_is_set(&c->error) || c->next == c->o.plan->count)
        return;
    l->row = c->next++;
    l->report = false;
    look(l);
}

op *slice_check_start(const slice_check_options *options)
{
    slice_check *c = op_new(&check_kind, sizeof *c, NULL, options->transport);
    c->op.on_done = options->on_done;
    c->op.ctx = options->ctx;
    c->o = *options;
    c->looks = xcalloc(options->at_once, sizeof *c->looks);
    c->done = xcalloc(options->plan->count + 1, sizeof *c->done);
    for (unsigned i = 0; i < options->at_once; i++) {
        c->looks[i].check = c;
        next_row(&c->looks[i]);
    }
    if (c->active == 0)
        finish(c);
    return op_started(&c->op);
}
