/* Prints a survey as a table, or as one JSON object.
 *
 * What:    survey_print: counts by set and split, and with `stats` lengths in tokens.
 * Owner:   nothing is kept. Threads: one. Fails: as `out` does.
 *
 * Names come from untrusted files: control characters are shown as '?'.
 */
#ifndef DETECTION_EVALS_SURVEY_PRINT_H
#define DETECTION_EVALS_SURVEY_PRINT_H

#include "detection/evals/survey.h"

void survey_print(const survey *s, const char *dir, bool stats, FILE *out);
void survey_print_json(const survey *s, const char *dir, FILE *out);

#endif
