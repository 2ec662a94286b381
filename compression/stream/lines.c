/* A sink that passes on one line at a time. A line within one piece is borrowed from it; only a
 * line that spans pieces is copied. */
#include "decon/compression/codec.h"
#include "base/util.h"

#include <inttypes.h>

typedef struct line_sink {
    stage stage;
    size_t max_line_bytes;
    const char *remedy;
    bool (*line)(void *ctx, slice text, uint64_t number, bool has_newline, err *e);
    void *ctx;
    uint64_t number; /* of the current line, from 0 */
    buf pending;     /* its bytes so far */
} line_sink;

static bool too_long(const line_sink *l, err *e)
{
    return err_set(e, ERR_LIMIT, "line %" PRIu64 " is longer than %zu bytes%s%s", l->number + 1,
                   l->max_line_bytes, l->remedy ? "; " : "", l->remedy ? l->remedy : "");
}

static bool hand_on(line_sink *l, slice text, bool has_newline, err *e)
{
    if (l->pending.len + text.len > l->max_line_bytes)
        return too_long(l, e);
    if (l->pending.len > 0) {
        buf_append_slice(&l->pending, text);
        if (has_newline)
            buf_append_char(&l->pending, '\n');
        text = (slice){.data = l->pending.data, .len = l->pending.len - has_newline};
    }
    if (!l->line(l->ctx, text, l->number, has_newline, e))
        return false;
    buf_clear(&l->pending);
    l->number++;
    return true;
}

static bool lines_feed(stage *s, slice data, err *e)
{
    line_sink *l = (line_sink *)s;
    const char *newline;
    while (data.len > 0 && (newline = memchr(data.data, '\n', data.len))) {
        slice text = {.data = data.data, .len = (size_t)(newline - data.data)};
        if (!hand_on(l, text, true, e))
            return false;
        data.data += text.len + 1;
        data.len -= text.len + 1;
    }
    if (data.len > l->max_line_bytes - l->pending.len)
        return too_long(l, e);
    buf_append_slice(&l->pending, data);
    return true;
}

static bool lines_finish(stage *s, err *e)
{
    line_sink *l = (line_sink *)s;
    slice nothing = {.data = "", .len = 0};
    return l->pending.len == 0 || hand_on(l, nothing, false, e);
}

static void lines_free(stage *s)
{
    line_sink *l = (line_sink *)s;
    buf_deinit(&l->pending);
    free(l);
}

static const stage_ops lines_ops = {
    .feed = lines_feed,
    .finish = lines_finish,
    .free = lines_free,
};

stage *stage_lines_new(size_t max_line_bytes, const char *remedy,
                       bool (*line)(void *ctx, slice text, uint64_t number, bool has_newline,
                                    err *e),
                       void *ctx)
{
    line_sink *l = xcalloc(1, sizeof *l);
    *l = (line_sink){.stage = {.ops = &lines_ops},
                     .max_line_bytes = max_line_bytes,
                     .remedy = remedy,
                     .line = line,
                     .ctx = ctx};
    buf_init(&l->pending, max_line_bytes + 1);
    return &l->stage;
}
