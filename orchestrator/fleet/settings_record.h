/* The settings of a result, as reported by the detection server.
 *
 * What:    names and writes the object `_decon/settings/<fingerprint>.json` of the report folder,
 *          and describes how two sets of settings differ. The object only describes a fingerprint;
 *          no decision depends on it.
 * Owner:   buffers are the caller's; returned strings are malloc'ed.
 * Threads: any.
 * Fails:   never: unreadable settings are omitted from the description.
 */
#ifndef ORCHESTRATOR_FLEET_SETTINGS_RECORD_H
#define ORCHESTRATOR_FLEET_SETTINGS_RECORD_H

#include "decon/base/buf.h"
#include "base/util.h"

#define SETTINGS_RECORD_MAX_BYTES ((size_t)2 << 20)

/* 64 hexadecimal digits in lower case: other text may not become part of a key. */
bool settings_fingerprint_is_valid(const char *fingerprint);

char *settings_record_key(const char *report_prefix, const char *fingerprint);

/* `_decon/recall/<fingerprint>.json`: the result of a self-test with these settings. */
char *recall_record_key(const char *report_prefix, const char *fingerprint);
void recall_record_write(const char *fingerprint, slice recall, buf *out);

/* JSON as /health reports it. filters: which evaluation records are searched for; sets: records and
 * questions by set and split. Empty: not reported. */
typedef struct settings_facts {
    slice settings, filters, sets;
} settings_facts;

/* One JSON object and a line end. Without settings: `{}`. */
void settings_record_write(const char *fingerprint, const settings_facts *facts, buf *out);

/* "threshold 0.8 -> 0.1; evaluation records 67,240 -> 85,013". `was` is such a record, `now` the
 * server's settings. Empty if they show no difference. */
void settings_difference(slice was, slice now, buf *words);

#endif
