#include "s3/cli/s5cmd/listing.h"

#include "base/util.h"
#include "s3/cli/session/print.h"

static bool is_wanted(const s5cmd_listing *l, const char *key, const s3_object *object)
{
    const char *version = l->call.c->config->version_id;
    if (version && (!object || !str_equal(object->version_id, version)))
        return false;
    if (l->is_pattern && !pattern_match(l->at.uri.key, key, false))
        return false;
    return strlen(key) < l->base_length || filter_passes(&l->filter, key + l->base_length);
}

static bool report(s5cmd_listing *l, const char *key, const s3_object *object, err *e)
{
    l->found++;
    if (!is_wanted(l, key, object)) {
        l->found -= l->is_pattern || l->call.c->config->version_id;
        return true;
    }
    bool itself = !l->is_pattern && str_equal(key, l->at.uri.key);
    l->each(l->ctx, &l->at.uri, key, itself ? key : key + MIN(l->base_length, strlen(key)), object);
    return !ferror(stdout) || print_flush(e);
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    return report(ctx, object->key, object, e);
}

static bool on_prefix(void *ctx, const char *prefix, err *e)
{
    return report(ctx, prefix, NULL, e);
}

static bool on_unusable(void *ctx, const char *encoded_key, err *e)
{
    const s5cmd_listing *l = ctx;
    err odd = ERR_INIT;
    UNUSED(e);
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", l->at.uri.bucket, encoded_key);
    err_set(&odd, ERR_IO, "%s: skipped: the key (URL-encoded here) has a NUL character", uri);
    cli_print_error_of(l->call.c, uri, NULL, &odd);
    return true;
}

static bool list(s5cmd_listing *l, err *e)
{
    const s3_uri *uri = &l->at.uri;
    const cli_config *config = l->call.c->config;
    size_t literal = l->is_pattern ? pattern_literal_length(uri->key) : strlen(uri->key);
    AUTO_FREE char *prefix = xstrndup(uri->key, literal);
    const char *slash = strrchr(prefix, '/');
    l->base_length = slash ? (size_t)(slash - prefix) + 1 : 0;
    s3_list_options options = {.bucket = uri->bucket,
                               .prefix = prefix,
                               .delimiter = l->is_pattern ? NULL : "/",
                               .all_versions = config->all_versions || config->version_id,
                               .on_object = on_object,
                               .on_unusable = on_unusable,
                               .on_prefix = on_prefix,
                               .on_done = cli_on_done,
                               .ctx = l};
    return cli_await(&l->call, s3_list(l->call.c->client, &options), e);
}

bool s5cmd_list(s5cmd_listing *l, err *e)
{
    l->at = (place){.is_object = true};
    if (!s3_uri_parse(l->word, &l->at.uri, e) || !filter_init(&l->filter, l->call.c, e))
        return false;
    l->is_pattern = place_is_pattern(&l->at);
    bool ok = list(l, e);
    if (ok && l->found == 0 && l->at.uri.key[0])
        ok = err_set(e, ERR_S3_NOT_FOUND, "no object found");
    place_deinit(&l->at);
    return ok;
}
