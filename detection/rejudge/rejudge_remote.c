#include "base/util.h"
#include "detection/rejudge/rejudge_remote.h"

#include "detection/reports/report_files.h"
#include "detection/rejudge/rejudge_write.h"

#define MARKER_SUFFIX ".clean"
#define RECORD_NAME   "_decon/rejudge.json"
#define PROBE_NAME    "_decon/rejudge-probe.json"

void rejudge_remote_deinit(rejudge_remote *r)
{
    free(r->record_etag);
    *r = (rejudge_remote){.store = NULL};
}

/* --- the record --- */

static bool put_record(rejudge_remote *r, slice record, err *e)
{
    char *etag = NULL;
    report_store_write w = {.name = RECORD_NAME, .fd = -1, .text = record, .etag = r->record_etag};
    if (!r->store->write(r->store->ctx, r->folder, &w, &etag, e))
        return false;
    free(r->record_etag);
    r->record_etag = etag;
    return true;
}

bool rejudge_remote_begin(rejudge_remote *r, slice record, err *e)
{
    const report_store *s = r->store;
    return s->check_writes(s->ctx, r->folder, PROBE_NAME, e) &&
           s->find(s->ctx, r->folder, RECORD_NAME, &r->record_etag, e) && put_record(r, record, e);
}

/* Another rejudge in this folder has replaced the record since rejudge_remote_begin. */
bool rejudge_remote_end(rejudge_remote *r, slice record, err *e)
{
    return put_record(r, record, e);
}

/* --- the objects of one training file --- */

typedef struct file_run {
    const rejudge_remote *remote;
    const file_lines *f;
    const file_change *c;
    line_store *reports, *near;
    char *report, *near_name, *marker;           /* names below the folder */
    char *report_etag, *near_etag, *marker_etag; /* NULL: no object */
} file_run;

static void file_run_deinit(file_run *r)
{
    char *strings[] = {r->report,      r->near_name, r->marker,
                       r->report_etag, r->near_etag, r->marker_etag};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
}
DEFINE_AUTO(file_run, file_run_deinit)

/* Each object gets the provenance of the file's commit object. */
static bool put(const file_run *r, report_store_write *w, char **etag, err *e)
{
    const report_store *s = r->remote->store;
    char *made = NULL;
    w->etag = *etag;
    w->facts_of = r->report_etag ? r->report : r->marker_etag ? r->marker : NULL;
    w->facts_etag = r->report_etag ? r->report_etag : r->marker_etag;
    w->contaminated_lines = r->c->lines;
    w->rules = r->remote->is_scan ? NULL : r->remote->rules;
    if (!s->write(s->ctx, r->remote->folder, w, &made, e))
        return false;
    free(*etag);
    *etag = made;
    return true;
}

static bool take_out(const file_run *r, const char *name, char **etag, err *e)
{
    const report_store *s = r->remote->store;
    if (!*etag)
        return true;
    if (!s->remove(s->ctx, r->remote->folder, name, *etag, e))
        return false;
    free(move(*etag));
    return true;
}

static bool put_lines(const file_run *r, rejudge_lines wanted, const char *name, char **etag,
                      err *e)
{
    AUTO_FD fd = -1;
    report_store_write w = {.name = name};
    if (!rejudge_spool(r->f, wanted, r->reports, r->near, &fd, &w.size_bytes, e))
        return false;
    w.fd = fd;
    return put(r, &w, etag, e);
}

static bool commit_report(file_run *r, err *e)
{
    return (!r->c->moves || put_lines(r, WANT_COUNTING, r->report, &r->report_etag, e)) &&
           take_out(r, r->marker, &r->marker_etag, e);
}

static bool commit_marker(file_run *r, err *e)
{
    report_store_write w = {.name = r->marker, .fd = -1};
    return !r->report_etag || ((!r->remote->has_markers || put(r, &w, &r->marker_etag, e)) &&
                               take_out(r, r->report, &r->report_etag, e));
}

static bool has_line(const file_lines *f, bool is_near, bool counts)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->lines[i].is_near == is_near && f->lines[i].counts == counts)
            return true;
    return false;
}

static bool has_others(const file_lines *f)
{
    return has_line(f, true, false) || has_line(f, false, false);
}

static bool shrink_near(file_run *r, err *e)
{
    return has_others(r->f) ? put_lines(r, WANT_OTHERS, r->near_name, &r->near_etag, e)
                            : take_out(r, r->near_name, &r->near_etag, e);
}

static void file_run_init(file_run *r, const file_lines *f)
{
    r->f = f;
    r->report = xasprintf("%s" REPORT_SUFFIX, f->label);
    r->near_name = xasprintf("%s" NEAR_SUFFIX, f->label);
    r->marker = xasprintf("%s" MARKER_SUFFIX, f->label);
    r->report_etag = xstrdup_or_null(f->report_etag);
    r->near_etag = xstrdup_or_null(f->near_etag);
}

bool rejudge_remote_write(const rejudge_remote *remote, const file_lines *f, const file_change *c,
                          line_store *reports, line_store *near, err *e)
{
    const report_store *s = remote->store;
    AUTO(file_run) r = {.remote = remote, .c = c, .reports = reports, .near = near};
    file_run_init(&r, f);
    bool grows = has_line(f, false, false), shrinks = has_line(f, true, true) || f->copies > 0;
    return s->find(s->ctx, remote->folder, r.marker, &r.marker_etag, e) &&
           (!grows || put_lines(&r, WANT_NEAR_OR_OTHERS, r.near_name, &r.near_etag, e)) &&
           (c->matches > 0 ? commit_report(&r, e) : commit_marker(&r, e)) &&
           (!shrinks || shrink_near(&r, e));
}
