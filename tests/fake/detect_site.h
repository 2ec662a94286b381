/* What the tests of the detection share: settings, an index made from lines, a folder of files.
 *
 * What:    detect_site_init takes the default settings with filters off and a sampling step of 1;
 *          detect_site_index builds the index from reference lines.
 * Owner:   detect_site_deinit, which also removes the folder.
 * Threads: the test's.
 * Fails:   a failed step fails the test.
 */
#ifndef TESTS_FAKE_DETECT_SITE_H
#define TESTS_FAKE_DETECT_SITE_H

#include "detection/job/job_run.h"

typedef struct detect_site {
    detect_settings settings; /* change before detect_site_index */
    job_settings job;
    ngram_index *index;
    char dir[40]; /* a new one each time */
    char *report_dir, *cleaned_dir;
} detect_site;

void detect_site_init(detect_site *s);
void detect_site_deinit(detect_site *s);
void detect_site_index(detect_site *s, const char *const *lines); /* NULL-terminated */

/* For cmocka: a site with an index of these lines in *state, and its end. */
detect_site *detect_site_set_up(void **state, const char *const *lines);
int detect_site_tear_down(void **state);
bool detect_site_run(detect_site *s, const char *path, job_outcome *out, err *e) MUST_USE;

/* Writes a file of the folder; the path is malloc'ed. */
char *detect_site_file(detect_site *s, const char *name, slice text);
/* A whole file, decoded. */
char *detect_site_read(const char *path);

#endif
