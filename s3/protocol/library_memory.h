/* Memory of jansson and libxml2.
 *
 * What:    both allocate through base/util.h, so that out of memory ends the process with one line.
 *          Otherwise they report it like malformed JSON or XML.
 * Owner:   process-wide. Threads: call before others start. Fails: never.
 */
#ifndef S3_PROTOCOL_LIBRARY_MEMORY_H
#define S3_PROTOCOL_LIBRARY_MEMORY_H

void library_memory_check(void);

#endif
