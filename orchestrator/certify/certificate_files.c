#include "orchestrator/certify/certificate_files.h"

#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "base/utf8.h"
#include "decon/compression/codec.h"
#include "decon/s3/etag.h"

#define PIECE_BYTES ((size_t)256 << 10)

void certificate_files_name(certificate_files *f, slice base)
{
    int len = (int)base.len;
    f->head = xasprintf("%.*s." CERTIFICATE_HEAD_SUFFIX, len, base.data);
    f->lines = xasprintf("%.*s.jsonl.zst", len, base.data);
    f->signature = xasprintf("%.*s.sig", len, base.data);
}

void certificate_files_deinit(certificate_files *f)
{
    free(f->head);
    free(f->lines);
    free(f->signature);
    *f = (certificate_files){0};
}

bool certificate_files_are_new(const certificate_files *f, err *e)
{
    const char *const names[] = {f->head, f->lines, f->signature};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (fs_exists(names[i]))
            return err_set(e, ERR_USAGE, "%s: the file exists; remove it, or give another --output",
                           names[i]);
    return true;
}

/* --- the lines --- */

typedef struct line_writer {
    certify_view *view;
    stage *encoder;
    merkle tree;
    buf piece, line;
} line_writer;

static bool put_line(line_writer *w, size_t index, err *e)
{
    const certify_table *t = w->view->table;
    const listed *input = t->inputs->inputs.sorted[index];
    AUTO_FREE char *quoted = listed_etag(input);
    AUTO_FREE char *etag = s3_etag_bare(quoted);
    certify_found found;
    certificate_line line = {.key = slice_from(input->key),
                             .size_bytes = input->size_bytes,
                             .etag = slice_from(etag),
                             .verdict = certify_verdict_of(t->inputs->state[index]),
                             .unproven = t->inputs->state[index] & CERTIFY_UNPROVEN};
    if (certify_table_get(t, index, &found)) {
        line.checksum = found.checksum;
        line.version_id = found.version_id;
        if (t->settings.count > 1)
            line.settings = slice_from(t->settings.each[found.settings].text);
    }
    if (utf8_check(line.key) < line.key.len || line.size_bytes > CERTIFICATE_SIZE_MAX)
        return err_set(e, ERR_PARSE, "%s: the key is not UTF-8, or the size exceeds 2^53 - 1",
                       input->key);
    buf_clear(&w->line);
    certificate_line_write(&line, &w->line);
    merkle_add(&w->tree, buf_slice(&w->line));
    buf_append_slice(&w->piece, buf_slice(&w->line));
    return buf_append_char(&w->piece, '\n') || err_set(e, ERR_LIMIT, "a line is too long");
}

/* A store that lists without order may list a key twice. */
static bool is_above_last(const certify_table *t, size_t index, err *e)
{
    const listed *const *inputs = t->inputs->inputs.sorted;
    return index == 0 || strcmp(inputs[index - 1]->key, inputs[index]->key) < 0 ||
           err_set(e, ERR_S3_REPLY, "%.300s: listed twice; run it again when nothing writes there",
                   inputs[index]->key);
}

static bool flush_piece(line_writer *w, size_t least, err *e)
{
    if (w->piece.len < least)
        return true;
    bool ok = stage_feed(w->encoder, buf_slice(&w->piece), e);
    buf_clear(&w->piece);
    return ok;
}

static bool put_lines(line_writer *w, err *e)
{
    size_t count = w->view->table->inputs->inputs.count;
    for (size_t i = 0; i < count; i++)
        if (!is_above_last(w->view->table, i, e) || !put_line(w, i, e) ||
            !flush_piece(w, PIECE_BYTES, e))
            return false;
    return flush_piece(w, 1, e) && stage_finish(w->encoder, e);
}

static bool write_lines(certify_view *v, int fd, err *e)
{
    AUTO_PTR(stage) file = stage_fd_writer_new(fd);
    AUTO_PTR(stage) encoder = codec_encoder_new(CODEC_ZSTD, 0, file, e);
    line_writer w = {.view = v,
                     .encoder = encoder,
                     .piece = BUF(PIECE_BYTES + 2 * CERTIFICATE_LINE_MAX_BYTES),
                     .line = BUF(CERTIFICATE_LINE_MAX_BYTES)};
    bool ok = encoder && put_lines(&w, e);
    merkle_root(&w.tree, v->head.root);
    buf_deinit(&w.piece);
    buf_deinit(&w.line);
    return ok;
}

static bool write_lines_file(const char *path, certify_view *v, err *e)
{
    char *temp = NULL;
    AUTO_FD fd = fs_temp_create(path, &temp, e);
    if (fd < 0)
        return false;
    if (write_lines(v, fd, e) && fs_temp_commit(&temp, path, e))
        return true;
    if (temp)
        fs_temp_discard(&temp);
    return false;
}

/* --- the head --- */

static bool write_head(const certificate_files *f, const certify_view *v, const signature_key *key,
                       err *e)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    AUTO(buf) head = BUF(CERTIFICATE_HEAD_MAX_BYTES);
    if (!certificate_head_write(&v->head, &head, e) ||
        (key && !ed25519_sign(key, buf_slice(&head), signature, e)))
        return false;
    slice signed_by = {(const char *)signature, sizeof signature};
    return (!key || fs_write_file(f->signature, signed_by, true, e)) &&
           fs_write_file(f->head, buf_slice(&head), true, e);
}

bool certificate_files_write(const certificate_files *f, certify_view *v, const signature_key *key,
                             err *e)
{
    err ignored = ERR_INIT;
    if (write_lines_file(f->lines, v, e) && write_head(f, v, key, e))
        return true;
    bool gone = fs_remove(f->lines, &ignored) && fs_remove(f->signature, &ignored);
    UNUSED(gone);
    return false;
}
