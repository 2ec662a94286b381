/* The method `claim`: the real plan (orchestrator/plan) and the real claims (orchestrator/claim) of
 * each host on a scripted store and clock. The work on a file is modelled (sim_file_s;
 * tests/flow/test_flow_model.c compares it with the real flow): a host processes one after another,
 * largest first, as in the plan. */
#include "tests/sim/sim_model.h"

#include "decon/s3/s3.h"
#include "orchestrator/claim/claims.h"
#include "orchestrator/fleet/provenance.h"
#include "base/digest/shard.h"
#include "orchestrator/plan/slice_check.h"
#include "tests/sim/sim_input.h"

#define LEASE_MS   300000
#define S3_WORKERS 50 /* of slice_check, as s3_workers */

typedef struct sim_fleet sim_fleet;

typedef struct sim_slice {
    struct sim_slice *next;
    claim *claim;
    slice_id id;
    uint32_t *files; /* not begun; the next is the last one */
    uint32_t left;
    bool split, in_opening; /* parts: opened, being opened */
} sim_slice;

typedef struct sim_worker {
    sim_fleet *fleet;
    const sim_host *host;
    fake_transport *fake;
    s3_client *s3;
    claims *claims;
    sim_slice *slices;
    sim_slice *working; /* whose file is being done, or NULL */
    uint32_t file;
    double ready_s;       /* the file ends */
    sim_slice *preparing; /* whose results are being checked */
    plan plan;            /* of it */
    op *check;
    bool complete, dead;
} sim_worker;

struct sim_fleet {
    const sim_world *world;
    claim_plan plan;
    sim_store *store;
    sim_input input;
    uint32_t slice_count;
    uint8_t *done; /* of each file */
    provenance result;
    uint32_t done_files;
    sim_worker *workers;
    uint64_t now_ms;
    sim_result *out;
};

/* --- work --- */

static void begin_file(sim_worker *w, double now_s)
{
    w->working = NULL;
    for (sim_slice *s = w->slices; s && !w->working; s = s->next)
        if (s->left)
            w->working = s;
    if (!w->working) {
        if (!w->complete && !w->preparing)
            claims_want(w->claims);
        return;
    }
    w->file = w->working->files[--w->working->left];
    w->ready_s = now_s + sim_file_s(w->fleet->world, w->file, w->host);
    if (w->working->left == 0 && !w->preparing) /* the next one is claimed during the last file */
        claims_want(w->claims);
}

static void remove_slice(sim_worker *w, sim_slice *s)
{
    sim_slice **link = &w->slices;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    free(s->files);
    free(s);
}

static void close_slice(sim_worker *w, sim_slice *s)
{
    claims_close(w->claims, s->claim, 1, 0);
    remove_slice(w, s);
}

static void end_file(sim_worker *w)
{
    sim_fleet *f = w->fleet;
    sim_slice *s = w->working;
    f->done_files += f->done[w->file] == 0;
    f->out->twice += f->done[w->file] == 1;
    f->done[w->file] = (uint8_t)MIN(f->done[w->file] + 1, 2);
    f->out->end_s = MAX(f->out->end_s, w->ready_s);
    w->working = NULL;
    if (s->left == 0 && !s->in_opening)
        close_slice(w, s);
    begin_file(w, w->ready_s);
}

/* --- a slice becomes files --- */

static uint32_t part_of(const sim_fleet *f, uint32_t file)
{
    char key[SIM_KEY_BYTES];
    sim_key(file, key);
    return shard_of_key(key, f->slice_count * CLAIM_PARTS);
}

/* As app_claim_slice.c: keys of a part that was opened are not of its base slice. */
static bool takes_key(void *ctx, const char *key)
{
    const sim_worker *w = ctx;
    slice_id id = w->preparing->id, part = {0, w->fleet->slice_count * CLAIM_PARTS};
    if (!slice_has_key(id, key))
        return false;
    part.rest = shard_of_key(key, part.modulus);
    return id.modulus == part.modulus || !claims_part_is_open(w->claims, part);
}

static void stop_preparing(sim_worker *w)
{
    w->preparing = NULL;
    op_cancel(move(w->check));
    plan_deinit(&w->plan);
}

static void add_files(sim_worker *w)
{
    sim_slice *s = w->preparing;
    s->files = xcalloc(w->plan.count + 1, sizeof *s->files);
    for (size_t i = w->plan.count; i-- > 0;)
        s->files[s->left++] = sim_input_file(w->plan.rows[i].object->key);
    stop_preparing(w);
    if (s->left == 0)
        close_slice(w, s);
    if (!w->working)
        begin_file(w, (double)w->fleet->now_ms / 1000);
}

static void on_checked(void *ctx, const err *error)
{
    sim_worker *w = ctx;
    w->check = NULL;
    if (error)
        abort();
    add_files(w);
}

static bool result_of(void *ctx, const char *key, const http_header **metadata, size_t *count)
{
    sim_fleet *f = ctx;
    uint32_t file = sim_input_file(key);
    char etag[SIM_ETAG_BYTES];
    if (!str_ends_with(key, SIM_RESULT_SUFFIX) || !f->done[file])
        return false;
    sim_etag(file, etag);
    provenance_deinit(&f->result);
    provenance_make(&(provenance_facts){.input_etag = etag,
                                        .input_size_bytes = (uint64_t)f->world->kib[file] * 1024},
                    &f->result);
    *metadata = f->result.headers;
    *count = f->result.count;
    return true;
}

/* --- what the claims report --- */

static bool is_empty(void *ctx, slice_id id)
{
    return plan_slices_is_empty(&((sim_worker *)ctx)->fleet->input.slices, id.rest);
}

static bool begins_round(void *ctx)
{
    UNUSED(ctx);
    return false;
}

static void on_joined(void *ctx)
{
    sim_worker *w = ctx;
    claims_want(w->claims);
}

static void on_claimed(void *ctx, claim *c)
{
    sim_worker *w = ctx;
    sim_slice *s = xcalloc(1, sizeof *s);
    *s = (sim_slice){.next = w->slices, .claim = c, .id = c->id};
    w->slices = w->preparing = s;
    sim_input_plan(&w->fleet->input, c->id.rest % w->fleet->slice_count, takes_key, w, &w->plan);
    if (!c->taken_over) {
        add_files(w);
        return;
    }
    w->check = slice_check_start(&(slice_check_options){.transport = fake_transport_base(w->fake),
                                                        .s3 = w->s3,
                                                        .plan = &w->plan,
                                                        .at_once = S3_WORKERS,
                                                        .on_done = on_checked,
                                                        .ctx = w});
}

static void on_lost(void *ctx, claim *c)
{
    sim_worker *w = ctx;
    for (sim_slice *s = w->slices; s; s = s->next)
        if (s->claim == c) {
            if (w->working == s)
                w->working = NULL;
            if (w->preparing == s)
                stop_preparing(w);
            remove_slice(w, s);
            return;
        }
}

static uint32_t part_bit(const sim_worker *w, const sim_slice *s, uint32_t file)
{
    return 1u << (part_of(w->fleet, file) - s->id.rest) / w->fleet->slice_count;
}

static void open_parts(sim_worker *w, sim_slice *s, uint32_t parts)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->left; i++)
        if (!(parts & part_bit(w, s, s->files[i])))
            s->files[kept++] = s->files[i];
    s->left = kept;
    s->in_opening = true;
    claims_open(w->claims, s->claim, parts);
}

/* As app_claim_slice.c: parts of which nothing has begun, and whose files do not begin any more. */
static void on_last(void *ctx)
{
    sim_worker *w = ctx;
    for (sim_slice *s = w->slices; s; s = s->next) {
        uint32_t waiting = 0, begun = 0;
        if (s->split || s == w->preparing || s->id.modulus != w->fleet->slice_count)
            continue;
        s->split = true;
        for (uint32_t i = 0; i < s->left; i++)
            waiting |= part_bit(w, s, s->files[i]);
        if (w->working == s)
            begun = part_bit(w, s, w->file);
        if (waiting & ~begun)
            open_parts(w, s, waiting & ~begun);
    }
}

static void on_opened(void *ctx, claim *c, uint32_t parts)
{
    sim_worker *w = ctx;
    UNUSED(parts);
    for (sim_slice *s = w->slices; s; s = s->next) {
        if (s->claim != c || !s->in_opening)
            continue;
        s->in_opening = false;
        if (s->left == 0 && w->working != s && w->preparing != s)
            close_slice(w, s);
        return;
    }
}

static void on_complete(void *ctx)
{
    ((sim_worker *)ctx)->complete = true;
}

static void on_failed(void *ctx, const err *error)
{
    UNUSED(ctx);
    fprintf(stderr, "%s\n", error->message);
    abort();
}

/* --- the fleet --- */

static void start_worker(sim_fleet *f, uint32_t index)
{
    sim_worker *w = &f->workers[index];
    err e = ERR_INIT;
    *w = (sim_worker){.fleet = f, .host = &f->world->hosts[index], .fake = fake_new()};
    fake_set_random_seed(w->fake, index + 1);
    fake_handle(w->fake, sim_store_answer, f->store);
    w->s3 = s3_client_new(
        fake_transport_base(w->fake),
        &(s3_config){.endpoint = "http://store.test", .getenv_fn = fake_credentials}, &e);
    w->claims = claims_start(&(claims_options){.transport = fake_transport_base(w->fake),
                                               .s3 = w->s3,
                                               .bucket = SIM_BUCKET,
                                               .prefix = "",
                                               .host = "host",
                                               .lease_ms = LEASE_MS,
                                               .plan = &f->plan,
                                               .is_empty = is_empty,
                                               .begins_round = begins_round,
                                               .on_joined = on_joined,
                                               .on_claimed = on_claimed,
                                               .on_lost = on_lost,
                                               .on_last = on_last,
                                               .on_opened = on_opened,
                                               .on_complete = on_complete,
                                               .on_failed = on_failed,
                                               .ctx = w});
}

/* When the last file of the slice begins, or ends: nothing happens before, for the claims. */
static double work_due_s(const sim_worker *w)
{
    const sim_slice *s = w->working;
    double at_s = w->ready_s;
    for (uint32_t i = 1; i < s->left; i++)
        at_s += sim_file_s(w->fleet->world, s->files[i], w->host);
    return MIN(at_s, w->host->dies_s);
}

static uint64_t worker_next_ms(const sim_worker *w, uint64_t now_ms)
{
    uint64_t in_ms = w->complete || w->dead ? UINT64_MAX : fake_next_ms(w->fake);
    uint64_t at_ms = in_ms == UINT64_MAX ? UINT64_MAX : now_ms + in_ms;
    uint64_t ready_ms = w->working && !w->dead ? (uint64_t)(work_due_s(w) * 1000) + 1 : UINT64_MAX;
    return MAX(now_ms, MIN(at_ms, ready_ms));
}

static void step_worker(sim_worker *w, uint64_t elapsed_ms)
{
    const sim_fleet *f = w->fleet;
    if (w->dead || w->complete)
        return;
    if ((double)f->now_ms / 1000 >= w->host->dies_s) {
        while (w->working && w->ready_s <= w->host->dies_s)
            end_file(w);
        w->dead = true;
        w->fleet->out->lost += w->working != NULL;
        return;
    }
    while (w->working && w->ready_s * 1000 <= (double)f->now_ms)
        end_file(w);
    fake_advance(w->fake, elapsed_ms);
    fake_run(w->fake);
}

static bool any_alive(const sim_fleet *f)
{
    for (uint32_t i = 0; i < f->world->host_count; i++)
        if (!f->workers[i].dead && !f->workers[i].complete)
            return true;
    return false;
}

/* Only workers with something due move; the others catch up when their turn comes. */
static void run(sim_fleet *f)
{
    uint32_t hosts = f->world->host_count;
    AUTO_FREE uint64_t *clock_ms = xcalloc(hosts, sizeof *clock_ms);
    AUTO_FREE uint64_t *due_ms = xcalloc(hosts, sizeof *due_ms);
    while (any_alive(f)) {
        uint32_t next = 0;
        for (uint32_t i = 1; i < hosts; i++)
            if (due_ms[i] < due_ms[next])
                next = i;
        if (due_ms[next] == UINT64_MAX)
            break;
        f->now_ms = MAX(f->now_ms, due_ms[next]);
        sim_worker *w = &f->workers[next];
        step_worker(w, f->now_ms - clock_ms[next]);
        clock_ms[next] = f->now_ms;
        due_ms[next] = w->dead || w->complete ? UINT64_MAX : worker_next_ms(w, f->now_ms);
        if (w->dead || w->complete)
            f->out->host_end_s[next] = MIN(w->host->dies_s, (double)f->now_ms / 1000);
    }
}

static void end_worker(sim_worker *w)
{
    stop_preparing(w);
    claims_free(w->claims);
    s3_client_free(w->s3);
    fake_discard(w->fake);
    while (w->slices)
        remove_slice(w, w->slices);
}

void sim_claim(const sim_world *world, sim_result *out)
{
    char fingerprint[] = "f", input[] = "s3://b/in/", lists[] = "l";
    uint32_t slices = claim_plan_slices(world->host_count);
    sim_fleet f = {
        .world = world,
        .plan = {.slices = slices, .fingerprint = fingerprint, .input = input, .lists = lists},
        .slice_count = slices,
        .done = xcalloc(world->file_count, 1),
        .workers = xcalloc(world->host_count, sizeof *f.workers),
        .out = out};
    out->way = "claim";
    f.store = sim_store_new(result_of, &f);
    sim_input_make(world, slices, &f.input);
    for (uint32_t i = 0; i < world->host_count; i++)
        start_worker(&f, i);
    run(&f);
    if (f.done_files != world->file_count) {
        fprintf(stderr, "%u of %u files are done\n", f.done_files, world->file_count);
        abort();
    }
    out->end_s += SIM_RUN_S;
    out->requests = sim_store_requests(f.store);
    out->requests.writes += world->file_count / 1000 / 1000; /* the input list, in parts */
    out->requests.lists += (world->file_count + 999) / 1000; /* plan */
    out->requests.reads += world->host_count;                /* the input list */
    for (uint32_t i = 0; i < world->host_count; i++)
        end_worker(&f.workers[i]);
    sim_store_free(f.store);
    free(f.workers);
    sim_input_deinit(&f.input);
    provenance_deinit(&f.result);
    free(f.done);
}
