/* All matches as data of the page.
 *
 * What:    page_rows_add takes a match; page_rows_put writes a JSON object that is safe inside a script
 *          element: {"sets":[name],"files":[[name,report]],"records":[[set,split,instance,correct,
 *          question,answer,passage,reference,line]],"rows":[[record,file,line,score,overlap,matched,
 *          ngrams,answer,passage,[part]]],"left_out":n}. A part begins with the number of its
 *          mark_kind. Lines count from 0; absent texts and overlaps are null.
 * Owner:   page_rows_init / page_rows_deinit. Threads: one.
 * Fails:   never: matches beyond PAGE_ROWS_BYTES are counted only.
 */
#ifndef DETECTION_REVIEW_PAGE_ROWS_H
#define DETECTION_REVIEW_PAGE_ROWS_H

#include "detection/review/review_read.h"
#include "detection/table/name_table.h"

#define PAGE_ROWS_BYTES ((size_t)96 << 20) /* 100,000 matches take about 80 MB */

typedef struct page_rows {
    name_table sets;
    name_table files, records; /* by their JSON text, so that each occurs once */
    size_t shared_bytes;       /* of these texts */
    buf rows;
    uint64_t count, left_out;
} page_rows;

void page_rows_init(page_rows *p);
void page_rows_deinit(page_rows *p);
DEFINE_AUTO(page_rows, page_rows_deinit)

void page_rows_add(page_rows *p, const char *set, const review_example *x);
/* The number of a set in the data; sets without a match get one too. */
uint32_t page_rows_set(page_rows *p, const char *set);
void page_rows_put(const page_rows *p, buf *out);

#endif
