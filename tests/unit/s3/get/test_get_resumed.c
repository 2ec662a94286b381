/* Downloads that continue what an earlier one has kept. */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "tests/unit/s3/get/get_site.h"

static char *record_of(const get_site *g)
{
    AUTO(buf) text = BUF(4096);
    err e = ERR_INIT;
    if (!fs_read_file(g->resume_path, 4096, &text, &e))
        return NULL;
    return buf_give(&text);
}

static s3_get_options resumable(get_site *g, bool known)
{
    s3_get_options o = options(g, known);
    o.resume_path = g->resume_path;
    return o;
}

/* Ranges 2 and 3 (from byte 20) are slow; the program ends when the record exists. */
static void interrupt(get_site *g)
{
    g->delay_from = 20;
    g->delay_ms = 60000;
    fake_when(g->s.f, &(fake_rule){.method = "GET",
                                   .headers = &(http_header){"Range", "bytes=10-19"},
                                   .header_count = 1,
                                   .times = 1,
                                   .reply = {.error = ERR_NET, .delay_ms = 3000}});
    s3_get_options o = resumable(g, true);
    s3_op *running = s3_get(g->s.c, &o);
    fake_advance(g->s.f, 10000);
    s3_op_cancel(running);
    fake_run_all(g->s.f);
    assert_int_equal(g->s.done_count, 0);
    site_close(&g->s);
    open_site(g, (s3_config){0});
    g->delay_ms = 0;
    g->heads = g->loads = 0;
}

static void finished_ranges_are_not_loaded_again(void **state)
{
    get_site g;
    (void)state;
    for (int known = 0; known < 2; known++) {
        open_get(&g, OBJECT, (s3_config){0});
        set_sum(&g, S3_CHECKSUM_CRC64NVME);
        interrupt(&g);
        AUTO_FREE char *record = record_of(&g);
        assert_string_equal(record, "decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\n"
                                    "have 0 20\nend\n");
        assert_int_equal(get(&g, resumable(&g, known)), ERR_NONE);
        assert_int_equal(g.loads, 2);
        assert_int_equal(g.heads, 1);
        assert_string_equal(site_sent_header(&g.s, 0, "Range"), "bytes=20-29");
        assert_string_equal(site_sent_header(&g.s, 0, "If-Match"), "\"e1\"");
        assert_int_equal(g.result.kept_bytes, 20);
        assert_int_equal(g.result.proven, S3_CHECKSUM_CRC64NVME);
        file_is(&g, OBJECT);
        assert_null(record_of(&g));
        close_get(&g);
    }
}

/* Replaces the C library's function: counts syncs before the record exists. */
static struct {
    const get_site *site; /* NULL: not checked */
    ino_t inodes[4];
    size_t count;
    char bytes[TEXT_SIZE]; /* of the first one */
} syncs;

int fdatasync(int fd)
{
    struct stat st;
    if (syncs.site && !fs_exists(syncs.site->resume_path) &&
        syncs.count < ARRAY_LEN(syncs.inodes)) {
        assert_int_equal(fstat(fd, &st), 0);
        if (syncs.count == 0)
            assert_true(pread(fd, syncs.bytes, sizeof syncs.bytes - 1, 0) >= 0);
        syncs.inodes[syncs.count++] = st.st_ino;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

static void finished_ranges_are_on_the_disk_before_they_are_recorded(void **state)
{
    get_site g;
    struct stat download, record;
    (void)state;
    open_get(&g, OBJECT, (s3_config){0});
    syncs.site = &g;
    interrupt(&g);
    syncs.site = NULL;
    assert_int_equal(fstat(g.fd, &download), 0);
    assert_int_equal(stat(g.resume_path, &record), 0);
    assert_int_equal(syncs.count, 2);
    assert_true(syncs.inodes[0] == download.st_ino && syncs.inodes[1] == record.st_ino);
    assert_memory_equal(syncs.bytes, OBJECT, 20);
    close_get(&g);
}

static void corrupted_kept_bytes_are_downloaded_again_once(void **state)
{
    (void)state;
    for (int object_is_bad = 0; object_is_bad < 2; object_is_bad++) {
        get_site g;
        open_get(&g, OBJECT, (s3_config){0});
        set_sum(&g, S3_CHECKSUM_CRC64NVME);
        interrupt(&g);
        assert_int_equal(pwrite(g.fd, "X", 1, 5), 1);
        g.spoilt = object_is_bad ? 1000 : 0;
        assert_int_equal(get(&g, resumable(&g, true)), object_is_bad ? ERR_S3_CHECKSUM : ERR_NONE);
        assert_int_equal(g.restarts, object_is_bad ? 2 : 1);
        if (!object_is_bad)
            file_is(&g, OBJECT);
        assert_null(record_of(&g));
        close_get(&g);
    }
}

static void another_version_is_downloaded_from_the_beginning(void **state)
{
    (void)state;
    for (int known = 0; known < 3; known++) {
        get_site g;
        open_get(&g, OBJECT, (s3_config){0});
        interrupt(&g);
        g.etag = "\"e2\"";
        g.object = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        s3_get_options o = resumable(&g, known > 0);
        o.etag = known == 2 ? g.etag : NULL;
        assert_int_equal(get(&g, o), ERR_NONE);
        assert_int_equal(g.result.kept_bytes, 0);
        file_is(&g, g.object);
        close_get(&g);
    }
}

static void a_record_that_does_not_fit_is_ignored(void **state)
{
    static const char *const rows[] = {
        "",
        "decon-resume 1\nobject b/other\netag %22e1%22\nsize 36\nhave 0 20\nend\n",
        "decon-resume 2\nobject b/k\netag %22e1%22\nsize 36\nhave 0 20\nend\n",
        "decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\nhave 0 20\n",
        "decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\nhave 0 20\nend\nmore\n",
        "decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\nhave 10 20\nhave 0 5\nend\n",
        "decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\nhave 0 37\nend\n",
        "decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\nhave 20 0\nend\n",
        "decon-resume 1\nobject b/k\netag %22e1%22\nhave 0 20\nsize 36\nend\n",
        "decon-resume 1\nobject b/k\nsize 36\nhave 0 20\nend\n",
        "decon-resume 1\nobject b/k\netag %zz\nsize 36\nhave 0 20\nend\n",
        /* more than the file holds */
        "decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\nhave 0 21\nend\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        get_site g;
        err e = ERR_INIT;
        open_get(&g, OBJECT, (s3_config){0});
        set_sum(&g, S3_CHECKSUM_CRC32);
        assert_int_equal(pwrite(g.fd, "XXXXXXXXXXXXXXXXXXXX", 20, 0), 20);
        assert_true(fs_write_file(g.resume_path, slice_from(rows[i]), false, &e));
        assert_int_equal(get(&g, resumable(&g, true)), ERR_NONE);
        assert_int_equal(g.result.kept_bytes, 0);
        assert_int_equal(g.restarts, 0); /* the checksum is right, but the record is not trusted */
        file_is(&g, OBJECT);
        assert_null(record_of(&g));
        close_get(&g);
    }
}

static void a_file_that_was_whole_is_only_verified(void **state)
{
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        get_site g;
        err e = ERR_INIT;
        open_get(&g, OBJECT, (s3_config){0});
        set_sum(&g, S3_CHECKSUM_SHA256);
        assert_int_equal(pwrite(g.fd, OBJECT, SIZE, 0), SIZE);
        if (bad)
            assert_int_equal(pwrite(g.fd, "X", 1, 35), 1);
        assert_true(fs_write_file(g.resume_path,
                                  SLICE_LIT("decon-resume 1\nobject b/k\netag %22e1%22\nsize 36\n"
                                            "have 0 36\nend\n"),
                                  false, &e));
        assert_int_equal(get(&g, resumable(&g, true)), ERR_NONE);
        assert_int_equal(g.loads, bad ? 5 : 0); /* no record after a restart */
        assert_int_equal(g.heads, 1);
        file_is(&g, OBJECT);
        close_get(&g);
    }
}

/* Without a checksum HEAD still shows that it is the same object. */
static void kept_ranges_are_used_for_the_current_object_only(void **state)
{
    get_site g;
    err e = ERR_INIT;
    (void)state;
    open_get(&g, OBJECT, (s3_config){.response_checksums = S3_CHECKSUM_USE_WHEN_REQUIRED});
    assert_int_equal(pwrite(g.fd, OBJECT, SIZE, 0), SIZE);
    assert_true(fs_write_file(g.resume_path,
                              SLICE_LIT("decon-resume 1\nobject b/k\netag %22e0%22\nsize 36\n"
                                        "have 0 36\nend\n"),
                              false, &e));
    g.object = "another object, of just as many byte";
    assert_int_equal(strlen(g.object), SIZE);
    assert_int_equal(get(&g, resumable(&g, true)), ERR_NONE);
    assert_int_equal(g.restarts, 1);
    file_is(&g, g.object);
    close_get(&g);
}

/* The kept ranges are far ahead of a reader that has read nothing: it reads them first. */
static void a_reader_catches_up_with_what_was_kept(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, (s3_config){0});
    set_sum(&g, S3_CHECKSUM_CRC64NVME);
    interrupt(&g);
    s3_get_options o = resumable(&g, true);
    o.ahead_bytes = 16;
    o.on_progress = follow;
    o.on_loaded = follow_to_the_end;
    g.op = s3_get(g.s.c, &o);
    assert_int_equal(site_end(&g.s), ERR_NONE);
    assert_int_equal(g.result.kept_bytes, 20);
    file_is(&g, OBJECT);
    close_get(&g);
}

static void a_short_download_records_nothing(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, (s3_config){0});
    g.delay_from = 20;
    g.delay_ms = 1000;
    s3_get_options o = resumable(&g, true);
    s3_op *running = s3_get(g.s.c, &o);
    fake_advance(g.s.f, 500);
    assert_null(record_of(&g));
    s3_op_cancel(running);
    close_get(&g);
}

static void a_record_that_cannot_be_written_is_no_failure(void **state)
{
    get_site g;
    (void)state;
    open_get(&g, OBJECT, (s3_config){0});
    g.delay_from = 10;
    g.delay_ms = 3000;
    s3_get_options o = resumable(&g, true);
    o.resume_path = "/nonexistent/part.resume";
    assert_int_equal(get(&g, o), ERR_NONE);
    file_is(&g, OBJECT);
    close_get(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finished_ranges_are_not_loaded_again),
        cmocka_unit_test(finished_ranges_are_on_the_disk_before_they_are_recorded),
        cmocka_unit_test(corrupted_kept_bytes_are_downloaded_again_once),
        cmocka_unit_test(another_version_is_downloaded_from_the_beginning),
        cmocka_unit_test(a_record_that_does_not_fit_is_ignored),
        cmocka_unit_test(a_file_that_was_whole_is_only_verified),
        cmocka_unit_test(kept_ranges_are_used_for_the_current_object_only),
        cmocka_unit_test(a_reader_catches_up_with_what_was_kept),
        cmocka_unit_test(a_short_download_records_nothing),
        cmocka_unit_test(a_record_that_cannot_be_written_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
