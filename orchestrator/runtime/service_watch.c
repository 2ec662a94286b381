#include "orchestrator/runtime/service_watch.h"

#include "base/service/notify.h"
#include "base/util.h"

struct service_watch {
    transport *transport;
    uint64_t pause_ms;
    timer *next;
};

static void on_time(void *ctx)
{
    service_watch *w = ctx;
    service_notify_alive();
    w->next = timer_start(w->transport, w->pause_ms, on_time, w);
}

service_watch *service_watch_start(transport *t)
{
    uint64_t pause_ms = service_watchdog_ms();
    if (!pause_ms)
        return NULL;
    service_watch *w = xcalloc(1, sizeof *w);
    *w = (service_watch){.transport = t, .pause_ms = pause_ms};
    w->next = timer_start(t, pause_ms, on_time, w);
    return w;
}

void service_watch_stop(service_watch *w)
{
    if (!w)
        return;
    timer_stop(w->transport, w->next);
    free(w);
}
