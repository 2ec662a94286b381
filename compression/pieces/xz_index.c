#include "base/util.h"
#include "compression/pieces/xz_index.h"

#include "compression/pieces/file_copy.h"

#define MEMORY_BYTES ((uint64_t)1 << 30)

bool xz_fail(lzma_ret status, const char *what, err *e)
{
    if (status == LZMA_MEM_ERROR)
        util_out_of_memory(0);
    bool limit = status == LZMA_MEMLIMIT_ERROR;
    return err_set(e, limit ? ERR_LIMIT : ERR_CODEC_CORRUPT, "xz: %s: %s (status %d)", what,
                   limit ? "the memory limit is exceeded" : "damaged data", (int)status);
}

static bool read_index(lzma_stream *x, int fd, uint64_t file_bytes, err *e)
{
    uint8_t bytes[8192];
    lzma_ret status = LZMA_OK;
    for (uint64_t at = 0; status != LZMA_STREAM_END;) {
        if (x->avail_in == 0 && at < file_bytes) {
            x->avail_in = (size_t)MIN(sizeof bytes, file_bytes - at);
            x->next_in = bytes;
            if (!file_read(fd, at, bytes, x->avail_in, e))
                return false;
            at += x->avail_in;
        }
        status = lzma_code(x, LZMA_RUN);
        if (status == LZMA_SEEK_NEEDED) {
            at = x->seek_pos;
            x->avail_in = 0;
        } else if (status != LZMA_OK && status != LZMA_STREAM_END) {
            return xz_fail(status, "the index cannot be read", e);
        }
    }
    return true;
}

lzma_index *xz_index_read(int fd, uint64_t file_bytes, err *e)
{
    lzma_stream x = LZMA_STREAM_INIT;
    lzma_index *index = NULL;
    lzma_ret status = lzma_file_info_decoder(&x, &index, MEMORY_BYTES, file_bytes);
    bool ok = status == LZMA_OK ? read_index(&x, fd, file_bytes, e)
                                : xz_fail(status, "the index cannot be read", e);
    lzma_end(&x);
    if (ok)
        return index;
    lzma_index_end(index, NULL);
    return NULL;
}
