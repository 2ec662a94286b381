/* Which files jobs may name: links, dots, missing folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "detection/job/allowed_paths.h"
#include "tests/fake/detect_site.h"

typedef struct place {
    detect_site site;
    char *inside, *outside; /* two folders */
    const char *dirs[2];
} place;

static char *below(const char *dir, const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

static int set_up(void **state)
{
    place *p = xcalloc(1, sizeof *p);
    detect_site_init(&p->site);
    p->inside = below(p->site.dir, "in");
    p->outside = below(p->site.dir, "in-and-more"); /* a name with the same beginning */
    AUTO_FREE char *deep = below(p->inside, "deep");
    assert_true(fs_make_dirs(deep, NULL) && fs_make_dirs(p->outside, NULL));
    free(detect_site_file(&p->site, "in/f", SLICE_LIT("x")));
    free(detect_site_file(&p->site, "in/deep/f", SLICE_LIT("x")));
    free(detect_site_file(&p->site, "in-and-more/f", SLICE_LIT("x")));
    p->dirs[0] = p->inside;
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;
    free(p->inside);
    free(p->outside);
    detect_site_deinit(&p->site);
    free(p);
    return 0;
}

static void expect(const place *p, const char *name, bool allowed)
{
    AUTO_FREE char *path = below(p->site.dir, name);
    if (allow_path(p->dirs, path) != allowed)
        fail_msg("%s is %s", path, allowed ? "refused" : "allowed");
}

static void link_to(const place *p, const char *name, const char *to)
{
    AUTO_FREE char *path = below(p->site.dir, name);
    assert_int_equal(symlink(to, path), 0);
}

static void without_folders_all_is_allowed(void **state)
{
    UNUSED(state);
    static const char *const none[] = {NULL};
    assert_true(allow_path(NULL, "/etc/passwd"));
    assert_true(allow_path(none, "/etc/passwd"));
    assert_true(allow_path(none, ""));
}

static void what_lies_below(void **state)
{
    place *p = *state;
    expect(p, "in/f", true);
    expect(p, "in/deep/f", true);
    expect(p, "in/deep/../f", true);
    expect(p, "in-and-more/f", false);
    expect(p, "in/../in-and-more/f", false);
    expect(p, "in", false); /* no file in it */
    assert_false(allow_path(p->dirs, "/etc/passwd"));
    assert_false(allow_path(p->dirs, ""));
}

static void links_count_by_their_end(void **state)
{
    place *p = *state;
    link_to(p, "in/away", "../in-and-more/f");
    link_to(p, "in/folder-away", "../in-and-more");
    link_to(p, "in-and-more/back", "../in/f");
    link_to(p, "in/nowhere", "../in-and-more/none");
    link_to(p, "in/round", "round");
    expect(p, "in/away", false);
    expect(p, "in/folder-away/f", false);
    expect(p, "in/folder-away/none", false);
    expect(p, "in-and-more/back", true);
    expect(p, "in/nowhere", false);
    expect(p, "in/round", false);
}

static void what_is_not_there_yet(void **state)
{
    place *p = *state;
    expect(p, "in/later", true);
    expect(p, "in-and-more/later", false);
    expect(p, "in/no-folder/later", false);
    expect(p, "in/deep/later/..", false);
    expect(p, "nowhere", false);
}

static void the_folder_may_be_a_link(void **state)
{
    place *p = *state;
    link_to(p, "alias", "in");
    AUTO_FREE char *alias = below(p->site.dir, "alias");
    p->dirs[0] = alias;
    expect(p, "in/f", true);
    expect(p, "alias/deep/f", true);
    expect(p, "in-and-more/f", false);
    p->dirs[0] = "/";
    expect(p, "in-and-more/f", true);
    p->dirs[0] = "/no/such/folder";
    expect(p, "in/f", false);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_folders_all_is_allowed), TEST(what_lies_below),
        TEST(links_count_by_their_end),       TEST(what_is_not_there_yet),
        TEST(the_folder_may_be_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
