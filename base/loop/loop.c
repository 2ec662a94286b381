#include "base/util.h"
#include "base/loop/loop_ca.h"
#include "base/loop/loop_private.h"
#include "base/loop/loop_watch.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_CONNECTIONS 64
#define RECEIVE_BUFFER      ((size_t)512 * 1024)
/* libcurl reads a readable socket in a loop, up to a hundred buffers; few sockets per round let
 * timers, signals and completed calls run in between. */
#define EVENTS_PER_ROUND 8
#define HELD_WAIT_MS     1

/* --- clocks and random numbers --- */

uint64_t loop_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t loop_clock_ms(void)
{
    return loop_clock_us() / 1000;
}

static uint64_t now_called(transport *t)
{
    UNUSED(t);
    return loop_clock_ms();
}

static int64_t wall_called(transport *t)
{
    UNUSED(t);
    return (int64_t)time(NULL);
}

/* splitmix64 (Steele, Lea, Flood 2014), seeded by the kernel. */
static uint64_t random_called(transport *t)
{
    uint64_t z = ((loop *)t)->random_state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void random_seed(loop *l)
{
    if (getrandom(&l->random_state, sizeof l->random_state, 0) != (ssize_t)sizeof l->random_state)
        l->random_state = loop_clock_ms() ^ ((uint64_t)getpid() << 32);
}

/* --- what curl asks to watch --- */

static int socket_called(CURL *curl, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    UNUSED(curl);
    const loop *l = ctx;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = fd};
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    /* The socket's context: it was added. libcurl forgets the context with CURL_POLL_REMOVE. */
    int expected = socket_ctx ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int other = socket_ctx ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(l->epoll_fd, expected, fd, &event) == 0)
        curl_multi_assign(l->multi, fd, ctx);
    else if (errno == ENOENT || errno == EEXIST)
        return epoll_ctl(l->epoll_fd, other, fd, &event);
    return 0;
}

static int curl_timer_called(CURLM *multi, long timeout_ms, void *ctx)
{
    UNUSED(multi);
    loop *l = ctx;
    l->curl_due_ms = timeout_ms < 0 ? UINT64_MAX : loop_clock_ms() + (uint64_t)timeout_ms;
    return 0;
}

/* --- create and free --- */

static const transport_ops loop_ops = {
    .send = loop_call_send,
    .cancel = loop_call_cancel,
    .timer_start = loop_timer_start,
    .timer_stop = loop_timer_stop,
    .now_ms = now_called,
    .wall_s = wall_called,
    .random = random_called,
    .process_start = loop_process_start,
    .process_cancel = loop_process_cancel,
};

static CURLcode global_result;

static void global_init(void)
{
    global_result = curl_global_init(CURL_GLOBAL_ALL);
    /* NOSIGNAL is set in curl, and writing to a closed TLS connection would end the program. */
    struct sigaction pipe_action;
    if (sigaction(SIGPIPE, NULL, &pipe_action) == 0 && pipe_action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static void options_fill(loop *l, const loop_options *options)
{
    l->options = *options;
    const char *ca_bundle = options->ca_bundle ? options->ca_bundle : loop_ca_file();
    l->options.ca_bundle = ca_bundle ? xstrdup(ca_bundle) : NULL;
    if (!l->options.max_connections)
        l->options.max_connections = DEFAULT_CONNECTIONS;
    if (!l->options.user_agent)
        l->options.user_agent = "decon/" DECON_VERSION;
    if (!l->options.receive_buffer_bytes)
        l->options.receive_buffer_bytes = RECEIVE_BUFFER;
}

static bool watch(loop *l, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_descriptors(loop *l, err *e)
{
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->epoll_fd >= 0 && l->wake_fd >= 0 && watch(l, l->wake_fd))
        return true;
    return err_set_errno(e, ERR_IO, errno,
                         "the event loop cannot start (raise the limit of open files)");
}

static bool open_multi(loop *l, err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, global_init);
    l->multi = global_result == CURLE_OK ? curl_multi_init() : NULL;
    if (!l->multi)
        return err_set(e, ERR_INTERNAL, "libcurl cannot start: %s (check its installation)",
                       curl_easy_strerror(global_result));
    curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, socket_called);
    curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
    curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, curl_timer_called);
    curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
    curl_multi_setopt(l->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    /* With exactly max_connections, most requests would need a new connection. */
    curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)l->options.max_connections + 8);
    return true;
}

loop *loop_new(const loop_options *options, err *e)
{
    loop *l = xcalloc(1, sizeof *l);
    l->base.ops = &loop_ops;
    l->epoll_fd = l->wake_fd = l->signal_fd = -1;
    l->curl_due_ms = l->flow_due_ms = UINT64_MAX;
    options_fill(l, options);
    random_seed(l);
    loop_concurrency_init(&l->concurrency, l->options.max_connections, loop_clock_us());
    for (int d = 0; d < FLOW_DIRECTIONS; d++)
        loop_rate_limit_init(&l->rate_limits[d], options->bandwidth_bytes_per_s, loop_clock_ms());
    if (open_descriptors(l, e) && open_multi(l, e))
        return l;
    loop_free(l);
    return NULL;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void loop_free(loop *l)
{
    if (!l)
        return;
    loop_attach_pool(l, NULL);
    loop_calls_free(l);
    loop_processes_free(l);
    loop_watches_free(l);
    loop_timers_free(l);
    if (l->multi)
        curl_multi_cleanup(l->multi);
    close_fd(l->signal_fd);
    close_fd(l->wake_fd);
    close_fd(l->epoll_fd);
    free((void *)(uintptr_t)l->options.ca_bundle);
    free(l);
}

transport *loop_transport(loop *l)
{
    return &l->base;
}

static void wake_called(void *ctx)
{
    loop_wake(ctx);
}

void loop_attach_pool(loop *l, pool *p)
{
    if (l->pool)
        pool_set_wake(l->pool, NULL, NULL);
    l->pool = p;
    if (p)
        pool_set_wake(p, wake_called, l);
}

bool loop_watch_signals(loop *l, void (*on_signal)(void *ctx, int signal_number, unsigned count),
                        void *ctx, err *e)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    int failed = pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (failed)
        return err_set_errno(e, ERR_INTERNAL, failed, "signals cannot be blocked");
    l->signal_fd = signalfd(l->signal_fd, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (l->signal_fd < 0 || (!watch(l, l->signal_fd) && errno != EEXIST))
        return err_set_errno(e, ERR_IO, errno,
                             "signals cannot be watched (raise the limit of open files)");
    l->on_signal = on_signal;
    l->signal_ctx = ctx;
    return true;
}

/* --- rounds --- */

static void woken(loop *l)
{
    uint64_t count;
    ssize_t got =
        read(l->wake_fd, &count, sizeof count); /* resets the counter; its value is unused */
    UNUSED(got);
    if (l->pool)
        pool_collect(l->pool);
}

static void signals_came(loop *l)
{
    struct signalfd_siginfo info;
    while (read(l->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        l->on_signal(l->signal_ctx, (int)info.ssi_signo, ++l->signal_count);
}

static void socket_ready(loop *l, const struct epoll_event *event)
{
    int events = 0; /* on an error curl examines the socket itself */
    if (!(event->events & (EPOLLERR | EPOLLHUP))) {
        if (event->events & EPOLLIN)
            events |= CURL_CSELECT_IN;
        if (event->events & EPOLLOUT)
            events |= CURL_CSELECT_OUT;
    }
    loop_calls_curl(l, event->data.fd, events);
}

static int wait_ms(const loop *l)
{
    uint64_t due_ms = MIN(MIN(l->curl_due_ms, l->flow_due_ms), loop_timers_due_ms(l));
    if (due_ms == UINT64_MAX)
        return -1;
    uint64_t now_ms = loop_clock_ms();
    return due_ms <= now_ms ? 0 : (int)MIN(due_ms - now_ms, (uint64_t)INT_MAX);
}

static int wait_for_events(loop *l, struct epoll_event *events, int timeout_ms)
{
    if (!loop_calls_held_back(l))
        return epoll_wait(l->epoll_fd, events, EVENTS_PER_ROUND, timeout_ms);
    uint64_t from_us = loop_clock_us();
    timeout_ms = timeout_ms < 0 ? HELD_WAIT_MS : MIN(timeout_ms, HELD_WAIT_MS);
    int count = epoll_wait(l->epoll_fd, events, EVENTS_PER_ROUND, timeout_ms);
    loop_concurrency_waited(&l->concurrency, from_us, loop_clock_us());
    return count;
}

static void round_run(loop *l)
{
    bool ended_at_once = loop_calls_start(l);
    struct epoll_event events[EVENTS_PER_ROUND];
    int count = wait_for_events(l, events, ended_at_once ? 0 : wait_ms(l));
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == l->wake_fd)
            woken(l);
        else if (events[i].data.fd == l->signal_fd)
            signals_came(l);
        else if (!loop_process_ready(l, events[i].data.fd) &&
                 !loop_watch_ready(l, events[i].data.fd))
            socket_ready(l, &events[i]);
    }
    if (l->curl_due_ms <= loop_clock_ms()) {
        l->curl_due_ms = UINT64_MAX; /* curl sets it again */
        loop_calls_curl(l, CURL_SOCKET_TIMEOUT, 0);
    }
    loop_calls_collect(l);
    loop_flow_run(l);
    loop_timers_fire(l);
}

void loop_run(loop *l, const bool *done)
{
    while (!l->stopped && !(done && *done))
        round_run(l);
    l->stopped = false; /* a stop ends one run */
}

void loop_stop(loop *l)
{
    l->stopped = true;
}

void loop_wake(loop *l)
{
    int errno_before = errno; /* may be called from a signal handler */
    uint64_t one = 1;
    ssize_t put = write(l->wake_fd, &one, sizeof one); /* a full counter wakes the loop too */
    UNUSED(put);
    errno = errno_before;
}
