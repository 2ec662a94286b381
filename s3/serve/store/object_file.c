/* File format of an object: a block of metadata, then the data. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "s3/serve/store/store.h"

#define MAGIC       "decon-s3 object 2\n"
#define MAGIC_OLD   "decon-s3 object 1\n"
#define OLD_BYTES   4096 /* size of an old block; most new ones are shorter */
#define MAGIC_BYTES (sizeof MAGIC - 1)

static bool copy_text(char *out, size_t size, slice value)
{
    if (value.len >= size)
        return false;
    memcpy(out, value.data, value.len);
    out[value.len] = '\0';
    return true;
}

static bool parse_number(slice value, uint64_t *out)
{
    char text[24];
    return copy_text(text, sizeof text, value) && num_parse_u64(text, out);
}

static bool append_header(object_meta *meta, slice line)
{
    size_t used = strlen(meta->headers);
    int len = snprintf(meta->headers + used, sizeof meta->headers - used, "%.*s\n", (int)line.len,
                       line.data);
    return len > 0 && (size_t)len < sizeof meta->headers - used;
}

/* CRC32C FULL_OBJECT value; an upload's meta has no value. */
static bool parse_checksum(slice value, object_meta *meta)
{
    char name[16] = "", type[16] = "", text[CHECKSUM_TEXT_SIZE] = "";
    AUTO_FREE char *line = slice_dup(value);
    int count = sscanf(line, "%15s %15s %63s", name, type, text);
    meta->composite = str_equal(type, "COMPOSITE");
    memcpy(meta->checksum, text, sizeof text);
    return count >= 2 && checksum_kind_parse(name, &meta->checksum_kind);
}

static bool parse_line(slice line, object_meta *meta)
{
    const char *space = memchr(line.data, ' ', line.len);
    if (!space)
        return false;
    slice name = {line.data, (size_t)(space - line.data)};
    slice value = {space + 1, line.len - name.len - 1};
    uint64_t number = 0;
    if (slice_equal_str(name, "size"))
        return parse_number(value, &meta->size_bytes);
    if (slice_equal_str(name, "etag"))
        return copy_text(meta->etag, sizeof meta->etag, value);
    if (slice_equal_str(name, "parts"))
        return copy_text(meta->parts, sizeof meta->parts, value);
    if (slice_equal_str(name, "tags"))
        return copy_text(meta->tags, sizeof meta->tags, value);
    if (slice_equal_str(name, "file"))
        // NOLINTNEXTLINE(cert-err34-c): written by this program
        return sscanf(space + 1, "%" SCNu64 " %" SCNd64, &meta->file_inode,
                      &meta->file_changed_ns) == 2;
    if (slice_equal_str(name, "version"))
        return copy_text(meta->version, sizeof meta->version, value);
    if (slice_equal_str(name, "marker")) {
        meta->is_marker = true;
        return true;
    }
    if (slice_equal_str(name, "checksum"))
        return parse_checksum(value, meta);
    if (slice_equal_str(name, "header"))
        return append_header(meta, value);
    bool ok = slice_equal_str(name, "modified") && parse_number(value, &number);
    meta->modified_s = (int64_t)number;
    return ok;
}

static bool parse_block(const char *block, object_meta *meta)
{
    *meta = (object_meta){0};
    bool old = str_starts_with(block, MAGIC_OLD);
    meta->data_offset = old ? OLD_BYTES : STORE_HEADER_BYTES;
    if (!old && !str_starts_with(block, MAGIC))
        return false;
    for (const char *at = block + MAGIC_BYTES; *at;) {
        size_t len = strcspn(at, "\n");
        if (at[len] != '\n' || !parse_line((slice){at, len}, meta))
            return false;
        at += len + 1;
    }
    return meta->etag[0] != '\0';
}

/* Reads up to the end of the block's text, which a NUL terminates. */
static bool read_block(int fd, char block[STORE_HEADER_BYTES + 1])
{
    if (pread(fd, block, OLD_BYTES, 0) != OLD_BYTES)
        return false;
    block[OLD_BYTES] = '\0';
    if (block[OLD_BYTES - 1] == '\0' || str_starts_with(block, MAGIC_OLD))
        return true;
    ssize_t rest = STORE_HEADER_BYTES - OLD_BYTES;
    block[STORE_HEADER_BYTES] = '\0';
    return pread(fd, block + OLD_BYTES, (size_t)rest, OLD_BYTES) == rest;
}

int object_file_open(const char *path, object_meta *meta, err *e)
{
    AUTO_FREE char *block = xcalloc(1, STORE_HEADER_BYTES + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        s3_refuse(e, REFUSE_NO_SUCH_KEY);
        return -1;
    }
    if (fd < 0 || !read_block(fd, block)) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot read", path);
    } else if (!parse_block(block, meta)) {
        err_set(e, ERR_PARSE, "%s: is not an object of decon-s3 serve", path);
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool format_block(const object_meta *meta, buf *block)
{
    buf_printf(block, MAGIC "size %" PRIu64 "\nmodified %" PRId64 "\netag %s\n", meta->size_bytes,
               meta->modified_s, meta->etag);
    if (meta->checksum_kind != CHECKSUM_NONE)
        buf_printf(block, "checksum %s %s %s\n", checksum_name(meta->checksum_kind),
                   meta->composite ? "COMPOSITE" : "FULL_OBJECT", meta->checksum);
    if (meta->file_inode)
        buf_printf(block, "file %" PRIu64 " %" PRId64 "\n", meta->file_inode,
                   meta->file_changed_ns);
    if (meta->version[0])
        buf_printf(block, "version %s\n", meta->version);
    if (meta->is_marker)
        buf_append_str(block, "marker 1\n");
    if (meta->tags[0])
        buf_printf(block, "tags %s\n", meta->tags);
    if (meta->parts[0])
        buf_printf(block, "parts %s\n", meta->parts);
    for (const char *at = meta->headers; *at;) {
        size_t len = strcspn(at, "\n");
        buf_printf(block, "header %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
    return !block->overflow;
}

bool object_file_write_block(int fd, const object_meta *meta, err *e)
{
    AUTO(buf) block = BUF(STORE_HEADER_BYTES - 1);
    if (!format_block(meta, &block))
        return s3_refuse(e, REFUSE_METADATA_TOO_LARGE);
    /* Zeros up to the next page end the text; the rest is a hole. */
    size_t padded = (block.len / OLD_BYTES + 1) * OLD_BYTES;
    AUTO_FREE char *bytes = xcalloc(1, padded);
    memcpy(bytes, block.data, block.len);
    return fs_pwrite_all(fd, bytes, padded, 0, e);
}

bool object_file_write_meta(incoming *in, object_meta *meta, err *e)
{
    meta->size_bytes = in->size_bytes;
    meta->modified_s = (int64_t)time(NULL);
    meta->data_offset = in->data_offset;
    if (in->data_offset == 0) /* a folder's file: its metadata is in another file */
        return true;
    meta->file_inode = 0;
    /* Without data there are no bytes after the hole: sets the size. */
    if (in->size_bytes == 0 && ftruncate(in->fd, (off_t)in->data_offset) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot write", in->temp_path);
    return object_file_write_block(in->fd, meta, e);
}

bool object_meta_header(const object_meta *meta, const char *name, slice *value)
{
    size_t name_len = strlen(name);
    for (const char *at = meta->headers; *at;) {
        size_t len = strcspn(at, "\n");
        if (len > name_len && strncasecmp(at, name, name_len) == 0 && at[name_len] == ':') {
            *value = slice_trim((slice){at + name_len + 1, len - name_len - 1});
            return true;
        }
        at += len + (at[len] == '\n');
    }
    return false;
}
