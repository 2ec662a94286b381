/* The settings of the scan that wrote a folder of reports.
 *
 * What:    run_settings_read finds the record of `decon rejudge` (_decon/rejudge.json), that of `decon
 *          merge` (_decon/merge.json) or `decon detect` (_decon/detect.json), or those of the orchestrator
 *          (_decon/settings/<fingerprint>.json); run_settings_each_difference names the settings that
 *          differ.
 * Owner:   embedded; run_settings_deinit. Threads: one.
 * Fails:   never: a folder without records has no settings.
 */
#ifndef DETECTION_AUDIT_RUN_SETTINGS_H
#define DETECTION_AUDIT_RUN_SETTINGS_H

#include "decon/base/buf.h"
#include "base/json/json_tree.h"
#include "detection/reports/report_store.h"

typedef struct run_settings {
    buf text; /* of the record; the tree borrows it */
    json_tree tree;
    const json_node *settings; /* NULL: not known */
    const char *source;        /* name of the record: static, or "_decon/settings" */
    size_t records;            /* of different fingerprints; the first is used */
} run_settings;

void run_settings_read(run_settings *s, const report_store *store, const char *dir);
/* The same without the record of `decon rejudge`. */
void run_settings_read_scan(run_settings *s, const report_store *store, const char *dir);
/* Whether the folder's records are those of the orchestrator, or there are none. */
bool run_settings_are_of_runs(const run_settings *s);
/* A record's text; false, without settings, if it is not a record. */
bool run_settings_parse(run_settings *s, slice text);
void run_settings_deinit(run_settings *s);
DEFINE_AUTO(run_settings, run_settings_deinit)

/* A member of the record ("time", "version"), and a setting, as text that is appended to `out`; false
 * where there is none. */
/* A member of the record as JSON; NULL: there is none. */
const json_node *run_settings_node(const run_settings *s, const char *key);
bool run_settings_text(const run_settings *s, const char *key, buf *out);
bool run_settings_member(const run_settings *s, const char *key, buf *out);
void run_settings_each(const run_settings *s,
                       void (*each)(void *ctx, const char *key, const char *value), void *ctx);
/* A number of the settings; false where there is none. */
bool run_settings_number(const run_settings *s, const char *key, double *out);

/* In the order of keys; a side that lacks the key has an empty value. Nothing where a side has no
 * settings. */
void run_settings_each_difference(const run_settings *a, const run_settings *b,
                                  void (*each)(void *ctx, slice key, slice was, slice now),
                                  void *ctx);

#endif
