/* A comparison for people and for programs.
 *
 * What:    compare_print: tables, and the first matches of each kind; compare_print_json: one object
 *          with all matches that differ; compare_page: a page of HTML.
 * Owner:   nothing is kept. Threads: one. Fails: as `out` does, or the buf (overflow).
 *
 * Names come from untrusted documents: control characters never reach the terminal, and markup is
 * shown as text.
 */
#ifndef DETECTION_COMPARE_COMPARE_PRINT_H
#define DETECTION_COMPARE_COMPARE_PRINT_H

#include "detection/compare/comparison.h"
#include "detection/audit/run_settings.h"

typedef struct compare_view {
    const comparison *c;
    const char *names[2]; /* of the folders */
    const run_settings *settings[2];
    size_t top; /* matches of each kind */
    bool stats; /* tables only */
} compare_view;

enum { COMPARE_ONLY_A, COMPARE_ONLY_B, COMPARE_MOVED, COMPARE_KINDS };

void compare_print(const compare_view *v, FILE *out);
void compare_print_json(const compare_view *v, FILE *out);
void compare_page(const compare_view *v, buf *out);

/* The matches of a kind, by set and place, or with the largest change of score first. *out is
 * malloc'ed; yields how many they are. */
size_t compare_select(const comparison *c, int kind, const compare_match ***out);

/* Numbers of sets in the order of their names; malloc'ed. */
uint32_t *compare_sets_in_order(const comparison *c);

#endif
