#include "orchestrator/monitor/monitor.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/monitor/metrics.h"
#include "orchestrator/monitor/metrics_server.h"
#include "orchestrator/monitor/status_json.h"

#define PUBLISH_MS   1000
#define SAMPLE_TICKS 10 /* between samples of the throughput */

struct monitor {
    monitor_options options;
    metrics_server *server;
    timer *publish;
    const flow *flow; /* NULL: not begun */
    const s3_client *s3;
    const plan *plan;
    const recorder *records;
    status_json *status;
    unsigned ticks;
    buf text, status_text;
    char machine[RUN_MACHINE_BYTES];
};

static void publish(void *ctx)
{
    static const tally nothing = {0};
    monitor *m = ctx;
    const monitor_options *o = &m->options;
    m->publish = timer_start(o->transport, PUBLISH_MS, publish, m);
    uint64_t now_ms = clock_now_ms(o->transport);
    const metrics_now n = {.run = o->run.text,
                           .machine = m->machine,
                           .config = o->config,
                           .flow = m->flow,
                           .plan = m->plan,
                           .tally = m->records ? recorder_tally(m->records) : &nothing,
                           .store = m->s3 ? s3_client_stats(m->s3) : (s3_stats){0},
                           .started_s = o->started_s};
    if (m->flow && m->ticks++ % SAMPLE_TICKS == 0)
        status_json_sample(m->status, m->flow, now_ms);
    buf_clear(&m->text);
    metrics_text(&n, &m->text);
    buf_clear(&m->status_text);
    status_json_write(m->status, &n, now_ms, &m->status_text);
    bool ready = m->flow && !flow_progress_of(m->flow).stopping;
    metrics_server_publish(m->server, buf_slice(&m->text), buf_slice(&m->status_text), ready);
}

monitor *monitor_new(const monitor_options *options, err *e)
{
    metrics_server *server = metrics_server_start(options->config->metrics_listen, e);
    if (!server)
        return NULL;
    monitor *m = xcalloc(1, sizeof *m);
    m->options = *options;
    m->server = server;
    run_machine(m->machine);
    m->status = status_json_new();
    buf_init(&m->text, METRICS_MAX_BYTES);
    buf_init(&m->status_text, METRICS_MAX_BYTES);
    AUTO_FREE char *url = metrics_server_url(server);
    log_info("status page: %s/, metrics: %s/metrics", url, url);
    publish(m);
    return m;
}

void monitor_follow(monitor *m, const flow *f, const s3_client *s3, const plan *work,
                    const recorder *records)
{
    if (!m)
        return;
    m->flow = f;
    m->s3 = s3;
    m->plan = work;
    m->records = records;
    timer_stop(m->options.transport, move(m->publish));
    publish(m);
}

void monitor_note(monitor *m, const item *it)
{
    if (m)
        status_json_note(m->status, it);
}

void monitor_free(monitor *m)
{
    if (!m)
        return;
    timer_stop(m->options.transport, m->publish);
    metrics_server_stop(m->server);
    status_json_free(m->status);
    buf_deinit(&m->text);
    buf_deinit(&m->status_text);
    free(m);
}
