/* The `check` command against a scripted world.
 *
 * What:    expect_lines compares its output with lines, and its exit status with them.
 * Owner:   the world is the test's. Threads: one. Fails: by cmocka's assertions.
 */
#ifndef TESTS_FLOW_CHECK_SITE_H
#define TESTS_FLOW_CHECK_SITE_H

#include <stdio.h>

#include "base/util.h"
#include "orchestrator/check/cmd_check.h"
#include "tests/flow/command_site.h"

static inline int check(world *w, const char *more, unsigned file_limit, char **text)
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
    if (!config_load(more ? 8 : 7, argv, command_getenv, &c, &e))
        fail_msg("%s", e.message);
    const store_session_env env = command_env(w);
    FILE *out = open_memstream(text, &len);
    int status = check_all(&c, &env, file_limit, out);
    fclose(out);
    return status;
}

static inline void expect_lines(world *w, const char *more, unsigned file_limit,
                                const char *const *lines)
{
    AUTO_FREE char *text = NULL;
    int status = check(w, more, file_limit, &text);
    if (status != (strstr(text, "FIX ") != NULL))
        fail_msg("exit status %d: %s", status, text);
    for (; *lines; lines++)
        if (!strstr(text, *lines))
            fail_msg("'%s' is not in\n%s", *lines, text);
}

static inline world *ready_world(void)
{
    world *w = world_new();
    w->purify = true;
    w->server_members = ",\"records\":25,\"sets\":3";
    world_add(w, "one.jsonl", GOOD);
    return w;
}

#endif
