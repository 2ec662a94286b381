#include "detection/config/config.h"

#include <sys/random.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "compression/splice/splice.h"
#include "detection/config/fingerprint.h"
#include "detection/config/index_facts.h"
#include "detection/config/compatible.h"
#include "detection/config/evals_dir.h"
#include "detection/config/listen_check.h"
#include "base/json/json_write.h"

#define ALLOW_DIRS_MAX_BYTES  ((size_t)32 << 10)
#define HEALTH_SETS_MAX_BYTES ((size_t)256 << 10)

#define DECAY_START "20"
#define DECAY_END   "50"

/* A YAML null removes these defaults, so they are not in the table, where a null restores the
 * default. */
static void fill_decay_defaults(server_config *c)
{
    c->decay_start = xstrdup(DECAY_START);
    c->decay_end = xstrdup(DECAY_END);
}

/* False for `none`: no such rule. */
static bool decay_value(const char *text, size_t *out)
{
    uint64_t value;
    if (!text || !num_parse_u64(text, &value))
        return false;
    *out = (size_t)value;
    return true;
}

static void fill_detect(server_config *c)
{
    if (c->sample_every_m_tokens < 1) {
        log_warn("sample_every_m_tokens is %lld; using 1", (long long)c->sample_every_m_tokens);
        c->sample_every_m_tokens = 1;
    } else if (c->sample_every_m_tokens > 100) {
        log_warn("sample_every_m_tokens is %lld: short questions will not be found",
                 (long long)c->sample_every_m_tokens);
    }
    c->detect = (detect_settings){
        .tokenizer = c->tokenizer,
        .compatible = c->compatible,
        .vocabulary_dir = c->vocabulary_dir,
        .punctuation = c->punctuation_chars,
        .extended_normal = c->normalization == 1,
        .recall_high = c->recall == 1,
        .ngram_size = (size_t)c->ngram_size,
        .sample_every_m_tokens = (size_t)c->sample_every_m_tokens,
        .question_max_misses = (size_t)c->question_max_consecutive_misses,
        .threshold = (float)c->contamination_score_threshold,
        .report_threshold = (float)c->report_threshold,
        .report_sets = (const char *const *)c->report_sets,
        .short_answer_tokens = (size_t)c->short_answer_token_threshold,
        .short_answer_window = (size_t)c->short_answer_window_length,
        .answer_ngram_size = (size_t)c->answer_ngram_size,
        .min_long_answer_window = (size_t)c->min_long_answer_window,
        .min_passage_distance = (size_t)c->min_passage_distance,
        .passage_ngram_size = (size_t)c->passage_ngram_size,
        .passage_max_misses = (size_t)c->passage_max_consecutive_misses,
        .eval_dedup = c->eval_dedup,
        .eval_min_tokens = (size_t)c->eval_min_token_length,
        .eval_min_unique_words = (size_t)c->eval_min_unique_word_count,
        .index_answers = c->index_answers == 1,
        .index_passages = c->index_passages == 1,
    };
    score_decay *d = &c->detect.decay;
    d->has_start = decay_value(c->decay_start, &d->start);
    d->has_end = decay_value(c->decay_end, &d->end);
}

/* <temporary directory>/<name>-<8 hex digits>; random, so that no other user can create it
 * first. */
static char *temporary_dir(const char *name)
{
    const char *parent = getenv("TMPDIR");
    struct timespec now;
    uint32_t digits = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    if (getrandom(&digits, sizeof digits, 0) != sizeof digits)
        digits = (uint32_t)now.tv_sec ^ (uint32_t)now.tv_nsec << 2 ^ (uint32_t)getpid() << 16;
    return xasprintf("%s/%s-%08x", parent && *parent ? parent : "/tmp", name, digits);
}

static unsigned processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 4;
}

/* The cleaned file would keep the contaminated lines of the other sets. */
static bool check_report_sets(const server_config *c, err *e)
{
    return !c->report_sets[0] || !c->purify ||
           err_set(e, ERR_CONFIG,
                   "report_sets: purify would keep lines of the other sets; scan without purify, "
                   "merge the reports (decon merge), and clean the files that it names");
}

static bool fill_job(server_config *c, err *e)
{
    bool own_report = false;
    result_access access = {0};
    if (!check_report_sets(c, e))
        return false;
    if (!c->is_batch && !result_access_of_server(c->share_group, &access, e))
        return false;
    if (!c->report_output_dir || !*c->report_output_dir) {
        free(c->report_output_dir);
        own_report = !c->is_batch;
        c->report_output_dir = c->is_batch ? xstrdup("reports") : temporary_dir("decon");
    }
    bool has_cleaned = c->cleaned_output_dir && *c->cleaned_output_dir;
    bool own_cleaned = c->purify && !has_cleaned && !c->is_batch;
    if (c->purify && !has_cleaned) {
        free(c->cleaned_output_dir);
        c->cleaned_output_dir = c->is_batch ? xstrdup("cleaned") : temporary_dir("decon-cleaned");
    } else if (!c->purify && has_cleaned) {
        log_warn("cleaned_output_dir has no effect without purify; give --purify to get cleaned "
                 "files");
    }
    c->report_path = fs_absolute(c->report_output_dir, e);
    c->cleaned_path = c->purify ? fs_absolute(c->cleaned_output_dir, e) : NULL;
    if (!c->report_path || (c->purify && !c->cleaned_path))
        return false;
    c->job =
        (job_settings){.content_key = c->content_key,
                       .report_dir = c->report_path,
                       .cleaned_dir = c->cleaned_path,
                       .own_report_dir = own_report,
                       .own_cleaned_dir = own_cleaned,
                       .access = access,
                       .max_line_bytes = c->max_line_size,
                       .codec_memory_bytes = c->codec_memory,
                       .memory_bytes = c->job_memory,
                       .time_limit_ms = c->job_time_limit_ms,
                       .lenient = c->lenient,
                       .skip_invalid_utf8 = c->invalid_utf8 == 1,
                       .keeps_near = c->report_threshold > 0,
                       .threads = c->scan_threads > 0 ? (unsigned)c->scan_threads : processors()};
    return true;
}

static bool check_path(const char *name, const char *path, err *e)
{
    return (path && *path) || err_set(e, ERR_CONFIG, "%s is empty; name a directory", name);
}

static option_origin origin_of(const option_set *set, const option_origin *origins, const char *key)
{
    for (size_t i = 0; i < set->row_count; i++)
        if (str_equal(set->rows[i].key, key))
            return origins[i];
    return 0;
}

/* Reads the file and ignores unknown keys: `compatible`, which decides whether they are errors, may
 * be set anywhere. */
static bool read_file(const option_set *set, const char *file, server_config *c,
                      option_origin *origins, err *e)
{
    option_set lenient = *set;
    lenient.ignore_unknown_keys = true;
    return !file || options_yaml(&lenient, file, c, origins, e);
}

static bool check_keys(const option_set *set, const char *file, err *e)
{
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    AUTO(server_config) scratch = {.is_batch = set == &detect_options};
    return !file ||
           (options_defaults(set, &scratch, e) && options_yaml(set, file, &scratch, origins, e));
}

static bool check_report_threshold(const server_config *c, err *e)
{
    return c->report_threshold == 0 || c->report_threshold < c->contamination_score_threshold ||
           err_set(
               e, ERR_CONFIG,
               "report_threshold %g is not below contamination_score_threshold %g; lower it, or "
               "leave it out",
               c->report_threshold, c->contamination_score_threshold);
}

bool server_config_read(server_config *c, const option_set *set, int argc, char **argv,
                        int *positional, err *e)
{
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    *c = (server_config){.is_batch = set == &detect_options};
    const char *file = options_peek(argc, argv, "--config", 'c');
    if (!options_defaults(set, c, e))
        return false;
    fill_decay_defaults(c);
    if (!read_file(set, file, c, origins, e) ||
        !options_arguments(set, argc, argv, c, origins, positional, e))
        return false;
    if (c->help || c->version || c->print_config || c->print_reference)
        return true;
    if (c->compatible)
        compatible_adjust(c, set, origins);
    else if (!check_keys(set, file, e))
        return false;
    if (!options_check(set, c, origins, e))
        return false;
    c->training_dir_named =
        str_equal(options_origin_name(origin_of(set, origins, "training_dir")), "command line");
    if (!check_report_threshold(c, e) || !evals_dir_find(c, e) ||
        !check_path("content_key", c->content_key, e))
        return false;
    if (!c->is_batch && !listen_check(c, e))
        return false;
    c->workers = c->worker_threads > 0 ? (unsigned)c->worker_threads : processors();
    fill_detect(c);
    return fill_job(c, e);
}

bool server_config_about(const server_config *c, const option_set *set)
{
    if (c->help)
        options_help(set, stdout);
    else if (c->version)
        printf("decon " DECON_VERSION "\n");
    else if (c->print_config)
        options_yaml_example(set, stdout);
    else if (c->print_reference)
        options_markdown(set, stdout);
    else
        return false;
    return true;
}

void server_config_deinit(server_config *c)
{
    options_deinit(c->is_batch ? &detect_options : &serve_options, c);
    free(move(c->report_path));
    free(move(c->cleaned_path));
}

/* Formats that /submit supports with "cleaned_format": "input"; other inputs get gzip. */
static void put_cleaned_formats(buf *json)
{
    const char *separator = "[";
    json_key(json, "cleaned_formats");
    for (codec_format f = 0; f < CODEC_FORMAT_COUNT; f++) {
        if (!splice_offers(f))
            continue;
        buf_append_str(json, separator);
        json_put_string(json, slice_from(codec_get(f)->name));
        separator = ",";
    }
    buf_append_char(json, ']');
}

/* Empty: all files are allowed. Links are resolved for each job, so they are not resolved here. A list that is
 * too long is omitted. */
static void put_allow_dirs(const server_config *c, buf *json)
{
    AUTO(buf) list = BUF(ALLOW_DIRS_MAX_BYTES);
    for (char **dir = c->allow_dir; dir && *dir; dir++) {
        AUTO_FREE char *path = fs_absolute(*dir, NULL);
        if (dir > c->allow_dir)
            buf_append_char(&list, ',');
        json_put_string(&list, slice_from(path ? path : *dir));
    }
    if (list.overflow)
        return;
    json_key(json, "allow_dir");
    buf_append_char(json, '[');
    buf_append_slice(json, buf_slice(&list));
    buf_append_char(json, ']');
}

/* Sets that would make the reply too large for its readers are omitted. */
static void put_index_facts(const server_config *c, const ngram_index *x, buf *json)
{
    AUTO(buf) sets = BUF(HEALTH_SETS_MAX_BYTES);
    sets_json(x, &sets);
    if (!sets.overflow) {
        json_key(json, "evaluation_sets");
        buf_append_slice(json, buf_slice(&sets));
    }
    json_key(json, "filters");
    filters_json(c, x, json);
}

/* Absolute folders, as in the paths of /status; the reference server reports its output folders as
 * configured. */
void server_config_health(const server_config *c, const ngram_index *x, slice recall, buf *json)
{
    const char *cleaned =
        c->cleaned_path && !c->compatible ? c->cleaned_path : c->cleaned_output_dir;
    AUTO(buf) settings = BUF(SETTINGS_MAX_BYTES);
    char fingerprint[FINGERPRINT_TEXT];
    settings_json(c, x, &settings);
    settings_fingerprint(c, x, fingerprint);
    put_allow_dirs(c, json);
    put_cleaned_formats(json);
    if (cleaned && *cleaned) {
        json_member_string(json, "cleaned_output_dir", slice_from(cleaned));
    } else {
        json_key(json, "cleaned_output_dir");
        buf_append_str(json, "null");
    }
    json_member_int(json, "codec_memory", (int64_t)c->codec_memory);
    json_member_float(json, "contamination_score_threshold", c->detect.threshold);
    json_member_string(json, "content_key", slice_from(c->content_key));
    put_index_facts(c, x, json);
    json_member_string(json, "fingerprint", slice_from(fingerprint));
    json_member_int(json, "max_line_size", (int64_t)c->max_line_size);
    json_member_string(json, "mode", slice_from(c->mode));
    json_member_bool(json, "purify", c->purify);
    if (recall.len > 0) {
        json_key(json, "recall");
        buf_append_slice(json, recall);
    }
    json_member_int(json, "records", (int64_t)x->counts.indexed);
    json_member_string(json, "report_output_dir",
                       slice_from(c->compatible ? c->report_output_dir : c->report_path));
    json_member_int(json, "sets", (int64_t)eval_tally_sets(&x->tally));
    json_key(json, "settings");
    buf_append_slice(json, buf_slice(&settings));
    json_member_string(json, "status", SLICE_LIT("ok"));
    json_member_int(json, "worker_threads", c->workers);
    json_close(json);
}
