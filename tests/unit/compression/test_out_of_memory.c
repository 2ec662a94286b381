/* Codecs whose library runs out of memory. */
#include "tests/unit/compression/support.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPARE_BYTES ((size_t)2 << 20) /* larger allocations fail in the child */

/* clang-format off */
#define BYTES(s) {.data = (s), .len = sizeof(s) - 1}
/* clang-format on */

#if defined __SANITIZE_ADDRESS__
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=2";
}
static void limit_memory(void)
{
}
#else
static void limit_memory(void)
{
    long pages = 0;
    AUTO_FREE char *line = NULL;
    size_t size = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || getline(&line, &size, file) < 0 || sscanf(line, "%ld", &pages) != 1)
        _exit(97);
    fclose(file);
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + SPARE_BYTES;
    if (setrlimit(RLIMIT_AS, &(struct rlimit){.rlim_cur = most, .rlim_max = most}) != 0)
        _exit(96);
}
#endif

enum { DECODED = 20, FAILED_LIMIT, FAILED_OTHERWISE };

/* "text\n" as each format's tool writes it. */
static const struct sample {
    const char *name;
    codec_format format;
    slice data;
} small[] =
    {
        {"bzip2 -9", CODEC_BZIP2,
         BYTES("\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\xc0\x6f\xe0\x65\x00\x00\x01\xc1\x80\x01"
               "\x00\x02"
               "\x00\x44\x02\x00\x21\x8c\x83\x34\xd0\x88\xf1\x77\x24\x53\x85\x09\x0c\x06\xfe\x06"
               "\x50")},
        {"xz with a dictionary of 8 MiB", CODEC_XZ,
         BYTES("\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00"
               "\x74\x2f"
               "\xe5\xa3\x01\x00\x04\x74\x65\x78\x74\x0a\x00\x00\x00\x00\x1d\x2b\xd2\x8a\xaf\x19"
               "\x4c\xcd"
               "\x00\x01\x1d\x05\xb8\x2d\x80\xaf\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a")},
        {"zstd with a window of 8 MiB", CODEC_ZSTD,
         BYTES("\x28\xb5\x2f\xfd\x04\x68\x29\x00\x00\x74\x65\x78\x74\x0a\x2c\x51\xa1\xbf")},
},
  large[] = {
      {"xz with a dictionary of 128 MiB", CODEC_XZ,
       BYTES("\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x1e\x00\x00\x00\x9b"
             "\x07"
             "\x51\x66\x01\x00\x04\x74\x65\x78\x74\x0a\x00\x00\x00\x00\x1d\x2b\xd2\x8a\xaf\x19\x4c"
             "\xcd"
             "\x00\x01\x1d\x05\xb8\x2d\x80\xaf\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a")},
      {"zstd with a window of 128 MiB", CODEC_ZSTD,
       BYTES("\x28\xb5\x2f\xfd\x04\x88\x29\x00\x00\x74\x65\x78\x74\x0a\x2c\x51\xa1\xbf")},
};

static int decode_case(const void *data)
{
    const struct sample *s = data;
    codec_options options = {.memory_bytes = (uint64_t)1 << 30};
    outcome o = decode_with(s->format, &options, s->data, WHOLE);
    if (o.ok)
        return DECODED;
    return o.error.code == ERR_LIMIT && strstr(o.error.message, "MiB") ? FAILED_LIMIT
                                                                       : FAILED_OTHERWISE;
}

static int encode_case(const void *data)
{
    err e = ERR_INIT;
    stage *sink = stage_callback_new(append_to, NULL, NULL);
    stage *first = codec_encoder_open(*(const codec_format *)data, &(codec_options){0}, sink, &e);
    return first ? DECODED : FAILED_OTHERWISE;
}

/* The exit status of a process that calls `task` with little memory, and its standard error. */
static int status_of(int (*task)(const void *), const void *data, char *text, size_t text_size)
{
    int ends[2], status = -1;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        limit_memory();
        _exit(task(data));
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n;
         len < text_size - 1 && (n = read(ends[0], text + len, text_size - 1 - len)) > 0;)
        len += (size_t)n;
    text[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void assert_ends(const char *name, int (*task)(const void *), const void *data)
{
    char text[4096];
    int status = status_of(task, data, text, sizeof text);
    if (status != 1 || !strstr(text, "out of memory: "))
        fail_msg("%s: exit status %d, %s", name, status, text);
}

static void a_decoder_without_memory_ends_the_process(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(small); i++)
        assert_ends(small[i].name, decode_case, &small[i]);
}

static void a_file_that_asks_for_much_fails_alone(void **state)
{
    UNUSED(state);
    char text[4096];
    for (size_t i = 0; i < ARRAY_LEN(large); i++)
        assert_int_equal(status_of(decode_case, &large[i], text, sizeof text), FAILED_LIMIT);
}

static void an_encoder_without_memory_ends_the_process(void **state)
{
    UNUSED(state);
    static const codec_format formats[] = {CODEC_BZIP2, CODEC_XZ};
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        assert_ends(codec_get(formats[i])->name, encode_case, &formats[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoder_without_memory_ends_the_process),
        cmocka_unit_test(a_file_that_asks_for_much_fails_alone),
        cmocka_unit_test(an_encoder_without_memory_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
