#include "orchestrator/config/config.h"

#include "orchestrator/config/file_names.h"
#include "orchestrator/fleet/host_share.h"
#include "orchestrator/fleet/schedulers.h"

#include <unistd.h>

#include "decon/base/buf.h"
#include "decon/compression/verify.h"
#include "base/util.h"

static option_origin origin_of(const option_origin *origins, const char *key)
{
    for (size_t i = 0; i < config_options.row_count; i++)
        if (str_equal(config_options.rows[i].key, key))
            return origins[i];
    return 0;
}

/* If hosts claim their work, their number only determines the number of slices. */
static bool count_alone(const host_share_options *given, host_getenv *getenv_fn, host_share *out,
                        err *e)
{
    static const char name[] = "PMR_HOST_COUNT";
    const char *text = given->count_given ? NULL : getenv_fn(name);
    uint64_t count = given->count_given ? given->count : 1;
    if (text && !scheduler_number(name, text, 1, &count, e))
        return false;
    out->count = (unsigned)count;
    if (text || given->count_given)
        out->source = xstrdup(text ? name : "--host-count");
    return true;
}

static bool find_share(config *c, const option_origin *origins, host_getenv *getenv_fn, err *e)
{
    AUTO(host_share) share = {0};
    host_share_options given = {.single = c->single,
                                .index_given = origin_of(origins, "host_index") != 0,
                                .count_given = origin_of(origins, "host_count") != 0,
                                .index = (uint64_t)c->host_index,
                                .count = (uint64_t)c->host_count};
    err fault = ERR_INIT;
    bool claims = c->distribution == DISTRIBUTION_CLAIM;
    bool found = host_share_find(&given, getenv_fn, &share, &fault);
    if (!found && !(claims && share.incomplete)) {
        if (e)
            *e = fault;
        return false;
    }
    if (!found && !count_alone(&given, getenv_fn, &share, e))
        return false;
    c->claim_hosts = share.count;
    c->host_index = claims ? 0 : share.index;
    c->host_count = claims ? 1 : share.count;
    c->share_source = move(share.source);
    return true;
}

jsonl_options config_jsonl(const config *c)
{
    return (jsonl_options){.content_key = c->content_key,
                           .max_line_bytes = c->max_line_bytes,
                           .max_depth = (size_t)c->max_json_depth,
                           .refuse_lone_surrogates = c->refuse_lone_surrogates,
                           .refuse_duplicate_keys = c->refuse_duplicate_keys};
}

codec_options config_codec(const config *c, codec_format format)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = c->codec_threads ? (unsigned)c->codec_threads : (unsigned)MAX(cores, 1L);
    return (codec_options){.threads = threads > 1 ? threads : 0,
                           .level = (int)c->codec_levels[format],
                           .gzip_decoder = (codec_gzip_decoder)c->gzip_decoder};
}

bool config_wants_information(const config *c)
{
    return c->help || c->version || c->print_reference || c->print_config;
}

bool config_claims(const config *c)
{
    return c->distribution == DISTRIBUTION_CLAIM && !c->dry_run && !c->max_files_debug;
}

uint64_t config_hosts(const config *c)
{
    if (!config_claims(c))
        return (uint64_t)c->host_count;
    return c->share_source ? (uint64_t)c->claim_hosts : 0;
}

static bool read_sources(int argc, char **argv, const char *(*getenv_fn)(const char *),
                         option_origin *origins, config *out, err *e)
{
    const char *file = options_peek(argc, argv, "config", 'c');
    int positional = argc;
    if (file && !options_yaml(&config_options, file, out, origins, e))
        return false;
    if (!options_environment(&config_options, getenv_fn, out, origins, e) ||
        !options_arguments(&config_options, argc, argv, out, origins, &positional, e))
        return false;
    if (positional < argc)
        return err_set(e, ERR_USAGE, "%s: not an option; see --help", argv[positional]);
    return true;
}

static bool wants_information(int argc, char **argv)
{
    static const char *const flags[] = {"--help", "-h", "--version", "--print-reference",
                                        "--print-config"};
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < ARRAY_LEN(flags); k++)
            if (str_equal(argv[i], flags[k]))
                return true;
    return false;
}

/* The bytes are hashed while they are verified. */
static bool check_sha256(const config *c, err *e)
{
    return !c->ledger_sha256 || c->verify != VERIFY_NONE ||
           err_set(e, ERR_CONFIG,
                   "ledger_sha256: verify: none reads no file; give verify: stream or jsonl");
}

static bool check_whole(config *out, const option_origin *origins, host_getenv *getenv_fn, err *e)
{
    names_take_suffixes((const char *const *)out->input_suffixes);
    return options_check(&config_options, out, origins, e) &&
           find_share(out, origins, getenv_fn, e) && check_sha256(out, e) &&
           failure_limit_read(out->max_failures, &out->failure_limit, e) &&
           codec_gzip_decoder_check((codec_gzip_decoder)out->gzip_decoder, e) &&
           places_make(out->remote_file_input, out->remote_report_output_dir,
                       out->remote_cleaned_output_dir, &out->places, e);
}

bool config_load(int argc, char **argv, const char *(*getenv_fn)(const char *name), config *out,
                 err *e)
{
    *out = (config){0};
    AUTO_FREE option_origin *origins = xcalloc(config_options.row_count, sizeof *origins);
    if (!options_defaults(&config_options, out, e))
        return false;
    if (wants_information(argc, argv)) { /* a broken file must not hide the help */
        int positional;
        return options_arguments(&config_options, argc, argv, out, origins, &positional, e);
    }
    return read_sources(argc, argv, getenv_fn, origins, out, e) &&
           check_whole(out, origins, getenv_fn, e);
}

void config_deinit(config *c)
{
    names_take_suffixes(NULL);
    options_deinit(&config_options, c);
    places_deinit(&c->places);
    free(move(c->share_source));
}
