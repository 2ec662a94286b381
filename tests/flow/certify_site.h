/* What the tests of the `certify` command share: a finished world, and its certificate.
 *
 * What:    runs, certificates of s3://b/rep, and what they must contain.
 * Owner:   worlds are the test's. Threads: one. Fails: as cmocka's assertions do.
 */
#ifndef TESTS_FLOW_CERTIFY_SITE_H
#define TESTS_FLOW_CERTIFY_SITE_H

#include <stdio.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/compression/codec.h"
#include "orchestrator/certify/cmd_certify.h"
#include "orchestrator/config/file_names.h"
#include "tests/flow/command_site.h"

#define SETTINGS_ONE "{\"evaluation_records\":9,\"evaluation_records_digest\":\"aa\"}"
#define SETTINGS_TWO "{\"evaluation_records\":9,\"evaluation_records_digest\":\"bb\"}"
#define OF_SAMPLES                                                                                 \
    "{\"evaluation_records\":9,\"evaluation_records_digest\":\"aa\",\"sample_evals\":true}"

static inline char *path_of(const world *w, const char *suffix)
{
    return xasprintf("%s/certificate.%s", w->dir, suffix);
}

/* Only s3://b/rep is known; yields the exit status. */
static inline int certify(world *w, bool partial)
{
    static char *no_suffixes[] = {NULL};
    certify_config c = {.partial = partial, .output = xasprintf("%s/certificate", w->dir)};
    err e = ERR_INIT;
    size_t len = 0;
    AUTO(store_session) session = {0};
    const store_session_env env = command_env(w);
    assert_true(options_defaults(&config_options, &c.config, &e));
    free(c.config.endpoint_url);
    c.config.endpoint_url = xstrdup("http://store.test");
    c.config.remote_report_output_dir = xstrdup("s3://b/rep");
    assert_true(store_session_open(&session, &c.config, &env, 16, &e));
    AUTO_FREE char *text = NULL;
    FILE *out = open_memstream(&text, &len);
    int status = certify_folder(&c, &session, out);
    fclose(out);
    free(c.output);
    config_deinit(&c.config);
    names_take_suffixes((const char *const *)no_suffixes);
    return status;
}

static inline bool keep_text(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

/* The names of the certificate's files; removes the certificate. */
static inline void take_certificate(const world *w, buf *head, buf *lines)
{
    err e = ERR_INIT;
    AUTO_FREE char *head_path = path_of(w, "json");
    AUTO_FREE char *lines_path = path_of(w, "jsonl.zst");
    AUTO_PTR(stage) sink = stage_callback_new(keep_text, NULL, lines);
    if (!fs_read_file(head_path, 1 << 20, head, &e) || !codec_decode_file(lines_path, sink, &e))
        fail_msg("%s; log:\n%s", e.message, buf_str(&w->log));
    assert_int_equal(unlink(head_path), 0);
    assert_int_equal(unlink(lines_path), 0);
}

/* A partial certificate, and a refusal without --partial. */
static inline void expect_gaps(world *w, const char *gaps, const char *const *parts)
{
    AUTO(buf) head = BUF(1 << 20);
    AUTO(buf) lines = BUF(1 << 20);
    AUTO_FREE char *wanted = xasprintf("\"complete\":false,\"created\":");
    AUTO_FREE char *members = xasprintf("\"gaps\":%s,", gaps);
    AUTO_FREE char *path = path_of(w, "json");
    assert_int_equal(certify(w, false), 3);
    assert_false(fs_exists(path));
    assert_int_equal(certify(w, true), 0);
    take_certificate(w, &head, &lines);
    if (!strstr(buf_str(&head), wanted) || !strstr(buf_str(&head), members))
        fail_msg("%s and %s are not in %s", wanted, members, buf_str(&head));
    for (; *parts; parts++)
        if (!strstr(buf_str(&lines), *parts))
            fail_msg("'%s' is not in %s", *parts, buf_str(&lines));
}

static inline void expect_complete(world *w, buf *head, buf *lines)
{
    if (certify(w, false) != 0)
        fail_msg("log:\n%s", buf_str(&w->log));
    take_certificate(w, head, lines);
    if (!strstr(buf_str(head), "\"complete\":true"))
        fail_msg("%s", buf_str(head));
}

/* Members of /health with these settings; in a static buffer. */
static inline const char *server_of(const char *settings)
{
    static char members[1024];
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    sha256(slice_from(settings), digest);
    hex_encode(digest, sizeof digest, hex);
    snprintf(members, sizeof members,
             ",\"fingerprint\":\"%s\",\"settings\":%s,\"recall\":{\"seed\":1,\"records\":2.50}",
             hex, settings);
    return members;
}

static inline world *world_of(const char *settings)
{
    world *w = world_new();
    w->purify = true;
    w->server_members = server_of(settings);
    world_add(w, "a/clean.jsonl", GOOD GOOD);
    world_add(w, "a/dirty.jsonl", GOOD BAD);
    world_add(w, "b.jsonl", GOOD);
    return w;
}

static inline world *done_with(const char *settings, const char *const *words)
{
    world *w = world_of(settings);
    expect_status(w, words, 0);
    return w;
}

static inline void drop_ledger(world *w)
{
    for (size_t i = 0; i < w->record_count; i++)
        if (strstr(w->records[i].key, "/ledger/")) {
            world_drop(w, w->records[i].key);
            return;
        }
    fail_msg("no ledger");
}

#endif
