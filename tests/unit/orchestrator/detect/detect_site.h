/* A client of a detection server whose replies the test defines. */
#ifndef TESTS_UNIT_ORCHESTRATOR_DETECT_DETECT_SITE_H
#define TESTS_UNIT_ORCHESTRATOR_DETECT_DETECT_SITE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/detect/detect_client.h"
#include "tests/fake/transport.h"

#define URL "http://localhost:8080"
#define HEALTHY                                                                                    \
    "{\"worker_threads\":3,\"purify\":true,\"report_output_dir\":\"/r\",\"status\":\"ok\"}"

typedef struct fixture {
    fake_transport *fake;
    detect_client *jobs;
    bool done;
    err error;
    server_facts facts;
    char job_id[64], report[64], cleaned[64];
    bool replayed;
} fixture;

static inline int begin(void **state)
{
    log_setup(&(log_options){.level = LOG_ERROR, .fd = STDERR_FILENO});
    fixture *f = xcalloc(1, sizeof *f);
    f->fake = fake_new();
    f->jobs = detect_client_new(fake_transport_base(f->fake),
                                &(detect_client_options){.server_url = URL "/",
                                                         .poll_interval_ms = 5000,
                                                         .server_wait_ms = 300000});
    *state = f;
    return 0;
}

static inline void finish(fixture *f)
{
    detect_client_free(f->jobs);
    fake_free(f->fake);
    free(f);
}

static inline void expect(fixture *f, const char *method, const char *url, int status,
                          const char *body)
{
    fake_expect(f->fake, &(fake_rule){.method = method,
                                      .url = url,
                                      .reply = {.status = status, .body = slice_from(body)}});
}

static inline void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static inline void on_done(void *ctx, const job_outcome *o, const err *error)
{
    fixture *f = ctx;
    f->done = true;
    f->error = error ? *error : (err)ERR_INIT;
    if (error)
        return;
    f->replayed = o->replayed;
    copy_text(f->job_id, sizeof f->job_id, o->job_id);
    copy_text(f->report, sizeof f->report, o->report_path);
    copy_text(f->cleaned, sizeof f->cleaned, o->cleaned_path);
}

#endif
