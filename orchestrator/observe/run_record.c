#include "orchestrator/observe/run_record.h"

#include "base/util.h"
#include "base/json/json_write.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/fleet/run_name.h"

#define FORMAT 1

const char *run_record_state(bool closed, int exit_status)
{
    if (!closed)
        return "running";
    if (exit_status == 0)
        return "complete";
    if (exit_status == 3)
        return "failed files";
    return exit_status > 128 ? "interrupted" : "stopped";
}

static void put_seconds(buf *out, const char *key, uint64_t ms)
{
    json_key(out, key);
    buf_printf(out, "%llu.%03u", (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
}

static void put_time(buf *out, const char *key, int64_t time_s)
{
    char text[RUN_TIME_BYTES];
    json_member_string(out, key, slice_from(run_time_text(time_s, true, text)));
}

static void put_host(const run_facts *f, buf *out)
{
    json_open(out, "host");
    if (config_claims(f->config))
        json_member_bool(out, "claims", true);
    else
        json_member_int(out, "index", f->config->host_index);
    if (config_hosts(f->config))
        json_member_unsigned(out, "count", config_hosts(f->config));
    if (f->host_name)
        json_member_string(out, "name", slice_from(f->host_name));
    if (names_is_utf8(f->work_dir))
        json_member_string(out, "work_dir", slice_from(f->work_dir));
    json_close(out);
}

static void put_counts(const run_facts *f, buf *out)
{
    const flow_totals *t = &f->progress.totals;
    const struct {
        const char *key;
        size_t count;
    } rows[] = {{"files", f->plan->count - f->plan->dropped},
                {"clean", t->clean},
                {"contaminated", t->contaminated},
                {"failed", t->failed},
                {"refused", f->plan->refused_count},
                {"waiting", t->waiting},
                {"in_flight", f->progress.in_flight},
                {"downloading", t->downloading},
                {"at_server", t->jobs},
                {"uploading", t->uploading},
                {"done_before", f->plan->done},
                {"other_hosts", f->plan->other_hosts}};
    json_open(out, "counts");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        json_member_unsigned(out, rows[i].key, rows[i].count);
    json_close(out);
}

static void put_bytes(const run_facts *f, buf *out)
{
    json_open(out, "bytes");
    json_member_unsigned(out, "files", f->plan->size_bytes);
    json_member_unsigned(out, "done", f->progress.totals.bytes);
    json_member_unsigned(out, "failed", f->progress.totals.failed_bytes);
    json_member_unsigned(out, "received", f->progress.received_bytes);
    json_member_unsigned(out, "per_second", (uint64_t)f->bytes_per_s);
    json_close(out);
}

static void put_stages(const tally *t, buf *out)
{
    json_open(out, "stages");
    for (item_state s = ITEM_DOWNLOADING; s < ITEM_DONE; s++) {
        if (!t->left_count[s])
            continue;
        json_open(out, item_state_name(s));
        json_member_unsigned(out, "count", t->left_count[s]);
        put_seconds(out, "seconds", t->spent_ms[s]);
        json_close(out);
    }
    json_close(out);
}

static void put_store(const s3_stats *s, buf *out)
{
    json_open(out, "store");
    json_member_unsigned(out, "requests", s->requests);
    json_member_unsigned(out, "retries", s->retries);
    json_member_unsigned(out, "bytes_received", s->bytes_received);
    json_member_unsigned(out, "bytes_sent", s->bytes_sent);
    json_close(out);
}

static void put_server(const server_facts *s, buf *out)
{
    json_open(out, "server");
    json_member_bool(out, "purify", s->purify);
    if (s->fingerprint)
        json_member_string(out, "settings", slice_from(s->fingerprint));
    if (s->tells_records)
        json_member_unsigned(out, "records", s->records);
    json_close(out);
}

void run_record_write(const run_facts *f, buf *out)
{
    json_member_int(out, "format", FORMAT);
    json_member_string(out, "run", slice_from(f->run));
    json_member_string(out, "state", slice_from(run_record_state(f->closed, f->exit_status)));
    if (f->closed)
        json_member_int(out, "exit_status", f->exit_status);
    put_time(out, "started", f->started_s);
    put_time(out, "updated", f->now_s);
    put_seconds(out, "seconds", f->elapsed_ms);
    put_host(f, out);
    put_counts(f, out);
    put_bytes(f, out);
    json_member_unsigned(out, "lines", f->tally->lines);
    json_member_unsigned(out, "contaminated_lines", f->tally->contaminated_lines);
    json_key(out, "contaminated_lines_by_set");
    set_counts_write(&f->tally->sets, out);
    put_stages(f->tally, out);
    put_store(&f->store, out);
    put_server(f->server, out);
    json_key(out, "configuration");
    options_json(&config_options, f->config, out);
    json_open(out, "versions");
    json_member_string(out, "decon", slice_from(DECON_VERSION));
    json_close(out);
    json_close(out);
    buf_append_char(out, '\n');
}
