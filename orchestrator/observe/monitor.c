#include "orchestrator/observe/monitor.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/observe/metrics.h"
#include "orchestrator/observe/metrics_server.h"

#define PUBLISH_MS 1000

struct monitor {
    monitor_options options;
    metrics_server *server;
    timer *publish;
    const flow *flow; /* NULL: not begun */
    const s3_client *s3;
    const plan *plan;
    const recorder *records;
    buf text;
};

static void publish(void *ctx)
{
    static const tally nothing = {0};
    monitor *m = ctx;
    const monitor_options *o = &m->options;
    m->publish = timer_start(o->transport, PUBLISH_MS, publish, m);
    buf_clear(&m->text);
    metrics_text(&(metrics_now){.run = o->run.text,
                                .config = o->config,
                                .flow = m->flow,
                                .plan = m->plan,
                                .tally = m->records ? recorder_tally(m->records) : &nothing,
                                .store = m->s3 ? s3_client_stats(m->s3) : (s3_stats){0},
                                .started_s = o->started_s},
                 &m->text);
    bool ready = m->flow && !flow_progress_of(m->flow).stopping;
    metrics_server_publish(m->server, buf_slice(&m->text), ready);
}

monitor *monitor_new(const monitor_options *options, err *e)
{
    metrics_server *server = metrics_server_start(options->config->metrics_listen, e);
    if (!server)
        return NULL;
    monitor *m = xcalloc(1, sizeof *m);
    m->options = *options;
    m->server = server;
    buf_init(&m->text, METRICS_MAX_BYTES);
    AUTO_FREE char *url = metrics_server_url(server);
    log_info("metrics: %s/metrics", url);
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

void monitor_free(monitor *m)
{
    if (!m)
        return;
    timer_stop(m->options.transport, m->publish);
    metrics_server_stop(m->server);
    buf_deinit(&m->text);
    free(m);
}
