/* Plans of a listing that the test makes. */
#ifndef TESTS_UNIT_ORCHESTRATOR_PLAN_PLAN_SITE_H
#define TESTS_UNIT_ORCHESTRATOR_PLAN_PLAN_SITE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/util.h"
#include "orchestrator/plan/plan.h"
#include "base/digest/shard.h"

typedef struct fixture {
    places places;
    listing listing;
    plan plan;
} fixture;

static inline void begin(fixture *f)
{
    *f = (fixture){0};
    err e = ERR_INIT;
    assert_true(places_make("s3://b/data", "s3://b/rep", "s3://b/cle", &f->places, &e));
}

static inline void end(fixture *f)
{
    plan_deinit(&f->plan);
    listing_deinit(&f->listing);
    places_deinit(&f->places);
}

static inline void add(listed_array *a, const char *key, uint64_t size_bytes, int64_t time_s)
{
    listed_add(
        a, &(s3_object){
               .key = key, .size_bytes = size_bytes, .last_modified_s = time_s, .etag = "\"e\""});
}

static inline void run(fixture *f, plan_options o)
{
    plan_deinit(&f->plan);
    listed_sort(&f->listing.reports);
    listed_sort(&f->listing.cleaned);
    o.places = &f->places;
    o.listing = &f->listing;
    o.host_count = o.host_count ? o.host_count : 1;
    plan_make(&o, &f->plan);
}

static inline err why_refused(const fixture *f, size_t index)
{
    err e = ERR_INIT;
    plan_refusal(&f->plan, index, &e);
    return e;
}

#endif
