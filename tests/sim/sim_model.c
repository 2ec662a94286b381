#include "tests/sim/sim_model.h"

#include <math.h>

#include "base/digest/shard.h"

#define MEDIAN_KIB 20480.0
#define SIGMA      1.2
#define MAX_KIB    (2u << 20)
#define DEATH_RATE 0.01 /* in an hour */

/* xorshift64*, so that each run simulates the same. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

static double uniform(uint64_t *state)
{
    return ((double)(next_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
    double u = uniform(state), v = uniform(state);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

void sim_key(uint32_t file, char out[SIM_KEY_BYTES])
{
    snprintf(out, SIM_KEY_BYTES, "in/part-%08u.jsonl.zst", file);
}

void sim_etag(uint32_t file, char out[SIM_ETAG_BYTES])
{
    snprintf(out, SIM_ETAG_BYTES, "\"%032x\"", file);
}

void sim_world_make(uint32_t files, uint32_t hosts, uint64_t seed, sim_world *out)
{
    uint64_t state = seed * 7919 + 1;
    *out = (sim_world){.file_count = files,
                       .host_count = hosts,
                       .kib = xcalloc(files, sizeof *out->kib),
                       .hosts = xcalloc(hosts, sizeof *out->hosts)};
    for (uint32_t i = 0; i < files; i++)
        out->kib[i] =
            (uint32_t)MAX(1.0, MIN((double)MAX_KIB, MEDIAN_KIB * exp(SIGMA * normal(&state))));
    for (uint32_t i = 0; i < hosts; i++) {
        double factor = uniform(&state) < 0.02 ? 0.2 : 0.5 + uniform(&state);
        out->hosts[i] = (sim_host){.speed = SIM_SPEED * factor,
                                   .dies_s = -log(uniform(&state)) / DEATH_RATE * 3600};
    }
}

void sim_world_deinit(sim_world *w)
{
    free(w->kib);
    free(w->hosts);
}

double sim_file_s(const sim_world *w, uint32_t file, const sim_host *h)
{
    return (double)w->kib[file] * 1024 / h->speed + SIM_FILE_OVERHEAD_S;
}

double sim_ideal_s(const sim_world *w)
{
    double bytes = 0, speed = 0;
    for (uint32_t i = 0; i < w->file_count; i++)
        bytes += (double)w->kib[i] * 1024;
    for (uint32_t i = 0; i < w->host_count; i++)
        speed += w->hosts[i].speed;
    return bytes / speed;
}

static uint32_t pages(const sim_world *w)
{
    return (w->file_count + 999) / 1000;
}

/* Bytes and files of each share. */
static void sum_shares(const sim_world *w, uint32_t count, double *bytes, double *files)
{
    for (uint32_t i = 0; i < w->file_count; i++) {
        char key[SIM_KEY_BYTES];
        sim_key(i, key);
        uint32_t share = shard_of_key(key, count);
        bytes[share] += (double)w->kib[i] * 1024;
        files[share] += 1;
    }
}

/* Each host lists the input; a host that dies waits for an operator, then resumes. */
void sim_hash(const sim_world *w, sim_result *out)
{
    AUTO_FREE double *bytes = xcalloc(w->host_count, sizeof *bytes);
    AUTO_FREE double *files = xcalloc(w->host_count, sizeof *files);
    out->way = "hash";
    sum_shares(w, w->host_count, bytes, files);
    for (uint32_t i = 0; i < w->host_count; i++) {
        const sim_host *h = &w->hosts[i];
        double work_s = bytes[i] / h->speed + files[i] * SIM_FILE_OVERHEAD_S + SIM_RUN_S +
                        pages(w) * SIM_LIST_PAGE_S;
        bool dies = h->dies_s < work_s;
        out->host_end_s[i] = work_s + (dies ? SIM_RESTART_S + pages(w) * SIM_LIST_PAGE_S : 0);
        out->busy_s += work_s;
        out->lost += dies;
        out->requests.lists += pages(w) * (dies ? 2u : 1u);
        out->end_s = MAX(out->end_s, out->host_end_s[i]);
    }
}

/* The next task goes to the host that is free first; the task of a dead host is appended. */
static void run_tasks(const sim_world *w, double begin_s, sim_result *out)
{
    uint32_t count = SIM_SHARES_PER_HOST * w->host_count, left = count;
    AUTO_FREE double *bytes = xcalloc(2 * (size_t)count, sizeof *bytes);
    AUTO_FREE double *files = xcalloc(2 * (size_t)count, sizeof *files);
    AUTO_FREE double *from_s = xcalloc(2 * (size_t)count, sizeof *from_s);
    sum_shares(w, count, bytes, files);
    for (uint32_t task = 0; task < left; task++) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < w->host_count; i++)
            if (out->host_end_s[i] < out->host_end_s[best])
                best = i;
        const sim_host *h = &w->hosts[best];
        double start_s = MAX(out->host_end_s[best], from_s[task]);
        double work_s =
            bytes[task] / h->speed + files[task] * SIM_FILE_OVERHEAD_S + SIM_RUN_S + begin_s;
        if (h->dies_s > start_s + work_s) {
            out->host_end_s[best] = start_s + work_s;
            out->busy_s += work_s;
            out->end_s = MAX(out->end_s, start_s + work_s);
            continue;
        }
        double done = MAX(0.0, h->dies_s - start_s) / work_s;
        bytes[left] = bytes[task] * (1 - done);
        files[left] = files[task] * (1 - done);
        from_s[left++] = MAX(h->dies_s, start_s) + SIM_REQUEUE_S;
        out->host_end_s[best] = SIM_NEVER_S;
        out->lost++;
    }
    for (uint32_t i = 0; i < w->host_count; i++)
        if (out->host_end_s[i] >= SIM_NEVER_S)
            out->host_end_s[i] = w->hosts[i].dies_s;
}

void sim_shares(const sim_world *w, sim_result *out)
{
    out->way = "many shares";
    run_tasks(w, pages(w) * SIM_LIST_PAGE_S, out);
    out->requests.lists = pages(w) * (SIM_SHARES_PER_HOST * w->host_count + out->lost);
}

void sim_shares_list(const sim_world *w, sim_result *out)
{
    out->way = "many shares, input list";
    run_tasks(w, w->file_count / 1e6 * SIM_LIST_ROWS_S, out);
    out->requests.lists = pages(w);
    out->requests.reads = SIM_SHARES_PER_HOST * w->host_count + out->lost;
}
