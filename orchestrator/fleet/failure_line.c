#include "orchestrator/fleet/failure_line.h"

#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "base/utf8.h"
#include "base/util.h"
#include "decon/s3/etag.h"
#include "orchestrator/fleet/run_name.h"

#define FORMAT         1
#define TEXT_MAX_BYTES ((size_t)64 << 10)

const char *failure_cause(err_code code)
{
    switch (code) {
    case ERR_NET:
    case ERR_NET_DNS:
    case ERR_NET_TLS:
    case ERR_TIMEOUT:
    case ERR_TRUNCATED:
        return "network";
    case ERR_HTTP:
    case ERR_HTTP_SERVER:
    case ERR_S3_THROTTLED:
    case ERR_S3_CLOCK:
    case ERR_S3_CREDENTIALS:
    case ERR_S3_ACCESS:
    case ERR_S3_NO_BUCKET:
    case ERR_S3_NOT_FOUND:
    case ERR_S3_CHANGED:
    case ERR_S3_ARCHIVED:
    case ERR_S3_CHECKSUM:
    case ERR_S3_REPLY:
        return "store";
    case ERR_CODEC_EARLY_END:
    case ERR_CODEC_CORRUPT:
    case ERR_CODEC_TRAILING:
    case ERR_CODEC_UNSUPPORTED:
    case ERR_JSONL:
    case ERR_NO_TEXT:
    case ERR_UTF8:
    case ERR_LIMIT:
    case ERR_PARSE:
    case ERR_PLAN:
        return "file";
    case ERR_JOB_FAILED:
    case ERR_JOB_CRASHED:
    case ERR_JOB_FORGOTTEN:
    case ERR_JOB_LIMIT:
    case ERR_SERVER_DOWN:
    case ERR_RESULT:
    case ERR_RESULT_PATH:
        return "server";
    case ERR_USAGE:
    case ERR_CONFIG:
        return "configuration";
    default:
        return "machine";
    }
}

void failure_line_write(const failure_line *line, const char *host, buf *out)
{
    char time_text[RUN_TIME_BYTES];
    AUTO_FREE char *etag = s3_etag_bare(line->etag);
    json_member_unsigned(out, "attempts", line->attempts);
    json_member_string(out, "cause", slice_from(failure_cause(line->error->code)));
    json_member_string(out, "code", slice_from(err_code_name(line->error->code)));
    if (etag[0])
        json_member_string(out, "etag", slice_from(etag));
    json_member_int(out, "format", FORMAT);
    json_member_string(out, "host", slice_from(host));
    json_member_string(out, "key", slice_from(line->key));
    json_member_string(out, "message", slice_from(line->error->message));
    json_member_unsigned(out, "size", line->size_bytes);
    json_member_string(out, "time", slice_from(run_time_text(line->failed_s, true, time_text)));
    json_close(out);
    buf_append_char(out, '\n');
}

/* --- reading --- */

static char *text_of(const json_value *value)
{
    AUTO(buf) scratch = BUF(TEXT_MAX_BYTES);
    slice text;
    if (value->type != JSON_STRING || !json_text(value, &scratch, &text))
        return NULL;
    return slice_dup(text);
}

void failed_file_deinit(failed_file *f)
{
    free(f->key);
    free(f->etag);
    *f = (failed_file){0};
}

bool failed_file_read(slice text, failed_file *out)
{
    static const char *const keys[] = {"format", "key", "etag", "size", "time", "code"};
    json_value values[ARRAY_LEN(keys)];
    uint64_t format = 0;
    *out = (failed_file){0};
    if (utf8_check(text) < text.len ||
        !json_read_members(text, keys, values, ARRAY_LEN(keys), NULL, NULL) ||
        !json_unsigned(&values[0], &format) || format != FORMAT ||
        !(out->key = text_of(&values[1])))
        return false;
    AUTO_FREE char *time_text = text_of(&values[4]);
    AUTO_FREE char *code = text_of(&values[5]);
    char *etag = text_of(&values[2]);
    out->etag = etag ? etag : xstrdup("");
    out->size_known = json_unsigned(&values[3], &out->size_bytes);
    if (!time_text || !run_time_read(time_text, &out->failed_s))
        out->failed_s = 0;
    out->by_name = code && str_equal(code, err_code_name(ERR_PLAN));
    return true;
}
