/* The `status` command against a scripted world: one look at s3://b/rep, which is all that is known.
 *
 * What:    expect_look compares the output of --json with parts of it.
 * Owner:   the world is the test's. Threads: one. Fails: by cmocka's assertions.
 */
#ifndef TESTS_FLOW_STATUS_SITE_H
#define TESTS_FLOW_STATUS_SITE_H

#include <stdio.h>

#include "base/util.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/status/cmd_status.h"
#include "tests/flow/command_site.h"

/* Its output is in `text`. */
static inline int look(world *w, bool json, int64_t head_limit, char **text)
{
    static char *no_suffixes[] = {NULL};
    status_config c = {.json = json, .head_limit = head_limit};
    err e = ERR_INIT;
    size_t len = 0;
    AUTO(store_session) session = {0};
    const store_session_env env = command_env(w);
    assert_true(options_defaults(&config_options, &c.config, &e));
    free(c.config.endpoint_url);
    c.config.endpoint_url = xstrdup("http://store.test");
    c.config.remote_report_output_dir = xstrdup("s3://b/rep");
    assert_true(store_session_open(&session, &c.config, &env, 16, &e));
    FILE *out = open_memstream(text, &len);
    int status = status_look(&c, &session, out);
    fclose(out);
    config_deinit(&c.config);
    names_take_suffixes((const char *const *)no_suffixes);
    return status;
}

static inline void expect_look(world *w, int64_t head_limit, int status, const char *const *parts)
{
    AUTO_FREE char *text = NULL;
    int got = look(w, true, head_limit, &text);
    if (got != status)
        fail_msg("exit status %d: %s", got, text);
    for (; *parts; parts++)
        if (!strstr(text, *parts))
            fail_msg("'%s' is not in %s", *parts, text);
}

static inline world *world_of_three(void)
{
    world *w = world_new();
    w->purify = true;
    world_add(w, "a/clean.jsonl", GOOD GOOD);
    world_add(w, "a/dirty.jsonl", GOOD BAD GOOD BAD);
    world_add(w, "b/other.jsonl", GOOD);
    return w;
}

#endif
