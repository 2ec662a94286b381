/* Re-encoding: the output is read back, so that corruption by disk or memory is not uploaded.
 *
 * The input is a pipe, so that the file can be altered while it is still being written: a thread feeds
 * the pipe, waits until the file under its temporary name has grown, alters a byte, feeds the rest.
 */
#include "base/util.h"
#include "tests/unit/compression/samples.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"

#define WAIT_MS      20000
#define ALTERED_BYTE 40000

typedef struct spoiler {
    char dir[32];
    char *from, *to;
    int pipe; /* open for reading and writing: the pipe always has a reader */
    slice text;
    bool spoil, spoiled;
} spoiler;

static bool find_temporary(void *ctx, const char *name, err *e)
{
    char **found = ctx;
    UNUSED(e);
    if (strstr(name, ".tmp-") && !*found)
        *found = xstrdup(name);
    return true;
}

static bool feed_pipe(spoiler *s, size_t from, size_t to)
{
    while (from < to) {
        struct pollfd room = {.fd = s->pipe, .events = POLLOUT};
        if (poll(&room, 1, WAIT_MS) != 1)
            return false; /* the reader is finished */
        ssize_t put = write(s->pipe, s->text.data + from, to - from);
        from += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* The file being written, once it contains the byte to change. */
static int open_grown(const spoiler *s)
{
    for (int i = 0; i < WAIT_MS / 5; i++) {
        AUTO_FREE char *name = NULL;
        err e = ERR_INIT;
        if (fs_each_name(s->dir, find_temporary, &name, &e) && name) {
            AUTO_FREE char *path = xasprintf("%s/%s", s->dir, name);
            uint64_t size = 0;
            if (fs_size(path, &size, &e) && size > ALTERED_BYTE)
                return open(path, O_RDWR | O_CLOEXEC);
        }
        poll(NULL, 0, 5);
    }
    return -1;
}

static bool alter(const spoiler *s)
{
    AUTO_FD fd = open_grown(s);
    char byte;
    if (fd < 0 || pread(fd, &byte, 1, ALTERED_BYTE) != 1)
        return false;
    byte ^= 1;
    return pwrite(fd, &byte, 1, ALTERED_BYTE) == 1;
}

static void *feed_and_spoil(void *ctx)
{
    spoiler *s = ctx;
    size_t most = s->text.len / 4 * 3;
    if (feed_pipe(s, 0, most)) {
        s->spoiled = s->spoil && alter(s);
        UNUSED(!feed_pipe(s, most, s->text.len));
    }
    close(s->pipe);
    return NULL;
}

static bool recode_spoiled(codec_format format, bool spoil, err *e)
{
    AUTO(buf) lines = sample_lines(20000, 5); /* larger than what any codec buffers */
    spoiler s = {.dir = "/tmp/decon-test-XXXXXX", .text = buf_slice(&lines), .spoil = spoil};
    assert_non_null(mkdtemp(s.dir));
    s.from = xasprintf("%s/pipe", s.dir);
    s.to = xasprintf("%s/written", s.dir);
    assert_int_equal(mkfifo(s.from, 0600), 0);
    s.pipe = open(s.from, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed_and_spoil, &s), 0);
    bool ok = codec_recode_file(s.from, s.to, format, 1, e);
    pthread_join(thread, NULL);
    assert_int_equal(s.spoiled, spoil);
    assert_int_equal(fs_exists(s.to), ok);
    char *temporary = NULL;
    err ignored = ERR_INIT;
    assert_true(fs_each_name(s.dir, find_temporary, &temporary, &ignored));
    assert_null(temporary);
    assert_true(fs_remove_tree(s.dir, &ignored));
    free(s.from);
    free(s.to);
    return ok;
}

/* Without compression only the comparison can detect it. */
static void a_byte_that_changes_on_the_disk_is_noticed(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_true(recode_spoiled(CODEC_PLAIN, false, &e));
    assert_false(recode_spoiled(CODEC_PLAIN, true, &e));
    assert_string_equal(err_code_name(e.code), "IO");
    assert_non_null(strstr(e.message, "/written as plain: the written file decodes to other data"));
    assert_non_null(strstr(e.message, "check memory and disk of this machine"));
}

static void a_damaged_compressed_file_is_noticed(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_GZIP; f < CODEC_FORMAT_COUNT; f++) {
        err e = ERR_INIT;
        assert_false(recode_spoiled(f, true, &e));
        assert_non_null(strstr(e.message, "the written file does not decode"));
    }
}

/* --- a watching stage --- */

typedef struct watcher {
    buf text;
    size_t limit;
    unsigned finished;
    bool refuses_the_end;
} watcher;

static bool watch_text(void *ctx, slice text, err *e)
{
    watcher *w = ctx;
    return (buf_append_slice(&w->text, text) && w->text.len <= w->limit) ||
           err_set(e, ERR_LIMIT, "seen enough");
}

static bool watch_end(void *ctx, err *e)
{
    watcher *w = ctx;
    w->finished++;
    return !w->refuses_the_end || err_set(e, ERR_LIMIT, "seen enough");
}

static bool recode_watched(codec_format to, watcher *w, const char *text, err *e)
{
    char dir[] = "/tmp/decon-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    AUTO_FREE char *from = xasprintf("%s/from.gz", dir);
    AUTO_FREE char *path = xasprintf("%s/to", dir);
    AUTO(buf) coded = encode(CODEC_GZIP, 6, slice_from(text));
    err ignored = ERR_INIT;
    assert_true(fs_write_file(from, buf_slice(&coded), false, &ignored));
    AUTO_PTR(stage) watch = stage_callback_new(watch_text, watch_end, w);
    bool ok = codec_recode_file_with(from, path, to, &(codec_options){.watch = watch}, e);
    assert_int_equal(fs_exists(path), ok);
    assert_true(fs_remove_tree(dir, &ignored));
    return ok;
}

static void a_watcher_sees_the_decoded_text_once_and_may_refuse_it(void **state)
{
    UNUSED(state);
    for (codec_format f = CODEC_PLAIN; f < CODEC_FORMAT_COUNT; f++) {
        err e = ERR_INIT;
        watcher w = {.text = BUF(1000), .limit = 1000};
        assert_true(recode_watched(f, &w, "one\ntwo\n", &e));
        assert_string_equal(buf_str(&w.text), "one\ntwo\n");
        assert_int_equal(w.finished, 1);
        buf_clear(&w.text);
        w.limit = 3;
        assert_false(recode_watched(f, &w, "one\ntwo\n", &e));
        assert_int_equal(e.code, ERR_LIMIT);
        assert_int_equal(w.finished, 1);
        buf_clear(&w.text);
        w.limit = 1000;
        w.refuses_the_end = true;
        e = (err)ERR_INIT;
        assert_false(recode_watched(f, &w, "one\n", &e));
        assert_int_equal(e.code, ERR_LIMIT);
        buf_deinit(&w.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_that_changes_on_the_disk_is_noticed),
        cmocka_unit_test(a_damaged_compressed_file_is_noticed),
        cmocka_unit_test(a_watcher_sees_the_decoded_text_once_and_may_refuse_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
