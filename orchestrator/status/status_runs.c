#include "orchestrator/status/status_runs.h"

#include <string.h>

#include "base/json/json_read.h"
#include "base/utf8.h"
#include "base/array.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/fleet/run_name.h"

#define FORMAT     1
#define REFUSED    2      /* exit status of a run that did not begin */
#define SHARES_MAX 100000 /* of more shares, those without a record are not named */

/* --- one record --- */

static uint64_t number_of(const json_value *value)
{
    uint64_t number = 0;
    return json_unsigned(value, &number) ? number : 0;
}

static bool members_of(const json_value *object, const char *const *keys, json_value *values,
                       size_t count)
{
    slice text = object->type == JSON_OBJECT ? object->raw : SLICE_LIT("{}");
    return json_read_members(text, keys, values, count, NULL, NULL);
}

static void read_host(const json_value *object, status_host *out)
{
    static const char *const keys[] = {"index", "count", "name", "work_dir"};
    json_value values[ARRAY_LEN(keys)];
    if (!members_of(object, keys, values, ARRAY_LEN(keys)))
        return;
    out->count = number_of(&values[1]);
    out->machine = json_text_dup(&values[2]);
    out->work_dir = json_text_dup(&values[3]);
}

static void read_counts(const json_value *object, status_host *out)
{
    static const char *const keys[] = {"files",   "clean",   "contaminated", "failed",
                                       "refused", "waiting", "in_flight"};
    uint64_t *const members[] = {&out->files,   &out->clean,   &out->contaminated, &out->failed,
                                 &out->refused, &out->waiting, &out->in_flight};
    json_value values[ARRAY_LEN(keys)];
    if (!members_of(object, keys, values, ARRAY_LEN(keys)))
        return;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        *members[i] = number_of(&values[i]);
}

static void read_bytes(const json_value *object, status_host *out)
{
    static const char *const keys[] = {"done", "per_second"};
    json_value values[ARRAY_LEN(keys)];
    if (!members_of(object, keys, values, ARRAY_LEN(keys)))
        return;
    out->bytes_done = number_of(&values[0]);
    out->bytes_per_s = number_of(&values[1]);
}

/* ["a","b"], as options_json writes it. */
static char **list_of(const json_value *value)
{
    size_t count = 0;
    char **list = xcalloc(1, sizeof *list);
    const char *at = value->raw.data, *end = at ? at + value->raw.len : at;
    while (value->type == JSON_ARRAY && at < end && (at = memchr(at, '"', (size_t)(end - at)))) {
        const char *last = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (!last)
            break;
        list = xrealloc(list, (count + 2) * sizeof *list);
        list[count++] = xstrndup(at + 1, (size_t)(last - at - 1));
        list[count] = NULL;
        at = last + 1;
    }
    return list;
}

static void free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

static void read_whole(const json_value *server, const json_value *configuration, status_runs *out)
{
    static const char *const server_keys[] = {"purify", "settings"};
    static const char *const config_keys[] = {"remote_file_input", "remote_cleaned_output_dir",
                                              "input_suffixes", "input_list", "on_settings_change"};
    json_value values[ARRAY_LEN(config_keys)];
    if (members_of(server, server_keys, values, ARRAY_LEN(server_keys))) {
        out->purify_known = values[0].type == JSON_BOOL;
        out->purify = json_is_true(&values[0]);
        out->settings = json_text_dup(&values[1]);
    }
    if (members_of(configuration, config_keys, values, ARRAY_LEN(config_keys))) {
        out->input_uri = json_text_dup(&values[0]);
        out->cleaned_uri = json_text_dup(&values[1]);
        out->suffixes = list_of(&values[2]);
        out->input_lists = list_of(&values[3]);
        out->redoes = values[4].type == JSON_STRING && slice_equal_str(values[4].raw, "redo");
    }
}

static void host_deinit(status_host *h)
{
    free(h->run);
    free(h->machine);
    free(h->state);
    free(h->work_dir);
}

/* A host that claims its work is identified by its machine and its work directory. */
static bool is_known(const status_runs *runs, const status_host *host)
{
    for (size_t i = 0; host->index < 0 && i < runs->count; i++)
        if (runs->hosts[i].index < 0 && str_equal(runs->hosts[i].machine, host->machine) &&
            str_equal(runs->hosts[i].work_dir, host->work_dir))
            return true;
    return false;
}

static void begin_division(status_runs *runs, const status_host *newest)
{
    runs->claims = newest->index < 0;
    runs->host_count = newest->count;
}

/* Of hosts that claim their work, not each has to know how many there are. */
static bool is_of_division(status_runs *runs, const status_host *host)
{
    if ((host->index < 0) != runs->claims)
        return false;
    if (runs->claims)
        runs->host_count = MAX(runs->host_count, host->count);
    return host->count == runs->host_count || runs->claims;
}

bool status_runs_add(status_runs *runs, slice record, int64_t updated_s, int64_t now_s, bool newest)
{
    static const char *const keys[] = {"format", "run",    "state",         "host",       "counts",
                                       "bytes",  "server", "configuration", "exit_status"};
    json_value values[ARRAY_LEN(keys)];
    status_host host = {.updated_s = updated_s};
    int64_t start_s;
    record = slice_trim(record);
    if (utf8_check(record) < record.len ||
        !json_read_members(record, keys, values, ARRAY_LEN(keys), NULL, NULL) ||
        number_of(&values[0]) != FORMAT)
        return false;
    host.run = json_text_dup(&values[1]);
    host.state = json_text_dup(&values[2]);
    read_host(&values[3], &host);
    read_counts(&values[4], &host);
    read_bytes(&values[5], &host);
    bool ok = host.run && host.state && run_name_read(slice_from(host.run), &start_s, &host.index);
    host.running = str_equal(host.state, "running");
    host.silent = host.running && now_s - updated_s > STATUS_SILENT_S;
    if (ok && newest) {
        read_whole(&values[6], &values[7], runs);
        runs->redoes = runs->redoes && number_of(&values[8]) != REFUSED;
        begin_division(runs, &host);
    }
    if (!ok || !is_of_division(runs, &host) || is_known(runs, &host)) {
        host_deinit(&host);
        return ok;
    }
    *ARRAY_ADD(runs->hosts, runs->count) = host;
    return true;
}

/* --- all records --- */

typedef struct record_name {
    char *key;
    char *run; /* into key, without the suffix */
    uint64_t size_bytes;
    int64_t index, modified_s;
} record_name;

typedef struct record_list {
    record_name *names;
    size_t count;
    size_t prefix_len;
    status_runs *out;
    int64_t now_s;
    bool any;
} record_list;

static bool on_record(void *ctx, const s3_object *object, err *e)
{
    static const char suffix[] = ".json";
    record_list *l = ctx;
    int64_t start_s, index;
    UNUSED(e);
    const char *run = object->key + l->prefix_len;
    if (!str_ends_with(run, suffix) ||
        !run_name_read((slice){run, strlen(run) - strlen(suffix)}, &start_s, &index))
        return true;
    char *key = xstrdup(object->key);
    *ARRAY_ADD(l->names, l->count) = (record_name){.key = key,
                                                   .run = key + l->prefix_len,
                                                   .size_bytes = object->size_bytes,
                                                   .index = index,
                                                   .modified_s = object->last_modified_s};
    return true;
}

/* By host, the newest first; those of claiming hosts, which have one index, all count. */
static int compare_hosts(const void *a, const void *b)
{
    const record_name *x = a, *y = b;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return strcmp(y->run, x->run);
}

static int compare_newest(const void *a, const void *b)
{
    const record_name *x = a, *y = b;
    return strcmp(y->run, x->run);
}

static void keep_newest(record_list *l)
{
    size_t kept = 0;
    if (l->count)
        qsort(l->names, l->count, sizeof *l->names, compare_hosts);
    for (size_t i = 0; i < l->count; i++) {
        bool older =
            kept > 0 && l->names[i].index >= 0 && l->names[kept - 1].index == l->names[i].index;
        if (older)
            free(l->names[i].key);
        else
            l->names[kept++] = l->names[i];
    }
    l->count = kept;
    if (kept)
        qsort(l->names, kept, sizeof *l->names, compare_newest);
}

static void take_record(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    record_list *l = ctx;
    const record_name *n = &l->names[index];
    if (!last)
        return; /* far larger than a record */
    if (error)
        log_warn("%s", error->message);
    else if (status_runs_add(l->out, piece, n->modified_s, l->now_s, !l->any))
        l->any = true;
    else
        log_warn("%s: not a record of a run of format %d", n->key, FORMAT);
}

static int compare_rows(const void *a, const void *b)
{
    const status_host *x = a, *y = b;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    int order = strcmp(x->machine ? x->machine : "", y->machine ? y->machine : "");
    return order ? order : strcmp(x->run, y->run);
}

static void fetch_records(store_session *s, const place *report, record_list *l)
{
    AUTO_FREE const char **keys = xcalloc(l->count + 1, sizeof *keys);
    AUTO_FREE uint64_t *sizes = xcalloc(l->count + 1, sizeof *sizes);
    for (size_t i = 0; i < l->count; i++) {
        keys[i] = l->names[i].key;
        sizes[i] = l->names[i].size_bytes;
    }
    store_session_fetch(s, &(store_fetch){.bucket = report->bucket,
                                          .keys = keys,
                                          .sizes = sizes,
                                          .count = l->count,
                                          .take = take_record,
                                          .ctx = l});
}

bool status_runs_read(store_session *s, const place *report, int64_t now_s, status_runs *out,
                      err *e)
{
    AUTO_FREE char *prefix = xasprintf("%s" RUN_RECORDS_FOLDER "runs/", report->prefix);
    record_list list = {.prefix_len = strlen(prefix), .out = out, .now_s = now_s};
    *out = (status_runs){0};
    bool ok = store_session_list(s, report->bucket, prefix, on_record, &list, e);
    if (ok) {
        keep_newest(&list);
        fetch_records(s, report, &list);
    }
    for (size_t i = 0; i < list.count; i++)
        free(list.names[i].key);
    free(list.names);
    if (out->count)
        qsort(out->hosts, out->count, sizeof *out->hosts, compare_rows);
    return ok;
}

void status_runs_add_missing(status_runs *runs)
{
    size_t recorded = runs->count, at = 0;
    bool by_hash = recorded && runs->hosts[recorded - 1].index >= 0;
    if (!by_hash || runs->host_count > SHARES_MAX)
        return;
    for (int64_t i = 0; i < (int64_t)runs->host_count; i++) {
        while (at < recorded && runs->hosts[at].index < i)
            at++;
        if (at < recorded && runs->hosts[at].index == i)
            continue;
        *ARRAY_ADD(runs->hosts, runs->count) = (status_host){
            .index = i, .count = runs->host_count, .state = xstrdup(STATUS_NO_RECORD)};
    }
    qsort(runs->hosts, runs->count, sizeof *runs->hosts, compare_rows);
}

void status_runs_deinit(status_runs *r)
{
    for (size_t i = 0; i < r->count; i++)
        host_deinit(&r->hosts[i]);
    free(r->hosts);
    free(r->input_uri);
    free(r->cleaned_uri);
    free(r->settings);
    free_list(r->suffixes);
    free_list(r->input_lists);
    *r = (status_runs){0};
}
