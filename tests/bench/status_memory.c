/* Peak memory of the tables of `decon-orchestrator status`, for COUNT inputs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "orchestrator/status/status_sums.h"

static unsigned long peak_kib(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kib;
}

/* Keys of 60 bytes in 1,000 folders, each with a report and a cleaned file. */
static void fill(status_table *t, unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        char input[128], report[128], cleaned[128], etag[40];
        snprintf(input, sizeof input, "corpus/v1/dump-2026-10/segment-%04lu/part-%010lu.jsonl.zst",
                 i % 1000, i);
        snprintf(report, sizeof report,
                 "reports/dump-2026-10/segment-%04lu/part-%010lu.report.jsonl", i % 1000, i);
        snprintf(cleaned, sizeof cleaned,
                 "cleaned/dump-2026-10/segment-%04lu/part-%010lu.clean.jsonl.zst", i % 1000, i);
        snprintf(etag, sizeof etag, "\"%032lx\"", i);
        status_table_add_input(
            t, &(s3_object){.key = input, .size_bytes = 1000, .last_modified_s = 1, .etag = etag});
        status_table_add_output(t, &(s3_object){.key = report, .last_modified_s = 2});
        status_table_add_output(t, &(s3_object){.key = cleaned, .last_modified_s = 2});
    }
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    AUTO(places) where = {0};
    AUTO(status_table) table = {.places = &where};
    AUTO(status_sums) sums = {0};
    AUTO(status_runs) runs = {0};
    err e = ERR_INIT;
    if (!places_make("s3://b/corpus/v1", "s3://b/reports", "s3://b/cleaned", &where, &e)) {
        fprintf(stderr, "%s\n", e.message);
        return 1;
    }
    fill(&table, count);
    status_table_judge(&table, true);
    status_sums_close(&sums, &table, &runs);
    printf("status: %lu inputs, %llu done: %lu MiB at the peak\n", count,
           (unsigned long long)sums.clean + sums.contaminated, peak_kib() / 1024);
    return sums.contaminated == count ? 0 : 1;
}
