/* Commands of s5cmd as commands of decon-s3. */
#include "s3/cli/s5cmd/translate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "decon/base/buf.h"
#include "s3/cli/s5cmd/globals.h"
#include "s3/cli/s5cmd/style.h"

/* The translated arguments, separated by |; or the error. */
static char *translated(const char *line)
{
    AUTO(line_words) w = {0};
    AUTO(buf) text = BUF(4096);
    err e = ERR_INIT;
    assert_true(line_split(line, &w, &e));
    if (!s5cmd_translate(&w, &e))
        return xasprintf("error: %s", e.message);
    for (int i = 0; i < w.count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "|" : "", w.words[i]);
    return xstrdup(buf_str(&text));
}

static void commands_become_our_own(void **state)
{
    static const struct {
        const char *line, *words;
    } rows[] = {
        {"cp a s3://b/c", "cp|--|a|s3://b/c"},
        {"cp -n --if-size-differ -u=true a s3://b/c",
         "cp|--no-clobber|--if-size-differ|--if-source-newer|--|a|s3://b/c"},
        {"rm --all-versions s3://b/k*", "rm|--all-versions|--|s3://b/k*"},
        {"rm --version-id x s3://b/k", "rm|--version-id=x|--|s3://b/k"},
        {"rm --version-id x s3://b/k s3://b/l",
         "error: version-id flag can only be used with single source object"},
        {"rm --all-versions --version-id x s3://b/k",
         "error: it is not allowed to combine \"all-versions\" and \"version-id\" flags"},
        {"du --all-versions --version-id x s3://b/k",
         "error: it is not allowed to combine \"all-versions\" and \"version-id\" flags"},
        {"presign --version-id x s3://b/k", "presign|--expires-in=3h|--version-id=x|--|s3://b/k"},
        {"cp --all-versions s3://b/k x",
         "error: --all-versions: takes one version: ls --all-versions prints the ids for "
         "--version-id"},
        {"mv --version-id x s3://b/k y",
         "error: --version-id: moves current objects; cp --version-id, then rm --version-id"},
        {"bucket-version --set Enabled s3://b", "bucket-version|--set=Enabled|--|s3://b"},
        {"cp -flatten=false a s3://b/c", "cp|--|a|s3://b/c"},
        {"cp -c 5 --concurrency=6 -p 50 a s3://b/c", "cp|--part-size=50MiB|--|a|s3://b/c"},
        {"cp --metadata 'x=1,y=\"2\\' a s3://b/c",
         "cp|--metadata=x=\"1,y=\\\"2\\\\\"|--|a|s3://b/c"},
        {"cp --metadata-directive replace s3://a/b s3://b/c",
         "cp|--metadata-directive=REPLACE|--|s3://a/b|s3://b/c"},
        {"mv -- -x s3://b/c", "mv|--|-x|s3://b/c"},
        {"rm --exclude '*.gz' s3://b/*", "rm|--exclude=*.gz|--|s3://b/*"},
        {"presign --expire 1h30m s3://b/c",
         "presign|--expires-in=3h|--expires-in=5400|--|s3://b/c"},
        {"pipe -n s3://b/c", "cp|--no-clobber|--|-|s3://b/c"},
        {"ls -e -H -s", "ls|--etag|--human-readable|--show-class|--"},
        {"du -g s3://b/", "du|--by-class|--|s3://b/"},
        {"sync --size-only 's3://b/*' d", "sync|--size-only|--|s3://b/*|d"},
        {"sync --size-only file s3://b/", "cp|--if-size-differ|--if-source-newer|--|file|s3://b/"},
        {"sync /tmp s3://b", "sync|--|/tmp|s3://b/tmp"},
        {"sync /tmp/ s3://b/", "sync|--|/tmp/|s3://b/"},
        {"cp a -n s3://b/c", "error: expected source and destination arguments"},
        {"cp --metadata x a s3://b/c", "error: --metadata 'x': write NAME=VALUE"},
        {"cp -p x a s3://b/c", "error: --part-size 'x': is not a number of MiB"},
        {"cp -n=maybe a s3://b/c", "error: -n=maybe: is neither true nor false"},
        {"cp --acl", "error: --acl: needs a value"},
        {"cp --raw 's3://b/*' 'a*'", "cp|--raw|--|s3://b/*|a*"},
        {"cp 's3://b/*' 'a*'", "error: target \"a*\" can not contain glob characters"},
        {"sync --delete file s3://b/", "error: file: --delete needs a whole folder as source: name "
                                       "the folder, and use --include"},
        {"presign --expire soon s3://b/c",
         "error: --expire: 'soon': is not a duration such as 90s, 15m or 1h30m"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *words = translated(rows[i].line);
        assert_string_equal(words, rows[i].words);
    }
}

static void durations_have_the_syntax_of_go(void **state)
{
    static const struct {
        const char *text;
        uint64_t seconds;
    } rows[] = {{"90s", 90}, {"1.5h", 5400}, {"1h30m5s", 5405}, {"2500ms", 2}};
    static const char *const wrong[] = {"", "5", "h", "-1s", "1d", "1h 5m", "nans"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t seconds = 0;
        err e = ERR_INIT;
        assert_true(s5cmd_duration(rows[i].text, &seconds, &e));
        assert_int_equal(seconds, rows[i].seconds);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        uint64_t seconds = 0;
        err e = ERR_INIT;
        assert_false(s5cmd_duration(wrong[i], &seconds, &e));
    }
}

/* The index of the command; -1 on failure. */
static int read_globals(const line_words *w, s5cmd_globals *g)
{
    int first = 0;
    err e = ERR_INIT;
    bool ok = s5cmd_globals_read(w->count, w->words, g, &first, &e);
    assert_int_equal(e.code, ok ? ERR_NONE : ERR_USAGE);
    return ok ? first : -1;
}

static void global_flags_end_at_the_command(void **state)
{
    AUTO(line_words) w = {0};
    s5cmd_globals g;
    err e = ERR_INIT;
    (void)state;
    assert_true(line_split("s5cmd -numworkers 7 --json -r=0 --stat=false cp --dry-run", &w, &e));
    unsetenv("S3_ENDPOINT_URL");
    assert_int_equal(read_globals(&w, &g), 6);
    assert_int_equal(g.workers, 7);
    assert_int_equal(g.retries, 0);
    assert_true(g.json);
    assert_false(g.dry_run);
    assert_null(g.endpoint_url);
    setenv("S3_ENDPOINT_URL", "http://a", 1);
    assert_int_equal(read_globals(&w, &g), 6);
    assert_string_equal(g.endpoint_url, "http://a");
    unsetenv("S3_ENDPOINT_URL");
}

static void global_values_are_checked(void **state)
{
    static const char *const wrong[] = {"s5cmd --numworkers 0", "s5cmd --retry-count x",
                                        "s5cmd --log loud",     "s5cmd --endpoint-url 127.0.0.1",
                                        "s5cmd --nonsense x",   "s5cmd --request-payer me",
                                        "s5cmd --profile"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        AUTO(line_words) w = {0};
        s5cmd_globals g;
        err e = ERR_INIT;
        assert_true(line_split(wrong[i], &w, &e));
        assert_int_equal(read_globals(&w, &g), -1);
    }
}

static void sizes_have_the_syntax_of_s5cmd(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0"}, {1024, "1024"}, {1025, "1.0K"}, {1536, "1.5K"}, {(uint64_t)3 << 40, "3.0T"}};
    char text[32];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s5cmd_size(rows[i].bytes, true, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
    s5cmd_size(1536, false, text, sizeof text);
    assert_string_equal(text, "1536");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_become_our_own),
        cmocka_unit_test(durations_have_the_syntax_of_go),
        cmocka_unit_test(global_flags_end_at_the_command),
        cmocka_unit_test(global_values_are_checked),
        cmocka_unit_test(sizes_have_the_syntax_of_s5cmd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
