/* s3/get/resume: records that other users have placed beside a partial file. */
#include "base/util.h"
#include "s3/get/resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"

#define RECORD "decon-resume 1\nobject b/k\netag %22e%22\nsize 36\nhave 0 20\nend\n"

static char *dir;

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static int begin(void **state)
{
    UNUSED(state);
    char name[] = "/tmp/decon-resume-XXXXXX";
    dir = xstrdup(mkdtemp(name));
    AUTO_FREE char *part = path_of("part"), *record = path_of("real");
    return fs_write_file(part, SLICE_LIT("01234567890123456789"), false, NULL) &&
                   fs_write_file(record, SLICE_LIT(RECORD), false, NULL)
               ? 0
               : 1;
}

static int end(void **state)
{
    UNUSED(state);
    bool ok = fs_remove_tree(dir, NULL);
    free(dir);
    return ok ? 0 : 1;
}

static bool loads(const char *name)
{
    AUTO_FREE char *part = path_of("part"), *path = path_of(name);
    AUTO_FD fd = open(part, O_RDWR | O_CLOEXEC);
    AUTO_FD root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO(s3_resume) by_path = {.size = 0}, below = {.size = 0};
    bool usual = s3_resume_load((s3_resume_place){.root_fd = AT_FDCWD, .path = path}, "b", "k", fd,
                                &by_path);
    bool held =
        s3_resume_load((s3_resume_place){.root_fd = root, .path = name}, "b", "k", fd, &below);
    assert_int_equal(usual, held);
    return usual;
}

static void only_a_file_of_this_user_is_a_record(void **state)
{
    UNUSED(state);
    AUTO_FREE char *record = path_of("real"), *name = path_of("part.resume");
    assert_true(loads("real"));
    assert_int_equal(symlink(record, name), 0);
    assert_false(loads("part.resume"));
    assert_int_equal(unlink(name), 0);
    assert_int_equal(mkfifo(name, 0666), 0); /* would block a reader */
    assert_false(loads("part.resume"));
    assert_int_equal(unlink(name), 0);
    assert_int_equal(link(record, name), 0);
    assert_false(loads("part.resume"));
    assert_int_equal(unlink(name), 0);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(record, 65534, 65534), 0);
    assert_false(loads("real"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_a_file_of_this_user_is_a_record, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
