#include "base/util.h"
#include "orchestrator/plan/input_list_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "decon/base/log.h"
#include "decon/s3/uri.h"

#define PIECE_BYTES ((size_t)1 << 20) /* of a file, between two turns of the loop */

typedef struct list_fetch {
    op op;
    input_list_fetch_options o;
    size_t index; /* of the list that is being read */
    input_list *reader;
    int fd; /* of a file; -1: none */
    char *piece;
    timer *turn;
    struct op *get;
    bool restarted;
    digest_ctx digest;
    err error;
} list_fetch;

static const char *name_of(const list_fetch *f)
{
    return f->o.lists[f->index];
}

static void end_list(list_fetch *f)
{
    input_list_free(move(f->reader));
    util_auto_close(&f->fd);
    f->fd = -1;
}

static void fetch_stop(op *o)
{
    list_fetch *f = (list_fetch *)o;
    timer_stop(f->o.transport, move(f->turn));
    op_cancel(move(f->get));
}

static void fetch_free(op *o)
{
    list_fetch *f = (list_fetch *)o;
    end_list(f);
    digest_deinit(&f->digest);
    free(f->piece);
    free(f);
}

static const op_kind fetch_kind = {.stop = fetch_stop, .free = fetch_free};

static void begin_list(list_fetch *f);

static void finish(list_fetch *f)
{
    uint8_t digest[SHA256_BYTES];
    if (!err_is_set(&f->error)) {
        digest_final(&f->digest, digest);
        hex_encode(digest, sizeof digest, f->o.out->lists_digest);
    }
    op_finish(&f->op, err_is_set(&f->error) ? &f->error : NULL);
}

static bool take_piece(list_fetch *f, slice data, err *e)
{
    digest_update(&f->digest, data.data, data.len);
    return input_list_feed(f->reader, data, e);
}

/* `error`: of reading the bytes, or NULL. */
static void list_done(list_fetch *f, const err *error)
{
    bool ok = !error && input_list_end(f->reader, &f->error);
    if (error)
        f->error = *error;
    end_list(f);
    if (!ok || !f->o.lists[++f->index])
        finish(f);
    else
        begin_list(f);
}

/* --- a file --- */

static void read_piece(void *ctx)
{
    list_fetch *f = ctx;
    err e = ERR_INIT;
    f->turn = NULL;
    ssize_t got = read(f->fd, f->piece, PIECE_BYTES);
    if (got < 0)
        err_set_errno(&e, ERR_IO, errno, "%s: cannot be read", name_of(f));
    if (got > 0 && take_piece(f, (slice){f->piece, (size_t)got}, &e))
        f->turn = timer_start(f->o.transport, 0, read_piece, f);
    else
        list_done(f, err_is_set(&e) ? &e : NULL);
}

static void begin_file(list_fetch *f)
{
    f->fd = open(name_of(f), O_RDONLY | O_CLOEXEC);
    if (f->fd < 0) {
        err_set_errno(&f->error, ERR_CONFIG, errno, "input_list: %s: cannot be opened", name_of(f));
        finish(f);
        return;
    }
    f->piece = f->piece ? f->piece : xcalloc(1, PIECE_BYTES);
    f->turn = timer_start(f->o.transport, 0, read_piece, f);
}

/* --- an object --- */

static bool on_data(void *ctx, slice data, err *e)
{
    list_fetch *f = ctx;
    if (f->restarted)
        return err_set(e, ERR_S3_CHANGED,
                       "%s: the list was replaced, or its bytes were altered, while "
                       "it was read; run again",
                       name_of(f));
    return take_piece(f, data, e);
}

static void on_restart(void *ctx)
{
    ((list_fetch *)ctx)->restarted = true;
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    list_fetch *f = ctx;
    UNUSED(result);
    f->get = NULL;
    list_done(f, error);
}

static void begin_object(list_fetch *f)
{
    AUTO(s3_uri) uri = {0};
    if (!s3_uri_parse(name_of(f), &uri, &f->error)) {
        finish(f);
        return;
    }
    f->get = s3_get(f->o.s3, &(s3_get_options){.bucket = uri.bucket,
                                               .key = uri.key,
                                               .fd = -1,
                                               .on_data = on_data,
                                               .on_restart = on_restart,
                                               .on_done = on_got,
                                               .ctx = f});
}

static void begin_list(list_fetch *f)
{
    f->reader = input_list_new(&(input_list_options){
        .name = name_of(f), .places = f->o.places, .columns = f->o.columns, .out = f->o.out});
    if (str_starts_with(name_of(f), "s3://"))
        begin_object(f);
    else
        begin_file(f);
}

op *input_list_fetch_start(const input_list_fetch_options *options)
{
    list_fetch *f = op_new(&fetch_kind, sizeof *f, NULL, options->transport);
    f->op.on_done = options->on_done;
    f->op.ctx = options->ctx;
    f->o = *options;
    f->fd = -1;
    digest_sha256_init(&f->digest);
    if (input_list_check_columns(f->o.columns, &f->error))
        begin_list(f);
    else
        finish(f);
    return op_started(&f->op);
}
