/* Shared by the tests of the S3 client: a client on a scripted transport, and the result of an
 * operation.
 *
 * What:    site_open creates both; site_end runs until the operation's on_done; site_close frees
 *          them (the fake then fails the test if something is pending).
 * Owner:   the test's.
 * Threads: one.
 * Fails:   by cmocka's assertions.
 */
#ifndef TESTS_UNIT_S3_SITE_H
#define TESTS_UNIT_S3_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "s3/client/client.h"
#include "tests/fake/transport.h"

#define KEY_ID "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

typedef struct site {
    fake_transport *f;
    s3_client *c;
    bool done;
    unsigned done_count;
    err error; /* code ERR_NONE: success */
} site;

/* The environment of the test: pairs of name and value, NULL at the end. */
static const char *const *site_env;
static const char *const site_keys_env[] = {"AWS_ACCESS_KEY_ID", KEY_ID, "AWS_SECRET_ACCESS_KEY",
                                            SECRET, NULL};

static inline const char *site_getenv(const char *name)
{
    for (size_t i = 0; site_env && site_env[i]; i += 2)
        if (strcmp(site_env[i], name) == 0)
            return site_env[i + 1];
    return NULL;
}

static inline void site_open(site *s, s3_config config)
{
    err e = ERR_INIT;
    *s = (site){.f = fake_new()};
    if (!site_env)
        site_env = site_keys_env;
    config.getenv_fn = site_getenv;
    if (!config.endpoint)
        config.endpoint = "http://store";
    s->c = s3_client_new(fake_transport_base(s->f), &config, &e);
    assert_non_null(s->c);
}

static inline void site_close(site *s)
{
    assert_int_equal(s3_client_stats(s->c).in_flight, 0);
    assert_int_equal(s3_client_stats(s->c).queued, 0);
    s3_client_free(s->c);
    fake_free(s->f);
    site_env = NULL;
}

static inline void site_done(void *ctx, const err *e)
{
    site *s = ctx;
    s->done = true;
    s->done_count++;
    s->error = e ? *e : (err)ERR_INIT;
}

/* Runs until on_done; background work of the operation continues. */
static inline err_code site_end(site *s)
{
    assert_true(fake_run_until(s->f, &s->done));
    s->done = false;
    return s->error.code;
}

static inline void site_expect(site *s, const char *method, const char *url, int status,
                               const char *body)
{
    fake_expect(s->f, &(fake_rule){.method = method,
                                   .url = url,
                                   .reply = {.status = status, .body = slice_from(body)}});
}

static inline void site_expect_error(site *s, err_code code)
{
    fake_expect(s->f, &(fake_rule){.reply = {.error = code}});
}

static inline const char *site_sent_header(const site *s, size_t index, const char *name)
{
    return fake_request_header(fake_request_at(s->f, index), name);
}

#endif
