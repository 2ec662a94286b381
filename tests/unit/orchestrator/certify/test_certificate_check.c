/* Certificates that are signed by the right key, and whose head and lines contradict each other. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/compression/codec.h"
#include "orchestrator/certify/certificate_check.h"

/* The key of RFC 8032, section 7.1, test 2. */
#define PRIVATE                                                                                    \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"                           \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC                                                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                                                 \
    "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"                               \
    "-----END PUBLIC KEY-----\n"

static char dir[] = "/tmp/decon-certificate.XXXXXX";

typedef struct sample {
    certificate_line lines[3];
    certificate_head head; /* count, root, verdicts and bytes are those of the lines */
    uint64_t more_bytes;   /* in the head than in the lines */
    const char *from, *to; /* replaced in the head; NULL: nothing */
} sample;

/* Two results and a file without one. */
static sample a_sample(certificate_verdict last)
{
    return (sample){
        .lines = {{.key = SLICE_LIT("a"), .size_bytes = 1},
                  {.key = SLICE_LIT("b"), .size_bytes = 2, .verdict = CERTIFICATE_CONTAMINATED},
                  {.key = SLICE_LIT("c"), .size_bytes = 4, .verdict = last}},
        .head = {.input = "s3://b/data/", .reports = "s3://b/rep/"}};
}

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static void put(const char *path, slice text)
{
    err e = ERR_INIT;
    assert_true(fs_write_file(path, text, true, &e));
}

static void put_lines(const char *path, sample *s)
{
    merkle tree = {.count = 0};
    err e = ERR_INIT;
    AUTO(buf) text = BUF(1 << 16);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    AUTO_PTR(stage) file = stage_fd_writer_new(fd);
    AUTO_PTR(stage) encoder = codec_encoder_new(CODEC_ZSTD, 0, file, &e);
    for (size_t i = 0; i < ARRAY_LEN(s->lines); i++) {
        AUTO(buf) line = BUF(1 << 16);
        certificate_line_write(&s->lines[i], &line);
        merkle_add(&tree, buf_slice(&line));
        buf_printf(&text, "%s\n", buf_str(&line));
        s->head.verdicts[s->lines[i].verdict]++;
        s->head.bytes += s->lines[i].size_bytes;
    }
    s->head.count = ARRAY_LEN(s->lines);
    merkle_root(&tree, s->head.root);
    assert_true(encoder && stage_feed(encoder, buf_slice(&text), &e) && stage_finish(encoder, &e));
    assert_int_equal(close(fd), 0);
}

static void put_head(const certificate_files *f, const sample *s, const signature_key *key)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    certificate_head head = s->head;
    err e = ERR_INIT;
    AUTO(buf) text = BUF(1 << 16);
    AUTO(buf) changed = BUF(1 << 16);
    head.bytes += s->more_bytes;
    assert_true(certificate_head_write(&head, &text, &e));
    const char *at = s->from ? strstr(buf_str(&text), s->from) : NULL;
    assert_true(at || !s->from);
    size_t before = at ? (size_t)(at - text.data) : text.len;
    buf_append(&changed, text.data, before);
    if (at)
        buf_printf(&changed, "%s%s", s->to, at + strlen(s->from));
    assert_true(ed25519_sign(key, buf_slice(&changed), signature, &e));
    put(f->head, buf_slice(&changed));
    put(f->signature, (slice){(const char *)signature, sizeof signature});
}

static signature_key *key_of(const char *text, bool is_private)
{
    err e = ERR_INIT;
    AUTO_FREE char *path = path_of("key");
    put(path, slice_from(text));
    signature_key *key =
        is_private ? ed25519_read_private(path, &e) : ed25519_read_public(path, &e);
    assert_non_null(key);
    return key;
}

/* `why`: part of the message; NULL: the certificate is valid. */
static void expect(sample s, const char *why)
{
    err e = ERR_INIT;
    AUTO_FREE char *base = path_of("one");
    AUTO(certificate_files) files = {0};
    AUTO(certificate_check) check = {.drawn_count = 0};
    AUTO_PTR(signature_key) own = key_of(PRIVATE, true);
    AUTO_PTR(signature_key) public = key_of(PUBLIC, false);
    certificate_files_name(&files, slice_from(base));
    put_lines(files.lines, &s);
    put_head(&files, &s, own);
    bool valid = certificate_check_files(&check, &files, public, 0, 1, &e);
    if (!why) {
        if (!valid)
            fail_msg("%s", e.message);
        return;
    }
    if (valid || !strstr(e.message, why))
        fail_msg("'%s' instead of '%s'", valid ? "valid" : e.message, why);
    assert_int_equal(e.code, ERR_RESULT);
}

static void complete_and_partial_certificates_are_valid(void **state)
{
    UNUSED(state);
    sample s = a_sample(CERTIFICATE_CLEAN);
    expect(s, NULL);
    s.head.gaps[GAP_SAMPLES] = 3;
    expect(s, NULL);
    s.lines[0].settings = SLICE_LIT("abc");
    s.head.gaps[GAP_MIXED] = 1;
    expect(s, NULL);
    s.lines[1].unproven = true;
    s.head.gaps[GAP_UNPROVEN] = 1;
    expect(s, NULL);
    s.lines[0].verdict = CERTIFICATE_FAILED;
    s.head.gaps[GAP_FAILED] = 1;
    s.lines[2].verdict = CERTIFICATE_LEFT;
    s.head.gaps[GAP_LEFT] = 1;
    expect(s, NULL);
    s.lines[2].verdict = CERTIFICATE_REFUSED;
    s.head.gaps[GAP_LEFT] = 0;
    s.head.gaps[GAP_REFUSED] = 1;
    expect(s, NULL);
}

/* complete: true and gaps: {} */
static void a_complete_certificate_has_results_only(void **state)
{
    UNUSED(state);
    expect(a_sample(CERTIFICATE_LEFT), "lines are 'left': 1, the head's gaps say 0");
    expect(a_sample(CERTIFICATE_FAILED), "lines are 'failed': 1, the head's gaps say 0");
    expect(a_sample(CERTIFICATE_REFUSED), "lines are 'refused': 1, the head's gaps say 0");
    sample s = a_sample(CERTIFICATE_CLEAN);
    s.lines[1].unproven = true;
    expect(s, "lines are 'no_provenance': 1, the head's gaps say 0");
    s = a_sample(CERTIFICATE_CLEAN);
    s.lines[1].settings = SLICE_LIT("abc");
    expect(s, "a line names its settings");
}

static void complete_and_gaps_agree(void **state)
{
    UNUSED(state);
    sample s = a_sample(CERTIFICATE_CLEAN);
    s.from = "\"complete\":true";
    s.to = "\"complete\":false";
    expect(s, "it is not complete, but has no gaps");
    s.from = "\"gaps\":{}";
    s.to = "\"gaps\":{\"sample_set\":3}";
    expect(s, "it is complete, but has gaps");
    s.to = "\"gaps\":{\"later\":3}"; /* of a later version */
    expect(s, "it is complete, but has gaps");
    s = a_sample(CERTIFICATE_LEFT);
    s.head.gaps[GAP_LEFT] = 2;
    expect(s, "lines are 'left': 1, the head's gaps say 2");
    s.head.gaps[GAP_LEFT] = 1;
    s.from = "\"gaps\":{\"left\":1}";
    s.to = "\"gaps\":{\"left\":\"1\"}";
    expect(s, "not the head of a certificate");
}

static void keys_are_not_repeated(void **state)
{
    UNUSED(state);
    sample s = a_sample(CERTIFICATE_CLEAN);
    s.lines[1] = s.lines[0];
    expect(s, "line 2: its key is not above");
    s.lines[0].key = SLICE_LIT("aa");
    expect(s, "line 2: its key is not above");
    s.lines[0].key = SLICE_LIT("a");
    s.lines[1].key = SLICE_LIT("aa");
    expect(s, NULL);
}

static void sums_are_those_of_the_lines(void **state)
{
    UNUSED(state);
    sample s = a_sample(CERTIFICATE_CLEAN);
    s.more_bytes = 1;
    expect(s, "do not add up");
    s.more_bytes = 0;
    s.from = "\"clean\":2,\"contaminated\":1";
    s.to = "\"clean\":1,\"contaminated\":2";
    expect(s, "do not add up");
}

static int make_dir(void **state)
{
    UNUSED(state);
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"key", "one.json", "one.jsonl.zst", "one.sig"};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO_FREE char *path = path_of(names[i]);
        if (unlink(path) != 0)
            return -1;
    }
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_and_partial_certificates_are_valid),
        cmocka_unit_test(a_complete_certificate_has_results_only),
        cmocka_unit_test(complete_and_gaps_agree),
        cmocka_unit_test(keys_are_not_repeated),
        cmocka_unit_test(sums_are_those_of_the_lines),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
