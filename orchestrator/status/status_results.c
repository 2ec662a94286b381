#include "orchestrator/status/status_results.h"

#include <string.h>
#include <strings.h>

#include "base/json/json_read.h"
#include "base/utf8.h"
#include "base/array.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "decon/s3/etag.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/fleet/ledger_line.h"
#include "orchestrator/fleet/provenance.h"
#include "orchestrator/fleet/run_name.h"

/* --- files of lines below `_decon/`, the newest first --- */

typedef struct line_files {
    const status_results *results;
    codec_format format;
    bool (*on_line)(void *ctx, slice text, uint64_t number, bool has_newline, err *e);
    char **keys;
    uint64_t *sizes;
    size_t count, prefix_len;
    stage *lines, *decoder; /* of the file that is being read */
    err error;
} line_files;

typedef struct line_file {
    char *key;
    uint64_t size_bytes;
} line_file;

typedef struct file_list {
    line_file *files;
    size_t count;
} file_list;

static bool on_file(void *ctx, const s3_object *object, err *e)
{
    file_list *l = ctx;
    UNUSED(e);
    *ARRAY_ADD(l->files, l->count) = (line_file){xstrdup(object->key), object->size_bytes};
    return true;
}

/* Names of runs begin with their start. */
static int compare_newest(const void *a, const void *b)
{
    return strcmp(((const line_file *)b)->key, ((const line_file *)a)->key);
}

static void close_file(line_files *f)
{
    stage_free(move(f->decoder));
    stage_free(move(f->lines));
    f->error = (err)ERR_INIT;
}

static bool open_file(line_files *f, err *e)
{
    if (f->decoder)
        return true;
    f->lines = stage_lines_new(LEDGER_LINE_MAX_BYTES, NULL, f->on_line, (void *)f->results);
    f->decoder = codec_decoder_new(f->format, f->lines, e);
    return f->decoder != NULL;
}

static bool feed_piece(line_files *f, slice piece, bool last, err *e)
{
    return open_file(f, e) && stage_feed(f->decoder, piece, e) &&
           (!last || stage_finish(f->decoder, e));
}

static void take_piece(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    line_files *f = ctx;
    if (error)
        f->error = *error;
    else if (!err_is_set(&f->error) && !feed_piece(f, piece, last, &f->error))
        err_context(&f->error, "%s", f->keys[index]);
    if (!last)
        return;
    if (err_is_set(&f->error))
        log_info("a record is not read to its end: %s", f->error.message);
    close_file(f);
}

static bool read_files(line_files *f, const char *folder, err *e)
{
    const place *report = &f->results->table->places->report;
    file_list list = {0};
    AUTO_FREE char *prefix = xasprintf("%s" RUN_RECORDS_FOLDER "%s/", report->prefix, folder);
    bool ok = store_session_list(f->results->session, report->bucket, prefix, on_file, &list, e);
    if (list.count)
        qsort(list.files, list.count, sizeof *list.files, compare_newest);
    f->keys = xcalloc(list.count + 1, sizeof *f->keys);
    f->sizes = xcalloc(list.count + 1, sizeof *f->sizes);
    for (size_t i = 0; i < list.count; i++) {
        f->keys[i] = list.files[i].key;
        f->sizes[i] = list.files[i].size_bytes;
    }
    if (ok)
        store_session_fetch(f->results->session,
                            &(store_fetch){.bucket = report->bucket,
                                           .keys = (const char *const *)f->keys,
                                           .sizes = f->sizes,
                                           .count = list.count,
                                           .take = take_piece,
                                           .ctx = f});
    for (size_t i = 0; i < list.count; i++)
        free(f->keys[i]);
    free(f->keys);
    free(f->sizes);
    free(list.files);
    return ok;
}

/* --- the ledger --- */

static bool agrees(const status_table *t, size_t index, const ledger_line *line)
{
    const listed *input = t->inputs.sorted[index];
    uint8_t state = t->state[index];
    AUTO_FREE char *etag = listed_etag(input);
    return (state & INPUT_DONE) && !(state & INPUT_COUNTED) &&
           line->size_bytes == input->size_bytes &&
           (!etag[0] || !line->etag[0] || s3_etag_equal(etag, line->etag)) &&
           line->contaminated == ((state & INPUT_CONTAMINATED) != 0);
}

static void note_settings(const status_results *r, const char *found)
{
    if (r->settings && found && strcasecmp(found, r->settings) != 0)
        r->sums->other_settings++;
}

/* A line that is no line of a ledger ends nothing: later versions may write others. */
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
    if (index != SIZE_MAX && agrees(r->table, index, &line)) {
        status_sums_add(r->sums, r->table, index, line.lines, line.contaminated_lines, &line.sets);
        note_settings(r, line.settings);
    }
    return true;
}

bool status_results_read_ledger(const status_results *r, err *e)
{
    line_files f = {.results = r, .format = CODEC_ZSTD, .on_line = on_ledger_line};
    return read_files(&f, "ledger", e);
}

/* --- failures --- */

static bool on_failure_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    static const char *const key = "key";
    const status_results *r = ctx;
    json_value value;
    slice name;
    UNUSED(number);
    UNUSED(has_newline);
    UNUSED(e);
    if (utf8_check(text) < text.len || !json_read_members(text, &key, &value, 1, NULL, NULL))
        return true;
    AUTO(buf) scratch = BUF(LEDGER_LINE_MAX_BYTES);
    if (value.type != JSON_STRING || !json_text(&value, &scratch, &name))
        return true;
    AUTO_FREE char *input = slice_dup(name);
    size_t index = status_table_find(r->table, input);
    if (index != SIZE_MAX && !(r->table->state[index] & INPUT_DONE))
        r->table->state[index] |= INPUT_FAILED;
    return true;
}

bool status_results_read_failures(const status_results *r, err *e)
{
    line_files f = {.results = r, .format = CODEC_PLAIN, .on_line = on_failure_line};
    return read_files(&f, "failures", e);
}

/* --- HEAD of commit objects --- */

#define AT_ONCE 32

typedef struct head_run head_run;
typedef struct head_slot {
    head_run *run;
    size_t index;
} head_slot;

struct head_run {
    const status_results *results;
    head_slot slots[AT_ONCE];
    size_t next, active;
    uint64_t left; /* requests that may still be made */
    uint64_t unreadable;
};

static void ask_next(head_slot *slot);

static void take_head(const status_results *r, size_t index, const s3_object *object)
{
    const listed *input = r->table->inputs.sorted[index];
    AUTO_FREE char *etag = listed_etag(input);
    provenance_lines found;
    if (provenance_compare(object->metadata, object->metadata_count, etag, input->size_bytes) ==
        PROVENANCE_OTHER) {
        r->table->state[index] = 0;
        return;
    }
    note_settings(r, provenance_settings(object->metadata, object->metadata_count));
    if (provenance_read_lines(object->metadata, object->metadata_count, &found))
        status_sums_add(r->sums, r->table, index, found.lines, found.contaminated_lines, NULL);
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    head_slot *slot = ctx;
    head_run *h = slot->run;
    if (!error)
        take_head(h->results, slot->index, object);
    else if (error->code == ERR_S3_NOT_FOUND)
        h->results->table->state[slot->index] = 0; /* removed since it was listed */
    else
        h->unreadable++;
    h->active--;
    ask_next(slot);
    if (h->active == 0)
        store_session_end(h->results->session, NULL);
}

static bool needs_head(uint8_t state)
{
    return (state & INPUT_DONE) && !(state & INPUT_COUNTED);
}

static void ask_next(head_slot *slot)
{
    head_run *h = slot->run;
    const status_table *t = h->results->table;
    const places *p = t->places;
    while (h->next < t->inputs.count && !needs_head(t->state[h->next]))
        h->next++;
    if (h->next == t->inputs.count || h->left == 0)
        return;
    h->left--;
    h->active++;
    slot->index = h->next++;
    output_names names = names_outputs(places_relative(p, t->inputs.sorted[slot->index]->key),
                                       p->report.prefix, p->cleaned.prefix);
    bool contaminated = t->state[slot->index] & INPUT_CONTAMINATED;
    s3_head(h->results->session->s3, p->report.bucket,
            contaminated ? names.report_key : names.marker_key, on_head, slot);
    output_names_deinit(&names);
}

void status_results_ask(const status_results *r, uint64_t limit)
{
    head_run run = {.results = r, .left = limit};
    store_session_begin(r->session);
    for (size_t i = 0; i < AT_ONCE; i++) {
        run.slots[i].run = &run;
        ask_next(&run.slots[i]);
    }
    bool asked = run.active > 0 && store_session_wait(r->session, NULL);
    UNUSED(asked);
    if (run.unreadable)
        log_warn("%llu results cannot be read (HEAD); their lines are not counted",
                 (unsigned long long)run.unreadable);
}
