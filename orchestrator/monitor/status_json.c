#include "orchestrator/monitor/status_json.h"

#include "base/json/json_write.h"
#include "base/util.h"
#include "orchestrator/fleet/run_name.h"

#define SAMPLES_MAX 360 /* an hour */

/* The newest `STATUS_FILES_MAX` texts; the oldest is replaced. */
typedef struct recent {
    char *keys[STATUS_FILES_MAX];
    uint64_t lines[STATUS_FILES_MAX];
    char *causes[STATUS_FILES_MAX];
    size_t count; /* of all so far */
} recent;

struct status_json {
    recent contaminated, failed;
    uint64_t bytes[SAMPLES_MAX]; /* done, in this interval */
    uint64_t last_bytes, last_ms;
    size_t samples;
};

status_json *status_json_new(void)
{
    return xcalloc(1, sizeof(status_json));
}

static void remember(recent *r, const char *key, uint64_t lines, const char *cause)
{
    size_t at = r->count++ % STATUS_FILES_MAX;
    free(r->keys[at]);
    free(r->causes[at]);
    r->keys[at] = xstrdup(key);
    r->causes[at] = xstrdup_or_null(cause);
    r->lines[at] = lines;
}

void status_json_note(status_json *s, const item *it)
{
    if (it->state == ITEM_COOLING && it->result.contaminated)
        remember(&s->contaminated, it->planned.key, it->result.contaminated_lines, NULL);
    else if (it->state == ITEM_FAILED)
        remember(&s->failed, it->planned.key, 0, it->error.message);
}

void status_json_sample(status_json *s, const flow *f, uint64_t now_ms)
{
    flow_progress p = flow_progress_of(f);
    uint64_t bytes = (p.done_bytes + p.received_bytes) / 2;
    uint64_t passed_ms = MAX(now_ms - s->last_ms, (uint64_t)1);
    if (s->last_ms)
        s->bytes[s->samples++ % SAMPLES_MAX] =
            (bytes - MIN(bytes, s->last_bytes)) * 1000 / passed_ms;
    s->last_bytes = bytes;
    s->last_ms = now_ms;
}

/* --- writing --- */

static void put_totals(const metrics_now *n, const flow_progress *p, buf *out)
{
    const flow_totals *t = &p->totals;
    json_open(out, "files");
    json_member_unsigned(out, "planned", n->plan ? n->plan->count - n->plan->dropped : 0);
    json_member_unsigned(out, "clean", t->clean);
    json_member_unsigned(out, "contaminated", t->contaminated);
    json_member_unsigned(out, "failed", t->failed);
    json_member_unsigned(out, "waiting", t->waiting);
    json_member_unsigned(out, "in_flight", p->in_flight);
    json_close(out);
    json_open(out, "bytes");
    json_member_unsigned(out, "planned", n->plan ? n->plan->size_bytes : 0);
    json_member_unsigned(out, "done", p->done_bytes);
    json_member_unsigned(out, "received", p->received_bytes);
    json_close(out);
    json_member_unsigned(out, "lines", n->tally->lines);
    json_member_unsigned(out, "contaminated_lines", n->tally->contaminated_lines);
    json_key(out, "contaminated_lines_by_set");
    set_counts_write(&n->tally->sets, out);
    json_member_string(out, "limited_by", slice_from(metrics_limit_name(p->limit)));
    json_member_bool(out, "stopping", p->stopping);
}

static void put_samples(const status_json *s, buf *out)
{
    size_t first = s->samples > SAMPLES_MAX ? s->samples - SAMPLES_MAX : 0;
    json_key(out, "bytes_per_second");
    buf_append_char(out, '[');
    for (size_t i = first; i < s->samples; i++)
        buf_printf(out, "%s%llu", i > first ? "," : "",
                   (unsigned long long)s->bytes[i % SAMPLES_MAX]);
    buf_append_char(out, ']');
}

typedef struct item_list {
    buf *out;
    uint64_t now_ms;
    size_t count;
} item_list;

static void put_item(void *ctx, const item *it)
{
    item_list *l = ctx;
    if (it->state == ITEM_COOLING || it->state == ITEM_CLEANING || l->count == STATUS_ITEMS_MAX)
        return;
    buf_append_str(l->out, l->count++ ? ",{" : "{");
    json_member_string(l->out, "key", slice_from(it->planned.key));
    json_member_string(l->out, "state", slice_from(item_state_name(it->state)));
    json_member_unsigned(l->out, "bytes", it->planned.size_bytes);
    json_member_unsigned(l->out, "seconds", (l->now_ms - MIN(it->entered_ms, l->now_ms)) / 1000);
    json_close(l->out);
}

static void put_items(const flow *f, uint64_t now_ms, buf *out)
{
    item_list list = {.out = out, .now_ms = now_ms};
    json_key(out, "in_flight");
    buf_append_char(out, '[');
    if (f)
        flow_each_live(f, put_item, &list);
    buf_append_char(out, ']');
}

/* The newest first. */
static void put_recent(const recent *r, const char *name, buf *out)
{
    size_t shown = MIN(r->count, (size_t)STATUS_FILES_MAX);
    json_key(out, name);
    buf_append_char(out, '[');
    for (size_t i = 0; i < shown; i++) {
        size_t at = (r->count - 1 - i) % STATUS_FILES_MAX;
        buf_append_str(out, i ? ",{" : "{");
        json_member_string(out, "key", slice_from(r->keys[at]));
        if (r->causes[at])
            json_member_string(out, "cause", slice_from(r->causes[at]));
        else
            json_member_unsigned(out, "lines", r->lines[at]);
        json_close(out);
    }
    buf_append_char(out, ']');
}

void status_json_write(const status_json *s, const metrics_now *n, uint64_t now_ms, buf *out)
{
    char when[RUN_TIME_BYTES];
    flow_progress p = n->flow ? flow_progress_of(n->flow) : (flow_progress){0};
    json_member_int(out, "format", 1);
    json_member_string(out, "run", slice_from(n->run));
    json_member_string(out, "version", slice_from(DECON_VERSION));
    json_member_string(out, "started", slice_from(run_time_text(n->started_s, true, when)));
    json_member_bool(out, "claims", config_claims(n->config));
    if (!config_claims(n->config))
        json_member_int(out, "host", n->config->host_index);
    if (config_hosts(n->config))
        json_member_unsigned(out, "hosts", config_hosts(n->config));
    json_member_string(out, "machine", slice_from(n->machine));
    put_totals(n, &p, out);
    put_samples(s, out);
    put_items(n->flow, now_ms, out);
    put_recent(&s->contaminated, "contaminated_files", out);
    put_recent(&s->failed, "failures", out);
    json_close(out);
    buf_append_char(out, '\n');
}

static void free_recent(recent *r)
{
    for (size_t i = 0; i < STATUS_FILES_MAX; i++) {
        free(r->keys[i]);
        free(r->causes[i]);
    }
}

void status_json_free(status_json *s)
{
    if (!s)
        return;
    free_recent(&s->contaminated);
    free_recent(&s->failed);
    free(s);
}
