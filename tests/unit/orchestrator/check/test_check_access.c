/* orchestrator/check/check_access: whether the detection server and this program may use each other's files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "orchestrator/check/check_access.h"

typedef struct site {
    char dir[64];
    char *text; /* of the last check */
} site;

static int begin(void **state)
{
    site *s = xcalloc(1, sizeof *s);
    snprintf(s->dir, sizeof s->dir, "/tmp/decon-test.XXXXXX");
    *state = s;
    return mkdtemp(s->dir) ? 0 : -1;
}

static int end(void **state)
{
    site *s = *state;
    bool removed = fs_remove_tree(s->dir, NULL);
    free(s->text);
    free(s);
    return removed ? 0 : -1;
}

static char *below(const site *s, const char *name)
{
    return xasprintf("%s/%s", s->dir, name);
}

static void make_dir(const site *s, const char *name)
{
    AUTO_FREE char *path = below(s, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const site *s, const char *target, const char *name)
{
    AUTO_FREE char *to = below(s, target);
    AUTO_FREE char *path = below(s, name);
    assert_int_equal(symlink(to, path), 0);
}

static void check(site *s, const config *c, const server_facts *facts)
{
    size_t len = 0;
    free(s->text);
    check_lines lines = {.out = open_memstream(&s->text, &len)};
    check_access(&lines, c, facts);
    fclose(lines.out);
    assert_int_equal(lines.fixes != 0, strstr(s->text, "FIX ") != NULL);
}

static void expect(const site *s, const char *line)
{
    if (!strstr(s->text, line))
        fail_msg("'%s' is not in\n%s", line, s->text);
}

/* --- allow_dir --- */

/* The server permits `allowed`, and downloads are in `work`, both below the folder of the test. */
static void check_allowed(site *s, const char *work, const char *allowed)
{
    AUTO_FREE char *work_dir = below(s, work);
    AUTO_FREE char *dir = below(s, allowed);
    const char *const dirs[] = {"/no/such/folder", dir, NULL};
    check(s, &(config){.local_work_dir = work_dir, .server_url = (char *)"http://server.test"},
          &(server_facts){.allow_dirs = dirs});
}

static void the_allowed_folders_have_to_contain_downloads(void **state)
{
    site *s = *state;
    static const struct {
        const char *work, *allowed;
        bool ok;
    } rows[] = {
        {"work", "work", true},     {"work", ".", true},           {"work/deep/er", "work", true},
        {"work", "wor", false},     {"work", "work/input", false}, {"other", "work", false},
        {"new/work", "new", true},  {"new/work", "newer", false},  {"link", "work", true},
        {"work", "link", true},     {"link/x", "work", true},      {"link", "other", false},
        {"out/new", "work", false},
    };
    make_dir(s, "work");
    make_dir(s, "other");
    make_link(s, "work", "link");
    make_link(s, "other", "out");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check_allowed(s, rows[i].work, rows[i].allowed);
        if ((strstr(s->text, "OK   allow_dir: ") != NULL) != rows[i].ok)
            fail_msg("%s in %s: %s", rows[i].work, rows[i].allowed, s->text);
    }
}

static void the_fix_names_option_and_folder(void **state)
{
    site *s = *state;
    make_dir(s, "work");
    make_dir(s, "other");
    make_link(s, "work", "link");
    check_allowed(s, "link", "other");
    AUTO_FREE char *fix = xasprintf(
        "FIX  allow_dir: the detection server takes files in /no/such/folder, %s/other only, and "
        "downloads are in %s/work; start it with --allow-dir %s/work too, or set local_work_dir "
        "to a folder in one of those\n",
        s->dir, s->dir, s->dir);
    expect(s, fix);
}

static void a_server_without_the_list_permits_all(void **state)
{
    site *s = *state;
    static const char *const none[] = {NULL};
    config c = {.local_work_dir = s->dir, .server_url = (char *)"http://server.test"};
    check(s, &c, &(server_facts){.allow_dirs = none});
    expect(s, "OK   allow_dir: not set: ");
    check(s, &c, &(server_facts){0}); /* the reference server does not report it */
    assert_null(strstr(s->text, "allow_dir"));
}

/* --- users --- */

static void a_folder_that_only_its_owner_may_enter_has_a_fix(void **state)
{
    site *s = *state;
    AUTO_FREE char *user = xasprintf("%u", (unsigned)geteuid() + 1);
    AUTO_FREE char *work = below(s, "deep/work");
    config c = {.local_work_dir = work,
                .server_url = (char *)"http://server.test",
                .server_user = user,
                .share_group = (char *)"0"};
    make_dir(s, "deep");
    AUTO_FREE char *fix = xasprintf("FIX  local_work_dir: %s has mode 0700, so the detection "
                                    "server's user %s cannot reach downloads in %s; ",
                                    s->dir, user, work);
    check(s, &c, &(server_facts){0});
    expect(s, fix);
    assert_int_equal(chmod(s->dir, 0710), 0); /* an access list may name the user */
    check(s, &c, &(server_facts){0});
    expect(s, "OK   users: the detection server's user may read downloads\n");
    assert_int_equal(chmod(s->dir, 0701), 0);
    check(s, &c, &(server_facts){0});
    expect(s, "OK   users: the detection server's user may read downloads\n");
    c.share_group = NULL;
    check(s, &c, &(server_facts){0});
    expect(s, "FIX  share_group: the detection server runs under user ");
}

/* --- folders of results --- */

static void folders_that_a_run_refuses_have_a_fix(void **state)
{
    site *s = *state;
    make_dir(s, "work");
    make_dir(s, "reports");
    AUTO_FREE char *work = below(s, "work");
    AUTO_FREE char *reports = below(s, "reports");
    AUTO_FREE char *absent = below(s, "absent");
    config c = {.local_work_dir = work, .server_url = (char *)"http://server.test"};
    check(s, &c, &(server_facts){.report_dir = reports, .cleaned_dir = work});
    expect(s, "OK   server's reports: ");
    expect(s, "FIX  server's cleaned files: ");
    expect(s, "refused: it is the work directory or one above it");
    check(s, &c, &(server_facts){.report_dir = "/", .cleaned_dir = absent});
    expect(s, "refused: it is the root directory");
    expect(s, "No such file or directory; where the server runs in a container, mount ");
}

/* A server whose configuration names no folders chooses names, and creates them later. */
static void temporary_folders_of_the_server_need_not_exist(void **state)
{
    site *s = *state;
    AUTO_FREE char *work = below(s, "work");
    config c = {.local_work_dir = work, .server_url = (char *)"http://server.test"};
    check(s, &c,
          &(server_facts){.report_dir = "/no/decon-0123abcd",
                          .cleaned_dir = "/no/decon-cleaned-0123abcd"});
    expect(s, "OK   server's reports: /no/decon-0123abcd is created by ");
    expect(s, "OK   server's cleaned files: /no/decon-cleaned-0123abcd is created by ");
    check(s, &c,
          &(server_facts){.report_dir = "/no/decon-0123abc", .cleaned_dir = "/no/decon-training"});
    expect(s, "FIX  server's reports: ");
    expect(s, "FIX  server's cleaned files: ");
}

static void results_in_other_folders_than_the_configured_have_a_fix(void **state)
{
    site *s = *state;
    make_dir(s, "reports");
    make_dir(s, "elsewhere");
    make_link(s, "reports", "link");
    AUTO_FREE char *work = below(s, "work");
    AUTO_FREE char *link = below(s, "link");
    AUTO_FREE char *reports = below(s, "reports");
    AUTO_FREE char *elsewhere = below(s, "elsewhere");
    char *dirs[] = {link, NULL};
    config c = {.local_work_dir = work,
                .server_url = (char *)"http://server.test",
                .server_result_dirs = dirs};
    check(s, &c, &(server_facts){.report_dir = reports, .cleaned_dir = elsewhere});
    expect(s, "OK   server's reports: ");
    expect(s, "/elsewhere is in none of the folders of server_result_dirs; add it there");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_allowed_folders_have_to_contain_downloads),
        TEST(the_fix_names_option_and_folder),
        TEST(a_server_without_the_list_permits_all),
        TEST(a_folder_that_only_its_owner_may_enter_has_a_fix),
        TEST(folders_that_a_run_refuses_have_a_fix),
        TEST(temporary_folders_of_the_server_need_not_exist),
        TEST(results_in_other_folders_than_the_configured_have_a_fix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
