/* Received bodies: written to a temporary file, so that readers never see an incomplete one. */
#include <errno.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "s3/serve/store/store.h"

#define COPY_CHUNK_BYTES (256 * 1024)

static bool open_at(store *s, uint64_t data_offset, incoming *in, err *e)
{
    *in = (incoming){.fd = -1, .data_offset = data_offset};
    if (store_is_read_only(s))
        return s3_refuse(e, REFUSE_ACCESS_DENIED);
    AUTO_FREE char *base = xasprintf("%s/tmp/body", store_state(s));
    in->fd = fs_temp_create(base, &in->temp_path, e);
    if (in->fd < 0)
        return false;
    digest_md5_init(&in->md5);
    return true;
}

bool incoming_open(store *s, incoming *in, err *e)
{
    return open_at(s, store_is_folder(s) ? 0 : STORE_HEADER_BYTES, in, e);
}

bool incoming_open_part(store *s, incoming *in, err *e)
{
    return open_at(s, STORE_HEADER_BYTES, in, e);
}

static bool append(incoming *in, slice data, err *e)
{
    off_t at = (off_t)(in->data_offset + in->size_bytes);
    if (!fs_pwrite_all(in->fd, data.data, data.len, at, e))
        return err_context(e, "%s", in->temp_path);
    in->size_bytes += data.len;
    return true;
}

bool incoming_write(incoming *in, slice data, err *e)
{
    digest_update(&in->md5, data.data, data.len);
    return append(in, data, e);
}

bool incoming_append_file(incoming *in, const file_range *from, err *e)
{
    AUTO_FREE char *chunk = xrealloc(NULL, COPY_CHUNK_BYTES);
    for (uint64_t done = 0; done < from->len_bytes;) {
        size_t want = (size_t)MIN(from->len_bytes - done, (uint64_t)COPY_CHUNK_BYTES);
        off_t at = (off_t)(from->offset + done);
        ssize_t got = pread(from->fd, chunk, want, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_set_errno(e, ERR_IO, got < 0 ? errno : 0, "an object's file ends early");
        slice data = {chunk, (size_t)got};
        if (from->sum)
            checksum_update(from->sum, data);
        if (!(from->with_md5 ? incoming_write(in, data, e) : append(in, data, e)))
            return false;
        done += (uint64_t)got;
    }
    return true;
}

void incoming_deinit(incoming *in)
{
    if (in->fd < 0)
        return;
    close(in->fd);
    digest_deinit(&in->md5);
    fs_temp_discard(&in->temp_path);
    *in = (incoming){.fd = -1};
}
