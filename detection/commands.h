/* The commands of decon: `server`, `detect`, `review`, `rejudge`, `compare`, `evals`, `completion`.
 *
 * What:    decon_main runs the command that argv names and returns the exit status. A program whose
 *          name begins with decon-server runs `server` if no command is named.
 * Owner:   argv and `reports`, which commands read s3:// URIs with, stay the caller's. Threads: the main thread. Fails: by the exit status, after one
 *          line on standard error.
 */
#ifndef DETECTION_COMMANDS_H
#define DETECTION_COMMANDS_H

#include "detection/reports/report_store.h"

int decon_main(int argc, char **argv, const report_store *reports);

#endif
