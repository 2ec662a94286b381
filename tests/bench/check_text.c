/* Checks a text in memory and prints the CPU seconds that the check alone took.
 *
 * usage: check_text FILE jsonl [INDEXER] | jansson | lines | hashes | hashed
 *        check_text --indexers
 * jsonl: this project's checker, fed as verification feeds it; jansson: its parser, line by line;
 * lines: count lines only; hashes: hash each line; hashed: the checker and the hashes.
 * --indexers: the names of those that this machine can run, best first.
 */
#include <jansson.h>
#include <time.h>

#include "base/fsutil.h"
#include "compression/jsonl/json_window.h"
#include "decon/compression/jsonl.h"
#include "compression/jsonl/linecount.h"
#include "decon/compression/linehash.h"
#include "base/util.h"

#define PIECE_BYTES ((size_t)256 * 1024)

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool check_jsonl(slice text, const char *indexer, err *e)
{
    AUTO_PTR(jsonl) j = jsonl_new(&(jsonl_options){.indexer = indexer});
    while (text.len > 0) {
        size_t len = MIN(text.len, PIECE_BYTES);
        if (!jsonl_feed(j, (slice){.data = text.data, .len = len}, e))
            return false;
        text.data += len;
        text.len -= len;
    }
    return jsonl_finish(j, e);
}

static bool drop_hashes(void *ctx, const uint64_t *hashes, size_t count)
{
    *(uint64_t *)ctx += hashes[count - 1];
    return true;
}

static bool hash_lines(slice text, bool check, err *e)
{
    uint64_t sum = 0;
    AUTO_PTR(jsonl) j = jsonl_new(&(jsonl_options){0});
    AUTO_PTR(linehash) h = linehash_new(&(linehash_sink){.take = drop_hashes, .ctx = &sum});
    while (text.len > 0) {
        slice piece = {.data = text.data, .len = MIN(text.len, PIECE_BYTES)};
        linehash_feed(h, piece);
        if (check && !jsonl_feed(j, piece, e))
            return false;
        text.data += piece.len;
        text.len -= piece.len;
    }
    linehash_finish(h);
    return !check || jsonl_finish(j, e);
}

static bool check_jansson(slice text, err *e)
{
    while (text.len > 0) {
        const char *newline = memchr(text.data, '\n', text.len);
        size_t len = newline ? (size_t)(newline - text.data) + 1 : text.len;
        json_error_t error;
        json_t *value = json_loadb(text.data, len, JSON_ALLOW_NUL, &error);
        if (!value)
            return err_set(e, ERR_JSONL, "jansson: %s", error.text);
        json_decref(value);
        text.data += len;
        text.len -= len;
    }
    return true;
}

static bool count_lines(slice text, err *e)
{
    linecount lines = {.blank = true};
    linecount_feed(&lines, text);
    linecount_finish(&lines);
    return lines.lines > 0 || err_set(e, ERR_JSONL, "no line");
}

int main(int argc, char **argv)
{
    if (argc == 2 && str_equal(argv[1], "--indexers")) {
        const json_indexer *indexer;
        for (size_t i = 0; (indexer = json_indexer_at(i)); i++)
            puts(indexer->name);
        return 0;
    }
    if (argc < 3) {
        fputs("usage: check_text FILE jsonl [INDEXER] | jansson | lines | hashes | hashed\n"
              "       check_text --indexers\n",
              stderr);
        return 2;
    }
    err e = ERR_INIT;
    AUTO(buf) text = BUF(SIZE_MAX / 2);
    bool ok = fs_read_file(argv[1], SIZE_MAX / 2, &text, &e);
    double begin = cpu_seconds();
    if (ok && str_equal(argv[2], "jansson"))
        ok = check_jansson(buf_slice(&text), &e);
    else if (ok && str_equal(argv[2], "lines"))
        ok = count_lines(buf_slice(&text), &e);
    else if (ok && (str_equal(argv[2], "hashes") || str_equal(argv[2], "hashed")))
        ok = hash_lines(buf_slice(&text), str_equal(argv[2], "hashed"), &e);
    else if (ok)
        ok = check_jsonl(buf_slice(&text), argc > 3 ? argv[3] : NULL, &e);
    if (!ok) {
        fprintf(stderr, "%s: %s\n", argv[1], e.message);
        return 1;
    }
    printf("%.6f\n", cpu_seconds() - begin);
    return 0;
}
