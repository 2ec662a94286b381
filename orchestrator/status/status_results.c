#include "orchestrator/status/status_results.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "decon/s3/etag.h"
#include "orchestrator/fleet/failure_line.h"
#include "orchestrator/fleet/ledger_line.h"
#include "orchestrator/fleet/provenance.h"
#include "orchestrator/runtime/store_heads.h"
#include "orchestrator/status/status_lines.h"

static bool read_lines(const status_results *r, const char *folder, codec_format format,
                       bool (*on_line)(void *ctx, slice text, uint64_t number, bool has_newline,
                                       err *e),
                       err *e)
{
    return status_lines_read(&(status_lines){.session = r->session,
                                             .report = &r->table->places->report,
                                             .folder = folder,
                                             .format = format,
                                             .on_line = on_line,
                                             .ctx = (void *)(uintptr_t)r},
                             e);
}

/* --- the ledger --- */

/* Whether the line is of this input, and the commit object was not made again since. Earlier versions did not
 * write its time. */
static bool agrees(const status_table *t, size_t index, const ledger_line *line)
{
    const listed *input = t->inputs.sorted[index];
    uint8_t state = t->state[index];
    AUTO_FREE char *etag = listed_etag(input);
    return (state & INPUT_DONE) && !(state & INPUT_COUNTED) &&
           line->size_bytes == input->size_bytes &&
           (!etag[0] || !line->etag[0] || s3_etag_equal(etag, line->etag)) &&
           line->contaminated == ((state & INPUT_CONTAMINATED) != 0) &&
           (!line->result_modified_s || line->result_modified_s == (int64_t)t->committed_s[index]);
}

static bool has_other_settings(const status_results *r, const char *found)
{
    return r->settings && found && strcasecmp(found, r->settings) != 0;
}

/* The newest run does not count the result as done. */
static bool is_made_again(const status_results *r, const char *found)
{
    return r->redoes && has_other_settings(r, found);
}

static void note_settings(const status_results *r, const char *found)
{
    r->sums->other_settings += has_other_settings(r, found);
}

/* Of a result that is not there any more, or is of another version. */
static void note_commit(const status_table *t, size_t index, int64_t committed_s)
{
    if (committed_s > (int64_t)t->committed_s[index])
        t->committed_s[index] = (uint32_t)committed_s;
}

/* A line without the time of the commit object may be of an earlier result; HEAD shows it. */
static void take_line(const status_results *r, size_t index, const ledger_line *line)
{
    if (!is_made_again(r, line->settings)) {
        status_sums_add(r->sums, r->table, index, line->lines, line->contaminated_lines,
                        &line->sets);
        note_settings(r, line->settings);
    } else if (line->result_modified_s) {
        r->table->state[index] = 0;
    }
}

/* Lines of an unknown form are skipped: later versions may write others. */
static bool on_ledger_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    const status_results *r = ctx;
    AUTO(ledger_line) line = {0};
    UNUSED(number);
    UNUSED(has_newline);
    UNUSED(e);
    if (!ledger_line_read(text, &line, NULL))
        return true;
    size_t index = status_table_find(r->table, line.key);
    if (index != SIZE_MAX && !(r->table->state[index] & INPUT_DONE))
        note_commit(r->table, index, line.committed_s);
    else if (index != SIZE_MAX && agrees(r->table, index, &line))
        take_line(r, index, &line);
    return true;
}

bool status_results_read_ledger(const status_results *r, err *e)
{
    return read_lines(r, "ledger", CODEC_ZSTD, on_ledger_line, e);
}

/* --- failures --- */

/* Whether the failure is of this version of the input. Earlier versions did not write its ETag. */
static bool is_of_version(const listed *input, const failed_file *f)
{
    AUTO_FREE char *etag = listed_etag(input);
    if (etag[0] && f->etag[0])
        return s3_etag_equal(etag, f->etag);
    return (!f->size_known || f->size_bytes == input->size_bytes) &&
           (!f->failed_s || f->failed_s >= input->last_modified_s);
}

/* The rule of docs/records.md: a failure counts until its file is done, replaced, or was committed later. */
static bool on_failure_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    const status_results *r = ctx;
    const status_table *t = r->table;
    AUTO(failed_file) f = {0};
    UNUSED(number);
    UNUSED(has_newline);
    UNUSED(e);
    if (!failed_file_read(text, &f) || f.by_name)
        return true;
    size_t index = status_table_find(t, f.key);
    if (index == SIZE_MAX || (t->state[index] & INPUT_DONE) ||
        !is_of_version(t->inputs.sorted[index], &f))
        return true;
    if (!f.failed_s || f.failed_s > (int64_t)t->committed_s[index])
        t->state[index] |= INPUT_FAILED;
    return true;
}

bool status_results_read_failures(const status_results *r, err *e)
{
    return read_lines(r, "failures", CODEC_PLAIN, on_failure_line, e);
}

/* --- HEAD of commit objects --- */

static void take_head(const status_results *r, size_t index, const s3_object *object)
{
    const listed *input = r->table->inputs.sorted[index];
    AUTO_FREE char *etag = listed_etag(input);
    provenance_lines found;
    const char *settings = provenance_settings(object->metadata, object->metadata_count);
    if (is_made_again(r, settings) ||
        provenance_compare(object->metadata, object->metadata_count, etag, input->size_bytes) ==
            PROVENANCE_OTHER) {
        r->table->state[index] = 0;
        return;
    }
    note_settings(r, settings);
    if (provenance_read_lines(object->metadata, object->metadata_count, &found))
        status_sums_add(r->sums, r->table, index, found.lines, found.contaminated_lines, NULL);
}

typedef struct head_run {
    const status_results *results;
    size_t next;
    uint64_t left; /* requests that may still be made */
    uint64_t unreadable;
} head_run;

static void on_head(void *ctx, size_t index, const s3_object *object, const err *error)
{
    head_run *h = ctx;
    if (!error)
        take_head(h->results, index, object);
    else if (error->code == ERR_S3_NOT_FOUND)
        h->results->table->state[index] = 0; /* removed since it was listed */
    else
        h->unreadable++;
}

static bool needs_head(uint8_t state)
{
    return (state & INPUT_DONE) && !(state & INPUT_COUNTED);
}

static char *next_head(void *ctx, size_t *index)
{
    head_run *h = ctx;
    const status_table *t = h->results->table;
    while (h->next < t->inputs.count && !needs_head(t->state[h->next]))
        h->next++;
    if (h->next == t->inputs.count || h->left == 0)
        return NULL;
    h->left--;
    *index = h->next++;
    return status_table_commit_key(t, *index);
}

void status_results_ask(const status_results *r, uint64_t limit)
{
    head_run run = {.results = r, .left = limit};
    store_session_head(r->session, &(store_heads){.bucket = r->table->places->report.bucket,
                                                  .next = next_head,
                                                  .take = on_head,
                                                  .ctx = &run});
    if (run.unreadable)
        log_warn("%llu results cannot be read (HEAD); their lines are not counted",
                 (unsigned long long)run.unreadable);
}
