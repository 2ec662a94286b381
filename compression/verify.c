/* raw bytes -> head (until the format is known) -> decoder -> checker or line counter. */
#include "decon/compression/verify.h"
#include "base/util.h"

#include "compression/detect.h"
#include "compression/stream/coder.h"
#include "compression/text_check.h"
#include "compression/jsonl/linecount.h"

#include <inttypes.h>

struct verify {
    verify_level level;
    codec_options codec;
    char *name;
    char head[CODEC_MAGIC_BYTES];
    size_t head_len;
    codec_format format;
    uint64_t raw_bytes;
    uint64_t decoded_bytes;

    stage *decoder; /* NULL until the format is known, and at VERIFY_NONE */
    stage *sink;
    text_check text;  /* VERIFY_JSONL */
    linecount lines;  /* VERIFY_STREAM */
    linehash *hashes; /* or NULL */
    bool check_fault; /* the error is the checker's and names its position */
    err fault;        /* the error that ended the verification */
};

static bool sink_feed(void *ctx, slice text, err *e)
{
    verify *v = ctx;
    v->decoded_bytes += text.len;
    if (v->hashes)
        linehash_feed(v->hashes, text);
    if (v->text.checker) {
        v->check_fault = !text_check_feed(&v->text, text, v->format, e);
        return !v->check_fault;
    }
    linecount_feed(&v->lines, text);
    return true;
}

static bool sink_finish(void *ctx, err *e)
{
    verify *v = ctx;
    if (v->hashes)
        linehash_finish(v->hashes);
    if (v->text.checker) {
        v->check_fault = !text_check_finish(&v->text, v->format, e);
        return !v->check_fault;
    }
    linecount_finish(&v->lines);
    return true;
}

static jsonl_counts counts_get(const verify *v)
{
    if (v->text.checker)
        return jsonl_counts_get(v->text.checker);
    return (jsonl_counts){
        .bytes = v->decoded_bytes,
        .lines = v->lines.lines,
        .blank_lines = v->lines.blank_lines,
        .longest_line_bytes = v->lines.longest_line_bytes,
    };
}

/* The text of such a file makes no sense, so the message points to the name. */
static void note_format(verify *v)
{
    codec_format named = codec_by_suffix(v->name);
    if (v->format != CODEC_PLAIN || named == CODEC_PLAIN)
        return;
    const char *name = codec_get(named)->name;
    err_append(&v->fault, "; its name says %s, but its content is not %s", name, name);
}

/* Keeps the first fault; prepends the object's name and the position. */
static bool end_with(verify *v, err *e)
{
    /* The decoder may fail while the checker holds a fault back. */
    v->check_fault = v->check_fault || text_check_held(&v->text, v->format, &v->fault);
    if (v->check_fault)
        note_format(v);
    if (!v->check_fault)
        err_context(&v->fault, "line %" PRIu64 ", byte %" PRIu64 " of the decoded text",
                    counts_get(v).lines + 1, v->decoded_bytes);
    err_context(&v->fault, "%s", v->name);
    if (e)
        *e = v->fault;
    return false;
}

static bool start(verify *v, err *e)
{
    slice head = {.data = v->head, .len = v->head_len};
    v->format = codec_detect(head, v->name);
    v->decoder = codec_decoder_open(v->format, &v->codec, v->sink, e);
    return v->decoder && (head.len == 0 || stage_feed(v->decoder, head, e));
}

static bool feed(verify *v, slice raw, err *e)
{
    if (!v->decoder) {
        size_t len = MIN(raw.len, sizeof v->head - v->head_len);
        memcpy(v->head + v->head_len, raw.data, len);
        v->head_len += len;
        raw.data += len;
        raw.len -= len;
        if (v->head_len < sizeof v->head)
            return true;
        if (!start(v, e))
            return false;
    }
    return raw.len == 0 || stage_feed(v->decoder, raw, e);
}

bool verify_feed(verify *v, slice raw, err *e)
{
    if (err_is_set(&v->fault)) {
        if (e)
            *e = v->fault;
        return false;
    }
    v->raw_bytes += raw.len;
    if (v->level == VERIFY_NONE || raw.len == 0 || feed(v, raw, &v->fault))
        return true;
    return end_with(v, e);
}

static void fill(const verify *v, verdict *out)
{
    jsonl_counts counts = counts_get(v);
    codec_stats stats = codec_decoder_stats(v->format, v->decoder);
    *out = (verdict){
        .format = v->format,
        .suffix_differs = v->format != codec_by_suffix(v->name),
        .raw_bytes = v->raw_bytes,
        .decoded_bytes = counts.bytes,
        .lines = counts.lines,
        .blank_lines = counts.blank_lines,
        .longest_line_bytes = counts.longest_line_bytes,
        .unscannable_lines = counts.unscannable_lines,
        .skipped_lines = counts.skipped_lines,
        .members = stats.members,
        .checksums = stats.checksums,
        .lone_surrogates = counts.lone_surrogates,
    };
}

static bool finish(verify *v, err *e)
{
    if (v->level == VERIFY_NONE)
        return true;
    return (v->decoder || start(v, e)) && stage_finish(v->decoder, e);
}

bool verify_finish(verify *v, verdict *out, err *e)
{
    if (err_is_set(&v->fault)) {
        if (e)
            *e = v->fault;
        return false;
    }
    if (!finish(v, &v->fault))
        return end_with(v, e);
    fill(v, out);
    return true;
}

verify *verify_new(const verify_options *options, err *e)
{
    UNUSED(e); /* the decoder is created with the first bytes */
    verify *v = xcalloc(1, sizeof *v);
    v->level = options->level;
    v->codec = options->codec;
    v->name = xstrdup(options->name);
    v->format = codec_by_suffix(v->name); /* until the content decides */
    v->lines.blank = true;
    v->sink = stage_callback_new(sink_feed, sink_finish, v);
    if (v->level == VERIFY_JSONL)
        text_check_init(&v->text, &options->jsonl);
    if (v->level != VERIFY_NONE && options->lines)
        v->hashes = linehash_new(options->lines);
    return v;
}

uint64_t verify_memory_needed(const verify *v)
{
    return codec_decoder_stats(v->format, v->decoder).memory_needed;
}

void verify_free(verify *v)
{
    if (!v)
        return;
    stage_free(v->decoder);
    stage_free(v->sink);
    text_check_deinit(&v->text);
    linehash_free(v->hashes);
    free(v->name);
    free(v);
}
