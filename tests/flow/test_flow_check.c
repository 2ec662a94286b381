/* The `check` command against a scripted world: what is missing gets a line that says what to do. */
#include <stdio.h>

#include "base/util.h"
#include "orchestrator/check/cmd_check.h"
#include "tests/flow/flow_support.h"

static const char *credentials(const char *name)
{
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? "example-secret" : NULL;
}

static void run_until(void *ctx, const bool *done)
{
    world *w = ctx;
    assert_true(fake_run_until(w->fake, done));
}

static int check(world *w, const char *more, unsigned file_limit, char **text)
{
    AUTO(config) c = {0};
    err e = ERR_INIT;
    size_t len = 0;
    AUTO_FREE char *work = xasprintf("--local-work-dir=%s/work", w->dir);
    char *argv[] = {(char *)"check",
                    (char *)"--remote-file-input=s3://b/data",
                    (char *)"--remote-report-output-dir=s3://b/rep",
                    (char *)"--remote-cleaned-output-dir=s3://b/cle",
                    (char *)"--endpoint-url=http://store.test",
                    (char *)"--server-url=http://server.test",
                    work,
                    (char *)(uintptr_t)more};
    if (!config_load(more ? 8 : 7, argv, credentials, &c, &e))
        fail_msg("%s", e.message);
    FILE *out = open_memstream(text, &len);
    int status = check_all(&c,
                           &(store_session_env){.transport = fake_transport_base(w->fake),
                                                .run_until = run_until,
                                                .run_ctx = w,
                                                .getenv_fn = credentials},
                           file_limit, out);
    fclose(out);
    return status;
}

static void expect_lines(world *w, const char *more, unsigned file_limit, const char *const *lines)
{
    AUTO_FREE char *text = NULL;
    int status = check(w, more, file_limit, &text);
    if (status != (strstr(text, "FIX ") != NULL))
        fail_msg("exit status %d: %s", status, text);
    for (; *lines; lines++)
        if (!strstr(text, *lines))
            fail_msg("'%s' is not in\n%s", *lines, text);
}

static world *ready_world(void)
{
    world *w = world_new();
    w->purify = true;
    w->server_members = ",\"records\":25,\"sets\":3";
    world_add(w, "one.jsonl", GOOD);
    return w;
}

static void what_is_there_is_ok(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    expect_lines(w, NULL, 4096,
                 WORDS("OK   store: ", "OK   remote_file_input: s3://b/data/ has training files\n",
                       "OK   remote_report_output_dir: ", "OK   remote_cleaned_output_dir: ",
                       "OK   object metadata: ", "OK   clock: 0 s ",
                       "OK   detection server: 25 evaluation records of 3 sets\n",
                       "OK   purify: contaminated files are cleaned\n"));
    assert_int_equal(w->object_count, 1); /* the probe is gone */
    world_free(w);
}

static void a_store_that_ignores_conditions_cannot_be_claimed_from(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->no_conditions = true;
    expect_lines(w, NULL, 4096, WORDS("OK   conditional writes: the store does not honour them"));
    expect_lines(w, "--distribution=claim", 4096,
                 WORDS("FIX  conditional writes: the store does not honour them, so hosts cannot "
                       "claim work; use distribution: hash"));
    world_free(w);
}

static void what_is_missing_is_to_be_fixed(void **state)
{
    UNUSED(state);
    world *w = ready_world();
    w->drop_metadata = true;
    w->purify = false;
    w->server_content_key = "body";
    expect_lines(w, NULL, 100,
                 WORDS("FIX  object metadata: ", "FIX  open files: 100 are allowed",
                       "FIX  content_key: it is 'text' here and 'body' at the detection server",
                       "FIX  purify: the detection server writes no cleaned files"));
    w->refuse_probe = true;
    expect_lines(w, NULL, 4096, WORDS("FIX  remote_report_output_dir: "));
    w->missing_bucket = "b";
    expect_lines(w, NULL, 4096, WORDS("FIX  store: "));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_ok),
        cmocka_unit_test(a_store_that_ignores_conditions_cannot_be_claimed_from),
        cmocka_unit_test(what_is_missing_is_to_be_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
