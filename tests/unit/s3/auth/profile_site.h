/* Shared by the tests of a profile's providers: a config file, a client that uses its profile "p".
 *
 * Owner:   remove_config is a test's teardown.
 * Threads: one.
 * Fails:   by cmocka's assertions.
 */
#ifndef TESTS_UNIT_S3_PROFILE_SITE_H
#define TESTS_UNIT_S3_PROFILE_SITE_H

#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

static char *config_path;

static inline int remove_config(void **state)
{
    free(move(config_path));
    return remove_dir(state);
}

/* A client whose config file holds the text; profile "p" is the one in use, HOME is the test's
 * folder. `name` and `value` are one more pair of the environment, or NULL. */
static inline void open_config(site *s, const char *text, const char *name, const char *value)
{
    static const char *env[] = {"AWS_CONFIG_FILE",
                                NULL,
                                "AWS_PROFILE",
                                "p",
                                "AWS_REGION",
                                "eu-west-1",
                                "HOME",
                                NULL,
                                NULL,
                                NULL,
                                NULL};
    free(move(config_path));
    config_path = write_file("config", text);
    env[1] = config_path;
    env[7] = dir;
    env[8] = name;
    env[9] = value;
    site_env = env;
    site_open(s, (s3_config){0});
}

/* The last request is that to the store, signed with key id `id`. */
static inline void works_with(site *s, const char *id)
{
    site_expect(s, "DELETE", URL, 204, "");
    REMOVE(s, ERR_NONE);
    assert_true(signed_with(s, fake_request_count(s->f) - 1, id));
}

static inline void is_refused(site *s, const char *why)
{
    REMOVE(s, ERR_S3_CREDENTIALS);
    if (!strstr(s->error.message, why))
        fail_msg("'%s' does not say '%s'", s->error.message, why);
    assert_null(strstr(s->error.message, "SECRET-"));
}

#endif
