#include "orchestrator/config/remote_paths.h"

#include "decon/base/buf.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/fleet/run_name.h"
#include "decon/s3/uri.h"
#include "base/util.h"

static bool place_make(const char *uri, place *out, err *e)
{
    AUTO(s3_uri) parsed = {0};
    if (!s3_uri_parse(uri, &parsed, e))
        return false;
    bool folder = parsed.key[0] == '\0' || str_ends_with(parsed.key, "/");
    out->prefix = folder ? xstrdup(parsed.key) : xasprintf("%s/", parsed.key);
    out->bucket = move(parsed.bucket);
    return true;
}

/* True if `inner` is `outer` or inside it. */
static bool place_contains(const place *outer, const place *inner)
{
    return str_equal(outer->bucket, inner->bucket) && str_starts_with(inner->prefix, outer->prefix);
}

static bool check_apart(const places *p, const place *output, const char *option, err *e)
{
    if (!place_contains(output, &p->input))
        return true;
    return err_set(e, ERR_CONFIG,
                   "%s: s3://%s/%s is the input's own directory or lies above it, so outputs would "
                   "be taken for inputs; choose a directory beside or below s3://%s/%s",
                   option, output->bucket, output->prefix, p->input.bucket, p->input.prefix);
}

static void note_single_object(places *p)
{
    size_t len = strlen(p->input.prefix);
    if (len == 0)
        return;
    char *object = xstrndup(p->input.prefix, len - 1); /* without the added slash */
    if (names_is_input(object))
        p->input_object = object;
    else
        free(object);
}

bool places_make(const char *input_uri, const char *report_uri, const char *cleaned_uri,
                 places *out, err *e)
{
    *out = (places){0};
    if (!place_make(input_uri, &out->input, e))
        return err_context(e, "remote_file_input");
    if (!str_ends_with(input_uri, "/"))
        note_single_object(out);
    if (!place_make(report_uri, &out->report, e))
        return err_context(e, "remote_report_output_dir");
    if (!place_make(cleaned_uri ? cleaned_uri : report_uri, &out->cleaned, e))
        return err_context(e, "remote_cleaned_output_dir");
    return check_apart(out, &out->report, "remote_report_output_dir", e) &&
           check_apart(out, &out->cleaned, "remote_cleaned_output_dir", e);
}

bool places_make_report(const char *report_uri, places *out, err *e)
{
    *out = (places){0};
    return place_make(report_uri, &out->report, e);
}

void places_deinit(places *p)
{
    place *all[] = {&p->input, &p->report, &p->cleaned};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        free(all[i]->bucket);
        free(all[i]->prefix);
    }
    free(p->input_object);
    *p = (places){0};
}

const char *places_list_prefix(const places *p)
{
    return p->input_object ? p->input_object : p->input.prefix;
}

const char *places_relative(const places *p, const char *key)
{
    if (p->input_object && str_equal(key, p->input_object))
        return names_basename(key);
    return str_starts_with(key, p->input.prefix) ? key + strlen(p->input.prefix) : NULL;
}

bool places_is_output(const places *p, const char *key)
{
    const place *outputs[] = {&p->report, &p->cleaned};
    for (size_t i = 0; i < ARRAY_LEN(outputs); i++)
        if (str_equal(outputs[i]->bucket, p->input.bucket) &&
            str_starts_with(key, outputs[i]->prefix))
            return true;
    return false;
}

bool places_is_record(const places *p, const char *bucket, const char *key)
{
    size_t len = strlen(p->report.prefix);
    return str_equal(bucket, p->report.bucket) && str_starts_with(key, p->report.prefix) &&
           str_starts_with(key + len, RUN_RECORDS_FOLDER);
}
