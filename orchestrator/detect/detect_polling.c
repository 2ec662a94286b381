/* When the status of a job is requested: first as long after its submission as jobs take lately, at
 * most 5 ms; then after pauses that double. A reply that comes too early costs a request, one that
 * comes late adds to the file's latency. */
#include "base/util.h"
#include "orchestrator/detect/detect_client_private.h"

#define FIRST_LEAST_MS 1
#define FIRST_MOST_MS  5
/* Consecutive jobs that had ended at their first request, before an earlier one is tried. */
#define ENDED_CONSECUTIVE 8

uint64_t detect_client_first_poll_ms(const detect_client *j)
{
    return MIN(j->first_poll_ms + FIRST_LEAST_MS, j->poll_interval_ms);
}

void job_call_note_poll(job_call *c, bool ended)
{
    detect_client *j = c->jobs;
    if (c->polls++ > 0)
        return;
    j->ended_in_a_row = ended ? j->ended_in_a_row + 1 : 0;
    if (!ended) {
        j->first_poll_ms = MIN(j->first_poll_ms + 1, (uint64_t)FIRST_MOST_MS - FIRST_LEAST_MS);
    } else if (j->ended_in_a_row == ENDED_CONSECUTIVE) {
        j->ended_in_a_row = 0;
        j->first_poll_ms -= j->first_poll_ms > 0;
    }
}

uint64_t job_call_next_poll_ms(job_call *c)
{
    uint64_t pause_ms = c->poll_ms, left_ms = job_call_left_ms(c);
    c->poll_ms = MIN(pause_ms * 2, c->jobs->poll_interval_ms);
    return MIN(pause_ms, left_ms);
}
