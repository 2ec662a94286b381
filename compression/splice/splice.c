#include "base/util.h"
#include "compression/splice/splice.h"

#include <errno.h>
#include <string.h>

#include "compression/pieces/file_copy.h"
#include "compression/splice/splice_bzip2.h"
#include "compression/splice/splice_gzip.h"
#include "compression/splice/splice_range.h"
#include "compression/splice/splice_xz.h"
#include "compression/splice/splice_zstd.h"

splice_pin splice_pin_of(const struct stat *st)
{
    return (splice_pin){.device = st->st_dev,
                        .inode = st->st_ino,
                        .size_bytes = (uint64_t)st->st_size,
                        .changed_s = (uint64_t)st->st_mtim.tv_sec,
                        .changed_ns = (uint64_t)st->st_mtim.tv_nsec};
}

static bool check_pin(const splice_request *r, err *e)
{
    struct stat st;
    if (fstat(r->in, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot stat the input");
    splice_pin now = splice_pin_of(&st);
    return memcmp(&now, &r->pin, sizeof now) == 0 ||
           err_set(e, ERR_IO, "the input changed while it was cleaned; submit it again");
}

static bool copy_plain(const splice_request *r, err *e)
{
    splice_range removed = {0};
    for (uint64_t from = 0; from < r->pin.size_bytes; from = removed.to) {
        splice_range before = removed;
        if (!r->removed.next(r->removed.ctx, &removed, e) ||
            !splice_range_check(before, removed, e))
            return false;
        uint64_t to = MIN(removed.from, r->pin.size_bytes);
        if (!file_copy(r->in, from, to - from, r->out, e))
            return false;
        if (removed.from != UINT64_MAX && removed.to > r->pin.size_bytes)
            return splice_range_beyond(e);
    }
    return splice_ranges_end(&r->removed, e);
}

bool splice_offers(codec_format format)
{
    return format != CODEC_GZIP || splice_gzip_is_built();
}

static bool (*const splicers[CODEC_FORMAT_COUNT])(const splice_request *r, err *e) = {
    [CODEC_PLAIN] = copy_plain,   [CODEC_GZIP] = splice_gzip, [CODEC_ZSTD] = splice_zstd,
    [CODEC_BZIP2] = splice_bzip2, [CODEC_XZ] = splice_xz,
};

bool splice_file(const splice_request *r, err *e)
{
    if (!splice_offers(r->format))
        return err_set(e, ERR_CODEC_UNSUPPORTED, "splice: this build cannot splice %s",
                       codec_get(r->format)->name);
    if (!check_pin(r, e))
        return false;
    bool ok = splicers[r->format](r, e);
    err changed = ERR_INIT;
    if (check_pin(r, &changed))
        return ok;
    if (e)
        *e = changed;
    return false;
}
