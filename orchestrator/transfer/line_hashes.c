#include "orchestrator/transfer/line_hashes.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"

struct line_hashes {
    unsigned references; /* loop only */
    workdir *workdir;
    linehash_key key;
    uint64_t count;      /* hashes taken */
    uint64_t disk_bytes; /* taken from the budget */
    int fd;              /* -1: all are in `first` */
    bool dropped, whole;
    uint64_t *first; /* LINEHASH_BATCH; NULL while there are none, and once the file has them */
};

linehash_key line_hashes_key(void)
{
    linehash_key key = {0};
    /* getrandom(2) returns 16 bytes at once or fails; then address and time make a key that no
     * server can predict. */
    if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        key.words[0] = (uint64_t)(uintptr_t)&key ^ (uint64_t)now.tv_nsec << 32;
        key.words[1] = (uint64_t)now.tv_sec ^ (uint64_t)getpid() << 32;
    }
    return key;
}

line_hashes *line_hashes_new(workdir *w)
{
    line_hashes *h = xcalloc(1, sizeof *h);
    *h = (line_hashes){.references = 1, .workdir = w, .key = line_hashes_key(), .fd = -1};
    return h;
}

static void forget(line_hashes *h)
{
    if (h->fd >= 0)
        close(h->fd);
    h->fd = -1;
    workdir_give_hashes(h->workdir, h->disk_bytes);
    h->disk_bytes = h->count = 0;
    free(move(h->first));
    h->dropped = h->whole = false;
}

line_hashes *line_hashes_ref(line_hashes *h)
{
    if (h)
        h->references++;
    return h;
}

void line_hashes_unref(line_hashes *h)
{
    if (!h || --h->references > 0)
        return;
    forget(h);
    free(h);
}

/* --- writing --- */

static bool write_out(line_hashes *h, const uint64_t *hashes, size_t count, err *e)
{
    uint64_t bytes = count * sizeof *hashes;
    if (!workdir_take_hashes(h->workdir, bytes))
        return err_set(e, ERR_NO_SPACE, "line hashes have reached a tenth of the disk budget");
    uint64_t at = h->disk_bytes;
    h->disk_bytes += bytes;
    return fs_pwrite_all(h->fd, hashes, bytes, at, e);
}

/* The first batch stays in memory until a second one comes. */
static bool keep(line_hashes *h, const uint64_t *hashes, size_t count, err *e)
{
    if (h->count == 0) {
        h->first = xcalloc(count, sizeof *hashes);
        memcpy(h->first, hashes, count * sizeof *hashes);
        return true;
    }
    if (h->fd < 0) {
        h->fd = workdir_unnamed_open(h->workdir, e);
        if (h->fd < 0 || !write_out(h, h->first, h->count, e))
            return false;
        free(move(h->first));
    }
    return write_out(h, hashes, count, e);
}

static bool take(void *ctx, const uint64_t *hashes, size_t count)
{
    line_hashes *h = ctx;
    err e = ERR_INIT;
    if (keep(h, hashes, count, &e)) {
        h->count += count;
        return true;
    }
    log_debug("line hashes are dropped; the check will decode the input again: %s", e.message);
    forget(h);
    h->dropped = true;
    return false;
}

linehash_sink line_hashes_begin(line_hashes *h)
{
    forget(h);
    return (linehash_sink){.key = h->key, .take = take, .ctx = h};
}

void line_hashes_end(line_hashes *h)
{
    h->whole = !h->dropped;
}

/* --- reading --- */

bool line_hashes_whole(const line_hashes *h, uint64_t lines)
{
    return h && h->whole && h->count == lines;
}

linehash_key line_hashes_key_of(const line_hashes *h)
{
    return h->key;
}

static bool read_batch(const line_hashes *h, uint64_t at, uint64_t *hashes, size_t count, err *e)
{
    size_t wanted = count * sizeof *hashes;
    for (size_t done = 0; done < wanted;) {
        ssize_t got =
            pread(h->fd, (char *)hashes + done, wanted - done, (off_t)(at * sizeof *hashes + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_set_errno(e, ERR_IO, got < 0 ? errno : 0, "cannot read the line hashes");
        done += (size_t)got;
    }
    return true;
}

bool line_hashes_each(const line_hashes *h, bool (*take_batch)(void *ctx, const uint64_t *, size_t),
                      void *ctx, err *e)
{
    if (h->fd < 0) {
        if (h->count > 0)
            (void)take_batch(ctx, h->first, h->count);
        return true;
    }
    AUTO_FREE uint64_t *batch = xcalloc(LINEHASH_BATCH, sizeof *batch);
    for (uint64_t at = 0; at < h->count;) {
        size_t count = (size_t)MIN(h->count - at, (uint64_t)LINEHASH_BATCH);
        if (!read_batch(h, at, batch, count, e))
            return false;
        if (!take_batch(ctx, batch, count))
            return true;
        at += count;
    }
    return true;
}
