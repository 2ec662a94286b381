/* The writer of lists of inputs. */
#include "base/util.h"
#include "orchestrator/plan/input_list.h"

#include "decon/s3/uri.h"
#include "s3/protocol/http_date.h"

#define ROWS_AT_ONCE    1000
#define ROW_MAX_BYTES   ((size_t)16 << 10)
#define PIECE_MAX_BYTES (ROWS_AT_ONCE * ROW_MAX_BYTES)

static void put_begin(const input_list_writer *w, buf *out)
{
    const place *input = &w->places->input;
    buf_printf(out, "#decon-inputs,1,s3://%s/", input->bucket);
    s3_uri_encode(slice_from(places_list_prefix(w->places)), true, out);
    buf_append_str(out, "\n" INPUT_LIST_COLUMNS "\n");
}

static void put_row(const input_list_writer *w, const listed *object, buf *out)
{
    char when[S3_WHEN_SIZE];
    AUTO_FREE char *etag = listed_etag(object);
    AUTO_FREE char *bare = s3_etag_bare(etag);
    s3_when_format_iso(object->last_modified_s, when);
    buf_printf(out, "%s,", w->places->input.bucket);
    s3_uri_encode(slice_from(object->key), true, out);
    buf_printf(out, ",%llu,%s,\"%s\"\n", (unsigned long long)object->size_bytes, when, bare);
}

bool input_list_write_some(input_list_writer *w, err *e)
{
    const listed_array *inputs = &w->listing->inputs;
    AUTO(buf) piece = BUF(PIECE_MAX_BYTES);
    if (!w->begun)
        put_begin(w, &piece);
    w->begun = true;
    for (size_t i = 0; i < ROWS_AT_ONCE && w->next < inputs->count; i++)
        put_row(w, listed_at(inputs, w->next++), &piece);
    bool last = w->next == inputs->count;
    if (last)
        buf_printf(&piece, "#end,%zu\n", inputs->count);
    if (piece.overflow)
        return err_set(e, ERR_LIMIT, "a row of the input list is too long");
    if (!stage_feed(w->to, buf_slice(&piece), e))
        return false;
    w->ended = last;
    return !last || stage_finish(w->to, e);
}
