#include "base/util.h"
#include "detection/table/text_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "decon/base/log.h"

#define ABSENT      UINT32_MAX
#define WRITE_BYTES ((size_t)1 << 20)

void text_store_init(text_store *s, size_t memory_bytes)
{
    *s = (text_store){.memory_bytes = memory_bytes, .fd = -1};
}

void text_store_deinit(text_store *s)
{
    if (s->file)
        munmap(s->file, s->written);
    if (s->fd >= 0)
        close(s->fd);
    free(s->memory);
    *s = (text_store){.fd = -1};
}

/* --- the file --- */

static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named && *named ? named : "/var/tmp";
}

static bool open_file(text_store *s)
{
    AUTO_FREE char *path = xasprintf("%s/decon-texts.XXXXXX", folder());
    s->fd = mkostemp(path, O_CLOEXEC);
    return s->fd >= 0 && unlink(path) == 0;
}

static bool write_memory(text_store *s)
{
    for (size_t done = 0; done < s->len;) {
        ssize_t n = pwrite(s->fd, s->memory + done, s->len - done, (off_t)(s->written + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* The memory's bytes go to the file. */
static void move_to_file(text_store *s)
{
    if (s->failed || s->len == 0)
        return;
    if ((s->fd < 0 && !open_file(s)) || !write_memory(s)) {
        log_warn("%s: texts of evaluation records: %s; they stay in memory (let TMPDIR name a "
                 "folder with space)",
                 folder(), strerror(errno));
        s->failed = true;
        return;
    }
    s->written += s->len;
    s->len = 0;
    if (s->capacity > 2 * WRITE_BYTES)
        s->memory = xrealloc(s->memory, s->capacity = 2 * WRITE_BYTES);
}

/* --- groups: lengths, then the texts --- */

static void append(text_store *s, const void *data, size_t bytes)
{
    ARRAY_RESERVE(s->memory, s->capacity, s->len + bytes);
    memcpy(s->memory + s->len, data, bytes);
    s->len += bytes;
}

uint64_t text_store_add(text_store *s, const slice *texts, size_t count)
{
    uint64_t place = s->written + s->len;
    for (size_t i = 0; i < count; i++) {
        uint32_t len = texts[i].data ? (uint32_t)texts[i].len : ABSENT;
        append(s, &len, sizeof len);
    }
    for (size_t i = 0; i < count; i++) {
        if (!texts[i].data)
            continue;
        if (texts[i].len > 0)
            append(s, texts[i].data, texts[i].len);
        append(s, "", 1);
    }
    if (s->memory_bytes > 0 && s->len >= (s->fd < 0 ? s->memory_bytes : WRITE_BYTES))
        move_to_file(s);
    return place;
}

void text_store_end(text_store *s)
{
    if (s->fd >= 0)
        move_to_file(s);
    if (s->written > 0) {
        s->file = mmap(NULL, s->written, PROT_READ, MAP_SHARED, s->fd, 0);
        if (s->file == MAP_FAILED)
            util_out_of_memory(s->written);
        madvise(s->file, s->written, MADV_RANDOM);
        close(s->fd);
        s->fd = -1;
    }
    s->memory = xrealloc(s->memory, s->len + 1);
    s->capacity = s->len + 1;
}

void text_store_get(const text_store *s, uint64_t place, slice *texts, size_t count)
{
    const char *at = place < s->written ? s->file + place : s->memory + (place - s->written);
    const char *text = at + count * sizeof(uint32_t);
    for (size_t i = 0; i < count; i++) {
        uint32_t len;
        memcpy(&len, at + i * sizeof len, sizeof len);
        texts[i] = (slice){0};
        if (len == ABSENT)
            continue;
        texts[i] = (slice){.data = text, .len = len};
        text += (size_t)len + 1;
    }
}
