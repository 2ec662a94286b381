#include "base/util.h"
#include "detection/http/submission.h"

#include <limits.h>

#include "base/json/json_read.h"
#include "detection/text/unicode.h"

bool submission_is_json(const char *content_type)
{
    if (!content_type)
        return false;
    slice type = {.data = content_type, .len = strcspn(content_type, ";")};
    type = slice_trim(type);
    char lower[128] = "";
    if (type.len >= sizeof lower)
        return false;
    for (size_t i = 0; i < type.len; i++) {
        char c = type.data[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return str_equal(lower, "application/json") ||
           (str_starts_with(lower, "application/") && str_ends_with(lower, "+json"));
}

/* Why the body has no usable path; NULL if it has one. */
static const char *path_fault(const json_value *value, buf *scratch, slice *path)
{
    if (value->times > 1)
        return "duplicate field `file_path`";
    if (value->type == JSON_ABSENT)
        return "missing field `file_path`";
    if (value->type != JSON_STRING || !json_text(value, scratch, path))
        return "file_path: expected a string";
    /* No file can have such a name; an empty path fails as a job, like a missing file. */
    if (path->len >= PATH_MAX)
        return "file_path: longer than 4095 bytes";
    if (path->len > 0 && memchr(path->data, '\0', path->len))
        return "file_path: contains a NUL";
    return NULL;
}

static const char *lenient_fault(const json_value *value, bool *lenient)
{
    *lenient = value->type == JSON_BOOL && json_is_true(value);
    if (value->times > 1)
        return "duplicate field `lenient`";
    return value->type == JSON_ABSENT || value->type == JSON_BOOL
               ? NULL
               : "lenient: expected true or false";
}

static const char *format_fault(const json_value *value, bool *as_input)
{
    slice name = {0};
    AUTO(buf) scratch = BUF(SUBMISSION_MAX_BYTES);
    *as_input = false;
    if (value->times > 1)
        return "duplicate field `cleaned_format`";
    if (value->type == JSON_ABSENT)
        return NULL;
    bool known = value->type == JSON_STRING && json_text(value, &scratch, &name);
    *as_input = known && slice_equal_str(name, "input");
    return *as_input || (known && slice_equal_str(name, "gzip"))
               ? NULL
               : "cleaned_format: expected \"input\" or \"gzip\"";
}

char *submission_read(slice body, submission_options *options, int *status, buf *words)
{
    static const char *const keys[] = {"file_path", "lenient", "cleaned_format"};
    json_value values[ARRAY_LEN(keys)];
    AUTO(buf) scratch = BUF(SUBMISSION_MAX_BYTES);
    err e = ERR_INIT;
    slice path = {0};
    *options = (submission_options){0};
    if (utf8_check(body) != body.len ||
        !json_read_members(body, keys, values, ARRAY_LEN(keys), NULL, &e)) {
        *status = 400;
        buf_printf(words, "Failed to parse the request body as JSON: %s",
                   err_is_set(&e) ? e.message : "not valid UTF-8");
        return NULL;
    }
    const char *fault = path_fault(&values[0], &scratch, &path);
    if (!fault)
        fault = lenient_fault(&values[1], &options->lenient);
    if (!fault)
        fault = format_fault(&values[2], &options->cleaned_as_input);
    if (!fault)
        return path.len > 0 ? slice_dup(path) : xstrdup("");
    *status = 422;
    buf_printf(words, "Failed to deserialize the JSON body into the target type: %s", fault);
    return NULL;
}
