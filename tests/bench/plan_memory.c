/* Memory of a plan of many files: lists COUNT keys of about 60 bytes (1,000,000), as many
 * commit objects for half of them, plans, and prints the peak of resident memory for each listed
 * object, beside the keys' own bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/util.h"
#include "orchestrator/plan/plan.h"

static uint64_t peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

static uint64_t list(listed_array *a, const char *prefix, const char *suffix, unsigned long count)
{
    uint64_t key_bytes = 0;
    for (unsigned long i = 0; i < count; i++) {
        AUTO_FREE char *key =
            xasprintf("%s/crawl-2026-%06lu/part-%08lu%s", prefix, i / 1000, i, suffix);
        AUTO_FREE char *etag = xasprintf("\"%016lx%016lx-%lu\"", i * 7919, i, i % 9 + 1);
        listed_add(a, &(s3_object){.key = key,
                                   .etag = etag,
                                   .size_bytes = i * 104729 % 1000003,
                                   .last_modified_s = 1764000000});
        key_bytes += strlen(key);
    }
    return key_bytes;
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    places where = {0};
    listing l = {0};
    plan p = {0};
    err e = ERR_INIT;
    if (!places_make("s3://bucket/training/v3", "s3://bucket/reports", NULL, &where, &e)) {
        fprintf(stderr, "%s\n", e.message);
        return 1;
    }
    uint64_t before = peak_bytes();
    uint64_t keys = list(&l.inputs, "training/v3", ".jsonl.zst", count);
    keys += list(&l.reports, "reports", ".clean", count / 2);
    listed_sort(&l.reports);
    plan_make(&(plan_options){.places = &where, .listing = &l, .host_count = 1}, &p);
    uint64_t more = peak_bytes() - before;
    unsigned long rows = count + count / 2;
    printf("%lu inputs, %lu commit objects: %.1f bytes of peak for each, %.1f of them its key; %zu "
           "planned\n",
           count, count / 2, (double)more / (double)rows, (double)keys / (double)rows, p.count);
    bool fits = more <= keys + 100 * (uint64_t)rows;
    plan_deinit(&p);
    listing_deinit(&l);
    places_deinit(&where);
    return fits ? 0 : 1;
}
