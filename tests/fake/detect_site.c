#include "tests/fake/detect_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/index/evals.h"

void detect_site_init(detect_site *s)
{
    *s = (detect_site){.settings = detect_settings_default(), .dir = "/tmp/test-detect-XXXXXX"};
    s->settings.tokenizer = "word";
    s->settings.sample_every_m_tokens = 1;
    s->settings.eval_min_tokens = s->settings.eval_min_unique_words = 0;
    assert_non_null(mkdtemp(s->dir));
    s->report_dir = xasprintf("%s/reports", s->dir);
    s->cleaned_dir = xasprintf("%s/cleaned", s->dir);
    s->job = (job_settings){.content_key = "text",
                            .report_dir = s->report_dir,
                            .cleaned_dir = s->cleaned_dir,
                            .max_line_bytes = 1 << 20};
}

void detect_site_deinit(detect_site *s)
{
    index_free(s->index);
    assert_true(fs_remove_tree(s->dir, NULL));
    free(s->report_dir);
    free(s->cleaned_dir);
}

void detect_site_index(detect_site *s, const char *const *lines)
{
    err e = ERR_INIT;
    s->index = index_new(&s->settings, &e);
    assert_non_null(s->index);
    for (uint64_t i = 0; lines[i]; i++)
        if (!evals_add_line(s->index, "quiz.jsonl", slice_from(lines[i]), i, &e))
            fail_msg("line %d: %s", (int)i, e.message);
    index_freeze(s->index);
}

detect_site *detect_site_set_up(void **state, const char *const *lines)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    detect_site_index(s, lines);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    *state = s;
    return s;
}

int detect_site_tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

bool detect_site_run(detect_site *s, const char *path, job_outcome *out, err *e)
{
    AUTO(job_runner) runner = {0};
    job_runner_init(&runner, &s->job, s->index);
    return job_run(&runner, &(job_request){.id = "id-1", .path = path}, out, e);
}

char *detect_site_file(detect_site *s, const char *name, slice text)
{
    char *path = xasprintf("%s/%s", s->dir, name);
    assert_true(fs_write_file(path, text, false, NULL));
    return path;
}

static bool gather(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

char *detect_site_read(const char *path)
{
    AUTO(buf) text = BUF(1 << 24);
    AUTO_PTR(stage) sink = stage_callback_new(gather, NULL, &text);
    err e = ERR_INIT;
    if (!codec_decode_file(path, sink, &e))
        fail_msg("%s", e.message);
    return buf_give(&text);
}
