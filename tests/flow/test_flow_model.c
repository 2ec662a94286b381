/* The constants by which the simulation of fleets (tests/sim) models the work on files, compared with the real
 * flow on the scripted transport. Files are a thousandth of the simulated ones, and so are the speeds of server and
 * network; latencies are the simulation's, so that the fake clock shows real times. */
#include "base/util.h"
#include "tests/flow/flow_support.h"
#include "tests/sim/sim_model.h"

#define SCALE 1000

typedef struct measured {
    uint64_t ms, bytes;
    unsigned requests; /* of the files, without the listings and records of the run */
} measured;

static unsigned requests;

static void count_requests(world *w, const char *method, const char *key)
{
    UNUSED(w);
    bool of_file = str_starts_with(key, "data/f") || str_starts_with(key, "rep/f");
    requests += of_file && !str_equal(method, "POST");
}

static size_t add_file(world *w, unsigned number, size_t size)
{
    AUTO_FREE char *name = xasprintf("f%03u.jsonl", number);
    AUTO_FREE char *text = xcalloc(1, size + 32);
    int begun = snprintf(text, 32, "{\"text\":\"");
    memset(text + begun, 'x', size);
    memcpy(text + (size_t)begun + size, "\"}\n", 3);
    world_add(w, name, text);
    return strlen(text);
}

static measured run(unsigned files, const char *poll_interval)
{
    /* MiB: the middles of ten equal parts of the simulated distribution */
    static const double sizes[] = {2.8, 5.8, 8.9, 12.6, 17.2, 23.3, 31.8, 44.9, 69.4, 144};
    measured m = {0};
    world *w = world_new();
    w->server_bytes_per_s = SIM_SPEED / SCALE;
    w->store_bytes_per_s = SIM_NETWORK / SCALE;
    w->store_latency_ms = SIM_LATENCY_MS;
    for (unsigned i = 0; i < files; i++)
        m.bytes += add_file(w, i, (size_t)(sizes[i % ARRAY_LEN(sizes)] * 1048576 / SCALE));
    requests = 0;
    w->on_request = count_requests;
    uint64_t begun_ms = clock_now_ms(fake_transport_base(w->fake));
    expect_status(w, WORDS(poll_interval), 0);
    m.ms = clock_now_ms(fake_transport_base(w->fake)) - begun_ms;
    m.requests = requests;
    world_free(w);
    return m;
}

/* Time of the run, less the time in which the server scans the bytes. */
static double rest_s(const measured *m)
{
    return (double)m->ms / 1000 - (double)m->bytes * SCALE / SIM_SPEED;
}

/* Less the time in which its bytes are scanned: the difference of two runs, which excludes the
 * start of a run and the last poll. */
static void a_file_takes_the_time_of_the_model(void **state)
{
    UNUSED(state);
    enum { FEW = 30, MANY = 90 };
    measured few = run(FEW, "--poll-interval=0.1"), many = run(MANY, "--poll-interval=0.1");
    double file_s = (rest_s(&many) - rest_s(&few)) / (MANY - FEW);
    if (file_s < -0.005 || file_s > SIM_FILE_OVERHEAD_S)
        fail_msg("%.4f s, the model has %.4f s", file_s, SIM_FILE_OVERHEAD_S);
    assert_int_equal(many.requests - few.requests, (MANY - FEW) * SIM_FILE_REQUESTS);
}

/* Approximately: the first file is tried alone, and the last poll is up to one poll interval
 * late. */
static void a_run_takes_the_time_of_the_model(void **state)
{
    UNUSED(state);
    double sum_s = 0;
    enum { RUNS = 10 };
    for (unsigned i = 0; i < RUNS; i++) {
        measured m = run(10 + i, "--poll-interval=5");
        sum_s += rest_s(&m);
    }
    if (sum_s / RUNS < 0.8 * SIM_RUN_S || sum_s / RUNS > 1.2 * SIM_RUN_S)
        fail_msg("%.2f s, the model has %.2f s", sum_s / RUNS, SIM_RUN_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_takes_the_time_of_the_model),
        cmocka_unit_test(a_run_takes_the_time_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
