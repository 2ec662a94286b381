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
    bool no_last_end, other_root;
    size_t cut_bytes;       /* of the compressed lines */
    size_t signature_bytes; /* of the file; 0: all */
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
        bool last = i + 1 == ARRAY_LEN(s->lines);
        buf_printf(&text, "%s%s", buf_str(&line), last && s->no_last_end ? "" : "\n");
        s->head.verdicts[s->lines[i].verdict]++;
        s->head.bytes += s->lines[i].size_bytes;
    }
    s->head.count = ARRAY_LEN(s->lines);
    merkle_root(&tree, s->head.root);
    assert_true(encoder && stage_feed(encoder, buf_slice(&text), &e) && stage_finish(encoder, &e));
    off_t size = lseek(fd, 0, SEEK_CUR);
    assert_int_equal(ftruncate(fd, size - (off_t)s->cut_bytes), 0);
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
    if (s->other_root)
        head.root[MERKLE_ROOT_TEXT - 2] ^= 1; /* its last digit */
    assert_true(certificate_head_write(&head, &text, &e));
    const char *at = s->from ? strstr(buf_str(&text), s->from) : NULL;
    assert_true(at || !s->from);
    size_t before = at ? (size_t)(at - text.data) : text.len;
    buf_append(&changed, text.data, before);
    if (at)
        buf_printf(&changed, "%s%s", s->to, at + strlen(s->from));
    assert_true(ed25519_sign(key, buf_slice(&changed), signature, &e));
    put(f->head, buf_slice(&changed));
    size_t len = s->signature_bytes ? s->signature_bytes : sizeof signature;
    AUTO(buf) file = BUF(1 << 16);
    buf_append(&file, (const char *)signature, MIN(len, sizeof signature));
    while (file.len < len)
        buf_append_char(&file, 'x');
    put(f->signature, buf_slice(&file));
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

static void the_lines_are_those_of_the_head(void **state)
{
    UNUSED(state);
    sample s = a_sample(CERTIFICATE_CLEAN);
    s.other_root = true;
    expect(s, "the Merkle root of the lines is");
    s.other_root = false;
    s.from = "\"leaves\":3";
    s.to = "\"leaves\":2";
    expect(s, "line 3: there are more lines than the head says");
    s.to = "\"leaves\":4";
    expect(s, "there are 3 lines, the head says 4");
    s.from = s.to = NULL;
    s.no_last_end = true;
    expect(s, "line 3: no line end");
    s.no_last_end = false;
    s.cut_bytes = 3;
    expect(s, "zstd");
}

static void a_signature_has_its_length(void **state)
{
    UNUSED(state);
    sample s = a_sample(CERTIFICATE_CLEAN);
    s.signature_bytes = ED25519_SIGNATURE_BYTES - 1;
    expect(s, "not a signature of");
    s.signature_bytes = ED25519_SIGNATURE_BYTES + 1;
    expect(s, "not a signature of");
    s.signature_bytes = 4 * ED25519_SIGNATURE_BYTES;
    expect(s, "one.sig");
}

static void the_head_is_of_this_format(void **state)
{
    UNUSED(state);
    sample s = a_sample(CERTIFICATE_CLEAN);
    s.from = "\"format\":1";
    s.to = "\"format\":2";
    expect(s, "not the head of a certificate of format 1");
    s.from = "\"type\":\"decon certificate\"";
    s.to = "\"type\":\"another document\"";
    expect(s, "not the head of a certificate of format 1");
    s.from = "\"complete\":true,";
    s.to = "\"complete\": true,";
    expect(s, "not in canonical form");
}

/* Bits of the lines that a sample of `wanted` with this seed has. */
static unsigned drawn_with(uint64_t seed, uint64_t wanted)
{
    sample s = a_sample(CERTIFICATE_CLEAN);
    unsigned drawn = 0;
    err e = ERR_INIT;
    AUTO_FREE char *base = path_of("one");
    AUTO(certificate_files) files = {0};
    AUTO(certificate_check) check = {.drawn_count = 0};
    AUTO_PTR(signature_key) own = key_of(PRIVATE, true);
    AUTO_PTR(signature_key) public = key_of(PUBLIC, false);
    certificate_files_name(&files, slice_from(base));
    put_lines(files.lines, &s);
    put_head(&files, &s, own);
    assert_true(certificate_check_files(&check, &files, public, wanted, seed, &e));
    assert_int_equal(check.drawn_count, MIN(wanted, ARRAY_LEN(s.lines)));
    for (size_t i = 0; i < check.drawn_count; i++)
        drawn |= 1u << (check.drawn[i].key[0] - 'a');
    return drawn;
}

static void a_sample_is_drawn_by_its_seed(void **state)
{
    unsigned of_one = 0, of_two = 0;
    UNUSED(state);
    assert_int_equal(drawn_with(1, 3), 7);
    assert_int_equal(drawn_with(1, 9), 7);
    assert_int_equal(drawn_with(1, 0), 0);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        of_one |= 1u << drawn_with(seed, 1);
        of_two |= 1u << drawn_with(seed, 2);
        assert_int_equal(drawn_with(seed, 2), drawn_with(seed, 2));
    }
    assert_int_equal(of_one, 1u << 1 | 1u << 2 | 1u << 4); /* each line, alone */
    assert_int_equal(of_two, 1u << 3 | 1u << 5 | 1u << 6); /* each pair */
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
        cmocka_unit_test(the_lines_are_those_of_the_head),
        cmocka_unit_test(a_signature_has_its_length),
        cmocka_unit_test(the_head_is_of_this_format),
        cmocka_unit_test(a_sample_is_drawn_by_its_seed),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
