#include "base/util.h"
#include "tests/fake/process.h"

#include <string.h>

struct fake_process_node {
    fake_process_node *next;
    fake_process_rule rule;
};

struct process {
    process_request request;
    fake_process_node *node; /* NULL: nothing was expected */
    timer *end;
};

static char *copy(const char *text)
{
    return xstrdup(text ? text : "");
}

void fake_processes_expect(fake_processes *f, const fake_process_rule *rule)
{
    fake_process_node **end = &f->expected;
    while (*end)
        end = &(*end)->next;
    *end = xcalloc(1, sizeof **end);
    (*end)->rule = *rule;
    (*end)->rule.command = copy(rule->command);
    (*end)->rule.output = copy(rule->output);
    (*end)->rule.error_line = copy(rule->error_line);
}

static void node_free(fake_process_node *node)
{
    if (!node)
        return;
    free((void *)(uintptr_t)node->rule.command);
    free((void *)(uintptr_t)node->rule.output);
    free((void *)(uintptr_t)node->rule.error_line);
    free(node);
}

static void process_ends(void *ctx)
{
    process *p = ctx;
    process_result result = {0};
    if (!p->node) {
        err_set(&result.error, ERR_IO, "the script knows no such command");
    } else if (p->node->rule.never) {
        err_set(&result.error, ERR_TIMEOUT, "it has not ended after %d s",
                p->request.time_limit_ms / 1000);
    } else {
        result.ok = true;
        result.exit_status = p->node->rule.exit_status;
        result.output = slice_from(p->node->rule.output);
    }
    if (p->node)
        result.error_line = slice_from(p->node->rule.error_line);
    p->request.on_done(p->request.ctx, &result);
    node_free(p->node);
    free(p);
}

process *fake_processes_start(fake_processes *f, transport *t, const process_request *request)
{
    process *p = xcalloc(1, sizeof *p);
    p->request = *request;
    p->node = f->expected;
    if (p->node && strcmp(p->node->rule.command, request->command) == 0)
        f->expected = p->node->next;
    else
        p->node = NULL;
    if (!p->node)
        buf_printf(f->complaints, "\n  the command '%s' was not expected", request->command);
    bool never = p->node && p->node->rule.never;
    p->end = timer_start(t, never ? (uint64_t)request->time_limit_ms : 0, process_ends, p);
    return p;
}

void fake_processes_cancel(fake_processes *f, transport *t, process *p)
{
    f->cancelled++;
    timer_stop(t, p->end);
    node_free(p->node);
    free(p);
}

void fake_processes_complain(const fake_processes *f, buf *out)
{
    for (const fake_process_node *node = f->expected; node; node = node->next)
        buf_printf(out, "\n  the command '%s' did not come", node->rule.command);
}

void fake_processes_deinit(fake_processes *f)
{
    while (f->expected) {
        fake_process_node *next = f->expected->next;
        node_free(f->expected);
        f->expected = next;
    }
}
