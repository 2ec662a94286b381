/* The commands of decon-orchestrator: the main job, `plan`, `verify`, `completion`.
 *
 * What:    orchestrator_main runs the command that argv names and returns the exit status.
 * Owner:   argv stays the caller's. Threads: the main thread. Fails: by the exit status, after one
 *          line on standard error.
 */
#ifndef ORCHESTRATOR_COMMANDS_H
#define ORCHESTRATOR_COMMANDS_H

int orchestrator_main(int argc, char **argv);

#endif
