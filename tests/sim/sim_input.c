#include "tests/sim/sim_input.h"

#include <stdlib.h>

#define NAME "part-"

static void add_file(sim_input *in, const sim_world *w, uint32_t file)
{
    char key[SIM_KEY_BYTES], etag[SIM_ETAG_BYTES];
    sim_key(file, key);
    sim_etag(file, etag);
    listed_add(&in->listing.inputs, &(s3_object){.key = key,
                                                 .etag = etag,
                                                 .size_bytes = (uint64_t)w->kib[file] * 1024,
                                                 .last_modified_s = 1});
}

static plan_options options_of(const sim_input *in)
{
    return (plan_options){.places = &in->places, .listing = &in->listing, .list_done = true};
}

void sim_input_make(const sim_world *w, uint32_t slice_count, sim_input *out)
{
    err e = ERR_INIT;
    *out = (sim_input){.listing = {.ignored_count = 0}};
    if (!places_make("s3://" SIM_BUCKET "/in", "s3://" SIM_BUCKET "/rep", NULL, &out->places, &e))
        abort();
    for (uint32_t i = 0; i < w->file_count; i++)
        add_file(out, w, i);
    plan_options o = options_of(out);
    plan_slices_make(&o, slice_count, &out->slices);
}

void sim_input_deinit(sim_input *in)
{
    plan_slices_deinit(&in->slices);
    listing_deinit(&in->listing);
    places_deinit(&in->places);
}

void sim_input_plan(const sim_input *in, uint32_t rest, bool (*takes)(void *ctx, const char *key),
                    void *ctx, plan *out)
{
    plan_options o = options_of(in);
    plan_slice(&o, &in->slices, rest, takes, ctx, out);
}

uint32_t sim_input_file(const char *key)
{
    const char *at = strstr(key, NAME);
    return at ? (uint32_t)strtoul(at + strlen(NAME), NULL, 10) : UINT32_MAX;
}
