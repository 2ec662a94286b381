#include "orchestrator/monitor/metrics.h"

#include "base/util.h"

const char *metrics_limit_name(flow_limit limit)
{
    static const char *const names[] = {
        [FLOW_LIMIT_NONE] = "none",
        [FLOW_LIMIT_NETWORK] = "network",
        [FLOW_LIMIT_VERIFICATION] = "verification",
        [FLOW_LIMIT_SERVER] = "server",
        [FLOW_LIMIT_UPLOAD] = "upload",
        [FLOW_LIMIT_DISK] = "disk",
        [FLOW_LIMIT_HOSTS] = "hosts",
    };
    return (size_t)limit < ARRAY_LEN(names) ? names[limit] : "none";
}

/* --- the text format of Prometheus --- */

static void head(buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* A label's value: backslash, quote and line end are escaped. */
static void put_label(buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            buf_append_str(out, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *text);
    }
}

static void labelled(buf *out, const char *name, const char *label, const char *value,
                     uint64_t number)
{
    buf_printf(out, "%s{%s=\"", name, label);
    put_label(out, value);
    buf_printf(out, "\"} %llu\n", (unsigned long long)number);
}

static void put_run(const metrics_now *n, buf *out)
{
    const config *c = n->config;
    head(out, "decon_run_info", "gauge", "The run and the host, as labels; always 1.");
    buf_printf(out, "decon_run_info{run=\"%s\",host=\"", n->run);
    if (config_claims(c))
        put_label(out, n->machine);
    else
        buf_printf(out, "%lld", (long long)c->host_index);
    buf_append_str(out, "\",hosts=\"");
    if (config_hosts(c))
        buf_printf(out, "%llu", (unsigned long long)config_hosts(c));
    buf_printf(out, "\",distribution=\"%s\",machine=\"", config_claims(c) ? "claim" : "hash");
    put_label(out, n->machine);
    buf_printf(out, "\",version=\"%s\"} 1\n", DECON_VERSION);
    one(out, "decon_run_start_time_seconds", "gauge", "Start of the run, seconds since 1970 UTC.",
        (uint64_t)n->started_s);
}

static void put_files(const metrics_now *n, const flow_progress *p, buf *out)
{
    static const char total[] = "decon_files_total";
    const flow_totals *t = &p->totals;
    one(out, "decon_planned_files", "gauge", "Files that this host has to process.",
        n->plan ? n->plan->count - n->plan->dropped : 0);
    head(out, total, "counter", "Files that the run has finished, by result.");
    labelled(out, total, "result", "clean", t->clean);
    labelled(out, total, "result", "contaminated", t->contaminated);
    labelled(out, total, "result", "failed", t->failed);
    one(out, "decon_waiting_files", "gauge", "Files that are not started.", t->waiting);
    head(out, "decon_in_flight_files", "gauge", "Files in progress, by state.");
    labelled(out, "decon_in_flight_files", "stage", "downloading", t->downloading);
    labelled(out, "decon_in_flight_files", "stage", "server", t->jobs);
    labelled(out, "decon_in_flight_files", "stage", "uploading", t->uploading);
    labelled(out, "decon_in_flight_files", "stage", "other",
             p->in_flight - MIN(p->in_flight, t->downloading + t->jobs + t->uploading));
}

static void put_bytes(const metrics_now *n, const flow_progress *p, buf *out)
{
    one(out, "decon_planned_bytes", "gauge", "Bytes of the planned files.",
        n->plan ? n->plan->size_bytes : 0);
    one(out, "decon_done_bytes_total", "counter", "Bytes of inputs that are done.",
        p->totals.bytes);
    one(out, "decon_failed_bytes_total", "counter", "Bytes of inputs that have failed.",
        p->totals.failed_bytes);
}

static void put_lines(const tally *t, buf *out)
{
    static const char by_set[] = "decon_contaminated_lines_by_set_total";
    one(out, "decon_lines_total", "counter", "Lines of finished files.", t->lines);
    one(out, "decon_contaminated_lines_total", "counter", "Distinct contaminated lines.",
        t->contaminated_lines);
    head(out, by_set, "counter", "Distinct contaminated lines, by evaluation set.");
    for (size_t i = 0; i < t->sets.count; i++)
        labelled(out, by_set, "set", t->sets.sets[i].name, t->sets.sets[i].lines);
}

static void put_stages(const tally *t, buf *out)
{
    static const char seconds[] = "decon_stage_seconds_total", files[] = "decon_stage_files_total";
    head(out, seconds, "counter", "Total time of files in a state.");
    for (item_state s = ITEM_DOWNLOADING; s < ITEM_DONE; s++)
        buf_printf(out, "%s{stage=\"%s\"} %llu.%03u\n", seconds, item_state_name(s),
                   (unsigned long long)(t->spent_ms[s] / 1000), (unsigned)(t->spent_ms[s] % 1000));
    head(out, files, "counter", "Number of times that files left a state.");
    for (item_state s = ITEM_DOWNLOADING; s < ITEM_DONE; s++)
        labelled(out, files, "stage", item_state_name(s), t->left_count[s]);
}

static void put_store(const s3_stats *s, buf *out)
{
    one(out, "decon_store_requests_total", "counter", "Requests to the store.", s->requests);
    one(out, "decon_store_retries_total", "counter", "Requests that were tried again.", s->retries);
    one(out, "decon_store_received_bytes_total", "counter", "Bytes received from the store.",
        s->bytes_received);
    one(out, "decon_store_sent_bytes_total", "counter", "Bytes sent to the store.", s->bytes_sent);
}

static void put_limits(const flow_progress *p, buf *out)
{
    static const char name[] = "decon_limited_by";
    head(out, name, "gauge", "1 for what limits the run at the moment.");
    for (int limit = FLOW_LIMIT_NETWORK; limit <= FLOW_LIMIT_HOSTS; limit++)
        labelled(out, name, "limit", metrics_limit_name((flow_limit)limit),
                 p->limit == (flow_limit)limit);
    one(out, "decon_stopping", "gauge", "1 while the run ends early.", p->stopping);
}

void metrics_text(const metrics_now *n, buf *out)
{
    flow_progress p = n->flow ? flow_progress_of(n->flow) : (flow_progress){0};
    put_run(n, out);
    put_files(n, &p, out);
    put_bytes(n, &p, out);
    put_lines(n->tally, out);
    put_stages(n->tally, out);
    put_store(&n->store, out);
    put_limits(&p, out);
}
