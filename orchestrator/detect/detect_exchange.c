/* One request to the detection server, with its reply. */
#include "base/util.h"
#include "base/json/json_read.h"
#include "base/utf8.h"
#include "orchestrator/detect/detect_client_private.h"

void detect_exchange_take_head(exchange *x, const http_reply *reply)
{
    const char *replayed = http_reply_header(reply, "Idempotency-Replayed");
    const char *refused = http_reply_header(reply, "Host-Refused");
    x->replayed = replayed && str_equal(replayed, "true");
    x->host_refused = reply->status == 403 && refused && str_equal(refused, "true");
    const char *later = http_reply_header(reply, "Retry-After");
    uint64_t seconds = 0;
    if (later) /* an HTTP date is not parsed, only its presence counts */
        x->retry_after_s = num_parse_u64(later, &seconds) && seconds ? seconds : 1;
}

bool detect_exchange_take_body(exchange *x, slice data, err *e)
{
    if (buf_append_slice(&x->reply, data))
        return true;
    AUTO_FREE char *shown = url_shown(x->request.url);
    return err_set(e, ERR_PARSE, "%s: more than %u bytes: not the reply of a detection server",
                   shown, JOBS_REPLY_MAX_BYTES);
}

void detect_exchange_send(detect_client *j, exchange *x)
{
    buf_clear(&x->reply);
    x->replayed = x->host_refused = false;
    x->retry_after_s = 0;
    x->call = http_send(j->transport, &x->request);
}

void detect_exchange_stop(detect_client *j, exchange *x)
{
    http_cancel(j->transport, move(x->call));
    timer_stop(j->transport, move(x->pause));
    buf_deinit(&x->reply);
}

bool exchange_is_trouble(const http_result *r)
{
    return !r->ok ? r->error.cls == ERR_CLASS_RETRY
                  : r->status >= 500 || r->status == 408 || r->status == 429;
}

bool exchange_is_busy(const exchange *x, const http_result *r)
{
    return r->ok && (r->status == 503 || r->status == 429) && x->retry_after_s;
}

void exchange_describe(const exchange *x, const http_result *r, err *e)
{
    AUTO_FREE char *shown = url_shown(x->request.url);
    if (!r->ok) {
        *e = r->error;
        err_context(e, "%s", shown);
        return;
    }
    slice words = slice_trim(buf_slice(&x->reply));
    err_set(e, r->status >= 500 ? ERR_HTTP_SERVER : ERR_HTTP, "%s: HTTP status %d: %.*s", shown,
            r->status, (int)MIN(words.len, (size_t)300), words.data);
    e->http_status = r->status;
}

uint64_t detect_client_jittered_ms(detect_client *j, uint64_t pause_ms)
{
    return pause_ms / 2 + transport_random(j->transport) % (pause_ms / 2 + 1);
}

bool exchange_read(const exchange *x, const char *const *keys, json_value *values, size_t count)
{
    slice text = buf_slice(&x->reply);
    json_type type = JSON_ABSENT;
    err ignored = ERR_INIT;
    return utf8_check(text) == text.len &&
           json_read_members(text, keys, values, count, &type, &ignored) && type == JSON_OBJECT;
}

static char *string_of(const json_value *value, bool *has_nul)
{
    AUTO(buf) scratch = BUF(value->raw.len); /* unescaped text is not longer */
    slice text = {0};
    *has_nul = false;
    if (value->type != JSON_STRING || !json_text(value, &scratch, &text))
        return NULL;
    char *copy = slice_dup(text);
    for (char *nul; (nul = memchr(copy, '\0', text.len)); *nul = ' ')
        *has_nul = true;
    return copy;
}

bool reply_string(const json_value *value, char **out)
{
    bool has_nul;
    *out = string_of(value, &has_nul);
    if (has_nul)
        free(move(*out));
    return *out || value->type == JSON_ABSENT || value->type == JSON_NULL;
}

char *reply_words(const json_value *value)
{
    bool has_nul;
    return string_of(value, &has_nul);
}
