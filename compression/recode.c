/* Whole files through a chain of stages: decodes a file and writes it in another format. */
#include "compression/detect.h"
#include "compression/stream/coder.h"

#include "decon/base/digest.h"
#include "base/util.h"
#include "base/fsutil.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)256 * 1024)

/* Reads until `data` is full or the file ends: a short read is not the end of the file. */
static bool read_piece(int fd, char *data, size_t size, size_t *len, err *e)
{
    *len = 0;
    while (*len < size) {
        ssize_t got = read(fd, data + *len, size - *len);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return err_set_errno(e, ERR_IO, errno, "cannot read");
        if (got > 0)
            *len += (size_t)got;
    }
    return true;
}

static bool feed_rest(stage *first, int fd, char *piece, err *e)
{
    for (size_t len = PIECE_BYTES; len == PIECE_BYTES;) {
        if (!read_piece(fd, piece, PIECE_BYTES, &len, e))
            return false;
        if (len > 0 && !stage_feed(first, (slice){.data = piece, .len = len}, e))
            return false;
    }
    return stage_finish(first, e);
}

bool stage_feed_file(stage *first, int fd, err *e)
{
    AUTO_FREE char *piece = xrealloc(NULL, PIECE_BYTES);
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice only; pipes refuse it */
    return feed_rest(first, fd, piece, e);
}

static bool decode_fd(int fd, const char *path, const codec_options *options, stage *sink, err *e)
{
    char head[CODEC_MAGIC_BYTES];
    size_t len;
    if (!read_piece(fd, head, sizeof head, &len, e))
        return false;
    slice start = {.data = head, .len = len};
    AUTO_PTR(stage) source = codec_decoder_open(codec_detect(start, path), options, sink, e);
    return source && (len == 0 || stage_feed(source, start, e)) && stage_feed_file(source, fd, e);
}

bool codec_decode_file_with(const char *path, const codec_options *options, stage *sink, err *e)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot open %s", path);
    return decode_fd(fd, path, options, sink, e) || err_context(e, "%s", path);
}

bool codec_decode_fd_with(int fd, const char *name, const codec_options *options, stage *sink,
                          err *e)
{
    if (lseek(fd, 0, SEEK_SET) != 0 && errno != ESPIPE) /* a pipe cannot seek; it is at its
                                                           beginning */
        return err_set_errno(e, ERR_IO, errno, "%s: cannot seek to the beginning", name);
    return decode_fd(fd, name, options, sink, e) || err_context(e, "%s", name);
}

bool codec_decode_file(const char *path, stage *sink, err *e)
{
    return codec_decode_file_with(path, &(codec_options){0}, sink, e);
}

/* Length and checksum of a text: a stage that passes nothing on. */
typedef struct tap {
    stage stage;
    stage *watch; /* gets the same text; or NULL */
    uint64_t bytes, crc;
} tap;

static bool tap_feed(stage *s, slice data, err *e)
{
    tap *t = (tap *)s;
    t->bytes += data.len;
    t->crc = crc64nvme(t->crc, data.data, data.len);
    return (!t->watch || stage_feed(t->watch, data, e)) &&
           (!s->next || stage_feed(s->next, data, e));
}

static bool tap_finish(stage *s, err *e)
{
    const tap *t = (const tap *)s;
    return (!t->watch || stage_finish(t->watch, e)) && (!s->next || stage_finish(s->next, e));
}

static void tap_free(stage *s)
{
    UNUSED(s); /* embedded */
}

static const stage_ops tap_ops = {.feed = tap_feed, .finish = tap_finish, .free = tap_free};

/* Memory left for the source's decoder while the encoder is open; 0: no limit. */
static bool share_memory(codec_format format, const codec_options *options, uint64_t *left, err *e)
{
    uint64_t writing = codec_encoder_memory(format, options);
    *left = 0;
    if (options->memory_bytes == 0)
        return true;
    if (writing < options->memory_bytes) {
        *left = options->memory_bytes - writing;
        return true;
    }
    uint64_t both = writing + CODER_BASE_BYTES;
    if (options->memory_needed)
        *options->memory_needed = both;
    return err_set(e, ERR_CODEC_MEMORY, "encoder and decoder need %" PRIu64 " MiB of memory",
                   (both + ((1u << 20) - 1)) >> 20);
}

static bool encode_into(int from_fd, const char *from, int fd, codec_format format,
                        const codec_options *options, tap *text, err *e)
{
    uint64_t needed = 0;
    codec_options source = *options;
    source.threads = 0;
    source.memory_needed = &needed;
    if (!share_memory(format, options, &source.memory_bytes, e))
        return false;
    AUTO_PTR(stage) writer = stage_fd_writer_new(fd);
    AUTO_PTR(stage) first = codec_encoder_open(format, options, writer, e);
    text->stage.next = first;
    if (first && codec_decode_fd_with(from_fd, from, &source, &text->stage, e))
        return true;
    if (needed == 0)
        return false;
    uint64_t writing = codec_encoder_memory(format, options);
    if (options->memory_needed)
        *options->memory_needed = needed + writing;
    return err_context(e, "the encoder uses %" PRIu64 " MiB of the limit", writing >> 20);
}

/* Decodes the written file and compares it with the encoder's input, to detect faults of memory,
 * disk or a library. */
static bool check_written(int fd, codec_format format, const codec_options *options,
                          const tap *text, err *e)
{
    tap written = {.stage.ops = &tap_ops};
    AUTO_PTR(stage) source = codec_decoder_open(format, options, &written.stage, e);
    if (!source)
        return false;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the written file");
    if (!stage_feed_file(source, fd, e))
        return err_context(e, "the written file does not decode");
    if (written.bytes == text->bytes && written.crc == text->crc)
        return true;
    return err_set(e, ERR_IO,
                   "the written file decodes to other data (%" PRIu64 " bytes, expected %" PRIu64
                   "; CRC64NVME %016" PRIx64 ", expected %016" PRIx64
                   "); check memory and disk of this machine",
                   written.bytes, text->bytes, written.crc, text->crc);
}

bool codec_recode_fd_with(int from_fd, const char *from_name, int to_fd, codec_format format,
                          const codec_options *options, err *e)
{
    tap text = {.stage.ops = &tap_ops, .watch = options->watch};
    return encode_into(from_fd, from_name, to_fd, format, options, &text, e) &&
           check_written(to_fd, format, options, &text, e);
}

bool codec_recode_file_with(const char *from, const char *to, codec_format format,
                            const codec_options *options, err *e)
{
    char *temp_path = NULL;
    AUTO_FD fd = fs_temp_create(to, &temp_path, e);
    if (fd < 0)
        return false;
    AUTO_FD from_fd = open(from, O_RDONLY | O_CLOEXEC);
    bool ok = from_fd < 0 ? err_set_errno(e, ERR_IO, errno, "cannot open %s", from)
                          : codec_recode_fd_with(from_fd, from, fd, format, options, e);
    if (!ok) {
        fs_temp_discard(&temp_path);
        return err_context(e, "cannot write %s as %s", to, codec_get(format)->name);
    }
    return fs_temp_commit(&temp_path, to, e);
}

bool codec_recode_file(const char *from, const char *to, codec_format format, int level, err *e)
{
    return codec_recode_file_with(from, to, format, &(codec_options){.level = level}, e);
}
