/* Flow control of a listing, for readers that are slower than the store.
 *
 * What:    s3_list_hold pauses an s3_list after the current page (at most 1,000 more objects are
 *          passed on), s3_list_resume continues it.
 * Owner:   as in include/decon/s3/s3.h.
 * Threads: the transport's; from inside on_object and on_prefix too.
 * Fails:   never.
 */
#ifndef S3_OPERATIONS_LIST_H
#define S3_OPERATIONS_LIST_H

#include "decon/s3/s3.h"

void s3_list_hold(s3_op *list);
void s3_list_resume(s3_op *list);

#endif
