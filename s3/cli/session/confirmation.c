/* Before much is removed: --yes, or a person at a terminal who says so. */
#include <unistd.h>

#include "base/util.h"
#include "s3/cli/session/context.h"
#include "s3/cli/session/line_reader.h"
#include "s3/cli/session/progress.h"

static bool ask(cli *c, const char *what, bool *yes)
{
    char answer[16];
    fflush(stdout);
    fprintf(stderr, "decon-s3: remove %s? Type yes: ", what);
    fflush(stderr);
    if (!lines_wait(c, STDIN_FILENO)) { /* a terminal gives whole lines */
        fputc('\n', stderr);
        return false;
    }
    *yes = fgets(answer, sizeof answer, stdin) && str_equal(answer, "yes\n");
    return true;
}

bool guard_removal(cli *c, const char *what, err *e)
{
    bool yes = false;
    if (c->config->yes || c->config->dry_run)
        return true;
    bool person = !c->file && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    if (!person)
        return err_set(e, ERR_USAGE,
                       "this would remove %s: add --yes if that is meant (--dry-run shows what)",
                       what);
    progress_hide(c->session->progress);
    if (!ask(c, what, &yes))
        return cli_interrupted(c, e);
    return yes || err_set(e, ERR_CANCELLED, "nothing was removed");
}
