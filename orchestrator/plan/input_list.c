#include "base/util.h"
#include "orchestrator/plan/input_list.h"

#include <strings.h>

#include "decon/base/digest.h"
#include "decon/compression/codec.h"
#include "decon/s3/uri.h"
#include "s3/protocol/http_date.h"

#define LINE_MAX_BYTES ((size_t)64 << 10)
#define FIELDS_MAX     64
#define BEGIN_MARK     "#decon-inputs"
#define END_MARK       "#end,"

enum { BUCKET, KEY, SIZE, DATE, ETAG, LATEST, DELETED, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {
    "Bucket", "Key", "Size", "LastModifiedDate", "ETag", "IsLatest", "IsDeleteMarker"};

typedef struct column_order {
    int at[COLUMN_COUNT]; /* index of the field; -1: not in the list */
    size_t field_count;   /* minimum number of fields in a line */
} column_order;

struct input_list {
    input_list_options o;
    column_order columns;
    buf head; /* until the format is known */
    bool decoding;
    stage *decoder, *lines;
    bool marked, ended; /* begins with #decon-inputs; its end was read */
    uint64_t rows;
};

/* --- columns --- */

static bool is_name(slice text, const char *name)
{
    return text.len == strlen(name) && strncasecmp(text.data, name, text.len) == 0;
}

static void note_column(column_order *c, slice name, size_t index)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (is_name(name, column_names[i])) {
            c->at[i] = (int)index;
            c->field_count = MAX(c->field_count, index + 1);
        }
}

static bool has_needed(const column_order *c)
{
    return c->at[KEY] >= 0 && c->at[SIZE] >= 0 && c->at[ETAG] >= 0;
}

static column_order no_columns(void)
{
    column_order c = {.field_count = 0};
    for (int i = 0; i < COLUMN_COUNT; i++)
        c.at[i] = -1;
    return c;
}

static column_order columns_of(const char *text)
{
    column_order c = no_columns();
    for (size_t index = 0;; index++) {
        size_t len = strcspn(text, ",");
        note_column(&c, slice_trim((slice){text, len}), index);
        if (!text[len])
            return c;
        text += len + 1;
    }
}

bool input_list_check_columns(const char *text, err *e)
{
    column_order c = columns_of(text);
    return has_needed(&c) ||
           err_set(e, ERR_CONFIG,
                   "input_list_columns: '%.200s' lacks one of Key, Size and ETag; write it like %s",
                   text, INPUT_LIST_COLUMNS);
}

/* --- fields --- */

typedef struct row {
    slice fields[FIELDS_MAX]; /* as in the line, without quotes */
    size_t count;
} row;

/* A quote within a field is doubled; no field that is read here has one. */
static slice take_field(slice *line)
{
    bool quoted = line->len && line->data[0] == '"';
    const char *from = line->data + quoted;
    size_t left = line->len - quoted;
    const char *end = left ? memchr(from, quoted ? '"' : ',', left) : NULL;
    size_t len = end ? (size_t)(end - from) : left;
    const char *comma = len < left ? memchr(from + len, ',', left - len) : NULL;
    *line = comma ? (slice){comma + 1, left - (size_t)(comma + 1 - from)} : (slice){NULL, 0};
    return (slice){from, len};
}

static void split(slice line, row *out)
{
    out->count = 0;
    while (line.data && out->count < FIELDS_MAX)
        out->fields[out->count++] = take_field(&line);
}

static slice field(const input_list *l, const row *r, int column)
{
    int at = l->columns.at[column];
    return at >= 0 && (size_t)at < r->count ? r->fields[at] : (slice){"", 0};
}

/* --- rows --- */

static bool fail(const input_list *l, uint64_t number, const char *why, err *e)
{
    return err_set(e, ERR_PARSE,
                   "%s: line %llu: %s; name the columns in input_list_columns, or create a "
                   "new list",
                   l->o.name, (unsigned long long)number + 1, why);
}

static bool is_current(const input_list *l, const row *r)
{
    return !is_name(field(l, r, LATEST), "false") && !is_name(field(l, r, DELETED), "true");
}

static bool check_bucket(const input_list *l, const row *r, err *e)
{
    slice bucket = field(l, r, BUCKET);
    const char *expected = l->o.places->input.bucket;
    return l->columns.at[BUCKET] < 0 || slice_equal_str(bucket, expected) ||
           err_set(
               e, ERR_CONFIG,
               "%s: lists objects of bucket %.*s, and remote_file_input is in bucket %s; give the "
               "list of this input",
               l->o.name, (int)MIN(bucket.len, (size_t)80), bucket.data, expected);
}

/* With quotes, as in a listing. */
static char *quoted_etag(slice etag)
{
    bool bare = etag.len > 0 && etag.data[0] != '"' && !slice_starts_with(etag, "W/");
    return bare ? xasprintf("\"%.*s\"", (int)etag.len, etag.data) : slice_dup(etag);
}

static bool take_row(input_list *l, const row *r, uint64_t number, err *e)
{
    AUTO(buf) key = BUF(LINE_MAX_BYTES);
    AUTO_FREE char *size = slice_dup(field(l, r, SIZE));
    AUTO_FREE char *date = slice_dup(field(l, r, DATE));
    AUTO_FREE char *etag = quoted_etag(field(l, r, ETAG));
    s3_object object = {.etag = etag};
    if (r->count < l->columns.field_count)
        return fail(l, number, "has too few columns", e);
    if (!check_bucket(l, r, e))
        return false;
    if (!is_current(l, r))
        return true;
    if (!num_parse_u64(size, &object.size_bytes))
        return fail(l, number, "the size is not a number", e);
    if (date[0] && !s3_when_parse_iso(date, &object.last_modified_s))
        return fail(l, number, "LastModifiedDate is not a date such as 2026-11-30T10:00:00.000Z",
                    e);
    if (!s3_uri_decode(field(l, r, KEY), true, &key, e))
        return err_context(e, "%s: line %llu", l->o.name, (unsigned long long)number + 1);
    if (key.len == 0 || memchr(key.data, '\0', key.len))
        return fail(l, number, "the key is empty or has a NUL byte", e);
    object.key = buf_str(&key);
    listing_add_input(l->o.out, l->o.places, &object);
    l->rows++;
    return true;
}

static bool take_end(input_list *l, slice text, uint64_t number, err *e)
{
    uint64_t count = 0;
    AUTO_FREE char *rest =
        slice_dup((slice){text.data + strlen(END_MARK), text.len - strlen(END_MARK)});
    l->ended = true;
    return (num_parse_u64(rest, &count) && count == l->rows) ||
           fail(l, number, "the number of rows differs: the list is damaged", e);
}

static bool take_header(input_list *l, const row *r)
{
    column_order named = no_columns();
    for (size_t i = 0; i < r->count; i++)
        note_column(&named, r->fields[i], i);
    if (has_needed(&named))
        l->columns = named;
    return has_needed(&named);
}

static bool take_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    input_list *l = ctx;
    row r;
    UNUSED(has_newline);
    text = slice_trim(text);
    if (text.len == 0)
        return true;
    if (number == 0 && slice_starts_with(text, BEGIN_MARK)) {
        l->marked = true;
        return true;
    }
    if (l->marked && slice_starts_with(text, END_MARK))
        return take_end(l, text, number, e);
    split(text, &r);
    return (number <= l->marked && take_header(l, &r)) || take_row(l, &r, number, e);
}

/* --- the reader --- */

input_list *input_list_new(const input_list_options *options)
{
    input_list *l = xcalloc(1, sizeof *l);
    l->o = *options;
    l->columns = columns_of(options->columns);
    l->lines = stage_lines_new(LINE_MAX_BYTES, NULL, take_line, l);
    buf_init(&l->head, CODEC_MAGIC_BYTES);
    return l;
}

void input_list_free(input_list *l)
{
    if (!l)
        return;
    stage_free(l->decoder);
    stage_free(l->lines);
    buf_deinit(&l->head);
    free(l);
}

static bool feed_decoder(input_list *l, slice data, err *e)
{
    return stage_feed(l->decoder, data, e) || err_subject(e, "%s", l->o.name);
}

static bool start_decoder(input_list *l, err *e)
{
    l->decoding = true;
    l->decoder = codec_decoder_new(codec_by_magic(buf_slice(&l->head)), l->lines, e);
    return l->decoder && (l->head.len == 0 || feed_decoder(l, buf_slice(&l->head), e));
}

bool input_list_feed(input_list *l, slice data, err *e)
{
    if (!l->decoding) {
        size_t take = MIN(data.len, CODEC_MAGIC_BYTES - l->head.len);
        buf_append(&l->head, data.data, take);
        data = (slice){data.data + take, data.len - take};
        if (l->head.len < CODEC_MAGIC_BYTES)
            return true;
        if (!start_decoder(l, e))
            return false;
    }
    return data.len == 0 || feed_decoder(l, data, e);
}

bool input_list_end(input_list *l, err *e)
{
    if (!l->decoding && !start_decoder(l, e))
        return false;
    if (!stage_finish(l->decoder, e))
        return err_context(e, "%s", l->o.name);
    return !l->marked || l->ended ||
           err_set(e, ERR_PARSE, "%s: the list ends early; create it again with `plan`", l->o.name);
}
